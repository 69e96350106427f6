import type { Context, Middleware } from "koa";
import type { Config } from "../../config.ts";
import { inHtml } from "../../html.ts";
import { type WrittenMail, writtenMail, writtenMails } from "../../mail/written_mails.ts";
import { pageOf } from "../pages/page.ts";
import { Problem } from "../problem.ts";

// In development mails are files; these pages show them as a mailbox would. There is no such page in production, nor
// where mail is really sent.

/** Whether there is such a page. */
export function showsMails({ environment, mail }: Pick<Config, "environment" | "mail">): boolean {
  return environment !== "production" && mail.smtpUrl === null;
}

/** `GET /dev/mail`: the mails that were written, newest first. */
export function mailbox(folder: string): Middleware {
  return async (ctx) => {
    const mails = await writtenMails(folder);
    const rows = mails.map(
      ({ file, to, subject, date }) =>
        `<tr><td><a href="/dev/mail/${file}">${inHtml(subject)}</a></td><td>${inHtml(to)}</td><td class="quiet">${inHtml(date.replace(/ \+0000$/, ""))}</td></tr>`,
    );
    answer(
      ctx,
      pageOf(
        "Mails · Rowhouse",
        `<h1>Mails</h1>
<p class="quiet">What would have been sent, if SMTP_URL were set. Newest first.</p>
${rows.length === 0 ? "<p>There is none yet.</p>" : `<table>\n${rows.join("\n")}\n</table>`}
<p><a href="/">Rowhouse</a></p>`,
      ),
    );
  };
}

/** `GET /dev/mail/:file`: one of them, as HTML in a frame that may do nothing, and as text. */
export function mailboxPage(folder: string): Middleware {
  return async (ctx) => {
    const { file, to, subject, date, text } = await found(ctx, folder);
    ctx.set("Content-Security-Policy", PAGE);
    answer(
      ctx,
      pageOf(
        `${subject} · Rowhouse`,
        `<h1>${inHtml(subject)}</h1>
<p class="quiet">To ${inHtml(to)} · ${inHtml(date.replace(/ \+0000$/, ""))}</p>
<iframe class="mail" sandbox="${ALLOWED}" src="/dev/mail/${file}/html" title="The mail as HTML"></iframe>
<h2>As text</h2>
<pre class="mail">${inHtml(text)}</pre>
<p><a href="/dev/mail">All mails</a></p>`,
      ),
    );
  };
}

/** `GET /dev/mail/:file/html`: what the frame shows. It runs no script, loads nothing, and its links open a new window. */
export function mailboxHtml(folder: string): Middleware {
  return async (ctx) => {
    const { html } = await found(ctx, folder);
    ctx.set("Content-Security-Policy", FRAME);
    ctx.set("X-Frame-Options", "SAMEORIGIN");
    answer(ctx, html.replace("<head>", `<head>\n<base target="_blank">`));
  };
}

const ALLOWED = "allow-popups allow-popups-to-escape-sandbox";
const PAGE = "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; frame-ancestors 'none'";
const FRAME = `default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox ${ALLOWED}`;

async function found(ctx: Context, folder: string): Promise<WrittenMail> {
  const file = /^\/dev\/mail\/([^/]+)/.exec(ctx.path)?.[1] ?? "";
  const mail = await writtenMail(folder, file);
  if (mail === null) throw new Problem(404, "not_found", "There is no such mail.");
  return mail;
}

function answer(ctx: Context, html: string): void {
  ctx.type = "text/html; charset=utf-8";
  ctx.set("Cache-Control", "no-store");
  ctx.body = html;
}
