import type { AnswerEvent, Citation, FinishReason, Usage } from "../provider/events.ts";
import { ProviderFailure } from "../provider/failure.ts";

/** Characters of an answer, and of what was thought for it: what a message holds. */
const MOST_CHARACTERS = 390_000;
/** Characters of the thinking that is kept: what a message's parts hold, in the widest letters. */
const MOST_REASONING = 40_000;
/** Citations and calls of tools that are kept, and their bytes. */
const MOST_PARTS = 90;
const MOST_BYTES = 60_000;

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
}

/** Collects an answer while it is said. */
export function collect(began: number): Said & { add(event: AnswerEvent): void } {
  let text = "";
  let reasoning = "";
  let usage: Usage | null = null;
  let finish: FinishReason | null = null;
  let firstTokenMs: number | null = null;
  const citations: Citation[] = [];
  const calls: object[] = [];
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
        calls.push({ type: "dynamic-tool", toolName, toolCallId, ...known });
      } else if (event.type === "usage") usage = event.usage;
      else if (event.type === "finish") finish = event.reason;
    },
    parts() {
      const thought = reasoning.slice(0, MOST_REASONING).toWellFormed();
      return [
        ...(thought === "" ? [] : [{ type: "reasoning", text: thought }]),
        ...fitting([...citations.map(citationPart), ...calls]),
      ];
    },
  };
}

const citationPart = (citation: Citation): object => ({
  type: "data-citation",
  id: citation.passageId,
  data: citation,
});

function fitting(parts: readonly object[]): object[] {
  let bytes = 0;
  return parts.slice(0, MOST_PARTS).filter((part) => {
    bytes += Buffer.byteLength(JSON.stringify(part));
    return bytes <= MOST_BYTES;
  });
}
