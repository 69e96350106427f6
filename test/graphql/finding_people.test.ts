import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { buildTenant, type TenantFixture } from "../support/tenants.ts";

// An administrator of a company of five thousand looks for people, the ways its pages of people offer.

const PEOPLE = 5_000;

let database: TestDatabase;
let acme: TenantFixture;
let api: GraphQLHouse;

beforeAll(async () => {
  database = await createDatabase();
  acme = await buildTenant(database, "acme");
  const client = await database.admin.connect();
  try {
    // Triggers are off: who is there matters, not how they came. Every tenth is suspended, every hundredth a viewer, every
    // fiftieth in a team of its own.
    await client.query("set session_replication_role = replica");
    await client.query(
      `with people as (
         insert into app.users (email, name)
         select 'number' || n || '@staff.example', 'Number ' || n from generate_series(1, $2::integer) as n
         returning id, substr(name, 8)::integer as n
       ), members as (
         insert into app.memberships (tenant_id, user_id, role_id, display_name, status)
         select $1, id, case when n % 100 = 0 then $3::uuid else $4::uuid end, 'Number ' || n,
           case when n % 10 = 0 then 'suspended' else 'active' end
         from people order by n returning user_id, substr(display_name, 8)::integer as n
       ), team as (
         insert into app.teams (tenant_id, name) values ($1, 'Fiftieths') returning id
       )
       insert into app.team_members (tenant_id, team_id, user_id)
       select $1, team.id, user_id from members, team where n % 50 = 0`,
      [acme.tenantId, PEOPLE, acme.roleIds.viewer, acme.roleIds.member],
    );
    await client.query(
      `insert into app.invitations (tenant_id, email, role_id, invited_by, status, expires_at)
       select $1, 'coming' || n || '@staff.example', $2, $3, case when n % 4 = 0 then 'revoked' else 'pending' end,
         now() + interval '7 days'
       from generate_series(1, 200) as n`,
      [acme.tenantId, acme.roleIds.member, acme.owner.userId],
    );
  } finally {
    client.release(true);
  }
  await database.admin.query("analyze");
  api = await startGraphQL(database);
}, 60_000);
afterAll(async () => {
  await api.close();
  await database.drop();
});

/** What the administrator is answered. */
async function ask(query: string) {
  const { data, errors } = await api.ask(acme.admin, query);
  expect(errors, query).toEqual([]);
  return data;
}
const names = (rows: { displayName: string }[]) => rows.map(({ displayName }) => displayName);
const team = async () => (await ask(`{ teamByName(name: "Fiftieths") { id } }`)).teamByName.id as string;

describe("a search", () => {
  test("finds one among five thousand by name, and by address", async () => {
    expect(names((await ask(`{ searchMembers(search: "ber 4711") { displayName } }`)).searchMembers)).toEqual(
      ["Number 4711"],
    );
    const byAddress = `{ searchMembers(search: "number4711@") { displayName } }`;
    expect(names((await ask(byAddress)).searchMembers)).toEqual(["Number 4711"]);
  });

  test("ends at a hundred", async () => {
    expect((await ask(`{ searchMembers(search: "number") { id } }`)).searchMembers).toHaveLength(100);
  });

  test("is narrowed by status, by role, by team, and by all of them", async () => {
    const viewer = acme.roleIds.viewer;
    const found = async (narrowed: string) =>
      names((await ask(`{ searchMembers(search: "number 4", ${narrowed}) { displayName } }`)).searchMembers);
    expect(await found("status: SUSPENDED")).toHaveLength(100);
    expect(await found(`roleId: "${viewer}"`)).toEqual(
      [400, ...Array.from({ length: 10 }, (_, n) => 4000 + n * 100)].map((n) => `Number ${n}`),
    );
    expect(await found(`teamId: "${await team()}"`)).toHaveLength(3 - 1 + 20);
    expect(await found(`roleId: "${viewer}", teamId: "${await team()}", status: SUSPENDED`)).toHaveLength(11);
    expect(await found(`roleId: "${viewer}", status: ACTIVE`)).toEqual([]);
  });

  test("by a team or a role of nobody's finds nobody", async () => {
    const nothing = "01900000-0000-7000-8000-000000000000";
    for (const by of ["roleId", "teamId"]) {
      const asked = `{ searchMembers(search: "number", ${by}: "${nothing}") { id } }`;
      expect((await ask(asked)).searchMembers).toEqual([]);
    }
  });
});

describe("a list", () => {
  test("of those with a role, of a status, and of both, has its count", async () => {
    const viewer = `roleId: {equalTo: "${acme.roleIds.viewer}"}`;
    const count = async (filter: string) =>
      (await ask(`{ memberships(first: 1, filter: {${filter}}) { totalCount } }`)).memberships.totalCount;
    expect(await count("status: {equalTo: SUSPENDED}")).toBe(500);
    expect(await count(viewer)).toBe(51);
    expect(await count(`${viewer}, status: {equalTo: SUSPENDED}`)).toBe(50);
  });

  test("of a team is read page by page, with who they are", async () => {
    const seen: string[] = [];
    for (let after = ""; ; ) {
      const { team: page } = await ask(
        `{ team(id: "${await team()}") { members(first: 30${after}) {
          nodes { role member { displayName status role { name } } } pageInfo { hasNextPage endCursor } } } }`,
      );
      seen.push(
        ...page.members.nodes.map((one: { member: { displayName: string } }) => one.member.displayName),
      );
      if (!page.members.pageInfo.hasNextPage) break;
      after = `, after: "${page.members.pageInfo.endCursor}"`;
    }
    expect(new Set(seen).size).toBe(100);
    expect(seen).toHaveLength(100);
  });

  test("of those who are invited, waiting or not", async () => {
    const { waiting, revoked } = await ask(`{
      waiting: invitations(first: 100, filter: {status: {equalTo: PENDING}}) { totalCount nodes { email } }
      revoked: invitations(first: 100, filter: {status: {equalTo: REVOKED}}) { totalCount }
    }`);
    expect([waiting.totalCount, revoked.totalCount]).toEqual([150 + 1, 50]);
    expect(waiting.nodes).toHaveLength(100);
  });
});
