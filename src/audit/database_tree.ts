import type pg from "pg";
import type { PublicAuditKey } from "./audit_key.ts";
import { COLUMNS, type Erased, eventOf, type Row } from "./event_columns.ts";
import { type ClaimedLeaf, hashIn, type LeafRange, TILE, type TreeSource } from "./tree_source.ts";

/** Rows in hand at a time. */
const BATCH = 1_024;

/**
 * A tenant's tree as a database has it, as of one moment. The database computes nothing for it: what is read is rows, so that
 * functions which were replaced tell no lies.
 *
 * @param client reads all of `audit`: a superuser, or as rowhouse_auditor; in a transaction (repeatable read)
 */
export async function databaseTree(client: pg.ClientBase, tenant: string): Promise<TreeSource> {
  const { rows: trees } = await client.query<{ size: string; expired: string }>(
    "select size, expired_size as expired from audit.trees where tenant_id = $1",
    [tenant],
  );
  const { rows: notes } = await client.query<{ note: string; cosignatures: string[] }>(
    "select note, cosignatures from audit.checkpoints where tenant_id = $1 order by size",
    [tenant],
  );
  const { rows: tiles } = await client.query<{ level: number; index: string; hashes: Buffer }>(
    "select level, index, hashes from audit.tiles where tenant_id = $1 and level > 0",
    [tenant],
  );
  const above = new Map(tiles.map(({ level, index, hashes }) => [`${level}/${index}`, hashes]));
  return {
    tenant,
    size: Number(trees[0]?.size ?? 0),
    expired: Number(trees[0]?.expired ?? 0),
    checkpoints: notes.map(({ note, cosignatures }) => note + cosignatures.join("")),
    keys: await databaseKeys(client),
    tile: (level, index) => above.get(`${level}/${index}`) ?? null,
    leaves: (range) =>
      range ? leavesWithRows(client, tenant, range) : leavesOf(client, tenant, Number(trees[0]?.size ?? 0)),
  };
}

/** The public halves of the keys that a database knows, the first first. */
export async function databaseKeys(client: pg.ClientBase): Promise<PublicAuditKey[]> {
  const { rows } = await client.query<PublicAuditKey>(
    "select id, origin, public_key, endorsement, number from audit.signing_keys order by number",
  );
  return rows;
}

/** Of what is over only hashes are left: it has no rows, and comes first. */
async function* leavesOf(
  client: pg.ClientBase,
  tenant: string,
  size: number,
): AsyncGenerator<ClaimedLeaf, void> {
  const { rows: first } = await client.query<{ index: string }>(
    "select index from audit.leaves where tenant_id = $1 order by index limit 1",
    [tenant],
  );
  const left = Math.min(Number(first[0]?.index ?? size), size);
  for (let from = 0; from < left; from += BATCH) {
    const until = Math.min(from + BATCH, left);
    const tiles = await leafTiles(client, tenant, from, until - 1);
    for (let index = from; index < until; index += 1) {
      const tile = tiles.get(Math.floor(index / TILE)) ?? null;
      yield { index, eventId: null, hash: hashIn(tile, index % TILE), event: null };
    }
  }
  yield* leavesWithRows(client, tenant, { after: -1, from: null, to: null });
}

