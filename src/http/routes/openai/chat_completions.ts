import type { Middleware } from "koa";
import * as v from "valibot";
import { completionOf, completionStream } from "../../../chat/stream/chat_completions.ts";
import { STREAM_HEADERS } from "../../../chat/stream/server_sent.ts";
import type { Turns } from "../../../chat/turns/turns.ts";
import type { Log } from "../../../log.ts";
import { operation } from "../../contract/operation.ts";
import { describeError } from "../../describe_error.ts";
import { answerWithEvents } from "../../event_stream.ts";
import { onceATurn } from "../../idempotency_key.ts";
import { readJson } from "../../read_json.ts";
import type { RequestState } from "../../request_facts.ts";
import { beginAnswer, IDEMPOTENCY_KEY } from "./answering.ts";
import { V1_BODY_LIMIT } from "./parameters.ts";
import { completionFields, readCompletion } from "./read_completion.ts";
import { OF_ASKING, OF_REPEATING } from "./refusals.ts";

export const completionOperation = operation({
  method: "post",
  path: "/v1/chat/completions",
  area: "OpenAI's API",
  summary: "Answer a conversation",
  description:
    "As OpenAI's chat completions, with documents of the company that the caller may read. Messages of `system` and `developer` are added to the company's system prompt. With `stream: true` the answer is `text/event-stream`: chunks, then `[DONE]`.",
  credential: "any",
  parameters: [IDEMPOTENCY_KEY],
  body: completionFields,
  answers: {
    200: {
      says: "The answer. What it rests on is in `annotations` of its message.",
      body: v.looseObject({
        id: v.string(),
        object: v.literal("chat.completion"),
        created: v.number(),
        model: v.string(),
        choices: v.array(v.looseObject({ index: v.number(), finish_reason: v.string() })),
      }),
    },
  },
  refusals: [...OF_ASKING, ...OF_REPEATING, "answer_too_large", "answer_too_slow"],
});

/**
 * `POST /v1/chat/completions` → a chat.completion, or its chunks.
 *
 * Refuses as `openai_error.ts` writes: 400 invalid_input, naming the parameter, and what begins or fails a turn.
 */
export function completeChat(turns: Turns, log: Log): Middleware<RequestState> {
  const failed = (error: unknown): void => log.error({ err: describeError(error) }, "an answer broke off");
  return async (ctx) => {
    const body = await readJson(ctx, V1_BODY_LIMIT);
    const asked = readCompletion(body);
    const idempotency = onceATurn(ctx, body);
    const { events, ...head } = await beginAnswer(ctx, turns, asked, { prefix: "chatcmpl-", idempotency });
    ctx.set("Cache-Control", "no-store");
    if (!asked.stream) ctx.body = await completionOf(events, head);
    else {
      const { includeUsage } = asked;
      const stream = () => completionStream(events, { ...head, includeUsage, failed });
      answerWithEvents(ctx, stream, { headers: STREAM_HEADERS });
    }
  };
}
