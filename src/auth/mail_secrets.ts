import { createHmac, hkdfSync, randomBytes, randomInt, randomUUID } from "node:crypto";
import { decrypt, encrypt, type MasterKey, type MasterKeys } from "./encryption.ts";
import { digest } from "./session_secrets.ts";

// What is in a mail that proves an address: a link with 256 bits, and six digits for people who read mail on another
// device. The database is told digests. A code has too few values for a plain one: its digest is an HMAC under a key made
// of the master key, so that who reads the database cannot try all of them.

/** What a mail is for; its link and code are good for nothing else. */
export type MailPurpose =
  | "register"
  | "reset_password"
  | "sign_in"
  | "change_email"
  | "restore_account"
  | "restore_tenant"
  | "invitation";

/** What the person who opens a mail reads in it. */
export interface MailSecret {
  readonly token: string;
  /** Six digits; an invitation has none. */
  readonly code?: string;
}

/** A new link and code, as the database is told of them. */
export interface SealedMail {
  /** The id of the mail in the queue. */
  readonly mail: string;
  /** sha256 of the link's token. */
  readonly link: Buffer;
  readonly code: Buffer;
  /** Both, encrypted for this mail. */
  readonly secret: string;
}

/** What is bound to the envelope of a mail. */
export const mailPurpose = (mail: string): string => `mail ${mail}`;

export function makeMailSecret(keys: MasterKeys, purpose: MailPurpose, email: string): SealedMail {
  const mail = randomUUID();
  const token = randomBytes(32).toString("base64url");
  const code = String(randomInt(1_000_000)).padStart(6, "0");
  return {
    mail,
    link: digest(token),
    code: codeDigest(keys.current, purpose, email, code),
    secret: encrypt(keys, JSON.stringify({ token, code } satisfies MailSecret), mailPurpose(mail)),
  };
}

/** @throws {CannotDecrypt} */
export function openMailSecret(keys: MasterKeys, mail: string, secret: string): MailSecret {
  return JSON.parse(decrypt(keys, secret, mailPurpose(mail)).toString()) as MailSecret;
}

/** A code's digest under each master key that may have made it. */
export function codeDigests(keys: MasterKeys, purpose: MailPurpose, email: string, code: string): Buffer[] {
  return [keys.current, keys.previous]
    .filter((key) => key !== null)
    .map((key) => codeDigest(key, purpose, email, code));
}

function codeDigest({ secret }: MasterKey, purpose: MailPurpose, email: string, code: string): Buffer {
  const key = Buffer.from(hkdfSync("sha256", secret, "", "mail code", 32));
  return createHmac("sha256", key)
    .update(JSON.stringify([purpose, email.toLowerCase(), code]))
    .digest();
}
