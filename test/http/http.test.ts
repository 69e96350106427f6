import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createTenant, signUp } from "../support/people.ts";
import { eventually, startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let server: TestServer;
beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database, { CORS_ORIGINS: "https://app.rowhouse.test" });
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

describe("addresses and methods", () => {
  test("nothing there: 404", async () => {
    const answer = await server.get("/nothing/here");
    expect(answer).toMatchObject({ status: 404, body: { code: "not_found", instance: "/nothing/here" } });
  });

  test("another method: 405 with Allow", async () => {
    const answer = await server.get("/auth/login");
    expect(answer).toMatchObject({ status: 405, body: { code: "method_not_allowed" } });
    expect(answer.headers.get("Allow")).toBe("POST, OPTIONS");
    const removed = await server.request("DELETE", "/healthz");
    expect(removed.headers.get("Allow")).toBe("HEAD, GET, OPTIONS");
  });

  test("OPTIONS: 204 with Allow", async () => {
    const answer = await server.request("OPTIONS", "/auth/logout");
    expect(answer.status).toBe(204);
    expect(answer.headers.get("Allow")).toBe("POST, OPTIONS");
  });

  test("HEAD: as GET, without a body", async () => {
    const answer = await server.request("HEAD", "/.well-known/jwks.json");
    expect(answer).toMatchObject({ status: 200, body: "" });
    expect(Number(answer.headers.get("Content-Length"))).toBeGreaterThan(50);
  });
});

