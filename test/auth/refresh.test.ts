import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type SignUp, signUp } from "../support/people.ts";
import { type Answer, startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let server: TestServer;
let person: SignUp;
beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database, { CORS_ORIGINS: "https://app.rowhouse.test" });
});
beforeEach(async () => {
  const slug = `t-${crypto.randomUUID().slice(0, 8)}`;
  person = await signUp(server, { tenant: { name: "A tenant", slug } });
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

function refresh(token: string): Promise<Answer> {
  return server.post("/auth/refresh", { refresh_token: token });
}

async function refreshed(token: string): Promise<string> {
  const answer = await refresh(token);
  expect(answer.status).toBe(200);
  return answer.body.refresh_token;
}

interface Session {
  counter: number;
  ended: boolean;
  end_reason: string | null;
}

async function session(): Promise<Session> {
  const { rows } = await database.admin.query<Session>(
    "select counter, ended_at is not null as ended, end_reason from auth.sessions where user_id = $1",
    [person.login.user.id],
  );
  expect(rows).toHaveLength(1);
  return rows[0]!;
}

async function audited(action: string): Promise<unknown[]> {
  const { rows } = await database.admin.query<{ detail: unknown }>(
    "select detail from audit.events where action = $1 and actor_id = $2",
    [action, person.login.user.id],
  );
  return rows.map(({ detail }) => detail);
}

const invalidGrant = { status: 401, body: { code: "invalid_grant" } };

describe("a refresh token", () => {
  test("is replaced at every use", async () => {
    const seen = new Set([person.login.refresh_token]);
    for (let n = 1; n <= 3; n++) seen.add(await refreshed([...seen].at(-1)!));
    expect(seen.size).toBe(4);
    expect((await session()).counter).toBe(3);
  });

  test("gives two tabs at once one and the same child, and both live", async () => {
    const tabs = await Promise.all(Array.from({ length: 4 }, () => refresh(person.login.refresh_token)));
    expect(tabs.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(new Set(tabs.map(({ body }) => body.refresh_token)).size).toBe(1);
    await refreshed(tabs[0]!.body.refresh_token);
    expect(await session()).toMatchObject({ counter: 2, ended: false });
  });

  test("replayed after its child was used ends the session, and the trail says so", async () => {
    const child = await refreshed(person.login.refresh_token);
    const grandchild = await refreshed(child);
    expect(await refresh(person.login.refresh_token)).toMatchObject(invalidGrant);
    expect(await session()).toMatchObject({ ended: true, end_reason: "reuse" });
    expect(await audited("auth.refresh_reused")).toMatchObject([{ presented: 0, current: 2 }]);
    expect(await refresh(grandchild)).toMatchObject(invalidGrant);
  });

  test("is refused after logout", async () => {
    await server.post("/auth/logout", undefined, person.headers);
    expect(await refresh(person.login.refresh_token)).toMatchObject(invalidGrant);
    expect(await session()).toMatchObject({ counter: 0, end_reason: "logout" });
  });

  test("is refused when the user is banned, and good again when the ban is lifted", async () => {
    const set = (status: string) =>
      database.admin.query("update app.users set status = $1 where id = $2", [status, person.login.user.id]);
    await set("banned");
    expect(await refresh(person.login.refresh_token)).toMatchObject(invalidGrant);
    expect(await session()).toMatchObject({ counter: 0, ended: false });
    expect(await audited("auth.refresh_failed")).toMatchObject([{ outcome: "user_banned" }]);
    await set("active");
    await refreshed(person.login.refresh_token);
  });

  test("is refused when the tenant is suspended", async () => {
    await database.admin.query("update app.tenants set status = 'suspended' where id = $1", [
      person.login.tenant!.id,
    ]);
    expect(await refresh(person.login.refresh_token)).toMatchObject(invalidGrant);
    expect(await session()).toMatchObject({ counter: 0, ended: false });
  });

  test.each(["idle_expires_at", "expires_at"])("is refused past %s", async (column) => {
    await database.admin.query(`update auth.sessions set ${column} = now() where user_id = $1`, [
      person.login.user.id,
    ]);
    expect(await refresh(person.login.refresh_token)).toMatchObject(invalidGrant);
    expect((await session()).counter).toBe(0);
  });

  test("is refused from another browser", async () => {
    const answer = await server.post(
      "/auth/refresh",
      { refresh_token: person.login.refresh_token },
      { "User-Agent": "another browser" },
    );
    expect(answer).toMatchObject({ status: 401, body: { code: "fingerprint_mismatch" } });
    expect(await audited("auth.refresh_failed")).toMatchObject([
      { outcome: "fingerprint_mismatch", replayed: false },
    ]);
    expect(await session()).toMatchObject({ counter: 0, ended: false });
  });

  test("replayed by another browser ends the session, and the trail says both", async () => {
    const grandchild = await refreshed(await refreshed(person.login.refresh_token));
    const answer = await server.post(
      "/auth/refresh",
      { refresh_token: person.login.refresh_token },
      { "User-Agent": "another browser" },
    );
    expect(answer).toMatchObject(invalidGrant);
    expect(await session()).toMatchObject({ ended: true, end_reason: "reuse" });
    expect(await audited("auth.refresh_reused")).toMatchObject([
      { presented: 0, current: 2, fault: "fingerprint_mismatch" },
    ]);
    expect(await refresh(grandchild)).toMatchObject(invalidGrant);
  });

  test.each([
    ["its user is banned", "update app.users set status = 'banned' where id = $1", "user_banned"],
    ["its time is over", "update auth.sessions set expires_at = now() where user_id = $1", "expired"],
  ])("replayed while %s ends the session for good", async (_when, sql, fault) => {
    await refreshed(await refreshed(person.login.refresh_token));
    await database.admin.query(sql, [person.login.user.id]);
    expect(await refresh(person.login.refresh_token)).toMatchObject(invalidGrant);
    expect(await session()).toMatchObject({ ended: true, end_reason: "reuse" });
    expect(await audited("auth.refresh_reused")).toMatchObject([{ presented: 0, current: 2, fault }]);
  });

  test("that is missing, as on a first visit, has a plain answer of its own", async () => {
    for (const body of [undefined, {}]) {
      const answer = await server.post("/auth/refresh", body, { Origin: "https://evil.test" });
      expect(answer).toMatchObject({ status: 401, body: { code: "refresh_token_missing" } });
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
    expect(await refresh("")).toMatchObject({ status: 400, body: { code: "invalid_input" } });
  });

  test("is refused with an altered counter, session, key or MAC, and that changes nothing", async () => {
    const other = await signUp(server);
    const bytes = (token: string) => Buffer.from(token.slice("rh_rt_".length), "base64url");
    const own = bytes(person.login.refresh_token);
    const foreign = bytes(other.login.refresh_token);
    const altered = (change: (copy: Buffer) => void): string => {
      const copy = Buffer.from(own);
      change(copy);
      return `rh_rt_${copy.toString("base64url")}`;
    };
    for (const token of [
      altered((copy) => copy.writeUInt32BE(1, 20)),
      altered((copy) => foreign.copy(copy, 4, 4, 20)),
      altered((copy) => foreign.copy(copy, 24, 24)),
      altered((copy) => copy.writeUInt8(copy.readUInt8(0) ^ 1, 0)),
      altered((copy) => copy.writeUInt8(copy.readUInt8(55) ^ 1, 55)),
      `${person.login.refresh_token}A`,
      `${person.login.refresh_token}=`,
      person.login.refresh_token.slice(0, -1),
      person.login.refresh_token.toUpperCase(),
      person.login.access_token,
      "rh_rt_",
    ]) {
      expect(await refresh(token)).toMatchObject(invalidGrant);
    }
    expect(await session()).toMatchObject({ counter: 0, ended: false });
    await refreshed(person.login.refresh_token);
    await refreshed(other.login.refresh_token);
  });
});

describe("a refresh token in a cookie", () => {
  const origin = { Origin: "https://app.rowhouse.test" };

  async function logIn(): Promise<{ answer: Answer; cookie: string }> {
    const { email, password } = person;
    const answer = await server.post("/auth/login", { email, password, cookie: true });
    return { answer, cookie: answer.headers.getSetCookie()[0]?.split(";")[0] ?? "" };
  }

  test("is set so that scripts, other sites and plain HTTP never see it", async () => {
    const { answer } = await logIn();
    expect(answer.body).not.toHaveProperty("refresh_token");
    const [cookie, ...more] = answer.headers.getSetCookie();
    expect(more).toEqual([]);
    expect(cookie).toMatch(/^__Host-rowhouse_refresh=rh_rt_[\w-]{75}; /);
    expect(cookie!.split("; ").slice(1)).toEqual([
      "Max-Age=604800",
      "Path=/",
      "Secure",
      "HttpOnly",
      "SameSite=Strict",
    ]);
  });

  test("refreshes for an allowed origin and our own", async () => {
    let { cookie } = await logIn();
    for (const Origin of ["https://app.rowhouse.test", server.config.publicUrl]) {
      const answer = await server.post("/auth/refresh", undefined, { Cookie: cookie, Origin });
      expect(answer.status).toBe(200);
      expect(answer.body).not.toHaveProperty("refresh_token");
      cookie = answer.headers.getSetCookie()[0]!.split(";")[0]!;
    }
  });

  test("is refused from a foreign page, and from one that does not say", async () => {
    const { cookie } = await logIn();
    const pages: Record<string, string>[] = [{}, { Origin: "https://evil.test" }, { Origin: "null" }];
    for (const headers of pages) {
      const answer = await server.post("/auth/refresh", undefined, { Cookie: cookie, ...headers });
      expect(answer).toMatchObject({ status: 403, body: { code: "origin_not_allowed" } });
    }
    const kept = await server.post("/auth/refresh", undefined, { Cookie: cookie, ...origin });
    expect(kept.status).toBe(200);
  });

  test("is accepted from every name that this machine has for itself, where that is our address", async () => {
    const local = await startTestServer(database, { PUBLIC_URL: "http://localhost:4000" });
    try {
      let { cookie } = await logIn();
      for (const Origin of ["http://localhost:4000", "http://127.0.0.1:4000", "http://[::1]:4000"]) {
        const answer = await local.post("/auth/refresh", undefined, { Cookie: cookie, Origin });
        expect(answer.status).toBe(200);
        cookie = answer.headers.getSetCookie()[0]!.split(";")[0]!;
      }
      for (const Origin of [
        "http://localhost:4001",
        "https://localhost:4000",
        "http://127.0.0.2:4000",
        "http://localhost",
      ]) {
        const answer = await local.post("/auth/refresh", undefined, { Cookie: cookie, Origin });
        expect(answer).toMatchObject({ status: 403, body: { code: "origin_not_allowed" } });
      }
    } finally {
      await local.close();
    }
  });

  test.each(["current", "all"] as const)("signs out by itself: %s", async (scope) => {
    const { answer, cookie } = await logIn();
    const out = await server.post("/auth/logout", { scope }, { Cookie: cookie, ...origin });
    expect(out.status).toBe(204);
    expect(out.headers.getSetCookie()[0]).toMatch(/^__Host-rowhouse_refresh=; Max-Age=0/);
    const headers = { Authorization: `Bearer ${answer.body.access_token}` };
    expect((await server.post("/auth/logout", undefined, headers)).body.code).toBe("session_ended");
    expect((await refresh(person.login.refresh_token)).status).toBe(scope === "all" ? 401 : 200);
  });

  test("signs the others out and stays", async () => {
    const { cookie } = await logIn();
    const out = await server.post("/auth/logout", { scope: "others" }, { Cookie: cookie, ...origin });
    expect(out.status).toBe(204);
    expect(out.headers.getSetCookie()).toEqual([]);
    expect(await refresh(person.login.refresh_token)).toMatchObject(invalidGrant);
    expect((await server.post("/auth/refresh", undefined, { Cookie: cookie, ...origin })).status).toBe(200);
  });

  test("signs nobody out from a foreign page", async () => {
    const { answer, cookie } = await logIn();
    for (const headers of [{}, { Origin: "https://evil.test" }] as Record<string, string>[]) {
      const out = await server.post("/auth/logout", undefined, { Cookie: cookie, ...headers });
      expect(out).toMatchObject({ status: 403, body: { code: "origin_not_allowed" } });
    }
    const headers = { Authorization: `Bearer ${answer.body.access_token}` };
    expect((await server.post("/auth/logout", undefined, headers)).status).toBe(204);
  });

  test("that is forged or over signs nobody out, says so, and goes", async () => {
    const { cookie } = await logIn();
    await server.post("/auth/logout", undefined, { Cookie: cookie, ...origin });
    for (const dead of [cookie, `${cookie.slice(0, -4)}AAAA`]) {
      for (const scope of ["current", "others", "all"]) {
        const out = await server.post("/auth/logout", { scope }, { Cookie: dead, ...origin });
        expect(out).toMatchObject(invalidGrant);
        expect(out.headers.getSetCookie()[0]).toMatch(/^__Host-rowhouse_refresh=; Max-Age=0/);
      }
    }
    await refreshed(person.login.refresh_token);
  });

  test("that was replaced long ago ends its session as a theft, and no other, when it is to sign out all", async () => {
    const { answer, cookie } = await logIn();
    let newest = cookie;
    for (let n = 0; n < 2; n++) {
      const next = await server.post("/auth/refresh", undefined, { Cookie: newest, ...origin });
      newest = next.headers.getSetCookie()[0]!.split(";")[0]!;
    }
    const out = await server.post("/auth/logout", { scope: "all" }, { Cookie: cookie, ...origin });
    expect(out).toMatchObject(invalidGrant);
    expect(await audited("auth.refresh_reused")).toMatchObject([{ presented: 0, current: 2 }]);
    const headers = { Authorization: `Bearer ${answer.body.access_token}` };
    expect((await server.post("/auth/logout", undefined, headers)).body.code).toBe("session_ended");
    await refreshed(person.login.refresh_token);
  });

  test("is cleared by logout and by a refusal", async () => {
    const { answer, cookie } = await logIn();
    const headers = { Authorization: `Bearer ${answer.body.access_token}` };
    for (const cleared of [
      await server.post("/auth/logout", undefined, headers),
      await server.post("/auth/refresh", undefined, { Cookie: cookie, ...origin }),
    ]) {
      expect(cleared.headers.getSetCookie()).toEqual([
        "__Host-rowhouse_refresh=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict",
      ]);
    }
  });
});
