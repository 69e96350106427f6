import { type Extracted, type FileType, MEDIA_TYPES } from "../extracted.ts";
import { cleanFileName } from "../file_name.ts";
import { FileRefused } from "../file_refused.ts";
import { fileType } from "./file_type.ts";
import type { Order } from "./order.ts";
import type { Reading } from "./reading.ts";

/** Only what a file needs is loaded: the reader of PDF alone takes longer than a page of text. */
const READERS: Readonly<Record<FileType, (bytes: Uint8Array, most: number) => Promise<Reading>>> = {
  docx: async (bytes, most) => (await import("./read_docx.ts")).readDocx(bytes, most),
  html: async (bytes, most) => (await import("./read_html.ts")).readHtml(bytes, most),
  markdown: async (bytes, most) => (await import("./read_markdown.ts")).readMarkdown(bytes, most),
  pdf: async (bytes, most) => (await import("./read_pdf.ts")).readPdf(bytes, most),
  text: async (bytes, most) => (await import("./read_text.ts")).readText(bytes, most),
};

/**
 * Reads a file in this process, which has to be one that may be killed: see `extractText`.
 *
 * @throws {FileRefused}
 */
export async function readFile(
  bytes: Uint8Array,
  file: Pick<Order, "limits" | "mediaType" | "name">,
): Promise<Extracted> {
  const name = cleanFileName(file.name);
  const type = fileType(bytes, name, file.mediaType);
  const reading = await READERS[type](bytes, file.limits.maxCharacters).catch((error: unknown) => {
    throw asRefusal(error);
  });
  if (!/[\p{L}\p{N}]/u.test(reading.text)) {
    throw new FileRefused("file_without_text", "The file has no text; a scan has only pictures of it.");
  }
  const { text, headings, pages, title = null, language = null } = reading;
  return { type, mediaType: MEDIA_TYPES[type], name, text, headings, pages, title, language };
}

/** Whatever a parser throws, it is about this file. */
function asRefusal(error: unknown): FileRefused {
  if (error instanceof FileRefused) return error;
  if (error instanceof RangeError) {
    return new FileRefused(
      "file_too_costly",
      "The parts of the file stand too deep in one another, or are too large.",
      {
        cause: error,
      },
    );
  }
  return new FileRefused("file_broken", "The file is damaged, or is not what its name says.", {
    cause: error,
  });
}
