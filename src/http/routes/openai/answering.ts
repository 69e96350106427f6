import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "koa";
import type { AnswerEvent } from "../../../chat/provider/events.ts";
import type { Turn, Turns } from "../../../chat/turns/turns.ts";
import type { RequestState } from "../../request_facts.ts";
import type { Asked } from "./asked.ts";

/** Milliseconds for which a status is held back, so that a model that fails at once is one, and the client tries again. */
const HELD_BACK = 10_000;

export interface Answering {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  /** Who answers, which need not be who was asked for: where no model is, it is `extractive`. */
  readonly model: string;
  readonly events: AsyncGenerator<AnswerEvent, void, undefined>;
}

/**
 * Has a question answered that came by OpenAI's API. Nothing of it is kept, and nobody could come back for it: when the
 * connection closes, the answer is stopped, and settled for what was said.
 *
 * @param prefix of the answer's id, as OpenAI has it
 * @throws as `Turns.begin`, and what the answer ends with before its first word
 */
export async function beginAnswer(
  ctx: Context & { state: RequestState },
  turns: Turns,
  asked: Asked,
  prefix: "chatcmpl-" | "resp_",
): Promise<Answering> {
  const { model, instructions, history, question, temperature, topP, maxOutputTokens } = asked;
  const beginning = await turns.begin(ctx.state.caller, {
    content: question,
    keep: false,
    history,
    ...(instructions !== null && { instructions }),
    ...(model !== null && { model }),
    settings: {
      ...(temperature !== null && { temperature }),
      ...(topP !== null && { topP }),
      ...(maxOutputTokens !== null && { maxOutputTokens }),
    },
  });
  if (beginning.replayed) throw new Error("a turn was replayed that has no Idempotency-Key");
  const { turn } = beginning;
  stopWithConnection(ctx, turns, turn);
  const events = turn.follow();
  const first = events.next();
  first.catch(() => {});
  await Promise.race([first, sleep(HELD_BACK, undefined, { ref: false })]);
  return {
    id: prefix + turn.id.replaceAll("-", ""),
    created: Math.floor(Date.now() / 1000),
    model: turn.answeredBy,
    events: from(first, events),
  };
}

function stopWithConnection(ctx: Context, turns: Turns, { id }: Turn): void {
  if (ctx.res.destroyed) turns.stop(id);
  else ctx.res.once("close", () => turns.stop(id));
}

/** An answer whose first event was asked for already. */
async function* from(
  first: Promise<IteratorResult<AnswerEvent, void>>,
  events: AsyncGenerator<AnswerEvent, void, undefined>,
): AsyncGenerator<AnswerEvent, void, undefined> {
  const { done, value } = await first;
  if (done) return;
  yield value;
  yield* events;
}
