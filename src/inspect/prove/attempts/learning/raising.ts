import { isText } from "../../fixture/values.ts";
import { ident } from "../../sql.ts";
import type { Attempt } from "../attempt.ts";
import type { Condition } from "./conditions.ts";
import type { Learning } from "./learning.ts";

/** Conditions that fail on one row of the other tenant, if they ever meet it: a division by zero, a cast that quotes the value. */
export function* raisingAttempts(
  { attack, basis, relation, subject }: Learning,
  conditions: readonly Condition[],
  context: string,
): Generator<Attempt> {
  const [condition] = conditions;
  if (!condition) return;
  yield {
    ...basis,
    name: `learn by a division by zero, ${context}`,
    sql: `select 1 from ${relation.name} where 1 / (case when ${condition.sql} then 0 else 1 end) = 1`,
  };
  const text = relation.columns.find(
    ({ name, base }) =>
      attack.rights.select.includes(name) &&
      isText(base) &&
      !/^\s*[-+]?\d+\s*$|^$/.test(subject.values[name] ?? ""),
  );
  if (!text) return;
  yield {
    ...basis,
    name: `learn by a cast, ${context}`,
    sql: `select 1 from ${relation.name} where case when ${condition.sql} then ${ident(text.name)}::integer = 0 end`,
  };
}
