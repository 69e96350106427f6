import mammoth from "mammoth";
import { FileRefused } from "../file_refused.ts";
import { type Archive, openArchive } from "./open_archive.ts";
import { htmlToText } from "./read_html.ts";
import { asLanguage, asTitle } from "./readable.ts";
import type { Reading } from "./reading.ts";

const STYLES = ["p[style-name='Title'] => h1:fresh", "p[style-name='Subtitle'] => p:fresh"];

/** A document of WordprocessingML (ECMA-376), by way of HTML. Pictures and macros are not even unpacked. */
export async function readDocx(bytes: Uint8Array, most: number): Promise<Reading> {
  const archive = await openArchive(bytes, (name) => /\.(?:xml|rels)$/i.test(name));
  const types = archive.get("[Content_Types].xml")?.toString("utf8") ?? "";
  if (!types.includes("application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml")) {
    throw new FileRefused("file_type_mismatch", "The archive is no DOCX document.");
  }
  for (const part of archive.values()) refuseDeclarations(part);
  const { value } = await mammoth.convertToHtml(asFile(archive), {
    styleMap: STYLES,
    convertImage: mammoth.images.imgElement(async () => ({ src: "" })),
    externalFileAccess: false,
  });
  const { text, headings, pages } = htmlToText(value, most);
  return {
    text,
    headings,
    pages,
    title: asTitle(inner(archive, "docProps/core.xml", /<dc:title>([^<]*)<\/dc:title>/)),
    language: asLanguage(inner(archive, "word/styles.xml", /<w:lang\b[^>]*?\bw:val="([^"]*)"/)),
  };
}

/** ECMA-376 part 2 section 8.1.4: a part must not declare a document type, where entities that multiply are defined. */
function refuseDeclarations(part: Buffer): void {
  const isWide = /^(?:feff|fffe|003c|3c00)/.test(part.toString("hex", 0, 2));
  if (isWide || part.includes("<!DOCTYPE") || part.includes("<!ENTITY")) {
    throw new FileRefused("file_broken", "The document declares what no DOCX document may.");
  }
}

/**
 * What mammoth asks of an archive. It would unpack one by itself, without a limit and by another reader of ZIP than
 * ours; its types do not name this way in, so a test holds it.
 */
function asFile(archive: Archive): { buffer: Buffer } {
  const file = {
    exists: (name: string) => archive.has(name),
    read: async (name: string, encoding?: string) => {
      const content = archive.get(name);
      if (!content) throw new Error("a part is missing");
      const bytes = name === "word/document.xml" ? withoutHidden(content) : content;
      return encoding ? bytes.toString(encoding === "base64" ? "base64" : "utf8") : bytes;
    },
  };
  return { file } as unknown as { buffer: Buffer };
}

/** Text that Word shows to nobody (`w:vanish`) is no text for a model either. */
function withoutHidden(part: Buffer): Buffer {
  const runs = /<w:r(?:\s[^>]*)?>(?:(?!<w:r[\s>])[\s\S])*?<\/w:r>/g;
  const hidden = /<w:vanish(?:\s+w:val="(?:1|true|on)")?\s*\/>/;
  return Buffer.from(part.toString("utf8").replaceAll(runs, (run) => (hidden.test(run) ? "" : run)));
}

function inner(archive: Archive, part: string, pattern: RegExp): string | undefined {
  const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return pattern
    .exec(archive.get(part)?.toString("utf8") ?? "")?.[1]
    ?.replaceAll(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => entities[name] ?? "");
}
