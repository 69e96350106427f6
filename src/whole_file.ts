import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

/**
 * Writes a file whole or not at all, also through a power cut: a draft beside it is on the disk before it gets the
 * name. Replaces what is there.
 */
export function replaceFile(path: string, text: string, mode = 0o644): void {
  const draft = writeDraft(path, text, mode);
  renameSync(draft, path);
  syncFolder(path);
}

/** The same where nothing is to be replaced; false if somebody was quicker. */
export function createFile(path: string, text: string, mode = 0o644): boolean {
  const draft = writeDraft(path, text, mode);
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    unlinkSync(draft);
  }
  syncFolder(path);
  return true;
}

/** The text of a file, or null if there is none. */
export function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** The text of a source of ours with LF line ends, whatever the checkout or an archive made of them. */
export function readSource(path: string): string {
  return readFileSync(path, "utf8").replaceAll("\r\n", "\n");
}

function writeDraft(path: string, text: string, mode: number): string {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString("hex")}.new`;
  const file = openSync(draft, "wx", mode);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return draft;
}

/** A new name is on the disk when its folder is. */
function syncFolder(path: string): void {
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
