import cluster from "node:cluster";
import { fileURLToPath } from "node:url";
import type { Config } from "../config.ts";
import { type OwnProcess, ownProcesses } from "../database/own_processes.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { createTotals } from "./figures.ts";
import { Place } from "./place.ts";
import { CannotServe, forkWebProcess, type WebProcess, type Wishes } from "./web_process.ts";

/** Several web processes behind one port. This process accepts connections for them, by turns, and answers none. */
export interface WebCluster {
  /** The origin that all of them listen at. */
  readonly url: string;
  /**
   * Replaces all processes, one after the other: the new one answers requests before the old one stops accepting them.
   * Asked again meanwhile, it begins again. Where a new one cannot start it goes no further, and the log says so.
   */
  restart(): void;
  /** Lets every process finish as a single one does; resolves when all are gone. */
  close(): Promise<void>;
}

/** Milliseconds beyond the shutdown delay in which a process has to finish. It needs fewer, unless it hangs. */
const FINISH_PATIENCE = 25_000;

/**
 * Starts as many web processes as `config.processes` says.
 *
 * @param metrics what this process measures itself; /metrics tells of it and of all the others
 * @throws {CannotServe} for the first that cannot start, when all are gone
 */
export async function startWebCluster({
  config,
  log,
  metrics,
}: {
  config: Pick<Config, "processes" | "shutdownDelay">;
  log: Log;
  metrics: Metrics;
}): Promise<WebCluster> {
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({
    exec: fileURLToPath(new URL("web.ts", import.meta.url)),
    args: [],
    // JSON has no NaN, and metrics have.
    serialization: "advanced",
  });

  const living = new Set<WebProcess>();
  const totals = createTotals();
  const patience = config.shutdownDelay + FINISH_PATIENCE;
  let closing = false;

  const wishes: Wishes = {
    replace(web) {
      const place = places.find((one) => one.holds(web));
      if (place === undefined || closing) return;
      log.info({ process: web.id, pid: web.pid }, "a web process was told to go; another takes its place");
      place.replace().catch(notReplaced);
    },
    async page() {
      const [own] = await Promise.all([
        metrics.registry.getMetricsAsJSON(),
        ...[...living].map((web) => web.measure()),
      ]);
      return totals.page([own, ...[...living].map(({ figures }) => figures)]);
    },
  };
  const notReplaced = ({ message: reason }: Error): void => {
    if (!closing) log.error({ reason }, "a web process cannot be replaced; the one before it goes on");
  };

  async function launch(): Promise<WebProcess> {
    if (closing) throw new CannotServe("everything is ending");
    const web = forkWebProcess(wishes, log);
    living.add(web);
    void web.gone.then(() => {
      living.delete(web);
      totals.keep(web.figures);
    });
    await web.ready;
    log.info({ process: web.id, pid: web.pid }, "a web process is ready");
    return web;
  }
  // While nobody listens, one at a time: node:cluster does not survive it when two fail to listen at once.
  let last: Promise<unknown> = Promise.resolve();
  const start = (): Promise<WebProcess> => {
    if (places.some((place) => place.isServing)) return launch();
    const next = last.then(launch, launch);
    last = next;
    return next;
  };
  const places = Array.from({ length: config.processes }, () => new Place({ start, patience, log }));

  let again = false;
  let replacing = false;
  async function replaceAll(): Promise<void> {
    while (again && !closing) {
      again = false;
      log.info("replacing the web processes, one after the other");
      for (const place of places) if (!again && !closing) await place.replace();
    }
    if (!closing) log.info("all web processes are replaced");
  }

  const killAll = (): void => {
    for (const web of living) web.kill();
  };
  const own: OwnProcess = {
    async stop() {
      closing = true;
      killAll();
      await Promise.all([...living].map(({ gone }) => gone));
    },
  };
  async function close(): Promise<void> {
    closing = true;
    for (const place of places) place.vacate();
    await Promise.all([...living].map((web) => web.finish("close", patience)));
    ownProcesses.delete(own);
    process.off("exit", killAll);
  }

  // Whatever ends this process, short of kill -9, takes them along; and then they notice themselves.
  process.once("exit", killAll);
  ownProcesses.add(own);
  try {
    const [first, ...others] = places;
    const url = await first!.fill();
    await Promise.all(others.map((place) => place.fill()));
    return {
      url,
      restart() {
        again = true;
        if (replacing) return;
        replacing = true;
        void replaceAll()
          .catch(notReplaced)
          .finally(() => {
            replacing = false;
          });
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
