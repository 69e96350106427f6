import { createHash } from "node:crypto";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ReportFacts } from "../../src/audit/report/facts.ts";
import { gatherFacts } from "../../src/audit/report/gather_facts.ts";
import { printReport } from "../../src/audit/report/page/page.ts";
import { BadPeriod, readPeriod } from "../../src/audit/report/period.ts";
import { expireAudit } from "../../src/jobs/expire_audit.ts";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { jobContext } from "../support/jobs.ts";
import { happened, keepFor, monthsAgo } from "../support/old_events.ts";
import { createMember } from "../support/people.ts";
import { seal, unguarded } from "../support/sealing.ts";
import { buildTenant, buildTenants, type TenantFixture } from "../support/tenants.ts";

const PLATFORM = "00000000-0000-0000-0000-000000000000";
const HOSTILE = `</td></table><script>alert(1)</script><img src=x onerror="alert('2')">&amp;`;

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let actingAs: ReturnType<typeof actors>;
let facts: ReportFacts;
let page: string;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  actingAs = actors(database.app);
  await seal(database);
});
afterAll(() => database.drop());

/** What the review says of a company; of the days around now, unless told. */
async function review(
  tenant: TenantFixture | string = acme,
  { from, to, timeZone = "UTC" }: { from?: string; to?: string; timeZone?: string } = {},
): Promise<ReportFacts | null> {
  const client = await database.admin.connect();
  try {
    const near = (days: number): string =>
      new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
    const period = await readPeriod(client, { from: from ?? near(-30), to: to ?? near(2), timeZone });
    return await gatherFacts(client, {
      tenant: typeof tenant === "string" ? tenant : tenant.tenantId,
      period,
      trust: { keys: null },
      software: "Rowhouse of the tests",
    });
  } finally {
    client.release();
  }
}
const reviewed = async (...given: Parameters<typeof review>): Promise<ReportFacts> =>
  (await review(...given))!;
const sql = (text: string, values: unknown[] = []) => database.admin.query(text, values);
const codes = ({ findings }: ReportFacts): Record<string, readonly string[]> =>
  Object.fromEntries(findings.map(({ code, rows }) => [code, rows]));

/** An event of somebody's, some days ago. */
const event = (
  tenant: string,
  action: string,
  person: string,
  { at = "now() - interval '2 days'", ip = "198.51.100.7", detail = "{}" } = {},
) =>
  sql(
    `insert into audit.events (tenant_id, at, action, severity, actor_kind, actor_id, ip, detail)
     values ($1, ${at}, $2, 'low', 'sign_in', $3, $4, $5)`,
    [tenant, action, person, ip, detail],
  );

