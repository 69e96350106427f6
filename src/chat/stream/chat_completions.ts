import type OpenAI from "openai";
import type { AnswerEvent, Citation, FinishReason, Usage } from "../provider/events.ts";
import { refusalOf } from "./refusal.ts";
import { DONE, serverSent } from "./server_sent.ts";

/** What an answer of OpenAI's chat/completions is about. */
export interface CompletionHead {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
}

export interface CompletionOptions extends CompletionHead {
  /** Whether the client asked for it (`stream_options.include_usage`). */
  readonly includeUsage: boolean;
  /** Told of an error that is no provider's. */
  readonly failed?: (error: unknown) => void;
}

const FINISHES = {
  stop: "stop",
  length: "length",
  "content-filter": "content_filter",
  "tool-calls": "tool_calls",
  other: "stop",
} as const satisfies Record<FinishReason, string>;

/** An answer as chat.completion.chunk events, for clients of OpenAI's API. */
export async function* completionStream(
  answer: AsyncIterable<AnswerEvent>,
  { includeUsage, failed, ...head }: CompletionOptions,
): AsyncGenerator<string, void, undefined> {
  const chunk = (rest: object): string => serverSent({ ...head, object: "chat.completion.chunk", ...rest });
  const choice = (delta: object, finish_reason: string | null = null): string =>
    chunk({
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
      ...(includeUsage && { usage: null }),
    });
  let calls = 0;
  let usage: Usage | null = null;
  yield choice({ role: "assistant", content: "" });
  try {
    for await (const event of answer) {
      switch (event.type) {
        case "text":
          yield choice({ content: event.delta });
          break;
        case "reasoning":
          // Not OpenAI's, who keeps it; the name that most others have for it.
          yield choice({ reasoning_content: event.delta });
          break;
        case "citation":
          // Not OpenAI's either, whose annotations of a completion are of pages; the shape is that of its Responses.
          yield choice({ annotations: [annotation(event.citation)] });
          break;
        case "tool-call":
          yield choice({ tool_calls: [{ index: calls, ...toolCall(event) }] });
          calls += 1;
          break;
        case "usage":
          usage = event.usage;
          break;
        case "finish":
          yield choice({}, FINISHES[event.reason]);
          if (includeUsage && usage) yield chunk({ choices: [], usage: usageOf(usage) });
          break;
      }
    }
  } catch (error) {
    const { code, message } = refusalOf(error);
    if (code === "internal_error") failed?.(error);
    yield serverSent({ error: { message, type: "server_error", code, param: null } });
  }
  yield DONE;
}

/**
 * An answer as one chat.completion.
 *
 * @throws {ProviderFailure} as the answer does: there is a status to say it with
 */
export async function completionOf(
  answer: AsyncIterable<AnswerEvent>,
  head: CompletionHead,
): Promise<OpenAI.ChatCompletion> {
  const said = { text: "", reasoning: "" };
  const calls: ReturnType<typeof toolCall>[] = [];
  const annotations: object[] = [];
  let finish: FinishReason = "stop";
  let usage: Usage | null = null;
  for await (const event of answer) {
    if (event.type === "text" || event.type === "reasoning") said[event.type] += event.delta;
    if (event.type === "citation") annotations.push(annotation(event.citation));
    if (event.type === "tool-call") calls.push(toolCall(event));
    if (event.type === "usage") usage = event.usage;
    if (event.type === "finish") finish = event.reason;
  }
  const message = {
    role: "assistant" as const,
    content: said.text === "" && calls.length > 0 ? null : said.text,
    refusal: null,
    ...(said.reasoning !== "" && { reasoning_content: said.reasoning }),
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(annotations.length > 0 && { annotations: annotations as OpenAI.ChatCompletionMessage.Annotation[] }),
  };
  return {
    ...head,
    object: "chat.completion",
    choices: [{ index: 0, message, logprobs: null, finish_reason: FINISHES[finish] }],
    ...(usage && { usage: usageOf(usage) }),
  };
}

/** A passage that an answer rests on, as OpenAI's Responses have it. */
export const annotation = ({ documentId, title, number }: Citation) => ({
  type: "file_citation" as const,
  file_id: documentId,
  filename: title,
  index: number,
});

const toolCall = ({ id, name, text }: { id: string; name: string; text: string }) => ({
  id,
  type: "function" as const,
  function: { name, arguments: text },
});

const usageOf = ({ input, cachedInput, output, reasoning }: Usage) => ({
  prompt_tokens: input,
  completion_tokens: output,
  total_tokens: input + output,
  prompt_tokens_details: { cached_tokens: cachedInput },
  completion_tokens_details: { reasoning_tokens: reasoning },
});
