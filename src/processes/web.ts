import cluster from "node:cluster";
import { inspect } from "node:util";
import { existingDatabase, requireMigrated } from "../commands/database.ts";
import { CommandError, knownFailure, withoutPasswords } from "../commands/failures.ts";
import { readConfig } from "../config.ts";
import type { RunningServer } from "../http/server.ts";
import { createLog } from "../log.ts";
import { createMetrics } from "../metrics.ts";
import type { FromWeb, ToWeb } from "./messages.ts";

// What a web process runs: the HTTP server, which the primary tells when to go. Where the primary is gone, node:cluster
// ends the process at once.

/** Milliseconds that /metrics waits for the primary, which waits for the other processes. */
const PAGE_PATIENCE = 5_000;

const metrics = createMetrics();
const pages = new Map<number, (page: string) => void>();
let server: RunningServer | null = null;
let leaving = false;

// A terminal sends these to everybody; what they mean is for the primary to say.
for (const signal of ["SIGINT", "SIGHUP"]) process.on(signal, () => {});
process.on("SIGTERM", () => void tell({ say: "replace" }));
process.on("message", (message: ToWeb) => {
  switch (message.say) {
    case "measure":
      return void tellFigures("figures");
    case "go":
      return process.exit();
    case "page":
      return pages.get(message.question)?.(message.page);
    default:
      return void leave(message.say);
  }
});

try {
  server = await serve();
  await tell({ say: "ready", url: server.url });
} catch (error) {
  await tell({ say: "failed", reason: withoutPasswords(knownFailure(error) ?? inspect(error)) });
  process.exit(1);
}

async function serve(): Promise<RunningServer> {
  const config = readConfig();
  const log = createLog(config).child({ process: cluster.worker?.id });
  const database = existingDatabase(config);
  if (database === null) throw new CommandError("the embedded database is not there any more");
  // What was changed since, the primary told, and /readyz does.
  await requireMigrated(database, () => {});
  if (config.tracing) await (await import("../tracing.ts")).startTracing();
  const { explorerPeople } = await import("../development/demo.ts");
  const { startServer } = await import("../http/server.ts");
  return startServer({
    config,
    connections: database.connections,
    log,
    metrics: { ...metrics, page: pageOfAll },
    people: explorerPeople(config),
  });
}

async function leave(how: "close" | "hand over"): Promise<void> {
  if (leaving) return;
  leaving = true;
  // Before it is ready nobody is served.
  if (server !== null) {
    try {
      await (how === "close" ? server.close() : server.handOver());
    } catch (error) {
      console.error(withoutPasswords(inspect(error)));
      process.exitCode = 1;
    }
  }
  await tellFigures("finished");
}

async function tellFigures(say: "figures" | "finished"): Promise<void> {
  await tell({ say, figures: await metrics.registry.getMetricsAsJSON() });
}

/** What all processes measured: the primary asks them. */
function pageOfAll(): Promise<string> {
  const question = pages.size === 0 ? 0 : Math.max(...pages.keys()) + 1;
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const impatience = setTimeout(
    () => reject(new Error("the primary did not tell the metrics in time")),
    PAGE_PATIENCE,
  );
  pages.set(question, resolve);
  void tell({ say: "scrape", question });
  return promise.finally(() => {
    clearTimeout(impatience);
    pages.delete(question);
  });
}

/** Resolves when it is on its way. */
function tell(message: FromWeb): Promise<void> {
  return new Promise((done) => process.send?.(message, undefined, undefined, () => done()));
}
