import type pg from "pg";
import { withTriggersOff } from "../triggers_off.ts";

/** Where a contestant writes. */
export type SchemaName = "app" | "plain";

const AUDITED = {
  app: "select count(*)::int from audit.events where table_name = 'app.conversations' and action = 'insert' and at >= $1",
  plain: "select count(*)::int from plain_private.audit_log where table_name = 'conversations' and at >= $1",
} as const;

/**
 * Remembers the moment. Afterwards: whether every conversation that was created since is there, under its own tenant
 * and with its audit row; then they go, so that the next lists are the same again. The audit rows stay.
 */
export async function watchWrites(
  admin: pg.Pool,
  schema: SchemaName,
): Promise<(created: number) => Promise<void>> {
  const { rows } = await admin.query<{ began: Date; mark: string }>(
    "select clock_timestamp() as began, uuidv7() as mark",
  );
  const { began, mark } = rows[0]!;
  return async (created) => {
    const found = await admin.query<{ all: number; own: number; audited: number }>(
      `select count(*)::int as all,
         count(*) filter (where title = 'Made for ' || tenant.slug)::int as own,
         (${AUDITED[schema]}) as audited
       from ${schema}.conversations as conversation
       left join ${schema}.tenants as tenant on tenant.id = conversation.tenant_id
       where conversation.id > $2`,
      [began, mark],
    );
    const { all, own, audited } = found.rows[0]!;
    if (all !== created || own !== created || audited !== created) {
      throw new Error(
        `${created} conversations were created in ${schema}: ${all} are there, ${own} with their tenant, ${audited} in the audit`,
      );
    }
    await withTriggersOff(admin, (client) =>
      client.query(`delete from ${schema}.conversations where id > $1`, [mark]),
    );
    // What is deleted would be passed over, one by one, by each list of the newest.
    await admin.query(`vacuum (index_cleanup on) ${schema}.conversations`);
  };
}
