import { expect } from "vitest";
import {
  type Extraction,
  type ExtractionOptions,
  extractText,
  type SentFile,
} from "../../../src/documents/extract_text.ts";
import type { Extracted, ExtractionLimits } from "../../../src/documents/extracted.ts";
import type { FileCode } from "../../../src/documents/file_refused.ts";
import { readFile } from "../../../src/documents/reading/read_file.ts";

/** The clock is wide: a test's machine may be busy with other tests. */
export const LIMITS: ExtractionLimits = {
  maxBytes: 20 * 2 ** 20,
  maxCharacters: 2_000_000,
  timeout: 100_000,
  memory: 512,
};

export function read(
  name: string,
  content: string | SentFile["content"],
  limits: ExtractionLimits = LIMITS,
  options: ExtractionOptions & { readonly mediaType?: string } = {},
): Promise<Extraction> {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  return extractText({ name, mediaType: options.mediaType, content: bytes }, limits, options);
}

/** The same within this process: for files that do no harm, of which there are many. */
export async function readHere(
  name: string,
  content: string | Uint8Array,
  mediaType: string | null = null,
): Promise<Extracted> {
  return readFile(new Uint8Array(Buffer.from(content as Uint8Array)), { name, mediaType, limits: LIMITS });
}

export function expectRefused(reading: Promise<unknown>, code: FileCode): Promise<void> {
  return expect(reading).rejects.toMatchObject({ name: "FileRefused", code });
}

/** Each heading with its level. */
export function wordsAbove({ text, headings }: Extracted): string[] {
  return headings.map(({ level, start, end }) => `${level} ${text.slice(start, end)}`);
}
