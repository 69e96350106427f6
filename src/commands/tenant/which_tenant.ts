import type pg from "pg";
import { UsageError } from "../failures.ts";

/** The one slug or id that a verb is about. */
export function oneTenant(verb: string, positionals: readonly string[]): string {
  const [named, ...more] = positionals;
  if (named === undefined || more.length > 0) throw new UsageError(`"tenant ${verb}" wants one slug or id`);
  return named;
}

/** The id of the tenant with this slug or id; null, and told, where there is none. */
export async function findTenant(client: pg.Client, named: string): Promise<string | null> {
  const { rows } = await client.query<{ id: string | null }>("select auth.find_tenant($1) as id", [named]);
  const id = rows[0]?.id ?? null;
  if (id === null) console.error(`rowhouse: no tenant has the slug or id "${named}"`);
  return id;
}