describe("who has access", () => {
  beforeAll(async () => {
    await sql(
      "insert into auth.totp_factors (id, user_id, seed, confirmed_at, last_step) values (gen_random_uuid(), $1, 'v1.x', now(), 1)",
      [acme.member.userId],
    );
    await sql("insert into auth.totp_factors (id, user_id, seed) values (gen_random_uuid(), $1, 'v1.x')", [
      acme.viewer.userId,
    ]);
    await sql("update app.memberships set status = 'removed' where user_id = $1", [acme.colleague.userId]);
    await sql(
      `insert into app.grants (tenant_id, user_id, permission, reason, granted_by, ends_at)
       values ($1, $2, 'manage_teams', 'While Ann is away', $3, now() + interval '3 days')`,
      [acme.tenantId, acme.viewer.userId, acme.owner.userId],
    );
    await sql(
      `insert into auth.support_accesses (tenant_id, operator, reason, digest, may_write, created_at, expires_at)
       values ($1, 'olga', 'Ticket 1', sha256('1'), true, now() - interval '2 days', now() - interval '47 hours'),
         ($1, 'olga', 'Long ago', sha256('2'), false, now() - interval '90 days', now() - interval '90 days' + interval '1 hour')`,
      [acme.tenantId],
    );
    await sql(
      "update auth.api_keys set last_used_at = now() - interval '1 day', expires_at = now() + interval '9 days' where id = $1",
      [acme.member.apiKeyId],
    );
    await sql("update auth.api_keys set revoked_at = now() where id = $1", [acme.viewer.apiKeyId]);
    facts = await reviewed();
  });

  test("names each member once, with role, teams, ownership and second factor", () => {
    const people = new Map(facts.people.rows.map((one) => [one.id, one]));
    expect(facts.people.inAll).toBe(5);
    expect([...people.keys()].sort()).toEqual(
      [acme.owner, acme.admin, acme.member, acme.colleague, acme.viewer].map(({ userId }) => userId).sort(),
    );
    expect(people.get(acme.owner.userId)).toMatchObject({
      email: acme.owner.email,
      roleId: acme.roleIds.admin,
      isOwner: true,
      status: "active",
      teams: ["Everybody"],
      secondFactor: false,
    });
    expect(people.get(acme.member.userId)).toMatchObject({ isOwner: false, secondFactor: true });
    // One that was begun and not confirmed is none.
    expect(people.get(acme.viewer.userId)).toMatchObject({ secondFactor: false });
    expect(people.get(acme.colleague.userId)).toMatchObject({ status: "removed" });
  });

  test("tells when somebody was last in, by sessions and by the trail", async () => {
    const person = await createMember(database, { tenant: acme, role: "viewer" });
    const of = async () => (await reviewed()).people.rows.find(({ id }) => id === person.userId)!;
    await sql(
      "update auth.sessions set created_at = now() - interval '9 days', last_seen_at = now() - interval '5 days' where user_id = $1",
      [person.userId],
    );
    await sql("delete from auth.sessions where user_id = $1", [person.userId]);
    const { rows } = await sql(
      "select max(at) filter (where action = 'auth.login') as signed, max(at) as used from audit.events where tenant_id = $1 and actor_id = $2",
      [acme.tenantId, person.userId],
    );
    expect(rows[0].signed).toBeInstanceOf(Date);
    expect(await of()).toMatchObject({ lastSignInAt: rows[0].signed, lastUseAt: rows[0].used });
    await sql("update app.memberships set status = 'removed' where user_id = $1", [person.userId]);
  });

  test("counts who has a role, and says what it permits", () => {
    const roles = new Map(facts.roles.map((role) => [role.name, role]));
    expect(roles.get("admin")).toMatchObject({ people: 2, builtIn: true });
    expect(roles.get("admin")!.permissions).toContain("manage_users");
    // The colleague is removed.
    expect(roles.get("member")).toMatchObject({ people: 1 });
    expect(roles.get("viewer")).toMatchObject({ people: 1, invitations: 1 });
    expect(roles.get("helper")).toMatchObject({ people: 0, builtIn: false, permissions: ["chat"] });
  });

  test("lists what is pending or ends by itself: grants that have not ended, invitations, keys", () => {
    expect(facts.grants).toMatchObject([
      { userId: acme.viewer.userId, permission: "manage_teams", reason: "While Ann is away" },
    ]);
    expect(facts.invitations.rows).toMatchObject([
      { email: "guest@acme.example", roleId: acme.roleIds.viewer, teams: ["Everybody"] },
    ]);
    const keys = new Map(facts.keys.rows.map((key) => [key.id, key]));
    expect(keys.get(acme.member.apiKeyId)).toMatchObject({
      userId: acme.member.userId,
      scopes: ["chat"],
      live: true,
    });
    expect(keys.get(acme.viewer.apiKeyId)).toMatchObject({ live: false });
  });

  test("tells of the support that was inside in the period, and of no other", () => {
    expect(facts.support).toMatchObject([{ operator: "olga", reason: "Ticket 1", mayWrite: true }]);
  });

  test("tells of connections their host, and nothing after it", () => {
    const told = JSON.stringify(facts.connections);
    expect(facts.connections.filter(({ kind }) => kind === "webhook").map(({ name }) => name)).toEqual(
      Array.from({ length: 5 }, () => "https://hooks.example"),
    );
    expect(facts.connections).toContainEqual(
      expect.objectContaining({ kind: "domain", name: "acme.example", told: ["viewer"], active: false }),
    );
    expect(told).not.toContain(acme.member.userId);
  });

  test("says nothing of the company next door, nor any secret", async () => {
    const told = JSON.stringify(facts) + printReport(facts);
    for (const word of [globex.tenantId, globex.slug, globex.owner.userId, globex.member.email])
      expect(told).not.toContain(word);
    const digest = await sql("select encode(digest, 'hex') as digest from auth.api_keys where id = $1", [
      acme.member.apiKeyId,
    ]);
    expect(told).not.toContain(digest.rows[0].digest);
  });

  test("finds what a reviewer should look at, and leads to the row", () => {
    const found = codes(facts);
    expect(found.one_owner).toEqual([acme.owner.userId]);
    expect(found.key_of_leaver).toEqual([acme.colleague.apiKeyId]);
    expect([...found.powerful_without_second_factor!].sort()).toEqual(
      // The viewer by a grant.
      [acme.owner, acme.admin, acme.viewer].map(({ userId }) => userId).sort(),
    );
    expect(found.endless_key).not.toContain(acme.member.apiKeyId);
    expect(found.endless_key).not.toContain(acme.viewer.apiKeyId);
    expect(found.endless_key).toContain(acme.owner.apiKeyId);
    expect(found.support_wrote).toHaveLength(1);
    const gravity = ["alarm", "look", "note"];
    const weights = facts.findings.map(({ weight }) => gravity.indexOf(weight));
    expect(weights).toEqual(weights.toSorted());
    expect(found.idle_person).toBeUndefined();
    expect(found.trail_not_verified).toBeUndefined();
    page = printReport(facts);
    for (const { part, rows } of facts.findings)
      for (const row of rows) expect(page).toContain(`<tr id="${part}-${row}"`);
  });

  test("finds who was not seen for 90 days, and keys that were not used", async () => {
    await unguarded(
      database,
      `update auth.sessions set last_seen_at = now() - interval '91 days', created_at = now() - interval '100 days' where user_id = '${globex.member.userId}'`,
      `update app.memberships set created_at = now() - interval '100 days' where user_id = '${globex.member.userId}'`,
      `update audit.events set at = now() - interval '95 days' where tenant_id = '${globex.tenantId}' and actor_id = '${globex.member.userId}'`,
      `update auth.api_keys set created_at = now() - interval '200 days', last_used_at = now() - interval '91 days' where id = '${globex.member.apiKeyId}'`,
    );
    const found = codes(await reviewed(globex));
    expect(found.idle_person).toEqual([globex.member.userId]);
    expect(found.idle_key).toEqual([globex.member.apiKeyId]);
  });
});

