import { RecentlyUsed } from "../../recently_used.ts";
import { ProviderFailure } from "./failure.ts";

export interface GateOptions {
  /** Answers at the same time from one endpoint. */
  readonly most: number;
  /** Failures in a row after which an endpoint is left alone. */
  readonly failures: number;
  /** Milliseconds for which it is. */
  readonly rest: number;
  readonly now: () => number;
}

/** What was let through says how it went; the first word counts. */
export interface Permit {
  settle(how: "well" | "ill" | "neither"): void;
}

/**
 * A circuit breaker and a limit for each endpoint: who fails several times in a row is left alone for a while, then one
 * request tries (half-open), and if it fares well all may again. Nobody waits here: a person who is told at once can go on.
 */
export interface Gate {
  /** @throws {ProviderFailure} `model_resting`, `model_crowded` */
  enter(endpoint: string): Permit;
  /** Endpoints that are left alone at the moment. */
  resting(): number;
  running(): number;
}

interface State {
  running: number;
  failures: number;
  /** When it was left alone. */
  since: number | null;
  trying: boolean;
}

/** Endpoints that are remembered. */
const REMEMBERED = 10_000;

export function openGate({ most, failures, rest, now }: GateOptions): Gate {
  const states = new RecentlyUsed<string, State>(REMEMBERED);
  const resting = new Set<State>();
  let running = 0;

  return {
    enter(endpoint) {
      let state = states.get(endpoint);
      if (!state) {
        state = { running: 0, failures: 0, since: null, trying: false };
        const forgotten = states.set(endpoint, state);
        if (forgotten) resting.delete(forgotten);
      }
      const left = state.since === null ? 0 : state.since + rest - now();
      if (left > 0 || state.trying) {
        throw new ProviderFailure("model_resting", { retryAfter: Math.max(1, Math.ceil(left / 1000)) });
      }
      if (state.running >= most) throw new ProviderFailure("model_crowded", { retryAfter: 1 });
      return letIn(state);
    },
    resting: () => resting.size,
    running: () => running,
  };

  function letIn(state: State): Permit {
    const tries = state.since !== null;
    state.trying = tries;
    state.running += 1;
    running += 1;
    let settled = false;
    return {
      settle(how) {
        if (settled) return;
        settled = true;
        state.running -= 1;
        running -= 1;
        if (tries) state.trying = false;
        if (how === "well") {
          state.failures = 0;
          state.since = null;
          resting.delete(state);
        }
        if (how === "ill") {
          state.failures += 1;
          // Those that were under way when it was left alone do not make the rest longer; the one that tried does.
          if (state.failures >= failures && (state.since === null || tries)) {
            state.since = now();
            resting.add(state);
          }
        }
      },
    };
  }
}
