import { randomBytes } from "node:crypto";
import type { Embedded } from "../chat/provider/embed.ts";
import type { ClaimedBy, Passage } from "./claimed_document.ts";
import { callFunction, type JobContext } from "./job.ts";

/** What embedding one document may cost, and did. */
export interface EmbeddingAccount {
  /** Why nothing may be embedded, as a code of docs/errors; null where it may. */
  readonly failure: string | null;
  add(usage: Embedded["usage"]): void;
  /** Settles it, once, whatever came of the document. */
  settle(whole: boolean): Promise<void>;
}

/**
 * Holds what embedding all of a document may cost in every budget that it concerns, before any of it is asked for: half a document
 * that is embedded would be paid for, and found by its words all the same.
 *
 * @param model null: nobody embeds, and nothing is held
 */
export async function openEmbeddingAccount(
  context: JobContext,
  { tenant, document, attempt }: ClaimedBy,
  model: string | null,
  passages: readonly Passage[],
): Promise<EmbeddingAccount> {
  const settlement = randomBytes(32);
  let turn: string | null = null;
  let failure: string | null = null;
  if (model !== null) {
    const { rows } = await context.database.query<{ turn: string | null; failure: string | null }>(
      "select * from jobs.begin_embedding($1, $2, $3, $4, $5, $6)",
      [tenant, document, attempt, settlement, model, mostTokens(passages)],
    );
    // Where the claim is over there is no row: nothing is embedded for whom nobody pays, and nothing of it is kept.
    ({ turn, failure } = rows[0] ?? { turn: null, failure: "claim_over" });
  }
  let input = 0;
  let estimated = false;
  return {
    failure,
    add(usage) {
      input += usage.input;
      estimated ||= usage.estimated;
    },
    async settle(whole) {
      if (turn === null) return;
      await callFunction<boolean>(context, "select jobs.settle_embedding($1, $2, $3, $4, $5)", [
        tenant,
        turn,
        settlement,
        whole ? "complete" : "failed",
        JSON.stringify({ inputTokens: input, estimated }),
      ]);
    },
  };
}

/** Tokens that passages have at most: none is shorter than a byte, and each text may have two marks of its own. */
const mostTokens = (passages: readonly Passage[]): number =>
  passages.reduce((sum, { text }) => sum + Buffer.byteLength(text) + 2, 0);
