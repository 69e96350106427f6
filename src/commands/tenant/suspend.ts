import { UsageError } from "../failures.ts";
import { parseArguments } from "../inspected.ts";
import { asOperator, change } from "../user/as_operator.ts";
import { reasonOf } from "../user/ban.ts";
import { findTenant, oneTenant } from "./which_tenant.ts";

/** `rowhouse tenant suspend SLUG|ID --reason TEXT`: shuts it at once. Status 1 where it is shut already, or there is none. */
export async function suspendTenant(args: string[]): Promise<0 | 1> {
  const { values, positionals } = parseArguments(args, { reason: { type: "string" } });
  const named = oneTenant("suspend", positionals);
  const reason = reasonOf(values.reason);
  if (reason === null) throw new UsageError('"tenant suspend" wants a --reason, for the trail');
  return asOperator(async ({ client }) => {
    const id = await findTenant(client, named);
    if (id === null) return 1;
    const { outcome } = await change<{ outcome: "ok" | "already" | "closed" }>(
      client,
      "select auth.suspend_tenant($1, $2) as outcome",
      [id, reason],
    );
    if (outcome === "ok") console.log(`${named} is suspended: nobody comes in, with a session or a key`);
    else console.error(`rowhouse: ${named} is ${outcome === "closed" ? "closed" : "suspended already"}`);
    return outcome === "ok" ? 0 : 1;
  });
}

/**
 * `rowhouse tenant resume SLUG|ID [--reason TEXT]`: opens it again, also one that was deleted and is not being erased yet. Status
 * 1 where that is too late, or nothing was shut.
 */
export async function resumeTenant(args: string[]): Promise<0 | 1> {
  const { values, positionals } = parseArguments(args, { reason: { type: "string" } });
  const named = oneTenant("resume", positionals);
  const reason = reasonOf(values.reason);
  return asOperator(async ({ client }) => {
    const id = await findTenant(client, named);
    if (id === null) return 1;
    const { outcome } = await change<{ outcome: "ok" | "already" | "begun" }>(
      client,
      "select auth.resume_tenant($1, $2) as outcome",
      [id, reason],
    );
    if (outcome === "ok") console.log(`${named} is open again`);
    else console.error(`rowhouse: ${named} is ${outcome === "begun" ? "being erased" : "open"}`);
    return outcome === "ok" ? 0 : 1;
  });
}
