import type OpenAI from "openai";
import type { ToolResult } from "../provider/events.ts";
import { callMessages, textOf } from "./tool_result.ts";

/** What whoever asked said of a call that waited, and what is to be called, as the answer has it. */
export interface Decided {
  /** Of the approval. */
  readonly id: string;
  readonly callId: string;
  readonly toolId: string;
  readonly fingerprint: string;
  readonly approved: boolean;
  readonly reason: string | null;
  readonly name: string;
  readonly input: unknown;
}

/** A call that an answer made before it waited, and what came of it. */
export interface EarlierCall {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
  /** Undefined: it waited, or was cut off. */
  readonly said: string | undefined;
}

/** An answer that goes on: what it said until then. */
export interface Continued {
  readonly content: string;
  readonly parts: readonly object[];
  readonly calls: readonly EarlierCall[];
  readonly decided: readonly Decided[];
}

/** What context.begin_turn() hands out of such an answer. */
export interface ContinuedRow {
  readonly content: string;
  readonly parts: readonly object[];
  readonly decided: readonly Omit<Decided, "name" | "input">[];
}

interface ToolPart {
  readonly type: "dynamic-tool";
  readonly toolCallId: string;
  readonly toolName: string;
  readonly input: unknown;
  readonly output?: unknown;
  readonly errorText?: string;
  readonly state: string;
}

/** Reads what is stored of an answer that goes on. */
export function continuedOf({ content, parts, decided }: ContinuedRow): Continued {
  const tools = parts.filter((part): part is ToolPart => (part as ToolPart).type === "dynamic-tool");
  return {
    content,
    parts,
    calls: tools.map(({ toolCallId: id, toolName: name, input, state, output, errorText }) => ({
      id,
      name,
      input,
      said:
        state === "output-available"
          ? String(output)
          : state === "output-error" || state === "output-denied"
            ? `It failed: ${errorText ?? "the person said no."}`
            : undefined,
    })),
    decided: decided.flatMap((one) => {
      const part = tools.find(({ toolCallId }) => toolCallId === one.callId);
      return part ? [{ ...one, name: part.toolName, input: part.input }] : [];
    }),
  };
}

/**
 * The same as a model is told it: all its calls at once, and what came of each.
 *
 * @param results of the calls that waited
 * @param told how a text is told, as far as there is room for it
 */
export function messagesOf(
  { content, calls }: Continued,
  results: readonly ToolResult[],
  told: (text: string) => string,
): OpenAI.ChatCompletionMessageParam[] {
  const now = new Map(results.map((result) => [result.id, textOf(result)]));
  return callMessages(
    content,
    calls.map(({ id, name, input, said }) => ({
      id,
      name,
      input: JSON.stringify(input),
      said: told(now.get(id) ?? said ?? "It was not called."),
    })),
  );
}
