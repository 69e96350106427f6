import { Readable } from "node:stream";
import type { Middleware } from "koa";
import type pg from "pg";
import { nothingHanded } from "../../audit/handed.ts";
import type { Readings } from "../../audit/readings.ts";
import { conversationHead, messagesOf } from "../../chat/export/read_conversation.ts";
import { asJson, asMarkdown } from "../../chat/export/written.ts";
import { isUuid } from "../../uuid.ts";
import { conversationExport } from "../contract/answers.ts";
import { OF_A_READER, operation } from "../contract/operation.ts";
import { callerOf } from "../own_session.ts";
import { invalidInput, refusalOf } from "../problem.ts";
import type { RequestState } from "../request_facts.ts";

const FORMATS = ["json", "markdown"] as const;
type Format = (typeof FORMATS)[number];

export const exportConversationOperation = operation({
  method: "get",
  path: "/chat/:id/export",
  area: "Chat",
  summary: "Take a conversation with one",
  description:
    "As a file to keep: as JSON all of it, branches and parts too; as Markdown the questions and answers that lead to the newest one. For whoever may read it; the trail says who took it.",
  credential: "any",
  parameters: [
    { in: "path", name: "id", says: "A conversation." },
    { in: "query", name: "format", says: "`json` or `markdown`; `json`, if absent." },
  ],
  answers: {
    200: {
      says: "The conversation.",
      body: conversationExport,
      headers: { "Content-Disposition": "A name for the file." },
    },
  },
  refusals: [...OF_A_READER, "invalid_input"],
});

/**
 * `GET /chat/:id/export[?format=]` → 200, the conversation as a file, piece by piece.
 *
 * Refuses with 400 invalid_input for another format; 404 not_found for a conversation that the caller does not see. Who may no longer
 * read it while it is sent gets a connection that breaks.
 */
export function exportConversation(app: pg.Pool, readings: Readings): Middleware<RequestState> {
  return async (ctx) => {
    const caller = callerOf(ctx.state, "An export needs an access token or an API key.");
    const { id } = ctx.params as { id: string };
    const format = formatIn(ctx.query.format);
    const found = isUuid(id) ? await conversationHead(app, caller, id) : null;
    if (found === null) throw refusalOf("not_found");
    // Whoever asks for the header only gets no word of it.
    if (ctx.method !== "HEAD") {
      const handed = nothingHanded();
      handed.exported(found.row, format);
      await readings.tell(caller, handed);
    }
    const at = new Date();
    const batches = messagesOf(app, caller, id, format === "markdown");
    const written = format === "json" ? asJson(found.head, batches, at) : asMarkdown(found.head, batches);
    ctx.set("Cache-Control", "no-store");
    ctx.attachment(`conversation-${at.toISOString().slice(0, 10)}.${format === "json" ? "json" : "md"}`);
    ctx.type = format === "json" ? "application/json" : "text/markdown";
    ctx.body = Readable.from(written, { objectMode: false, highWaterMark: 65_536 });
  };
}

function formatIn(given: string | string[] | undefined): Format {
  const format = FORMATS.find((one) => one === (given ?? "json"));
  if (!format) throw invalidInput("A format is json or markdown.", "format");
  return format;
}
