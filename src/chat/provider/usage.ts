import * as v from "valibot";
import { IMAGE_TOKENS } from "../image.ts";
import type { CountTokens } from "./count_tokens.ts";
import type { Usage } from "./events.ts";

const tokens = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(1_000_000_000));
const said = v.object({
  prompt_tokens: tokens,
  completion_tokens: v.optional(tokens, 0),
  prompt_tokens_details: v.nullish(v.object({ cached_tokens: v.nullish(tokens) })),
  completion_tokens_details: v.nullish(v.object({ reasoning_tokens: v.nullish(tokens) })),
});

/** What a provider says that it counted; null where it says nothing, or what cannot be. */
export function usageOf(usage: unknown): Usage | null {
  const { success, output } = v.safeParse(said, usage);
  if (!success) return null;
  return {
    input: output.prompt_tokens,
    cachedInput: Math.min(output.prompt_tokens_details?.cached_tokens ?? 0, output.prompt_tokens),
    output: output.completion_tokens,
    reasoning: Math.min(output.completion_tokens_details?.reasoning_tokens ?? 0, output.completion_tokens),
    estimated: false,
  };
}

/** Tokens that a message has beside its text: who says it, and where it ends. */
const PER_MESSAGE = 4;

/** What it must have been, counted by us. */
export function estimateUsage(
  sent: readonly unknown[],
  answer: { readonly text: string; readonly reasoning: string },
  count: CountTokens,
): Usage {
  const reasoning = count(answer.reasoning);
  return {
    input: sent.reduce<number>((sum, one) => sum + PER_MESSAGE + tokensOf(one, count), 0),
    cachedInput: 0,
    output: reasoning + count(answer.text),
    reasoning,
    estimated: true,
  };
}

/** An image is taken for as many tokens as it is in the prompt's room, whatever its data. */
function tokensOf(message: unknown, count: CountTokens): number {
  const { content } = message as { content?: unknown };
  if (!Array.isArray(content)) return count(textOf(message));
  const parts = content as readonly { readonly type: string; readonly text?: string }[];
  return parts.reduce(
    (sum, { type, text = "" }) => sum + (type === "image_url" ? IMAGE_TOKENS : count(text)),
    0,
  );
}

/** The text of a message, or all of it where it is more than a text. */
function textOf(message: unknown): string {
  const { content, ...rest } = message as { role?: string; content?: unknown };
  return typeof content === "string" && Object.keys(rest).length === 1 ? content : JSON.stringify(message);
}

/** What several answers took together. */
export const addUsage = (one: Usage | null, other: Usage): Usage =>
  one === null
    ? other
    : {
        input: one.input + other.input,
        cachedInput: one.cachedInput + other.cachedInput,
        output: one.output + other.output,
        reasoning: one.reasoning + other.reasoning,
        estimated: one.estimated || other.estimated,
      };
