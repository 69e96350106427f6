import type pg from "pg";
import { reasonOf } from "../../http/describe_error.ts";
import type { Log } from "../../log.ts";
import type { ToolCall, ToolResult } from "../provider/events.ts";
import { callHttp } from "./call_http.ts";
import { type CallApproval, type CallingTurn, type CallRefusal, noteCall, openCall } from "./call_record.ts";
import { inputFault } from "./input_fault.ts";
import { withMcpServer } from "./mcp_server.ts";
import type { OfferedTool, ToolCaller } from "./offered_tool.ts";
import { ToolFailure, toolFailureOf } from "./tool_failure.ts";
import type { ToolMeans } from "./tool_request.ts";
import { failedCall } from "./tool_result.ts";
import { toolText } from "./tool_text.ts";

/** For whom tools are called, and with what. */
export interface Calling {
  /** As rowhouse_auth. */
  readonly auth: Pick<pg.Pool, "query">;
  readonly means: ToolMeans;
  readonly caller: ToolCaller;
  readonly turn: CallingTurn;
  readonly log: Pick<Log, "warn">;
}

/** Milliseconds that a call may take; its token is good for longer. */
const PATIENCE = 30_000;

const SENTENCES: Readonly<Record<CallRefusal, string>> = {
  ended: "The tool was not called: the turn is over.",
  removed: "The tool is not there any more.",
  changed: "The tool says something else of itself than what was approved, so it was not called.",
};

/**
 * Calls a tool that the model wants called, and writes down that it was. What goes wrong is what came of it.
 *
 * @param ending ends the turn, and the call with it
 * @throws the reason of `ending`; {pg.DatabaseError}
 */
export async function callTool(
  calling: Calling,
  tool: OfferedTool,
  call: Pick<ToolCall, "id" | "input">,
  approval: CallApproval,
  ending: AbortSignal,
): Promise<ToolResult> {
  const began = performance.now();
  const note = (outcome: "ok" | "failed" | "refused" | "cut"): Promise<void> =>
    noteCall(calling.auth, calling.turn, tool, {
      outcome,
      approval,
      milliseconds: performance.now() - began,
    });
  try {
    const text = await answerOf(calling, tool, call.input, ending);
    await note("ok");
    return { type: "tool-result", id: call.id, output: toolText(text) };
  } catch (error) {
    if (ending.aborted) {
      await note("cut");
      throw ending.reason;
    }
    const failure = toolFailureOf(error);
    if (!failure) throw error;
    await note(failure.called ? "failed" : "refused");
    if (failure.called)
      calling.log.warn(
        { turn: calling.turn.id, tool: tool.id, host: new URL(tool.url).host, reason: reasonOf(failure) },
        "a tool failed",
      );
    return failedCall(call.id, toolText(failure.message, 2_000));
  }
}

async function answerOf(
  { auth, means, caller, turn }: Calling,
  tool: OfferedTool,
  input: unknown,
  ending: AbortSignal,
): Promise<string> {
  const refused = (sentence: string): ToolFailure => new ToolFailure(sentence, { called: false });
  const fault = inputFault(tool.inputSchema, input);
  if (fault !== null) throw refused(fault);
  const { url, secret, remoteName } = tool;
  const destination = { caller, url, secret, tool: remoteName, turn: turn.id };
  const signal = AbortSignal.any([ending, AbortSignal.timeout(means.patience ?? PATIENCE)]);
  const open = async (listed: object | null): Promise<void> => {
    const refusal = await openCall(auth, turn, tool, listed);
    if (refusal) throw refused(SENTENCES[refusal]);
  };
  if (tool.kind === "http") {
    await open(null);
    return callHttp(tool, input, destination, means, signal);
  }
  // Before the server is talked to at all, and again with what it says of the tool just before it is called.
  await open(null);
  return withMcpServer(destination, means, signal, async (server) => {
    const listed = (await server.list()).find(({ name }) => name === remoteName);
    if (!listed) throw refused(SENTENCES.removed);
    await open({ description: listed.description, inputSchema: listed.inputSchema });
    return server.call(remoteName, input as Record<string, unknown>);
  });
}
