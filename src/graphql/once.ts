import { createHash, hkdfSync, randomUUID } from "node:crypto";
import type { Context } from "koa";
import type pg from "pg";
import { getOperationAST, parse } from "postgraphile/graphql";
import { CannotDecrypt, decrypt, encrypt, type MasterKey, type MasterKeys } from "../auth/encryption.ts";
import type { Caller } from "../database/caller.ts";
import { inDoor } from "../database/door.ts";
import { CODES, statusOf } from "../http/codes.ts";
import { describeError } from "../http/describe_error.ts";
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
  const { pool, keys, log } = parts;

  /**
   * The door claims the key in the transaction of the mutation itself (context.claim_idempotency_key), so there is
   * nothing to ask beforehand: a first request costs no look for another, and two at once cannot both pass.
   */
  return async (ctx, body, respond) => {
    const { caller } = ctx.state;
    const given = ctx.get("Idempotency-Key");
    if (given === "" || !caller || !isMutation(body)) return respond();

    const key = readIdempotencyKey(given);
    const attempt = { key: sha256(key), request: sha256(JSON.stringify([ctx.path, body])), id: randomUUID() };
    ctx.state.caller = { ...caller, facts: { ...caller.facts, idempotency: claimOf(attempt) } };
    await respond();

    const refusals = ctx.state.refusals ?? [];
    const known = REFUSALS.find((code) => refusals.includes(code.toUpperCase()));
    const answerKeys = boundTo(keys, caller.credential, key);
    if (known === undefined) {
      const answer = worthKeeping(ctx) ? encrypt(answerKeys, ctx.body as string, PURPOSE) : null;
      // What was done is done: the client hears of it even if it cannot be noted.
      await finish(pool, caller, attempt, answer).catch((error) =>
        log.warn(
          { err: describeError(error) },
          "the answer to a request with an Idempotency-Key was not kept",
        ),
      );
      return;
    }
    const answer = known === "idempotency_replayed" ? await recall(pool, caller, attempt.key) : null;
    const earlier = answer === null ? null : open(answerKeys, answer);
    if (earlier === null) throw refusal(ctx, known);
    repeat(ctx, earlier);
  };
}

/** What of the claim the database sees: digests, and which of all requests with the key this is. */
interface Attempt {
  readonly key: Buffer;
  readonly request: Buffer;
  readonly id: string;
}

function claimOf({ key, request, id }: Attempt): NonNullable<Caller["facts"]["idempotency"]> {
  return { key: key.toString("hex"), request: request.toString("hex"), attempt: id };
}

async function finish(
  pool: pg.Pool,
  caller: Caller,
  { key, id }: Attempt,
  answer: string | null,
): Promise<void> {
  await inDoor(pool, caller, (transaction) =>
    transaction.run({
      name: "finish_attempt",
      text: "select context.finish_attempt($1, $2, $3)",
      values: [key, id, answer],
    }),
  );
}

async function recall(pool: pg.Pool, caller: Caller, key: Buffer): Promise<string | null> {
  const { rows } = await inDoor(pool, caller, (transaction) =>
    transaction.run({
      name: "recall_answer",
      text: "select context.recall_answer($1) as answer",
      values: [key],
    }),
  );
  return (rows[0] as { answer: string | null } | undefined)?.answer ?? null;
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

const PURPOSE = "answer";

/**
 * Keys that open an answer only together with the credential that it was given to and the Idempotency-Key, of which the
 * database holds a digest: whoever reads the table, or a backup of it, reads no answer, not even with the master key.
 */
function boundTo({ current, previous }: MasterKeys, credential: Buffer, key: string): MasterKeys {
  const salt = Buffer.concat([credential, Buffer.from(key)]);
  const bound = ({ id, secret }: MasterKey): MasterKey => ({
    id,
    secret: Buffer.from(hkdfSync("sha256", secret, salt, "idempotency answer", 32)),
  });
  return { current: bound(current), previous: previous && bound(previous) };
}

/** An answer that no key opens (the master key was changed twice) is as good as one that was not kept. */
function open(keys: MasterKeys, answer: string): string | null {
  try {
    return decrypt(keys, answer, PURPOSE).toString();
  } catch (error) {
    if (error instanceof CannotDecrypt) return null;
    throw error;
  }
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
