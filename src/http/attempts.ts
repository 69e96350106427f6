import { createHash, hkdfSync, randomUUID } from "node:crypto";
import type pg from "pg";
import { CannotDecrypt, decrypt, encrypt, type MasterKey, type MasterKeys } from "../auth/encryption.ts";
import type { Caller } from "../database/caller.ts";
import { inDoor } from "../database/door.ts";
import type { Log } from "../log.ts";
import { describeError } from "./describe_error.ts";

/** A request with an Idempotency-Key, of which several may come. The database sees digests, and which of them this is. */
export interface Attempt {
  /** As the client sent it. */
  readonly given: string;
  readonly key: Buffer;
  readonly request: Buffer;
  readonly id: string;
}

export interface AttemptParts {
  readonly pool: pg.Pool;
  readonly keys: MasterKeys;
  readonly log: Pick<Log, "warn">;
}

/** @param request what makes it the same request, as JSON writes it */
export function attemptOf(given: string, request: unknown): Attempt {
  return { given, key: sha256(given), request: sha256(JSON.stringify(request)), id: randomUUID() };
}

/** The caller, whose transactions claim the key with the changes that they make (context.claim_idempotency_key). */
export function claiming(caller: Caller, { key, request, id }: Attempt): Caller {
  const idempotency = { key: key.toString("hex"), request: request.toString("hex"), attempt: id };
  return { ...caller, facts: { ...caller.facts, idempotency } };
}

/** Says that the attempt is over. @param answer kept for whoever asks again, encrypted; null: it must not be repeated */
export async function finishAttempt(
  { pool, keys, log }: AttemptParts,
  caller: Caller,
  { given, key, id }: Attempt,
  answer: string | null,
): Promise<void> {
  const kept = answer === null ? null : encrypt(boundTo(keys, caller.credential, given), answer, PURPOSE);
  const finished = inDoor(pool, caller, (transaction) =>
    transaction.run({
      name: "finish_attempt",
      text: "select context.finish_attempt($1, $2, $3)",
      values: [key, id, kept],
    }),
  );
  // What was done is done: the client hears of it even if it cannot be noted.
  await finished.catch((error) =>
    log.warn({ err: describeError(error) }, "the answer to a request with an Idempotency-Key was not kept"),
  );
}

/** The answer that the same credential had to the first request with the key; null where none was kept. */
export async function recallAnswer(
  { pool, keys }: Omit<AttemptParts, "log">,
  caller: Caller,
  { given, key }: Attempt,
): Promise<string | null> {
  const { rows } = await inDoor(pool, caller, (transaction) =>
    transaction.run({
      name: "recall_answer",
      text: "select context.recall_answer($1) as answer",
      values: [key],
    }),
  );
  const answer = (rows[0] as { answer: string | null } | undefined)?.answer ?? null;
  return answer === null ? null : open(boundTo(keys, caller.credential, given), answer);
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
