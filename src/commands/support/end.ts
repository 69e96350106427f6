import { isUuid } from "../../uuid.ts";
import { UsageError } from "../failures.ts";
import { parseArguments } from "../inspected.ts";
import { asOperator, change } from "../user/as_operator.ts";

/** `rowhouse support end ID`: it opens nothing any more. Status 1 for one that is over, or never was. */
export async function endSupport(args: string[]): Promise<0 | 1> {
  const { positionals } = parseArguments(args, {});
  const [id, ...more] = positionals;
  if (id === undefined || more.length > 0 || !isUuid(id))
    throw new UsageError('"support end" wants one id, of "rowhouse support list"');
  return asOperator(async ({ client }) => {
    const { outcome } = await change<{ outcome: string }>(client, "select auth.end_support($1) as outcome", [
      id,
    ]);
    if (outcome === "ok") console.log("ended");
    else console.error(`rowhouse: ${outcome === "over" ? "it is over already" : "there is no such access"}`);
    return outcome === "ok" ? 0 : 1;
  });
}
