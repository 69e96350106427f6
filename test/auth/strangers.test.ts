import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApiKeys } from "../../src/auth/api_key.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createMember, createTenant, facts, signUp } from "../support/people.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let server: TestServer;
beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database, { TRUSTED_PROXIES: "1" });
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

const events = async (): Promise<number> =>
  (await database.admin.query("select count(*)::int as count from audit.events")).rows[0].count;

const tally = async (action: string): Promise<{ subject: string; count: number }[]> =>
  (
    await database.admin.query(
      "select subject, sum(count)::int as count from audit.tallies where action = $1 group by 1 order by 1",
      [action],
    )
  ).rows;

const inventedKey = () => createApiKeys().secret;

describe("what nobody known did is counted by network, and leaves no row in the trail:", () => {
  const from = { "X-Forwarded-For": "198.51.100.7" };
  const attempts: [what: string, action: string, attempt: () => Promise<unknown>][] = [
    [
      "invented API keys",
      "access.unknown_credential",
      () => server.post("/graphql", { query: "{ me { id } }" }, { ...from, "X-API-Key": inventedKey() }),
    ],
    [
      "signing in to no account",
      "auth.login_unknown",
      () =>
        server.post(
          "/auth/login",
          { email: `${randomBytes(4).toString("hex")}@example.com`, password: "x" },
          from,
        ),
    ],
    [
      "registering",
      "auth.register",
      () =>
        server.post(
          "/auth/register",
          {
            email: `${randomBytes(4).toString("hex")}@example.com`,
            name: "No One",
          },
          from,
        ),
    ],
    [
      "following invented links",
      "auth.register_failed",
      () => server.post("/auth/email/verify", { token: "x", password: "x" }, from),
    ],
    [
      "signing out with invented keys",
      "auth.logout_unknown",
      () => server.post("/auth/logout", { scope: "others" }, { ...from, "X-API-Key": inventedKey() }),
    ],
  ];
  test.each(attempts)("%s", async (_what, action, attempt) => {
    const before = await events();
    for (let n = 0; n < 5; n++) await attempt();
    expect(await tally(action)).toEqual([{ subject: "198.51.100.0/24", count: 5 }]);
    expect(await events()).toBe(before);
  });

  test("trying again while one has to wait", async () => {
    const email = "impatient@example.com";
    const logIn = () =>
      server.post("/auth/login", { email, password: "x" }, { "X-Forwarded-For": "203.0.113.7" });
    for (let n = 0; n < 5; n++) await logIn();
    const before = await events();
    for (let n = 0; n < 3; n++) expect((await logIn()).status).toBe(429);
    expect(await tally("auth.login_throttled")).toEqual([{ subject: "203.0.113.0/24", count: 3 }]);
    expect(await events()).toBe(before);
  });
});

