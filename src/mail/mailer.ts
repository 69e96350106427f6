import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { MasterKeys } from "../auth/encryption.ts";
import { type MailSecret, openMailSecret } from "../auth/mail_secrets.ts";
import { digest } from "../auth/session_secrets.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { compose } from "./compose.ts";
import type { MailQueue, QueuedMail } from "./queue.ts";
import { ARMED } from "./templates.ts";
import { PATIENCE, refusedForGood, type Transport } from "./transport.ts";

/** Delivers what is in the queue of mails (auth.mails). */
export interface Mailer {
  /** There may be something in the queue: an answer does not wait for it. */
  wake(): void;
  /**
   * Resolves when nothing is being sent any more, after ten seconds at most: what is not sent by then stays in the
   * queue, for another process or the next start.
   */
  close(): Promise<void>;
}

/** Milliseconds between looks into the queue that nobody asked for: mails to try again, and of processes that died. */
const INTERVAL = 10_000;
/** Mails in hand at a time. */
const BATCH = 10;

export function openMailer(options: {
  queue: MailQueue;
  transport: Transport;
  keys: MasterKeys;
  publicUrl: string;
  log: Log;
  metrics: Pick<Metrics, "mails">;
}): Mailer {
  const { queue, transport, keys, publicUrl, log, metrics } = options;
  let running: Promise<void> | null = null;
  let again = false;
  let closing = false;

  async function deliver(mail: QueuedMail): Promise<void> {
    const { id, template, recipient: to, locale, requestId, createdAt: at } = mail;
    const about = { mail: id, template, attempt: mail.attempts, ...(requestId !== null && { requestId }) };
    let failure: unknown = null;
    try {
      const secret = ARMED.has(template) ? await armed(id) : secretOf(mail);
      if (secret !== undefined) {
        await transport.send(compose({ template, to, locale, secret, at }, publicUrl), id);
      }
    } catch (error) {
      failure = error;
    }
    const state =
      failure === null
        ? await queue.settle(id, null, false)
        : await queue.settle(id, reason(failure), refusedForGood(failure));
    metrics.mails.inc({ template, outcome: state === "pending" ? "retried" : (state ?? "sent") });
    if (failure === null) log.debug(about, "a mail was sent");
    else if (state === "dead")
      log.error({ err: failure, ...about }, 'a mail could not be sent; "rowhouse mail retry" tries again');
    else log.warn({ err: failure, ...about }, "a mail could not be sent yet; it is tried again");
  }

  const secretOf = ({ id, secret }: QueuedMail): MailSecret | null =>
    secret === null ? null : openMailSecret(keys, id, secret);

  /** A new link; undefined if what the mail is about is over, and there is nothing to send. */
  async function armed(id: string): Promise<MailSecret | undefined> {
    const token = randomBytes(32).toString("base64url");
    return (await queue.arm(id, digest(token))) ? { token } : undefined;
  }

  async function run(): Promise<void> {
    do {
      again = false;
      const mails = await queue.claim(BATCH);
      await Promise.all(mails.map(deliver));
      again ||= mails.length === BATCH;
    } while (again);
  }

  const wake = (): void => {
    if (closing) return;
    if (running) again = true;
    else {
      running = run()
        .catch((err: unknown) => log.warn({ err }, "the queue of mails is out of reach; trying again"))
        .finally(() => {
          running = null;
          if (again) wake();
        });
    }
  };
  const clock = setInterval(wake, INTERVAL).unref();
  return {
    wake,
    async close() {
      closing = true;
      clearInterval(clock);
      await Promise.race([running, delay(PATIENCE, undefined, { ref: false })]);
      transport.close();
    },
  };
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
