import { type FileHandle, open } from "node:fs/promises";
import { CommandError } from "../failures.ts";

/** Where lines come from. */
export interface Source extends AsyncDisposable {
  /** Bytes; null of a pipe, of which nobody knows, and which can be read once. */
  readonly size: number | null;
  /** All of it, from the beginning. */
  read(): AsyncIterable<Buffer>;
}

/**
 * Opens a file once, so that it stays the same one, whatever is put in its place between two readings; `-` is what
 * stdin brings.
 */
export async function openSource(path: string): Promise<Source> {
  if (path === "-") {
    return { size: null, read: () => process.stdin, async [Symbol.asyncDispose]() {} };
  }
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (cause) {
    throw new CommandError(`cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
  const about = await file.stat();
  if (about.isDirectory()) {
    await file.close();
    throw new CommandError(`${path} is a folder`);
  }
  return {
    size: about.isFile() ? about.size : null,
    read: () => file.createReadStream({ autoClose: false, ...(about.isFile() && { start: 0 }) }),
    [Symbol.asyncDispose]: () => file.close(),
  };
}
