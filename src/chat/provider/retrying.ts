import type { ProviderFailure, ProviderFailureCode } from "./failure.ts";

export interface Retries {
  /** Attempts in all. */
  readonly attempts: number;
  /** Milliseconds before the second; twice as many before each further one, and of those any part (jitter). */
  readonly base: number;
  /** Milliseconds that are waited at most: who wants to be left alone for longer is not asked again. */
  readonly mostWait: number;
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** Those that may be over in a moment. */
const PASSING: ReadonlySet<ProviderFailureCode> = new Set([
  "model_busy",
  "model_failed",
  "model_unreachable",
]);

/**
 * Asks again while a provider fails in passing. Only for what comes before the first byte of an answer: what was said once must
 * not be said, nor paid for, twice.
 *
 * @param failed what an error means; what it knows nothing of is passed on
 */
export async function retrying<T>(
  ask: () => Promise<T>,
  failed: (error: unknown) => ProviderFailure | undefined,
  { attempts, base, mostWait, wait, random }: Retries,
  signal: AbortSignal,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      const failure = failed(error);
      if (!(failure && PASSING.has(failure.code)) || attempt >= attempts) throw failure ?? error;
      const told = failure.retryAfter ?? 0;
      if (told * 1000 > mostWait) throw failure;
      await wait(told * 1000 + random() * base * 2 ** (attempt - 1), signal);
    }
  }
}
