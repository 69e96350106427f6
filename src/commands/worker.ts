import { loadEnvironmentFile, readConfig } from "../config.ts";
import { createLog } from "../log.ts";
import { closingAfter } from "./closing.ts";
import { joinDatabase, requireMigrated } from "./database.ts";
import { stopRequested } from "./signals.ts";

/** `rowhouse worker`: background jobs only; resolves when the worker has been told to stop and did. */
export async function work(): Promise<void> {
  loadEnvironmentFile();
  const config = readConfig();
  const log = createLog(config);
  await closingAfter(async (defer) => {
    const database = await joinDatabase(config, ({ level, message }) => log[level](message));
    defer(() => database.close());
    await requireMigrated(database, (sentence) => log.warn(sentence));
    if (config.tracing) await (await import("../tracing.ts")).startTracing();
    const { createMetrics } = await import("../metrics.ts");
    const metrics = createMetrics();
    const { startWorker } = await import("../jobs/worker.ts");
    const worker = await startWorker({ connectionString: database.connections.worker, config, log, metrics });
    defer(() => worker.stop());
    if (config.workerPort !== null) {
      const { startWorkerServer } = await import("../http/worker_server.ts");
      defer(await startWorkerServer(config, metrics, log));
    }

    const stop = stopRequested();
    log.info("working");
    log.info(`${await stop}: finishing the jobs in hand`);
  });
  log.info("stopped");
}
