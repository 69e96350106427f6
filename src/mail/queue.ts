import type pg from "pg";
import type { Template } from "./templates.ts";

/** A mail that is due (a row of auth.mails). */
export interface QueuedMail {
  readonly id: string;
  readonly template: Template;
  readonly recipient: string;
  readonly locale: string;
  /** Link and code, encrypted for this mail; null where it has neither. */
  readonly secret: string | null;
  readonly requestId: string | null;
  /** Which attempt this is, from 1. */
  readonly attempts: number;
  readonly createdAt: Date;
}

export interface MailQueue {
  /** Mails that are due; nobody else gets them in the next two minutes. */
  claim(most: number): Promise<QueuedMail[]>;
  /**
   * Notes how a delivery went; `failure` null: it was sent. Returns the mail's state; `pending` is tried again, `dead`
   * was given up, null was settled by somebody else meanwhile.
   */
  settle(id: string, failure: string | null, forGood: boolean): Promise<"sent" | "pending" | "dead" | null>;
  /**
   * Gives a mail its link: it is made when the mail is sent, so that nobody knew it before. False if what the mail is about is
   * over.
   *
   * @param link sha256 of the link's token
   */
  arm(id: string, link: Buffer): Promise<boolean>;
}

/** @param auth connected as rowhouse_auth */
export function openMailQueue(auth: Pick<pg.Pool, "query">): MailQueue {
  return {
    async claim(most) {
      const { rows } = await auth.query<QueuedMail>({
        name: "claim_mails",
        text: `select id, template, recipient, locale, secret, request_id as "requestId", attempts,
                 created_at as "createdAt"
               from auth.claim_mails($1)`,
        values: [most],
      });
      return rows;
    },
    async settle(id, failure, forGood) {
      const { rows } = await auth.query<{ state: "sent" | "pending" | "dead" | null }>({
        name: "settle_mail",
        text: "select auth.settle_mail($1, $2, $3) as state",
        values: [id, failure, forGood],
      });
      return rows[0]?.state ?? null;
    },
    async arm(id, link) {
      const { rows } = await auth.query<{ armed: boolean }>({
        name: "arm_link",
        text: "select auth.arm_link($1, $2) as armed",
        values: [id, link],
      });
      return rows[0]?.armed === true;
    },
  };
}
