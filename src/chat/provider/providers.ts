import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "../../log.ts";
import { type EmbedAsk, type Embedded, type EmbedLimits, embed } from "./embed.ts";
import { type Endpoint, nameOf, type ProviderReach } from "./endpoint.ts";
import type { AnswerEvent } from "./events.ts";
import { ProviderFailure } from "./failure.ts";
import { type Gate, type GateOptions, openGate } from "./gate.ts";
import type { ProviderMetrics } from "./metrics.ts";
import type { Retries } from "./retrying.ts";
import { type AnswerLimits, type Ask, streamAnswer } from "./stream_answer.ts";

/** Everything that asks models, in one process. */
export interface Providers {
  /** @see streamAnswer */
  streamAnswer(ask: Ask): AsyncGenerator<AnswerEvent, void, undefined>;
  /** @see embed */
  embed(ask: EmbedAsk): Promise<Embedded>;
}

export interface ProvidersOptions {
  readonly reach: ProviderReach;
  readonly log: Pick<Log, "warn">;
  readonly metrics?: ProviderMetrics;
  readonly limits?: Partial<AnswerLimits>;
  readonly embedLimits?: Partial<EmbedLimits>;
  readonly retries?: Partial<Retries>;
  readonly gate?: Partial<GateOptions>;
}

const LIMITS: AnswerLimits = { first: 60_000, idle: 30_000, total: 300_000, bytes: 8_388_608 };
const EMBED_LIMITS: EmbedLimits = {
  texts: 64,
  characters: 100_000,
  patience: 60_000,
  bytes: 33_554_432,
  dimensions: 16_000,
};
const GATE: GateOptions = { most: 64, failures: 5, rest: 30_000, now: () => performance.now() };
const RETRIES: Retries = {
  attempts: 3,
  base: 400,
  mostWait: 5_000,
  wait: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
  random: Math.random,
};

/**
 * Opens the way to model providers: `streamAnswer` and `embed` behind a circuit breaker and a limit for each endpoint, with
 * figures of how they go. What a provider said of a failure goes into the log, without its key, and nowhere else.
 */
export function openProviders(options: ProvidersOptions): Providers {
  const { reach, log, metrics } = options;
  const gate = openGate({ ...GATE, ...options.gate });
  const means = {
    reach,
    limits: { ...LIMITS, ...options.limits },
    embedLimits: { ...EMBED_LIMITS, ...options.embedLimits },
    retries: { ...RETRIES, ...options.retries },
  };
  metrics?.watchGate(gate);

  return {
    async *streamAnswer(ask) {
      const call = begin("answer", ask.endpoint);
      try {
        for await (const event of streamAnswer(ask, means)) {
          if (event.type === "text" || event.type === "reasoning") call.firstWord();
          if (event.type === "usage") metrics?.count(event.usage);
          // Before it is handed over: nobody need ask for more after the last.
          if (event.type === "finish") call.end();
          yield event;
        }
      } catch (error) {
        throw call.fail(error);
      } finally {
        call.leave();
      }
    },
    async embed(ask) {
      const call = begin("embedding", ask.endpoint);
      try {
        const embedded = await embed(ask, means);
        metrics?.count({ input: embedded.usage.input, cachedInput: 0, output: 0, reasoning: 0 });
        call.end();
        return embedded;
      } catch (error) {
        throw call.fail(error);
      } finally {
        call.leave();
      }
    },
  };

  /** Notes how one call goes, in figures, in the log and at the gate. */
  function begin(kind: "answer" | "embedding", endpoint: Endpoint) {
    const began = performance.now();
    const seconds = (): number => (performance.now() - began) / 1000;
    const permit = enter(gate, kind, endpoint);
    let spoke = false;
    return {
      firstWord(): void {
        if (!spoke) metrics?.firstWords.observe(seconds());
        spoke = true;
      },
      end(): void {
        permit.settle("well");
        metrics?.calls.observe({ kind, outcome: "ok" }, seconds());
      },
      fail(error: unknown): unknown {
        if (!(error instanceof ProviderFailure)) return error;
        permit.settle(error.ill ? "ill" : "neither");
        metrics?.calls.observe({ kind, outcome: error.code }, seconds());
        if (error.usage) metrics?.count(error.usage);
        if (error.code !== "answer_stopped") note(kind, endpoint, error);
        return error;
      },
      /** Also where the reader went away. */
      leave: (): void => permit.settle("neither"),
    };
  }

  function enter(through: Gate, kind: "answer" | "embedding", endpoint: Endpoint) {
    try {
      return through.enter(nameOf(endpoint));
    } catch (error) {
      if (error instanceof ProviderFailure) metrics?.calls.observe({ kind, outcome: error.code }, 0);
      throw error;
    }
  }

  function note(kind: string, { baseUrl, owner }: Endpoint, failure: ProviderFailure): void {
    const { code, providerStatus, requestId, said } = failure;
    const host = URL.canParse(baseUrl) ? new URL(baseUrl).host : null;
    log.warn(
      { provider: host, owner, kind, code, providerStatus, providerRequest: requestId, said },
      "a provider failed",
    );
  }
}
