import { randomBytes } from "node:crypto";
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApiKeys } from "../../src/auth/api_key.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { facts, mailedToken, signUp } from "../support/people.ts";
import { eventually, readable, startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let server: TestServer;
beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database);
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

const password = "correct horse battery staple";

async function count(table: string): Promise<number> {
  const { rows } = await database.admin.query<{ count: number }>(
    `select count(*)::int as count from ${table}`,
  );
  return rows[0]!.count;
}

describe("signing up and in", () => {
  test("goes from register by mail, verify, login and refresh to logout", async () => {
    const email = "Ann@Example.com";
    const registered = await server.post("/auth/register", {
      email,
      name: "Ann",
      tenant: { name: "Ann's shop", slug: "anns-shop" },
    });
    expect(registered.status).toBe(202);
    expect(await count("app.users")).toBe(0);

    const token = await mailedToken(server, email);
    expect((await server.post("/auth/email/verify", { token, password })).status).toBe(204);
    const again = await server.post("/auth/email/verify", { token, password });
    expect(again.body.code).toBe("invalid_verification_token");

    const login = await server.post("/auth/login", { email, password, tenant: "anns-shop" });
    expect(login.status).toBe(200);
    expect(login.headers.get("Cache-Control")).toBe("no-store");
    expect(login.body).toMatchObject({
      token_type: "Bearer",
      expires_in: 900,
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      refresh_token: expect.stringMatching(/^rh_rt_[\w-]{75}$/),
      user: { email: "ann@example.com", name: "Ann" },
      tenant: { slug: "anns-shop", name: "Ann's shop" },
      tenants: [{ slug: "anns-shop" }],
    });

    const refreshed = await server.post("/auth/refresh", { refresh_token: login.body.refresh_token });
    expect(refreshed.status).toBe(200);
    expect(refreshed.body.refresh_token).not.toBe(login.body.refresh_token);

    const headers = { Authorization: `Bearer ${refreshed.body.access_token}` };
    expect((await server.post("/auth/logout", undefined, headers)).status).toBe(204);
    expect((await server.post("/auth/logout", undefined, headers)).body.code).toBe("session_ended");
    const after = await server.post("/auth/refresh", { refresh_token: refreshed.body.refresh_token });
    expect(after).toMatchObject({ status: 401, body: { code: "invalid_grant" } });
  });

  test("works without a tenant", async () => {
    const { login } = await signUp(server);
    expect(login.tenant).toBeNull();
  });

  test("names the tenants one belongs to, and refuses others to who knows the password", async () => {
    const person = await signUp(server, { tenant: { name: "Own", slug: "own-place" } });
    const other = await signUp(server, { tenant: { name: "Other", slug: "other-place" } });
    expect(other.login.tenant).toMatchObject({ slug: "other-place" });
    const refused = await server.post("/auth/login", {
      email: person.email,
      password: person.password,
      tenant: "other-place",
    });
    expect(refused).toMatchObject({ status: 403, body: { code: "not_a_member" } });
  });

  test("gives a company whose slug was taken meanwhile one like it", async () => {
    const tenant = { name: "Twice", slug: "twice" };
    const first = await signUp(server, { tenant });
    const second = await signUp(server, { tenant });
    expect(first.login.tenant).toMatchObject({ slug: "twice" });
    expect(second.login.tenant).toMatchObject({
      name: "Twice",
      slug: expect.stringMatching(/^twice-[0-9a-f]{6}$/),
    });
    expect(first.login.tenant!.id).not.toBe(second.login.tenant!.id);
  });

  test("gives companies that want one slug at once one each", async () => {
    const links = Array.from({ length: 5 }, () => randomBytes(32));
    const slug = `${"a".repeat(55)}-bcdefgh`;
    for (const [n, link] of links.entries()) {
      await database.auth.query(
        "select auth.register($1, 'Ann', $2, 'At once', $3, $3, gen_random_uuid(), null, 'en', $4)",
        [`at.once.${n}@example.com`, slug, link, facts],
      );
    }
    const outcomes = await Promise.all(
      links.map((link) =>
        database.auth.query("select outcome from auth.verify_email($1, null, null, '$argon2id$', 'en', $2)", [
          link,
          facts,
        ]),
      ),
    );
    expect(outcomes.map(({ rows }) => rows[0].outcome)).toEqual(Array(5).fill("verified"));
    const { rows } = await database.admin.query("select slug from app.tenants where name = 'At once'");
    expect(new Set(rows.map((row) => row.slug)).size).toBe(5);
    expect(rows.map((row) => row.slug)).toContain(slug);
  });

  test("ends the other sessions and keeps this one", async () => {
    const here = await signUp(server);
    const there = await server.post("/auth/login", { email: here.email, password: here.password });
    expect((await server.post("/auth/logout", { scope: "others" }, here.headers)).status).toBe(204);
    const gone = await server.post("/auth/refresh", { refresh_token: there.body.refresh_token });
    expect(gone.body.code).toBe("invalid_grant");
    const kept = await server.post("/auth/refresh", { refresh_token: here.login.refresh_token });
    expect(kept.status).toBe(200);
  });

  test.each(["current", "others", "all"])(
    "refuses to sign out %s with what has ended, and ends nothing",
    async (scope) => {
      const here = await signUp(server);
      const there = await server.post("/auth/login", { email: here.email, password: here.password });
      await server.post("/auth/logout", undefined, here.headers);
      const refused = await server.post("/auth/logout", { scope }, here.headers);
      expect(refused).toMatchObject({ status: 401, body: { code: "session_ended" } });
      const kept = await server.post("/auth/refresh", { refresh_token: there.body.refresh_token });
      expect(kept.status).toBe(200);
    },
  );

  test.each(["current", "others", "all"])("refuses to sign out %s with what nobody knows", async (scope) => {
    const headers = { "X-API-Key": createApiKeys().secret };
    const refused = await server.post("/auth/logout", { scope }, headers);
    expect(refused).toMatchObject({ status: 401, body: { code: "credential_unknown" } });
  });

  test("refuses to sign out with an API key, which has no session", async () => {
    const owner = await signUp(server, { tenant: { name: "Keys", slug: "keys" } });
    const key = createApiKeys().secret;
    await database.admin.query(
      `insert into auth.api_keys (tenant_id, user_id, name, digest, scopes)
       values ($1, $2, 'test', sha256(sha256(convert_to($3, 'UTF8'))), '{chat}')`,
      [owner.login.tenant!.id, owner.login.user.id, key],
    );
    const refused = await server.post("/auth/logout", { scope: "all" }, { "X-API-Key": key });
    expect(refused).toMatchObject({ status: 403, body: { code: "session_required" } });
    expect((await server.post("/auth/logout", undefined, owner.headers)).status).toBe(204);
  });

  test("lets another browser end the session that it shows, and no other one of its user", async () => {
    const here = await signUp(server);
    const thief = { ...here.headers, "User-Agent": "another browser" };
    for (const scope of ["others", "all"]) {
      const refused = await server.post("/auth/logout", { scope }, thief);
      expect(refused).toMatchObject({ status: 401, body: { code: "fingerprint_mismatch" } });
    }
    const { rows } = await database.admin.query(
      "select detail from audit.events where action = 'auth.logout_failed' and actor_id = $1",
      [here.login.user.id],
    );
    expect(rows).toMatchObject([{ detail: { scope: "others", outcome: "fingerprint_mismatch" } }]);
    expect((await server.post("/auth/logout", undefined, thief)).status).toBe(204);
  });

  test("refuses to sign out without a token", async () => {
    const refused = await server.post("/auth/logout");
    expect(refused).toMatchObject({ status: 401, body: { code: "credential_missing" } });
    expect(refused.headers.get("WWW-Authenticate")).toMatch(/^Bearer /);
  });
});

