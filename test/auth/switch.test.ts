import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createApiKeys } from "../../src/auth/api_key.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type SignUp, signUp } from "../support/people.ts";
import { type Answer, startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let server: TestServer;
let ann: SignUp;
let other: { id: string; slug: string; name: string };
beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database, { CORS_ORIGINS: "https://app.rowhouse.test" });
});
beforeEach(async () => {
  ann = await signUp(server, { tenant: { name: "Ann's shop", slug: slug() } });
  const bob = await signUp(server, { tenant: { name: "Bob's shop", slug: slug() } });
  other = bob.login.tenant as typeof other;
  await database.admin.query(
    `insert into app.memberships (tenant_id, user_id, role_id, display_name)
     select tenant_id, $2, id, 'Ann' from app.roles where tenant_id = $1 and name = 'member'`,
    [other.id, ann.login.user.id],
  );
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

const slug = () => `t-${randomBytes(5).toString("hex")}`;
const switchTo = (
  tenant: string,
  headers: Record<string, string> = ann.headers,
  more = {},
): Promise<Answer> => server.post("/auth/switch", { tenant, ...more }, headers);
const where = async ({ access_token }: { access_token: string }) =>
  (
    await server.post(
      "/graphql",
      { query: "{ myTenant { slug } myPermissions }" },
      { Authorization: `Bearer ${access_token}` },
    )
  ).body.data;

interface Row {
  id: string;
  slug: string;
  ended: boolean;
  proven: string;
  expires: string;
  methods: string[];
}

/** Ann's sessions, the oldest first. */
async function sessions(): Promise<Row[]> {
  const { rows } = await database.admin.query<Row>(
    `select session.id, slug, ended_at is not null as ended, authenticated_at::text as proven,
       expires_at::text as expires, methods
     from auth.sessions as session join app.tenants as tenant on tenant.id = session.tenant_id
     where user_id = $1 order by session.created_at`,
    [ann.login.user.id],
  );
  return rows;
}

async function audited(action: string): Promise<unknown[]> {
  const { rows } = await database.admin.query(
    "select tenant_id, detail from audit.events where action = $1 and actor_id = $2",
    [action, ann.login.user.id],
  );
  return rows;
}

describe("switching to another of one's companies", () => {
  test("opens a sibling session there, as a sign-in does; the one here goes on", async () => {
    const answer = await switchTo(other.slug);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Cache-Control")).toBe("no-store");
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      refresh_token: expect.stringMatching(/^rh_rt_/),
      token_type: "Bearer",
      expires_in: 900,
      user: ann.login.user,
      tenant: other,
      tenants: expect.arrayContaining([other, ann.login.tenant]),
    });
    expect(await where(answer.body)).toMatchObject({
      myTenant: { slug: other.slug },
      myPermissions: ["chat", "read_documents"],
    });
    expect(await where(ann.login)).toMatchObject({ myTenant: { slug: ann.login.tenant!.slug } });
    const refreshed = await server.post("/auth/refresh", { refresh_token: answer.body.refresh_token });
    expect(await where(refreshed.body)).toMatchObject({ myTenant: { slug: other.slug } });
    const [from, to] = await sessions();
    expect(await audited("auth.switch")).toEqual([
      { tenant_id: other.id, detail: { session: to!.id, from: from!.id, methods: ["pwd"] } },
    ]);
  });

  test("proves nothing anew: methods and age are the first sign-in's, however often one goes to and fro", async () => {
    await database.admin.query(
      `update auth.sessions set authenticated_at = authenticated_at - interval '29 days',
         expires_at = expires_at - interval '29 days', methods = '{pwd,otp}' where user_id = $1`,
      [ann.login.user.id],
    );
    const there = await switchTo(other.slug);
    await switchTo(ann.login.tenant!.slug, { Authorization: `Bearer ${there.body.access_token}` });
    const [first, second, third] = await sessions();
    for (const sibling of [second!, third!]) {
      expect([sibling.proven, sibling.expires, sibling.methods]).toEqual([
        first!.proven,
        first!.expires,
        ["pwd", "otp"],
      ]);
    }
  });

  test("is refused where the sign-in is longer ago than the other company allows", async () => {
    await database.admin.query("update app.tenants set session_lifetime_minutes = 60 where id = $1", [
      other.id,
    ]);
    await database.admin.query(
      "update auth.sessions set authenticated_at = authenticated_at - interval '61 minutes' where user_id = $1",
      [ann.login.user.id],
    );
    expect(await switchTo(other.slug)).toMatchObject({ status: 401, body: { code: "credential_expired" } });
    expect(await sessions()).toHaveLength(1);
    expect(await audited("auth.switch_failed")).toMatchObject([{ detail: { outcome: "expired" } }]);
  });
});

