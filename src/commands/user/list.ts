import { inColumns } from "../columns.ts";
import { UsageError } from "../failures.ts";
import { oneOf, parseArguments } from "../inspected.ts";
import { asOperator } from "./as_operator.ts";

/** A row of `auth.list_people()`. */
interface ListedPerson {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly status: string;
  readonly tenants: number;
  readonly created_at: Date;
  readonly last_seen_at: Date | null;
}

const USUAL = 50;
const MOST = 10_000;

/** `rowhouse user list`: the newest people first. Says on stderr where there are more than it shows. */
export async function listPeople(args: string[]): Promise<0> {
  const { values, positionals } = parseArguments(args, {
    tenant: { type: "string" },
    status: { type: "string" },
    search: { type: "string" },
    limit: { type: "string" },
    format: { type: "string" },
  });
  if (positionals.length > 0) throw new UsageError(`"user list" takes no argument "${positionals[0]}"`);
  const status = oneOf("status", ["active", "banned", "deleted"] as const, values.status) ?? null;
  const format = oneOf("format", ["table", "json"] as const, values.format) ?? "table";
  const limit = limitOf(values.limit);
  await asOperator(async ({ client }) => {
    const { rows } = await client.query<ListedPerson>(
      "select id, email, name, status, tenants::integer, created_at, last_seen_at from auth.list_people($1, $2, $3, $4)",
      [values.tenant ?? null, status, values.search ?? null, limit + 1],
    );
    const shown = rows.slice(0, limit);
    console.log(format === "json" ? JSON.stringify(shown, null, 2) : table(shown));
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

function table(people: readonly ListedPerson[]): string {
  if (people.length === 0) return "nobody";
  return inColumns([
    ["id", "e-mail", "name", "status", "companies", "since", "last seen"],
    ...people.map(({ id, email, name, status, tenants, created_at, last_seen_at }) => [
      id,
      email,
      name,
      status,
      String(tenants),
      created_at.toISOString().slice(0, 10),
      last_seen_at?.toISOString().slice(0, 16).concat("Z") ?? "never",
    ]),
  ]);
}
