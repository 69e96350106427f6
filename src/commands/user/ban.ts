import { UsageError } from "../failures.ts";
import { parseArguments } from "../inspected.ts";
import { asOperator, change, count, findPerson, onePerson } from "./as_operator.ts";

/** The longest reason, in characters. */
export const LONGEST_REASON = 500;

/** `rowhouse user ban ADDRESS|ID --reason TEXT`: shuts somebody out at once. Status 1 for nobody, and who was banned. */
export async function banPerson(args: string[]): Promise<0 | 1> {
  const { values, positionals } = parseArguments(args, { reason: { type: "string" } });
  const named = onePerson("ban", positionals);
  const reason = reasonOf(values.reason);
  if (reason === null) throw new UsageError('"user ban" wants a --reason, for the trail');
  return asOperator(async ({ client }) => {
    const id = await findPerson(client, named);
    if (id === null) return 1;
    const { outcome, ended, keys } = await change<{ outcome: string; ended: number; keys: number }>(
      client,
      "select outcome, ended, keys::integer from auth.ban($1, $2)",
      [id, reason],
    );
    console.log(`${named} is banned${outcome === "ok" ? "" : " already"}; ${count(ended, "session")} ended`);
    if (keys > 0) {
      console.error(
        `rowhouse: ${count(keys, "API key")} that they made for their companies goes on, because it is the company's; revoke it there`,
      );
    }
    return outcome === "ok" ? 0 : 1;
  });
}

/** `rowhouse user unban ADDRESS|ID [--reason TEXT]`: lets them in again. Status 1 for nobody, and who was not banned. */
export async function unbanPerson(args: string[]): Promise<0 | 1> {
  const { values, positionals } = parseArguments(args, { reason: { type: "string" } });
  const named = onePerson("unban", positionals);
  const reason = reasonOf(values.reason);
  return asOperator(async ({ client }) => {
    const id = await findPerson(client, named);
    if (id === null) return 1;
    const { outcome } = await change<{ outcome: string }>(client, "select auth.unban($1, $2) as outcome", [
      id,
      reason,
    ]);
    if (outcome === "ok") console.log(`${named} may sign in again`);
    else console.error(`rowhouse: ${named} is not banned`);
    return outcome === "ok" ? 0 : 1;
  });
}

/** @throws {UsageError} */
export function reasonOf(given: string | undefined): string | null {
  const reason = given?.trim() ?? "";
  if ([...reason].length > LONGEST_REASON) {
    throw new UsageError(`--reason has at most ${LONGEST_REASON} characters`);
  }
  return reason === "" ? null : reason;
}