describe("request ids", () => {
  test("are taken over where they are sane", async () => {
    const answer = await server.get("/nothing", { "X-Request-Id": "trace-1.a_B" });
    expect(answer.headers.get("X-Request-Id")).toBe("trace-1.a_B");
    expect(answer.body.requestId).toBe("trace-1.a_B");
  });

  test.each(["", "a b", "<script>", "x".repeat(65), "a;b"])("are made where they are not: %j", async (id) => {
    const answer = await server.get("/nothing", { "X-Request-Id": id });
    expect(answer.headers.get("X-Request-Id")).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("reach the trail", async () => {
    const { email } = await signUp(server);
    await server.post("/auth/login", { email, password: "x" }, { "X-Request-Id": "to-the-trail" });
    const { rows } = await database.admin.query(
      "select action, host(ip) as ip from audit.events where request_id = 'to-the-trail'",
    );
    expect(rows).toEqual([{ action: "auth.login_failed", ip: "127.0.0.1" }]);
  });
});

describe("headers", () => {
  test("forbid everything that data does not need", async () => {
    const { headers } = await server.get("/nothing");
    expect(headers.get("Content-Security-Policy")).toMatch(/^default-src 'none';/);
    expect(headers.get("Content-Security-Policy")).not.toMatch(/unsafe/);
    expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
    expect(headers.get("X-Frame-Options")).toBe("DENY");
    expect(headers.get("Referrer-Policy")).toBe("no-referrer");
    expect(headers.get("X-Powered-By")).toBeNull();
    // HSTS on plain HTTP would lock developers out of localhost.
    expect(headers.get("Strict-Transport-Security")).toBeNull();
  });

  test("let the explorer run, where it is on", async () => {
    const page = await server.get("/graphiql", { Accept: "text/html" });
    expect(page.status).toBe(200);
    expect(page.headers.get("Content-Security-Policy")).toMatch(/script-src 'self' 'sha256-/);
    expect(page.headers.get("Content-Security-Policy")).not.toMatch(/script-src[^;]*unsafe/);
  });

  test("in production insist on HTTPS and hide the explorer", async () => {
    const production = await startTestServer(database, { NODE_ENV: "production" });
    try {
      const { headers } = await production.get("/healthz");
      expect(headers.get("Strict-Transport-Security")).toBe("max-age=63072000; includeSubDomains");
      const page = await production.get("/graphiql", { Accept: "text/html" });
      expect(page.status).toBe(404);
      expect(page.headers.get("Content-Security-Policy")).not.toMatch(/unsafe/);
    } finally {
      await production.close();
    }
  });
});

describe("CORS", () => {
  const preflight = (Origin: string) =>
    server.request("OPTIONS", "/auth/login", {
      headers: {
        Origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
      },
    });

  test("lets origins on the list in, with cookies", async () => {
    const { status, headers } = await preflight("https://app.rowhouse.test");
    expect(status).toBe(204);
    expect(headers.get("Access-Control-Allow-Origin")).toBe("https://app.rowhouse.test");
    expect(headers.get("Access-Control-Allow-Credentials")).toBe("true");
    expect(headers.get("Vary")).toContain("Origin");
  });

  test.each(["https://evil.test", "null", "https://app.rowhouse.test.evil.test", "http://app.rowhouse.test"])(
    "never reflects %s",
    async (Origin) => {
      for (const answer of [await preflight(Origin), await server.get("/nothing", { Origin })]) {
        expect(answer.headers.get("Access-Control-Allow-Origin")).toBeNull();
        expect(answer.headers.get("Access-Control-Allow-Credentials")).toBeNull();
        expect(answer.headers.get("Vary")).toContain("Origin");
      }
    },
  );

  test("lets allowed pages read refusals too", async () => {
    const answer = await server.get("/nothing", { Origin: "https://app.rowhouse.test" });
    expect(answer.status).toBe(404);
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("https://app.rowhouse.test");
  });
});

describe("an error that we do not know", () => {
  test("is masked by a random id, and logged once with its cause", async () => {
    await database.admin.query("alter function auth.begin_login(text, jsonb) rename to begin_login_hidden");
    try {
      const attempt = () => server.post("/auth/login", { email: "a@example.com", password: "x" });
      const answers = [await attempt(), await attempt()];
      for (const { status, body } of answers) {
        expect(status).toBe(500);
        expect(body).toEqual({
          type: expect.stringMatching(/^\/errors\/[a-z_]+$/),
          title: "Internal Server Error",
          status: 500,
          detail: expect.not.stringMatching(/begin_login|function/),
          instance: "/auth/login",
          code: "internal_error",
          requestId: expect.any(String),
          errorId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        });
        await eventually(() => server.log.some(({ errorId }) => errorId === body.errorId));
        const lines = server.log.filter(({ errorId }) => errorId === body.errorId);
        expect(lines).toMatchObject([{ msg: "request failed", err: { code: "42883" } }]);
      }
      expect(answers[0]!.body.errorId).not.toBe(answers[1]!.body.errorId);
    } finally {
      await database.admin.query("alter function auth.begin_login_hidden(text, jsonb) rename to begin_login");
    }
  });
});

describe("the client's address", () => {
  let proxied: TestServer;
  beforeAll(async () => {
    proxied = await startTestServer(database, { TRUSTED_PROXIES: "1" });
  });
  afterAll(() => proxied.close());

  const seen = async (running: TestServer, forwarded: string): Promise<unknown> => {
    const id = crypto.randomUUID();
    await running.get("/nothing", { "X-Forwarded-For": forwarded, "X-Request-Id": id });
    return (await eventually(() => running.log.find(({ requestId }) => requestId === id))).ip;
  };

  test("is the connection's where no proxy is trusted", async () => {
    expect(await seen(server, "203.0.113.9")).toBe("127.0.0.1");
  });

  test.each([
    ["198.51.100.7:5678", "198.51.100.7"],
    ["[2001:db8::1]:443", "2001:db8::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["2001:0DB8:0:0::0001", "2001:db8::1"],
    ['"[2001:db8::1]:443"', "2001:db8::1"],
    ["[2001:db8::1%eth0]:443", "2001:db8::1"],
    ["[::ffff:198.51.100.7]:443", "198.51.100.7"],
    ["::ffff:c633:6407", "198.51.100.7"],
    ["64:ff9b::198.51.100.7", "64:ff9b::c633:6407"],
    // What is no address names nobody: the connection's own does.
    ["unknown", "127.0.0.1"],
    ["_hidden", "127.0.0.1"],
    ["for=198.51.100.7", "127.0.0.1"],
    ["198.51.100.7:port", "127.0.0.1"],
    ["198.51.100.300", "127.0.0.1"],
    ["[198.51.100.7", "127.0.0.1"],
    ["[]:443", "127.0.0.1"],
    ["2001:db8::1::2", "127.0.0.1"],
    ["'; drop table", "127.0.0.1"],
  ])("is read from what proxies write: %s is %s", async (entry, address) => {
    expect(await seen(proxied, entry)).toBe(address);
  });

  test("reaches the trail", async () => {
    const { email } = await signUp(server);
    const headers = { "X-Forwarded-For": "[2001:db8::7]:443", "X-Request-Id": "from-behind" };
    await proxied.post("/auth/login", { email, password: "x" }, headers);
    const { rows } = await database.admin.query(
      "select host(ip) as ip from audit.events where request_id = 'from-behind'",
    );
    expect(rows).toEqual([{ ip: "2001:db8::7" }]);
  });

  test("is what the outermost of our proxies saw, never what the client claims", async () => {
    const behind = await startTestServer(database, { TRUSTED_PROXIES: "2" });
    try {
      expect(await seen(behind, "198.51.100.7, 10.0.0.2")).toBe("198.51.100.7");
      expect(await seen(behind, "1.1.1.1, 198.51.100.7, 10.0.0.2")).toBe("198.51.100.7");
      expect(await seen(behind, "1.1.1.1, ::ffff:198.51.100.8, 10.0.0.2")).toBe("198.51.100.8");
      expect(await seen(behind, "2001:db8::1%eth0, 10.0.0.2")).toBe("2001:db8::1");
    } finally {
      await behind.close();
    }
  });
});

describe("a refusal of the door", () => {
  test("is recorded with its reason, after its own transaction is gone", async () => {
    const tenant = await createTenant(database);
    const person = await signUp(server, { tenant: { name: "Refused", slug: "refused" } });
    const ask = () => server.post("/graphql", { query: "{ __typename me { email } }" }, person.headers);
    expect((await ask()).status).toBe(200);
    await database.admin.query("update app.users set status = 'banned' where id = $1", [
      person.login.user.id,
    ]);
    expect((await ask()).status).toBe(401);
    const { rows } = await database.admin.query(
      "select tenant_id, detail from audit.events where action = 'access.refused' and actor_id = $1",
      [person.login.user.id],
    );
    expect(rows).toMatchObject([
      { tenant_id: person.login.tenant!.id, detail: { code: "RH401", detail: "user_banned" } },
    ]);
    expect(tenant.tenantId).not.toBe(person.login.tenant!.id);
  });
});
