import { CSV_HEADER, csvLine } from "./csv.ts";
import { eventLine, headerLine, type Part, tileLine } from "./export_format.ts";
import type { ExportSource, Piece } from "./export_source.ts";
import { ocsfLine } from "./ocsf/line.ts";
import { TILE, type TreeSource } from "./tree_source.ts";

/** A tree that was never signed: nobody could verify what is exported of it. */
export class NothingSigned extends Error {
  override readonly name = "NothingSigned";
}

/**
 * How an export is written. `jsonl`: our own lines, which verify by themselves; `csv` and `ocsf`: for other programs, with `proof`
 * as the file that they verify with.
 */
export const FORMATS = ["jsonl", "csv", "ocsf", "proof"] as const;
export type ExportFormat = (typeof FORMATS)[number];

/** Whether it is all of a tree, as far as its checkpoint. */
export const isWhole = ({ after, from, to }: Part): boolean => after === -1 && from === null && to === null;

/** The tile that pieces begin with: of all of a tree the first, also where nothing is left of it but hashes. */
export const firstTile = (part: Part, first: number): number =>
  isWhole(part) ? 0 : Math.floor(first / TILE);

/**
 * The sealed trail of a tenant, in the order of its leaves, as far as a checkpoint: of jsonl enough to verify it with the file and
 * a key. The first line says whose it is and how far it goes; each 256 events follow the hashes that they lead to.
 *
 * @throws {Error} where an event or a leaf is gone: `rowhouse audit verify` says which
 */
export async function* exportTrail(
  source: ExportSource,
  format: ExportFormat = "jsonl",
  onEvent: (done: number, total: number) => void = () => {},
): AsyncGenerator<string, void> {
  const { size, over, part, rest } = source;
  const wanted = Math.max(0, size - Math.max(rest.after + 1, over));
  if (rest.from === null && rest.to === null && rest.events !== wanted) {
    throw new Error(`${wanted - rest.events} leaves are not there to be exported`);
  }
  if (rest === part) yield headOf(source, format);
  let done = 0;
  for await (const piece of source.pieces(format !== "proof")) {
    yield written(piece, source, format);
    done += piece.leaves.length;
    onEvent(done, rest.events);
  }
  // What is over may go while it is read: whoever reads is told, and has no file that seems whole.
  if (format !== "proof" && done !== rest.events)
    throw new Error(`${rest.events - done} leaves are not there any more to be exported`);
}

function headOf(source: ExportSource, format: ExportFormat): string {
  if (format === "csv") return CSV_HEADER;
  if (format === "ocsf") return "";
  const { tenant, size, checkpoint, part, lastTile } = source;
  const keys = source.keys.map(({ id, origin, number, public_key, endorsement }) => ({
    id,
    origin,
    number,
    public_key,
    endorsement,
  }));
  const header = { tenant, size, checkpoints: [checkpoint], keys, tiles: source.tiles };
  if (format === "jsonl" && isWhole(source.part)) return headerLine(header);
  const last = { level: 0, index: Math.floor(size / TILE), hashes: lastTile };
  return headerLine({ ...header, tiles: [...source.tiles, ...(lastTile.length > 0 ? [last] : [])], part });
}

function written({ number, hashes, leaves }: Piece, source: ExportSource, format: ExportFormat): string {
  if (format === "proof") return tileLine(hashes, number);
  const lines = leaves.map(({ index, event, eventId, hash }) => {
    if (event === null || hash === null) {
      throw new Error(`leaf ${index}${eventId ? `, event ${eventId}` : ""}, is not there to be exported`);
    }
    if (format === "csv") return csvLine(index, event, hash);
    const line = eventLine(index, event);
    return format === "ocsf" ? ocsfLine(index, event, line.trimEnd()) : line;
  });
  if (format !== "jsonl") return lines.join("");
  if (isWhole(source.part)) {
    const [first, end] = [number * TILE, Math.min((number + 1) * TILE, source.size)];
    if (lines.length !== Math.max(0, end - Math.max(first, source.over)))
      throw new Error(`leaves of tile ${number} are not there to be exported`);
    return tileLine(hashes) + lines.join("");
  }
  return tileLine(hashes, number) + lines.join("");
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

/** Of a tile of leaves what a tree of this size has. */
export const widthOf = (hashes: Buffer, number: number, size: number): Buffer =>
  hashes.subarray(0, Math.max(0, Math.min(TILE, size - number * TILE)) * 32);

/** A part that is all of a tree. */
export const wholePart = (size: number): Part => ({
  after: -1,
  from: null,
  to: null,
  first: size > 0 ? 0 : null,
  last: size > 0 ? size - 1 : null,
  events: size,
});
