import type { AnswerEvent, ToolResult } from "../provider/events.ts";
import type { Continued, Decided } from "./continued.ts";
import { AT_ONCE, inTurns } from "./in_turns.ts";
import type { ToolAsk } from "./tool_ask.ts";
import { failedCall } from "./tool_result.ts";

/** Tells, and does, what whoever asked said of the calls that an answer waited with. @returns what came of each */
export async function* decideCalls(
  { decided }: Continued,
  means: Pick<ToolAsk, "offered" | "call" | "deny">,
): AsyncGenerator<AnswerEvent, ToolResult[], undefined> {
  for (const { callId, id, approved, reason } of decided)
    yield {
      type: "tool-decision",
      id: callId,
      approvalId: id,
      approved,
      ...(reason !== null && { reason }),
    };
  return yield* inTurns(decided, AT_ONCE, (one) => (one.approved ? made(one, means) : denied(one, means)));
}

/** What was said yes to is called as it stands in the answer, if it is still what it was. */
async function made(
  { callId: id, toolId, fingerprint, name, input }: Decided,
  { offered, call }: Pick<ToolAsk, "offered" | "call">,
): Promise<ToolResult> {
  const tool = offered.find((one) => one.id === toolId && one.fingerprint === fingerprint);
  if (!tool) return failedCall(id, "The tool is not there any more.");
  return call(tool, { type: "tool-call", id, name, text: JSON.stringify(input), input }, "given");
}

async function denied(
  { callId: id, toolId, name, reason }: Decided,
  { deny }: Pick<ToolAsk, "deny">,
): Promise<ToolResult> {
  await deny({ id: toolId, name });
  const why = reason === null ? "" : ` They said why: ${reason}`;
  return { ...failedCall(id, `The person said no.${why}`), denied: true };
}