describe("what changed", () => {
  test("a role that was given: what it was, what it is, and who did it", async () => {
    await actingAs(acme.owner).rows("update app.memberships set role_id = $1 where id = $2", [
      acme.roleIds.helper,
      acme.viewer.membershipId,
    ]);
    await actingAs(acme.owner).rows("update app.memberships set display_name = 'Vic' where id = $1", [
      acme.viewer.membershipId,
    ]);
    const { changes } = await reviewed();
    const [change] = changes.rows.filter(({ subjectId }) => subjectId === acme.viewer.userId);
    expect(change).toMatchObject({
      action: "update",
      table: "app.memberships",
      oldRow: expect.objectContaining({ role_id: acme.roleIds.viewer }),
      newRow: expect.objectContaining({ role_id: acme.roleIds.helper }),
      actorId: acme.owner.userId,
      actorName: acme.owner.name,
    });
    const printed = printReport(await reviewed());
    expect(printed).toContain("<bdi>role: viewer</bdi>");
    expect(printed).toContain("<bdi>role: helper</bdi>");
  });

  test("permissions of a role, keys made and revoked, and the rules of the company", async () => {
    await actingAs(acme.owner).rows(
      "update app.roles set permissions = '{chat,view_analytics}' where id = $1",
      [acme.roleIds.helper],
    );
    await actingAs(acme.owner).rows("update app.roles set description = 'Helps' where id = $1", [
      acme.roleIds.helper,
    ]);
    await actingAs(acme.owner).rows("update app.tenants set requires_second_factor = true where id = $1", [
      acme.tenantId,
    ]);
    await actingAs(acme.owner).rows("update app.tenants set requires_second_factor = false where id = $1", [
      acme.tenantId,
    ]);
    const of = (wanted: string) =>
      reviewed().then(({ changes }) => changes.rows.filter(({ table }) => table === wanted));
    const roles = (await of("app.roles")).filter(({ rowId }) => rowId === acme.roleIds.helper);
    expect(roles.map(({ action }) => action)).toEqual(["update", "insert"]);
    expect((await of("app.tenants")).map(({ action }) => action)).toEqual(["update", "update", "insert"]);
    const keys = await of("auth.api_keys");
    expect(keys.filter(({ rowId }) => rowId === acme.viewer.apiKeyId).map(({ action }) => action)).toEqual([
      "update",
      "insert",
    ]);
    // That one was used is no change of privilege; that it ends earlier is.
    expect(keys.filter(({ rowId }) => rowId === acme.member.apiKeyId)).toHaveLength(2);
  });

  test("a second factor that was removed, and a ban: of the company's people only", async () => {
    await sql("delete from auth.totp_factors where user_id = $1", [acme.member.userId]);
    await sql("delete from auth.totp_factors where user_id = $1", [acme.viewer.userId]);
    await sql(
      "insert into auth.totp_factors (id, user_id, seed, confirmed_at, last_step) values (gen_random_uuid(), $1, 'v1.x', now(), 1)",
      [globex.member.userId],
    );
    await sql("delete from auth.totp_factors where user_id = $1", [globex.member.userId]);
    await sql("select auth.ban($1, 'Sold the list')", [acme.colleague.userId]);
    const { changes } = await reviewed();
    // A factor that nobody confirmed let nobody in.
    expect(
      changes.rows.filter(({ table }) => table === "auth.totp_factors").map(({ subjectId }) => subjectId),
    ).toEqual([acme.member.userId]);
    expect(changes.rows).toContainEqual(
      expect.objectContaining({ action: "auth.banned", subjectId: acme.colleague.userId }),
    );
    expect(JSON.stringify(changes)).not.toContain(globex.member.userId);
  });
});

