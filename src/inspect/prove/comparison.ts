import type { Outcome } from "./execution.ts";

/** Whether two answers can be compared at all: two plans cannot where the planner went another way. */
export const areComparable = (one: Outcome, other: Outcome): boolean => planOf(one) === planOf(other);

/** The steps of an explained plan, without what came of them; empty for every other answer. */
function planOf(outcome: Outcome): string {
  if ("refusal" in outcome) return "";
  const lines = outcome.rows.map((row) => String(row[0]));
  const steps = lines.filter((line) => /\((actual|never) /.test(line));
  return steps.map((line) => line.replace(/ \((actual|never) .*$/, "")).join("\n");
}

/** What two answers that should be the same say differently; null if nothing. */
export function answersDiffer(otherwise: Outcome, outcome: Outcome): string | null {
  const [one, other] = [linesOf(outcome), linesOf(otherwise)];
  const place = [...one, ...other].findIndex((_, at) => one[at] !== other[at]);
  return place < 0
    ? null
    : `${one[place]?.trim() ?? "nothing"}; with another row there ${other[place]?.trim() ?? "nothing"}`;
}

/**
 * An answer line by line, without what depends on where rows lie on disk and on nothing else. How often an index is descended is of
 * that kind: a scan within one tenant's entries goes on along the page or begins anew, by how full the page is.
 */
function linesOf(outcome: Outcome): string[] {
  if ("refusal" in outcome) return [answer(outcome)];
  const lines = outcome.rows.map((row) => row.join(" "));
  return [
    `${outcome.count} rows`,
    ...lines.filter((line) => !/^\s*(Heap (Blocks|Fetches)|Index Searches|Buffers|Planning)/.test(line)),
  ];
}

/** Estimates of rows that differ by more than sampling explains. */
export function estimatesDiffer(otherwise: Outcome, outcome: Outcome): string | null {
  const estimates = (one: Outcome): number[] =>
    "refusal" in one
      ? []
      : [...JSON.stringify(one.rows).matchAll(/rows=(\d+)/g)].map(([, rows]) => Number(rows));
  const [is, was] = [estimates(outcome), estimates(otherwise)];
  const place = is.findIndex(
    (rows, at) => is.length === was.length && Math.abs(Math.log(rows / was[at]!)) > Math.log(3),
  );
  if (place >= 0) return `${is[place]} rows are expected; with other rows there ${was[place]}`;
  const [most, before] = [Math.max(...is), Math.max(...was)];
  return is.length !== was.length && Math.abs(Math.log(most / before)) > Math.log(3)
    ? `${most} rows are expected; with other rows there ${before}`
    : null;
}

/** An answer without what is random in it. */
export function answer(outcome: Outcome): string {
  if (!("refusal" in outcome)) return `${outcome.count} rows`;
  const { code, constraint } = outcome.refusal;
  return constraint ? `${code} ${constraint}` : String(code);
}
