// What typical operations of the API read in a large database: 2,000 tenants whose sizes follow Zipf's law. For each, the
// time, and the rows and pages that the plans of all it ran looked at, in a large, a middle and a small tenant; and whether
// each scan began at the tenant's index and ended at the limit. `node bench/plans.ts`; `--short` for fewer rows, in two
// minutes. Exits with 1 if a scan did not.
import pg from "pg";
import { explainAll, hearPlans, judge, type Reading, readCatalogue } from "./explained.ts";
import { openApi } from "./graphql.ts";
import { median, table } from "./measure.ts";
import { ASKING, type Asking } from "./operations.ts";
import { type BenchServer, withServer } from "./server.ts";
import { type Amounts, addSkewedTenants, sampleOf, type TenantSample } from "./skewed_tenants.ts";
import { type Run, TASKS, type Task } from "./tasks.ts";

const SHORT = process.argv.includes("--short");
const AMOUNTS: Amounts = SHORT
  ? { tenants: 2_000, people: 25_000, conversations: 30_000, messages: 300_000, events: 150_000 }
  : { tenants: 2_000, people: 25_000, conversations: 500_000, messages: 5_000_000, events: 1_500_000 };
/** A tenant's place among them by size. */
const RANKS = { large: 1, middle: 45, small: 2_000 } as const;
type Size = keyof typeof RANKS;
const SIZES = Object.keys(RANKS) as Size[];
/** Of what is timed. */
const ROUNDS = SHORT ? 5 : 15;
/** PostgreSQL plans a prepared statement for its values five times, then perhaps for any: both plans are looked at. */
const PLANNINGS = 7;

type Samples = Readonly<Record<Size, TenantSample>>;

// Nothing here waits for the disk, so nothing is lost by not syncing it.
await withServer(
  async (server) => {
    const began = performance.now();
    await addSkewedTenants(server.admin, AMOUNTS);
    const seconds = Math.round((performance.now() - began) / 1_000);
    console.log(`Filled in ${seconds} s: ${JSON.stringify(AMOUNTS)}\n`);
    const samples = {} as Record<Size, TenantSample>;
    for (const size of SIZES) samples[size] = await sampleOf(server.admin, RANKS[size]);
    report(await timesOf(server, samples), await readingsOf(server, samples));
  },
  { durable: false },
);

/** One way to do a task: in one tenant, as one person. */
interface Way {
  readonly task: Task;
  readonly size: Size;
  readonly asking: Asking;
  readonly run: Run;
}

/** Every way in each tenant, as everybody who may ask. */
function waysOf(task: Task, samples: Samples): Way[] {
  return (task.as ?? ASKING).flatMap((asking) =>
    SIZES.flatMap((size) => task.runs(samples[size], asking).map((run) => ({ task, size, asking, run }))),
  );
}

/** Median milliseconds of each way, those of a task by turns. */
async function timesOf({ admin, app, auth }: BenchServer, samples: Samples): Promise<Map<Way, number>> {
  const asked = { admin, auth, api: await openApi(newPool(app)) };
  const times = new Map<Way, number>();
  for (const task of TASKS) {
    const ways = waysOf(task, samples);
    const took = ways.map((): number[] => []);
    for (let round = -1; round < ROUNDS; round++) {
      for (const [index, { run }] of ways.entries()) {
        const milliseconds = await run(asked, () => {});
        if (round >= 0) took[index]!.push(milliseconds);
      }
    }
    for (const [index, way] of ways.entries()) times.set(way, median(took[index]!));
  }
  await asked.api.close();
  return times;
}

/** What the plans of each way read, over all its plannings: the last one's rows and pages, and every violation. */
async function readingsOf({ admin, app, auth }: BenchServer, samples: Samples): Promise<Map<Way, Reading>> {
  await explainAll(admin, ["rowhouse_app", "rowhouse_auth"]);
  const catalogue = await readCatalogue(admin);
  const pools = { app: newPool(app), auth: newPool(auth) };
  const heard = [hearPlans(pools.app), hearPlans(pools.auth)];
  const asked = { admin, auth: pools.auth, api: await openApi(pools.app) };
  const forget = (): void => {
    for (const plans of heard) plans.length = 0;
  };
  const readings = new Map<Way, Reading>();
  for (const way of TASKS.flatMap((task) => waysOf(task, samples))) {
    const all: Reading[] = [];
    for (let planning = 0; planning < PLANNINGS; planning++) {
      await way.run(asked, forget);
      all.push(judge(heard.flat(), catalogue, way.task.rows ?? 1));
    }
    readings.set(way, { ...all.at(-1)!, violations: all.flatMap(({ violations }) => violations) });
  }
  await asked.api.close();
  await pools.auth.end();
  return readings;
}

/** With connections of its own: what a role is set to is heard when one begins. */
function newPool({ options }: pg.Pool): pg.Pool {
  return new pg.Pool({ connectionString: options.connectionString, max: 4 });
}

/** Prints a line for each task, and what was not as it should be. */
function report(times: ReadonlyMap<Way, number>, readings: ReadonlyMap<Way, Reading>): void {
  const of = <T>(all: ReadonlyMap<Way, T>, task: Task, size: Size): T[] =>
    [...all].filter(([way]) => way.task === task && way.size === size).map(([, told]) => told);
  const lines = TASKS.map((task) => [
    task.name,
    ...SIZES.flatMap((size) => {
      const read = of(readings, task, size);
      return [
        median(of(times, task, size)).toFixed(1),
        String(Math.max(...read.map(({ rows }) => rows))),
        String(Math.max(...read.map(({ pages }) => pages))),
      ];
    }),
  ]);
  console.log(table(["operation", ...SIZES.flatMap((size) => [`${size}: ms`, "rows", "pages"])], lines));

  const violations = new Set(
    [...readings].flatMap(([{ task, size, asking }, reading]) =>
      reading.violations.map((violation) => `${task.name}, ${asking} of the ${size} tenant: ${violation}`),
    ),
  );
  if (violations.size > 0) process.exitCode = 1;
  console.log("");
  console.log([...violations].join("\n") || "Every scan begins at its index and ends at the limit.");
}