describe("who came in", () => {
  beforeAll(async () => {
    await event(acme.tenantId, "auth.login", acme.member.userId, { at: "'2026-03-10T12:00:00Z'" });
    await event(acme.tenantId, "auth.login", acme.member.userId, { at: "'2026-03-10T23:30:00Z'" });
    await event(acme.tenantId, "auth.switch", acme.member.userId, { at: "'2026-03-12T08:00:00Z'" });
    await event(globex.tenantId, "auth.login", globex.member.userId, { at: "'2026-03-10T12:00:00Z'" });
    for (let time = 0; time < 10; time++) {
      await event(PLATFORM, "auth.login_failed", acme.member.userId, {
        at: "'2026-03-11T12:00:00Z'",
        ip: `203.0.${time % 2}.${time + 1}`,
      });
    }
    await event(PLATFORM, "auth.login_failed", globex.member.userId, { at: "'2026-03-11T12:00:00Z'" });
    await event(acme.tenantId, "access.refused", acme.viewer.userId, {
      at: "'2026-03-11T12:00:00Z'",
      detail: '{"code": "RH403", "detail": "manage_users"}',
    });
    await event(acme.tenantId, "auth.refresh_reused", acme.member.userId, { at: "'2026-03-11T12:00:00Z'" });
    // Before the period, and after.
    await event(acme.tenantId, "auth.login", acme.member.userId, { at: "'2026-03-09T23:59:59Z'" });
    await event(acme.tenantId, "auth.login", acme.member.userId, {
      at: "'2026-03-13T00:00:00Z'",
      ip: "192.0.2.9",
    });
  });
  const march = { from: "2026-03-10", to: "2026-03-13" };

  test("sign-ins and failures, day by day; what begins the next day is not of the period", async () => {
    const { activity } = await reviewed(acme, march);
    expect(activity.days).toEqual([
      { day: "2026-03-10", signIns: 2, failures: 0 },
      { day: "2026-03-11", signIns: 0, failures: 10 },
      { day: "2026-03-12", signIns: 1, failures: 0 },
    ]);
  });

  test("days are those of the time zone that was asked for", async () => {
    const { activity, period } = await reviewed(acme, { ...march, timeZone: "Europe/Berlin" });
    expect(period.from.toISOString()).toBe("2026-03-09T23:00:00.000Z");
    expect(activity.days.map(({ signIns }) => signIns)).toEqual([2, 1, 1]);
  });

  test("whose sign-ins fail most and from where, refusals and tokens used twice", async () => {
    const told = await reviewed(acme, march);
    expect(told.activity.failedAccounts).toMatchObject([
      { userId: acme.member.userId, failures: 10, spread: 2 },
    ]);
    expect(told.activity.failedNetworks.map(({ network, failures }) => [network, failures]).sort()).toEqual([
      ["203.0.0.0/24", 5],
      ["203.0.1.0/24", 5],
    ]);
    expect(told.activity.refusals).toMatchObject([
      { what: "manage_users", code: "RH403", refusals: 1, people: 1 },
    ]);
    expect(codes(told)).toMatchObject({
      many_failures: [`failed-${acme.member.userId}`],
      refresh_reused: ["reuse-0"],
    });
  });

  test("a network is new to somebody who had come from others, and not to who had never come", async () => {
    const { activity } = await reviewed(acme, { from: "2026-03-13", to: "2026-03-14" });
    expect(activity.newNetworks).toMatchObject([
      { userId: acme.member.userId, network: "192.0.2.0/24", signIns: 1 },
    ]);
    const first = await reviewed(acme, { from: "2026-03-09", to: "2026-03-13" });
    expect(first.activity.newNetworks).toEqual([]);
  });

  test("a period in which nothing happened says so", async () => {
    const told = await reviewed(acme, { from: "2001-01-01", to: "2001-01-03" });
    expect(told.changes).toEqual({ rows: [], inAll: 0 });
    expect(told.activity).toEqual({
      days: [
        { day: "2001-01-01", signIns: 0, failures: 0 },
        { day: "2001-01-02", signIns: 0, failures: 0 },
      ],
      failedAccounts: [],
      failedNetworks: [],
      refusals: [],
      newNetworks: [],
      reuses: [],
    });
    const printed = printReport(told);
    for (const says of ["There was no such change.", "No sign-ins.", "Nobody was refused anything."])
      expect(printed).toContain(says);
  });
});

