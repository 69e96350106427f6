import { EventEmitter, once } from "node:events";
import { Writable } from "node:stream";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createAuditPartitions } from "../../src/jobs/create_audit_partitions.ts";
import { callFunction, type Job } from "../../src/jobs/job.ts";
import { jobs, schedule } from "../../src/jobs/jobs.ts";
import { startWorker, type Worker } from "../../src/jobs/worker.ts";
import { createLog } from "../../src/log.ts";
import { createMetrics, type Metrics } from "../../src/metrics.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { jobContext } from "../support/jobs.ts";
import { type Network, networkTo } from "../support/network.ts";

type Line = Record<string, unknown>;

let database: TestDatabase;
let running: Worker[] = [];
beforeAll(async () => {
  database = await createDatabase();
});
afterEach(async () => {
  await Promise.all(running.map((worker) => worker.stop()));
  running = [];
  await database.worker.query("delete from graphile_worker._private_jobs");
});
afterAll(() => database.drop());

/** A worker, and a promise of the first line it logs that has these fields. */
async function start(
  given: { jobs?: Record<string, Job>; connectionString?: string; metrics?: Metrics } = {},
) {
  const lines: Line[] = [];
  const logged = new EventEmitter();
  const log = createLog(
    { logLevel: "info", logFormat: "json" },
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(JSON.parse(chunk.toString()) as Line);
        logged.emit("line");
        done();
      },
    }),
  );
  const worker = await startWorker({
    connectionString: database.workerUrl,
    config: jobContext(database).config,
    log,
    ...given,
  });
  running.push(worker);
  return {
    stop: async () => {
      running = running.filter((other) => other !== worker);
      await worker.stop();
    },
    lines,
    async line(wanted: Line): Promise<Line> {
      for (;;) {
        const found = lines.find((line) =>
          Object.entries(wanted).every(([key, value]) => line[key] === value),
        );
        if (found) return found;
        await once(logged, "line");
      }
    },
  };
}

async function enqueue(name: string): Promise<void> {
  await database.worker.query("select graphile_worker.add_job($1, '{}')", [name]);
}

async function queue(): Promise<{ id: string; job: string; state: string }[]> {
  return (await database.worker.query("select * from jobs.list()")).rows;
}

async function waiting(): Promise<number> {
  const { rows } = await database.worker.query("select count(*)::int as count from graphile_worker.jobs");
  return rows[0].count;
}

/** A job that begins, and ends when it is told to. */
function slowJob() {
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const job: Job = async () => {
    begun.resolve();
    await end.promise;
    return { slept: true };
  };
  return { job, begun: begun.promise, end: () => end.resolve() };
}

test("the crontab and the jobs name each other", () => {
  expect(new Set(schedule().map(({ task }) => task))).toEqual(new Set(Object.keys(jobs)));
});

test("no job carries data of its own: the crontab has no payloads", () => {
  expect(schedule().map(({ payload }) => payload)).toEqual(schedule().map(() => null));
});

test("a job in the queue is run, leaves the queue, and is one line of the log", async () => {
  const worker = await start();
  await enqueue("expire_mail");
  const line = await worker.line({ job: "expire_mail" });
  expect(line).toMatchObject({ level: 30, msg: "job done", tokens: 0, mails: 0, ms: expect.any(Number) });
  await worker.stop();
  expect(await waiting()).toBe(0);
  expect(worker.lines.filter(({ job }) => job === "expire_mail")).toHaveLength(1);
});

test("a worker makes missing months of the trail as it starts", async () => {
  const { rows } = await database.admin.query(
    `select 'events_' || to_char((now() at time zone 'UTC') + interval '2 months', 'YYYY_MM') as month`,
  );
  await database.admin.query(`drop table audit.${rows[0].month}`);
  const worker = await start();
  expect(await worker.line({ job: "create_audit_partitions" })).toMatchObject({ created: 1 });
});

