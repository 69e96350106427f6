// What the trail costs a write: without it, with it, with a trigger for each statement instead of each row, and beside supa_audit's
// design. All four write to the same table, by turns.
// node bench/audit.ts (--short)
import { readFileSync } from "node:fs";
import type pg from "pg";
import { type Contestant, race } from "./clients.ts";
import { median, milliseconds, processorTime, table } from "./measure.ts";
import { addRows } from "./people.ts";
import { withServer } from "./server.ts";
import { withTriggersOff } from "./triggers_off.ts";

const SHORT = process.argv.includes("--short");
const CONVERSATIONS = 10_000;
const ROUNDS = SHORT ? 3 : 5;
/** Of single rows, in a round. */
const WRITES = SHORT ? 100 : 200;
const SINGLES = SHORT ? { seconds: 0.5, rounds: 3 } : { seconds: 2, rounds: 5 };

/** The triggers that are on for each, of those that write down what changed. */
const VARIANTS = {
  "no trail": [],
  ours: ["audit_changes"],
  "by statement": ["record_inserts", "record_updates"],
  "supa_audit's design": ["record_version"],
} as const;
/** Milliseconds. */
interface Took {
  readonly wall: number;
  readonly processor: number;
}
type Variant = keyof typeof VARIANTS;
const names = Object.keys(VARIANTS) as Variant[];
const each = <Value>(value: (variant: Variant) => Value): Record<Variant, Value> =>
  Object.fromEntries(names.map((name) => [name, value(name)])) as Record<Variant, Value>;

