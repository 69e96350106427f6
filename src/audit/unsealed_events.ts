import type pg from "pg";
import type { Problem } from "./problem.ts";

/** Events of a tenant that no leaf has: those that are not sealed yet, and those that should have been. */
export interface Unsealed {
  readonly waiting: number;
  /** Events that say they were written by a transaction of which everything is sealed: somebody put them there since. */
  readonly inserted: readonly Problem[];
}

/** Problems beyond which there is no more to learn. */
const MOST = 1_000;

/** @param client as for `databaseTree` */
export async function unsealedEvents(client: pg.ClientBase, tenant: string): Promise<Unsealed> {
  await client.query(
    "set local enable_hashjoin = on; set local enable_mergejoin = on; set local enable_sort = on",
  );
  const { rows } = await client.query<{ id: string; inserted: boolean; all: string }>(
    `select id, inserted, count(*) over (partition by inserted) as all
     from (
       select event.id, (event.transaction_id, event.tenant_id, event.id) < (mark.transaction_id, mark.tenant_id, mark.event_id) as inserted
       from audit.events as event
       cross join audit.seal_mark as mark
       where event.tenant_id = $1 and not exists (
         select from audit.leaves as leaf where leaf.tenant_id = event.tenant_id and leaf.event_id = event.id
       )
     ) as unsealed
     order by inserted desc, id
     limit ${MOST}`,
    [tenant],
  );
  return {
    waiting: Number(rows.find(({ inserted }) => !inserted)?.all ?? 0),
    inserted: rows
      .filter(({ inserted }) => inserted)
      .map(({ id }) => ({ code: "event_inserted", tenant, leaf: null, eventId: id })),
  };
}