test("readiness sees the worker as soon as it has started", async () => {
  await database.admin.query("delete from jobs.heartbeats");
  const seen = () => database.app.query("select worker_seen_at as at from context.readiness()");
  expect((await seen()).rows).toEqual([{ at: null }]);
  await start();
  expect((await seen()).rows).toEqual([{ at: expect.any(Date) }]);
});

test("stop waits for the jobs in hand and takes no other", async () => {
  const [one, other] = [slowJob(), slowJob()];
  const worker = await start({ jobs: { one: one.job, other: other.job } });
  await enqueue("one");
  await enqueue("other");
  await Promise.all([one.begun, other.begun]);
  await enqueue("one");

  let stopped = false;
  const stopping = worker.stop().then(() => {
    stopped = true;
  });
  one.end();
  await worker.line({ job: "one" });
  await database.admin.query("select pg_sleep(0.3)");
  expect(stopped).toBe(false);

  other.end();
  await stopping;
  expect(worker.lines.flatMap(({ job }) => job ?? []).toSorted()).toEqual(["one", "other"]);
  expect(await waiting()).toBe(1);
});

test("a job that fails is logged, and stays in the queue for another attempt", async () => {
  const worker = await start({
    jobs: {
      failing: async () => {
        throw new Error("the job's own trouble");
      },
    },
  });
  await enqueue("failing");
  const line = await worker.line({ level: 50 });
  expect(line.msg).toContain("the job's own trouble");
  await worker.stop();
  const { rows } = await database.worker.query("select attempts, last_error from graphile_worker.jobs");
  expect(rows).toEqual([{ attempts: 1, last_error: expect.stringContaining("the job's own trouble") }]);
});

test("a job that failed for good is said, is seen in the queue and the metrics, and can be run again", async () => {
  let broken = true;
  const metrics = createMetrics();
  const worker = await start({
    metrics,
    jobs: {
      fragile: async () => {
        if (broken) throw new Error("the job's own trouble");
        return { mended: true };
      },
    },
  });
  await database.worker.query("select graphile_worker.add_job('fragile', '{}', max_attempts => 1)");
  expect(await worker.line({ job: "fragile", attempts: 1 })).toMatchObject({
    level: 50,
    jobId: expect.any(String),
  });
  await vi.waitFor(async () => expect(await queue()).toMatchObject([{ job: "fragile", state: "failed" }]));
  const told = await metrics.registry.metrics();
  expect(told).toContain('rowhouse_jobs{job="fragile",state="failed"} 1');
  expect(told).toMatch(/rowhouse_job_duration_seconds_count\{job="fragile",outcome="failed"\} 1/);

  broken = false;
  const [job] = await queue();
  expect((await database.worker.query("select jobs.retry($1) as done", [job!.id])).rows).toEqual([
    { done: true },
  ]);
  expect(await worker.line({ job: "fragile", mended: true })).toMatchObject({ msg: "job done" });
  await worker.stop();
  expect(await queue()).toEqual([]);
  metrics.close();
});

test("a job that waits or is tried again anyway is not retried out of turn", async () => {
  await database.worker.query(
    "select graphile_worker.add_job('later', '{}', run_at => now() + interval '1 hour')",
  );
  const [job] = await queue();
  expect(job).toMatchObject({ job: "later", state: "waiting" });
  expect((await database.worker.query("select jobs.retry($1) as done", [job!.id])).rows).toEqual([
    { done: false },
  ]);
  expect(await queue()).toEqual([job]);
});

test("losing every connection, in the middle of a job too, stops neither the worker nor later jobs", async () => {
  const slow = slowJob();
  const worker = await start({ jobs: { ...jobs, slow: slow.job } });
  await enqueue("slow");
  await slow.begun;
  await database.admin.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'rowhouse worker'",
  );
  slow.end();
  await enqueue("expire_sessions");
  expect(await worker.line({ job: "expire_sessions" })).toMatchObject({ ended: 0 });
});

