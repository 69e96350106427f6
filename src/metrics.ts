import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { type ProviderMetrics, providerMetrics } from "./chat/provider/metrics.ts";
import { watchDoor } from "./database/observed.ts";

/**
 * What /metrics tells, in a registry of the process's own. docs/metrics.md describes each figure, and a test
 * compares the two.
 */
export interface Metrics {
  readonly registry: Registry;
  /** All of it in Prometheus' text format; of one process among several, what all of them have to tell. */
  page(): Promise<string>;
  /** Seconds, by method, route (the pattern, never the path) and status. */
  readonly requests: Histogram<"method" | "route" | "status">;
  /** Codes that answers were refused with, at REST and in GraphQL. */
  readonly refusals: Counter<"code">;
  /** Sign-ins and refreshes by outcome. */
  readonly signIns: Counter<"kind" | "outcome">;
  /** Attempts to deliver a mail, by template and outcome: sent, retried (it is tried again) or dead. */
  readonly mails: Counter<"template" | "outcome">;
  /** Seconds, by job and outcome: ok, error (it is tried again) or failed (for good). */
  readonly jobs: Histogram<"job" | "outcome">;
  /** Requests of known callers, by what became of their event in the trail: written or lost. */
  readonly accesses: Counter<"outcome">;
  /** Calls of model providers. */
  readonly providers: ProviderMetrics;
  /** Tells of a pool's connections under this name from now on. */
  watchPool(name: string, pool: WatchedPool): void;
  /** Tells how many subscriptions are open from now on. */
  watchSubscriptions(open: () => number): void;
  /** Tells of the job queue and the trail from now on, asking with each scrape. */
  watchQueue(queue: WatchedQueue): void;
  /** Lets go of what is watched. */
  close(): void;
}

/** What a pg.Pool says of itself. */
export interface WatchedPool {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
  readonly options: { readonly max?: number };
}

export interface WatchedQueue {
  /** Jobs in the queue, by name and state (jobs.list). */
  count(): Promise<readonly { readonly job: string; readonly state: string; readonly count: number }[]>;
  /** Events ever written to the trail (jobs.measure). */
  trailEvents(): Promise<number>;
}

/** Milliseconds that a scrape waits for a database that may be away; what it cannot learn is left out. */
const PATIENCE = 2_000;

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const pools = new Map<string, WatchedPool>();
  const perPool = (
    name: string,
    help: string,
    labelNames: ("pool" | "state")[],
    figures: (pool: WatchedPool) => Readonly<Record<string, number>>,
  ): void => {
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        for (const [pool, watched] of pools) {
          for (const [state, figure] of Object.entries(figures(watched))) {
            this.set(state === "" ? { pool } : { pool, state }, figure);
          }
        }
      },
    });
  };
  perPool(
    "rowhouse_pool_connections",
    "Connections to the database, by pool and state (idle, busy).",
    ["pool", "state"],
    (pool) => ({
      idle: pool.idleCount,
      busy: pool.totalCount - pool.idleCount,
    }),
  );
  perPool("rowhouse_pool_connections_max", "Connections that a pool may have.", ["pool"], (pool) => ({
    "": pool.options.max ?? 10,
  }));
  perPool("rowhouse_pool_waiting", "Those who wait for a connection of a pool.", ["pool"], (pool) => ({
    "": pool.waitingCount,
  }));

  let openSubscriptions = (): number => 0;
  new Gauge({
    name: "rowhouse_subscriptions",
    help: "Subscriptions of GraphQL that are open.",
    registers,
    collect() {
      this.set(openSubscriptions());
    },
  });

  let queue: WatchedQueue | null = null;
  new Gauge({
    name: "rowhouse_jobs",
    help: "Jobs in the queue, by job and state (waiting, running, retrying, failed).",
    labelNames: ["job", "state"],
    registers,
    async collect() {
      this.reset();
      const jobs = queue && (await within(PATIENCE, queue.count()));
      for (const { job, state, count } of jobs ?? []) this.set({ job, state }, count);
    },
  });
  new Counter({
    name: "rowhouse_trail_events_total",
    help: "Events written to the audit trail, by every process.",
    registers,
    async collect() {
      const events = queue && (await within(PATIENCE, queue.trailEvents()));
      if (events === null) return;
      this.reset();
      this.inc(events);
    },
  });

  const door = new Histogram({
    name: "rowhouse_door_duration_seconds",
    help: "Time of a round trip through the door, with its statement, by outcome (ok, refused, failed).",
    labelNames: ["outcome"],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const doorRefusals = new Counter({
    name: "rowhouse_door_refusals_total",
    help: "Credentials that the door refused, by reason.",
    labelNames: ["reason"],
    registers,
  });
  const stopWatching = watchDoor(
    () => performance.now(),
    (began, { error }) => {
      const seconds = (performance.now() - began) / 1000;
      if (error === undefined) return door.observe({ outcome: "ok" }, seconds);
      const { code, detail } = error as { code?: unknown; detail?: unknown };
      const refused = typeof code === "string" && /^(RH|22|23|42501)/.test(code);
      door.observe({ outcome: refused ? "refused" : "failed" }, seconds);
      if (code === "RH401") doorRefusals.inc({ reason: String(detail) });
    },
  );

  return {
    registry,
    page: () => registry.metrics(),
    requests: new Histogram({
      name: "http_request_duration_seconds",
      help: "Time from the first byte of a request's header to the end of its answer.",
      labelNames: ["method", "route", "status"],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    refusals: new Counter({
      name: "rowhouse_refusals_total",
      help: "Answers that were refused, by the code they had.",
      labelNames: ["code"],
      registers,
    }),
    signIns: new Counter({
      name: "rowhouse_sign_ins_total",
      help: "Sign-ins, refreshes and switches to another company by outcome.",
      labelNames: ["kind", "outcome"],
      registers,
    }),
    mails: new Counter({
      name: "rowhouse_mails_total",
      help: "Attempts to deliver a mail, by outcome.",
      labelNames: ["template", "outcome"],
      registers,
    }),
    jobs: new Histogram({
      name: "rowhouse_job_duration_seconds",
      help: "Time that a job ran, by job and outcome (ok, error, failed).",
      labelNames: ["job", "outcome"],
      buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300],
      registers,
    }),
    accesses: new Counter({
      name: "rowhouse_trail_requests_total",
      help: "Requests of known callers, by what became of their event in the trail (written, lost).",
      labelNames: ["outcome"],
      registers,
    }),
    providers: providerMetrics(registry),
    watchPool: (name, pool) => void pools.set(name, pool),
    watchSubscriptions(open) {
      openSubscriptions = open;
    },
    watchQueue(watched) {
      queue = watched;
    },
    close() {
      stopWatching();
      pools.clear();
      queue = null;
      openSubscriptions = () => 0;
    },
  };
}

/** What was asked for, or null where it fails or takes longer. */
async function within<T>(milliseconds: number, asked: Promise<T>): Promise<T | null> {
  const { promise: late, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(() => resolve(null), milliseconds);
  try {
    return await Promise.race([asked, late]);
  } catch {
    // The worker says in the log what keeps it from the database; a scrape is no place for it.
    return null;
  } finally {
    clearTimeout(timer);
  }
}
