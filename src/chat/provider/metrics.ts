import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Usage } from "./events.ts";
import type { Gate } from "./gate.ts";

/** What /metrics tells of model providers. */
export interface ProviderMetrics {
  /** Seconds, by kind and outcome: ok, or the code of the failure. */
  readonly calls: Histogram<"kind" | "outcome">;
  /** Seconds until an answer's first word. */
  readonly firstWords: Histogram;
  count(usage: Pick<Usage, "input" | "cachedInput" | "output" | "reasoning">): void;
  /** Tells of a gate from now on. */
  watchGate(gate: Pick<Gate, "running" | "resting">): void;
}

export function providerMetrics(registry: Registry): ProviderMetrics {
  const registers = [registry];
  const gates = new Set<Pick<Gate, "running" | "resting">>();
  const sum = (figure: "running" | "resting"): number =>
    [...gates].reduce((all, gate) => all + gate[figure](), 0);
  const gauge = (name: string, help: string, figure: "running" | "resting"): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(sum(figure));
      },
    });
  };
  gauge("rowhouse_model_running", "Calls of model providers that are under way.", "running");
  gauge(
    "rowhouse_model_resting",
    "Endpoints that are left alone after several failures in a row.",
    "resting",
  );
  const tokens = new Counter({
    name: "rowhouse_model_tokens_total",
    help: "Tokens that model providers counted, by kind.",
    labelNames: ["kind"],
    registers,
  });
  return {
    calls: new Histogram({
      name: "rowhouse_model_duration_seconds",
      help: "Time of a call of a model provider, with its retries, by kind and outcome.",
      labelNames: ["kind", "outcome"],
      buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300],
      registers,
    }),
    firstWords: new Histogram({
      name: "rowhouse_model_first_word_seconds",
      help: "Time until the first word of an answer.",
      buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers,
    }),
    count({ input, cachedInput, output, reasoning }) {
      tokens.inc({ kind: "input" }, input);
      tokens.inc({ kind: "cached_input" }, cachedInput);
      tokens.inc({ kind: "output" }, output);
      tokens.inc({ kind: "reasoning" }, reasoning);
    },
    watchGate: (gate) => void gates.add(gate),
  };
}