test("a database that refuses connections for a while is waited for", async () => {
  const worker = await start();
  await worker.line({ job: "create_audit_partitions" });
  await database.admin.query(`alter database ${database.name} connection limit 0`);
  try {
    await database.admin.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'rowhouse worker'",
    );
    await database.admin.query("select pg_sleep(1)");
  } finally {
    await database.admin.query(`alter database ${database.name} connection limit -1`);
  }
  await enqueue("expire_sessions");
  expect(await worker.line({ job: "expire_sessions" })).toMatchObject({ ended: 0 });
});

describe("a network that falls silent", () => {
  let network: Network;
  beforeEach(async () => {
    network = await networkTo(database.adminUrl);
  });
  afterEach(() => network.close());

  test("stops jobs for as long as an answer may take, and no longer", async () => {
    // Two jobs of the crontab's, in hand as silence falls, would wait for as long as a job may take.
    const afterwards: Job = async (context) => ({ answer: await callFunction(context, "select 42") });
    const worker = await start({
      jobs: { create_audit_partitions: createAuditPartitions, afterwards },
      connectionString: network.through(database.workerUrl),
    });
    await worker.line({ job: "create_audit_partitions" });
    network.fallSilent();
    await expect.poll(() => network.swallowed(), { timeout: 20_000 }).toBeGreaterThan(0);
    await network.mend();
    await enqueue("afterwards");
    expect(await worker.line({ job: "afterwards" })).toMatchObject({ answer: 42 });
    // Ten seconds until an answer is given up, and graphile-worker waits before it tries again.
  }, 120_000);

  test("does not keep the worker from stopping, with a job in hand", async () => {
    const endless: Job = async (context) => ({ slept: await callFunction(context, "select pg_sleep(100)") });
    const worker = await start({ jobs: { endless }, connectionString: network.through(database.workerUrl) });
    await enqueue("endless");
    await expect
      .poll(async () => {
        const { rowCount } = await database.admin.query(
          "select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'",
        );
        return rowCount;
      })
      .toBe(1);
    network.fallSilent();
    await worker.stop();
  });
});

test("a database that is not there at the start is said at once", async () => {
  const log = pino({ level: "silent" });
  const { config } = jobContext(database);
  const connectionString = "postgres://rowhouse_worker@127.0.0.1:1/rowhouse";
  await expect(startWorker({ connectionString, config, log })).rejects.toMatchObject({
    code: "ECONNREFUSED",
  });
});

test("requests cannot look into the queue or put anything there", async () => {
  for (const role of ["app", "auth"] as const) {
    for (const statement of [
      "select * from graphile_worker.jobs",
      "select * from graphile_worker._private_jobs",
      "select graphile_worker.add_job('expire_sessions')",
      "select jobs.expire_sessions()",
      "select jobs.rotate_seal_key(interval '0')",
      "select jobs.beat('me')",
      "select * from jobs.list()",
      "select jobs.retry(1)",
      "select * from jobs.measure()",
    ]) {
      await expect(database[role].query(statement), statement).rejects.toMatchObject({ code: "42501" });
    }
  }
  expect(await waiting()).toBe(0);
});

test("the worker's role reads no table of tenants, credentials or the trail, and no key", async () => {
  const { rows } = await database.admin.query<{ name: string; view: boolean }>(
    `select format('%I.%I', nspname, relname) as name, relkind = 'v' as view
     from pg_class join pg_namespace on pg_namespace.oid = relnamespace
     where nspname in ('app', 'auth', 'audit', 'context', 'jobs') and relkind in ('r', 'p', 'v', 'm')
       and relname <> 'errors'`,
  );
  expect(rows.length).toBeGreaterThan(15);
  for (const { name, view } of rows) {
    for (const statement of [`select * from ${name}`, ...(view ? [] : [`delete from ${name}`])]) {
      await expect(database.worker.query(statement), statement).rejects.toMatchObject({ code: "42501" });
    }
  }
});
