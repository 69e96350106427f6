import { randomInt } from "node:crypto";
import { crc32 } from "node:zlib";
import { digest } from "./session_secrets.ts";

// An API key: `rh_sk_` (secret) or `rh_pk_` (publishable), 43 characters that are random, and 6 that check the rest. The
// check is no secret: with it a scanner, a client and we tell a key from what only looks like one, and a typo from a key
// that was revoked, without asking anybody.

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 62 to this power is a little more than 2 to the power of 256. */
const RANDOM = 43;
const CHECK = 6;

export type ApiKeyKind = "secret" | "publishable";

const PREFIXES = { secret: "rh_sk_", publishable: "rh_pk_" } as const satisfies Record<ApiKeyKind, string>;

/** What a secret scanner looks for. What it finds is a key if `isApiKey` says so too. */
export const API_KEY_PATTERN = /^rh_[sp]k_[0-9A-Za-z]{49}$/;

/** A new key of each kind: which of them it is to be, the database knows. */
export function createApiKeys(): Readonly<Record<ApiKeyKind, string>> {
  const random = Array.from({ length: RANDOM }, () => ALPHABET[randomInt(62)]).join("");
  const withCheck = (body: string): string => body + checksum(body);
  return {
    secret: withCheck(PREFIXES.secret + random),
    publishable: withCheck(PREFIXES.publishable + random),
  };
}

/** Whether this is an API key of ours as far as can be told from its text. */
export function isApiKey(text: string): boolean {
  return API_KEY_PATTERN.test(text) && checksum(text.slice(0, -CHECK)) === text.slice(-CHECK);
}

/** What came is meant to be one. */
export function looksLikeApiKey(text: string): boolean {
  return /^rh_[sp]k_/.test(text);
}

/** What the database is told of a key: sha256, and its first ten characters, by which people tell it from others. */
export function storedOf(key: string): { readonly digest: Buffer; readonly beginning: string } {
  return { digest: digest(digest(key)), beginning: key.slice(0, 10) };
}

/** CRC-32 (IEEE 802.3) of the rest of the key, as six digits to the base 62. */
function checksum(body: string): string {
  let rest = crc32(body);
  let digits = "";
  for (let place = 0; place < CHECK; place++) {
    digits = ALPHABET[rest % 62] + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}
