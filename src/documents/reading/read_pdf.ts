import { getDocumentProxy } from "unpdf";
import { FileRefused } from "../file_refused.ts";
import { findHeadings, type Line } from "./pdf_headings.ts";
import { asLanguage, asTitle } from "./readable.ts";
import type { Reading } from "./reading.ts";
import { TextWriter } from "./text_writer.ts";

const MOST_PAGES = 5_000;
/** ISO 32000-1 table 22, bit 5: text may be copied. */
const MAY_COPY = 0x10;

/** What a page's stream gives: a piece of text, or a mark without one. */
interface Piece {
  readonly str?: string;
  readonly hasEOL?: boolean;
  readonly height?: number;
  readonly transform?: readonly number[];
}

/** The text layer of a PDF, page by page, so that the limit is met early. A scan has none. */
export async function readPdf(bytes: Uint8Array, most: number): Promise<Reading> {
  const document = await openPdf(bytes);
  const permissions = await document.getPermissions();
  if (permissions !== null && !permissions.includes(MAY_COPY)) {
    throw new FileRefused(
      "file_protected",
      "The author of the PDF does not permit its text to be taken out.",
    );
  }
  if (document.numPages > MOST_PAGES) {
    throw new FileRefused("file_too_long", `The PDF has more than ${MOST_PAGES} pages.`);
  }
  const lines: Line[] = [];
  let length = 0;
  for (let number = 1; number <= document.numPages; number++) {
    const page = await document.getPage(number);
    for await (const { items } of piecesOf(page)) {
      for (const line of linesOf(items, number, lines.at(-1))) {
        if (lines.at(-1) !== line) lines.push(line);
        length += line.text.length;
      }
      if (length > most * 2)
        throw new FileRefused("file_too_long", `The text of the PDF is longer than ${most} characters.`);
    }
    page.cleanup();
  }
  const info = (await document.getMetadata()).info as { Title?: unknown; Language?: unknown };
  return {
    ...write(lines, document.numPages, most),
    title: asTitle(info.Title),
    language: asLanguage(info.Language),
  };
}

async function openPdf(bytes: Uint8Array): ReturnType<typeof getDocumentProxy> {
  try {
    return await getDocumentProxy(bytes, {
      // No picture is decoded and no font drawn: text needs neither, and both are where readers of PDF have broken.
      disableFontFace: true,
      useSystemFonts: false,
      useWasm: false,
      useWorkerFetch: false,
      enableXfa: false,
      maxImageSize: 0,
      stopAtErrors: false,
      verbosity: 0,
    });
  } catch (cause) {
    if (!(cause instanceof Error) || cause.name !== "PasswordException") throw cause;
    throw new FileRefused("file_encrypted", "The PDF opens with a password only; save it without.", {
      cause,
    });
  }
}

/** pdf.js reads ahead by itself; its stream ends where the loop does. */
async function* piecesOf(page: { streamTextContent(): ReadableStream }): AsyncGenerator<{ items: Piece[] }> {
  for await (const chunk of page.streamTextContent()) yield chunk as { items: Piece[] };
}

/** Lines as they stand on the page; the first goes on with the last one of before where that has not ended. */
function* linesOf(pieces: readonly Piece[], page: number, before: Line | undefined): Generator<Line> {
  let line = before && !before.isOver && before.page === page ? before : null;
  for (const { str = "", hasEOL = false, height = 0, transform } of pieces) {
    line ??= { text: "", height: 0, top: transform?.[5] ?? 0, page, isOver: false };
    if (line.text === "") line.top = transform?.[5] ?? line.top;
    line.text += str;
    if (str.trim() !== "") line.height = Math.max(line.height, height);
    line.isOver = hasEOL;
    yield line;
    if (hasEOL) line = null;
  }
}

/** Lines that stand close together are a paragraph. */
function write(lines: readonly Line[], pages: number, most: number): Omit<Reading, "title" | "language"> {
  const writer = new TextWriter(most);
  const levels = findHeadings(lines);
  let page = 0;
  let heading: number | null = null;
  for (const [place, line] of lines.entries()) {
    while (page < line.page) {
      if (heading !== null) writer.endHeading();
      heading = null;
      writer.page();
      page += 1;
    }
    if (line.text.trim() === "") continue;
    const level = levels.get(line.height) ?? null;
    if (level !== heading) {
      if (heading !== null) writer.endHeading();
      if (level !== null) writer.beginHeading(level);
      heading = level;
    } else if (level === null && isApart(lines[place - 1], line)) writer.paragraph();
    else if (level === null) writer.line();
    else writer.write(" ");
    writer.write(line.text);
  }
  if (heading !== null) writer.endHeading();
  for (; page < pages; page++) writer.page();
  return { text: writer.text, headings: writer.headings, pages: writer.pages };
}

function isApart(before: Line | undefined, line: Line): boolean {
  return before?.page === line.page && before.top - line.top > 1.7 * Math.max(before.height, line.height);
}
