/** A moment that somebody gave, as events tell theirs: UTC, six digits; null where it is none. */
export function momentIn(given: string): string | null {
  // A day, or a time with its zone: what has none would be another moment elsewhere.
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d))?$/.test(given)) return null;
  // The thirtieth of February would be a day in March.
  const day = new Date(given.slice(0, 10));
  if (Number.isNaN(day.getTime()) || !day.toISOString().startsWith(given.slice(0, 10))) return null;
  const at = new Date(given);
  return Number.isNaN(at.getTime()) ? null : at.toISOString().replace("Z", "000Z");
}

/** The index of a leaf that somebody gave, or how many there are; null where it is neither. */
export function numberIn(given: string): number | null {
  return /^(0|[1-9]\d{0,14})$/.test(given) ? Number(given) : null;
}
