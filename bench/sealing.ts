// What sealing the trail costs: a write with the index that it needs and without, a sealed event, a verified one.
// node bench/sealing.ts [events]
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import pg from "pg";
import { keyVerifier } from "../src/audit/audit_key.ts";
import { databaseKeys, databaseTree } from "../src/audit/database_tree.ts";
import { exportTrail } from "../src/audit/export_trail.ts";
import { ownKeys } from "../src/audit/own_keys.ts";
import { signTrees } from "../src/audit/sign_trees.ts";
import { verifyDatabase } from "../src/audit/verify_database.ts";
import { verifyExport } from "../src/audit/verify_export.ts";
import { masterKeys } from "../src/auth/encryption.ts";
import { race } from "./clients.ts";
import { processorTime, table } from "./measure.ts";
import { addRows } from "./people.ts";
import { BENCH_KEY, withServer } from "./server.ts";

const EVENTS = Number(process.argv[2] ?? 1_000_000);
const BATCH = 2_000;
/** Updates that the events are copies of. */
const SAMPLES = 1_000;

await withServer(async ({ admin, connections, folder }) => {
  await addRows(admin, "acme", 20);
  const { rows } = await admin.query<{ tenant_id: string; id: string }>(
    `insert into app.conversations (tenant_id, user_id, title)
     select tenant_id, user_id, 'One of many' from app.memberships cross join generate_series(1, 500)
     returning tenant_id, id`,
  );
  const tenant = rows[0]!.tenant_id;
  const indexed = (on: boolean) => () =>
    admin.query(
      on
        ? "create index if not exists events_by_transaction on audit.events (transaction_id, tenant_id, id)"
        : "drop index if exists audit.events_by_transaction",
    );
  const turn = (client: pg.ClientBase, turn: number) => {
    const row = rows[turn % rows.length];
    return client.query({
      name: "update",
      text: "update app.conversations set title = $3 where tenant_id = $1 and id = $2",
      values: [row?.tenant_id, row?.id, `Title ${turn}`],
    });
  };
  const rates = await race({
    without: { pool: admin, turn, before: indexed(false) },
    with: { pool: admin, turn, before: indexed(true) },
  });

  // Copies of real events, of as many transactions: what the trail holds after a while.
  await admin.query(
    `insert into audit.events (tenant_id, transaction_id, action, severity, table_name, row_key, row_id, old_row, new_row, actor_kind,
       actor_id, credential_id, request_id, ip, user_agent)
     select tenant_id, transaction_id, action, severity, table_name, row_key, row_id, old_row, new_row, 'session',
       gen_random_uuid(), gen_random_uuid(), gen_random_uuid()::text, '192.0.2.7', 'Mozilla/5.0'
     from (select * from audit.events where table_name = 'app.conversations' and action = 'update' limit ${SAMPLES}) as sample
     cross join generate_series(1, $1::integer / ${SAMPLES})`,
    [EVENTS],
  );
  await admin.query("vacuum (analyze) audit.events");

  const worker = new pg.Client({ connectionString: connections.worker });
  await worker.connect();
  const [sealing, sealed] = await timed(await backendOf(worker), async () => {
    for (let all = 0; ; ) {
      const { rows: steps } = await worker.query("select jobs.seal_audit($1) as step", [BATCH]);
      all += steps[0].step.sealed;
      if (!steps[0].step.more) return all;
    }
  });
  const keys = masterKeys({ masterKey: BENCH_KEY, previousMasterKey: null });
  await signTrees(worker, await ownKeys(worker, keys, "bench.example/audit"));
  await worker.end();

  const client = await admin.connect();
  const trusted = (await databaseKeys(client)).map(keyVerifier);
  const backend = await backendOf(client);
  const [verifying, verdict] = await timed(backend, () => verifyDatabase(client, tenant, { keys: trusted }));
  const path = join(folder, "trail.jsonl");
  const [exporting] = await timed(backend, async () => {
    await client.query("begin isolation level repeatable read read only");
    await pipeline(
      Readable.from(exportTrail(await databaseTree(client, tenant)), { objectMode: false }),
      createWriteStream(path),
    );
    await client.query("rollback");
  });
  const [reading, offline] = await timed(null, () => verifyExport(path, { keys: trusted }));
  client.release();
  for (const { problems } of [verdict, offline])
    if (problems.length > 0) throw new Error(JSON.stringify(problems[0]));

  const line = (what: string, events: number, { seconds, node, postgres }: Took): string[] => [
    what,
    events.toLocaleString("en"),
    `${seconds.toFixed(1)} s`,
    `${postgres.toFixed(1)} s`,
    `${node.toFixed(1)} s`,
    Math.round(events / seconds).toLocaleString("en"),
  ];
  console.log(
    `updates of one row per second, 4 clients: ${Math.round(rates.without)} without the index that sealing needs, ${Math.round(rates.with)} with it (${(rates.without / rates.with).toFixed(2)} to 1)\n`,
  );
  console.log(
    table(
      ["", "events", "took", "PostgreSQL ran", "Node.js ran", "events a second"],
      [
        line("sealing", sealed, sealing),
        line("`rowhouse audit verify`", verdict.size, verifying),
        line("`rowhouse audit export`", verdict.size, exporting),
        line("verifying the export", offline.size, reading),
      ],
    ),
  );
});

/** Seconds that it took, and that the processes ran which were at it: where others keep the machine busy, these are less. */
interface Took {
  readonly seconds: number;
  readonly node: number;
  readonly postgres: number;
}

/** @param backend the process of PostgreSQL that works for it */
async function timed<T>(backend: number | null, work: () => Promise<T>): Promise<[took: Took, result: T]> {
  const running = (): number => (backend === null ? 0 : (processorTime(backend) ?? 0));
  const [began, own, theirs] = [performance.now(), process.cpuUsage(), running()];
  const result = await work();
  const { user, system } = process.cpuUsage(own);
  return [
    {
      seconds: (performance.now() - began) / 1_000,
      node: (user + system) / 1_000_000,
      postgres: (running() - theirs) / 1_000_000,
    },
    result,
  ];
}

async function backendOf(client: pg.ClientBase): Promise<number> {
  return (await client.query("select pg_backend_pid() as pid")).rows[0].pid;
}