describe("who has an account", () => {
  test("is not told by registering: one answer for a new and a known address", async () => {
    const known = await signUp(server);
    const again = { email: known.email, name: "Mallory" };
    const answers = [
      await server.post("/auth/register", again),
      await server.post("/auth/register", { ...again, email: "unknown@example.com" }),
    ];
    expect(answers.map(({ status, body }) => ({ status, body }))).toEqual(
      Array(2).fill({
        status: 202,
        body: answers[0]!.body,
      }),
    );
    const mail = await eventually(() =>
      server.mails().find((text) => text.includes(`To: ${known.email}`) && /already have/.test(text)),
    );
    expect(readable(mail)).not.toContain("#token=");
    expect(readable(mail)).not.toContain("Mallory");
    // The password did not change.
    const login = await server.post("/auth/login", { email: known.email, password: known.password });
    expect(login.status).toBe(200);
  });

  test("is not told by signing in: one answer for an unknown address and a wrong password", async () => {
    const { email } = await signUp(server);
    const wrong = await server.post("/auth/login", { email, password });
    const unknown = await server.post("/auth/login", { email: "nobody@example.com", password });
    for (const { status, body } of [wrong, unknown]) {
      expect({ status, ...body, requestId: "" }).toEqual({
        type: "/errors/invalid_credentials",
        title: "Unauthorized",
        status: 401,
        detail: "The e-mail address or the password is wrong.",
        instance: "/auth/login",
        code: "invalid_credentials",
        requestId: "",
      });
    }
  });

  test("is not told by time: the password is hashed in both cases", async () => {
    // Each attempt from an address of its own network, so that the throttle stays out of it.
    const behindProxy = await startTestServer(database, { TRUSTED_PROXIES: "1" });
    try {
      const { email } = await signUp(behindProxy);
      const time = async (address: string, n: number): Promise<number> => {
        const start = performance.now();
        const { status } = await behindProxy.post(
          "/auth/login",
          { email: address, password },
          { "X-Forwarded-For": `10.0.${n}.1` },
        );
        expect(status).toBe(401);
        return performance.now() - start;
      };
      const known: number[] = [];
      const unknown: number[] = [];
      for (let n = 0; n < 15; n++) {
        known.push(await time(email, n));
        unknown.push(await time("nobody.at.all@example.com", n));
      }
      const median = (times: number[]): number => times.toSorted((a, b) => a - b)[7]!;
      // Without the hash the unknown one would take a tenth of the time.
      expect(median(unknown)).toBeGreaterThan(median(known) / 2);
      expect(median(known)).toBeGreaterThan(median(unknown) / 2);
    } finally {
      await behindProxy.close();
    }
  });

  test("is not told by the throttle: it holds up known and unknown addresses alike", async () => {
    const { email } = await signUp(server);
    for (const address of [email, "also.unknown@example.com"]) {
      let answer = await server.post("/auth/login", { email: address, password });
      for (let n = 0; n < 6 && answer.status === 401; n++) {
        answer = await server.post("/auth/login", { email: address, password });
      }
      expect(answer).toMatchObject({ status: 429, body: { code: "too_many_attempts" } });
      expect(Number(answer.headers.get("Retry-After"))).toBeGreaterThan(0);
    }
  });
});

