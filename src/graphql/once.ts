import type { Context } from "koa";
import type pg from "pg";
import { getOperationAST, parse } from "postgraphile/graphql";
import type { MasterKeys } from "../auth/encryption.ts";
import { attemptOf, claiming, finishAttempt, recallAnswer } from "../http/attempts.ts";
import { CODES, statusOf } from "../http/codes.ts";
import { readIdempotencyKey } from "../http/idempotency_key.ts";
import { Problem } from "../http/problem.ts";
import type { RequestState } from "../http/request_facts.ts";
import type { Log } from "../log.ts";
import { LIMITS } from "./limits.ts";

type Request = Context & { state: RequestState };

/**
 * Answers a request of GraphQL by `respond`, which leaves its answer in the context. A mutation that brings an
 * Idempotency-Key (draft-ietf-httpapi-idempotency-key-header) makes its changes at most once, whoever else brings the
 * same key, before, after or at the same time; a repetition has the first one's answer where that was kept.
 *
 * Refuses with 400 idempotency_key_invalid, 409 idempotency_in_progress and idempotency_replayed, 422
 * idempotency_key_reused.
 */
export type Once = (ctx: Request, body: object, respond: () => Promise<unknown>) => Promise<unknown>;

/** Characters of an answer that are kept; a longer one is not. */
const LONGEST_ANSWER = 100_000;
/** Seconds after which to ask again while the first request is under way. */
const RETRY_AFTER = 1;

/** What the door says of a key that is known. */
const REFUSALS = ["idempotency_key_reused", "idempotency_in_progress", "idempotency_replayed"] as const;
type IdempotencyCode = (typeof REFUSALS)[number];

/** Says that something was away or too much just now. Whoever asks again wants to hear what became of it, not this. */
function isPassing(code: string): boolean {
  const status = statusOf(code) ?? 500;
  return status >= 500 || status === 429 || status === 401 || code === "RETRY";
}

export function createOnce(parts: { pool: pg.Pool; keys: MasterKeys; log: Log }): Once {
  /**
   * The door claims the key in the transaction of the mutation itself (context.claim_idempotency_key), so there is
   * nothing to ask beforehand: a first request costs no look for another, and two at once cannot both pass.
   */
  return async (ctx, body, respond) => {
    const { caller } = ctx.state;
    const given = ctx.get("Idempotency-Key");
    if (given === "" || !caller || !isMutation(body)) return respond();

    const key = readIdempotencyKey(given);
    const attempt = attemptOf(key, [ctx.path, body]);
    ctx.state.caller = claiming(caller, attempt);
    await respond();

    const refusals = ctx.state.refusals ?? [];
    const known = REFUSALS.find((code) => refusals.includes(code.toUpperCase()));
    if (known === undefined) {
      await finishAttempt(parts, caller, attempt, worthKeeping(ctx) ? (ctx.body as string) : null);
      return;
    }
    const earlier = known === "idempotency_replayed" ? await recallAnswer(parts, caller, attempt) : null;
    if (earlier === null) throw refusal(ctx, known);
    repeat(ctx, earlier);
  };
}

function worthKeeping(ctx: Request): boolean {
  if (ctx.status !== 200 || typeof ctx.body !== "string" || ctx.body.length > LONGEST_ANSWER) return false;
  return !(ctx.state.refusals ?? []).some(isPassing);
}

/** The first request's answer, as it was. */
function repeat(ctx: Request, answer: string): void {
  ctx.status = 200;
  ctx.set("Idempotency-Replayed", "true");
  ctx.body = answer;
  ctx.state.refusals = undefined;
  ctx.state.failure = undefined;
  ctx.state.outcome = "replayed";
}

/** Nothing was done, whatever else the request asked for: the answer is the one error. */
function refusal(ctx: Request, code: IdempotencyCode): Problem {
  const { errors } = JSON.parse(ctx.body as string) as {
    errors: { message: string; extensions?: { code?: string } }[];
  };
  const { message } = errors.find(({ extensions }) => extensions?.code === code.toUpperCase())!;
  const headers: Record<string, string> =
    code === "idempotency_in_progress" ? { "Retry-After": String(RETRY_AFTER) } : {};
  return new Problem(CODES[code].status, code, message, { headers });
}

/** A query changes nothing, so the key means nothing to it. What does not parse is refused further on. */
function isMutation(body: { query?: string; operationName?: string | null }): boolean {
  try {
    const document = parse(body.query ?? "", { noLocation: true, maxTokens: LIMITS.tokens });
    return getOperationAST(document, body.operationName)?.operation === "mutation";
  } catch {
    return false;
  }
}
