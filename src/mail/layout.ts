import { inHtml } from "../html.ts";
import type { Language, MailText } from "./texts/text.ts";

// One layout for all mails: text, and HTML as mail programs want it, that is tables and styles beside each element. What
// is dark at night says the style sheet, which programs that know no night leave out. Nothing is loaded from anywhere.

/** The parts of a mail that are in no text. */
export interface MailParts {
  readonly link: string | undefined;
  /** Six digits. */
  readonly code: string | undefined;
}

/** The mail as plain text. */
export function asText(language: Language, { before, after }: MailText, { link, code }: MailParts): string {
  const parts = [
    ...before,
    ...(link === undefined ? [] : [link]),
    ...(code === undefined ? [] : [`${language.code} ${spaced(code)}`]),
    ...after,
  ];
  return `${parts.map(wrapped).join("\n\n")}\n`;
}

/** The mail as HTML. @param lang its language tag */
export function asHtml(lang: string, language: Language, text: MailText, { link, code }: MailParts): string {
  const paragraph = (said: string, style = INK): string =>
    `<p class="${style === INK ? "ink" : "quiet"}" style="margin:0 0 16px;${style}">${inHtml(said)}</p>`;
  const button = (href: string): string => `
<table role="presentation" cellpadding="0" cellspacing="0" style="margin:8px 0 24px"><tr>
<td style="background:#a4472b;border-radius:8px"><a href="${inHtml(href)}" style="display:inline-block;padding:13px 24px;color:#ffffff;font-weight:600;text-decoration:none">${inHtml(text.button ?? href)}</a></td>
</tr></table>`;
  const digits = (six: string): string => `
${paragraph(language.code, QUIET)}
<p class="card ink" style="margin:0 0 24px;padding:14px 0;background:#faf7f0;border:1px solid #ddd3c0;border-radius:8px;color:#1d2b3a;font:600 28px/1.2 ui-monospace,Menlo,Consolas,monospace;letter-spacing:4px;text-align:center">${spaced(six)}</p>`;
  const bare = (href: string): string => `
<p class="quiet" style="margin:24px 0 0;${QUIET}font-size:13px">${inHtml(language.link)}<br><a class="brick" href="${inHtml(href)}" style="color:#a4472b;word-break:break-all">${inHtml(href)}</a></p>`;
  return `<!doctype html>
<html lang="${lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${inHtml(text.subject)}</title>
<style>
:root { color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
.paper { background: #1b1714 !important; }
.sheet { background: #25201b !important; border-color: #41372d !important; }
.card { background: #1b1714 !important; border-color: #41372d !important; }
.ink { color: #efe7d8 !important; }
.quiet { color: #b3a997 !important; }
.brick { color: #e08a66 !important; }
}
</style>
</head>
<body class="paper" style="margin:0;padding:0;background:#faf7f0">
<table class="paper" role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#faf7f0"><tr><td align="center" style="padding:32px 16px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:520px"><tr><td class="brick" style="padding:0 4px 14px;color:#a4472b;font:700 17px/1.2 system-ui,-apple-system,'Segoe UI',Arial,sans-serif;letter-spacing:-0.01em">Rowhouse</td></tr>
<tr><td class="sheet" style="padding:32px 32px 24px;background:#fffdf8;border:1px solid #ddd3c0;border-radius:12px;font:16px/1.55 system-ui,-apple-system,'Segoe UI',Arial,sans-serif">
<h1 class="ink" style="margin:0 0 16px;color:#1d2b3a;font-size:22px;line-height:1.25;letter-spacing:-0.01em">${inHtml(text.subject)}</h1>
${text.before.map((said) => paragraph(said)).join("\n")}${link === undefined ? "" : button(link)}${code === undefined ? "" : digits(code)}
${text.after.map((said) => paragraph(said, QUIET)).join("\n")}${link === undefined ? "" : bare(link)}
</td></tr></table>
</td></tr></table>
</body>
</html>
`;
}

const INK = "color:#1d2b3a;";
const QUIET = "color:#5d6470;";

/** Two times three digits are read without losing one's place. */
function spaced(code: string): string {
  return `${code.slice(0, 3)} ${code.slice(3)}`;
}

/** Lines of at most 72 characters, as mail has them; a longer word, such as a link, stays whole. */
function wrapped(paragraph: string): string {
  const lines: string[] = [];
  for (const word of paragraph.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < 72) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join("\n");
}