describe("switching is refused, and makes no session,", () => {
  const refuses = async (answer: Promise<Answer>, status: number, code: string) => {
    expect(await answer).toMatchObject({ status, body: { code } });
    expect(await sessions()).toHaveLength(1);
  };

  test("to a company that is not one's own, as to one that there is not", async () => {
    const stranger = await signUp(server, { tenant: { name: "Strangers", slug: slug() } });
    await refuses(switchTo(stranger.login.tenant!.slug), 403, "not_a_member");
    await refuses(switchTo("no-such-company"), 403, "not_a_member");
    const [one, two] = await audited("auth.switch_failed");
    expect(one).toEqual(two);
  });

  test("to a company where one is suspended, or that is", async () => {
    await database.admin.query(
      "update app.memberships set status = 'suspended' where tenant_id = $1 and user_id = $2",
      [other.id, ann.login.user.id],
    );
    await refuses(switchTo(other.slug), 403, "not_a_member");
    await database.admin.query("update app.memberships set status = 'active' where tenant_id = $1", [
      other.id,
    ]);
    await database.admin.query("update app.tenants set status = 'suspended' where id = $1", [other.id]);
    await refuses(switchTo(other.slug), 401, "tenant_suspended");
  });

  test("without a credential, with one that nobody knows, with an API key", async () => {
    await refuses(switchTo(other.slug, {}), 401, "credential_missing");
    const key = createApiKeys().secret;
    await refuses(switchTo(other.slug, { "X-API-Key": key }), 401, "credential_unknown");
    await database.admin.query(
      `insert into auth.api_keys (tenant_id, user_id, name, digest, scopes)
       values ($1, $2, 'test', sha256(sha256(convert_to($3, 'UTF8'))), '{chat}')`,
      [ann.login.tenant!.id, ann.login.user.id, key],
    );
    await refuses(switchTo(other.slug, { "X-API-Key": key }), 403, "session_required");
  });

  test("from another browser, and the trail says so", async () => {
    await refuses(
      switchTo(other.slug, { ...ann.headers, "User-Agent": "thief" }),
      401,
      "fingerprint_mismatch",
    );
    expect(await audited("auth.switch_failed")).toMatchObject([
      { tenant_id: ann.login.tenant!.id, detail: { outcome: "fingerprint_mismatch" } },
    ]);
  });

  test.each([
    ["that is over", "update auth.sessions set expires_at = now() where user_id = $1", "credential_expired"],
    ["of a banned user", "update app.users set status = 'banned' where id = $1", "user_banned"],
  ])("from a session %s", async (_what, sql, code) => {
    await database.admin.query(sql, [ann.login.user.id]);
    await refuses(switchTo(other.slug), 401, code);
  });

  test("from a session that was signed out", async () => {
    await server.post("/auth/logout", undefined, ann.headers);
    await refuses(switchTo(other.slug), 401, "session_ended");
  });

  test("with what is no slug", async () => {
    for (const tenant of [undefined, "", "Not A Slug", 7]) {
      await refuses(server.post("/auth/switch", { tenant }, ann.headers), 400, "invalid_input");
    }
  });
});

