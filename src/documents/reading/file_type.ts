import { type FileType, MEDIA_TYPES } from "../extracted.ts";
import { extensionOf } from "../file_name.ts";
import { FileRefused } from "../file_refused.ts";
import { markOf } from "./decode.ts";

const EXTENSIONS: Readonly<Record<string, FileType>> = {
  csv: "text",
  docx: "docx",
  htm: "html",
  html: "html",
  log: "text",
  markdown: "markdown",
  md: "markdown",
  pdf: "pdf",
  text: "text",
  tsv: "text",
  txt: "text",
  xhtml: "html",
};

/** What the first bytes say. `ole` is an old Office document, or a new one that is encrypted. */
type Content = "binary" | "html" | "ole" | "pdf" | "text" | "zip";

/**
 * The type of a file, for which its bytes and its name have to agree: what is called `.txt` and is a PDF would be read
 * as one thing here and as another where it is opened. What the uploader's program calls it decides nothing, but
 * where it names another type that we read, one of the two is wrong.
 */
export function fileType(bytes: Uint8Array, name: string, claimed: string | null): FileType {
  const extension = extensionOf(name);
  const content = contentOf(bytes);
  const named = extension === null ? typeOf(content) : EXTENSIONS[extension];
  if (named === undefined) throw unsupported(extension);
  if (content === "ole" && named === "docx" && isEncryptedPackage(bytes)) {
    throw new FileRefused("file_encrypted", "The document is encrypted; save it without a password.");
  }
  const found = typeOf(content);
  const agree =
    found === named ||
    (found === "text" && named !== "pdf" && named !== "docx") ||
    (found === "html" && named === "markdown");
  if (!agree) throw mismatch(`The file is called .${extension}, and is something else inside.`);
  const claim = typeClaimed(claimed);
  if (claim !== null && claim !== named && !(claim === "text" && named === "markdown")) {
    throw mismatch(`The file was sent as ${MEDIA_TYPES[claim]}, and is ${MEDIA_TYPES[named]}.`);
  }
  return named;
}

function contentOf(bytes: Uint8Array): Content {
  const beginning = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 1024));
  const hex = beginning.toString("hex", 0, 8);
  // Some mailers put a line before it, and every reader of PDF looks for it in the first kilobyte.
  if (beginning.includes("%PDF-")) return "pdf";
  if (hex.startsWith("504b0304") || hex.startsWith("504b0506")) return "zip";
  if (hex === "d0cf11e0a1b11ae1") return "ole";
  if (/^utf-16/.test(markOf(bytes) ?? "")) return "text";
  if (bytes.subarray(0, 65_536).includes(0)) return "binary";
  return /^\s*(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)*<(?:!doctype\s+html|html)\b/i.test(
    beginning.toString("utf8").replace(/^\uFEFF/, ""),
  )
    ? "html"
    : "text";
}

function typeOf(content: Content): FileType | undefined {
  return content === "zip" ? "docx" : content === "binary" || content === "ole" ? undefined : content;
}

/** MS-OFFCRYPTO section 2.3: an encrypted document is an OLE file with a stream of this name. */
function isEncryptedPackage(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(
    Buffer.from("EncryptedPackage", "utf16le"),
  );
}

function typeClaimed(mediaType: string | null): FileType | null {
  const essence = mediaType?.split(";")[0]?.trim().toLowerCase();
  const types = Object.keys(MEDIA_TYPES) as FileType[];
  return types.find((type) => MEDIA_TYPES[type] === essence) ?? null;
}

function unsupported(extension: string | null): FileRefused {
  const what = extension === null ? "This file" : `A file called .${extension}`;
  return new FileRefused(
    "file_type_unsupported",
    `${what} is none that we read: text, Markdown, HTML, PDF and DOCX.`,
  );
}

function mismatch(message: string): FileRefused {
  return new FileRefused("file_type_mismatch", message);
}
