import type { AnswerEvent, Citation, FinishReason, Usage } from "../provider/events.ts";
import { ProviderFailure } from "../provider/failure.ts";
import type { Continued } from "../tools/continued.ts";

/** Characters of an answer, and of what was thought for it: what a message holds. */
const MOST_CHARACTERS = 390_000;
/** Characters of the thinking that is kept: what a message's parts hold, in the widest letters. */
const MOST_REASONING = 40_000;
/** Citations and calls of tools that are kept, and their bytes. */
const MOST_PARTS = 90;
const MOST_BYTES = 60_000;

/** A call of a tool, as it is kept. */
type ToolPart = Readonly<Record<string, unknown>> & { readonly state: string };

/** What was said until now, to be stored. */
export interface Said {
  readonly text: string;
  readonly citations: readonly Citation[];
  readonly usage: Usage | null;
  readonly finish: FinishReason | null;
  /** Milliseconds from the beginning to the first word. */
  readonly firstTokenMs: number | null;
  /** What the message has beside its text. */
  parts(): object[];
  /** Calls that wait for the word of whoever asked, as auth.settle_turn() is told them. */
  readonly approvals: readonly object[];
}

/**
 * Collects an answer while it is said.
 *
 * @param before what one that goes on had said
 */
export function collect(
  began: number,
  before: Continued | null = null,
): Said & { add(event: AnswerEvent): void } {
  let text = before?.content ?? "";
  let reasoning = "";
  let usage: Usage | null = null;
  let finish: FinishReason | null = null;
  let firstTokenMs: number | null = null;
  const citations: Citation[] = [];
  const calls = new Map<string, ToolPart>();
  const approvals: object[] = [];
  const earlier: object[] = [];
  for (const part of (before?.parts ?? []) as readonly ToolPart[]) {
    if (part.type === "dynamic-tool") calls.set(String(part.toolCallId), part);
    else earlier.push(part);
  }
  const change = (id: string, more: object): void => {
    const part = calls.get(id);
    if (part) calls.set(id, { ...part, ...more } as ToolPart);
  };
  return {
    get text() {
      return text;
    },
    get usage() {
      return usage;
    },
    get finish() {
      return finish;
    },
    get firstTokenMs() {
      return firstTokenMs;
    },
    citations,
    approvals,
    add(event) {
      if (event.type === "text" || event.type === "reasoning") {
        firstTokenMs ??= Math.round(performance.now() - began);
        if (text.length + reasoning.length + event.delta.length > MOST_CHARACTERS)
          throw new ProviderFailure("answer_too_large");
        if (event.type === "text") text += event.delta;
        else reasoning += event.delta;
      } else if (event.type === "citation") citations.push(event.citation);
      else if (event.type === "tool-call") {
        const { id: toolCallId, name: toolName, input, text: written } = event;
        const known =
          input === undefined
            ? { state: "input-streaming", input: written }
            : { state: "input-available", input };
        calls.set(toolCallId, { type: "dynamic-tool", toolName, toolCallId, ...known });
      } else if (event.type === "tool-approval") {
        const { id: callId, approvalId: id, toolId, fingerprint } = event;
        change(callId, { state: "approval-requested", approval: { id } });
        approvals.push({ id, toolId, fingerprint, callId });
      } else if (event.type === "tool-decision") {
        const { id, approvalId, approved, reason } = event;
        const approval = { id: approvalId, approved, ...(reason && { reason }) };
        change(id, { state: "approval-responded", approval });
      } else if (event.type === "tool-result") {
        const { id, output, failed, denied } = event;
        if (denied) change(id, { state: "output-denied" });
        else if (failed === undefined) change(id, { state: "output-available", output });
        else change(id, { state: "output-error", errorText: failed });
      } else if (event.type === "usage") usage = event.usage;
      else if (event.type === "finish") finish = event.reason;
    },
    parts() {
      const thought = reasoning.slice(0, MOST_REASONING).toWellFormed();
      return [
        ...(thought === "" ? [] : [{ type: "reasoning", text: thought }]),
        ...fitting([...earlier, ...citations.map(citationPart), ...calls.values()]),
      ];
    },
  };
}

const citationPart = (citation: Citation): object => ({
  type: "data-citation",
  id: citation.passageId,
  data: citation,
});

/**
 * What there is room for. What waits for a word has it before all else, because it is called from here; what a tool answered goes before
 * the call itself.
 */
function fitting(parts: readonly object[]): object[] {
  let bytes = 0;
  const fits = (part: object): boolean => {
    const size = Buffer.byteLength(JSON.stringify(part));
    if (bytes + size > MOST_BYTES) return false;
    bytes += size;
    return true;
  };
  const waits = (part: object): boolean => (part as Partial<ToolPart>).state === "approval-requested";
  const kept = new Map<object, object>();
  for (const part of [...parts.filter(waits), ...parts.filter((part) => !waits(part))].slice(0, MOST_PARTS)) {
    const way = [part, ...withoutOutput(part)].find(fits);
    if (way) kept.set(part, way);
  }
  return parts.flatMap((part) => kept.get(part) ?? []);
}

function withoutOutput(part: object): object[] {
  const { state, output: _, ...rest } = part as ToolPart & { output?: unknown };
  if (state !== "output-available") return [];
  return [{ ...rest, state: "output-error", errorText: "What it answered was too long to be kept." }];
}
