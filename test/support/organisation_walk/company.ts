import type pg from "pg";
import type { TestDatabase } from "../database.ts";
import { inDoor } from "../in_door.ts";
import { createSession, createTenant, type Person, type Session } from "../people.ts";
import { NOTES } from "./invariants.ts";

/** Fewer than there are people, so that they run out. */
export const SEATS = 9;

export interface Somebody extends Person {
  /** Opens the company's door while they are in it. */
  inside: Session | null;
  /** Proves who they are, whether they are in it or not. */
  readonly outside: Session;
}

/** Where the walk goes: a company, people who are in it or not, and what was mailed to them. */
export interface Company {
  readonly database: TestDatabase;
  readonly tenantId: string;
  readonly people: readonly Somebody[];
  /** All roles but that of guests, which nobody with an account is given. */
  readonly roleIds: readonly string[];
  /** Links that were mailed, good or not any more. */
  readonly links: { link: Buffer; to: Somebody }[];
}

/** A number from 0 to 1. */
export type Random = () => number;

/** What was tried, and what came of it: ok, nothing (it reached no row), or the code of the refusal. */
export type Came = readonly [kind: string, came: string];

export const any = <T>(list: readonly T[], random: Random): T => list[Math.floor(random() * list.length)]!;

export async function buildCompany(database: TestDatabase): Promise<Company> {
  const acme = await createTenant(database, { slug: "acme" });
  await database.admin.query("update app.tenants set seats = $1", [SEATS]);
  await database.admin.query(
    `insert into app.roles (tenant_id, name, permissions) values
       ($1, 'personnel', '{chat,manage_users}'), ($1, 'coach', '{chat,manage_teams}'), ($1, 'reader', '{chat,view_audit}')`,
    [acme.tenantId],
  );
  await database.admin.query(
    "insert into app.teams (tenant_id, name) select $1, 'Team ' || n from generate_series(1, 3) as n",
    [acme.tenantId],
  );
  const roles = await database.admin.query("select id from app.roles where name <> 'guest' order by name");
  const people: Somebody[] = [];
  for (let n = 0; n < 16; n++) {
    const { rows } = await database.admin.query<{ id: string }>(
      "insert into app.users (email, name) values ($1, $2) returning id",
      [`person${n}@example.com`, `Person ${n}`],
    );
    const person = { userId: rows[0]!.id, email: `person${n}@example.com`, name: `Person ${n}` };
    people.push({ ...person, inside: null, outside: await createSession(database, person, null) });
  }
  people.push({
    ...acme.owner,
    inside: acme.owner,
    outside: await createSession(database, acme.owner, null),
  });
  await database.admin.query(NOTES);
  return {
    database,
    tenantId: acme.tenantId,
    people,
    roleIds: roles.rows.map(({ id }) => id),
    links: [],
  };
}

/** Somebody tries something in the company, or at its door. */
export async function within(
  { database }: Company,
  actor: Somebody,
  sql: string,
  values: unknown[],
): Promise<string> {
  actor.inside ??= await createSession(database, actor, "acme").catch(() => null);
  const outcome = await inDoor(database.app, actor.inside ?? actor.outside, sql, values, true);
  if (!("refusal" in outcome)) return outcome.count > 0 ? "ok" : "nothing";
  const { code, constraint } = outcome.refusal;
  if (code === "RH401") actor.inside = null;
  return code === "RH400" ? `${code} ${constraint}` : String(code);
}

/** Somebody who has the permission, by role or for a time, as it is now; it need not be so any more when they act. */
export async function somebodyWhoMay(
  { database, people }: Company,
  permission: string,
  random: Random,
): Promise<Somebody> {
  const { rows } = await database.admin.query<{ user_id: string }>(
    "select user_id from context.holdings where permission = $1 and api_key_id is null order by holder_id",
    [permission],
  );
  const row = any(rows, random);
  return people.find(({ userId }) => userId === row?.user_id) ?? people.at(-1)!;
}

/** One of the rows of a question of the operator's; none if there is none. */
export async function oneOf<Row extends pg.QueryResultRow>(
  { database }: Company,
  random: Random,
  sql: string,
  values: unknown[] = [],
): Promise<Row | undefined> {
  return any((await database.admin.query<Row>(sql, values)).rows, random);
}
