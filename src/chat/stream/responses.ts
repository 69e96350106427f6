import type { AnswerEvent, FinishReason, Usage } from "../provider/events.ts";
import { annotation } from "./chat_completions.ts";
import { refusalOf } from "./refusal.ts";
import { openItems } from "./response_items.ts";
import { serverSent } from "./server_sent.ts";

/** What an answer of OpenAI's Responses API is about. */
export interface ResponseHead {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
  /** Told of an error that is no provider's. */
  readonly failed?: (error: unknown) => void;
}

/** An event of the Responses API, or the response that it ends with. */
export type ResponseEvent = { readonly type: string } & Readonly<Record<string, unknown>>;

/** An answer as the events of the Responses API. The last is response.completed, .incomplete or .failed. */
export async function* responseEvents(
  answer: AsyncIterable<AnswerEvent>,
  { id, created, model, failed }: ResponseHead,
): AsyncGenerator<ResponseEvent, void, undefined> {
  let sequence = 0;
  const event = (type: string, rest: object): ResponseEvent => ({
    type,
    sequence_number: sequence++,
    ...rest,
  });
  const items = openItems(id, event);
  let usage: Usage | null = null;
  const response = (status: string, rest: object = {}): object => ({
    ...EMPTY,
    id,
    created_at: created,
    model,
    status,
    output: items.done(),
    usage: usage && usageOf(usage),
    ...rest,
  });
  yield event("response.created", { response: response("in_progress") });
  yield event("response.in_progress", { response: response("in_progress") });
  let reason: FinishReason = "stop";
  try {
    for await (const said of answer) {
      if (said.type === "text" || said.type === "reasoning") yield* items.say(said.type, said.delta);
      if (said.type === "citation") yield* items.annotate(annotation(said.citation));
      if (said.type === "tool-call") yield* items.call(said);
      if (said.type === "usage") usage = said.usage;
      if (said.type === "finish") reason = said.reason;
    }
    yield* items.close("completed");
  } catch (error) {
    const { code, message } = refusalOf(error);
    if (code === "internal_error") failed?.(error);
    yield* items.close("incomplete");
    yield event("response.failed", {
      response: response("failed", { error: { code: "server_error", message: `${message} (${code})` } }),
    });
    return;
  }
  const why = { length: "max_output_tokens", "content-filter": "content_filter" }[reason as string];
  if (why) {
    yield event("response.incomplete", {
      response: response("incomplete", { incomplete_details: { reason: why } }),
    });
  } else yield event("response.completed", { response: response("completed") });
}

/** The same as bytes on the wire, where each event has its name. */
export async function* responseStream(
  answer: AsyncIterable<AnswerEvent>,
  head: ResponseHead,
): AsyncGenerator<string, void, undefined> {
  for await (const event of responseEvents(answer, head)) yield serverSent(event, event.type);
}

/**
 * An answer as one response.
 *
 * @throws {ProviderFailure} as the answer does: there is a status to say it with
 */
export async function responseOf(answer: AsyncIterable<AnswerEvent>, head: ResponseHead): Promise<unknown> {
  let thrown: { error: unknown } | undefined;
  async function* watched(): AsyncGenerator<AnswerEvent> {
    try {
      yield* answer;
    } catch (error) {
      thrown = { error };
      throw error;
    }
  }
  let last: ResponseEvent | undefined;
  for await (const event of responseEvents(watched(), { ...head, failed: () => {} })) last = event;
  if (thrown) throw thrown.error;
  return last!.response;
}

/** What a response has beside; nothing of it is ours to decide. */
const EMPTY = {
  object: "response",
  error: null,
  incomplete_details: null,
  instructions: null,
  metadata: {},
  parallel_tool_calls: true,
  temperature: null,
  tool_choice: "auto",
  tools: [],
  top_p: null,
} as const;

const usageOf = ({ input, cachedInput, output, reasoning }: Usage) => ({
  input_tokens: input,
  input_tokens_details: { cached_tokens: cachedInput, cache_write_tokens: 0 },
  output_tokens: output,
  output_tokens_details: { reasoning_tokens: reasoning },
  total_tokens: input + output,
});
