import { randomUUID } from "node:crypto";
import { fenced } from "../prompt/fence.ts";
import type { AnswerEvent, ToolCall, ToolResult, Usage } from "../provider/events.ts";
import { ProviderFailure } from "../provider/failure.ts";
import { addUsage } from "../provider/usage.ts";
import { namesOfCalls } from "./call_names.ts";
import { messagesOf } from "./continued.ts";
import { decideCalls } from "./decided_calls.ts";
import { fitted } from "./fitted.ts";
import { AT_ONCE, inTurns } from "./in_turns.ts";
import { MOST_INPUT } from "./input_fault.ts";
import { functionOf } from "./offered_tool.ts";
import type { ToolAsk } from "./tool_ask.ts";
import { callMessages, failedCall, textOf } from "./tool_result.ts";
import { callsThatWait, whyNotAsked } from "./waiting_calls.ts";

/** Times that the model is asked in one turn; the last time without tools, so that it answers. */
const MOST_STEPS = 6;
/** Calls of one step that are made. */
const MOST_CALLS = 8;

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
    const results = yield* decideCalls(continued, given);
    for (const message of messagesOf(continued, results, (text) =>
      fenced(fence, fitted(text, room / (continued.calls.length + 1), count)),
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
          total = addUsage(total, event.usage);
          yield { type: "usage", usage: total };
        } else if (event.type === "finish") finish = event;
        else yield event;
      }
    } catch (error) {
      if (error instanceof ProviderFailure && total)
        error.usage = error.usage ? addUsage(total, error.usage) : total;
      throw error;
    }
    spoke ||= text !== "";
    if (calls.length === 0 || !mayCall) {
      yield finish!;
      return;
    }
    yield* calls;
    const waiting = given.mayWait ? callsThatWait(calls, byName) : [];
    // Nothing is called where there is nothing left to tell the model what came of it.
    if (waiting.length === 0) await given.extend();
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
    const further = callMessages(
      text,
      calls.map((call, at) => ({
        id: call.id,
        name: call.name,
        input: writtenOf(call),
        said: fenced(fence, fitted(textOf(results[at]!), room / (results.length + 1), count)),
      })),
    );
    for (const message of further) room -= count(JSON.stringify(message));
    messages.push(...further);
    if (room < 0) {
      yield { type: "finish", reason: "length" };
      return;
    }
    yield { type: "step" };
  }

  async function resultOf(call: ToolCall, at: number): Promise<ToolResult> {
    const tool = byName.get(call.name);
    const failed = (why: string): ToolResult => failedCall(call.id, why);
    if (!tool) return failed("There is no such tool.");
    if (at >= MOST_CALLS) return failed(`Not called: at most ${MOST_CALLS} tools are called at a time.`);
    if (tool.approval === "never") return given.call(tool, call, "not_asked");
    return failed(given.mayWait ? whyNotAsked(tool, call) : "Not called: nobody can be asked here.");
  }
}

/** What the model wrote, where that can be told again: some providers take nothing back that is no JSON. */
const writtenOf = ({ input, text }: ToolCall): string =>
  input === undefined || text.length > MOST_INPUT ? "{}" : text;
