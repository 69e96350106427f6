import { Counter, collectDefaultMetrics, Histogram, Registry } from "prom-client";

/** What /metrics tells, in a registry of the server's own. */
export interface Metrics {
  readonly registry: Registry;
  /** Seconds, by method, route (the pattern, never the path) and status. */
  readonly requests: Histogram<"method" | "route" | "status">;
  /** Sign-ins and refreshes by outcome. */
  readonly signIns: Counter<"kind" | "outcome">;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    requests: new Histogram({
      name: "http_request_duration_seconds",
      help: "Time from the first byte of a request's header to the end of its answer.",
      labelNames: ["method", "route", "status"],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers: [registry],
    }),
    signIns: new Counter({
      name: "rowhouse_sign_ins_total",
      help: "Sign-ins and refreshes by outcome.",
      labelNames: ["kind", "outcome"],
      registers: [registry],
    }),
  };
}
