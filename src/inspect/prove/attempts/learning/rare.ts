import type pg from "pg";
import { ident, literal } from "../../sql.ts";
import type { Attempt } from "../attempt.ts";
import { EXPLAIN } from "./explain.ts";
import type { Learning, Situated } from "./learning.ts";
import { otherValue, refusalOf, unhindered } from "./other_row.ts";
import { withoutIndexes } from "./paths.ts";

/**
 * Conditions that cost nothing (`is null`, a bare boolean) come before every other, also before one that would tell the
 * tenants apart: they tell whether any row of anybody's is so. One row is, and then it is not.
 */
export async function* rareAttempts(
  client: pg.ClientBase,
  { attack, basis, relation, subject }: Learning,
  { context, raises }: Situated,
): AsyncGenerator<Attempt> {
  const { root, rights, targets, home, abroad } = attack;
  const tenantColumn = targets.tenantColumnOf(root);
  const key = root.uniqueKeys[0]?.columns ?? [];
  for (const column of relation.columns) {
    const { name, base, notNull, generated } = column;
    const flag = base === "boolean";
    if (!rights.select.includes(name) || generated || key.includes(name) || (notNull && !flag)) continue;
    if (tenantColumn === null || name === tenantColumn) continue;
    const usual = flag ? "false" : (subject.values[name] ?? otherValue(abroad, subject, name));
    if (usual === undefined) continue;
    const tenants = [home, abroad].map(({ id }) => literal(root, tenantColumn, id)).join(", ");
    const sameEverywhere = `update ${root.name} set ${ident(name)} = ${literal(root, name, usual)} where ${ident(tenantColumn)} in (${tenants})`;
    const rare = flag ? ident(name) : `${ident(name)} is null`;
    const one = `update ${root.name} set ${ident(name)} = ${flag ? "true" : "null"} where ${key.map((part) => `${ident(part)} = ${literal(root, part, subject.values[part]!)}`).join(" and ")}`;
    // A check may say that it is never so, or always.
    if ((await refusalOf(client, unhindered(`${sameEverywhere}; ${one}`))) !== null) continue;
    const look = `select 1 from ${relation.name} where ${rare}`;
    yield {
      ...basis,
      name: `learn whether ${name} is ${flag ? "true" : "null"} anywhere, ${context}`,
      otherwise: unhindered(sameEverywhere),
      asItIs: unhindered(`${sameEverywhere}; ${one}`),
      sql: [...withoutIndexes, raises ? look : `${EXPLAIN} ${look}`].join("; "),
    };
  }
}
