import { extractText } from "../documents/extract_text.ts";
import type { ExtractionLimits } from "../documents/extracted.ts";
import { FileRefused } from "../documents/file_refused.ts";
import type { SentFile } from "./sent_file.ts";

/**
 * What is kept of a file that came with a question, among the question's parts: what was read of it, and not its bytes. Whoever needs those
 * has them, and a document is what is kept for others.
 */
export interface ReadFile {
  readonly type: "data-file";
  readonly data: {
    readonly name: string;
    readonly mediaType: string;
    readonly text: string;
    /** Whether there was more than is kept. */
    readonly cut: boolean;
  };
}

/** Bytes of what is kept of all files of a question, as JSON: a message's parts hold 256 kB (app.are_parts), images too. */
export const MOST_KEPT = 160_000;
/** Milliseconds that one may take: somebody waits, and others wait behind them. */
const PATIENCE = 10_000;

/**
 * Reads files as documents are read: in a process of their own, one at a time, within the same limits and a shorter clock.
 *
 * @throws {FileRefused} naming the file in its sentence
 * @throws {ExtractionFailed} where the machine is at fault
 */
export async function readFiles(
  files: readonly SentFile[],
  limits: ExtractionLimits,
): Promise<readonly ReadFile[]> {
  const shorter = { ...limits, timeout: Math.min(limits.timeout, PATIENCE) };
  const read: ReadFile[] = [];
  for (const { name, mediaType, content } of files) {
    const extracted = await extractText({ name, mediaType, content }, shorter).catch((error: unknown) => {
      throw error instanceof FileRefused
        ? new FileRefused(error.code, `${JSON.stringify(name)}: ${error.message}`, { cause: error })
        : error;
    });
    const text = withinBytes(extracted.text, Math.floor(MOST_KEPT / files.length));
    const cut = text.length < extracted.text.length;
    read.push({ type: "data-file", data: { name, mediaType: extracted.mediaType, text, cut } });
  }
  return read;
}

/** The beginning of a text that has so many bytes in JSON, and ends with a whole character. */
function withinBytes(text: string, most: number): string {
  if (sizeOf(text) <= most) return text;
  let [fits, tooMuch] = [0, Math.min(text.length, most) + 1];
  while (tooMuch - fits > 1) {
    const middle = (fits + tooMuch) >> 1;
    if (sizeOf(text.slice(0, middle)) <= most) fits = middle;
    else tooMuch = middle;
  }
  return text.slice(0, fits).replace(/[\uD800-\uDBFF]$/, "");
}

const sizeOf = (text: string): number => Buffer.byteLength(JSON.stringify(text));

/** Those of a question, as they were kept. */
export const filesIn = (parts: readonly object[]): readonly ReadFile[] =>
  parts.filter((part) => (part as Partial<ReadFile>).type === "data-file") as ReadFile[];