describe("the page", () => {
  test("takes every name for a text, and needs nothing but itself", async () => {
    await sql("update app.memberships set display_name = $2 where user_id = $1", [
      acme.admin.userId,
      HOSTILE,
    ]);
    await sql("update app.tenants set name = $2 where id = $1", [acme.tenantId, HOSTILE]);
    await sql("update app.teams set name = $2 where id = $1", [acme.owner.teamId, HOSTILE]);
    await sql("update app.roles set name = '<b>', description = $2 where id = $1", [
      acme.roleIds.helper,
      HOSTILE,
    ]);
    await sql("update app.grants set reason = $2 where tenant_id = $1", [acme.tenantId, HOSTILE]);
    await sql("update auth.api_keys set name = left($2, 100) where tenant_id = $1", [acme.tenantId, HOSTILE]);
    await unguarded(
      database,
      `update auth.support_accesses set reason = '${HOSTILE.replaceAll("'", "''")}', operator = '<i>olga' where tenant_id = '${acme.tenantId}'`,
    );
    await event(acme.tenantId, "access.refused", acme.viewer.userId, {
      detail: JSON.stringify({ code: "<u>", detail: HOSTILE }),
    });
    const printed = printReport(await reviewed());
    for (const tag of ["<script", "<img", "<b>", "<i>", "<u>"]) expect(printed).not.toContain(tag);
    expect(printed).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(printed.match(/\b(href|src)="(?!#)/g)).toBeNull();
    expect(printed).not.toMatch(/url\(|@import|\son[a-z]+="/);
    // As many tags are closed as are opened, whatever the names are.
    for (const tag of ["table", "tr", "td", "th", "section", "svg", "bdi", "main"])
      expect(printed.match(new RegExp(`</${tag}>`, "g"))).toHaveLength(
        printed.match(new RegExp(`<${tag}[ >]`, "g"))!.length,
      );
  });

  test("has a policy that allows its own style and nothing else", () => {
    const style = /<style>([\s\S]*)<\/style>/.exec(page)![1]!;
    const digest = createHash("sha256").update(style).digest("base64");
    expect(page).toContain(
      `content="default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'"`,
    );
    expect(page).not.toMatch(/ style="/);
  });

  test("can be read without seeing: a language, heads with scopes, captions, pictures with words", () => {
    expect(page).toContain('<html lang="en">');
    const count = (pattern: RegExp) => page.match(pattern)?.length ?? 0;
    expect(count(/<table/g)).toBe(count(/<caption>/g));
    expect(count(/<th[ >]/g)).toBe(count(/<th scope="(col|row)"/g));
    expect(count(/<svg/g)).toBe(count(/<svg [^>]*role="img" aria-label="[^"]+"/g));
    expect(count(/<h1[ >]/g)).toBe(1);
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target);
  });
});

describe("a period", () => {
  const read = async (from: string, to: string, timeZone = "UTC") => {
    const client = await database.admin.connect();
    try {
      return await readPeriod(client, { from, to, timeZone });
    } finally {
      client.release();
    }
  };

  test.each([
    ["2026-11-01", "2026-10-01"],
    ["2026-10-01", "2026-10-01"],
    ["2026-02-30", "2026-10-01"],
    ["yesterday", "2026-10-01"],
    ["2026-10-01T25:00:00Z", "2026-11-01"],
    ["2020-01-01", "2026-10-01"],
    ["2026-10-01", "2026-11-01", "Mars/Olympus"],
    ["2026-10-01", "2026-11-01", "'; drop table app.users; --"],
  ])("from %s to %s is refused", async (from, to, timeZone = "UTC") => {
    await expect(read(from, to, timeZone)).rejects.toThrow(BadPeriod);
  });

  test("takes days and moments", async () => {
    expect(await read("2026-10-01", "2026-10-02T09:30:00+02:00")).toEqual({
      from: new Date("2026-10-01T00:00:00Z"),
      to: new Date("2026-10-02T07:30:00Z"),
      timeZone: "UTC",
    });
  });
});

describe("who may ask", () => {
  const FUNCTIONS = [
    "describe_tenant(uuid)",
    "list_people(uuid)",
    "list_roles(uuid)",
    "list_grants(uuid)",
    "list_invitations(uuid)",
    "list_keys(uuid)",
    "list_support(uuid, timestamptz, timestamptz)",
    "list_connections(uuid)",
    "record_report(uuid, jsonb)",
  ];
  async function as(role: string, text: string, values: unknown[] = []): Promise<string | undefined> {
    const client = await database.admin.connect();
    try {
      await client.query("begin");
      await client.query(`set local role ${role}`);
      await client.query(text, values);
      return "done";
    } catch (error) {
      return (error as pg.DatabaseError).code;
    } finally {
      await client.query("rollback");
      client.release();
    }
  }
  const call = (signature: string): string =>
    `select * from audit.${signature
      .replace("uuid", `'${acme.tenantId}'::uuid`)
      .replace("timestamptz, timestamptz", "now(), now()")
      .replace("jsonb", `'{"sha256": "${"0".repeat(64)}"}'`)}`;

  test("an auditor, by functions, and nobody who serves requests", async () => {
    for (const signature of FUNCTIONS) {
      expect(await as("rowhouse_auditor", call(signature)), signature).toBe("done");
      for (const role of ["rowhouse_app", "rowhouse_auth", "rowhouse_worker"])
        expect(await as(role, call(signature)), `${role}: ${signature}`).toBe("42501");
    }
    await actingAs(acme.owner).expect(call("list_people(uuid)")).toBeRefused("42501");
  });

  test("an auditor reads none of the tables behind them", async () => {
    for (const table of [
      "app.memberships",
      "app.roles",
      "app.grants",
      "app.invitations",
      "app.webhook_endpoints",
      "auth.api_keys",
      "auth.sessions",
      "auth.totp_factors",
      "auth.support_accesses",
    ])
      expect(await as("rowhouse_auditor", `select * from ${table}`), table).toBe("42501");
  });

  test("an auditor writes nothing but that a report was made, and of a company that is there", async () => {
    const say = (tenant: string, detail: object) =>
      as("rowhouse_auditor", "select audit.record_report($1, $2)", [tenant, detail]);
    const sha256 = "0".repeat(64);
    expect(await say(acme.tenantId, { sha256, verified: true })).toBe("done");
    expect(await say(PLATFORM, { sha256 })).toBe("RH404");
    expect(await say(acme.tenantId, { sha256, more: "x" })).toBe("RH400");
    expect(await say(acme.tenantId, { sha256: "x" })).toBe("RH400");
    expect(await say(acme.tenantId, {})).toBe("RH400");
    expect(await say(acme.tenantId, { sha256, from: "x".repeat(2_000) })).toBe("RH400");
    expect(
      await as("rowhouse_auditor", "insert into audit.events (tenant_id) values (gen_random_uuid())"),
    ).toBe("42501");
  });
});

describe("the trail beneath", () => {
  let untouched: TenantFixture;
  beforeAll(async () => {
    untouched = await buildTenant(database, "initech");
    await seal(database);
  });

  test("is verified as of the same moment, with the last checkpoints", async () => {
    const told = await reviewed(untouched);
    expect(told.verified).toBe(true);
    expect(told.trees.map(({ of, problems }) => [of, problems])).toEqual([
      ["company", []],
      ["platform", []],
    ]);
    const [company] = told.trees;
    expect(company!.checkpoint).toContain(`/${untouched.tenantId}\n${company!.signed}\n`);
    expect(printReport(told)).toContain("<strong>Verified.</strong>");
  });

  test("has no events of what is over: the page counts them apart, and is verified", async () => {
    const { tenantId } = await buildTenant(database, "umbrella");
    await database.admin.query("select audit.create_partition($1)", [monthsAgo(17)]);
    await unguarded(
      database,
      `update audit.events set at = '${monthsAgo(17)}'::timestamp at time zone 'UTC' where tenant_id = '${tenantId}'`,
    );
    await happened(database, tenantId, 16, 12);
    await seal(database);
    const whole = (await reviewed(tenantId)).trees[0]!;
    expect(whole.expired).toBeNull();
    await keepFor(database, tenantId, 12);
    for (let turn = 0; turn < 4; turn += 1) {
      await expireAudit(jobContext(database));
      await seal(database);
    }
    const told = await reviewed(tenantId);
    const [company, platform] = told.trees;
    expect(told.verified).toBe(true);
    // All but what was sealed since: that it is kept for a year only, and that something is over.
    const over = whole.size;
    expect(company!.expired).toMatchObject({ leaves: over });
    expect(company!.size).toBeGreaterThan(over);
    const printed = printReport(told);
    const left = company!.size + platform!.size - over;
    expect(printed).toContain(`${left} events of the trail are what was sealed`);
    expect(printed).toContain(`${over} more are over: a signed leaf vouches for them.`);
    expect(printed).toContain(`${company!.size} events sealed, ${over} of them over, all signed for`);
    expect(printReport(await reviewed(globex))).not.toContain("of them over");
  });

  test("that was altered is told first, and the first bad leaf is named", async () => {
    await unguarded(
      database,
      `update audit.events set actor_id = gen_random_uuid() where id =
         (select event_id from audit.leaves where tenant_id = '${untouched.tenantId}' and index = 3)`,
    );
    const told = await reviewed(untouched);
    expect(told.verified).toBe(false);
    expect(told.findings[0]).toMatchObject({ code: "trail_not_verified", weight: "alarm" });
    const printed = printReport(told);
    expect(printed).toContain("<strong>Not verified.</strong>");
    expect(printed).not.toContain("<strong>Verified.</strong> ");
    expect(printed).toMatch(/event_altered: tenant [0-9a-f-]+, leaf 3, event/);
  });

  test("of the platform counts too: failed sign-ins are in it", async () => {
    await seal(database);
    await unguarded(
      database,
      `update audit.events set actor_id = gen_random_uuid() where id =
         (select event_id from audit.leaves where tenant_id = '${PLATFORM}' order by index limit 1)`,
    );
    const told = await reviewed(acme);
    expect(codes(told).trail_not_verified).toContain("platform");
  });
});

test("a company that is not there, or no more, has no review", async () => {
  expect(await review("00000000-0000-4000-8000-000000000000")).toBeNull();
  expect(await review(PLATFORM)).toBeNull();
});
