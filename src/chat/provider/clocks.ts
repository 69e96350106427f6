import { ProviderFailure } from "./failure.ts";

/** Milliseconds that an answer may take. */
export interface Patience {
  /** Until its first word: a model that thinks before it speaks is slow here, not later. */
  readonly first: number;
  /** Between two events after that. */
  readonly idle: number;
  /** For all of it, the time included that the reader takes. */
  readonly total: number;
}

/** The clocks of one answer. The `openai` package's timeout ends with the headers, and would try again. */
export interface Clocks {
  /** Aborts when a clock runs out, with the `ProviderFailure`, or when the caller's signal does, with `answer_stopped`. */
  readonly signal: AbortSignal;
  /** Waits for the provider, with a clock that runs only meanwhile: a reader who is slow is not its doing. */
  waitFor<T>(what: "first" | "idle", asked: () => Promise<T>): Promise<T>;
  /** Lets go of the clocks, and of the connection if there still is one. */
  stop(): void;
}

export function startClocks(patience: Patience, stopped: AbortSignal | undefined): Clocks {
  const controller = new AbortController();
  const fail = (code: "answer_too_slow" | "model_stalled" | "answer_stopped") => (): void => {
    controller.abort(new ProviderFailure(code));
  };
  const stop = fail("answer_stopped");
  const total = setTimeout(fail("answer_too_slow"), patience.total);
  if (stopped?.aborted) stop();
  stopped?.addEventListener("abort", stop, { once: true });

  return {
    signal: controller.signal,
    async waitFor(what, asked) {
      controller.signal.throwIfAborted();
      const timer = setTimeout(fail("model_stalled"), patience[what]);
      try {
        return await asked();
      } finally {
        clearTimeout(timer);
      }
    },
    stop() {
      clearTimeout(total);
      stopped?.removeEventListener("abort", stop);
      stop();
    },
  };
}
