import type pg from "pg";
import type { Check, Level } from "./checks.ts";

/** Something that a check found. */
export interface Finding {
  readonly check: Pick<Check, "number" | "name" | "title" | "rationale" | "mend">;
  readonly level: Level;
  /** What it is about, in the words of SQL; with the check's number it identifies the finding. */
  readonly object: string;
  readonly detail: string;
  /** SQL that mends it. */
  readonly mend: string;
}

/**
 * Runs the checks one after another in the transaction that is open; see `withInspect`.
 *
 * @param onCheck is told of each check when it is done, with the milliseconds it took
 */
export async function lint(
  client: pg.ClientBase,
  checks: readonly Check[],
  onCheck: (check: Check, milliseconds: number) => void = () => {},
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const check of checks) {
    const begun = performance.now();
    const { rows } = await client.query<Pick<Finding, "object" | "detail" | "mend">>(check.sql);
    onCheck(check, performance.now() - begun);
    const found = rows.map((row) => ({ check, level: check.level, ...row }));
    findings.push(...found.sort((a, b) => (a.object < b.object ? -1 : 1)));
  }
  return findings;
}
