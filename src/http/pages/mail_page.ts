import { readFileSync } from "node:fs";
import type { Middleware } from "koa";
import type { MailPurpose } from "../../auth/mail_secrets.ts";
import { LONGEST_PASSWORD } from "../../auth/passwords.ts";
import { inHtml } from "../../html.ts";
import { LANGUAGES, type LanguageTag } from "../../mail/compose.ts";
import { languageOf } from "../language.ts";
import { answers } from "../routing.ts";
import { mailPageTexts } from "./mail_page_texts.ts";
import { pageOf, row } from "./page.ts";

const script = readFileSync(new URL("mail_page.js", import.meta.url), "utf8");

/** The page that a mail's link opens: a form, in the browser's language, whose button POSTs. */
export function mailPage(options: {
  readonly purpose: MailPurpose;
  /** Where the form goes. */
  readonly action: string;
  /** Whether a password is chosen there. */
  readonly password: boolean;
  /** Whether a name is. */
  readonly name?: boolean;
  /** What else is sent along. */
  readonly also?: Readonly<Record<string, unknown>>;
}): Middleware {
  const pages = new Map(LANGUAGES.map((language) => [language, write(language, options)]));
  return (ctx, next) =>
    answers("text/html")(ctx, async () => {
      ctx.type = "text/html; charset=utf-8";
      ctx.vary("Accept-Language");
      ctx.set("Cache-Control", "no-store");
      ctx.body = pages.get(languageOf(ctx));
      return next();
    });
}

/** `GET /auth/mail_page.js`: what the form does. */
export function mailPageScript(): Middleware {
  return (ctx) => {
    ctx.type = "text/javascript; charset=utf-8";
    ctx.body = script;
  };
}

function write(
  language: LanguageTag,
  { purpose, action, password, name = false, also = {} }: Parameters<typeof mailPage>[0],
): string {
  const texts = mailPageTexts[language];
  const { title, lead, button, done } = texts.pages[purpose];
  const { noLink, unreachable } = texts;
  const refusals = { ...texts.refusals, link_of_another_browser: texts.elsewhere[purpose] };
  // Where the code is enough by itself, it is asked for in another browser; else the app asks, where one is signed in.
  const elsewhere = purpose === "sign_in" ? "code" : "";
  const data = (value: unknown): string => inHtml(JSON.stringify(value));
  const choice = `
<p><label for="password">${inHtml(texts.password)}</label>
<input id="password" type="password" autocomplete="new-password" required maxlength="${LONGEST_PASSWORD}" aria-describedby="hint">
<label class="beside"><input id="show" type="checkbox"> ${inHtml(texts.show)}</label>
<span id="hint" class="quiet">${inHtml(texts.passwordHint)}</span></p>`;
  const called = `
<p><label for="name">${inHtml(texts.name)}</label>
<input id="name" autocomplete="name" required maxlength="200"></p>`;
  return pageOf(
    title,
    `${row}
<h1>${inHtml(title)}</h1>
<p class="quiet">${inHtml(lead)}</p>
<form id="form" class="card" data-action="${action}" data-elsewhere="${elsewhere}" data-also="${data(also)}" data-texts="${data({ done, noLink, refusals, unreachable })}">
<div id="by-code" hidden>
<p><label for="email">${inHtml(texts.email)}</label>
<input id="email" type="email" autocomplete="email"></p>
<p><label for="code">${inHtml(texts.code)}</label>
<input id="code" inputmode="numeric" autocomplete="one-time-code" maxlength="9" spellcheck="false"></p>
</div>${name ? called : ""}${password ? choice : ""}
<p><button id="send">${inHtml(button)}</button></p>
</form>
<p id="status" role="status"></p>
<noscript><p>${inHtml(texts.noScript)}</p></noscript>`,
    { language, script: "/auth/mail_page.js" },
  );
}
