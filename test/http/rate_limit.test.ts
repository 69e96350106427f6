import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createMember, createTenant } from "../support/people.ts";
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
  });

  test("for each credential, and for all made-up ones together by address", async () => {
    const server = await start({ RATE_LIMIT: "1" });
    const ask = (key: string) =>
      server.post("/graphql", { query: "{ __typename }" }, { "X-API-Key": `rh_sk_${key.repeat(20)}` });
    expect((await ask("a")).status).not.toBe(429);
    expect(await ask("a")).toMatchObject(tooMany);
    const answers: number[] = [];
    for (const key of "bcdefghijklm") answers.push((await ask(key)).status);
    expect(answers.slice(0, 8)).not.toContain(429);
    expect(answers.slice(8)).toEqual([429, 429, 429, 429]);
  });

  test("not for health, readiness and metrics", async () => {
    const server = await start({ RATE_LIMIT: "1", RATE_LIMIT_SIGN_IN: "1" });
    for (const path of ["/healthz", "/readyz", "/metrics", "/.well-known/jwks.json"]) {
      for (let n = 0; n < 12; n++) expect((await server.get(path)).status).not.toBe(429);
    }
  });
});

describe("with Redis", () => {
  let redis: ChildProcess;
  let folder: string;
  let url: string;
  let port: number;

  async function startRedis(): Promise<void> {
    redis = spawn(
      "redis-server",
      ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    for await (const chunk of redis.stdout!) if (String(chunk).includes("Ready to accept")) break;
  }
  async function stopRedis(): Promise<void> {
    if (redis.exitCode !== null || redis.signalCode !== null) return;
    const gone = once(redis, "exit");
    redis.kill("SIGKILL");
    await gone;
  }

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "rowhouse-redis-"));
    const probe = createServer().listen(0, "127.0.0.1");
    await once(probe, "listening");
    port = (probe.address() as AddressInfo).port;
    await new Promise((done) => probe.close(done));
    url = `redis://127.0.0.1:${port}`;
    await startRedis();
  });
  afterEach(async () => {
    await stopRedis();
    rmSync(folder, { recursive: true, force: true });
  });

  test("two processes count together", async () => {
    const [one, other] = [
      await start({ REDIS_URL: url, RATE_LIMIT_SIGN_IN: "2" }),
      await start({ REDIS_URL: url, RATE_LIMIT_SIGN_IN: "2" }),
    ];
    expect((await logOut(one)).status).toBe(401);
    expect((await logOut(other)).status).toBe(401);
    expect(await logOut(one)).toMatchObject(tooMany);
    expect(await logOut(other)).toMatchObject(tooMany);
  });

  test("it never learns a credential's digest, which would open the door", async () => {
    const server = await start({ REDIS_URL: url });
    const member = await createMember(database, { tenant: await createTenant(database), role: "member" });
    const key = `rh_sk_${"a".repeat(32)}`;
    await server.post("/graphql", { query: "{ __typename }" }, { "X-API-Key": key });
    const client = new Redis(url);
    const keys = await client.keys("*");
    client.disconnect();
    expect(keys.some((name) => name.startsWith("rowhouse:rate:credential:"))).toBe(true);
    const digest = createHash("sha256").update(key).digest();
    for (const secret of [key, digest.toString("hex"), digest.toString("base64url"), member.handle]) {
      expect(keys.join()).not.toContain(secret);
    }
  });

  test("its loss is survived: each process counts by itself, says so once, and comes back", async () => {
    const server = await start({ REDIS_URL: url, RATE_LIMIT_SIGN_IN: "3" });
    expect((await logOut(server)).status).toBe(401);
    await stopRedis();
    await eventually(() => server.log.some(({ msg }) => msg.startsWith("Redis cannot be reached")));
    for (let n = 0; n < 3; n++) expect((await logOut(server)).status).toBe(401);
    expect(await logOut(server)).toMatchObject(tooMany);
    await startRedis();
    await eventually(() => server.log.some(({ msg }) => msg === "Redis is back"), 15_000);
    expect((await logOut(server)).headers.get("RateLimit")).toBe('"sign-in";r=2;t=60');
    expect(server.log.filter(({ msg }) => msg.startsWith("Redis cannot be reached"))).toHaveLength(1);
  });
});
