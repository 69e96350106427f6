import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createApiKeys } from "../../src/auth/api_key.ts";
import { digest } from "../../src/auth/session_secrets.ts";
import { expireSessions } from "../../src/jobs/expire_sessions.ts";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { jobContext } from "../support/jobs.ts";
import { type SignUp, signUp } from "../support/people.ts";
import { type Answer, startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let server: TestServer;
let ann: SignUp;
beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database);
});
beforeEach(async () => {
  ann = await signUp(server, { tenant: { name: "Ann's shop", slug: slug() } });
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

const slug = () => `t-${randomBytes(5).toString("hex")}`;
const FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:141.0) Gecko/20100101 Firefox/141.0";

interface SignedIn {
  access_token: string;
  refresh_token: string;
  id: string;
}

/** Signs Ann in once more, from another device. */
async function signIn(userAgent = FIREFOX): Promise<SignedIn> {
  const { email, password } = ann;
  const { body } = await server.post("/auth/login", { email, password }, { "User-Agent": userAgent });
  const { rows } = await database.admin.query<{ id: string }>(
    "select id from auth.sessions where user_id = $1 order by created_at desc limit 1",
    [ann.login.user.id],
  );
  return { ...body, id: rows[0]!.id };
}

async function ask(
  query: string,
  { access_token }: { access_token: string } = ann.login,
  userAgent = "node",
  // biome-ignore lint/suspicious/noExplicitAny: an answer has the shape of its query
): Promise<{ data: any; codes: string[] }> {
  const { body } = await server.post(
    "/graphql",
    { query },
    {
      Authorization: `Bearer ${access_token}`,
      "User-Agent": userAgent,
    },
  );
  const codes = (body.errors ?? []).map((error: { extensions: { code: string } }) => error.extensions.code);
  return { data: body.data, codes };
}

const live = async (): Promise<number> =>
  (
    await database.admin.query("select from auth.sessions where user_id = $1 and ended_at is null", [
      ann.login.user.id,
    ])
  ).rowCount!;

async function audited(action: string, userId = ann.login.user.id): Promise<unknown[]> {
  const { rows } = await database.admin.query<{ detail: unknown }>(
    "select detail from audit.events where action = $1 and actor_id = $2 order by id",
    [action, userId],
  );
  return rows.map(({ detail }) => detail);
}

/** An API key of Ann's; nothing issues one yet. */
async function apiKey(): Promise<{ "X-API-Key": string }> {
  const key = createApiKeys().secret;
  await database.admin.query(
    `insert into auth.api_keys (tenant_id, user_id, name, digest, scopes)
     values ($1, $2, 'test', sha256(sha256(convert_to($3, 'UTF8'))), '{chat,manage_tenant}')`,
    [ann.login.tenant!.id, ann.login.user.id, key],
  );
  return { "X-API-Key": key };
}

const settings = (patch: string) =>
  ask(
    `mutation { updateTenant(input: {id: "${ann.login.tenant!.id}", patch: {${patch}}}) { tenant { id } } }`,
  );

describe("the list of one's sessions", () => {
  const list =
    "{ mySessions { id device address methods company createdAt lastSeenAt expiresAt isCurrent } }";

  test("says where one is signed in: device, address, company, times, and which one asks", async () => {
    const other = await signIn();
    const { data } = await ask(list);
    expect(data.mySessions).toEqual([
      expect.objectContaining({ device: "node", isCurrent: true, company: "Ann's shop", methods: ["pwd"] }),
      expect.objectContaining({
        id: other.id,
        device: "Firefox on Windows",
        address: "127.0.0.1",
        isCurrent: false,
        company: "Ann's shop",
      }),
    ]);
  });

  test("has nobody else's, and none that is over", async () => {
    await signUp(server, { tenant: { name: "Bob's shop", slug: slug() } });
    const over = await signIn();
    await database.admin.query("update auth.sessions set idle_expires_at = now() where id = $1", [over.id]);
    const gone = await signIn();
    await server.post("/auth/logout", undefined, { Authorization: `Bearer ${gone.access_token}` });
    expect((await ask(list)).data.mySessions).toHaveLength(1);
  });

  test("has the version that the browser has now", async () => {
    const other = await signIn();
    await server.post(
      "/auth/refresh",
      { refresh_token: other.refresh_token },
      { "User-Agent": FIREFOX.replaceAll("141", "142") },
    );
    const { rows } = await database.admin.query("select user_agent from auth.sessions where id = $1", [
      other.id,
    ]);
    expect(rows[0].user_agent).toMatch(/Firefox\/142/);
  });

  test("is for sessions only: an API key has none", async () => {
    const { body } = await server.post("/graphql", { query: list }, await apiKey());
    expect(body.errors[0].extensions).toEqual({ code: "SESSION_REQUIRED" });
  });
});

describe("signing out from afar", () => {
  test("ends one of one's own sessions at once, and the trail says so", async () => {
    const other = await signIn();
    const revoke = `mutation { revokeSession(input: {id: "${other.id}"}) { session { id device isCurrent } } }`;
    const { data, codes } = await ask(revoke);
    expect(codes).toEqual([]);
    expect(data.revokeSession).toEqual({
      session: { id: other.id, device: "Firefox on Windows", isCurrent: false },
    });
    expect((await ask("{ me { id } }", other, FIREFOX)).codes).toEqual(["SESSION_ENDED"]);
    const again = await server.post(
      "/auth/refresh",
      { refresh_token: other.refresh_token },
      { "User-Agent": FIREFOX },
    );
    expect(again).toMatchObject({ status: 401, body: { code: "invalid_grant" } });
    const { rows } = await database.admin.query("select end_reason from auth.sessions where id = $1", [
      other.id,
    ]);
    expect(rows).toEqual([{ end_reason: "revoked" }]);
    expect(await audited("auth.sessions_revoked")).toEqual([{ which: "one", session: other.id, ended: 1 }]);
    expect((await ask(revoke)).codes).toEqual(["NOT_FOUND"]);
  });

  test("ends nobody else's: theirs and one that there is not look the same", async () => {
    const bob = await signUp(server, { tenant: { name: "Bob's shop", slug: slug() } });
    const { rows } = await database.admin.query("select id from auth.sessions where user_id = $1", [
      bob.login.user.id,
    ]);
    const revoke = (id: string) => ask(`mutation { revokeSession(input: {id: "${id}"}) { session { id } } }`);
    const [theirs, nobodys] = [await revoke(rows[0].id), await revoke(crypto.randomUUID())];
    expect(theirs).toEqual(nobodys);
    expect(theirs.codes).toEqual(["NOT_FOUND"]);
    expect((await ask("{ me { id } }", bob.login)).codes).toEqual([]);
    expect(await audited("auth.sessions_revoked")).toEqual([]);
  });

  test("ends the others, in every company, and not the one that asks", async () => {
    const others = [await signIn(), await signIn()];
    const elsewhere = await otherCompany();
    const switched = await server.post("/auth/switch", { tenant: elsewhere.slug }, ann.headers);
    expect(switched.status).toBe(200);
    const { data } = await ask("mutation { revokeOtherSessions(input: {}) { sessions { id } } }");
    expect(data.revokeOtherSessions.sessions).toHaveLength(3);
    for (const other of others)
      expect((await ask("{ me { id } }", other, FIREFOX)).codes).toEqual(["SESSION_ENDED"]);
    expect((await ask("{ me { id } }", switched.body)).codes).toEqual(["SESSION_ENDED"]);
    expect((await ask("{ me { id } }")).codes).toEqual([]);
    // The other company's trail has the end of the session that was its own.
    const { rows } = await database.admin.query(
      `select actor_id, new_row ->> 'end_reason' as reason from audit.events
       where tenant_id = $1 and table_name = 'auth.sessions' and action = 'update' and actor_id = $2`,
      [elsewhere.id, ann.login.user.id],
    );
    expect(rows).toContainEqual({ actor_id: ann.login.user.id, reason: "revoked" });
  });

  test("takes no other word from SQL of the caller's own, and writes none into the trail", async () => {
    const { sid } = JSON.parse(Buffer.from(ann.login.access_token.split(".")[1]!, "base64url").toString());
    const actor = { digest: digest(sid), facts: { user_agent: "node" } };
    for (const which of ["null", "'everybody''s'", "''"]) {
      await actors(database.app)(actor)
        .expect(`select context.end_sessions_of_caller(${which})`)
        .toBeRefused("RH400");
    }
    expect(await live()).toBe(1);
    expect(await audited("auth.sessions_revoked")).toEqual([]);
  });

  test("ends all, the one that asks too", async () => {
    await signIn();
    const { data } = await ask("mutation { revokeAllSessions(input: {}) { sessions { isCurrent } } }");
    expect(data.revokeAllSessions.sessions).toHaveLength(2);
    expect(await live()).toBe(0);
    expect((await ask("{ me { id } }")).codes).toEqual(["SESSION_ENDED"]);
  });

  test("is not for an API key, which would sign its owner out", async () => {
    for (const query of [
      "mutation { revokeAllSessions(input: {}) { clientMutationId } }",
      "mutation { revokeOtherSessions(input: {}) { clientMutationId } }",
    ]) {
      const { body } = await server.post("/graphql", { query }, await apiKey());
      expect(body.errors[0].extensions).toEqual({ code: "SESSION_REQUIRED" });
    }
    expect(await live()).toBe(1);
  });
});

/** A company of Bob's that Ann is a member of. */
async function otherCompany(): Promise<{ id: string; slug: string }> {
  const bob = await signUp(server, { tenant: { name: "Bob's shop", slug: slug() } });
  const tenant = bob.login.tenant!;
  await database.admin.query(
    `insert into app.memberships (tenant_id, user_id, role_id, display_name)
     select tenant_id, $2, id, 'Ann' from app.roles where tenant_id = $1 and name = 'member'`,
    [tenant.id, ann.login.user.id],
  );
  return tenant;
}

const age = (interval: string, columns: readonly string[]) =>
  database.admin.query(
    `update auth.sessions set ${columns.map((column) => `${column} = ${column} - interval '${interval}'`)}
     where user_id = $1`,
    [ann.login.user.id],
  );
const IDLE = ["rotated_at", "idle_expires_at"];
const LIFE = ["created_at", "authenticated_at", "expires_at"];

describe("how long a company's sessions last", () => {
  test("is seven days without a refresh and thirty in all, unless it is changed", async () => {
    const { rows } = await database.admin.query(
      `select idle_expires_at - rotated_at as idle, expires_at - authenticated_at as life
       from auth.sessions where user_id = $1`,
      [ann.login.user.id],
    );
    expect(rows).toEqual(
      [{ idle: { days: 7 }, life: { days: 30 } }].map((row) =>
        expect.objectContaining({
          idle: expect.objectContaining(row.idle),
          life: expect.objectContaining(row.life),
        }),
      ),
    );
  });

  test.each([
    ["sessionIdleMinutes: 30", "31 minutes", IDLE],
    ["sessionLifetimeMinutes: 60", "61 minutes", LIFE],
  ])("%s: bites at once, at the door and for a refresh", async (patch, pause, columns) => {
    await age(pause, columns);
    expect((await ask("{ me { id } }")).codes).toEqual([]);
    expect((await settings(patch)).codes).toEqual([]);
    expect((await ask("{ me { id } }")).codes).toEqual(["CREDENTIAL_EXPIRED"]);
    const refused = await server.post("/auth/refresh", { refresh_token: ann.login.refresh_token });
    expect(refused).toMatchObject({ status: 401, body: { code: "invalid_grant" } });
    await expireSessions(jobContext(database));
    expect(await live()).toBe(0);
  });

  test("counts idleness from the last refresh, and no refresh past the lifetime", async () => {
    await settings("sessionIdleMinutes: 30, sessionLifetimeMinutes: 60");
    let token = ann.login.refresh_token;
    for (const status of [200, 200, 401]) {
      await age("25 minutes", [...IDLE, ...LIFE]);
      const answer = await server.post("/auth/refresh", { refresh_token: token });
      expect(answer.status).toBe(status);
      token = answer.body.refresh_token;
    }
  });

  test("is what the cookie says too", async () => {
    await settings("sessionIdleMinutes: 30");
    const { email, password } = ann;
    const login = await server.post("/auth/login", { email, password, cookie: true });
    expect(login.headers.getSetCookie()[0]).toContain("; Max-Age=1800;");
    const refreshed = await server.post("/auth/refresh", undefined, {
      Cookie: login.headers.getSetCookie()[0]!.split(";")[0]!,
      Origin: server.config.publicUrl,
    });
    const age = Number(/Max-Age=(\d+)/.exec(refreshed.headers.getSetCookie()[0]!)?.[1]);
    expect([1799, 1800]).toContain(age);
  });

  test("can be made longer, for what begins or is refreshed then", async () => {
    await settings("sessionIdleMinutes: 129600, sessionLifetimeMinutes: 525600");
    const { rows } = await database.admin.query(
      "select expires_at < now() + interval '31 days' as old from auth.sessions where user_id = $1",
      [ann.login.user.id],
    );
    expect(rows).toEqual([{ old: true }]);
    const { email, password } = ann;
    const login = await server.post("/auth/login", { email, password, cookie: true });
    expect(login.headers.getSetCookie()[0]).toContain(`; Max-Age=${90 * 24 * 60 * 60};`);
  });

  test.each([
    "sessionIdleMinutes: 29",
    "sessionIdleMinutes: 129601",
    "sessionLifetimeMinutes: 59",
    "sessionLifetimeMinutes: 525601",
  ])("is refused out of all reason: %s", async (patch) => {
    expect((await settings(patch)).codes).toEqual(["INVALID_INPUT"]);
  });
});

describe("a company that allows one session", () => {
  test("ends the member's others there when they sign in, and says so", async () => {
    const elsewhere = await otherCompany();
    const there = await server.post("/auth/switch", { tenant: elsewhere.slug }, ann.headers);
    await settings("singleSession: true");
    const { email, password } = ann;
    const tenant = ann.login.tenant!.slug;
    const login = await server.post("/auth/login", { email, password, tenant });
    expect((await ask("{ me { id } }")).codes).toEqual(["SESSION_ENDED"]);
    expect((await ask("{ me { id } }", login.body)).codes).toEqual([]);
    expect((await ask("{ me { id } }", there.body)).codes).toEqual([]);
    expect(await audited("auth.login")).toContainEqual(expect.objectContaining({ replaced: 1 }));
    const { rows } = await database.admin.query(
      "select end_reason from auth.sessions where user_id = $1 and ended_at is not null",
      [ann.login.user.id],
    );
    expect(rows).toEqual([{ end_reason: "replaced" }]);
  });

  test("has one left of ten sign-ins at once", async () => {
    await settings("singleSession: true");
    const { email, password } = ann;
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => server.post("/auth/login", { email, password })),
    );
    // Of so many tries at once the throttle lets some wait; each that came in counts.
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(1);
    expect(await live()).toBe(1);
  });
});

