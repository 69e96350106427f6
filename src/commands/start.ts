import { type Config, loadEnvironmentFile, PROCESSES_WANTED, processesOf, readConfig } from "../config.ts";
import { stateDirHolder } from "../database/state_lock.ts";
import type { DemoSignIn } from "../development/demo.ts";
import { createLog, type Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { tryAddress } from "../try_address.ts";
import { closingAfter, type Defer } from "./closing.ts";
import { type OpenDatabase, openDatabase, prepare, requireMigrated } from "./database.ts";
import { UsageError } from "./failures.ts";
import { onHangUp, stopRequested } from "./signals.ts";

/**
 * `rowhouse start`: database, jobs, and one server or several; resolves when they have been told to stop and did.
 *
 * @throws {UsageError}
 */
export async function start(options: { processes?: string }): Promise<void> {
  const asked = options.processes === undefined ? undefined : readProcesses(options.processes);
  loadEnvironmentFile();
  const settings = readConfig();
  const config: Config = asked === undefined ? settings : { ...settings, processes: asked };
  const log = createLog(config);
  // Who cannot have the address hears so before a database is built. Whoever runs in this folder already is told so by that.
  if (stateDirHolder(config.stateDir) === null) await tryAddress(config);
  await closingAfter(async (defer) => {
    const database = await openDatabase(config, ({ level, message }) => log[level](message));
    defer(() => database.close());
    if (config.database.url) await requireMigrated(database, (sentence) => log.warn(sentence));
    else await prepare(config, database, (step) => log.debug(`migrate: ${step}`));
    const demo = await seedDemo(config, database, log);

    if (config.tracing) await (await import("../tracing.ts")).startTracing();
    const { createMetrics } = await import("../metrics.ts");
    const metrics = createMetrics();
    if (config.worker) {
      const { startWorker } = await import("../jobs/worker.ts");
      const worker = await startWorker({
        connectionString: database.connections.worker,
        config,
        log,
        metrics,
      });
      defer(() => worker.stop());
    }
    const serve = config.processes > 1 ? serveWithSeveral : serveHere;
    const url = await serve({ config, database, log, metrics, defer });

    const stop = stopRequested();
    announce(config, url, demo, log);
    log.info(`${await stop}: finishing what is in flight`);
  });
  log.info("stopped");
}

function readProcesses(text: string): number {
  const number = processesOf(text);
  if (number === null) throw new UsageError(`--processes is "${text}"; it must be ${PROCESSES_WANTED}`);
  return number;
}

/** What a server is started with; it is closed at the end. */
interface Serving {
  readonly config: Config;
  readonly database: OpenDatabase;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly defer: Defer;
}

/** The server in this process. Returns its origin. */
async function serveHere({ config, database, log, metrics, defer }: Serving): Promise<string> {
  const { explorerPeople } = await import("../development/demo.ts");
  const { startServer } = await import("../http/server.ts");
  const { connections } = database;
  const server = await startServer({ config, connections, log, metrics, people: explorerPeople(config) });
  defer(() => server.close());
  return server.url;
}

/** Servers in processes of their own, which SIGHUP replaces. Returns the origin of all of them. */
async function serveWithSeveral({ config, database, log, metrics, defer }: Serving): Promise<string> {
  const { cautions } = await import("../processes/cautions.ts");
  for (const caution of await cautions(config, database.connections.app)) log.warn(caution);
  const { startWebCluster } = await import("../processes/web_cluster.ts");
  const web = await startWebCluster({ config, log, metrics });
  defer(() => web.close());
  onHangUp(() => web.restart());
  return web.url;
}

/** The demo companies, in the embedded database only; returns how to sign in to them. */
async function seedDemo(config: Config, database: OpenDatabase, log: Log): Promise<DemoSignIn[]> {
  if (!config.demo || config.database.url) return [];
  const { seedDemo } = await import("../development/demo.ts");
  return seedDemo({ adminUrl: database.adminUrl, config, log });
}

function announce(config: Config, url: string, demo: DemoSignIn[], log: Log): void {
  if (config.environment !== "development") {
    log.info({ url, ...(config.processes > 1 && { processes: config.processes }) }, "listening");
    return;
  }
  const lines = [
    "",
    `  Rowhouse is at   ${url}`,
    ...(config.graphiql ? [`  GraphiQL         ${url}/graphiql`] : []),
    ...(demo[0] ? ["", `  Demo sign-ins, all with the password "${demo[0].password}":`] : []),
    ...demo.map(({ tenant, role, email }) => `    ${tenant.padEnd(8)}${role.padEnd(8)}${email}`),
    "",
    "  Ctrl-C stops it; the data stays.",
    "",
  ];
  console.log(lines.join("\n"));
}
