import { Readable } from "node:stream";
import type { Middleware } from "koa";
import { nothingHanded } from "../../../audit/handed.ts";
import type { Readings } from "../../../audit/readings.ts";
import type { Library } from "../../../documents/library.ts";
import { OF_THE_API, operation } from "../../contract/operation.ts";
import { callerOf } from "../../own_session.ts";
import { invalidInput } from "../../problem.ts";
import type { RequestState } from "../../request_facts.ts";
import { WANTED } from "./create.ts";
import { idIn, noDocument } from "./id_in.ts";

/** Somebody else's file is never a page of ours: nothing in it runs, whatever opens it. */
const NO_PAGE = "sandbox; default-src 'none'";

export const downloadDocumentOperation = operation({
  method: "get",
  path: "/documents/:id/content",
  area: "API",
  summary: "Take a document's file",
  description: "The bytes as they were brought, always as a file to keep and never as a page to show.",
  credential: "any",
  parameters: [
    { in: "path", name: "id", says: "The document's." },
    { in: "query", name: "version", says: "Counted from 1; the newest, if absent." },
    { in: "header", name: "If-None-Match", says: "An `ETag`: 304 while it is the same." },
  ],
  answers: {
    200: {
      says: "The file.",
      type: "application/octet-stream",
      headers: {
        "Content-Disposition": "`attachment`, with the file's name.",
        ETag: "The SHA-256 of the bytes, in hexadecimal.",
        "X-Document-Version": "Which version it is.",
      },
    },
    304: { says: "It is what `If-None-Match` names." },
  },
  refusals: [...OF_THE_API, "content_corrupt", "invalid_input", "not_found", "storage_unavailable"],
});

/**
 * `GET /documents/:id/content[?version=]` → 200 with the bytes, piece by piece; 304 for the same `ETag`.
 *
 * Refuses with what is wrong with the credential; 400 invalid_input for a version that is no number; 404 not_found. Who may
 * no longer read it while it is sent gets a connection that breaks.
 */
export function downloadDocument(library: Library, readings: Readings): Middleware<RequestState> {
  return async (ctx) => {
    const caller = callerOf(ctx.state, WANTED);
    const content = await library.find(caller, idIn(ctx.params), versionIn(ctx.query.version));
    if (content === null) throw noDocument();
    const handed = nothingHanded();
    handed.asked(() => ["GET /documents/:id/content"]);
    await readings.tell(caller, handed);
    const { fileName, title, bytes, sha256, version } = content;
    ctx.set("Cache-Control", "private, no-cache");
    ctx.set("Content-Security-Policy", NO_PAGE);
    ctx.set("X-Document-Version", String(version));
    ctx.etag = sha256;
    ctx.status = 200;
    if (ctx.fresh) {
      ctx.status = 304;
      return;
    }
    ctx.attachment(fileName ?? title);
    ctx.type = "application/octet-stream";
    ctx.length = bytes;
    if (ctx.method === "HEAD") return;
    const pieces = library.pieces(caller, content);
    // The first is there before the answer begins, so that a refusal of the door is an answer of its own.
    const first = await pieces.next();
    ctx.body = Readable.from(sent(first, pieces), { objectMode: false, highWaterMark: 65_536 });
    ctx.length = bytes;
  };
}

async function* sent(
  first: IteratorResult<Buffer, void>,
  rest: AsyncGenerator<Buffer, void>,
): AsyncGenerator<Buffer, void> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}

function versionIn(given: string | string[] | undefined): number | null {
  if (given === undefined) return null;
  if (typeof given !== "string" || !/^[1-9][0-9]{0,8}$/.test(given)) {
    throw invalidInput("A version is a whole number from 1.", "version");
  }
  return Number(given);
}
