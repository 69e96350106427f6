import { describeError } from "../http/describe_error.ts";
import type { Log } from "../log.ts";

/** Tells the database what a process has counted, now and then and at the end. */
export interface Telling {
  /** Tells it now. What it could not be told is told the next time. */
  flush(): Promise<void>;
  /** Tells the rest. @throws if it could not be told */
  close(): Promise<void>;
}

/**
 * Tells one after the other: what is being told is not to be told twice.
 *
 * @param tell takes what was counted; what it could not tell, it keeps, and throws
 * @param interval milliseconds between two times
 * @param failure what a warning says
 */
export function tellInTurn(tell: () => Promise<void>, interval: number, log: Log, failure: string): Telling {
  let telling: Promise<void> = Promise.resolve();

  function inTurn(): Promise<void> {
    const turn = telling.then(tell);
    telling = turn.catch(() => {});
    return turn;
  }

  const flush = (): Promise<void> =>
    inTurn().catch((error) => log.warn({ err: describeError(error) }, failure));
  const timer = setInterval(flush, interval).unref();
  return {
    flush,
    async close() {
      clearInterval(timer);
      await inTurn();
    },
  };
}
