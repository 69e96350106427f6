import { Problem } from "./problem.ts";

/**
 * The key in the header: a string of RFC 9651 (`"8e03978e-…"`), or the same without quotes, as many clients send it.
 * 1 to 255 visible ASCII characters.
 *
 * Refuses with 400 idempotency_key_invalid.
 */
export function readIdempotencyKey(given: string): string {
  const quoted = /^"((?:[ !#-[\]-~]|\\["\\])*)"$/.exec(given)?.[1]?.replaceAll(/\\(.)/g, "$1");
  const key = quoted ?? (/^[!#-~]+$/.test(given) ? given : "");
  if (key.length >= 1 && key.length <= 255) return key;
  throw new Problem(
    400,
    "idempotency_key_invalid",
    "An Idempotency-Key is one string of 1 to 255 visible ASCII characters, such as a UUID.",
  );
}
