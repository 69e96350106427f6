import type { AnswerEvent, FinishReason, Usage } from "../provider/events.ts";
import { refusalOf } from "./refusal.ts";
import { DONE, STREAM_HEADERS, serverSent } from "./server_sent.ts";

/** A part of the AI SDK's UI message stream (`uiMessageChunkSchema` of the `ai` package, version 7). */
export type UiPart = { readonly type: string } & Readonly<Record<string, unknown>>;

export const UI_STREAM_HEADERS = { ...STREAM_HEADERS, "X-Vercel-AI-UI-Message-Stream": "v1" } as const;

export interface UiMessageOptions {
  /** Of the answer, as it is stored. */
  readonly messageId: string;
  /** What its message has from the beginning, e.g. who answers: `{generator, model}`. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** What it has in the end beside that. */
  readonly atEnd?: (facts: {
    readonly usage: Usage | null;
    readonly reason: FinishReason;
  }) => Readonly<Record<string, unknown>>;
  /** Told of an error that is no provider's: it is not thrown, since that would cut what was said. */
  readonly failed?: (error: unknown) => void;
}

/** An answer as the parts of one message for `useChat`; an error is a part too, and so is that it was stopped. */
export async function* uiParts(
  answer: AsyncIterable<AnswerEvent>,
  { messageId, metadata, atEnd, failed }: UiMessageOptions,
): AsyncGenerator<UiPart, void, undefined> {
  const blocks = openBlocks();
  let usage: Usage | null = null;
  yield { type: "start", messageId, ...(metadata && { messageMetadata: metadata }) };
  yield { type: "start-step" };
  try {
    for await (const event of answer) {
      switch (event.type) {
        case "text":
        case "reasoning":
          yield* blocks.say(event.type, event.delta);
          break;
        case "tool-call": {
          yield* blocks.close();
          const { id: toolCallId, name: toolName, text, input } = event;
          // The client declared none of them.
          yield { type: "tool-input-start", toolCallId, toolName, dynamic: true };
          yield { type: "tool-input-delta", toolCallId, inputTextDelta: text };
          yield input === undefined
            ? {
                type: "tool-input-error",
                toolCallId,
                toolName,
                input: text,
                errorText: "The input is no JSON.",
                dynamic: true,
              }
            : { type: "tool-input-available", toolCallId, toolName, input, dynamic: true };
          break;
        }
        case "tool-approval":
          yield { type: "tool-approval-request", approvalId: event.approvalId, toolCallId: event.id };
          break;
        case "tool-decision": {
          const { approvalId, approved, reason } = event;
          yield { type: "tool-approval-response", approvalId, approved, ...(reason && { reason }) };
          break;
        }
        case "step":
          yield* blocks.close();
          yield { type: "finish-step" };
          yield { type: "start-step" };
          break;
        case "tool-result": {
          const { id: toolCallId, output, failed: errorText, denied } = event;
          if (denied) yield { type: "tool-output-denied", toolCallId };
          else if (errorText === undefined) yield { type: "tool-output-available", toolCallId, output };
          else yield { type: "tool-output-error", toolCallId, errorText };
          break;
        }
        case "citation": {
          const { passageId, title } = event.citation;
          yield { type: "source-document", sourceId: passageId, mediaType: "text/plain", title };
          // Which number it has in the text, for which a source has no place.
          yield { type: "data-citation", id: passageId, data: event.citation };
          break;
        }
        case "usage":
          usage = event.usage;
          break;
        case "finish": {
          yield* blocks.close();
          yield { type: "finish-step" };
          const messageMetadata = atEnd?.({ usage, reason: event.reason });
          yield { type: "finish", finishReason: event.reason, ...(messageMetadata && { messageMetadata }) };
          break;
        }
      }
    }
  } catch (error) {
    const { code, message } = refusalOf(error);
    if (code === "internal_error") failed?.(error);
    yield* blocks.close();
    if (code === "answer_stopped") yield { type: "abort", reason: code };
    else {
      yield { type: "data-error", data: { code } };
      yield { type: "error", errorText: message };
    }
  }
}

/** The same as bytes on the wire. */
export async function* uiMessageStream(
  answer: AsyncIterable<AnswerEvent>,
  options: UiMessageOptions,
): AsyncGenerator<string, void, undefined> {
  for await (const part of uiParts(answer, options)) yield serverSent(part);
  yield DONE;
}

/** Text and reasoning come in blocks, each with a beginning, an end and a name of its own. */
function openBlocks() {
  let open: { type: "text" | "reasoning"; id: string } | null = null;
  let count = 0;
  function* close(): Generator<UiPart> {
    if (open) yield { type: `${open.type}-end`, id: open.id };
    open = null;
  }
  return {
    *say(type: "text" | "reasoning", delta: string): Generator<UiPart> {
      if (open?.type !== type) {
        yield* close();
        count += 1;
        open = { type, id: `${type}-${count}` };
        yield { type: `${type}-start`, id: open.id };
      }
      yield { type: `${type}-delta`, id: open.id, delta };
    },
    close,
  };
}
