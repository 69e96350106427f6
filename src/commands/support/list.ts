import { inColumns } from "../columns.ts";
import { UsageError } from "../failures.ts";
import { oneOf, parseArguments } from "../inspected.ts";
import { asOperator } from "../user/as_operator.ts";

/** A row of `auth.list_support()`. */
interface Access {
  readonly id: string;
  readonly tenant_slug: string;
  readonly member: string | null;
  readonly operator: string;
  readonly reason: string;
  readonly may_write: boolean;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly ended_at: Date | null;
  readonly end_reason: string | null;
}

const MOST = 1_000;

/** `rowhouse support list`: who was let in where, as whom and why, the newest first. */
export async function listSupport(args: string[]): Promise<0> {
  const { values, positionals } = parseArguments(args, {
    tenant: { type: "string" },
    running: { type: "boolean" },
    format: { type: "string" },
  });
  if (positionals.length > 0) throw new UsageError(`"support list" takes no argument "${positionals[0]}"`);
  const format = oneOf("format", ["table", "json"] as const, values.format) ?? "table";
  await asOperator(async ({ client }) => {
    const { rows } = await client.query<Access>("select * from auth.list_support($1, $2, $3)", [
      values.tenant ?? null,
      values.running ?? false,
      MOST,
    ]);
    console.log(format === "json" ? JSON.stringify(rows, null, 2) : table(rows));
  });
  return 0;
}

function table(accesses: readonly Access[]): string {
  if (accesses.length === 0) return "nobody";
  const minute = (date: Date): string => date.toISOString().slice(0, 16).concat("Z");
  return inColumns([
    ["id", "company", "as", "operator", "may", "from", "until", "reason"],
    ...accesses.map((access) => [
      access.id,
      access.tenant_slug,
      access.member ?? "themselves",
      access.operator,
      access.may_write ? "write" : "read",
      minute(access.created_at),
      access.ended_at ? `${minute(access.ended_at)} (${access.end_reason})` : minute(access.expires_at),
      access.reason,
    ]),
  ]);
}
