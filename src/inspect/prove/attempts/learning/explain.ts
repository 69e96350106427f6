import type { Attempt } from "../attempt.ts";
import type { Condition } from "./conditions.ts";
import type { Learning } from "./learning.ts";
import { pathsFor } from "./paths.ts";

/** Says what was done, and nothing of how long it took or where it lay. */
export const EXPLAIN = "explain (analyze, costs off, timing off, summary off, buffers off)";

/** `explain (analyze)` shows what was never executed, and how many rows a condition let pass and a filter removed. */
export function* explainAttempts(
  { basis, relation }: Learning,
  conditions: readonly Condition[],
  context: string,
): Generator<Attempt> {
  for (const path of pathsFor(conditions)) {
    const explained = (some: readonly Condition[]): string => {
      const looks = some.map(({ sql }) => `select 1 from ${relation.name} where ${sql}`);
      return [...path.choose, `${EXPLAIN} ${looks.join(" union all ")}`].join("; ");
    };
    const named = (what: string): string => `learn ${what}by explain (analyze) ${path.name}, ${context}`;
    yield {
      ...basis,
      name: named(""),
      sql: explained(path.conditions),
      parts: path.conditions.map((condition) => ({
        ...basis,
        name: named(`${condition.column} `),
        sql: explained([condition]),
      })),
    };
  }
}
