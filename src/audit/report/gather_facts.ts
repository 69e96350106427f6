import type pg from "pg";
import { atOneMoment } from "../at_one_moment.ts";
import { inWords } from "../problem.ts";
import { PLATFORM } from "../tree_source.ts";
import { verifyAsItStands } from "../verify_database.ts";
import type { Trust } from "../verify_tree.ts";
import {
  readConnections,
  readGrants,
  readInvitations,
  readKeys,
  readPeople,
  readRoles,
  readSupport,
  readTenant,
} from "./access.ts";
import { readActivity } from "./activity.ts";
import { readChanges } from "./changes.ts";
import type { Making, ReportFacts, SealedTree } from "./facts.ts";
import { findingsIn } from "./findings.ts";
import type { Period } from "./period.ts";

export interface Asked {
  readonly tenant: string;
  readonly period: Period;
  readonly trust: Trust;
  readonly software: string;
  readonly onLeaf?: (done: number, total: number) => void;
}

/**
 * Reads everything as of one moment, as rowhouse_auditor whoever is signed in, and verifies what it rests on.
 *
 * @param client as `asAuditor` gives it
 * @returns null where there is no such tenant, or no more
 */
export function gatherFacts(client: pg.ClientBase, asked: Asked): Promise<ReportFacts | null> {
  return atOneMoment(client, async () => {
    await client.query("set local role rowhouse_auditor");
    const tenant = await readTenant(client, asked.tenant);
    if (tenant === null) return null;
    const { period } = asked;
    const made = await readMaking(client, asked.software);
    const people = await readPeople(client, tenant.id);
    const ids = people.rows.map(({ id }) => id);
    const read = {
      tenant,
      period,
      made,
      people,
      roles: await readRoles(client, tenant.id),
      grants: await readGrants(client, tenant.id),
      invitations: await readInvitations(client, tenant.id),
      keys: await readKeys(client, tenant.id),
      support: await readSupport(client, tenant.id, period),
      connections: await readConnections(client, tenant.id),
      changes: await readChanges(client, tenant.id, period, ids),
      activity: await readActivity(client, tenant.id, period, ids),
      // The last, because it changes how the rest of the transaction is planned.
      trees: [
        await readTree(client, "company", tenant.id, asked),
        await readTree(client, "platform", PLATFORM, asked),
      ],
    };
    const verified = read.trees.every(({ problems }) => problems.length === 0);
    const facts = { ...read, verified, keysGiven: asked.trust.keys !== null };
    return { ...facts, findings: findingsIn(facts) };
  });
}

async function readMaking(client: pg.ClientBase, software: string): Promise<Making> {
  const { rows } = await client.query<Omit<Making, "software">>(
    `select now() as at, session_user::text as login, current_database()::text as database,
       'PostgreSQL ' || current_setting('server_version') as server`,
  );
  return { ...rows[0]!, software };
}

async function readTree(
  client: pg.ClientBase,
  of: SealedTree["of"],
  tenant: string,
  { trust, onLeaf }: Asked,
): Promise<SealedTree> {
  const verdict = await verifyAsItStands(client, tenant, trust, onLeaf);
  const { rows } = await client.query<{ note: string }>(
    `select signed.note || array_to_string(signed.cosignatures, '') as note from audit.checkpoints as signed
     where signed.tenant_id = $1 order by signed.size desc limit 1`,
    [tenant],
  );
  return {
    of,
    tenant,
    size: verdict.size,
    signed: verdict.signed,
    waiting: verdict.waiting,
    expired: verdict.expired,
    problems: verdict.problems.map(inWords),
    checkpoint: rows[0]?.note ?? null,
  };
}
