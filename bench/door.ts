// What the door costs: its calls in microseconds, and a short read with and without it.
// node bench/door.ts
import type pg from "pg";
import { type Contestant, race } from "./clients.ts";
import { median, table } from "./measure.ts";
import { enter, moveIn, type Person } from "./people.ts";
import { withServer } from "./server.ts";

const CALLS = 5_000;
const ROUNDS = 7;

await withServer(
  async ({ admin, app }) => {
    const [, person] = await moveIn(admin, "acme", 20);
    if (!person) throw new Error("nobody moved in");
    const row = await converse(admin, person);

    const client = await app.connect();
    const rows = [];
    for (const [what, call] of Object.entries(calls(person))) {
      rows.push([`\`${what}\``, (await microseconds(client, person, call)).toFixed(1)]);
    }
    client.release();
    console.log(table(["call", "µs"], rows));

    const rates = await race(reads(admin, app, person, row));
    console.log(`\n${table(["transaction", "per second", "of the first"], rateRows(rates))}`);
  },
  { durable: false },
);

function calls({ handle }: Person): Record<string, string> {
  return {
    "current_setting() (nothing sealed)": "current_setting('rowhouse.context', true)",
    "context.claims()": "context.claims()",
    "context.tenant_where()": "context.tenant_where('chat')",
    "context.enter()": `context.enter(sha256('${handle}'))`,
  };
}

/** The time of one call from plpgsql, less that of the empty loop around it. */
async function microseconds(client: pg.ClientBase, person: Person, call: string): Promise<number> {
  const loop = async (expression: string): Promise<number> => {
    await enter(client, person);
    const began = performance.now();
    await client.query(`do $$ begin for n in 1..${CALLS} loop perform ${expression}; end loop; end $$`);
    const took = performance.now() - began;
    await client.query("commit");
    return (took * 1_000) / CALLS;
  };
  const took: number[] = [];
  for (let round = 0; round < ROUNDS; round++) took.push((await loop(call)) - (await loop("1")));
  return median(took);
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
