import type pg from "pg";
import { readCheckpoint } from "./checkpoint.ts";
import { databaseTree, leafTiles } from "./database_tree.ts";
import type { Part } from "./export_format.ts";
import type { ExportSource, Piece } from "./export_source.ts";
import { firstTile, isWhole, NothingSigned, tilesAbove, widthOf } from "./export_trail.ts";
import { type ClaimedLeaf, type LeafRange, TILE } from "./tree_source.ts";

/**
 * How far the trail of a tenant is signed, and which leaves of that a range is.
 *
 * @param size of a checkpoint that is wanted; null: of the newest one
 * @throws {NothingSigned}
 */
export async function rangeInDatabase(
  client: pg.ClientBase,
  tenant: string,
  range: LeafRange,
  size: number | null = null,
): Promise<{ readonly size: number; readonly part: Part }> {
  const { rows } = await client.query<{ size: string | null }>(
    "select max(size) as size from audit.checkpoints where tenant_id = $1 and ($2::bigint is null or size = $2)",
    [tenant, size],
  );
  const signed = rows[0]!.size;
  if (signed === null) throw new NothingSigned(`nothing of tenant ${tenant} is sealed and signed yet`);
  const { rows: found } = await client.query<{ first: string | null; last: string | null; events: string }>(
    `select min(index) as first, max(index) as last, count(*) as events from audit.leaves
     where tenant_id = $1 and index > $2 and index < $3
       and ($4::timestamptz is null or at >= $4) and ($5::timestamptz is null or at < $5)`,
    [tenant, range.after, signed, range.from, range.to],
  );
  const { first, last, events } = found[0]!;
  const numbered = (given: string | null): number | null => (given === null ? null : Number(given));
  return {
    size: Number(signed),
    part: {
      after: range.after,
      from: range.from,
      to: range.to,
      first: numbered(first),
      last: numbered(last),
      events: Number(events),
    },
  };
}

/**
 * What is exported of a tenant's trail as a database has it.
 *
 * @param client as for `databaseTree`, in a transaction (repeatable read)
 */
export async function databaseSource(
  client: pg.ClientBase,
  tenant: string,
  size: number,
  part: Part,
  rest = part,
): Promise<ExportSource> {
  const tree = await databaseTree(client, tenant);
  const checkpoint = tree.checkpoints.find((note) => readCheckpoint(note).size === size);
  if (checkpoint === undefined)
    throw new NothingSigned(`no checkpoint of tenant ${tenant} is of ${size} leaves`);
  const { rows } = await client.query<{ over: string }>(
    "select removed_size as over from audit.trees where tenant_id = $1",
    [tenant],
  );
  const tileOf = async (number: number): Promise<Buffer> => {
    const tile = (await leafTiles(client, tenant, number * TILE, number * TILE)).get(number);
    if (tile === undefined) throw new Error(`the tile of leaf ${number * TILE} is not there to be exported`);
    return widthOf(tile, number, size);
  };
  return {
    tenant,
    size,
    over: Number(rows[0]?.over ?? 0),
    checkpoint,
    keys: tree.keys,
    tiles: [...tilesAbove(tree, size)],
    lastTile: size % TILE === 0 ? Buffer.alloc(0) : await tileOf(Math.floor(size / TILE)),
    part,
    rest,
    async *pieces(events) {
      const { first, last } = rest;
      if (first === null || last === null) return;
      if (events) {
        let next = firstTile(rest, first);
        for await (const { number, leaves } of byTile(tree.leaves(rest), last)) {
          for (; next < number && isWhole(rest); next += 1)
            yield { number: next, leaves: [], hashes: await tileOf(next) };
          yield { number, leaves, hashes: await tileOf(number) };
          next = number + 1;
        }
        return;
      }
      for (let number = firstTile(rest, first); number * TILE <= last; number += 1) {
        yield { number, leaves: [], hashes: await tileOf(number) };
      }
    },
  };
}

/** Leaves as far as the last one, by the tiles that they are in. */
async function* byTile(
  leaves: AsyncIterable<ClaimedLeaf>,
  last: number,
): AsyncGenerator<Omit<Piece, "hashes">, void> {
  let piece: ClaimedLeaf[] = [];
  const numberOf = ({ index }: ClaimedLeaf): number => Math.floor(index / TILE);
  for await (const leaf of leaves) {
    if (leaf.index > last) break;
    if (piece[0] && numberOf(piece[0]) !== numberOf(leaf)) {
      yield { number: numberOf(piece[0]), leaves: piece };
      piece = [];
    }
    piece.push(leaf);
  }
  if (piece[0]) yield { number: numberOf(piece[0]), leaves: piece };
}
