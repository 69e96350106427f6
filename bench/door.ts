// What the door and the policies cost a request: each in a transaction of its own, over the wire.
// node bench/door.ts
import type pg from "pg";
import { type Contestant, race } from "./clients.ts";
import { median, processorTime, table } from "./measure.ts";
import { addRows, type Person } from "./people.ts";
import { withServer } from "./server.ts";

const CALLS = 200;
const ROUNDS = 25;

await withServer(
  async ({ admin, app }) => {
    const [, person] = await addRows(admin, "acme", 20);
    if (!person) throw new Error("nobody moved in");
    const row = await converse(admin, person);

    const client = await app.connect();
    const took = await byTurns(client, statements(person)).finally(() => client.release());
    console.log(table(["statement", "µs", "processor µs", "more than the line before"], costRows(took)));

    const rates = await race(reads(admin, app, person, row));
    console.log(`\n${table(["transaction", "per second", "of the first"], rateRows(rates))}`);
  },
  { durable: false },
);

/** Each is a prepared statement and a transaction of its own; each asks for one thing more than the one before. */
function statements({ handle }: Person): Record<string, string> {
  const door = `context.enter(sha256('${handle}'))`;
  const tenant = "(select context.tenant_id())";
  const own = "(select context.user_where('chat'))";
  const all = "(select context.tenant_where('view_all_chats'))";
  return {
    "a function that says nothing": `select context.unverified_user_id()`,
    "the door": `select ${door}`,
    "and a policy's first look": `select ${door}, ${tenant}`,
    "and a second": `select ${door}, ${tenant}, ${own}`,
    "and a third": `select ${door}, ${tenant}, ${own}, ${all}`,
  };
}

interface Cost {
  /** Microseconds until the answer. */
  readonly wall: number;
  /** Microseconds of processor time in the backend; null where the system does not tell. */
  readonly processor: number | null;
}

/** The medians of each statement's rounds, the statements by turns. */
async function byTurns(
  client: pg.ClientBase,
  texts: Record<string, string>,
): Promise<ReadonlyMap<string, Cost>> {
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  const pid = rows[0]!.pid;
  const costs = new Map(Object.keys(texts).map((name) => [name, [] as Cost[]]));
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, text] of Object.entries(texts)) {
      const before = processorTime(pid);
      const began = performance.now();
      for (let call = 0; call < CALLS; call++) await client.query({ name, text });
      const wall = ((performance.now() - began) * 1_000) / CALLS;
      const after = processorTime(pid);
      const processor = before === null || after === null ? null : (after - before) / CALLS;
      // The first round only warms up.
      if (round >= 0) costs.get(name)?.push({ wall, processor });
    }
  }
  return new Map(
    [...costs].map(([name, all]) => [
      name,
      {
        wall: median(all.map(({ wall }) => wall)),
        processor: all[0]?.processor === null ? null : median(all.map(({ processor }) => processor ?? 0)),
      },
    ]),
  );
}

function costRows(costs: ReadonlyMap<string, Cost>): string[][] {
  const all = [...costs.values()];
  return [...costs].map(([name, { wall, processor }], place) => {
    const before = all[place - 1];
    const more = (now: number | null, then: number | null | undefined): string =>
      now === null || then == null ? "" : (now - then).toFixed(0);
    return [
      name,
      wall.toFixed(0),
      processor?.toFixed(0) ?? "",
      before ? `${more(wall, before.wall)} (processor ${more(processor, before.processor)})` : "",
    ];
  });
}
interface Row {
  readonly tenant_id: string;
  readonly id: string;
}

/** A single row by its key, in a transaction of four messages; without the door as the superuser, past all policies. */
function reads(admin: pg.Pool, app: pg.Pool, person: Person, { tenant_id, id }: Row) {
  const read = { name: "read", text: "select * from app.conversations where tenant_id = $1 and id = $2" };
  const around = (prelude: pg.QueryConfig) => async (client: pg.ClientBase) => {
    await client.query("begin");
    await client.query(prelude);
    const { rowCount } = await client.query({ ...read, values: [tenant_id, id] });
    await client.query("commit");
    if (rowCount !== 1) throw new Error(`read ${rowCount} rows`);
  };
  return {
    "a plain setting, no policies": {
      pool: admin,
      turn: around({
        name: "setting",
        text: "select set_config('rowhouse.tenant', $1, true)",
        values: [tenant_id],
      }),
    },
    "the door and the policies": {
      pool: app,
      turn: around({
        name: "door",
        text: "select context.enter(sha256(convert_to($1, 'UTF8')))",
        values: [person.handle],
      }),
    },
  } satisfies Record<string, Contestant>;
}

async function converse(admin: pg.Pool, { userId }: Person): Promise<Row> {
  const { rows } = await admin.query<Row>(
    `insert into app.conversations (tenant_id, user_id, title)
     select tenant_id, user_id, 'One of many' from app.memberships, generate_series(1, 1000)
     where user_id = $1
     returning tenant_id, id`,
    [userId],
  );
  await admin.query("vacuum (analyze) app.conversations");
  const [row] = rows;
  if (!row) throw new Error("there is no conversation");
  return row;
}

function rateRows(rates: Record<string, number>): string[][] {
  const [first = Number.NaN] = Object.values(rates);
  return Object.entries(rates).map(([name, rate]) => [
    name,
    Math.round(rate).toLocaleString("en"),
    `${Math.round((rate / first) * 100)} %`,
  ]);
}
