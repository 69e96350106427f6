import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "koa";
import type { AnswerEvent } from "../../../chat/provider/events.ts";
import type { Question } from "../../../chat/turns/begin_turn.ts";
import type { Turn, TurnIds, Turns } from "../../../chat/turns/turns.ts";
import { FileRefused } from "../../../documents/file_refused.ts";
import { asRefusal } from "../../chat_answer.ts";
import type { Parameter } from "../../contract/operation.ts";
import { answerNotKept } from "../../idempotency_key.ts";
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

export const IDEMPOTENCY_KEY: Parameter = {
  in: "header",
  name: "Idempotency-Key",
  says: "The same key with the same body is one turn: it is asked, answered and charged once, and goes on when the connection closes.",
};

/**
 * Has a question answered that came by OpenAI's API. Nothing of it is kept, and nobody could come back for it: when the
 * connection closes, the answer is stopped, and settled for what was said. Whoever sends an Idempotency-Key means to come
 * back: theirs goes on, and is there to be repeated for as long as it can be followed.
 *
 * @param prefix of the answer's id, as OpenAI has it
 * @throws as `Turns.begin`, and what the answer ends with before its first word; 409 `idempotency_replayed`
 */
export async function beginAnswer(
  ctx: Context & { state: RequestState },
  turns: Turns,
  asked: Asked,
  { prefix, idempotency }: { prefix: "chatcmpl-" | "resp_"; idempotency: Question["idempotency"] },
): Promise<Answering> {
  const { model, instructions, history, question, images, files, temperature, topP, maxOutputTokens } = asked;
  const beginning = await turns
    .begin(ctx.state.caller, {
      content: question,
      keep: false,
      history,
      ...(instructions !== null && { instructions }),
      ...(model !== null && { model }),
      ...(images.length > 0 && { parts: images }),
      ...(files.length > 0 && { files }),
      ...(idempotency && { idempotency }),
      settings: {
        ...(temperature !== null && { temperature }),
        ...(topP !== null && { topP }),
        ...(maxOutputTokens !== null && { maxOutputTokens }),
      },
    })
    .catch((error) => {
      throw error instanceof FileRefused ? asRefusal(error) : error;
    });
  const turn = beginning.replayed ? await again(ctx, turns, beginning.turn) : beginning.turn;
  if (!idempotency) stopWithConnection(ctx, turns, turn);
  const events = turn.follow();
  const first = events.next();
  first.catch(() => {});
  await Promise.race([first, sleep(HELD_BACK, undefined, { ref: false })]);
  return {
    id: prefix + turn.id.replaceAll("-", ""),
    created: secondOf(turn.id),
    model: turn.answeredBy,
    events: from(first, events),
  };
}

/** The turn that the key began before, if what it says is still there. */
async function again(ctx: Context, turns: Turns, ids: TurnIds): Promise<Turn> {
  const known = await turns.find(ids);
  if (!known) throw answerNotKept();
  ctx.set("Idempotency-Replayed", "true");
  return known;
}

/** When a turn began, which its id begins with (UUIDv7, RFC 9562 §5.7): the same however often it is told. */
const secondOf = (id: string): number =>
  Math.floor(Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16) / 1000);

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
