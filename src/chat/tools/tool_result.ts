import type OpenAI from "openai";
import type { ToolResult } from "../provider/events.ts";

/** What comes of a call that was not made, or failed. */
export const failedCall = (id: string, why: string): ToolResult => ({
  type: "tool-result",
  id,
  output: null,
  failed: why,
});

/** What a tool said, or why it said nothing. */
export const textOf = ({ output, failed }: Pick<ToolResult, "output" | "failed">): string =>
  failed === undefined ? String(output) : `It failed: ${failed}`;

/** A call as a model is told of it again. */
export interface ToldCall {
  readonly id: string;
  readonly name: string;
  /** JSON. */
  readonly input: string;
  /** What came of it. */
  readonly said: string;
}

/** What a model said and had called, all at once, and what came of each call. */
export function callMessages(
  content: string,
  calls: readonly ToldCall[],
): OpenAI.ChatCompletionMessageParam[] {
  return [
    {
      role: "assistant",
      content: content === "" ? null : content,
      tool_calls: calls.map(({ id, name, input }) => ({
        id,
        type: "function",
        function: { name, arguments: input },
      })),
    },
    ...calls.map(({ id, said }) => ({ role: "tool" as const, tool_call_id: id, content: said })),
  ];
}
