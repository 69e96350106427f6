import { mkdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTransport } from "nodemailer";
import type { Config } from "../config.ts";
import type { Log } from "../log.ts";

/** A mail in plain text. */
export interface Message {
  /** One bare address, checked before it comes here. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** The link that the text asks to follow; shown in the log where mail goes to files, but not in production. */
  readonly link?: string;
}

export interface Mailer {
  /**
   * Sends in the background, so that an answer takes the same time whether there is something to send or
   * not. A failure is logged with the request's id.
   */
  send(message: Message, requestId: string): void;
  /** Resolves when nothing is being sent any more. */
  close(): Promise<void>;
}

/** SMTP where SMTP_URL is set; else files under `STATE_DIR/mail`, one `.eml` (RFC 5322) each. */
export function createMailer(
  { environment, mail: { smtpUrl, from }, stateDir }: Pick<Config, "environment" | "mail" | "stateDir">,
  log: Log,
): Mailer {
  // Whoever reads the log of a production could confirm other people's addresses.
  const showLinks = environment !== "production";
  const deliver = smtpUrl ? overSmtp(smtpUrl, from) : intoFiles(join(stateDir, "mail"), from, log, showLinks);
  const underway = new Set<Promise<void>>();
  return {
    send(message, requestId) {
      const sending = deliver
        .send(message)
        .catch((error: unknown) => log.error({ err: error, requestId }, "a mail could not be sent"))
        .finally(() => underway.delete(sending));
      underway.add(sending);
    },
    async close() {
      await Promise.all(underway);
      deliver.close();
    },
  };
}

interface Delivery {
  send(message: Message): Promise<void>;
  close(): void;
}

/** Milliseconds until a silent mail server counts as gone. */
const PATIENCE = 10_000;

function overSmtp(url: string, from: string): Delivery {
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: 2,
    connectionTimeout: PATIENCE,
    greetingTimeout: PATIENCE,
    socketTimeout: PATIENCE,
    // A message names no file and no URL to fetch.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send({ to, subject, text }) {
      await transport.sendMail({ from, to: { name: "", address: to }, subject, text });
    },
    close: () => transport.close(),
  };
}

function intoFiles(folder: string, from: string, log: Log, showLinks: boolean): Delivery {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const transport = createTransport({ streamTransport: true, buffer: true, newline: "unix" });
  let count = 0;
  return {
    async send({ to, subject, text, link }) {
      const { message } = await transport.sendMail({ from, to: { name: "", address: to }, subject, text });
      const stamp = new Date().toISOString().replaceAll(/[:.]/g, "-");
      const file = join(folder, `${stamp}-${process.pid}-${++count}.eml`);
      await writeFile(file, message as Buffer, { mode: 0o600, flag: "wx" });
      log.info(
        { file, ...(showLinks && link && { link }) },
        "mail written to a file, because SMTP_URL is not set",
      );
    },
    close: () => {},
  };
}
