import { randomBytes } from "node:crypto";
import { CannotDecrypt, masterKeys } from "../auth/encryption.ts";
import { memoriesIn, memoryPrompt } from "../chat/prompt/memories.ts";
import type { Usage } from "../chat/provider/events.ts";
import { ProviderFailure } from "../chat/provider/failure.ts";
import { endpointOf, type LentProvider } from "../chat/provider/whose.ts";
import { spentOf } from "../chat/turns/settle.ts";
import { callFunction, type Job, type JobContext } from "./job.ts";

/** Milliseconds for which a run takes further words: then another job may have its turn. */
const MOST = 60_000;
/** Tokens of what is read at once, and of what may come of it: the reservation. */
const INPUT_TOKENS = 10_000;
const OUTPUT_TOKENS = 1_000;
/** Milliseconds for a model to say what to remember; the words are lent for five minutes. */
const LIMITS = { first: 30_000, idle: 15_000, total: 60_000, bytes: 262_144 };

/** Somebody's words, which are this worker's to read until its claim is over. */
interface Claim {
  readonly tenant: string;
  readonly person: string;
  readonly turn: string;
  readonly attempt: number;
  readonly model: string;
  /** Null: the installation's. */
  readonly provider: LentProvider | null;
  readonly language: string;
  readonly known: readonly string[];
  readonly said: readonly string[];
}

/**
 * Reads what people said for what to remember of them, one after the other, with the model that answers them. The database says
 * whose words are due, and whether what comes of them is still wanted: what was forgotten meanwhile stays forgotten.
 */
export const learnMemories: Job = async (context) => {
  const done = { read: 0, remembered: 0, failed: 0 };
  const until = performance.now() + MOST;
  while (performance.now() < until) {
    const settlement = randomBytes(32);
    const claim = await claimed(context, settlement);
    if (claim === null) break;
    const { text, usage, failure } = await read(context, claim);
    const { tenant, person, turn, attempt } = claim;
    const known = [tenant, person, turn, settlement, attempt];
    const spent = JSON.stringify(spentOf(usage));
    if (failure === null) {
      done.remembered += await callFunction<number>(
        context,
        "select jobs.keep_memories($1, $2, $3, $4, $5, $6, $7)",
        [...known, memoriesIn(text), spent],
      );
      done.read += 1;
    } else {
      await callFunction(context, "select jobs.fail_memories($1, $2, $3, $4, $5, $6, $7)", [
        ...known,
        failure,
        spent,
      ]);
      done.failed += 1;
    }
  }
  return done;
};

async function claimed({ database, config }: JobContext, settlement: Buffer): Promise<Claim | null> {
  const { rows } = await database.query<Claim>("select * from jobs.claim_memories($1, $2, $3, $4, $5)", [
    settlement,
    config.model?.name ?? null,
    config.model?.models ?? null,
    INPUT_TOKENS,
    OUTPUT_TOKENS,
  ]);
  return rows[0] ?? null;
}

/** What the model said, what it took, and why it could not be heard; null where it was. */
async function read(
  { providers, config }: JobContext,
  { provider, model, ...heard }: Claim,
): Promise<{ text: string; usage: Usage | null; failure: string | null }> {
  let text = "";
  let usage: Usage | null = null;
  try {
    const answer = providers.streamAnswer({
      endpoint: endpointOf(provider, config.model, masterKeys(config)),
      model,
      messages: memoryPrompt(heard),
      settings: { maxOutputTokens: OUTPUT_TOKENS },
      limits: LIMITS,
    });
    for await (const event of answer) {
      if (event.type === "text") text += event.delta;
      if (event.type === "usage") usage = event.usage;
    }
    return { text, usage, failure: null };
  } catch (error) {
    if (error instanceof ProviderFailure) return { text, usage: error.usage ?? usage, failure: error.code };
    if (error instanceof CannotDecrypt) return { text, usage, failure: "model_key_refused" };
    throw error;
  }
}
