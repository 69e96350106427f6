import { createHash } from "node:crypto";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createApiKeys } from "../../src/auth/api_key.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createMember, createTenant } from "../support/people.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { type Answer, eventually, startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let servers: TestServer[] = [];
beforeAll(async () => {
  database = await createDatabase();
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
});
afterAll(() => database.drop());

async function start(env: Record<string, string>): Promise<TestServer> {
  const server = await startTestServer(database, env);
  servers.push(server);
  return server;
}

const logOut = (server: TestServer, headers: Record<string, string> = {}): Promise<Answer> =>
  server.post("/auth/logout", undefined, headers);

const tooMany = { status: 429, body: { code: "too_many_requests", status: 429 } };

describe("requests are counted", () => {
  test("under /auth/ for each address, and refused with the time to wait", async () => {
    const server = await start({ RATE_LIMIT_SIGN_IN: "2" });
    for (const left of [1, 0]) {
      const answer = await logOut(server);
      expect(answer.status).toBe(401);
      expect(answer.headers.get("RateLimit-Policy")).toBe('"sign-in";q=2;w=60');
      expect(answer.headers.get("RateLimit")).toBe(`"sign-in";r=${left};t=60`);
    }
    const answer = await logOut(server);
    expect(answer).toMatchObject(tooMany);
    expect(answer.headers.get("RateLimit")).toMatch(/^"sign-in";r=0;t=(59|60)$/);
    expect(Number(answer.headers.get("Retry-After"))).toBeGreaterThan(50);
  });

  test("whatever X-Forwarded-For claims", async () => {
    const server = await start({ RATE_LIMIT_SIGN_IN: "1" });
    await logOut(server, { "X-Forwarded-For": "198.51.100.1" });
    expect(await logOut(server, { "X-Forwarded-For": "198.51.100.2" })).toMatchObject(tooMany);
  });

  test("also where the token is forged: a refused credential is no way to ask without being counted", async () => {
    const server = await start({ RATE_LIMIT_SIGN_IN: "1" });
    const forged = { Authorization: "Bearer eyJhbGciOiJub25lIn0.e30." };
    expect((await logOut(server, forged)).status).toBe(401);
    expect(await logOut(server, forged)).toMatchObject(tooMany);
    const elsewhere = await server.post("/graphql", { query: "{ me { id } }" }, forged);
    expect(elsewhere.status).toBe(401);
    expect(elsewhere.headers.get("RateLimit-Policy")).toContain('"address"');
  });

  test("by the one spelling of a path; others are nothing", async () => {
    const server = await start({ RATE_LIMIT_SIGN_IN: "1" });
    for (const path of ["/AUTH/login", "/Auth/logout", "/auth/Register", "//auth/login", "/%61uth/login"]) {
      expect(await server.post(path, {})).toMatchObject({ status: 404, body: { code: "not_found" } });
    }
  });

  test("for each client behind a proxy of ours, an IPv6 one by its /64", async () => {
    const server = await start({ RATE_LIMIT_SIGN_IN: "1", TRUSTED_PROXIES: "1" });
    const from = (address: string) => logOut(server, { "X-Forwarded-For": `1.1.1.1, ${address}` });
    expect((await from("198.51.100.1")).status).toBe(401);
    expect((await from("198.51.100.2")).status).toBe(401);
    expect(await from("198.51.100.1")).toMatchObject(tooMany);
    expect((await from("2001:db8:0:1::1")).status).toBe(401);
    expect(await from("2001:db8:0:1:ffff:2:3:4")).toMatchObject(tooMany);
    expect(await from("2001:0DB8:0000:0001::2")).toMatchObject(tooMany);
    expect((await from("2001:db8:0:2::1")).status).toBe(401);
    // Some proxies write the port too: it is another for each connection.
    expect((await from("203.0.113.9:1001")).status).toBe(401);
    expect(await from("203.0.113.9:1002")).toMatchObject(tooMany);
    expect((await from("[2001:db8:0:3::1]:1001")).status).toBe(401);
    expect(await from("[2001:db8:0:3::2]:1002")).toMatchObject(tooMany);
    expect(await from("2001:db8:0:3::3")).toMatchObject(tooMany);
    expect((await from("203.0.113.10:1001")).status).toBe(401);
  });

  test("for each credential, and for all made-up ones together by address", async () => {
    const server = await start({ RATE_LIMIT: "1" });
    const ask = (key: string) => server.post("/graphql", { query: "{ __typename }" }, { "X-API-Key": key });
    const key = createApiKeys().secret;
    expect((await ask(key)).status).not.toBe(429);
    expect(await ask(key)).toMatchObject({
      status: 429,
      body: { errors: [{ extensions: { code: "TOO_MANY_REQUESTS" } }] },
    });
    const answers: number[] = [];
    for (let made = 0; made < 12; made++) answers.push((await ask(createApiKeys().secret)).status);
    expect(answers.slice(0, 8)).not.toContain(429);
    expect(answers.slice(8)).toEqual([429, 429, 429, 429]);
  });

  test("not for health, readiness and metrics", async () => {
    const server = await start({ RATE_LIMIT: "1", RATE_LIMIT_SIGN_IN: "1" });
    for (const path of [
      "/healthz",
      "/readyz",
      "/metrics",
      "/.well-known/jwks.json",
      "/.well-known/audit-keys.json",
    ]) {
      for (let n = 0; n < 12; n++) expect((await server.get(path)).status).not.toBe(429);
    }
  });
});

describe("with Redis", () => {
  let redis: TestRedis;
  beforeEach(async () => {
    redis = await startRedis();
  });
  afterEach(() => redis.close());

  test("two processes count together", async () => {
    const [one, other] = [
      await start({ REDIS_URL: redis.url, RATE_LIMIT_SIGN_IN: "2" }),
      await start({ REDIS_URL: redis.url, RATE_LIMIT_SIGN_IN: "2" }),
    ];
    expect((await logOut(one)).status).toBe(401);
    expect((await logOut(other)).status).toBe(401);
    expect(await logOut(one)).toMatchObject(tooMany);
    expect(await logOut(other)).toMatchObject(tooMany);
  });

  test("it never learns a credential's digest, which would open the door", async () => {
    const server = await start({ REDIS_URL: redis.url });
    const member = await createMember(database, { tenant: await createTenant(database), role: "member" });
    const key = createApiKeys().secret;
    await server.post("/graphql", { query: "{ __typename }" }, { "X-API-Key": key });
    const client = new Redis(redis.url);
    const keys = await client.keys("*");
    client.disconnect();
    expect(keys.some((name) => name.startsWith("rowhouse:rate:credential:"))).toBe(true);
    const digest = createHash("sha256").update(key).digest();
    for (const secret of [key, digest.toString("hex"), digest.toString("base64url"), member.handle]) {
      expect(keys.join()).not.toContain(secret);
    }
  });

  test("one that hangs costs the requests of one moment a quarter of a second, and is said once", async () => {
    const server = await start({ REDIS_URL: redis.url });
    const counted = async (): Promise<boolean> => {
      const client = new Redis(redis.url);
      const keys = await client.keys("rowhouse:rate:*");
      client.disconnect();
      return keys.length > 0;
    };
    while (!(await counted())) await logOut(server);
    const said = (text: string) => server.log.filter(({ msg }) => msg.startsWith(text)).length;

    redis.signal("SIGSTOP");
    expect((await logOut(server)).status).toBe(401);
    expect(said("Redis cannot be reached")).toBe(1);
    // Were each of them to wait for Redis, a quarter of a second each, they would be at it for ten seconds.
    const began = performance.now();
    for (let n = 0; n < 40; n++) expect((await logOut(server)).status).toBe(401);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(said("Redis cannot be reached")).toBe(1);

    redis.signal("SIGCONT");
    await eventually(() => said("Redis is back") === 1, 15_000);
    expect((await logOut(server)).status).toBe(401);
    expect(said("Redis cannot be reached")).toBe(1);
    expect(said("Redis is back")).toBe(1);
  });

  test("one that hangs from the beginning is said, and waited for", async () => {
    redis.signal("SIGSTOP");
    const server = await start({ REDIS_URL: redis.url, RATE_LIMIT_SIGN_IN: "1" });
    expect((await logOut(server)).status).toBe(401);
    expect(await logOut(server)).toMatchObject(tooMany);
    await eventually(() => server.log.some(({ msg }) => msg.startsWith("Redis cannot be reached")), 15_000);
    redis.signal("SIGCONT");
    await eventually(() => server.log.some(({ msg }) => msg === "Redis is back"), 15_000);
    expect((await logOut(server)).headers.get("RateLimit")).toBe('"sign-in";r=0;t=60');
  });

  test("its loss is survived: each process counts by itself, says so once, and comes back", async () => {
    const server = await start({ REDIS_URL: redis.url, RATE_LIMIT_SIGN_IN: "3" });
    expect((await logOut(server)).status).toBe(401);
    await redis.kill();
    await eventually(() => server.log.some(({ msg }) => msg.startsWith("Redis cannot be reached")));
    for (let n = 0; n < 3; n++) expect((await logOut(server)).status).toBe(401);
    expect(await logOut(server)).toMatchObject(tooMany);
    await redis.start();
    await eventually(() => server.log.some(({ msg }) => msg === "Redis is back"), 15_000);
    expect((await logOut(server)).headers.get("RateLimit")).toBe('"sign-in";r=2;t=60');
    expect(
      server.log.filter(({ msg }) => msg.endsWith("this process counts requests by itself")),
    ).toHaveLength(1);
  });
});
