import { createHash } from "node:crypto";
import { ContentCorrupt } from "./object_storage.ts";

/** What the database says of a version's bytes. */
export interface Expected {
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** Bytes that are held back until the whole is known to be right: all of a small file, and the end of any other. */
const HELD = 1_048_576;

/**
 * The bytes, compared with what was brought. Its last MiB is let go only when size and SHA-256 of the whole are right, so what is wrong
 * never arrives complete: a small file not at all, a large one cut off.
 *
 * @throws {ContentCorrupt}
 */
export async function* verified(
  pieces: AsyncIterable<Buffer>,
  { bytes, sha256 }: Expected,
): AsyncGenerator<Buffer, void> {
  const hash = createHash("sha256");
  const held: Buffer[] = [];
  let inHand = 0;
  let seen = 0;
  for await (const piece of pieces) {
    seen += piece.length;
    if (seen > bytes) throw new ContentCorrupt(`more than the ${bytes} bytes that were brought`);
    hash.update(piece);
    held.push(piece);
    inHand += piece.length;
    while (inHand - held[0]!.length >= HELD) {
      const first = held.shift()!;
      inHand -= first.length;
      yield first;
    }
  }
  if (seen < bytes) throw new ContentCorrupt(`${seen} of the ${bytes} bytes that were brought`);
  if (hash.digest("hex") !== sha256) throw new ContentCorrupt("other bytes than were brought");
  yield* held;
}
