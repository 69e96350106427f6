import * as v from "valibot";
import type { FinishReason } from "./events.ts";
import { ProviderFailure } from "./failure.ts";

const text = v.nullish(v.string());
const chunk = v.object({
  choices: v.array(
    v.object({
      index: v.optional(v.number(), 0),
      delta: v.nullish(
        v.object({
          content: text,
          // What a model says instead of an answer.
          refusal: text,
          // DeepSeek's and vLLM's name for it, and OpenRouter's and Ollama's.
          reasoning_content: text,
          reasoning: text,
          tool_calls: v.nullish(
            v.array(
              v.object({
                index: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(127)), 0),
                id: text,
                function: v.nullish(v.object({ name: text, arguments: text })),
              }),
            ),
          ),
        }),
      ),
      finish_reason: text,
    }),
  ),
  usage: v.optional(v.unknown()),
});

/** What one event of chat/completions adds to an answer. */
export interface Said {
  readonly text: string;
  readonly reasoning: string;
  readonly toolCalls: readonly { index: number; id: string; name: string; arguments: string }[];
  readonly finish: FinishReason | null;
  readonly usage: unknown;
}

const NOTHING: Said = { text: "", reasoning: "", toolCalls: [], finish: null, usage: undefined };

/** @throws {ProviderFailure} `model_malformed`, where it is not in the shape of the API */
export function readChunk(value: unknown): Said {
  const { success, output } = v.safeParse(chunk, value);
  if (!success) throw new ProviderFailure("model_malformed");
  const usage = output.usage ?? undefined;
  const choice = output.choices.find(({ index }) => index === 0);
  if (!choice) return { ...NOTHING, usage };
  const { delta, finish_reason } = choice;
  return {
    text: `${delta?.content ?? ""}${delta?.refusal ?? ""}`,
    reasoning: delta?.reasoning_content ?? delta?.reasoning ?? "",
    toolCalls: (delta?.tool_calls ?? []).map(({ index, id, function: called }) => ({
      index,
      id: id ?? "",
      name: called?.name ?? "",
      arguments: called?.arguments ?? "",
    })),
    finish: finish_reason ? (FINISHES[finish_reason] ?? "other") : null,
    usage,
  };
}

const FINISHES: Readonly<Record<string, FinishReason>> = {
  stop: "stop",
  length: "length",
  content_filter: "content-filter",
  tool_calls: "tool-calls",
  function_call: "tool-calls",
};
