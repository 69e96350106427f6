import type { Middleware } from "koa";
import type pg from "pg";
import { nothingHanded } from "../../audit/handed.ts";
import type { Readings } from "../../audit/readings.ts";
import { UI_STREAM_HEADERS, uiMessageStream } from "../../chat/stream/ui_message_stream.ts";
import { TurnEnded } from "../../chat/turn_ended.ts";
import { runningIn, storedAnswer } from "../../chat/turns/known_answers.ts";
import type { Turns } from "../../chat/turns/turns.ts";
import { whileReadable } from "../../chat/turns/while_readable.ts";
import type { Caller } from "../../database/caller.ts";
import { isUnavailable } from "../../database/unavailable.ts";
import type { Log } from "../../log.ts";
import { isUuid } from "../../uuid.ts";
import { uiMessageOf } from "../chat_answer.ts";
import { OF_A_READER, operation } from "../contract/operation.ts";
import { describeError } from "../describe_error.ts";
import type { ErrorCatalogue } from "../error_catalogue.ts";
import { answerWithEvents } from "../event_stream.ts";
import { callerOf } from "../own_session.ts";
import { refusalOf } from "../problem.ts";
import { asProblem } from "../report_errors.ts";
import type { RequestState } from "../request_facts.ts";

export const followOperation = operation({
  method: "get",
  path: "/chat/:id/stream",
  area: "Chat",
  summary: "Follow the answer that is being written",
  description:
    "From its first word, then as it comes: byte for byte what `POST /chat` streamed. For whoever may read the conversation, and as long as they may.",
  credential: "any",
  parameters: [{ in: "path", name: "id", says: "A conversation." }],
  answers: {
    200: { says: "A UI message stream.", type: "text/event-stream" },
    204: { says: "Nothing is being written in it." },
  },
  refusals: OF_A_READER,
});

/**
 * `GET /chat/:id/stream` → the running answer of a conversation, all of it and then live; 204 where there is none.
 *
 * Refuses with 404 not_found for a conversation that the caller does not see.
 */
export function followAnswer(
  turns: Turns,
  app: pg.Pool,
  readings: Readings,
  catalogue: ErrorCatalogue,
  log: Log,
): Middleware<RequestState> {
  return async (ctx) => {
    const caller = callerOf(ctx.state, "Following needs an access token or an API key.");
    const { id } = ctx.params as { id: string };
    const running = isUuid(id) ? await runningIn(app, caller, id) : null;
    if (running === null) throw refusalOf("not_found");
    ctx.set("Cache-Control", "no-store");
    const turn = running === "idle" ? undefined : await turns.find(running.turn);
    if (running === "idle" || !turn) {
      ctx.status = 204;
      return;
    }
    const handed = nothingHanded();
    handed.conversation(running.conversation, turn.answerId!);
    await readings.tell(caller, handed);
    const failed = (err: unknown): void =>
      log.error({ err: describeError(err), turn: turn.id }, "an answer failed");
    answerWithEvents(
      ctx,
      (signal) =>
        uiMessageStream(
          whileReadable(turn.follow, () => stillReads(app, caller, turn.answerId!, catalogue), signal),
          {
            ...uiMessageOf(turn),
            failed,
          },
        ),
      { headers: UI_STREAM_HEADERS },
    );
  };
}

/** @throws {TurnEnded} why the caller reads no further */
async function stillReads(
  app: pg.Pool,
  caller: Caller,
  answer: string,
  catalogue: ErrorCatalogue,
): Promise<void> {
  try {
    if ((await storedAnswer(app, caller, answer)) !== null) return;
  } catch (error) {
    // Who they are is as it was: the next look tells.
    if (isUnavailable(error)) return;
    const { code, message } = asProblem(error, catalogue);
    throw new TurnEnded("refused", code, message);
  }
  throw new TurnEnded("unreadable", "not_found", "The conversation is not there for you to see any more.");
}
