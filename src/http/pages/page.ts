import { readFileSync } from "node:fs";
import type { Middleware } from "koa";
import { inHtml } from "../../html.ts";

const style = readFileSync(new URL("style.css", import.meta.url), "utf8");

/** A row of houses: the picture of the product. */
export const row = `<svg viewBox="0 0 152 56" fill="none" stroke="currentColor" stroke-width="3" stroke-linejoin="round" role="img" aria-label="A row of houses">
<path d="M4 54V24L22 8l18 16v30M40 24 58 8l18 16v30M76 24 94 8l18 16v30M112 24 130 8l18 16v30M1 54h150"/>
<path d="M18 54V40h8v14M54 54V40h8v14M90 54V40h8v14M126 54V40h8v14"/></svg>`;

/** `GET /style.css`: of the few pages for people. */
export function styleSheet(): Middleware {
  return (ctx) => {
    ctx.type = "text/css; charset=utf-8";
    ctx.set("Cache-Control", "max-age=3600");
    ctx.body = style;
  };
}

/** `GET /icon.svg`, and what browsers ask for without being told. */
export function icon(): Middleware {
  const drawn = row.replace("<svg ", `<svg xmlns="http://www.w3.org/2000/svg" color="#a4472b" `);
  return (ctx) => {
    ctx.type = "image/svg+xml";
    ctx.set("Cache-Control", "max-age=3600");
    ctx.body = drawn;
  };
}

/**
 * Answers a page to browsers and JSON to everybody else: `curl` and programs take anything, and get what they can read.
 */
export function pageOrJson(title: string, body: string, json: object): Middleware {
  const html = pageOf(title, body);
  return (ctx) => {
    ctx.vary("Accept");
    if (ctx.accepts("json", "html") === "html") {
      ctx.type = "text/html; charset=utf-8";
      ctx.body = html;
    } else {
      ctx.type = "application/json";
      ctx.body = JSON.stringify(json);
    }
  };
}

/** A page around a body. @param more its language, and a script of ours where it has one */
export function pageOf(
  title: string,
  body: string,
  { language = "en", script }: { language?: string; script?: string } = {},
): string {
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${inHtml(title)}</title>
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/style.css">${script === undefined ? "" : `\n<script src="${script}" defer></script>`}
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}

/** A sentence with `code` in it. */
export function prose(text: string): string {
  return inHtml(text).replaceAll(/`([^`]*)`/g, "<code>$1</code>");
}