async function* leavesWithRows(
  client: pg.ClientBase,
  tenant: string,
  { after, from, to }: LeafRange,
): AsyncGenerator<ClaimedLeaf, void> {
  const goneMonth = goneMonths(client);
  // Leaf by leaf in their order, each with its event by its key: any other way would sort all of them first.
  await client.query(
    "set local enable_hashjoin = off; set local enable_mergejoin = off; set local enable_sort = off",
  );
  await client.query(
    `declare leaf no scroll cursor for
     select leaf.index::text, leaf.event_id::text, leaf.salt::text, event.id::text,
       case when event.id is null then to_char(leaf.at at time zone 'UTC', 'YYYY-MM') end, ${COLUMNS}
     from audit.leaves as leaf
     left join audit.events as event
       on event.tenant_id = leaf.tenant_id and event.id = leaf.event_id and event.at = leaf.at
     where leaf.tenant_id = $1 and leaf.index > $2
       and ($3::timestamptz is null or leaf.at >= $3) and ($4::timestamptz is null or leaf.at < $4)
     order by leaf.tenant_id, leaf.index`,
    [tenant, after, from, to],
  );
  try {
    const fetch = () => client.query<Row>({ text: `fetch ${BATCH} from leaf`, rowMode: "array" });
    for (let next = fetch(); ; ) {
      const { rows } = await next;
      if (rows.length === 0) return;
      const erased = await whatIsErased(client, tenant, rows);
      const tiles = await leafTiles(client, tenant, Number(rows[0]![0]), Number(rows.at(-1)![0]));
      // The next rows are fetched while these are looked at: there are two processes for it.
      next = fetch();
      // Whoever waits for it hears of a failure; nobody does where the reader has had enough.
      next.catch(() => {});
      for (const row of rows) {
        const index = Number(row[0]);
        const tile = tiles.get(Math.floor(index / TILE)) ?? null;
        const claimed = { index, eventId: row[1]!, hash: hashIn(tile, index % TILE) };
        if (row[3] !== null) yield { ...claimed, event: eventOf(row, erased.get(row[1]!)) };
        else yield { ...claimed, event: null, ...(await goneMonth(row[4]!)) };
      }
    }
  } finally {
    await client.query("close leaf").catch(() => {});
  }
}

/** The tiles that hold the hashes of these leaves, by their index. */
export async function leafTiles(
  client: pg.ClientBase,
  tenant: string,
  first: number,
  last: number,
): Promise<Map<number, Buffer>> {
  const { rows } = await client.query<{ index: string; hashes: Buffer }>(
    "select index, hashes from audit.tiles where tenant_id = $1 and level = 0 and index between $2 and $3",
    [tenant, Math.floor(first / TILE), Math.floor(last / TILE)],
  );
  return new Map(rows.map(({ index, hashes }) => [Number(index), hashes]));
}

/** Says of a month whether nothing is left of it, nor the partition that held it. Each is asked for once. */
function goneMonths(client: pg.ClientBase): (month: string) => Promise<{ readonly goneMonth?: string }> {
  const known = new Map<string, { readonly goneMonth?: string }>();
  return async (month) => {
    const before = known.get(month);
    if (before) return before;
    const { rows } = await client.query<{ left: boolean }>(
      `select exists (
         select from pg_inherits join pg_class on pg_class.oid = inhrelid
         where inhparent = 'audit.events'::regclass and relname = 'events_' || replace($1, '-', '_')
       ) or exists (
         select from audit.events
         where at >= ($1 || '-01')::timestamp at time zone 'UTC'
           and at < (($1 || '-01')::timestamp + interval '1 month') at time zone 'UTC'
       ) as left`,
      [month],
    );
    const found = rows[0]!.left ? {} : { goneMonth: month };
    known.set(month, found);
    return found;
  };
}

/** What is left of the events among these from which something was erased. */
async function whatIsErased(
  client: pg.ClientBase,
  tenant: string,
  rows: readonly Row[],
): Promise<Map<string, Erased>> {
  const found = new Map<string, { salts: Record<string, string>; commitments: Record<string, string> }>();
  const events = rows.filter((row) => row[2] === null).map((row) => row[1]);
  if (events.length === 0) return found;
  const { rows: fields } = await client.query<Record<"event_id" | "field" | "salt" | "commitment", string>>(
    "select event_id, field, salt, commitment from audit.commitments where tenant_id = $1 and event_id = any ($2)",
    [tenant, events],
  );
  for (const { event_id, field, salt, commitment } of fields) {
    const left = found.get(event_id) ?? { salts: {}, commitments: {} };
    found.set(event_id, left);
    if (commitment === null) left.salts[field] = salt;
    else left.commitments[field] = commitment;
  }
  return found;
}
