/** Tools that one answer has called at a time. */
export const AT_ONCE = 4;

/**
 * Does something for each of a list, so many at a time, and gives what came of it as it comes; in the end all of it, in the list's
 * order. What one throws ends it, when those under way are over.
 */
export async function* inTurns<T, R>(
  list: readonly T[],
  atOnce: number,
  work: (one: T, at: number) => Promise<R>,
): AsyncGenerator<R, R[], undefined> {
  const results: R[] = [];
  const underWay = new Map<number, Promise<number>>();
  let next = 0;
  try {
    while (next < list.length || underWay.size > 0) {
      while (next < list.length && underWay.size < atOnce) {
        const at = next;
        next += 1;
        underWay.set(
          at,
          work(list[at]!, at).then((result) => {
            results[at] = result;
            return at;
          }),
        );
      }
      const done = await Promise.race(underWay.values());
      underWay.delete(done);
      yield results[done]!;
    }
    return results;
  } finally {
    await Promise.allSettled(underWay.values());
  }
}
