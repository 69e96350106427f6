import { randomBytes, randomInt } from "node:crypto";
import { Secret, TOTP } from "otpauth";
import { digest } from "./session_secrets.ts";

// The second factor: a code of six digits that changes every 30 seconds (RFC 6238), as authenticator apps make it, and ten
// codes on paper for who has lost the app.

/** Steps of the clock to either side that count as now: a phone's clock may be half a minute off. */
const WINDOW = 1;

const settings = { algorithm: "SHA1", digits: 6, period: 30 } as const;

/** A new seed: 20 random bytes, as long as the digest that it is used with (RFC 4226 section 4). */
export function createSeed(): Buffer {
  return randomBytes(20);
}

/** How a seed is written for people and apps: base32, without padding. */
export function spelledOut(seed: Buffer): string {
  return secretOf(seed).base32;
}

/** The address that an app reads, as a picture of squares or by a tap: `otpauth://totp/…`. */
export function otpauthUrl(seed: Buffer, issuer: string, label: string): string {
  return new TOTP({ ...settings, issuer, label, secret: secretOf(seed) }).toString();
}

/**
 * The step of the clock that a code belongs to, or null if it is no code of now. That a step was used before, only the
 * database knows: it must be greater than the last.
 */
export function stepOf(seed: Buffer, code: string, now: number = Date.now()): number | null {
  if (!/^[0-9]{6}$/.test(code)) return null;
  const delta = new TOTP({ ...settings, secret: secretOf(seed) }).validate({
    token: code,
    timestamp: now,
    window: WINDOW,
  });
  return delta === null ? null : Math.floor(now / 1000 / settings.period) + delta;
}

/** The code of this moment: what the app shows. */
export function codeAt(seed: Buffer, now: number = Date.now()): string {
  return new TOTP({ ...settings, secret: secretOf(seed) }).generate({ timestamp: now });
}

const LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789";

/** Ten codes of 16 letters and digits (78 bits) in groups of four, none of which is taken for another on paper. */
export function createRecoveryCodes(): string[] {
  const group = (): string => Array.from({ length: 4 }, () => LETTERS[randomInt(LETTERS.length)]).join("");
  return Array.from({ length: 10 }, () => [group(), group(), group(), group()].join("-"));
}

/** sha256 of a recovery code, however it was typed. */
export function recoveryDigest(code: string): Buffer {
  return digest(code.toUpperCase().replaceAll(/[^A-Z0-9]/g, ""));
}

function secretOf(seed: Buffer): Secret {
  return new Secret({ buffer: new Uint8Array(seed).buffer });
}
