import { mkdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTransport } from "nodemailer";
import type { Config } from "../config.ts";
import type { Log } from "../log.ts";
import type { Message } from "./compose.ts";

/** Takes mails away. */
export interface Transport {
  /** @param id the same for each attempt, so that a mailbox can tell that two are one */
  send(message: Message, id: string): Promise<void>;
  close(): void;
}

/** SMTP where SMTP_URL is set; else files under `STATE_DIR/mail`, one `.eml` (RFC 5322) each. */
export function openTransport(
  { environment, mail: { smtpUrl, from }, stateDir }: Pick<Config, "environment" | "mail" | "stateDir">,
  log: Log,
): Transport {
  // Whoever reads the log of a production could confirm other people's addresses.
  const showLinks = environment !== "production";
  return smtpUrl ? overSmtp(smtpUrl, from) : intoFiles(mailFolder(stateDir), from, log, showLinks);
}

/** Where mails are files. */
export function mailFolder(stateDir: string): string {
  return join(stateDir, "mail");
}

/** Milliseconds until a silent mail server counts as gone. */
export const PATIENCE = 10_000;

/** Whether trying again is of no use: the mail server refused this mail for good (RFC 5321 section 4.2.1). */
export function refusedForGood(error: unknown): boolean {
  const { responseCode } = error as { responseCode?: unknown };
  return typeof responseCode === "number" && responseCode >= 500;
}

/** What nodemailer is told of a message. */
function envelope({ to, subject, text, html }: Message, id: string, from: string) {
  return {
    from,
    to: { name: "", address: to },
    subject,
    text,
    html,
    messageId: `<${id}@${/@([\w.-]+)>?$/.exec(from)?.[1] ?? "localhost"}>`,
    // Nobody's holiday note is to answer (RFC 3834).
    headers: { "Auto-Submitted": "auto-generated" },
    textEncoding: "quoted-printable",
  } as const;
}

function overSmtp(url: string, from: string): Transport {
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: 2,
    connectionTimeout: PATIENCE,
    greetingTimeout: PATIENCE,
    socketTimeout: PATIENCE,
    dnsTimeout: PATIENCE,
    // A message names no file and no URL to fetch.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send(message, id) {
      await transport.sendMail(envelope(message, id, from));
    },
    close: () => transport.close(),
  };
}

function intoFiles(folder: string, from: string, log: Log, showLinks: boolean): Transport {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const transport = createTransport({ streamTransport: true, buffer: true, newline: "unix" });
  let count = 0;
  return {
    async send(mail, id) {
      const { message } = await transport.sendMail(envelope(mail, id, from));
      const stamp = new Date().toISOString().replaceAll(/[:.]/g, "-");
      const file = join(folder, `${stamp}-${process.pid}-${++count}.eml`);
      await writeFile(file, message as Buffer, { mode: 0o600, flag: "wx" });
      log.info(
        { file, ...(showLinks && mail.link && { link: mail.link }) },
        "mail written to a file, because SMTP_URL is not set",
      );
    },
    close: () => {},
  };
}
