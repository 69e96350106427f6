import { createConnection } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { eventually, startTestServer, type TestServer } from "../support/server.ts";

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

const good = { email: "ann@example.com", name: "Ann" };
const json = (body: unknown) => JSON.stringify(body);
const withText = (text: string) => json({ ...good, name: "HERE" }).replace("HERE", text);

/** The rows of every table that a request could write to. */
async function rows(): Promise<unknown> {
  const { rows } = await database.admin.query(`
    select (select count(*) from app.users) as users,
      (select count(*) from auth.registrations) as registrations,
      (select count(*) from auth.login_throttles) as throttles,
      (select count(*) from auth.sessions) as sessions,
      (select count(*) from audit.events) as events`);
  return rows;
}

interface Case {
  body: string | Uint8Array;
  status: number;
  code: string;
  field?: string;
  headers?: Record<string, string>;
}

const cases: Record<string, Case> = {
  "JSON that ends early": { body: '{"email": ', status: 400, code: "malformed_json" },
  "text that is no JSON": { body: "email=ann", status: 400, code: "malformed_json" },
  "bytes that are not UTF-8": {
    body: new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
    status: 400,
    code: "malformed_json",
  },
  "an array": { body: "[]", status: 400, code: "invalid_input" },
  "a number": { body: "7", status: 400, code: "invalid_input" },
  null: { body: "null", status: 400, code: "invalid_input" },
  "nesting of a hundred thousand levels": {
    body: "[".repeat(90_000),
    status: 400,
    code: "malformed_json",
  },
  "a NUL": { body: withText("A\\u0000"), status: 400, code: "invalid_input", field: "name" },
  "half a surrogate pair": { body: withText("A\\ud800"), status: 400, code: "invalid_input", field: "name" },
  "a name of spaces": { body: withText("  "), status: 400, code: "invalid_input", field: "name" },
  "a company's name of what nobody sees": {
    body: json({ ...good, tenant: { name: "\u200b\u00a0", slug: "a" } }),
    status: 400,
    code: "invalid_input",
    field: "tenant.name",
  },
  "a line break in a name": {
    body: withText("A\\nBcc: x"),
    status: 400,
    code: "invalid_input",
    field: "name",
  },
  "a number as a string field": {
    body: json({ ...good, name: 7 }),
    status: 400,
    code: "invalid_input",
    field: "name",
  },
  "a password, which is chosen where the mail leads": {
    body: json({ ...good, password: "correct horse battery staple" }),
    status: 400,
    code: "invalid_input",
    field: "password",
  },
  "null as an address": {
    body: json({ ...good, email: null }),
    status: 400,
    code: "invalid_input",
    field: "email",
  },
  "a missing field": {
    body: json({ email: good.email }),
    status: 400,
    code: "invalid_input",
    field: "name",
  },
  "an unknown field": {
    body: json({ ...good, role: "admin" }),
    status: 400,
    code: "invalid_input",
    field: "role",
  },
  "a field named __proto__": {
    body: `${json(good).slice(0, -1)},"__proto__":{"admin":true}}`,
    status: 400,
    code: "invalid_input",
    field: "__proto__",
  },
  "an unknown field in the tenant": {
    body: json({ ...good, tenant: { name: "A", slug: "a", id: "1" } }),
    status: 400,
    code: "invalid_input",
    field: "tenant.id",
  },
  "a tenant that is text": {
    body: json({ ...good, tenant: "acme" }),
    status: 400,
    code: "invalid_input",
    field: "tenant",
  },
  "a slug with capitals": {
    body: json({ ...good, tenant: { name: "A", slug: "Acme" } }),
    status: 400,
    code: "invalid_input",
    field: "tenant.slug",
  },
  "a form": {
    body: "email=ann%40example.com",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    status: 415,
    code: "unsupported_media_type",
  },
  "another charset": {
    body: json(good),
    headers: { "Content-Type": "application/json; charset=utf-16" },
    status: 415,
    code: "unsupported_media_type",
  },
  "a compressed body": {
    body: json(good),
    headers: { "Content-Encoding": "gzip" },
    status: 415,
    code: "unsupported_media_type",
  },
  "10 MB": { body: withText("a".repeat(10_000_000)), status: 413, code: "body_too_large" },
  "one byte too many": { body: " ".repeat(100_001), status: 413, code: "body_too_large" },
  "a client that reads no JSON": {
    body: json(good),
    headers: { Accept: "text/html" },
    status: 406,
    code: "not_acceptable",
  },
};

