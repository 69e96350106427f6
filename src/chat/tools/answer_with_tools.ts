import { randomUUID } from "node:crypto";
import type OpenAI from "openai";
import { fenced } from "../prompt/fence.ts";
import type { CountTokens } from "../provider/count_tokens.ts";
import type { AnswerEvent, ToolCall, ToolResult, Usage } from "../provider/events.ts";
import { ProviderFailure } from "../provider/failure.ts";
import type { ModelSettings } from "../provider/stream_answer.ts";
import { type Continued, messagesOf } from "./continued.ts";
import { inTurns } from "./in_turns.ts";
import { functionOf, type OfferedTool } from "./offered_tool.ts";

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

/** Times that the model is asked in one turn; the last time without tools, so that it answers. */
const MOST_STEPS = 6;
/** Calls of one step that are made, and how many of them at a time. */
const MOST_CALLS = 8;
const AT_ONCE = 4;

/**
 * A model's answer, with the tools that it has called: it is asked again with what came of them, until it wants none, a call waits for
 * a word, or it was asked often enough. Usage is that of all steps.
 *
 * @throws {ProviderFailure} with the usage of all steps, and what a call and `extend` throw
 */
export async function* answerWithTools(given: ToolAsk): AsyncGenerator<AnswerEvent, void, undefined> {
  const { offered, continued, count, fence } = given;
  const byName = new Map(offered.map((tool) => [tool.name, tool]));
  const messages = [...given.messages];
  const ids = namesOfCalls(continued);
  let room = given.room;
  let total: Usage | null = null;
  let spoke = (continued?.content ?? "") !== "";

  if (continued) {
    const results = yield* decide(continued);
    for (const message of messagesOf(continued, results, (text) =>
      fenced(fence, fitted(text, room / (continued.calls.length + 1))),
    )) {
      room -= count(JSON.stringify(message));
      messages.push(message);
    }
    yield { type: "step" };
  }
  for (let step = 1; ; step += 1) {
    const mayCall = step < MOST_STEPS && room > 0;
    const tools = mayCall ? offered.map(functionOf) : [];
    const calls: ToolCall[] = [];
    let text = "";
    let finish: AnswerEvent | undefined;
    try {
      for await (const event of given.ask(messages, { tools })) {
        if (event.type === "text") {
          // What is said after a call is a paragraph of its own.
          const delta = text === "" && spoke ? `\n\n${event.delta}` : event.delta;
          text += event.delta;
          yield { type: "text", delta };
        } else if (event.type === "tool-call") calls.push({ ...event, id: ids.nameOf(event.id) });
        else if (event.type === "usage") {
          total = added(total, event.usage);
          yield { type: "usage", usage: total };
        } else if (event.type === "finish") finish = event;
        else yield event;
      }
    } catch (error) {
      if (error instanceof ProviderFailure && total)
        error.usage = error.usage ? added(total, error.usage) : total;
      throw error;
    }
    spoke ||= text !== "";
    if (calls.length === 0 || !mayCall) {
      yield finish!;
      return;
    }
    yield* calls;
    const waiting = given.mayWait
      ? calls.filter((call) => byName.get(call.name)?.approval === "always" && call.input !== undefined)
      : [];
    const results = yield* inTurns(
      calls.filter((call) => !waiting.includes(call)),
      AT_ONCE,
      (call, at) => resultOf(call, at),
    );
    if (waiting.length > 0) {
      for (const { id, name } of waiting) {
        const { id: toolId, fingerprint } = byName.get(name)!;
        yield { type: "tool-approval", id, approvalId: randomUUID(), toolId, fingerprint };
      }
      yield { type: "finish", reason: "tool-calls" };
      return;
    }
    const said = results.map((result) => ({
      result,
      text: fitted(textOf(result), room / (results.length + 1)),
    }));
    const further: OpenAI.ChatCompletionMessageParam[] = [
      {
        role: "assistant",
        content: text === "" ? null : text,
        tool_calls: calls.map(({ id, name, text: written }) => ({
          id,
          type: "function",
          function: { name, arguments: written },
        })),
      },
      ...said.map(({ result, text: answer }) => ({
        role: "tool" as const,
        tool_call_id: result.id,
        content: fenced(fence, answer),
      })),
    ];
    for (const message of further) room -= count(JSON.stringify(message));
    messages.push(...further);
    await given.extend();
    yield { type: "step" };
  }

  async function resultOf(call: ToolCall, at: number): Promise<ToolResult> {
    const tool = byName.get(call.name);
    const failed = (why: string): ToolResult => ({
      type: "tool-result",
      id: call.id,
      output: null,
      failed: why,
    });
    if (!tool) return failed("There is no such tool.");
    if (at >= MOST_CALLS) return failed(`Not called: at most ${MOST_CALLS} tools are called at a time.`);
    if (tool.approval === "always" && !given.mayWait) return failed("Not called: nobody can be asked here.");
    return given.call(tool, call, "not_asked");
  }

  /** Tells, and does, what whoever asked said of the calls that waited. */
  async function* decide({ decided }: Continued): AsyncGenerator<AnswerEvent, ToolResult[], undefined> {
    for (const { callId, id, approved, reason } of decided)
      yield {
        type: "tool-decision",
        id: callId,
        approvalId: id,
        approved,
        ...(reason !== null && { reason }),
      };
    return yield* inTurns(
      decided,
      AT_ONCE,
      async ({ callId, toolId, fingerprint, approved, input, name, reason }) => {
        const tool = offered.find((one) => one.id === toolId && one.fingerprint === fingerprint);
        const failed = (why: string): ToolResult => ({
          type: "tool-result",
          id: callId,
          output: null,
          failed: why,
        });
        if (!approved) {
          await given.deny({ id: toolId, name });
          return {
            ...failed(`The person said no.${reason ? ` They said why: ${reason}` : ""}`),
            denied: true,
          };
        }
        if (!tool) return failed("The tool is not there any more.");
        return given.call(
          tool,
          { type: "tool-call", id: callId, name, text: JSON.stringify(input), input },
          "given",
        );
      },
    );
  }

  function fitted(text: string, tokens: number): string {
    const most = Math.max(Math.floor(tokens), 0);
    let kept = text;
    while (kept.length > 0 && count(kept) > most)
      kept = kept.slice(0, Math.floor(kept.length * 0.7)).toWellFormed();
    return kept.length === text.length ? text : `${kept}\n[There was no room for the rest.]`;
  }
}

/** What a tool said, or why it said nothing. */
export const textOf = ({ output, failed }: Pick<ToolResult, "output" | "failed">): string =>
  failed === undefined ? String(output) : `It failed: ${failed}`;

/** Names of calls, each of which an answer has once: some providers count from the beginning each time that they are asked. */
function namesOfCalls(continued: Continued | null): { nameOf(id: string): string } {
  const known = new Set(continued?.calls.map(({ id }) => id));
  return {
    nameOf(id) {
      let name = id.slice(0, 150);
      for (let more = 2; known.has(name); more += 1) name = `${id.slice(0, 150)}-${more}`;
      known.add(name);
      return name;
    },
  };
}

const added = (one: Usage | null, other: Usage): Usage =>
  one === null
    ? other
    : {
        input: one.input + other.input,
        cachedInput: one.cachedInput + other.cachedInput,
        output: one.output + other.output,
        reasoning: one.reasoning + other.reasoning,
        estimated: one.estimated || other.estimated,
      };
