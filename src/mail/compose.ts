import type { MailSecret } from "../auth/mail_secrets.ts";
import { asHtml, asText } from "./layout.ts";
import { linkIn, type Template } from "./templates.ts";
import { de } from "./texts/de.ts";
import { en } from "./texts/en.ts";
import type { Language } from "./texts/text.ts";

/** The languages that mails and their pages are in. */
export const LANGUAGES = ["en", "de"] as const;
export type LanguageTag = (typeof LANGUAGES)[number];

const texts: Readonly<Record<LanguageTag, Language>> = { en, de };

/** A mail as it is sent. */
export interface Message {
  /** One bare address, checked before it comes here. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** The link that it asks to follow; shown in the log where mail goes to files, but not in production. */
  readonly link?: string;
}

/** What there is to compose. */
export interface Composed {
  readonly template: Template;
  readonly to: string;
  /** A language tag (BCP 47); where there is no text in that language, the text is English. */
  readonly locale: string;
  /** Null where the template has neither link nor code. */
  readonly secret: MailSecret | null;
  readonly at: Date;
}

/** @param publicUrl origin without a trailing slash */
export function compose({ template, to, locale, secret, at }: Composed, publicUrl: string): Message {
  const tag = languageOf(locale);
  const language = texts[tag];
  const text = language.mails[template]({ service: publicUrl, at });
  const link = secret === null ? undefined : linkIn(template, publicUrl, secret.token);
  const parts = { link, code: secret?.code };
  return {
    to,
    subject: text.subject,
    text: asText(language, text, parts),
    html: asHtml(tag, language, text, parts),
    ...(link !== undefined && { link }),
  };
}

function languageOf(locale: string): LanguageTag {
  const [primary] = locale.toLowerCase().split("-");
  return LANGUAGES.find((tag) => tag === primary) ?? "en";
}
