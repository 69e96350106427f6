/**
 * Seconds for which a provider wants to be left alone: `Retry-After-Ms` (OpenAI's), or `Retry-After` in seconds or as a date (RFC 9110
 * §10.2.3). Undefined where it says nothing that can be read.
 */
export function retryAfterOf(headers: Headers, now = Date.now()): number | undefined {
  const milliseconds = number(headers.get("retry-after-ms"));
  const seconds = number(headers.get("retry-after"));
  const date = asDate(headers.get("retry-after"));
  const wait =
    milliseconds ?? (seconds !== undefined ? seconds * 1000 : Number.isNaN(date) ? undefined : date - now);
  if (wait === undefined) return undefined;
  return Math.min(Math.max(wait, 0), MOST) / 1000;
}

/** A day: what is more is not meant. */
const MOST = 86_400_000;

const number = (text: string | null): number | undefined =>
  text !== null && /^\d{1,12}(\.\d{1,6})?$/.test(text.trim()) ? Number(text) : undefined;

/** HTTP's dates end so; `Date.parse` alone takes "-5" for one. */
const asDate = (text: string | null): number =>
  text?.trim().endsWith(" GMT") ? Date.parse(text) : Number.NaN;
