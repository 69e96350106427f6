import { writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { closingAfter, type Defer } from "../../src/commands/closing.ts";
import { withServer } from "../server.ts";
import { slowNetwork } from "../slow_network.ts";
import type { Contestant } from "./contestant.ts";
import { prepareFixture, preparePlain } from "./fixture.ts";
import type { Options } from "./options.ts";
import { plot } from "./plot.ts";
import { tell } from "./progress.ts";
import { record } from "./record.ts";
import { report } from "./report.ts";
import { type Result, runRounds } from "./rounds.ts";
import type { Size } from "./rows.ts";
import {
  type Fixture,
  type PlainAccess,
  preparePgbench,
  startBetterAuth,
  startOurs,
  startPlain,
} from "./start.ts";

const FULL: Size = { tenants: 200, callers: 200, people: 5, conversations: 1_000, messages: 5 };
const SHORT: Size = { tenants: 100, callers: 100, people: 5, conversations: 200, messages: 5 };

/**
 * Ours beside the others. Prints tables in Markdown, and writes what the options ask for.
 *
 * @param name what `record` puts the tables under
 */
export async function compare(options: Options, name: "peers" | "auth" = "peers"): Promise<void> {
  const size = options.short ? SHORT : FULL;
  const results: Result[] = [];
  const loads = [loadavg()[0]!];
  // Nothing here waits for the disk, so that the disk is not what is compared.
  await withServer(
    (server) =>
      closingAfter(async (defer) => {
        tell("filling the tables");
        const fixture = await prepareFixture(server, size, defer);
        const plain = await preparePlain(fixture);
        for (const { roundTrip, connections } of options.scenarios) {
          await closingAfter(async (deferHere) => {
            const contestants = await startAll(options, fixture, plain, roundTrip, deferHere);
            for (const count of connections) {
              const round = { ...options, scenario: { connections: count, roundTrip }, contestants };
              // Nothing of a login is worth seeing through a network: its time is argon2id's.
              const operations = options.operations.filter((one) => one !== "login" || roundTrip === 0);
              const own = [process.pid, fixture.load.pid];
              results.push(...(await runRounds({ ...round, operations, own, report: tell })));
            }
          });
        }
      }),
    { durable: false },
  );
  loads.push(loadavg()[0]!);
  const tables = report({ options, size, results, loads });
  const drawing = plot(results);
  console.log(tables);
  if (options.svg !== null) await writeFile(options.svg, drawing);
  if (options.record) {
    await record(name, tables);
    if (name === "peers") await writeFile(new URL("../peers.svg", import.meta.url), drawing);
  }
}

async function startAll(
  options: Options,
  fixture: Fixture,
  plain: PlainAccess,
  roundTrip: number,
  defer: Defer,
): Promise<Contestant[]> {
  const contestants: Contestant[] = [];
  let port = Number(new URL(fixture.server.adminUrl).port);
  if (roundTrip > 0) {
    const network = await slowNetwork(port, roundTrip);
    defer(() => network.close());
    port = network.port;
  }
  for (const name of options.contestants) {
    tell(`starting ${name}`);
    if (name === "ours") contestants.push(await startOurs(fixture, port, defer));
    else if (name === "better-auth") contestants.push(await startBetterAuth(fixture, plain, port, defer));
    else if (name !== "pgbench") contestants.push(await startPlain(fixture, plain, port, name, defer));
    else {
      const pgbench = await preparePgbench(fixture, plain, port);
      if (pgbench) contestants.push(pgbench);
      else tell("there is no pgbench here, on the PATH or where Debian's postgresql has it: left out");
    }
  }
  return contestants;
}
