import { appendFile } from "node:fs/promises";
import { keepInS3, type S3Anchor } from "./s3_anchor.ts";

/** Places outside of the database that keep checkpoints, so that a tail which was cut is missed. */
export interface AnchorSettings {
  /** A file that notes are appended to; null: none. */
  readonly file: string | null;
  /** An address that each note is posted to; null: none. */
  readonly url: string | null;
  /** A bucket in which each note is an object; null: none. */
  readonly s3?: S3Anchor | null;
}

/** A place that did not take a checkpoint. */
export class AnchorFailure extends Error {
  override readonly name = "AnchorFailure";
}

/** Milliseconds that an address has for an answer. */
const PATIENCE = 10_000;

/** Takes a checkpoint to each place. One that took it already may get it again, where another failed. */
export async function anchor({ file, url, s3 }: AnchorSettings, note: string): Promise<void> {
  try {
    // Flushed, because whoever comes after it is told that it is there.
    if (file !== null) await appendFile(file, note, { mode: 0o640, flush: true });
    if (s3) await keepInS3(s3, note);
    if (url !== null) {
      const response = await fetch(url, {
        method: "POST",
        body: note,
        headers: { "content-type": "text/plain; charset=utf-8" },
        redirect: "error",
        signal: AbortSignal.timeout(PATIENCE),
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`it answers ${response.status}`);
    }
  } catch (cause) {
    throw new AnchorFailure(`a checkpoint cannot be taken outside: ${(cause as Error).message}`, { cause });
  }
}
