import { loadavg } from "node:os";
import { closingAfter, type Defer } from "../../src/commands/closing.ts";
import { table } from "../measure.ts";
import { type BenchServer, withServer } from "../server.ts";
import { prepareFixture } from "./fixture.ts";
import { DESCRIPTIONS, type Operation } from "./operations.ts";
import type { Options } from "./options.ts";
import { tell } from "./progress.ts";
import { record } from "./record.ts";
import { decimals, noise, type Summary, summarise } from "./report.ts";
import { type Result, runRounds } from "./rounds.ts";
import type { Size } from "./rows.ts";
import { startOurs } from "./start.ts";

/** 50,000 and 1.06 million messages. */
const SMALL: Size = { tenants: 10, callers: 10, people: 5, conversations: 924, messages: 5 };
const LARGE: Size = { tenants: 2_000, callers: 100, people: 5, conversations: 70, messages: 1 };

/** Ours with few tenants and with many, each on a server of its own, by turns: one connection, so that it is latency. */
export async function compareGrowth(options: Options): Promise<void> {
  const before = loadavg()[0]!;
  const results = await withTwoServers(async (servers, defer) => {
    const few = await prepared(servers[0], SMALL, defer);
    const many = await prepared(servers[1], LARGE, defer);
    return runRounds({
      ...options,
      scenario: { connections: 1, roundTrip: 0 },
      contestants: [few.contestant, many.contestant],
      own: [process.pid, few.fixture.load.pid, many.fixture.load.pid],
      report: tell,
    });
  });
  const figures = table(
    ["", "", nameOf(SMALL), nameOf(LARGE), "ratio"],
    options.operations.flatMap((operation) => rows(operation, results)),
  );
  const tables = `${figures}\n\n${noise(results, [before, loadavg()[0]!])}`;
  console.log(tables);
  if (options.record) await record("growth", tables);
}

function rows(operation: Operation, results: readonly Result[]): string[][] {
  const of = (size: Size): Summary => {
    const found = results.find((one) => one.operation === operation && one.contestant === nameOf(size));
    return summarise(found?.samples ?? []);
  };
  const [few, many] = [of(SMALL), of(LARGE)];
  const row = (what: string, value: (summary: Summary) => number): string[] => [
    DESCRIPTIONS[operation],
    what,
    decimals(value(few)),
    decimals(value(many)),
    (value(many) / value(few)).toFixed(2),
  ];
  return [
    row("p50 ms, median round", ({ p50 }) => p50.median),
    row("p50 ms, lowest round", ({ p50 }) => p50.lowest),
    row("p99 ms, median round", ({ p99 }) => p99),
    row("PostgreSQL CPU ms, lowest round", ({ database }) => database.lowest),
  ];
}

async function prepared(server: BenchServer, size: Size, defer: Defer) {
  tell(`filling the tables: ${nameOf(size)}`);
  const fixture = await prepareFixture(server, size, defer);
  const port = Number(new URL(server.adminUrl).port);
  return { fixture, contestant: await startOurs(fixture, port, defer, nameOf(size)) };
}

function nameOf({ tenants }: Size): string {
  return `${tenants.toLocaleString("en")} tenants`;
}

async function withTwoServers<Found>(
  work: (servers: readonly [BenchServer, BenchServer], defer: Defer) => Promise<Found>,
): Promise<Found> {
  let found: Found | undefined;
  const durable = false;
  await withServer(
    (one) =>
      withServer(
        (other) =>
          closingAfter(async (defer) => {
            found = await work([one, other], defer);
          }),
        { durable },
      ),
    { durable },
  );
  return found!;
}
