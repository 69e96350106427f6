import { once } from "node:events";
import { createServer } from "node:http";
import Router from "@koa/router";
import Koa from "koa";
import type { Config } from "../config.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { drainable } from "./draining.ts";
import { NO_CATALOGUE } from "./error_catalogue.ts";
import { logRequests } from "./log_requests.ts";
import { reportErrors } from "./report_errors.ts";
import { nameRequest, type RequestState } from "./request_facts.ts";
import { healthz } from "./routes/health.ts";
import { metricsPage } from "./routes/metrics.ts";
import { answerTheRest } from "./routing.ts";

/**
 * What a worker in a process of its own answers at WORKER_PORT: /healthz and /metrics, nothing else.
 *
 * @returns a function that closes it
 */
export async function startWorkerServer(
  config: Pick<Config, "host" | "workerPort" | "metricsToken">,
  metrics: Metrics,
  log: Log,
): Promise<() => Promise<void>> {
  const app = new Koa<RequestState>();
  app.silent = true;
  app.use(nameRequest());
  app.use(logRequests(log, metrics));
  app.use(reportErrors(NO_CATALOGUE, async () => {}));
  app.use(answerTheRest());
  app.use(
    new Router<RequestState>()
      .get("/healthz", healthz())
      .get("/metrics", metricsPage(metrics, config.metricsToken))
      .routes(),
  );
  const server = createServer(app.callback());
  const drain = drainable(server, log);
  server.listen(config.workerPort ?? 0, config.host);
  await once(server, "listening");
  return drain;
}
