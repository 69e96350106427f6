import type OpenAI from "openai";
import type { CountTokens } from "../provider/count_tokens.ts";
import type { AnswerEvent, ToolCall, ToolResult } from "../provider/events.ts";
import type { ModelSettings } from "../provider/stream_answer.ts";
import type { Continued } from "./continued.ts";
import type { OfferedTool } from "./offered_tool.ts";

/** How a model that may have tools called is asked. */
export interface ToolAsk {
  readonly offered: readonly OfferedTool[];
  readonly messages: readonly OpenAI.ChatCompletionMessageParam[];
  readonly fence: string;
  /** Tokens that there are for calls and what comes of them. */
  readonly room: number;
  readonly count: CountTokens;
  /** Whether a call may wait for the word of whoever asked: where nothing is kept, nothing waits. */
  readonly mayWait: boolean;
  /** The answer that goes on with this turn. */
  readonly continued: Continued | null;
  /** Asks the model once. */
  ask(
    messages: readonly OpenAI.ChatCompletionMessageParam[],
    settings: Pick<ModelSettings, "tools">,
  ): AsyncIterable<AnswerEvent>;
  /** Has a tool called. */
  call(tool: OfferedTool, call: ToolCall, approval: "not_asked" | "given"): Promise<ToolResult>;
  /** Writes down that whoever asked said no. */
  deny(tool: Pick<OfferedTool, "id" | "name">): Promise<void>;
  /** Holds what one further step may cost. @throws {TurnEnded} where it cannot */
  extend(): Promise<void>;
}
