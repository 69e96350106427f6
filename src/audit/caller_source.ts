import type pg from "pg";
import type { Caller } from "../database/caller.ts";
import { askInDoor } from "../database/door.ts";
import type { PublicAuditKey } from "./audit_key.ts";
import { LEAF_COLUMNS, type LeafRow, leafOf } from "./event_columns.ts";
import type { ExportSource } from "./export_source.ts";
import { type ExportFormat, firstTile, isWhole, tilesAbove, widthOf } from "./export_trail.ts";
import { hashIn, type LeafRange, TILE } from "./tree_source.ts";

/** What audit.begin_export() says. */
interface Head {
  readonly tenant: string;
  readonly size: number;
  readonly over: number;
  readonly checkpoint: string;
  readonly keys: readonly (Omit<PublicAuditKey, "public_key"> & { readonly public_key: string })[];
  readonly tiles: readonly { readonly level: number; readonly index: number; readonly hashes: string }[];
  readonly first: number | null;
  readonly last: number | null;
  readonly events: number;
}

/**
 * What a caller exports of their tenant's trail; null where nothing of it is signed, or nothing of that size. That they do is in the
 * trail when this resolves. Each 256 leaves are read in a transaction of its own, so that no connection waits for a reader who is
 * slow, and whoever may not read it any more gets no more of it: leaves do not change, so all of it is of one moment all
 * the same, that of the checkpoint, but for what is erased meanwhile.
 *
 * @param format null: only the header is asked for
 * @throws {pg.DatabaseError} RH403 without view_audit
 */
export async function callerSource(
  app: pg.Pool,
  caller: Caller,
  format: ExportFormat | null,
  range: LeafRange,
  wanted: number | null,
): Promise<ExportSource | null> {
  const begun = await askInDoor(app, caller, {
    name: "begin_export",
    text: "select audit.begin_export($1, $2, $3, $4, $5) as head",
    values: [format, wanted, range.after, range.from, range.to],
  });
  const head = begun.rows[0]?.head as Head | null;
  if (!head) return null;
  const { tenant, size, over, checkpoint, first, last, events } = head;
  const part = { after: range.after, from: range.from, to: range.to, first, last, events };
  const tiles = new Map(head.tiles.map(({ level, index, hashes }) => [`${level}/${index}`, bytes(hashes)]));
  const tile = (hashes: Buffer | null | undefined, number: number): Buffer => {
    if (!hashes) throw new Error(`the tile of leaf ${number * TILE} is not there to be exported`);
    return widthOf(hashes, number, size);
  };
  const tileOf = async (number: number): Promise<Buffer> => {
    const { rows } = await askInDoor(app, caller, {
      name: "exported_tile",
      text: "select audit.exported_tile($1) as hashes",
      values: [number],
    });
    return tile(rows[0]?.hashes, number);
  };
  return {
    tenant,
    size,
    over,
    checkpoint,
    keys: head.keys.map((key) => ({ ...key, public_key: bytes(key.public_key) })),
    tiles: [...tilesAbove({ tile: (level, index) => tiles.get(`${level}/${index}`) ?? null }, size)],
    lastTile: size % TILE === 0 ? Buffer.alloc(0) : await tileOf(Math.floor(size / TILE)),
    part,
    rest: part,
    async *pieces(wantsEvents) {
      if (first === null || last === null) return;
      for (let number = firstTile(part, first); number * TILE <= last; number += 1) {
        if (!wantsEvents || (number + 1) * TILE <= first) {
          yield { number, leaves: [], hashes: await tileOf(number) };
          continue;
        }
        const { rows } = await askInDoor(app, caller, {
          name: "exported_leaves",
          text: `select audit.exported_tile($1) as hashes, ${LEAF_COLUMNS}
            from (select) as one
            left join audit.exported_leaves($2, $3, $4, $5) as leaf on true
            left join lateral (select (leaf.event).*) as event on true
            order by leaf.index`,
          values: [
            number,
            Math.max(first, number * TILE),
            Math.min(last, number * TILE + TILE - 1),
            range.from,
            range.to,
          ],
        });
        const hashes = tile(rows[0]?.hashes, number);
        // Where the tile has none of them, it comes in a row of its own.
        const found = (rows as (LeafRow | { readonly index: null })[]).filter((row) => row.index !== null);
        const leaves = found
          .map(leafOf)
          .map((leaf) => ({ ...leaf, hash: hashIn(hashes, leaf.index % TILE) }));
        if (leaves.length > 0 || isWhole(part)) yield { number, leaves, hashes };
      }
    },
  };
}

const bytes = (text: string): Buffer => Buffer.from(text, "base64");
