import type pg from "pg";
import { PLATFORM } from "../../audit/tree_source.ts";
import { sealedTenants } from "../../audit/verify_database.ts";
import { CommandError } from "../failures.ts";

/**
 * The id of the tenant with this slug or id of which something is in the trail; a tenant that was erased has only its id there.
 *
 * @param client as for `asAuditor`
 */
export async function sealedTenant(client: pg.Client, named: string): Promise<string> {
  if (named === "platform") return PLATFORM;
  if ((await sealedTenants(client)).includes(named.toLowerCase())) return named.toLowerCase();
  // The trail itself says who has, or had, the slug: whoever reads it may read no tenants.
  const { rows } = await client.query<{ tenant_id: string }>(
    `select tenant_id from audit.events
     where table_name = 'app.tenants' and new_row ->> 'slug' = $1 or action = 'audit.expired' and detail ->> 'slug' = $1
     order by at desc limit 1`,
    [named],
  );
  if (!rows[0]) throw new CommandError(`the trail knows no tenant with the slug or id "${named}"`);
  return rows[0].tenant_id;
}