describe("a body is refused, logged once and writes nothing:", () => {
  test.each(Object.entries(cases))("%s", async (_name, { body, headers, status, code, field }) => {
    const before = await rows();
    const requestId = `bad-${crypto.randomUUID()}`;
    const answer = await server.post("/auth/register", body, { ...headers, "X-Request-Id": requestId });

    expect(answer.headers.get("Content-Type")).toMatch(/^application\/problem\+json/);
    expect(answer).toMatchObject({
      status,
      body: {
        type: expect.stringMatching(/^\/errors\/[a-z_]+$/),
        status,
        code,
        instance: "/auth/register",
        requestId,
      },
    });
    if (field) {
      const named = answer.body.errors?.map((error: { field: string }) => error.field) ?? [answer.body.field];
      expect(named).toContain(field);
    }
    expect(await rows()).toEqual(before);
    const lines = () => server.log.filter((line) => line.requestId === requestId);
    await eventually(() => lines().length > 0);
    expect(lines()).toMatchObject([{ msg: "request refused", status, code }]);
  });

  test.each([
    "ann",
    "ann@localhost",
    "ann@@example.com",
    "ann@example.com, bob@example.com",
    "ann@example.com\nBcc: bob@example.com",
    "ann(comment)@example.com",
    '"ann@evil.test"@example.com',
    "Ann <ann@example.com>",
    "ann@exa\u24dcple.com",
    "ann\uff20example.com",
    "\u212aate@example.com",
    "ann@example.com\u0000",
    `${"a".repeat(65)}@example.com`,
    `ann@${"a.".repeat(130)}com`,
    ".ann@example.com",
    "ann..b@example.com",
    "ann@-example.com",
    "ann@[127.0.0.1]",
  ])("the address %j", async (email) => {
    const before = await rows();
    for (const path of ["/auth/register", "/auth/login"]) {
      const body = path === "/auth/register" ? { ...good, email } : { email, password: "x" };
      const answer = await server.post(path, body);
      expect(answer).toMatchObject({
        status: 400,
        body: { code: "invalid_input", errors: [{ field: "email" }] },
      });
    }
    expect(await rows()).toEqual(before);
  });

  test("one that never ends, in chunks without a length", async () => {
    const before = await rows();
    const socket = createConnection(Number(new URL(server.url).port), "127.0.0.1");
    const answer = new Promise<string>((done) => {
      let text = "";
      socket.on("data", (chunk) => {
        text += chunk;
        if (text.includes("\r\n\r\n")) done(text);
      });
    });
    socket.on("error", () => {});
    socket.write(
      "POST /auth/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
    );
    const chunk = `4000\r\n${" ".repeat(0x4000)}\r\n`;
    for (let n = 0; n < 10; n++) socket.write(chunk);
    expect(await answer).toMatch(/^HTTP\/1\.1 413 .*body_too_large/s);
    socket.destroy();
    expect(await rows()).toEqual(before);
  });

  test("one that is cut off", async () => {
    const before = await rows();
    const socket = createConnection(Number(new URL(server.url).port), "127.0.0.1");
    const id = `cut-${crypto.randomUUID()}`;
    socket.write(
      `POST /auth/register HTTP/1.1\r\nHost: x\r\nX-Request-Id: ${id}\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"email":`,
    );
    setTimeout(() => socket.destroy(), 50);
    const line = await eventually(() => server.log.find((one) => one.requestId === id));
    expect(line).toMatchObject({ code: "body_incomplete", status: 499 });
    expect(server.log.filter((one) => one.requestId === id)).toHaveLength(1);
    expect(await rows()).toEqual(before);
  });
});

describe("all that is wrong", () => {
  test("is told at once", async () => {
    const answer = await server.post("/auth/register", { email: 1, extra: 3 });
    expect(answer.body.errors.map((error: { field: string }) => error.field)).toEqual([
      "extra",
      "email",
      "name",
    ]);
  });

  test("is told in few words, however many unknown fields there are", async () => {
    const many = Object.fromEntries(Array.from({ length: 6_000 }, (_, n) => [`field${n}`, 1]));
    const requestId = `many-${crypto.randomUUID()}`;
    const answer = await server.post("/auth/login", { ...many, email: 1 }, { "X-Request-Id": requestId });
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid_input" } });
    expect(answer.body.errors.map((error: { field: string }) => error.field)).toEqual([
      ...Array.from({ length: 10 }, (_, n) => `field${n}`),
      "email",
      "password",
    ]);
    expect(answer.body.errors[9].detail).toBe("and 5990 more are not known");
    expect(JSON.stringify(answer.body).length).toBeLessThan(2_000);
    const line = await eventually(() => server.log.find((one) => one.requestId === requestId));
    expect(JSON.stringify(line).length).toBeLessThan(2_000);
  });

  test("is told in well-formed text, wherever a long name is cut", async () => {
    const answer = await server.post("/auth/login", { [`${"x".repeat(99)}\u{1f600}`]: 1 });
    expect(answer.body.errors[0].field).toHaveLength(100);
    expect(answer.body.errors[0].field.isWellFormed()).toBe(true);
  });

  test("is told without repeating what was sent", async () => {
    const answer = await server.post("/auth/login", '{"password": "s3cret words here", ');
    expect(JSON.stringify([answer.body, server.log])).not.toContain("s3cret");
  });
});

describe("JSON is JSON", () => {
  test.each([
    "APPLICATION/JSON",
    "Application/Json; Charset=UTF-8",
    'application/json;charset="utf-8"',
    "application/json ; charset=utf-8",
    "application/json; profile=x",
  ])("as %s", async (type) => {
    const answer = await server.post("/auth/login", json({}), { "Content-Type": type });
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid_input" } });
  });

  test.each(["application/jsonp", "text/json", "application/json, text/plain", "application/x-json", "json"])(
    "but not as %s",
    async (type) => {
      const answer = await server.post("/auth/login", json({}), { "Content-Type": type });
      expect(answer).toMatchObject({ status: 415, body: { code: "unsupported_media_type" } });
    },
  );
});

describe("a target that cannot be read", () => {
  test.each(["http://[", "https://[::1", "http://a]b/", "http://", "x://"])(
    "%s is refused, logged and does the server no harm",
    async (target) => {
      const id = `target-${crypto.randomUUID()}`;
      const socket = createConnection(Number(new URL(server.url).port), "127.0.0.1");
      socket.end(`GET ${target} HTTP/1.1\r\nHost: x\r\nX-Request-Id: ${id}\r\nConnection: close\r\n\r\n`);
      const answer = (await socket.toArray()).join("");
      expect(answer).toMatch(/^HTTP\/1\.1 400 .*"code":"malformed_target"/s);
      const line = await eventually(() => server.log.find((one) => one.requestId === id));
      expect(line).toMatchObject({ msg: "request refused", code: "malformed_target" });
      expect((await server.get("/healthz")).status).toBe(200);
    },
  );
});
