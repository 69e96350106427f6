import type { IncomingMessage } from "node:http";
import { Busboy, type BusboyFileStream } from "@fastify/busboy";
import { invalidInput, Problem } from "../problem.ts";
import { bodyOf, FORM, type Received, type Take, tooLarge } from "./body.ts";

/** Fields beside the file; `tags` may come as often as there may be tags. */
const MOST_FIELDS = 30;
/** Bytes of one field. */
const LONGEST_FIELD = 4_000;

/**
 * Reads `multipart/form-data` (RFC 7578) with one file, in the field `file`, which is handed over piece by piece: the next
 * one is read when the last was taken.
 *
 * @throws {Problem} 400 `malformed_upload`, `invalid_input`, `body_incomplete`; 413 `file_too_large`; what `take` throws
 */
export async function readParts(req: IncomingMessage, maxBytes: number, take: Take): Promise<Received> {
  const said = new Map<string, string[]>();
  let file: { name: string; mediaType: string } | null = null;
  let taken: Promise<void> = Promise.resolve();
  // Whichever goes wrong first: what was written to the parser waits for a file that nobody takes any more.
  const { promise: failed, reject: fail } = Promise.withResolvers<never>();
  failed.catch(() => {});

  const parser = parserFor(req);
  parser.on("file", (field, stream, name, _encoding, mediaType) => {
    // Its end is told to the parser, which tells of it.
    stream.on("error", () => {});
    if (field !== "file") fail(invalidInput(`"${shown(field)}" is no field for a file; "file" is.`, "file"));
    else if (file !== null) fail(invalidInput("There is more than one file; send one by one.", "file"));
    else {
      file = { name, mediaType };
      taken = takeAll(stream, take);
      taken.catch(fail);
    }
  });
  parser.on("field", (field, value, nameCut, valueCut) => {
    if (nameCut || valueCut) fail(invalidInput("A field is too long.", shown(field)));
    said.set(field, [...(said.get(field) ?? []), value]);
  });
  for (const limit of ["partsLimit", "fieldsLimit"] as const)
    parser.on(limit, () => fail(invalidInput("There are too many fields.")));
  parser.on("filesLimit", () => fail(invalidInput("There is more than one file; send one by one.", "file")));
  parser.on("error", (cause) => fail(malformed(cause)));

  try {
    let bytes = 0;
    for await (const piece of bodyOf(req)) {
      bytes += piece.length;
      if (bytes > maxBytes + FORM) throw tooLarge(maxBytes);
      await Promise.race([written(parser, piece), failed]);
    }
    await Promise.race([ended(parser), failed]);
    await Promise.race([taken, failed]);
  } finally {
    parser.destroy();
  }
  if (file === null) throw invalidInput('There is no file in the field "file".', "file");
  const { name, mediaType } = file as { name: string; mediaType: string };
  return { name: name || null, mediaType: mediaType || null, said };
}

function parserFor(req: IncomingMessage) {
  try {
    return new Busboy({
      headers: { ...req.headers, "content-type": req.headers["content-type"] ?? "" },
      limits: {
        fieldNameSize: 100,
        fieldSize: LONGEST_FIELD,
        fields: MOST_FIELDS,
        files: 1,
        headerPairs: 20,
        headerSize: 4_000,
      },
    });
  } catch (cause) {
    throw malformed(cause);
  }
}

async function takeAll(stream: BusboyFileStream, take: Take): Promise<void> {
  for await (const piece of stream) await take(piece as Buffer);
}

function written(parser: Busboy, piece: Buffer): Promise<void> {
  return new Promise((done, fail) =>
    parser.write(piece, (error) => (error ? fail(malformed(error)) : done())),
  );
}

function ended(parser: Busboy): Promise<void> {
  return new Promise((done) => {
    parser.once("finish", done);
    parser.end();
  });
}

function malformed(cause: unknown): Problem {
  return new Problem(400, "malformed_upload", "The body is no well-formed multipart/form-data.", {
    headers: { Connection: "close" },
    cause,
  });
}

const shown = (name: string): string => name.slice(0, 100).toWellFormed();
