import type { Attempt } from "../attempt.ts";
import type { Condition } from "./conditions.ts";
import type { Learning } from "./learning.ts";
import { pathsFor } from "./paths.ts";

/**
 * A context that raises when it is asked is asked only if some row passed the conditions before it: the error tells that
 * there is such a row. Each condition is tried by itself, all of them in one block that notes what came of each.
 */
export function* errorAttempts(
  { basis, relation }: Learning,
  conditions: readonly Condition[],
  context: string,
): Generator<Attempt> {
  for (const path of pathsFor(conditions)) {
    const asked = path.conditions.map(
      ({ sql }) =>
        `begin perform 1 from ${relation.name} where ${sql}; told := told || ' ' || found; exception when others then told := told || ' ' || sqlstate; end;`,
    );
    yield {
      ...basis,
      name: `learn by an error ${path.name}, ${context}`,
      sql: [
        ...path.choose,
        `do $do$ declare told text := ''; begin ${asked.join(" ")} perform pg_catalog.set_config('prove.told', told, true); end $do$`,
        "select pg_catalog.current_setting('prove.told')",
      ].join("; "),
      parts: path.conditions.map(({ column, sql }) => ({
        ...basis,
        name: `learn ${column} by an error ${path.name}, ${context}`,
        sql: [...path.choose, `select 1 from ${relation.name} where ${sql}`].join("; "),
      })),
    };
  }
}
