// What it costs to watch over open subscriptions: the one call a second of a process, by how many are open and whose they are.
// node bench/subscriptions.ts
import { createHash } from "node:crypto";
import type pg from "pg";
import { changedMarks, type Marked } from "../src/graphql/subscriptions/marks.ts";
import { median, milliseconds, processorTime, table } from "./measure.ts";
import { addRows, type Person } from "./people.ts";
import { withServer } from "./server.ts";
import { withTriggersOff } from "./triggers_off.ts";

const PEOPLE = 1_000;
const CONVERSATIONS = 20;
const TURNS = 20;
const ROUNDS = 40;

await withServer(
  async ({ admin, auth }) => {
    const people = await addRows(admin, "acme", PEOPLE);
    const rows = await talk(admin);
    await admin.query("vacuum analyze");
    const client = await auth.connect();
    try {
      const lines = [];
      for (const [open, by] of [
        [1, 1],
        [100, 100],
        [1_000, 1_000],
        [1_000, 50],
      ] as const) {
        lines.push(await watched(client, subscriptions(people.slice(0, by), rows, open), by));
      }
      console.log(table(["open", "credentials", "a look", "processor, PostgreSQL", "of a core"], lines));
    } finally {
      client.release();
    }
  },
  { durable: false },
);

/** Conversations of each person with questions of the last day, each answered; their ids by person. */
async function talk(admin: pg.Pool): Promise<ReadonlyMap<string, readonly string[]>> {
  return withTriggersOff(admin, async (client) => {
    await client.query(
      `insert into app.conversations (tenant_id, user_id, title)
       select tenant_id, user_id, 'About tea' from app.memberships, generate_series(1, $1)`,
      [CONVERSATIONS],
    );
    await client.query(
      `insert into auth.turns (tenant_id, user_id, conversation_id, credential_kind, credential_id, settlement, generator, model,
         settled_at, outcome)
       select tenant_id, user_id, id, 'session', user_id, sha256(''), 'model', 'large', now(), 'complete'
       from app.conversations, generate_series(1, $1)`,
      [TURNS],
    );
    const { rows } = await client.query<{ user: string; ids: string[] }>(
      `select user_id as "user", array_agg(id) as ids from app.conversations group by 1`,
    );
    return new Map(rows.map(({ user, ids }) => [user, ids]));
  });
}

function subscriptions(
  people: readonly Person[],
  rows: ReadonlyMap<string, readonly string[]>,
  open: number,
): (Marked & { mark: string | null })[] {
  return Array.from({ length: open }, (_, n) => {
    const { handle, userId } = people[n % people.length]!;
    const mine = rows.get(userId)!;
    return {
      caller: { credential: createHash("sha256").update(handle).digest() },
      subject: { kind: "conversation", id: mine[Math.floor(n / people.length) % mine.length]! },
      mark: null,
    };
  });
}

/** The medians of looks that find nothing new. */
async function watched(
  client: pg.PoolClient,
  open: (Marked & { mark: string | null })[],
  credentials: number,
): Promise<string[]> {
  const pid = (await client.query<{ pid: number }>("select pg_backend_pid() as pid")).rows[0]!.pid;
  for (const [one, mark] of await changedMarks(client, open)) one.mark = mark;
  const walls: number[] = [];
  const processors: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = processorTime(pid) ?? Number.NaN;
    const began = performance.now();
    const changed = await changedMarks(client, open);
    walls.push(performance.now() - began);
    processors.push(((processorTime(pid) ?? Number.NaN) - before) / 1_000);
    if (changed.length > 0) throw new Error(`${changed.length} changed, and nobody did anything`);
  }
  const processor = median(processors);
  return [
    open.length.toLocaleString("en"),
    credentials.toLocaleString("en"),
    milliseconds(median(walls)),
    milliseconds(processor),
    `${(processor / 10).toFixed(1)} %`,
  ];
}
