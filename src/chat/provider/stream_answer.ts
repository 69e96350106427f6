import type OpenAI from "openai";
import { readChunk } from "./chunk.ts";
import { type Clocks, type Patience, startClocks } from "./clocks.ts";
import { type CountTokens, loadTokenCounter } from "./count_tokens.ts";
import { clientOf, type Endpoint, type ProviderReach } from "./endpoint.ts";
import type { AnswerEvent, FinishReason } from "./events.ts";
import { ProviderFailure } from "./failure.ts";
import { failureOf } from "./failure_of.ts";
import { type Retries, retrying } from "./retrying.ts";
import { storableText } from "./storable_text.ts";
import { collectToolCalls } from "./tool_calls.ts";
import { estimateUsage, usageOf } from "./usage.ts";

export interface Ask {
  readonly endpoint: Endpoint;
  readonly model: string;
  readonly messages: readonly OpenAI.ChatCompletionMessageParam[];
  readonly settings?: ModelSettings;
  /** Ends the answer, and the provider's work on it. */
  readonly signal?: AbortSignal;
  /** Where they differ from those of the process. */
  readonly limits?: Partial<AnswerLimits>;
}

export interface ModelSettings {
  readonly temperature?: number;
  readonly topP?: number;
  readonly maxOutputTokens?: number;
  readonly tools?: readonly OpenAI.ChatCompletionFunctionTool[];
}

export interface AnswerLimits extends Patience {
  /** Bytes of an answer on the wire, which are about fifty for each of its words. */
  readonly bytes: number;
}

/** What an answer is asked with. */
export interface Means {
  readonly reach: ProviderReach;
  readonly limits: AnswerLimits;
  readonly retries: Retries;
}

/**
 * Asks a model, and gives its answer as it comes: text, reasoning, then calls of tools, usage, and why it ended. It ends with
 * `finish`, or throws; who stops reading stops the provider.
 *
 * @throws {ProviderFailure} with a code for each way in which it can fail, and the usage so far (estimated)
 */
export async function* streamAnswer(ask: Ask, means: Means): AsyncGenerator<AnswerEvent, void, undefined> {
  const limits = { ...means.limits, ...ask.limits };
  const { apiKey } = ask.endpoint;
  const clocks = startClocks(limits, ask.signal);
  const answer = { text: "", reasoning: "" };
  let begun = false;
  let count: CountTokens | undefined;
  const failed = (error: unknown): ProviderFailure | undefined =>
    failureOf(error, { signal: clocks.signal, begun, apiKey });
  try {
    count = await loadTokenCounter();
    const stream = await begin(ask, clocks, { ...means, limits }, failed);
    begun = true;
    const text = storableText();
    const reasoning = storableText();
    const calls = collectToolCalls();
    let finish: FinishReason | null = null;
    let usage: unknown;
    function* said(type: "text" | "reasoning", delta: string): Generator<AnswerEvent> {
      if (delta === "") return;
      answer[type] += delta;
      yield { type, delta };
    }

    let spoke = false;
    for (const events = stream[Symbol.asyncIterator](); ; ) {
      const next = await clocks
        .waitFor(spoke ? "idle" : "first", () => events.next())
        .catch((error: unknown) => {
          // It was done, and only took its leave badly.
          if (finish !== null && failed(error)?.code === "model_cut")
            return { done: true, value: undefined } as const;
          throw error;
        });
      if (next.done) break;
      const piece = readChunk(next.value);
      spoke ||= piece.text !== "" || piece.reasoning !== "" || piece.toolCalls.length > 0;
      yield* said("reasoning", reasoning.add(piece.reasoning));
      yield* said("text", text.add(piece.text));
      for (const fragment of piece.toolCalls) calls.add(fragment);
      finish = piece.finish ?? finish;
      usage = piece.usage ?? usage;
    }
    // The package ends the loop as if all was well when it was told to stop, and when the stream stops without a word.
    clocks.signal.throwIfAborted();
    if (finish === null) throw new ProviderFailure("model_cut");
    yield* said("reasoning", reasoning.end());
    yield* said("text", text.end());
    yield* calls.all();
    yield { type: "usage", usage: usageOf(usage) ?? estimateUsage(ask.messages, answer, count) };
    yield { type: "finish", reason: finish };
  } catch (error) {
    const failure = failed(error);
    if (failure && begun && count) failure.usage = estimateUsage(ask.messages, answer, count);
    throw failure ?? error;
  } finally {
    clocks.stop();
  }
}

function begin(
  { endpoint, model, messages, settings = {} }: Ask,
  clocks: Clocks,
  { reach, limits, retries }: Means,
  failed: (error: unknown) => ProviderFailure | undefined,
) {
  const client = clientOf(endpoint, reach, limits.bytes);
  const { temperature, topP, maxOutputTokens, tools } = settings;
  const body: OpenAI.ChatCompletionCreateParamsStreaming = {
    model,
    messages: [...messages],
    stream: true,
    stream_options: { include_usage: true },
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(maxOutputTokens !== undefined && outputLimit(endpoint, maxOutputTokens)),
    ...(tools && tools.length > 0 && { tools: [...tools] }),
  };
  const once = async () => {
    const { data, response } = await clocks.waitFor("first", () =>
      client.chat.completions.create(body, { signal: clocks.signal }).withResponse(),
    );
    if (response.headers.get("content-type")?.startsWith("text/event-stream")) return data;
    // A page, as the network of a hotel has one; or a provider that does not stream.
    data.controller.abort();
    throw new ProviderFailure("model_malformed");
  };
  return retrying(once, failed, retries, clocks.signal);
}

/** OpenAI's newer models refuse the older name, and most of those who copied its API know no other. */
function outputLimit({ baseUrl }: Endpoint, tokens: number) {
  return new URL(baseUrl).hostname === "api.openai.com"
    ? { max_completion_tokens: tokens }
    : { max_tokens: tokens };
}
