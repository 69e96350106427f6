import { type Config, loadEnvironmentFile, readConfig } from "../config.ts";
import { createLog, type Log } from "../log.ts";
import { closingAfter } from "./closing.ts";
import { type OpenDatabase, openDatabase, prepare, requireMigrated } from "./database.ts";
import { stopRequested } from "./signals.ts";

/** `rowhouse start`: database, server, jobs; resolves when they have been told to stop and did. */
export async function start(): Promise<void> {
  loadEnvironmentFile();
  const config = readConfig();
  const log = createLog(config);
  const stop = stopRequested();
  await closingAfter(async (defer) => {
    const database = await openDatabase(config, ({ level, message }) => log[level](message));
    defer(() => database.close());
    if (config.database.url) await requireMigrated(database);
    else await prepare(config, database, (step) => log.debug(`migrate: ${step}`));
    const demo = await seedDemo(config, database, log);

    if (config.worker) {
      const { startWorker } = await import("../jobs/worker.ts");
      const worker = await startWorker({ connectionString: database.connections.worker, config, log });
      defer(() => worker.stop());
    }
    const { startServer } = await import("../http/server.ts");
    const server = await startServer({ config, connections: database.connections, log });
    defer(() => server.close());

    announce(config, server.url, demo, log);
    log.info(`${await stop}: finishing what is in flight`);
  });
  log.info("stopped");
}

/** The demo companies, in the embedded database only; returns how to sign in to them, a line each. */
async function seedDemo(config: Config, database: OpenDatabase, log: Log): Promise<string[]> {
  if (!config.demo || config.database.url) return [];
  const { DEMO_PASSWORD, seedDemo } = await import("../development/demo.ts");
  const signIns = await seedDemo({ adminUrl: database.adminUrl, config, log });
  return [
    `Demo sign-ins, all with the password "${DEMO_PASSWORD}":`,
    ...signIns.map(({ tenant, role, email }) => `  ${tenant.padEnd(8)}${role.padEnd(8)}${email}`),
  ];
}

function announce(config: Config, url: string, demo: string[], log: Log): void {
  if (config.environment !== "development") {
    log.info({ url }, "listening");
    return;
  }
  const lines = [
    "",
    `  Rowhouse is at   ${url}`,
    ...(config.graphiql ? [`  GraphiQL         ${url}/graphiql`] : []),
    ...(demo.length > 0 ? ["", ...demo.map((line) => `  ${line}`)] : []),
    "",
    "  Ctrl-C stops it; the data stays.",
    "",
  ];
  console.log(lines.join("\n"));
}
