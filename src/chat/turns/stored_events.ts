import type { Code } from "../../http/codes.ts";
import type { AnswerEvent, Citation, FinishReason } from "../provider/events.ts";
import { PROVIDER_FAILURES, ProviderFailure, type ProviderFailureCode } from "../provider/failure.ts";
import { stopped, TurnEnded } from "../turn_ended.ts";

/** What is stored of an answer. */
export interface StoredAnswer {
  readonly status: "complete" | "streaming" | "stopped" | "failed";
  readonly content: string;
  readonly parts: readonly Readonly<Record<string, unknown>>[];
  readonly finish_reason: string | null;
  readonly error_code: string | null;
}

/** An answer that is over, as it is stored; what it cost is told where costs are. */
export async function* storedEvents(answer: StoredAnswer): AsyncGenerator<AnswerEvent, void, undefined> {
  const { status, content, parts, finish_reason, error_code } = answer;
  for (const part of parts) {
    if (part.type === "reasoning") yield { type: "reasoning", delta: String(part.text) };
  }
  if (content !== "") yield { type: "text", delta: content };
  for (const part of parts) {
    if (part.type === "dynamic-tool") yield* callEvents(part);
  }
  for (const part of parts) {
    if (part.type === "data-citation") yield { type: "citation", citation: part.data as Citation };
  }
  if (status !== "complete") throw failureNamed(error_code);
  yield { type: "finish", reason: (finish_reason ?? "other") as FinishReason };
}

/** A call of a tool, with what came of it. */
function* callEvents(part: Readonly<Record<string, unknown>>): Generator<AnswerEvent> {
  const { toolName, state, input, output, errorText } = part;
  const id = String(part.toolCallId);
  const approval = part.approval as { id: string; approved?: boolean; reason?: string } | undefined;
  const unread = state === "input-streaming";
  yield {
    type: "tool-call",
    id,
    name: String(toolName),
    text: unread ? String(input) : JSON.stringify(input),
    input: unread ? undefined : input,
  };
  if (approval) {
    const { id: approvalId, approved, reason } = approval;
    // Whoever is told of it anew says yes or no to it by its id: what it was for the database knows.
    yield { type: "tool-approval", id, approvalId, toolId: "", fingerprint: "" };
    if (approved !== undefined)
      yield { type: "tool-decision", id, approvalId, approved, ...(reason && { reason }) };
  }
  if (state === "output-available") yield { type: "tool-result", id, output };
  if (state === "output-error") yield { type: "tool-result", id, output: null, failed: String(errorText) };
  if (state === "output-denied")
    yield { type: "tool-result", id, output: null, failed: "The person said no.", denied: true };
}

/** What ended an answer, by its code. */
export function failureNamed(code: string | null, message = "The answer broke off. Try again."): Error {
  if (code === null || code === "answer_stopped") return stopped("stopped");
  // The process that wrote it died (jobs.sweep_holds).
  if (code === "interrupted") return new ProviderFailure("model_cut");
  if (Object.hasOwn(PROVIDER_FAILURES, code)) return new ProviderFailure(code as ProviderFailureCode);
  return new TurnEnded("ended", code as Code, message);
}
