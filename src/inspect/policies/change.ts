/** Fewer may do less (tightening), more may do more (widening), or neither. */
export type Direction = "tightening" | "widening" | "neutral";

/** One difference between two snapshots. */
export interface Change {
  readonly direction: Direction;
  /** What changed: a table, a policy on a table, a function, a role. */
  readonly object: string;
  readonly what: string;
  /** Why it has this direction. */
  readonly reason: string;
  /** Whether the direction is an assumption, because only a person can tell: such a change counts as widening. */
  readonly review: boolean;
}

/** Makes a change; `review` where the direction is not certain. */
export const change = (
  direction: Direction,
  object: string,
  what: string,
  reason: string,
  review = false,
): Change => ({
  direction,
  object,
  what,
  reason,
  review,
});

/** Every name of either side, with what each side has there. */
export function pairs<T>(
  before: Readonly<Record<string, T>>,
  after: Readonly<Record<string, T>>,
): [name: string, before: T | undefined, after: T | undefined][] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .sort()
    .map((name) => [name, before[name], after[name]]);
}
