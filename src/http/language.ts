import type { Context } from "koa";
import { LANGUAGES, type LanguageTag } from "../mail/compose.ts";

/** The language that a browser asks for (`Accept-Language`), of those that mails and pages are in; else English. */
export function languageOf(ctx: Context): LanguageTag {
  return LANGUAGES.find((tag) => tag === ctx.acceptsLanguages([...LANGUAGES])) ?? "en";
}
