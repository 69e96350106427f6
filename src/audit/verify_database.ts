import type pg from "pg";
import { atOneMoment } from "./at_one_moment.ts";
import { databaseTree } from "./database_tree.ts";
import { unsealedEvents } from "./unsealed_events.ts";
import { type Trust, type Verdict, verifyTree } from "./verify_tree.ts";

export interface DatabaseVerdict extends Verdict {
  /** Events that are not sealed yet. */
  readonly waiting: number;
}

/** Every tenant of which there is something sealed, or something to seal; the nil UUID is the platform. */
export async function sealedTenants(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ tenant_id: string }>(
    `select tenant_id from audit.trees union select tenant_id from audit.checkpoints
     union select distinct tenant_id from audit.leaves union select distinct tenant_id from audit.events
     order by tenant_id`,
  );
  return rows.map(({ tenant_id }) => tenant_id);
}

/**
 * Verifies the tree of one tenant in a database, as of one moment, and looks for events beside it.
 *
 * @param client reads all of `audit`: a superuser, or as rowhouse_auditor
 */
export function verifyDatabase(
  client: pg.ClientBase,
  tenant: string,
  trust: Trust,
  onLeaf: (done: number, total: number) => void = () => {},
): Promise<DatabaseVerdict> {
  return atOneMoment(client, () => verifyAsItStands(client, tenant, trust, onLeaf));
}

/** The same in a transaction of the caller's (repeatable read), beside what else it reads. */
export async function verifyAsItStands(
  client: pg.ClientBase,
  tenant: string,
  trust: Trust,
  onLeaf: (done: number, total: number) => void = () => {},
): Promise<DatabaseVerdict> {
  const tree = await databaseTree(client, tenant);
  const verdict = await verifyTree(tree, trust, (done) => onLeaf(done, tree.size));
  const { waiting, inserted } = await unsealedEvents(client, tenant);
  return { ...verdict, waiting, problems: [...verdict.problems, ...inserted] };
}
