import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TELLING_COLUMNS } from "../../src/audit/report/changes.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { createMember, facts } from "../support/people.ts";
import { enterForSupport } from "../support/support.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

// What compliance asks of the trail, as rowhouse_auditor asks it in SQL.

const VIEWS = [
  "event_log",
  "sign_ins",
  "failed_sign_ins",
  "privilege_changes",
  "support_visits",
  "readings",
  "exports",
] as const;

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let api: GraphQLHouse;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  api = await startGraphQL(database);
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

/** The rows that a database role gets, or the SQLSTATE with which it is refused. */
async function as(
  role: string,
  sql: string,
  values: unknown[] = [],
): Promise<Record<string, unknown>[] | string> {
  const client = await database.admin.connect();
  try {
    await client.query("begin");
    await client.query(`set local role ${role}`);
    return (await client.query(sql, values)).rows;
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    await client.query("rollback");
    client.release();
  }
}

const auditor = async (sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> => {
  const rows = await as("rowhouse_auditor", sql, values);
  if (typeof rows === "string") throw new Error(`${rows}: ${sql}`);
  return rows;
};

const stated = JSON.stringify({ ...facts, user_agent: "Falcon/1" });

const signIn = async (person: { email: string }, slug: string, verified: boolean) =>
  database.auth.query("select * from auth.finish_login($1, $2, gen_random_uuid(), $3, $4, $5)", [
    person.email,
    verified,
    randomBytes(32),
    slug,
    stated,
  ]);

const since = async (): Promise<string> =>
  (await database.admin.query("select clock_timestamp()::text as now")).rows[0].now;

test("who signed in: when, from where, by which methods, and where else they came from", async () => {
  const began = await since();
  await signIn(acme.member, "acme", true);
  expect(
    await auditor(
      "select action, actor, actor_email, ip, user_agent, methods from audit.sign_ins where tenant_id = $1 and at > $2",
      [acme.tenantId, began],
    ),
  ).toEqual([
    {
      action: "auth.login",
      actor: acme.member.name,
      actor_email: acme.member.email,
      ip: facts.ip,
      user_agent: "Falcon/1",
      methods: ["pwd"],
    },
  ]);
});

test("who failed to sign in, and why: a wrong password, which is no company's yet, and a company that is not theirs", async () => {
  const began = await since();
  await signIn(acme.member, "acme", false);
  await signIn(acme.member, "globex", true);
  const failed = await auditor(
    "select tenant_id = audit.platform() as of_none, action, actor, reason, ip from audit.failed_sign_ins where at > $1 order by at",
    [began],
  );
  expect(failed[0]).toEqual({
    of_none: true,
    action: "auth.login_failed",
    actor: acme.member.name,
    reason: "invalid_credentials",
    ip: facts.ip,
  });
  expect(failed).toHaveLength(2);
  expect(failed[1]).toMatchObject({ action: "auth.login_failed", actor: acme.member.name });
  expect(failed[1]!.reason).not.toBe("invalid_credentials");
  expect(await auditor("select from audit.sign_ins where at > $1", [began])).toEqual([]);
});

test("one value that was erased takes no view from anybody", async () => {
  const client = await database.admin.connect();
  try {
    await client.query("begin");
    await client.query(
      `insert into audit.events (tenant_id, action, severity, actor_kind, table_name, row_key, row_id, new_row, detail) values
         ($1, 'auth.login', 'low', 'system', null, null, null, null, '{"session": "[erased]"}'),
         ($1, 'insert', 'low', 'system', 'app.memberships', '{"id": "1"}', '1', '{"user_id": "[erased]", "role_id": "[erased]"}', null),
         ($1, 'insert', 'low', 'system', 'auth.support_accesses', '{"id": "1"}', $2,
           '{"user_id": "[erased]", "may_write": "[erased]", "expires_at": "[erased]"}', null)`,
      [acme.tenantId, acme.owner.userId],
    );
    await client.query("set local role rowhouse_auditor");
    for (const view of VIEWS) await client.query(`select * from audit.${view}`);
    const { rows } = await client.query(
      "select visited_id, may_write, expires_at from audit.support_visits where id = $1",
      [acme.owner.userId],
    );
    expect(rows).toEqual([{ visited_id: null, may_write: null, expires_at: null }]);
  } finally {
    await client.query("rollback");
    client.release();
  }
});

describe("whose rights changed", () => {
  test("is told by every column that an access review goes by", () => {
    const view = readFileSync("db/schema/audit/privilege_changes.sql", "utf8");
    for (const [table, columns] of Object.entries(TELLING_COLUMNS))
      for (const column of columns) expect(view).toContain(`('${table}', '${column}')`);
  });

  const changes = (began: string) =>
    auditor(
      `select actor, subject, action, table_name, column_name, before, after from audit.privilege_changes
       where tenant_id = $1 and at > $2 order by at, column_name`,
      [acme.tenantId, began],
    );

  test("is told of a member, with the names of the roles as they were called then", async () => {
    const newcomer = await createMember(database, { tenant: acme, role: "viewer" });
    const began = await since();
    const { codes } = await api.ask(
      acme.owner,
      `mutation { updateMembership(input: {id: "${newcomer.membershipId}", patch: {roleId: "${acme.roleIds.helper}"}}) { membership { id } } }`,
    );
    expect(codes).toEqual([]);
    await database.admin.query("update app.roles set name = 'assistant' where id = $1", [
      acme.roleIds.helper,
    ]);
    expect(await changes(began)).toEqual([
      {
        actor: acme.owner.name,
        subject: newcomer.name,
        action: "update",
        table_name: "app.memberships",
        column_name: "role",
        before: "viewer",
        after: "helper",
      },
      {
        actor: null,
        subject: null,
        action: "update",
        table_name: "app.roles",
        column_name: "name",
        before: "helper",
        after: "assistant",
      },
    ]);
  });

  test("is told of a role, a grant, a key and what support may do; what gives no right is left out", async () => {
    const began = await since();
    const { admin } = database;
    await admin.query("update app.roles set permissions = '{chat,view_analytics}' where id = $1", [
      acme.roleIds.helper,
    ]);
    await admin.query("update app.roles set description = 'No right' where id = $1", [acme.roleIds.helper]);
    await admin.query("update app.memberships set display_name = 'Mel B.' where id = $1", [
      acme.member.membershipId,
    ]);
    await admin.query("update auth.api_keys set revoked_at = now() where id = $1", [acme.member.apiKeyId]);
    await admin.query("update app.tenants set support_access = 'write' where id = $1", [acme.tenantId]);
    expect(
      (await changes(began)).map(({ table_name, column_name, before, after }) => [
        table_name,
        column_name,
        before,
        after,
      ]),
    ).toEqual([
      ["app.roles", "permissions", ["chat"], ["chat", "view_analytics"]],
      ["auth.api_keys", "revoked_at", null, expect.any(String)],
      ["app.tenants", "support_access", "read", "write"],
    ]);
  });
});

test("who from outside was here, as whom, why, and how much they did", async () => {
  await database.admin.query("update app.tenants set support_access = 'write' where id = $1", [
    acme.tenantId,
  ]);
  const support = await enterForSupport(database, "acme", {
    as: acme.member.email,
    write: true,
    reason: "Ticket 12",
  });
  await api.ask(support, `{ conversation(id: "${acme.member.conversationId}") { title } }`);
  await api.ask(
    support,
    `mutation { updateConversation(input: {id: "${acme.member.conversationId}", patch: {status: ARCHIVED}}) { conversation { id } } }`,
  );
  const visit = () =>
    auditor("select * from audit.support_visits where tenant_id = $1 and id = $2", [
      acme.tenantId,
      support.accessId,
    ]);
  expect(await visit()).toMatchObject([
    {
      operator: "olga",
      reason: "Ticket 12",
      visited: acme.member.name,
      may_write: true,
      ended_at: null,
      changes: "1",
    },
  ]);
  expect(Number((await visit())[0]!.events)).toBeGreaterThan(2);
  await database.admin.query("select auth.end_support($1)", [support.accessId]);
  const [ended] = await visit();
  expect(ended).toMatchObject({ end_reason: "operator", ended_at: expect.any(Date) });
});

test("who read what is another's, and who took something along", async () => {
  const began = await since();
  await api.ask(acme.admin, `{ conversation(id: "${acme.colleague.conversationId}") { title } }`);
  await api.ask(acme.owner, `{ auditEvents(first: 2) { nodes { id } } }`);
  expect(
    await auditor(
      `select action, actor, row_id, "right", detail ->> 'events' as events from audit.readings where at > $1 order by at`,
      [began],
    ),
  ).toEqual([
    {
      action: "read",
      actor: acme.admin.name,
      row_id: acme.colleague.conversationId,
      right: "view_all_chats",
      events: null,
    },
    { action: "audit.read", actor: acme.owner.name, row_id: null, right: null, events: "2" },
  ]);
  await database.auth.query("select auth.record_reading($1, $2, $3)", [
    acme.member.digest,
    stated,
    JSON.stringify({ exported: { conversation_id: acme.member.conversationId, format: "markdown" } }),
  ]);
  expect(
    await auditor(
      "select action, actor, detail ->> 'format' as format, request_id from audit.exports where at > $1",
      [began],
    ),
  ).toEqual([
    { action: "chat.exported", actor: acme.member.name, format: "markdown", request_id: facts.request_id },
  ]);
});

test("the log names who acted and what changed, and knows what one request did in order", async () => {
  const created = await api.ask(
    acme.owner,
    `mutation { createRole(input: {role: {name: "Keeper", permissions: ["chat"]}}) { role { id } } }`,
  );
  const { id } = created.data.createRole.role;
  await api.ask(
    acme.owner,
    `mutation { updateRole(input: {id: "${id}", patch: {name: "Warden"}}) { role { id } } }`,
  );
  const log = await auditor(
    `select action, actor, changed from audit.event_log
     where tenant_id = $1 and request_id = $2 and row_id = $3 order by at, id`,
    [acme.tenantId, facts.request_id, id],
  );
  expect(log).toEqual([
    { action: "insert", actor: acme.owner.name, changed: null },
    { action: "update", actor: acme.owner.name, changed: expect.arrayContaining(["name"]) },
  ]);
});

describe("the views", () => {
  test("answer nobody but the auditor, and ask as whoever asks", async () => {
    for (const view of VIEWS) {
      expect(await as("rowhouse_auditor", `select * from audit.${view} limit 1`), view).not.toBe("42501");
      for (const role of ["rowhouse_app", "rowhouse_auth", "rowhouse_worker", "rowhouse_definer"])
        expect(await as(role, `select from audit.${view}`), `${role}: ${view}`).toBe("42501");
      for (const write of [`delete from audit.${view}`, `insert into audit.${view} default values`])
        expect(await as("rowhouse_auditor", write), write).toMatch(/^(42501|55000)$/);
    }
    const { rows } = await database.admin.query(
      "select relname from pg_class where relnamespace = 'audit'::regnamespace and relkind = 'v' order by 1",
    );
    expect(rows.map(({ relname }) => relname)).toEqual([...VIEWS].sort());
  });

  test("tell tenants apart", async () => {
    for (const view of ["event_log", "sign_ins", "privilege_changes"]) {
      const rows = await auditor(`select distinct tenant_id from audit.${view} where tenant_id = $1`, [
        globex.tenantId,
      ]);
      expect(rows, view).toEqual([{ tenant_id: globex.tenantId }]);
    }
  });

  test("find a tenant's month by an index of that month alone", async () => {
    await database.admin.query("select audit.create_partition(date '2020-01-15')");
    await database.admin.query(
      `insert into audit.events (tenant_id, at, action, severity, actor_kind, detail)
       select $1, timestamptz '2020-01-01' + interval '1 minute' * n, case when n % 50 = 0 then 'auth.login' else 'access.refused' end, 'low',
         'session', '{}' from generate_series(1, 20000) as n`,
      [acme.tenantId],
    );
    await database.admin.query("vacuum analyze audit.events");
    for (const view of VIEWS) {
      const plan = await auditor(
        `explain (costs off) select * from audit.${view}
         where tenant_id = '${acme.tenantId}' and at >= '2020-01-10' and at < '2020-01-11'`,
      );
      const lines = plan.map((line) => String(line["QUERY PLAN"]));
      const scans = lines.filter((line) => /Scan .*on events_/.test(line));
      // What a view looks up beside its events, the end of a visit or the name of a role, may be in other months.
      const looksFurther = ["privilege_changes", "support_visits"].includes(view);
      for (const scan of looksFurther ? scans.slice(0, 1) : scans) {
        expect(scan, view).toMatch(/(Index|Index Only|Bitmap Heap) Scan( using \S+)? on events_2020_01/);
      }
      expect(scans.length, view).toBeGreaterThan(0);
      expect(lines.join("\n"), view).not.toMatch(/Seq Scan on events_2020_01/);
    }
  });
});

/** The statements of the handbook's chapter on the trail. */
const asked = (): string[] => {
  const handbook = readFileSync("db/README.md", "utf8");
  return [...handbook.matchAll(/^```sql\n(.*?)^```$/gms)]
    .map(([, block]) => block!)
    .filter((block) => /\baudit\.(record_|event_log|sign_ins)/.test(block))
    .flatMap((block) => block.split(/;\n/))
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");
};

test("what the handbook asks can be asked, and each view is asked there", async () => {
  const statements = asked();
  expect(statements.length).toBeGreaterThan(8);
  for (const statement of statements)
    await auditor(statement.replaceAll("…", acme.tenantId).replaceAll("2026-11-01", "2020-01-01"));
  for (const view of VIEWS) expect(statements.join("\n")).toContain(`audit.${view}`);
});
