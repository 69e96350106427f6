import pg from "pg";
import { isUuid } from "../../uuid.ts";
import { UsageError } from "../failures.ts";
import { parseArguments } from "../inspected.ts";
import { asOperator, count } from "../user/as_operator.ts";

/**
 * `rowhouse audit erase TENANT EVENT FIELD… --reason TEXT`: values of a sealed event, for good. Status 1 where there is no such
 * event, no such field, or a legal hold stands over it.
 */
export async function erase(args: string[]): Promise<0 | 1> {
  const { values, positionals } = parseArguments(args, {
    reason: { type: "string" },
    yes: { type: "boolean" },
  });
  const [tenant = "", event = "", ...fields] = positionals;
  if (!isUuid(tenant) || !isUuid(event) || fields.length === 0) {
    throw new UsageError(
      '"audit erase" wants the ids of a tenant and of an event, and the names of fields such as ip or new_row.email',
    );
  }
  if (!values.reason) throw new UsageError('"audit erase" wants a --reason');
  if (!values.yes) throw new UsageError("what is erased is gone for good; say --yes");
  return asOperator(async ({ client }) => {
    try {
      const { rows } = await client.query<{ erased: number }>(
        "select audit.erase_fields($1, $2, $3, $4) as erased",
        [tenant, event, fields, values.reason],
      );
      console.log(`${count(rows[0]!.erased, "value")} erased`);
      return 0;
    } catch (error) {
      if (!(error instanceof pg.DatabaseError && ["RH400", "RH404", "RH490"].includes(error.code ?? "")))
        throw error;
      console.error(`rowhouse: ${error.message}`);
      return 1;
    }
  });
}
