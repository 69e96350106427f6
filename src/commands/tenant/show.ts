import type pg from "pg";
import { inColumns } from "../columns.ts";
import { parseArguments } from "../inspected.ts";
import { asOperator } from "../user/as_operator.ts";
import { findTenant, oneTenant } from "./which_tenant.ts";

/** What `auth.describe_tenant()` answers. A limit that is null is none. */
interface Described {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly status: string;
  readonly createdAt: string;
  readonly owners: readonly (string | null)[];
  readonly members: number;
  readonly keys: number;
  readonly requestsToday: number;
  /** Bytes of its documents. */
  readonly storage: number;
  readonly sessions: number;
  readonly limits: {
    readonly seats: number | null;
    readonly keys: number | null;
    readonly requestsPerMinute: number | null;
    readonly requestsPerDay: number | null;
    readonly graceDays: number;
    /** Bytes. */
    readonly storage: number | null;
  };
  readonly signInWays: readonly string[] | null;
  readonly deletion: {
    readonly askedAt: string;
    readonly dueAt: string;
    readonly beganAt: string | null;
  } | null;
}

/** `rowhouse tenant show SLUG|ID`: how it stands and what it uses. Status 1 where there is none. */
export async function showTenant(args: string[]): Promise<0 | 1> {
  const { values, positionals } = parseArguments(args, { json: { type: "boolean" } });
  const named = oneTenant("show", positionals);
  return asOperator(async ({ client }) => {
    const id = await findTenant(client, named);
    if (id === null) return 1;
    const tenant = await describeTenant(client, id);
    console.log(values.json ? JSON.stringify(tenant, null, 2) : inWords(tenant));
    return 0;
  });
}

/** @param id of a tenant that is there */
export async function describeTenant(client: pg.Client, id: string): Promise<Described> {
  const { rows } = await client.query<{ tenant: Described }>("select auth.describe_tenant($1) as tenant", [
    id,
  ]);
  return rows[0]!.tenant;
}

export function inWords(tenant: Described): string {
  const { limits, deletion } = tenant;
  const used = (number: number, limit: number | null): string =>
    limit === null ? `${number}, no limit` : `${number} of ${limit}`;
  return inColumns([
    ["id", tenant.id],
    ["slug", tenant.slug],
    ["name", tenant.name],
    ["status", tenant.status],
    ["since", tenant.createdAt],
    ["owned by", tenant.owners.join(", ")],
    ["members", used(tenant.members, limits.seats)],
    ["API keys", used(tenant.keys, limits.keys)],
    ["documents", inMebibytes(tenant.storage, limits.storage)],
    ["sessions", String(tenant.sessions)],
    [
      "requests",
      limits.requestsPerMinute === null ? "no limit" : `${limits.requestsPerMinute} a minute and key`,
    ],
    ["requests today", used(tenant.requestsToday, limits.requestsPerDay)],
    ["sign-in", tenant.signInWays?.join(", ") ?? "every way"],
    ["grace", `${limits.graceDays} days`],
    ...(deletion === null
      ? []
      : [["erased", deletion.beganAt === null ? `from ${deletion.dueAt} on` : `since ${deletion.beganAt}`]]),
  ]);
}

function inMebibytes(bytes: number, limit: number | null): string {
  const used = (bytes / 1024 ** 2).toFixed(1);
  return limit === null ? `${used} MiB, no limit` : `${used} of ${limit / 1024 ** 2} MiB`;
}
