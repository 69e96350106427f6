import type OpenAI from "openai";
import type pg from "pg";
import type { ErrorCatalogue } from "../../http/error_catalogue.ts";
import type { Log } from "../../log.ts";
import type { CountTokens } from "../provider/count_tokens.ts";
import type { AnswerEvent } from "../provider/events.ts";
import { answerWithTools } from "../tools/answer_with_tools.ts";
import { type CallingTurn, noteCall } from "../tools/call_record.ts";
import { callTool } from "../tools/call_tool.ts";
import type { Continued } from "../tools/continued.ts";
import { functionOf, type OfferedTool } from "../tools/offered_tool.ts";
import type { ToolAsk } from "../tools/tool_ask.ts";
import type { ToolMeans } from "../tools/tool_request.ts";
import type { Begun } from "./begin_turn.ts";
import { extendTurn } from "./extend_turn.ts";

/** With what companies' tools are called, and what is written down of it. */
export interface ToolsParts {
  readonly means: ToolMeans;
  /** As rowhouse_auth. */
  readonly auth: Pick<pg.Pool, "query">;
  readonly catalogue: ErrorCatalogue;
  readonly log: Pick<Log, "warn">;
}

/** The tools of one turn. */
export interface Toolbox {
  /** Tokens of the prompt's room that are kept for them, and for what comes of them. */
  readonly reserved: number;
  answer(
    turn: {
      readonly messages: readonly OpenAI.ChatCompletionMessageParam[];
      readonly fence: string;
      readonly turn: CallingTurn;
      readonly keep: boolean;
      readonly signal: AbortSignal;
    },
    ask: ToolAsk["ask"],
  ): AsyncIterable<AnswerEvent>;
}

/** Of what a model reads: for what tools say of themselves, and for what is said of calls. */
const SHARE = { tools: 0.25, calls: 0.25 };
/** Tokens that stand around a tool, and around a text. */
const AROUND = 12;

/** Makes ready what a model may have called; tools for which there is no room are not offered. */
export function toolbox(
  { means, auth, catalogue, log }: ToolsParts,
  { tools, continued: row }: Pick<Begun, "tools" | "continued">,
  continued: Continued | null,
  most: { readonly input: number; readonly output: number },
  count: CountTokens,
): Toolbox {
  const offered: OfferedTool[] = [];
  let described = 0;
  for (const tool of tools?.tools ?? []) {
    const tokens = count(JSON.stringify(functionOf(tool))) + AROUND;
    if (described + tokens > most.input * SHARE.tools) continue;
    described += tokens;
    offered.push(tool);
  }
  const earlier = row
    ? Math.min(count(JSON.stringify(row.parts)) + count(row.content), most.input * SHARE.calls)
    : 0;
  const room = Math.floor(most.input * SHARE.calls + earlier);
  return {
    reserved: described + room,
    answer({ messages, fence, turn, keep, signal }, ask) {
      const calling = tools && { auth, means, caller: tools.identity, turn, log };
      return answerWithTools({
        offered,
        messages,
        fence,
        room,
        count,
        mayWait: keep,
        continued,
        ask,
        call: (tool, call, approval) => callTool(calling!, tool, call, approval, signal),
        deny: (tool) =>
          noteCall(auth, turn, tool, { outcome: "denied", approval: "denied", milliseconds: 0 }),
        extend: () => extendTurn(auth, turn, most, catalogue),
      });
    },
  };
}