test("a stranger with many networks fills a hundred rows an hour, and all are counted", async () => {
  const networks = Array.from({ length: 150 }, (_, n) => `2001:db8:0:${n.toString(16)}::1`);
  for (const ip of networks) {
    await database.auth.query("select auth.verify_email($1, null, null, '$argon2id$', 'en', $2)", [
      randomBytes(32),
      { request_id: "many", ip },
    ]);
  }
  const rows = await tally("auth.register_failed");
  expect(rows.length).toBeLessThanOrEqual(101);
  expect(rows.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThanOrEqual(150);
  expect(rows.find(({ subject }) => subject === "elsewhere")?.count).toBeGreaterThanOrEqual(50);
  // Networks that were there before the limit go on being told apart.
  await database.auth.query("select auth.verify_email($1, null, null, '$argon2id$', 'en', $2)", [
    randomBytes(32),
    { request_id: "many", ip: networks[0] },
  ]);
  expect(
    (await tally("auth.register_failed")).find(({ subject }) => subject === "2001:db8::/64")?.count,
  ).toBe(2);
});

test("a wrong password of somebody known is an event, which names them and repeats nothing that was typed", async () => {
  const person = await signUp(server);
  await server.post(
    "/auth/login",
    { email: person.email, password: "x" },
    { "X-Request-Id": "wrong-password" },
  );
  const { rows } = await database.admin.query(
    "select action, actor_id, detail from audit.events where request_id = 'wrong-password'",
  );
  expect(rows).toEqual([
    {
      action: "auth.login_failed",
      actor_id: person.login.user.id,
      detail: { outcome: "invalid_credentials" },
    },
  ]);
});

describe("what is known but over can be shown for ever:", () => {
  test("an hour's first refusal is an event, all are counted", async () => {
    const member = await createMember(database, { tenant: await createTenant(database), role: "member" });
    await database.auth.query("select auth.end_sessions($1, 'current', $2)", [member.digest, facts]);
    for (let n = 0; n < 5; n++) {
      await database.auth.query("select auth.record_refusal($1, 'RH401', 'ended', $2)", [
        member.digest,
        facts,
      ]);
    }
    const { rows } = await database.admin.query(
      "select tenant_id, detail from audit.events where action = 'access.refused' and actor_id = $1",
      [member.userId],
    );
    expect(rows).toEqual([
      {
        tenant_id: member.tenantId,
        detail: { code: "RH401", detail: "ended", credential: member.sessionId },
      },
    ]);
    expect(await tally("access.refused")).toEqual([{ subject: `${member.sessionId} ended`, count: 5 }]);
    await database.admin.query("update audit.tallies set hour = hour - interval '1 hour'");
    await database.auth.query("select auth.record_refusal($1, 'RH401', 'ended', $2)", [member.digest, facts]);
    const later = await database.admin.query(
      "select from audit.events where action = 'access.refused' and actor_id = $1",
      [member.userId],
    );
    expect(later.rowCount).toBe(2);
  });

  test("a refresh token too", async () => {
    const person = await signUp(server);
    await server.post("/auth/logout", undefined, person.headers);
    for (let n = 0; n < 5; n++)
      await server.post("/auth/refresh", { refresh_token: person.login.refresh_token });
    const { rows } = await database.admin.query(
      "select detail ->> 'outcome' as outcome from audit.events where action = 'auth.refresh_failed' and actor_id = $1",
      [person.login.user.id],
    );
    expect(rows).toEqual([{ outcome: "ended" }]);
    expect(await tally("auth.refresh_failed")).toMatchObject([{ count: 5 }]);
  });

  test("shown by another browser, the trail says that as well", async () => {
    const member = await createMember(database, { tenant: await createTenant(database), role: "member" });
    await database.admin.query("update auth.sessions set user_agent = 'Firefox' where id = $1", [
      member.sessionId,
    ]);
    await database.auth.query("select auth.end_sessions($1, 'current', $2)", [member.digest, facts]);
    await database.auth.query("select auth.record_refusal($1, 'RH401', 'ended', $2)", [member.digest, facts]);
    const { rows } = await database.admin.query(
      "select detail from audit.events where action = 'access.refused' and actor_id = $1",
      [member.userId],
    );
    expect(rows).toMatchObject([{ detail: { detail: "ended", fingerprint: "mismatch" } }]);
  });

  test("what a live credential is refused is an event each time", async () => {
    const member = await createMember(database, { tenant: await createTenant(database), role: "member" });
    for (let n = 0; n < 3; n++) {
      await database.auth.query("select auth.record_refusal($1, 'RH403', 'manage_users', $2)", [
        member.digest,
        facts,
      ]);
    }
    const { rowCount } = await database.admin.query(
      "select from audit.events where action = 'access.refused' and actor_id = $1",
      [member.userId],
    );
    expect(rowCount).toBe(3);
  });
});

test("auditors read the counts; nobody else does, and nobody changes them", async () => {
  const client = await database.admin.connect();
  const as = async (role: string, sql: string): Promise<unknown> => {
    await client.query("begin");
    try {
      await client.query(`set local role ${role}`);
      return (await client.query(sql)).rowCount;
    } catch (error) {
      return (error as { code: string }).code;
    } finally {
      await client.query("rollback");
    }
  };
  try {
    expect(await as("rowhouse_auditor", "select from audit.tallies")).toBeGreaterThan(0);
    for (const role of ["rowhouse_app", "rowhouse_auth", "rowhouse_worker"]) {
      expect(await as(role, "select from audit.tallies"), role).toBe("42501");
      expect(await as(role, "select audit.tally('x', 'y')"), role).toBe("42501");
    }
    for (const change of ["delete from audit.tallies", "update audit.tallies set count = 1"]) {
      expect(await as("rowhouse_auditor", change)).toBe("42501");
    }
  } finally {
    client.release();
  }
});
