import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CommandError } from "./failures.ts";

/** What a file is called until it is whole. */
export const unfinishedOf = (path: string): string => `${path}.unfinished`;

/**
 * Writes a file that only its owner reads, and that appears when it is whole.
 *
 * @param what may be there before, in words for whoever finds it
 * @param begun whether it goes on with what is there
 * @throws {CommandError} where something is there already, or it cannot be written
 */
export async function writeWhole(
  path: string,
  text: string | AsyncIterable<string | Buffer>,
  what: string,
  begun = false,
): Promise<void> {
  const unfinished = unfinishedOf(path);
  try {
    const file = createWriteStream(unfinished, { flags: begun ? "a" : "wx", mode: 0o600, flush: true });
    await pipeline(Readable.from(text, { objectMode: false }), file);
    await rename(unfinished, path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw new CommandError(`${unfinished} is there: ${what}`);
    if (!begun) await rm(unfinished, { force: true });
    if (code?.startsWith("E")) throw new CommandError(`cannot write ${path}: ${message}`, { cause: error });
    throw error;
  }
}