describe("links in mails", () => {
  test("begin with the configured origin, whatever Host and X-Forwarded-Host say", async () => {
    const email = "poisoned@example.com";
    const before = server.mails().length;
    const status = await new Promise((done, fail) => {
      const sent = request(`${server.url}/auth/register`, {
        method: "POST",
        headers: { "Content-Type": "application/json", Host: "evil.test", "X-Forwarded-Host": "evil.test" },
      });
      sent.on("response", (answer) => done(answer.resume().statusCode)).on("error", fail);
      sent.end(JSON.stringify({ email, name: "P" }));
    });
    expect(status).toBe(202);
    await mailedToken(server, email);
    const mails = server.mails().slice(before).map(readable).join();
    expect(mails).toContain("https://chat.rowhouse.test/auth/email/verify#token=");
    expect(mails).not.toContain("evil.test");
  });

  test("lead to a page that changes nothing by being opened", async () => {
    const email = "scanned@example.com";
    await server.post("/auth/register", { email, name: "Scanned" });
    const token = await mailedToken(server, email);
    const users = await count("app.users");
    const page = await server.get(`/auth/email/verify?token=${token}`, { Accept: "text/html" });
    expect(page.status).toBe(200);
    expect(page.headers.get("Referrer-Policy")).toBe("no-referrer");
    expect(page.headers.get("Content-Security-Policy")).toContain("script-src 'self'");
    expect(page.body).not.toContain(token);
    expect((await server.get("/auth/mail_page.js")).headers.get("Content-Type")).toMatch(/javascript/);
    expect(await count("app.users")).toBe(users);
    expect((await server.post("/auth/email/verify", { token, password })).status).toBe(204);
  });

  test("do not tell whether a company's slug is taken", async () => {
    const taken = { name: "Taken", slug: "taken" };
    await signUp(server, { tenant: taken });
    const answers = [];
    for (const slug of ["taken", "free-as-a-bird"]) {
      const email = `asking.for.${slug}@example.com`;
      await server.post("/auth/register", { email, name: "Asking", tenant: { name: "A", slug } });
      const token = await mailedToken(server, email);
      const asked = await server.post("/auth/email/verify", { token, password, tenant: { slug: "taken" } });
      expect(asked).toMatchObject({ status: 400, body: { code: "invalid_input" } });
      const { status, body } = await server.post("/auth/email/verify", { token, password });
      const again = await server.post("/auth/email/verify", { token, password });
      answers.push({ status, body, again: [again.status, again.body.code] });
    }
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]).toEqual({ status: 204, body: "", again: [400, "invalid_verification_token"] });
  });

  test("of one address that are followed at once make one account", async () => {
    for (let round = 0; round < 5; round++) {
      const before = await count("app.users");
      const links = [1, 2, 3].map(() => randomBytes(32));
      for (const link of links) {
        await database.auth.query(
          "select auth.register($1, 'Ann', null, null, $2, $2, gen_random_uuid(), null, 'en', $3)",
          [`thrice.${round}@example.com`, link, facts],
        );
      }
      const outcomes = await Promise.all(
        links.map(async (link) => {
          const { rows } = await database.auth.query(
            "select outcome from auth.verify_email($1, null, null, '$argon2id$', 'en', $2)",
            [link, facts],
          );
          return rows[0].outcome;
        }),
      );
      expect(outcomes.sort()).toEqual(["invalid_token", "invalid_token", "verified"]);
      expect(await count("app.users")).toBe(before + 1);
    }
  });

  test("expire", async () => {
    const email = "late@example.com";
    await server.post("/auth/register", { email, name: "Late" });
    const token = await mailedToken(server, email);
    await database.admin.query("update auth.mail_tokens set expires_at = now() where email = $1", [email]);
    const answer = await server.post("/auth/email/verify", { token, password });
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid_verification_token" } });
  });
});

describe("the log", () => {
  test("has none of the secrets that went through here", async () => {
    const person = await signUp(server);
    const token = await mailedToken(server, person.email);
    await server.post("/auth/login", { email: person.email, password: "not the password at all" });
    await server.get(`/nothing?token=${token}`, { Cookie: "session=s3cret", ...person.headers });
    const lines = JSON.stringify(server.log.filter(({ msg }) => !msg.startsWith("mail written")));
    for (const secret of [
      person.password,
      person.login.access_token,
      person.login.refresh_token,
      "not the password at all",
      "s3cret",
      "$argon2id$",
      token,
    ]) {
      expect(lines).not.toContain(secret);
    }
  });
});
