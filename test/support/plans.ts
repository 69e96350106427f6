import { inDoor } from "../../src/database/door.ts";
import { nodesOf, type PlanNode } from "../../src/development/query_plans.ts";
import type { TestDatabase } from "./database.ts";
import type { GraphQLHouse } from "./graphql.ts";

/** Runs a statement of the API again, as the same caller, and returns every node of its plan. */
export function planOf(
  database: TestDatabase,
  person: { digest: Buffer },
  { text, values }: GraphQLHouse["statements"][number],
): Promise<PlanNode[]> {
  const caller = {
    credential: person.digest,
    facts: { request_id: "plan", ip: "192.0.2.1", user_agent: null },
  };
  return inDoor(database.app, caller, async (transaction) => {
    const { rows } = await transaction.run({
      text: `explain (analyze, buffers, format json) ${text}`,
      values,
    });
    return nodesOf(rows[0]["QUERY PLAN"][0].Plan);
  });
}
