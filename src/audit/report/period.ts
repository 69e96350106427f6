import type pg from "pg";

/** From a moment on, and until before another; days are those of the time zone. */
export interface Period {
  readonly from: Date;
  readonly to: Date;
  /** As IANA names it. */
  readonly timeZone: string;
}

/** What was given is no period. */
export class BadPeriod extends Error {
  override readonly name = "BadPeriod";
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})$/;
/** Of a review: more than that is no table that somebody reads. */
const MOST_DAYS = 1_100;

/**
 * The period that two texts name. A day is its midnight in the time zone, as the database knows it: there, events are told apart by
 * day.
 *
 * @param given `2026-10-01`, or `2026-10-01T09:00:00Z`
 * @throws {BadPeriod}
 */
export async function readPeriod(
  client: pg.ClientBase,
  given: { readonly from: string; readonly to: string; readonly timeZone: string },
): Promise<Period> {
  const { rows: zones } = await client.query("select from pg_timezone_names where name = $1", [
    given.timeZone,
  ]);
  if (zones.length === 0 || !isTimeZone(given.timeZone))
    throw new BadPeriod(`there is no time zone "${given.timeZone}"`);
  const [from, to] = [
    await moment(client, given.from, given.timeZone),
    await moment(client, given.to, given.timeZone),
  ];
  if (from >= to) throw new BadPeriod("a period begins before it ends");
  if (to.getTime() - from.getTime() > MOST_DAYS * 86_400_000)
    throw new BadPeriod("a period is three years at most");
  return { from, to, timeZone: given.timeZone };
}

async function moment(client: pg.ClientBase, text: string, timeZone: string): Promise<Date> {
  if (MOMENT.test(text) && !Number.isNaN(Date.parse(text))) return new Date(text);
  // The 30th of February is a day of March to Date, and so another text.
  const parsed = DAY.test(text) ? new Date(`${text}T00:00:00Z`) : new Date(Number.NaN);
  if (Number.isNaN(parsed.getTime()) || parsed.toISOString().slice(0, 10) !== text)
    throw new BadPeriod(`"${text}" is no day such as 2026-10-01, and no moment such as 2026-10-01T09:00:00Z`);
  const { rows } = await client.query<{ at: Date }>("select $1::timestamp at time zone $2 as at", [
    text,
    timeZone,
  ]);
  return rows[0]!.at;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
