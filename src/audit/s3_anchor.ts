import { buffer } from "node:stream/consumers";
import { openS3 } from "../documents/storage/s3.ts";
import type { S3Settings } from "../documents/storage/s3_settings.ts";
import { readCheckpoint } from "./checkpoint.ts";
import { BadNote } from "./note.ts";

/** A bucket that keeps checkpoints. */
export interface S3Anchor {
  readonly settings: S3Settings;
  /** What the names of its objects begin with: empty, or ending in a slash. */
  readonly prefix: string;
}

/** Sizes of trees have at most so many digits. */
const DIGITS = 16;

/**
 * Keeps a checkpoint in a bucket as an object of its own, which is written once and never again: `<prefix><origin>/<9999999999999999 - size>-<size>`,
 * so that the newest comes first in a list. With Object Lock nobody rewrites it, who has our keys neither.
 *
 * @throws {StorageUnavailable}
 * @throws {Error} where another tree of that size was kept before
 */
export async function keepInS3({ settings, prefix }: S3Anchor, note: string): Promise<void> {
  const objects = openS3(settings);
  const { origin, size, root } = readCheckpoint(note);
  const key = objectName(prefix, origin, size);
  if (await objects.putOnce(key, Buffer.from(note))) return;
  const kept = readCheckpoint((await buffer(objects.read(key))).toString());
  if (kept.origin !== origin || !kept.root.equals(root)) {
    throw new Error(
      `another tree of ${origin} with ${size} leaves was kept before: run "rowhouse audit verify"`,
    );
  }
}

/**
 * The newest checkpoints of a tree that a bucket keeps.
 *
 * @param most how many at most
 * @throws {StorageUnavailable | ContentCorrupt}
 * @throws {BadNote} where an object is none
 */
export async function keptInS3(
  { settings, prefix }: S3Anchor,
  origin: string,
  most: number,
): Promise<string[]> {
  const objects = openS3(settings);
  const notes: string[] = [];
  for (const key of await objects.list(`${prefix}${plain(origin)}/`, most)) {
    const note = (await buffer(objects.read(key))).toString();
    if (readCheckpoint(note).origin !== origin) throw new BadNote(`${key} is of another tree`);
    notes.push(note);
  }
  return notes;
}

function objectName(prefix: string, origin: string, size: number): string {
  const falling = String(9_999_999_999_999_999n - BigInt(size)).padStart(DIGITS, "0");
  return `${prefix}${plain(origin)}/${falling}-${size}`;
}

/** A port or an address of IPv6 has what storages want to have escaped, each in its own way. */
const plain = (origin: string): string => origin.replace(/[^a-z0-9./_-]/g, "_");
