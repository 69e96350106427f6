/** Registers what is to be done at the end. */
export type Defer = (close: () => Promise<void>) => void;

/**
 * Runs `work`; afterwards, however it ended, does what it deferred, last first. Everything deferred is
 * tried; the first failure counts, and that of `work` before all.
 */
export async function closingAfter(work: (defer: Defer) => Promise<void>): Promise<void> {
  const deferred: (() => Promise<void>)[] = [];
  const failures: unknown[] = [];
  try {
    await work((close) => deferred.push(close));
  } catch (error) {
    failures.push(error);
  }
  for (const close of deferred.reverse()) {
    try {
      await close();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
