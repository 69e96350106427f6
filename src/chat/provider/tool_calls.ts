import type { ToolCall } from "./events.ts";
import { ProviderFailure } from "./failure.ts";

/** Tools that one answer may want called. */
const MOST_CALLS = 32;

/** Puts calls of tools together, which come in fragments. */
export function collectToolCalls(): {
  add(fragment: { index: number; id: string; name: string; arguments: string }): void;
  all(): ToolCall[];
} {
  const calls = new Map<number, { id: string; name: string; text: string }>();
  return {
    add({ index, id, name, arguments: piece }) {
      const call = calls.get(index) ?? { id: "", name: "", text: "" };
      // Some providers say both anew with each fragment.
      calls.set(index, { id: call.id || id, name: call.name || name, text: call.text + piece });
      if (calls.size > MOST_CALLS) throw new ProviderFailure("model_malformed");
    },
    all: () =>
      [...calls]
        .sort(([one], [other]) => one - other)
        .map(([index, { id, name, text }]) => {
          if (name === "") throw new ProviderFailure("model_malformed");
          return { type: "tool-call", id: id || `call_${index}`, name, text, input: asJson(text) };
        }),
  };
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text || "{}");
  } catch {
    // A model's slip: whoever runs the tool tells it so.
    return undefined;
  }
}
