import type pg from "pg";
import type { Executor } from "../execution.ts";
import { ident } from "../sql.ts";
import type { Attempt } from "./attempt.ts";
import { conditionsOf, type Operators } from "./learning/conditions.ts";
import type { Situation } from "./learning/contexts.ts";
import { errorAttempts } from "./learning/errors.ts";
import { estimateAttempts } from "./learning/estimates.ts";
import { explainAttempts } from "./learning/explain.ts";
import type { Learning } from "./learning/learning.ts";
import { findOtherRow, subjectOf } from "./learning/other_row.ts";
import { raisingAttempts } from "./learning/raising.ts";
import { rareAttempts } from "./learning/rare.ts";
import { systemColumnAttempts } from "./learning/system_columns.ts";
import type { TableAttack } from "./tables/table_attack.ts";

/**
 * Everything that one role tries in order to learn of a row that it may not read: by errors, by what `explain` shows, by
 * what the planner expects. Each is asked twice, once with the row as it is and once with another in its place.
 *
 * @param client the administrator's, who finds out what other row could be there
 */
export async function* learningAttempts(
  client: pg.ClientBase,
  executor: Executor,
  operators: Operators,
  attack: TableAttack,
  situations: readonly Situation[],
): AsyncGenerator<Attempt> {
  const { relation, root, bait, rights } = attack;
  const subject = subjectOf(attack);
  if (!subject || relation !== root || !bait || rights.select.length === 0) return;
  const [first] = situations;
  if (!first) return;
  const basis = {
    caller: first.caller,
    target: relation.name,
    whose: "other tenant's",
    wrong: "reveal",
    bait,
    rows: [subject],
    injected: true,
  } as const;
  const other = await findOtherRow(client, attack, subject);
  if (typeof other === "string") {
    yield { ...basis, name: "learn of a row", sql: "", unproven: other };
    return;
  }
  const prepare = await blocksFor(client, first.caller.role);
  const conditions = await conditionsOf(client, operators, attack, subject, other);
  for (const { caller, name: context } of situations) {
    const learning: Learning = {
      ...{ attack, relation, subject },
      basis: { ...basis, ...prepare, caller, otherwise: other.sql },
    };
    const looked = await executor.execute({
      ...basis,
      caller,
      name: "look",
      sql: `select from ${relation.name} limit 1`,
    });
    if ("stayedOut" in looked) {
      yield { ...basis, caller, name: `learn of a row, ${context}`, sql: "", unproven: looked.stayedOut };
      continue;
    }
    const raises = "refusal" in looked.outcome;
    if (raises) yield* errorAttempts(learning, conditions, context);
    else yield* explainAttempts(learning, conditions, context);
    // Without a context the plan is the same as with one, and says the same.
    if (raises || caller.enter !== null) yield* rareAttempts(client, learning, { context, raises });
    yield* raisingAttempts(learning, conditions, context);
    if (context !== "with a context") continue;
    yield* estimateAttempts(client, learning);
    yield* systemColumnAttempts(learning);
  }
}

/** Many statements are tried in one block of plpgsql; where the role may not write one it is lent the right. */
async function blocksFor(client: pg.ClientBase, role: string): Promise<Pick<Attempt, "prepare">> {
  const { rows } = await client.query<{ may: boolean }>(
    "select has_language_privilege($1, 'plpgsql', 'usage') as may",
    [role],
  );
  return rows[0]!.may ? {} : { prepare: `grant usage on language plpgsql to ${ident(role)}` };
}