describe("switching while all sessions are ended", () => {
  test("leaves none behind, whichever is first", async () => {
    for (let n = 0; n < 10; n++) {
      const { email, password } = ann;
      const login = await server.post("/auth/login", { email, password, tenant: ann.login.tenant!.slug });
      const headers = { Authorization: `Bearer ${login.body.access_token}` };
      const [switched] = await Promise.all([
        switchTo(other.slug, headers),
        server.post("/auth/logout", { scope: "all" }, headers),
      ]);
      expect([200, 401]).toContain(switched.status);
      expect((await sessions()).filter(({ ended }) => !ended)).toEqual([]);
    }
  });
});

describe("switching with the cookie", () => {
  const origin = { Origin: "https://app.rowhouse.test" };
  let cookie: string;
  beforeEach(async () => {
    const { email, password } = ann;
    const login = await server.post("/auth/login", {
      email,
      password,
      cookie: true,
      tenant: ann.login.tenant!.slug,
    });
    cookie = cookieOf(login);
  });
  const cookieOf = (answer: Answer): string => answer.headers.getSetCookie()[0]?.split(";")[0] ?? "";

  test("puts the sibling's refresh token into it", async () => {
    const answer = await switchTo(other.slug, { Cookie: cookie, ...origin });
    expect(answer.status).toBe(200);
    expect(answer.body).not.toHaveProperty("refresh_token");
    expect(answer.headers.getSetCookie()[0]).toMatch(
      /^__Host-rowhouse_refresh=rh_rt_[\w-]{75}; Max-Age=604800; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
    );
    const refreshed = await server.post("/auth/refresh", undefined, { Cookie: cookieOf(answer), ...origin });
    expect(await where(refreshed.body)).toMatchObject({ myTenant: { slug: other.slug } });
  });

  test("puts it there for an access token too, where that is asked for", async () => {
    const answer = await switchTo(other.slug, ann.headers, { cookie: true });
    expect(answer.body).not.toHaveProperty("refresh_token");
    expect(cookieOf(answer)).toMatch(/^__Host-rowhouse_refresh=rh_rt_/);
  });

  test("is refused from a foreign page, and from one that does not say", async () => {
    const before = await sessions();
    const pages: Record<string, string>[] = [{}, { Origin: "https://evil.test" }, { Origin: "null" }];
    for (const page of pages) {
      const answer = await switchTo(other.slug, { Cookie: cookie, ...page });
      expect(answer).toMatchObject({ status: 403, body: { code: "origin_not_allowed" } });
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
    expect(await sessions()).toEqual(before);
  });

  test("that is forged or over is refused, and goes", async () => {
    await server.post("/auth/logout", undefined, { Cookie: cookie, ...origin });
    for (const dead of [cookie, `${cookie.slice(0, -4)}AAAA`]) {
      const answer = await switchTo(other.slug, { Cookie: dead, ...origin });
      expect(answer).toMatchObject({ status: 401, body: { code: "invalid_grant" } });
      expect(answer.headers.getSetCookie()[0]).toMatch(/^__Host-rowhouse_refresh=; Max-Age=0/);
    }
  });

  test("stays where only the company was wrong", async () => {
    const answer = await switchTo("no-such-company", { Cookie: cookie, ...origin });
    expect(answer).toMatchObject({ status: 403, body: { code: "not_a_member" } });
    expect(answer.headers.getSetCookie()).toEqual([]);
  });

  test("that was replaced long ago ends its session as a theft", async () => {
    let newest = cookie;
    for (let n = 0; n < 2; n++) {
      newest = cookieOf(await server.post("/auth/refresh", undefined, { Cookie: newest, ...origin }));
    }
    const answer = await switchTo(other.slug, { Cookie: cookie, ...origin });
    expect(answer).toMatchObject({ status: 401, body: { code: "invalid_grant" } });
    expect(await audited("auth.refresh_reused")).toMatchObject([{ detail: { presented: 0, current: 2 } }]);
    const after = await server.post("/auth/refresh", undefined, { Cookie: newest, ...origin });
    expect(after.status).toBe(401);
  });
});
