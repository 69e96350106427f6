import { CSV_HEADER } from "./csv.ts";
import { BadExport, type ExportHeader, readHeader, readLeaf } from "./export_format.ts";
import { linesOf } from "./lines_of.ts";
import { type ClaimedLeaf, hashIn, TILE, type TreeSource } from "./tree_source.ts";
import { type PartItem, verifyLines, verifyPart } from "./verify_part.ts";
import { type Trust, type Verdict, verifyTree } from "./verify_tree.ts";

/**
 * Verifies an export with nothing but the file and a key; of CSV and OCSF also with what proves it.
 *
 * @param proof where that is; the file's name and `.proof` where it is not said
 *
 * @throws {BadExport} where the file is none, or ends before it should
 */
export async function verifyExport(
  path: string,
  trust: Trust,
  onLeaf: (done: number, total: number) => void = () => {},
  proof = `${path}.proof`,
): Promise<Verdict> {
  const lines = linesOf(path);
  const first = await lines.next();
  if (first.done) throw new BadExport("the file is empty");
  const isOcsf = first.value.startsWith("{") && !first.value.startsWith('{"format":');
  if (isOcsf || `${first.value}\n` === CSV_HEADER) return verifyLines(path, proof, trust, onLeaf);
  const header = readHeader(first.value);
  if ("part" in header) return verifyPart(header, partIn(lines), trust, onLeaf);
  const tree = exportTree(header, lines);
  return verifyTree(tree, trust, (done) => onLeaf(done, header.size));
}

function exportTree(header: ExportHeader, lines: AsyncGenerator<string, void>): TreeSource {
  const above = new Map(header.tiles.map(({ level, index, hashes }) => [`${level}/${index}`, hashes]));
  return {
    tenant: header.tenant,
    size: header.size,
    expired: 0,
    checkpoints: header.checkpoints,
    keys: header.keys,
    tile: (level, index) => above.get(`${level}/${index}`) ?? null,
    async *leaves() {
      let tile: Buffer | null = null;
      let [tiles, next] = [0, 0];
      // A hash without its event: what is over, if a leaf that follows vouches for it.
      function* without(until: number): Generator<ClaimedLeaf, void> {
        for (; next < until; next += 1)
          yield { index: next, eventId: null, hash: hashIn(tile, next % TILE), event: null };
      }
      const endOfTile = (): number => (tile ? (tiles - 1) * TILE + tile.length / 32 : 0);
      for await (const line of lines) {
        const read = readLeaf(line);
        if ("tile" in read) {
          yield* without(endOfTile());
          tile = read.tile;
          next = tiles * TILE;
          tiles += 1;
          continue;
        }
        const { index, event } = read;
        yield* without(Math.min(index, endOfTile()));
        const eventId = event.fields.id ? (JSON.parse(event.fields.id) as string) : null;
        yield { index, eventId, hash: hashIn(tile, index % TILE), event };
        next = index + 1;
      }
      yield* without(endOfTile());
    },
  };
}

/** The lines of a part of our own. */
async function* partIn(lines: AsyncGenerator<string, void>): AsyncGenerator<PartItem, void> {
  for await (const line of lines) {
    const read = readLeaf(line);
    if ("event" in read) yield { ...read, faithful: true };
    else if (read.number === undefined) throw new BadExport("hashes do not say which tile they are");
    else yield { number: read.number, hashes: read.tile };
  }
}
