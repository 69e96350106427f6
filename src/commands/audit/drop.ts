import pg from "pg";
import { UsageError } from "../failures.ts";
import { parseArguments } from "../inspected.ts";
import { asOperator, count } from "../user/as_operator.ts";
import { asAuditor } from "./as_auditor.ts";
import { sealedTenant } from "./which_tree.ts";

/**
 * `rowhouse audit drop --tenant TENANT --before MONTH --reason TEXT`: what a tenant's trail holds from before a month. It goes as what
 * expires does: once an event that says so is sealed and signed. Status 1 where there is nothing to drop, or a hold stands over it.
 */
export async function drop(args: string[]): Promise<0 | 1> {
  const { values, positionals } = parseArguments(args, {
    tenant: { type: "string" },
    before: { type: "string" },
    reason: { type: "string" },
    yes: { type: "boolean" },
  });
  const { tenant: named, before = "", reason } = values;
  if (named === undefined || positionals.length > 0) throw new UsageError('"audit drop" wants a --tenant');
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(before)) {
    throw new UsageError('"audit drop" wants a month, --before 2025-01: what happened in it stays');
  }
  if (!reason) throw new UsageError('"audit drop" wants a --reason');
  if (!values.yes) throw new UsageError("what is dropped is gone for good; say --yes");
  const tenant = await asAuditor(undefined, (client) => sealedTenant(client, named));
  return asOperator(async ({ client }) => {
    try {
      const { rows } = await client.query<{ told: { events: number; from: string; to: string } }>(
        "select audit.drop_before($1, $2, $3) as told",
        [tenant, `${before}-01`, reason],
      );
      const { events, from, to } = rows[0]!.told;
      console.log(
        `${count(events, "event")} of ${from === to ? from : `${from} … ${to}`} will go: the job expire_audit removes them once the record of it is signed`,
      );
      return 0;
    } catch (error) {
      if (!(error instanceof pg.DatabaseError && ["RH400", "RH404", "RH490"].includes(error.code ?? "")))
        throw error;
      console.error(`rowhouse: ${error.message}`);
      return 1;
    }
  });
}
