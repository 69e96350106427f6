import type pg from "pg";
import { atOneMoment } from "../at_one_moment.ts";
import { inWords } from "../problem.ts";
import { type DatabaseVerdict, verifyAsItStands } from "../verify_database.ts";
import type { Trust } from "../verify_tree.ts";
import {
  type Listed,
  type ReviewedConnection,
  type ReviewedGrant,
  type ReviewedInvitation,
  type ReviewedKey,
  type ReviewedPerson,
  type ReviewedRole,
  type ReviewedSupport,
  type ReviewedTenant,
  readConnections,
  readGrants,
  readInvitations,
  readKeys,
  readPeople,
  readRoles,
  readSupport,
  readTenant,
} from "./access.ts";
import { type Activity, readActivity } from "./activity.ts";
import { type PrivilegeEvent, readChanges } from "./changes.ts";
import { type Finding, findingsIn } from "./findings.ts";
import type { Period } from "./period.ts";

/** What the verifier says of one tree that the review rests on, and the checkpoint by which somebody else can say it again. */
export interface SealedTree {
  readonly of: "company" | "platform";
  readonly tenant: string;
  readonly size: number;
  readonly signed: number;
  readonly waiting: number;
  /** As sentences, the first bad leaf first. */
  readonly problems: readonly string[];
  readonly checkpoint: string | null;
}

export interface Making {
  readonly at: Date;
  /** Who is signed in to the database. */
  readonly login: string;
  readonly database: string;
  readonly server: string;
  readonly software: string;
}

/** All that an access review says: what JSON has, and the page is made of. */
export interface ReportFacts {
  readonly tenant: ReviewedTenant;
  readonly period: Period;
  readonly made: Making;
  /** Whether every sealed event that the review rests on is what was sealed, and leads to what was signed. */
  readonly verified: boolean;
  /** Whether the keys were given by whoever asked; else they are those that the database names. */
  readonly keysGiven: boolean;
  readonly trees: readonly SealedTree[];
  readonly findings: readonly Finding[];
  readonly people: Listed<ReviewedPerson>;
  readonly roles: readonly ReviewedRole[];
  readonly grants: readonly ReviewedGrant[];
  readonly invitations: Listed<ReviewedInvitation>;
  readonly keys: Listed<ReviewedKey>;
  readonly support: readonly ReviewedSupport[];
  readonly connections: readonly ReviewedConnection[];
  readonly changes: Listed<PrivilegeEvent>;
  readonly activity: Activity;
}

export interface Asked {
  readonly tenant: string;
  readonly period: Period;
  readonly trust: Trust;
  readonly software: string;
  readonly onLeaf?: (done: number, total: number) => void;
}

/** The tree of what belongs to no tenant: sign-ins that failed, and what became of accounts. */
const PLATFORM = "00000000-0000-0000-0000-000000000000";

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
  const verdict: DatabaseVerdict = await verifyAsItStands(client, tenant, trust, onLeaf);
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
    problems: verdict.problems.map(inWords),
    checkpoint: rows[0]?.note ?? null,
  };
}
