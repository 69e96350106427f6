import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createApiKeys } from "../../src/auth/api_key.ts";
import { projectRoot } from "../../src/database/migrations.ts";
import { startWorker, type Worker } from "../../src/jobs/worker.ts";
import { createLog } from "../../src/log.ts";
import { createMetrics, type Metrics } from "../../src/metrics.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { jobContext } from "../support/jobs.ts";
import { type SignUp, signUp } from "../support/people.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let metrics: Metrics;
let server: TestServer;
let worker: Worker;
let person: SignUp;
/** Events that the database was made with: PostgreSQL does not copy what it counted. */
let cloned: number;
beforeAll(async () => {
  database = await createDatabase();
  cloned = await events();
  metrics = createMetrics();
  worker = await startWorker({
    connectionString: database.workerUrl,
    config: jobContext(database).config,
    log: createLog({ logLevel: "silent", logFormat: "json" }),
    metrics,
  });
  server = await startTestServer(database, {}, metrics);
  person = await signUp(server, { tenant: { name: "Measured", slug: "measured" } });
});
afterAll(async () => {
  await server.close();
  await worker.stop();
  metrics.close();
  await database.drop();
});

/** What /metrics says of one figure, e.g. `rowhouse_jobs{job="x",state="failed"}`; 0 if it says nothing. */
async function figure(name: string): Promise<number> {
  const { body } = await server.get("/metrics");
  const line = (body as string).split("\n").find((one) => one.startsWith(`${name} `));
  return Number(line?.split(" ")[1] ?? 0);
}

async function events(): Promise<number> {
  const { rows } = await database.admin.query("select count(*)::integer as count from audit.events");
  return rows[0].count;
}

test("docs/metrics.md describes every figure of ours by name, type and labels, and no other", async () => {
  const page = readFileSync(join(projectRoot, "docs", "metrics.md"), "utf8");
  const documented = [...page.matchAll(/^\| `(\w+)` \| (\w+) \|([^|]*)\|/gm)].map(
    ([, name, type, labels]) => ({
      name,
      type,
      labels: [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label),
    }),
  );
  const ours = metrics.registry
    .getMetricsAsArray()
    .map((metric) => metric as unknown as { name: string; type: string; labelNames: string[] })
    .filter(({ name }) => /^(rowhouse|http)_/.test(name))
    .map(({ name, type, labelNames }) => ({ name, type, labels: labelNames }));
  const byName = (one: { name?: string }, other: { name?: string }) => one.name!.localeCompare(other.name!);
  expect(documented.toSorted(byName)).toEqual(ours.toSorted(byName));
});

test("the labels that are told are those that are documented", async () => {
  const { body } = await server.get("/metrics");
  expect(body).toMatch(/^rowhouse_pool_connections_max\{pool="app"\} 10$/m);
  expect(body).toMatch(/^rowhouse_pool_waiting\{pool="app"\} 0$/m);
  for (const pool of ["app", "auth", "worker"]) {
    expect(body).toMatch(
      new RegExp(`^rowhouse_pool_connections\\{pool="${pool}",state="(idle|busy)"\\} \\d+$`, "m"),
    );
  }
});

test("refusals are counted by the code they had, at REST and in GraphQL", async () => {
  const before = await figure('rowhouse_refusals_total{code="token_malformed"}');
  await server.post("/graphql", { query: "{ me { id } }" }, { Authorization: "Bearer nonsense" });
  expect(await figure('rowhouse_refusals_total{code="token_malformed"}')).toBe(before + 1);
  await server.post("/graphql", { query: "{ a: nothing b: nothing }" }, person.headers);
  expect(await figure('rowhouse_refusals_total{code="invalid_query"}')).toBe(1);
});

test("round trips through the door are timed, and whom it refuses is counted by reason", async () => {
  const ok = await figure('rowhouse_door_duration_seconds_count{outcome="ok"}');
  await server.post("/graphql", { query: "{ me { id } }" }, person.headers);
  expect(await figure('rowhouse_door_duration_seconds_count{outcome="ok"}')).toBe(ok + 1);
  await server.post("/graphql", { query: "{ me { id } }" }, { "X-API-Key": createApiKeys().secret });
  expect(await figure('rowhouse_door_refusals_total{reason="unknown"}')).toBe(1);
  expect(await figure('rowhouse_door_duration_seconds_count{outcome="refused"}')).toBe(1);
});

test("jobs are counted in the queue and timed as they run", async () => {
  await database.worker.query("select graphile_worker.add_job('expire_sessions', '{}')");
  for (const deadline = Date.now() + 10_000; ; ) {
    const runs = await figure('rowhouse_job_duration_seconds_count{job="expire_sessions",outcome="ok"}');
    if (runs === 1) break;
    if (Date.now() > deadline) throw new Error("the job was not timed");
  }
  await database.worker.query(
    "select graphile_worker.add_job('expire_sessions', '{}', run_at => now() + interval '1 hour')",
  );
  expect(await figure('rowhouse_jobs{job="expire_sessions",state="waiting"}')).toBe(1);
});

test("events of the trail are counted, from PostgreSQL's own figures", async () => {
  // A backend tells what it counted as it ends, at the latest.
  await database.admin.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
  );
  for (const deadline = Date.now() + 10_000; ; ) {
    const [told, there] = [await figure("rowhouse_trail_events_total"), (await events()) - cloned];
    if (told >= there && told > 0) break;
    if (Date.now() > deadline) throw new Error(`/metrics tells of ${told} events of ${there}`);
  }
});

test("a database that is away leaves the figures that need it out, and no scrape waits for it", async () => {
  await database.admin.query(`alter database ${database.name} connection limit 0`);
  try {
    await database.admin.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = 'rowhouse_worker'",
    );
    const { status, body } = await server.get("/metrics");
    expect(status).toBe(200);
    expect(body).not.toMatch(/^rowhouse_jobs\{/m);
    expect(body).toMatch(/^rowhouse_sign_ins_total\{/m);
  } finally {
    await database.admin.query(`alter database ${database.name} connection limit -1`);
  }
});
