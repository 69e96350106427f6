import { hash } from "node:crypto";
import type { Context } from "koa";
import type { Question } from "../chat/turns/begin_turn.ts";
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

/**
 * What context.begin_turn() is told, so that a question which is sent twice is one turn; undefined without the header.
 *
 * Refuses with 400 idempotency_key_invalid.
 */
export function onceATurn(ctx: Context, body: object): Question["idempotency"] {
  const given = ctx.get("Idempotency-Key");
  if (given === "") return undefined;
  const key = readIdempotencyKey(given);
  return { key: hash("sha256", key), request: hash("sha256", JSON.stringify([ctx.path, body])) };
}

/** The refusal of a question that was asked before, of whose answer nothing is there any more. */
export const answerNotKept = (): Problem =>
  new Problem(409, "idempotency_replayed", "This was asked before, and its answer was not kept.");