await withServer(async ({ admin }) => {
  await addRows(admin, "acme", 20);
  for (const file of ["by_statement.sql", "by_record_version.sql"])
    await admin.query(readFileSync(new URL(`audit/${file}`, import.meta.url), "utf8"));
  await only("no trail");
  const { rows } = await admin.query<{ tenant_id: string; id: string; user_id: string }>(
    `insert into app.conversations (tenant_id, user_id, title)
     select tenant_id, user_id, 'One of many'
     from app.memberships cross join generate_series(1, $1::integer / 20)
     returning tenant_id, id, user_id`,
    [CONVERSATIONS],
  );
  await admin.query("vacuum (analyze) app.conversations");
  let written = 0;
  await agree();

  const client = await admin.connect();
  const { rows: backends } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  const alone: Record<string, Record<Variant, Took>> = {};
  for (const [what, write] of Object.entries({ update, insert })) {
    alone[`${what} of one row`] = await byTurns(async (round) => {
      for (let turn = 0; turn < WRITES; turn++) await write(client, round * WRITES + turn);
    }, WRITES);
  }
  for (const [what, write] of Object.entries({ update: updateAll, insert: insertMany }))
    alone[`${what} of ${CONVERSATIONS.toLocaleString("en")} rows`] = await byTurns(
      (round) => write(client, round),
      1,
    );
  const cells = (took: Record<Variant, Took>, of: keyof Took): string[] =>
    names.map(
      (name) => `${milliseconds(took[name][of])} (${(took[name][of] / took["no trail"][of]).toFixed(2)})`,
    );
  for (const [of, called] of [
    ["processor", "processor time of PostgreSQL for one"],
    ["wall", "time that one took"],
  ] as const) {
    console.log(
      table(
        [called, ...names],
        Object.entries(alone).map(([what, took]) => [what, ...cells(took, of)]),
      ),
    );
    console.log();
  }
  client.release();

  const lines: string[][] = [];
  for (const [what, turn] of Object.entries({ update, insert })) {
    const rates = await race(
      each((variant): Contestant => ({ pool: admin, turn, before: () => only(variant) })),
      { clients: 4, ...SINGLES },
    );
    lines.push([
      `${what} of one row, 4 clients`,
      ...names.map(
        (name) =>
          `${Math.round(rates[name]).toLocaleString("en")} (${(rates["no trail"] / rates[name]).toFixed(2)})`,
      ),
    ]);
    await forget();
  }
  console.log(table(["per second", ...names], lines));
  console.log("\nIn parentheses: how many times what no trail costs.\n");

  const stored: string[][] = [];
  for (const [what, write] of Object.entries({ update: updateAll, insert: insertMany })) {
    const line = (name: Variant, { heap, indexes }: Stored): string[] => [
      `${what}, ${name}`,
      ...[heap + indexes, heap, indexes].map((bytes) => Math.round(bytes).toLocaleString("en")),
    ];
    for (const name of ["ours", "supa_audit's design"] as const) {
      await only(name);
      const before = await storage(name);
      for (let round = 0; round < 3; round++) await write(admin, round);
      const after = await storage(name);
      const events = after.events - before.events;
      stored.push(
        line(name, {
          heap: (after.heap - before.heap) / events,
          indexes: (after.indexes - before.indexes) / events,
        }),
      );
      await forget();
    }
  }
  console.log(table(["bytes of an event", "in all", "table", "indexes"], stored));

  async function only(variant: Variant): Promise<void> {
    const on: readonly string[] = VARIANTS[variant];
    const all = Object.values(VARIANTS).flat();
    await admin.query(
      `alter table app.conversations ${all
        .map((trigger) => `${on.includes(trigger) ? "enable" : "disable"} trigger ${trigger}`)
        .join(", ")}`,
    );
  }

  /** Lets each variant do the work, by turns and several times round. */
  async function byTurns(
    work: (round: number) => Promise<unknown>,
    writes: number,
  ): Promise<Record<Variant, Took>> {
    const took = each((): Took[] => []);
    for (let round = 0; round < ROUNDS; round++) {
      for (const name of names) {
        await only(name);
        const [began, ran] = [performance.now(), processorTime(backends[0]!.pid) ?? Number.NaN];
        await work(round);
        took[name].push({
          wall: (performance.now() - began) / writes,
          processor: ((processorTime(backends[0]!.pid) ?? Number.NaN) - ran) / 1_000 / writes,
        });
        await forget();
      }
    }
    return each((name) => ({
      wall: median(took[name].map(({ wall }) => wall)),
      processor: median(took[name].map(({ processor }) => processor)),
    }));
  }

  /** Another one each time: a row that is written again as it was is no event. */
  function another(): string {
    written += 1;
    return `Title ${written}`;
  }

  function update(client: pg.ClientBase, turn: number): Promise<unknown> {
    const row = rows[turn % rows.length]!;
    return client.query({
      name: "update",
      text: "update app.conversations set title = $3 where tenant_id = $1 and id = $2",
      values: [row.tenant_id, row.id, another()],
    });
  }

  function insert(client: pg.ClientBase, turn: number): Promise<unknown> {
    const row = rows[turn % rows.length]!;
    return client.query({
      name: "insert",
      text: "insert into app.conversations (tenant_id, user_id, title) values ($1, $2, $3)",
      values: [row.tenant_id, row.user_id, `New ${turn}`],
    });
  }

  function updateAll(to: pg.ClientBase | pg.Pool): Promise<unknown> {
    return to.query("update app.conversations set title = $1", [another()]);
  }

  function insertMany(to: pg.ClientBase | pg.Pool, round: number): Promise<unknown> {
    return to.query(
      `insert into app.conversations (tenant_id, user_id, title)
       select tenant_id, user_id, $2 from app.memberships cross join generate_series(1, $1::integer / 20)`,
      [CONVERSATIONS, `New ${round}`],
    );
  }

  /** Takes new rows away, so that whoever comes next finds the table as it was. */
  async function forget(): Promise<void> {
    await withTriggersOff(admin, (client) =>
      client.query("delete from app.conversations where title like 'New %'"),
    );
    await admin.query("vacuum (analyze) app.conversations");
  }

  /** Ours and the one by statement have to write the same, or the comparison says nothing. */
  async function agree(): Promise<void> {
    const written = async (variant: Variant): Promise<unknown[]> => {
      await only(variant);
      const { rows: last } = await admin.query("select coalesce(max(id::text), '') as id from audit.events");
      await insertMany(admin, 0);
      await admin.query("update app.conversations set title = 'New again' where title = 'New 0'");
      await admin.query("update app.conversations set updated_at = now() where title = 'New again'");
      await forget();
      const { rows: events } = await admin.query(
        `select action, table_name, actor_kind, old_row - '{id,created_at,updated_at}'::text[] as was,
           new_row - '{id,created_at,updated_at}'::text[] as is, row_id = new_row ->> 'id' as named,
           row_key = jsonb_build_object('tenant_id', tenant_id, 'id', row_id) as keyed, count(*)
         from audit.events where id::text > $1 group by 1, 2, 3, 4, 5, 6, 7 order by 1, 5`,
        [last[0].id],
      );
      return events;
    };
    const [row, statement] = [await written("ours"), await written("by statement")];
    if (row.length === 0 || JSON.stringify(row) !== JSON.stringify(statement))
      throw new Error("the trigger by statement does not write what ours does");
  }

  interface Stored {
    readonly heap: number;
    readonly indexes: number;
  }

  async function storage(name: Variant): Promise<Stored & { readonly events: number }> {
    const kept = name === "ours" ? "audit.events" : "other.record_version";
    const { rows: sums } = await admin.query<{ heap: number; indexes: number; events: number }>(
      `select sum(pg_table_size(relid))::float8 as heap, sum(pg_indexes_size(relid))::float8 as indexes,
         (select count(*) from ${kept})::float8 as events
       from (select relid from pg_partition_tree($1) union select $1::regclass) as part`,
      [kept],
    );
    return sums[0]!;
  }
});
