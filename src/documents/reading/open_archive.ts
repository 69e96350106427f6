import { Buffer } from "node:buffer";
import yauzl, { type Entry, type ZipFile } from "yauzl";
import { FileRefused } from "../file_refused.ts";

/** Far more than any document that people wrote; a bomb has either. */
const MOST_ENTRIES = 5_000;
const MOST_BYTES = 32 * 2 ** 20;

/** An entry's bytes by its name. */
export type Archive = ReadonlyMap<string, Buffer>;

/**
 * Unpacks what is wanted of a ZIP archive, counting the bytes that come out: the sizes in its directory may lie. What
 * is not wanted is not unpacked. Nothing is written anywhere, and a name with `..` or a drive is refused (yauzl).
 */
export async function openArchive(bytes: Uint8Array, isWanted: (name: string) => boolean): Promise<Archive> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const zip = await yauzl.fromBufferPromise(buffer, { lazyEntries: true, strictFileNames: true });
  if (zip.entryCount > MOST_ENTRIES) {
    throw new FileRefused("file_too_costly", `The archive has more than ${MOST_ENTRIES} entries.`);
  }
  const found = new Map<string, Buffer>();
  const names = new Set<string>();
  let left = MOST_BYTES;
  for await (const entry of zip.eachEntry()) {
    // Of two entries with one name, each reader takes another.
    if (names.has(entry.fileName)) throw new Error("two entries have one name");
    names.add(entry.fileName);
    if (!isWanted(entry.fileName)) continue;
    if (entry.isEncrypted()) throw new FileRefused("file_encrypted", "The archive is encrypted.");
    const content = await unpack(zip, entry, left);
    left -= content.length;
    found.set(entry.fileName, content);
  }
  return found;
}

async function unpack(zip: ZipFile, entry: Entry, most: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of await zip.openReadStreamPromise(entry)) {
    length += (piece as Buffer).length;
    if (length > most) {
      throw new FileRefused(
        "file_too_costly",
        `The archive holds more than ${MOST_BYTES >> 20} MiB of text.`,
      );
    }
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces, length);
}
