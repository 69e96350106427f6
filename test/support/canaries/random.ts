/** Numbers by chance that are the same each time (mulberry32). */
export function openRandom(seed: number) {
  let state = seed;
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
  const one = <T>(among: readonly T[]): T => among[below(among.length)]!;
  /** A word that nobody else has. */
  const word = (beginning: string): string =>
    beginning + Array.from({ length: 12 }, () => one([..."bcdfghjklmnprstvw"])).join("");
  return { below, one, word };
}

export type Random = ReturnType<typeof openRandom>;
