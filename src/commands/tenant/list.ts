import { inColumns } from "../columns.ts";
import { UsageError } from "../failures.ts";
import { oneOf, parseArguments } from "../inspected.ts";
import { asOperator } from "../user/as_operator.ts";

/** A row of `auth.search_tenants()`. */
interface ListedTenant {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly status: string;
  readonly members: number;
  readonly seats: number | null;
  readonly created_at: Date;
  /** null unless it is to be erased. */
  readonly erased_from: Date | null;
}

const USUAL = 50;
const MOST = 10_000;

/** `rowhouse tenant list`: the newest tenants first. Says on stderr where there are more than it shows. */
export async function listTenants(args: string[]): Promise<0> {
  const { values, positionals } = parseArguments(args, {
    status: { type: "string" },
    search: { type: "string" },
    limit: { type: "string" },
    json: { type: "boolean" },
  });
  if (positionals.length > 0) throw new UsageError(`"tenant list" takes no argument "${positionals[0]}"`);
  const status = oneOf("status", ["active", "suspended", "closed"] as const, values.status) ?? null;
  const limit = limitOf(values.limit);
  await asOperator(async ({ client }) => {
    const { rows } = await client.query<ListedTenant>(
      `select id, slug, name, status, members::integer, seats, created_at, erased_from
       from auth.search_tenants($1, $2, $3)`,
      [status, values.search ?? null, limit + 1],
    );
    const shown = rows.slice(0, limit);
    console.log(values.json ? JSON.stringify(shown, null, 2) : table(shown));
    if (rows.length > limit)
      console.error(`rowhouse: the newest ${limit}; there are more (--limit, --search)`);
  });
  return 0;
}

function limitOf(given: string | undefined): number {
  if (given === undefined) return USUAL;
  const limit = /^\d{1,5}$/.test(given) ? Number(given) : 0;
  if (limit < 1 || limit > MOST)
    throw new UsageError(`--limit is a number from 1 to ${MOST}, not "${given}"`);
  return limit;
}

function table(tenants: readonly ListedTenant[]): string {
  if (tenants.length === 0) return "no tenant";
  return inColumns([
    ["id", "slug", "name", "status", "members", "since"],
    ...tenants.map(({ id, slug, name, status, members, seats, created_at, erased_from }) => [
      id,
      slug,
      name,
      erased_from === null ? status : `${status}, erased from ${erased_from.toISOString().slice(0, 10)} on`,
      seats === null ? String(members) : `${members} of ${seats}`,
      created_at.toISOString().slice(0, 10),
    ]),
  ]);
}
