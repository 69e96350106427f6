import type { Middleware } from "koa";
import * as v from "valibot";
import { responseOf, responseStream } from "../../../chat/stream/responses.ts";
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
import { readResponse, responseFields } from "./read_response.ts";
import { OF_ASKING, OF_REPEATING } from "./refusals.ts";

export const responseOperation = operation({
  method: "post",
  path: "/v1/responses",
  area: "OpenAI's API",
  summary: "Answer a conversation, as a response",
  description:
    "As OpenAI's responses, with documents of the company that the caller may read. Nothing is stored: send what was said before as `input`. `instructions` are added to the company's system prompt. With `stream: true` the answer is `text/event-stream`.",
  credential: "any",
  parameters: [IDEMPOTENCY_KEY],
  body: responseFields,
  answers: {
    200: {
      says: "The answer. What it rests on is in `annotations` of its text.",
      body: v.looseObject({
        id: v.string(),
        object: v.literal("response"),
        created_at: v.number(),
        model: v.string(),
        status: v.string(),
        output: v.array(v.looseObject({ type: v.string() })),
      }),
    },
  },
  refusals: [...OF_ASKING, ...OF_REPEATING, "answer_too_large", "answer_too_slow"],
});

/**
 * `POST /v1/responses` → a response, or its events.
 *
 * Refuses as `openai_error.ts` writes: 400 invalid_input, naming the parameter, and what begins or fails a turn.
 */
export function respond(turns: Turns, log: Log): Middleware<RequestState> {
  const failed = (error: unknown): void => log.error({ err: describeError(error) }, "an answer broke off");
  return async (ctx) => {
    const body = await readJson(ctx, V1_BODY_LIMIT);
    const asked = readResponse(body);
    const idempotency = onceATurn(ctx, body);
    const { events, ...head } = await beginAnswer(ctx, turns, asked, { prefix: "resp_", idempotency });
    ctx.set("Cache-Control", "no-store");
    if (!asked.stream) ctx.body = await responseOf(events, head);
    else
      answerWithEvents(ctx, () => responseStream(events, { ...head, failed }), { headers: STREAM_HEADERS });
  };
}
