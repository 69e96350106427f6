import { readCheckpoint } from "./checkpoint.ts";
import { eventLine, headerLine, tileLine } from "./export_format.ts";
import { TILE, type TreeSource } from "./tree_source.ts";

/** A tree that was never signed: nobody could verify what is exported of it. */
export class NothingSigned extends Error {
  override readonly name = "NothingSigned";
}

/** Leaves in a piece of the file. */
const PIECE = TILE;

/**
 * The sealed trail of a tenant as JSON Lines, as far as its last checkpoint: enough to verify it with the file and a key. The
 * first line says whose it is and how far it goes; each 256 events follow the hashes that they lead to.
 *
 * @throws {NothingSigned}
 * @throws {Error} where an event or a leaf is gone: `rowhouse audit verify` says which
 */
export async function* exportTrail(
  tree: TreeSource,
  onLeaf: (done: number, total: number) => void = () => {},
): AsyncGenerator<string, void> {
  const last = tree.checkpoints.at(-1);
  if (last === undefined)
    throw new NothingSigned(`nothing of tenant ${tree.tenant} is sealed and signed yet`);
  const { size } = readCheckpoint(last);
  yield headerLine({
    tenant: tree.tenant,
    size,
    checkpoints: [last],
    keys: tree.keys.map(({ id, origin, number, public_key, endorsement }) => ({
      id,
      origin,
      number,
      public_key,
      endorsement,
    })),
    tiles: [...tilesAbove(tree, size)],
  });
  let lines: string[] = [];
  let hashes: Buffer[] = [];
  let done = 0;
  const piece = (): string => {
    const text = tileLine(Buffer.concat(hashes)) + lines.join("");
    [lines, hashes] = [[], []];
    return text;
  };
  for await (const { index, eventId, hash, event } of tree.leaves()) {
    if (index === size) break;
    // Of what is over the hash is left, and a leaf that follows vouches for it.
    if ((event === null && index >= tree.expired) || hash === null || index !== done) {
      throw new Error(`leaf ${done}${eventId ? `, event ${eventId}` : ""}, is not there to be exported`);
    }
    if (event !== null) lines.push(eventLine(index, event));
    hashes.push(hash);
    done += 1;
    onLeaf(done, size);
    if (hashes.length === PIECE) yield piece();
  }
  if (done < size) throw new Error(`leaf ${done} is not there to be exported`);
  if (hashes.length > 0) yield piece();
}

/** The tiles above the leaves of a tree of this size, as far as they are full below (C2SP tlog-tiles). */
export function* tilesAbove(
  tree: Pick<TreeSource, "tile">,
  size: number,
): Generator<{ level: number; index: number; hashes: Buffer }, void> {
  for (
    let level = 1, count = Math.floor(size / TILE);
    count > 0;
    level += 1, count = Math.floor(count / TILE)
  ) {
    for (let index = 0; index * TILE < count; index += 1) {
      const width = Math.min(TILE, count - index * TILE);
      const hashes = tree.tile(level, index);
      if (hashes === null) throw new Error(`tile ${level}/${index} is not there to be exported`);
      yield { level, index, hashes: hashes.subarray(0, width * 32) };
    }
  }
}
