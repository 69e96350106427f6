import { onOneLine } from "../prompt/template.ts";
import type { Citation } from "../provider/events.ts";
import type { ConversationHead, ExportedMessage } from "./read_conversation.ts";

type Batches = AsyncIterable<readonly ExportedMessage[]>;

/** All of a conversation as one JSON document, branches and parts too: `parentId` says what a message follows. */
export async function* asJson(head: ConversationHead, batches: Batches, at: Date): AsyncGenerator<string> {
  const opened = { format: "rowhouse-conversation", version: 1, exportedAt: at, conversation: head };
  yield `${JSON.stringify(opened).slice(0, -1)},"messages":[`;
  let empty = true;
  for await (const batch of batches) {
    yield `${empty ? "" : ","}${batch.map((message) => JSON.stringify(message)).join(",")}`;
    empty = false;
  }
  yield "]}\n";
}

/** Questions and answers to read, with what the answers cite. */
export async function* asMarkdown(head: ConversationHead, batches: Batches): AsyncGenerator<string> {
  yield `# ${onOneLine(head.title)}\n`;
  for await (const batch of batches) yield batch.map(paragraph).join("");
}

function paragraph({ role, content, model, generator, createdAt, status, parts }: ExportedMessage): string {
  const who = role === "user" ? "Question" : `Answer by ${onOneLine(model ?? generator ?? "nobody")}`;
  const cut = status === "complete" ? "" : ` (${status})`;
  const sources = parts.filter(isCitation).map(({ data }) => `${data.number}. ${onOneLine(data.title)}`);
  return [
    `\n## ${who}, ${createdAt.toISOString().slice(0, 16).replace("T", " ")} UTC${cut}\n`,
    `\n${content}\n`,
    ...(sources.length > 0 ? [`\n${sources.join("\n")}\n`] : []),
  ].join("");
}

const isCitation = (part: object): part is { readonly type: string; readonly data: Citation } =>
  (part as { type?: unknown }).type === "data-citation";
