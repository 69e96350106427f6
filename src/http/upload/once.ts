import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { Context } from "koa";
import type { Caller } from "../../database/caller.ts";
import type { DocumentShown, KeptFile } from "../../documents/library.ts";
import { type AttemptParts, attemptOf, claiming, finishAttempt, recallAnswer } from "../attempts.ts";

/** Seconds after which to ask again while the first request is under way. */
const RETRY_AFTER = "1";

/**
 * Keeps a file at most once for all requests with one Idempotency-Key: the key is claimed in the transaction that keeps it. The same
 * request is the same bytes with the same name and fields, in a form or not.
 *
 * Refuses with 409 idempotency_in_progress and idempotency_replayed, 422 idempotency_key_reused.
 *
 * @param key null: there is none, and it is kept whatever was kept before
 * @param keep keeps it, as this caller
 */
export async function keepOnce(
  parts: AttemptParts,
  ctx: Context,
  caller: Caller,
  { key, file, said }: { readonly key: string | null; readonly file: KeptFile; readonly said: object },
  keep: (caller: Caller) => Promise<DocumentShown>,
): Promise<DocumentShown> {
  if (key === null) return keep(caller);
  const { name, mediaType, path } = file;
  const attempt = attemptOf(key, [ctx.path, said, name, mediaType, await digestOf(path)]);
  let document: DocumentShown;
  try {
    document = await keep(claiming(caller, attempt));
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === "RH423") ctx.set("Retry-After", RETRY_AFTER);
    const earlier = code === "RH424" ? await recallAnswer(parts, caller, attempt) : null;
    if (earlier === null) throw error;
    ctx.set("Idempotency-Replayed", "true");
    return JSON.parse(earlier);
  }
  await finishAttempt(parts, caller, attempt, JSON.stringify(document));
  return document;
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest("hex");
}
