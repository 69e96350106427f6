import type { ToolCall } from "../provider/events.ts";
import { inputFault } from "./input_fault.ts";
import type { OfferedTool } from "./offered_tool.ts";

/** Calls that a person is asked about at a time, and bytes of what they are called with, which their answer has to hold. */
const MOST_ASKED = 8;
const MOST_BYTES = 40_000;

/** Which calls wait for the word of whoever asked: of tools that ask first, and such as could be made. */
export function callsThatWait(
  calls: readonly ToolCall[],
  byName: ReadonlyMap<string, OfferedTool>,
): ToolCall[] {
  let bytes = 0;
  return calls
    .filter((call) => {
      const tool = byName.get(call.name);
      if (tool?.approval !== "always" || faultOf(tool, call) !== null) return false;
      bytes += Buffer.byteLength(JSON.stringify(call.input));
      return bytes <= MOST_BYTES;
    })
    .slice(0, MOST_ASKED);
}

/** Why nobody is asked about a call of a tool that asks first. */
export const whyNotAsked = (tool: OfferedTool, call: ToolCall): string =>
  faultOf(tool, call) ?? "Not called: that is more than a person is asked about at a time.";

const faultOf = ({ inputSchema }: OfferedTool, { input }: ToolCall): string | null =>
  inputFault(inputSchema, input);
