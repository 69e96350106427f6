import { readFileSync } from "node:fs";
import { InspectError } from "../catalogue/install.ts";
import type { Finding } from "./lint.ts";

/** A finding that somebody accepts, for a reason and for a time. */
export interface Accepted {
  /** The check's number. */
  readonly check: string;
  /** The finding's object, exactly. */
  readonly object: string;
  readonly reason: string;
  /** The first day on which it is a finding again: yyyy-mm-dd. */
  readonly expires: string;
}

/** Findings about the baseline itself: they cannot be accepted. */
const expired = {
  number: "9001",
  name: "baseline_expired",
  title: "An acceptance that has expired",
  rationale: "What was accepted for a time is to be looked at again when the time is over.",
  mend: "Mend the finding, or accept it anew with a later date.",
} as const;
const stale = {
  number: "9002",
  name: "baseline_stale",
  title: "An acceptance of something that is no longer found",
  rationale: "Left in the file it would silently accept the same fault when it comes back.",
  mend: "Take the entry out of the baseline.",
} as const;

/**
 * Reads a baseline: `{"accepted": [{"check", "object", "reason", "expires"}]}`.
 *
 * @throws {InspectError} naming every entry that is incomplete
 */
export function readBaseline(path: string): Accepted[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new InspectError(`cannot read the baseline ${path}: ${(cause as Error).message}`, { cause });
  }
  const { accepted } = (parsed ?? {}) as { accepted?: unknown };
  if (!Array.isArray(accepted)) throw new InspectError(`${path} has no list "accepted"`);
  const problems = accepted.flatMap((entry: Partial<Record<keyof Accepted, unknown>> | null, index) => {
    const lacks = [
      ...(["check", "object", "reason"] as const).filter(
        (field) => typeof entry?.[field] !== "string" || entry[field].trim() === "",
      ),
      ...(isDay(entry?.expires) ? [] : ["expires (a day, yyyy-mm-dd)"]),
    ];
    return lacks.length > 0 ? [`entry ${index + 1} lacks ${lacks.join(", ")}`] : [];
  });
  if (problems.length > 0)
    throw new InspectError(`the baseline ${path} cannot be used: ${problems.join("; ")}`);
  return accepted as Accepted[];
}

function isDay(value: unknown): value is string {
  if (typeof value !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const date = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
}

/** What remains to be told: `open` with what is wrong with the baseline, and what it `accepted`. */
export interface Judged {
  readonly open: Finding[];
  readonly accepted: { readonly finding: Finding; readonly by: Accepted }[];
}

/** @param today yyyy-mm-dd */
export function applyBaseline(
  findings: readonly Finding[],
  baseline: readonly Accepted[],
  today: string,
): Judged {
  const matches = (entry: Accepted, finding: Finding): boolean =>
    entry.check === finding.check.number && entry.object === finding.object;
  const open: Finding[] = [];
  const accepted: Judged["accepted"] = [];
  for (const finding of findings) {
    const by = baseline.find((entry) => matches(entry, finding) && today < entry.expires);
    if (by) accepted.push({ finding, by });
    else open.push(finding);
  }
  for (const entry of baseline) {
    const object = `${entry.check} ${entry.object}`;
    const remove = `-- no SQL: take the entry ${JSON.stringify(object)} out of the baseline`;
    if (!findings.some((finding) => matches(entry, finding))) {
      open.push({
        check: stale,
        level: "warning",
        object,
        detail: "is accepted, but not found",
        mend: remove,
      });
    } else if (today >= entry.expires) {
      open.push({
        check: expired,
        level: "warning",
        object,
        detail: `was accepted until ${entry.expires}: ${entry.reason}`,
        mend: remove,
      });
    }
  }
  return { open, accepted };
}
