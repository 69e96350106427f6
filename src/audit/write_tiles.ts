import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readCheckpoint } from "./checkpoint.ts";
import { NothingSigned, tilesAbove } from "./export_trail.ts";
import { leafText } from "./leaf.ts";
import { TILE, type TreeSource } from "./tree_source.ts";

/** Bytes of an entry that its length has room for. */
const LONGEST = 0xffff;
/** Of what is over: an entry without a byte, which no leaf has. */
const NO_ENTRY = Buffer.alloc(2);

/**
 * Writes a tree into a folder as C2SP tlog-tiles has it, to be served as it lies: `checkpoint`, `tile/<level>/<index>` with
 * hashes and `tile/entries/<index>` with the leaves; the entry of what is over is empty. What people's values are stands in none of it, only what commits to them.
 *
 * @returns how many leaves there are
 * @throws {NothingSigned}
 */
export async function writeTiles(
  tree: TreeSource,
  folder: string,
  onLeaf: (done: number, total: number) => void = () => {},
): Promise<number> {
  const last = tree.checkpoints.at(-1);
  if (last === undefined)
    throw new NothingSigned(`nothing of tenant ${tree.tenant} is sealed and signed yet`);
  const { size } = readCheckpoint(last);
  for (const { level, index, hashes } of tilesAbove(tree, size)) {
    await put(folder, tilePath(String(level), index, hashes.length / 32), hashes);
  }
  let [hashes, entries]: [Buffer[], Buffer[]] = [[], []];
  let done = 0;
  const putTile = async (): Promise<void> => {
    const index = Math.ceil(done / TILE) - 1;
    await put(folder, tilePath("0", index, hashes.length), Buffer.concat(hashes));
    await put(folder, tilePath("entries", index, hashes.length), Buffer.concat(entries));
    [hashes, entries] = [[], []];
  };
  for await (const { index, hash, event } of tree.leaves()) {
    if (index === size) break;
    if ((event === null && index >= tree.expired) || hash === null)
      throw new Error(`leaf ${index} is not there to be written`);
    hashes.push(hash);
    entries.push(event === null ? NO_ENTRY : entryOf(index, leafText(event)));
    done += 1;
    onLeaf(done, size);
    if (hashes.length === TILE) await putTile();
  }
  if (hashes.length > 0) await putTile();
  // Last: whoever reads it finds what it speaks of.
  await put(folder, "checkpoint", Buffer.from(last));
  return done;
}

function entryOf(index: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length > LONGEST) throw new Error(`leaf ${index} is too long for a bundle of entries`);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** 1234067 is `x001/x234/067`; a tile that is not full says how wide it is. */
function tilePath(level: string, index: number, width: number): string {
  const digits = String(index).padStart(Math.ceil(String(index).length / 3) * 3, "0");
  const parts = digits
    .match(/\d{3}/g)!
    .map((part, place, all) => (place < all.length - 1 ? `x${part}` : part));
  return `tile/${level}/${parts.join("/")}${width < TILE ? `.p/${width}` : ""}`;
}

async function put(folder: string, path: string, bytes: Buffer): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), bytes);
}