describe("who one is", () => {
  const session = (headers: Record<string, string>): Promise<Answer> => server.get("/auth/session", headers);

  test("is what a front end asks first", async () => {
    const answer = await session(ann.headers);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Cache-Control")).toBe("no-store");
    expect(answer.body).toEqual({
      user: ann.login.user,
      tenant: ann.login.tenant,
      tenants: ann.login.tenants,
      permissions: expect.arrayContaining(["chat", "manage_tenant"]),
      amr: ["pwd"],
      auth_time: expect.any(Number),
      expires_at: expect.any(Number),
    });
    const { rows } = await database.admin.query(
      `select extract(epoch from authenticated_at)::float as began, extract(epoch from idle_expires_at)::float as ends
       from auth.sessions where user_id = $1`,
      [ann.login.user.id],
    );
    expect(answer.body.auth_time).toBe(Math.floor(rows[0].began));
    expect(answer.body.expires_at).toBe(Math.floor(rows[0].ends));
  });

  test("is told without a company too", async () => {
    const bob = await signUp(server);
    expect((await session(bob.headers)).body).toMatchObject({ tenant: null, tenants: [], permissions: [] });
  });

  test("is told to nobody else: no credential, another browser, a dead session, an API key", async () => {
    expect(await session({})).toMatchObject({ status: 401, body: { code: "credential_missing" } });
    expect(await session({ ...ann.headers, "User-Agent": "thief" })).toMatchObject({
      status: 401,
      body: { code: "fingerprint_mismatch" },
    });
    expect(await audited("access.refused")).toMatchObject([{ detail: "fingerprint_mismatch" }]);
    expect(await session(await apiKey())).toMatchObject({ status: 403, body: { code: "session_required" } });
    await server.post("/auth/logout", undefined, ann.headers);
    expect(await session(ann.headers)).toMatchObject({ status: 401, body: { code: "session_ended" } });
  });
});
