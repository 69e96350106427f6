import * as v from "valibot";
import type { AnswerEvent, Citation, FinishReason, ToolCall, Usage } from "../chat/provider/events.ts";
import { ProviderFailure } from "../chat/provider/failure.ts";
import { refusalOf as sentenceOf } from "../chat/stream/refusal.ts";
import type { UiMessageOptions } from "../chat/stream/ui_message_stream.ts";
import { TurnEnded } from "../chat/turn_ended.ts";
import type { TurnIds } from "../chat/turns/turns.ts";
import { FileRefused } from "../documents/file_refused.ts";
import type { Code } from "./codes.ts";
import { CODES } from "./codes.ts";
import { invalidInput, Problem, refusalOf } from "./problem.ts";

const id = v.nullable(v.pipe(v.string(), v.uuid()));

/** One answer as JSON. */
export const chatAnswer = v.strictObject({
  conversationId: v.pipe(
    id,
    v.description("Null for a temporary chat, of which nothing is kept; and so the next two."),
  ),
  questionId: id,
  messageId: id,
  turnId: v.pipe(v.string(), v.uuid()),
  generator: v.picklist(["model", "extractive", "curated"]),
  model: v.pipe(
    v.string(),
    v.description(
      "Who answered; `extractive`: sentences of documents, and no model; `curated`: the company itself.",
    ),
  ),
  status: v.picklist(["complete", "stopped"]),
  content: v.string(),
  citations: v.array(
    v.strictObject({
      number: v.pipe(v.number(), v.description("As the text has it: [1].")),
      passageId: v.pipe(
        v.string(),
        v.description("Of a curated answer, which quotes no passage, the document's."),
      ),
      documentId: v.string(),
      title: v.string(),
    }),
  ),
  approvals: v.pipe(
    v.array(
      v.strictObject({
        id: v.string(),
        tool: v.string(),
        input: v.unknown(),
      }),
    ),
    v.description("Calls of tools that wait for your word: send it as `approvals`, and the answer goes on."),
  ),
  finishReason: v.nullable(v.string()),
  usage: v.nullable(
    v.strictObject({
      inputTokens: v.number(),
      cachedInputTokens: v.number(),
      outputTokens: v.number(),
      reasoningTokens: v.number(),
      estimated: v.boolean(),
    }),
  ),
});
export type ChatAnswer = v.InferOutput<typeof chatAnswer>;

/** What an answer's message has beside its words. */
export function metadataOf({
  id: turnId,
  conversationId,
  questionId,
  answerId,
  generator,
  answeredBy,
}: TurnIds) {
  return {
    conversationId,
    questionId,
    messageId: answerId,
    turnId,
    generator,
    model: answeredBy,
  };
}

/** How a turn is written as a UI message; the same events give the same bytes, whenever and wherever they are read. */
export function uiMessageOf(turn: TurnIds): UiMessageOptions {
  return {
    messageId: turn.answerId ?? turn.id,
    metadata: metadataOf(turn),
    atEnd: ({ usage }) => (usage ? { usage: tokensOf(usage) } : {}),
  };
}

/**
 * Reads an answer to its end.
 *
 * @throws {Problem} with the code of what kept it from being whole, but where whoever asked stopped it
 */
export async function wholeAnswer(turn: TurnIds, answer: AsyncIterable<AnswerEvent>): Promise<ChatAnswer> {
  let content = "";
  let usage: Usage | null = null;
  let finishReason: FinishReason | null = null;
  const citations: Citation[] = [];
  const calls = new Map<string, ToolCall>();
  const approvals: ChatAnswer["approvals"] = [];
  let status: ChatAnswer["status"] = "complete";
  try {
    for await (const event of answer) {
      if (event.type === "text") content += event.delta;
      if (event.type === "citation") citations.push(event.citation);
      if (event.type === "tool-call") calls.set(event.id, event);
      if (event.type === "tool-approval") {
        const { name, input } = calls.get(event.id)!;
        approvals.push({ id: event.approvalId, tool: name, input });
      }
      if (event.type === "usage") usage = event.usage;
      if (event.type === "finish") finishReason = event.reason;
    }
  } catch (error) {
    if (!(error instanceof TurnEnded && error.code === "answer_stopped")) throw asRefusal(error);
    status = "stopped";
  }
  return {
    ...metadataOf(turn),
    status,
    content,
    citations,
    approvals,
    finishReason,
    usage: usage && tokensOf(usage),
  };
}

/** What a failure of a provider, the end of a turn, or a file that cannot be read is as an answer of ours. Whatever else it is stays what it is. */
export function asRefusal(error: unknown): unknown {
  if (error instanceof FileRefused) return invalidInput(`A file cannot be read: ${error.message}`);
  if (!(error instanceof ProviderFailure || error instanceof TurnEnded)) return error;
  const { code, message } = sentenceOf(error);
  if (code === "answer_stopped" || CODES[code].status === 401) return refusalOf(code as Code, error);
  const wait = error instanceof ProviderFailure ? error.retryAfter : null;
  const headers: Record<string, string> = wait === null ? {} : { "Retry-After": String(Math.ceil(wait)) };
  return new Problem(CODES[code].status, code, message, { headers, cause: error });
}

const tokensOf = ({ input, cachedInput, output, reasoning, estimated }: Usage) => ({
  inputTokens: input,
  cachedInputTokens: cachedInput,
  outputTokens: output,
  reasoningTokens: reasoning,
  estimated,
});
