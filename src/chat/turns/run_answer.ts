import { type Given, provenanceOfGiven } from "../curated/curated_answer.ts";
import type { AnswerEvent } from "../provider/events.ts";
import { ProviderFailure } from "../provider/failure.ts";
import { refusalOf } from "../stream/refusal.ts";
import type { Continued } from "../tools/continued.ts";
import { TurnEnded } from "../turn_ended.ts";
import type { Answerer } from "./answerer.ts";
import type { EventLog } from "./event_log.ts";
import type { Found } from "./retrieve.ts";
import { collect, type Said } from "./said.ts";
import type { End } from "./settle.ts";

/** What there is to settle, and what followers have still to hear. */
export interface Ran {
  readonly end: End;
  /** With which the answer ends for whoever follows. */
  readonly error: unknown;
  /** The last event, which is theirs only when the turn is settled. */
  readonly last: AnswerEvent | null;
}

/**
 * Has a question answered, into its log, to the last event but one. It never throws: however an answer ends, it is settled.
 *
 * @param given the company's own answer, if it is that
 * @param ready called when the answer is about to be asked for
 * @param before what an answer that goes on had said
 */
export async function runAnswer(
  { ending, events }: { readonly ending: AbortController; readonly events: EventLog },
  began: number,
  given: Given | null,
  preparing: () => Promise<{ answerer: Answerer; passages: readonly Found[] }>,
  ready: () => void,
  before: Continued | null = null,
): Promise<Ran> {
  const { signal } = ending;
  const said = collect(began, before);
  let provenance: object = {};
  let error: unknown;
  let last: AnswerEvent | null = null;
  try {
    const { answerer, passages } = await preparing();
    provenance = given
      ? provenanceOfGiven(given)
      : { promptHash: answerer.promptHash, sources: passages.map(sourceOf) };
    signal.throwIfAborted();
    ready();
    for await (const event of answerer.answer(signal)) {
      said.add(event);
      if (event.type === "finish") last = event;
      else events.add(event);
    }
  } catch (thrown) {
    error = signal.aborted ? signal.reason : thrown;
    return { end: endOf(said, began, provenance, error, thrown), error, last: null };
  }
  return { end: endOf(said, began, provenance, undefined, undefined), error, last };
}

function endOf(said: Said, began: number, provenance: object, error: unknown, thrown: unknown): End {
  const outcome = error === undefined ? "complete" : error instanceof TurnEnded ? "stopped" : "failed";
  return {
    outcome,
    content: said.text,
    parts: said.parts(),
    // What came until a failure was paid for.
    usage: (thrown instanceof ProviderFailure ? thrown.usage : null) ?? said.usage,
    firstTokenMs: said.firstTokenMs,
    totalMs: Math.round(performance.now() - began),
    finishReason: said.finish,
    errorCode: error === undefined ? null : refusalOf(error).code,
    approvals: said.approvals,
    provenance: { ...provenance, cited: said.citations.map(({ passageId }) => passageId) },
  };
}

const sourceOf = ({ id, documentId, version, sha256, rank, score }: Found): object => ({
  id,
  documentId,
  version,
  sha256,
  rank,
  score,
});
