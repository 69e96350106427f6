import type { Context } from "koa";
import { MEDIA_TYPES } from "../../documents/extracted.ts";
import { cleanFileName } from "../../documents/file_name.ts";
import { FileRefused } from "../../documents/file_refused.ts";
import type { KeptFile } from "../../documents/library.ts";
import { fileType } from "../../documents/reading/file_type.ts";
import { type TemporaryFile, withTemporaryFile } from "../../documents/temporary_file.ts";
import { CODES } from "../codes.ts";
import { Problem } from "../problem.ts";
import { bodyOf, FORM, type Received, type Take, tooLarge } from "./body.ts";
import { readParts } from "./parts.ts";

/** Bytes from which a file's type is told. */
const BEGINNING = 65_536;

/** What was received: the file, and what was said of it, each field as often as it came. */
export interface Upload {
  readonly file: KeptFile;
  readonly said: ReadonlyMap<string, readonly string[]>;
}

/**
 * Receives one file into a temporary one, which is gone when the work is over: as `multipart/form-data` with the file in
 * `file`, or as a body that is the file, whose name and fields are in the query. However large it is and however slowly it
 * comes, this process holds a piece of it.
 *
 * Refuses with 400 body_incomplete, malformed_upload, invalid_input; 413 file_too_large; 415 unsupported_media_type,
 * file_type_unsupported, file_type_mismatch; 422 file_encrypted, file_without_text.
 */
export function receiving<Done>(
  ctx: Context,
  maxBytes: number,
  work: (upload: Upload) => Promise<Done>,
): Promise<Done> {
  const form = requireType(ctx);
  if (Number(ctx.get("Content-Length")) > maxBytes + (form ? FORM : 0)) throw tooLarge(maxBytes);
  return withTemporaryFile(async (temporary) => {
    const kept = keeping(temporary, maxBytes);
    const received = form ? await readParts(ctx.req, maxBytes, kept.take) : await readRaw(ctx, kept.take);
    const { name, mediaType, said } = received;
    if (kept.bytes() === 0) throw refused(new FileRefused("file_without_text", "The file is empty."));
    const clean = name === null ? null : cleanFileName(name);
    const type = typeOf(kept.beginning(), clean ?? "", mediaType);
    return work({
      file: { path: temporary.path, bytes: kept.bytes(), name: clean, mediaType: type },
      said,
    });
  });
}

/** Whether it is a form. */
function requireType(ctx: Context): boolean {
  const type = ctx.request.type.toLowerCase();
  const encoding = ctx.get("Content-Encoding").toLowerCase();
  if (encoding !== "" && encoding !== "identity") {
    throw new Problem(415, "unsupported_media_type", "Send the file without a content encoding.", {
      headers: { "Accept-Encoding": "identity" },
    });
  }
  if (type === "" || type === "application/x-www-form-urlencoded") {
    throw new Problem(
      415,
      "unsupported_media_type",
      "Send multipart/form-data, or the file itself with its Content-Type.",
    );
  }
  return type.startsWith("multipart/");
}

function keeping(temporary: TemporaryFile, maxBytes: number) {
  const beginning: Buffer[] = [];
  let bytes = 0;
  const take: Take = async (piece) => {
    if (bytes < BEGINNING) beginning.push(piece.subarray(0, BEGINNING - bytes));
    bytes += piece.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    await temporary.append(piece);
  };
  return { take, bytes: () => bytes, beginning: () => Buffer.concat(beginning) };
}

/** The name and the fields stand in the query. */
async function readRaw(ctx: Context, take: Take): Promise<Received> {
  for await (const piece of bodyOf(ctx.req)) await take(piece);
  const { name, ...query } = ctx.query;
  const said = new Map(
    Object.entries(query).map(([field, value]) => [field, Array.isArray(value) ? value : [value ?? ""]]),
  );
  return { name: [name].flat()[0] || null, mediaType: ctx.request.type, said };
}

/** The media type that the bytes and the name agree on: what was said decides nothing. */
function typeOf(beginning: Buffer, name: string, said: string | null): string {
  try {
    return MEDIA_TYPES[fileType(beginning, name, said)];
  } catch (error) {
    throw error instanceof FileRefused ? refused(error) : error;
  }
}

function refused({ code, message }: FileRefused): Problem {
  return new Problem(CODES[code].status, code, message);
}
