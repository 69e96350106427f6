/** Levels that JSON of somebody else's may have: ours has five. Whoever walks it later may then do so by recursion. */
export const MAX_NESTING = 32;

/**
 * Whether objects and lists stand within one another more than `levels` deep. JSON.parse takes a hundred thousand
 * levels without complaint; this walk goes no deeper than it has to.
 */
export function nestedDeeper(value: unknown, levels = MAX_NESTING): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => nestedDeeper(inner, levels - 1));
}
