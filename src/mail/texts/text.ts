import type { NoticeTemplate, Template } from "../templates.ts";

/** What a mail says, in one language. */
export interface MailText {
  readonly subject: string;
  /** Paragraphs before the button. */
  readonly before: readonly string[];
  /** What the button to the link says; there is none where the mail has no link. */
  readonly button?: string;
  /** Paragraphs at the end. */
  readonly after: readonly string[];
}

/** What a text may speak of. Nothing in it is chosen by whoever had the mail sent: no name, no company, no address. */
export interface MailFacts {
  /** Where the service is, e.g. `https://chat.example.com`. */
  readonly service: string;
  /** When it happened. */
  readonly at: Date;
}

/** The mails that tell somebody what happened to their account; kept by themselves, in texts/<language>_notices.ts. */
export type Notices = Readonly<Record<NoticeTemplate, (facts: MailFacts) => MailText>>;

/** All texts of one language. */
export interface Language {
  readonly mails: Readonly<Record<Template, (facts: MailFacts) => MailText>>;
  /** Above the six digits. */
  readonly code: string;
  /** Above the bare link, for whoever sees no button. */
  readonly link: string;
}
