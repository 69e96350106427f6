import type { Context, Middleware } from "koa";
import type pg from "pg";
import type { AnswerEvent } from "../../chat/provider/events.ts";
import { UI_STREAM_HEADERS, uiMessageStream } from "../../chat/stream/ui_message_stream.ts";
import { storedAnswer } from "../../chat/turns/known_answers.ts";
import { storedEvents } from "../../chat/turns/stored_events.ts";
import type { Turn, TurnIds, Turns } from "../../chat/turns/turns.ts";
import type { Caller } from "../../database/caller.ts";
import type { Log } from "../../log.ts";
import { asRefusal, chatAnswer, uiMessageOf, wholeAnswer } from "../chat_answer.ts";
import { QUESTION_LIMIT, questionBody, readQuestion } from "../chat_question.ts";
import { OF_A_TURN, operation } from "../contract/operation.ts";
import { describeError } from "../describe_error.ts";
import { answerWithEvents } from "../event_stream.ts";
import { answerNotKept, onceATurn } from "../idempotency_key.ts";
import { callerOf } from "../own_session.ts";
import { Problem } from "../problem.ts";
import { readJson } from "../read_json.ts";
import type { RequestState } from "../request_facts.ts";

export const askOperation = operation({
  method: "post",
  path: "/chat",
  area: "Chat",
  summary: "Ask, and have it answered",
  description:
    "As `DefaultChatTransport` of the AI SDK sends it, or `{content, conversationId?}`. The answer is a UI message stream (`X-Vercel-AI-UI-Message-Stream: v1`) unless the client wants `application/json` or says `stream: false`. An answer that waits for a yes to the call of a tool goes on with `{approvals}`. Who goes away ends no answer: `POST /chat/{id}/stop` does.",
  credential: "any",
  parameters: [
    {
      in: "header",
      name: "Idempotency-Key",
      says: "The same key with the same body is one turn, and answered with its answer.",
    },
  ],
  body: questionBody,
  answers: {
    200: { says: "The answer, once it is whole; or a stream of it as text/event-stream.", body: chatAnswer },
  },
  refusals: [...OF_A_TURN, "approval_expired", "approval_given", "tool_changed"],
});

/** Seconds after which to ask again for an answer that another process writes. */
const RETRY_AFTER = 2;

/**
 * `POST /chat` → the answer to a question, as a stream of UI messages or as JSON.
 *
 * Refuses before the first word with what the database says of the question (RH403, RH404, RH406, RH410, RH422, RH430, RH450, RH451,
 * RH452, and for approvals RH460, RH461, RH462), 413 prompt_too_long, 409 idempotency_in_progress and idempotency_replayed; as JSON also with what kept the answer from being
 * whole. In a stream that is an `error` part, behind `data-error` with its code.
 */
export function ask(turns: Turns, app: pg.Pool, log: Log): Middleware<RequestState> {
  return async (ctx) => {
    const wanted = ctx.accepts("text/event-stream", "application/json");
    if (!wanted) {
      throw new Problem(406, "not_acceptable", "This address answers text/event-stream or application/json.");
    }
    const body = await readJson(ctx, QUESTION_LIMIT);
    const { question, stream = wanted === "text/event-stream" } = readQuestion(body);
    const idempotency = onceATurn(ctx, body);
    const caller = callerOf(ctx.state, "Asking needs an access token or an API key.");
    const began = await turns
      .begin(caller, { ...question, ...(idempotency && { idempotency }) })
      .catch((error) => {
        throw asRefusal(error);
      });
    const turn = began.replayed ? await again(ctx, turns, app, caller, began.turn) : began.turn;
    ctx.set("Cache-Control", "no-store");
    if (!stream) {
      ctx.body = await wholeAnswer(turn, turn.follow());
      return;
    }
    const failed = (err: unknown): void =>
      log.error({ err: describeError(err), turn: turn.id }, "an answer failed");
    answerWithEvents(
      ctx,
      (signal) => uiMessageStream(turn.follow(signal), { ...uiMessageOf(turn), failed }),
      {
        headers: UI_STREAM_HEADERS,
      },
    );
  };
}

/** The turn that the key began before: from this process, or as it is stored. */
async function again(ctx: Context, turns: Turns, app: pg.Pool, caller: Caller, ids: TurnIds): Promise<Turn> {
  ctx.set("Idempotency-Replayed", "true");
  const known = await turns.find(ids);
  if (known) return known;
  const stored = ids.answerId === null ? null : await storedAnswer(app, caller, ids.answerId);
  if (stored === null) throw answerNotKept();
  if (stored.status === "streaming") {
    throw new Problem(
      409,
      "idempotency_in_progress",
      "This was asked before, and its answer is being written.",
      {
        headers: { "Retry-After": String(RETRY_AFTER) },
      },
    );
  }
  return { ...ids, follow: (): AsyncGenerator<AnswerEvent, void, undefined> => storedEvents(stored) };
}
