import { randomBytes } from "node:crypto";

// What opens the door for the operator's support: `rh_su_` and 256 random bits, in base64url. Not an access token, because it
// cannot be refreshed, and ends by the database's clock and with a word of the company's admins.

const PREFIX = "rh_su_";

/** A new one. The database is told its sha256. */
export function createSupportCredential(): string {
  return PREFIX + randomBytes(32).toString("base64url");
}

/** What came is meant to be one. */
export function looksLikeSupport(text: string): boolean {
  return text.startsWith(PREFIX);
}
