import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { eventually, startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let redis: TestRedis;
beforeAll(async () => {
  database = await createDatabase();
  redis = await startRedis();
});
afterAll(async () => {
  await redis.close();
  await database.drop();
});

const GITHUB = { GITHUB_CLIENT_ID: "rowhouse", GITHUB_CLIENT_SECRET: "a secret between the two of us" };
const servers = new AsyncDisposableStack();
afterAll(() => servers.disposeAsync());
let one: TestServer;
let other: TestServer;
beforeEach(async () => {
  one = await start({ REDIS_URL: redis.url });
  other = await start({ REDIS_URL: redis.url });
});

async function start(env: Record<string, string>): Promise<TestServer> {
  const server = await startTestServer(database, { ...GITHUB, ...env });
  servers.defer(() => server.close());
  return server;
}

/** Sends a browser to the provider, and says with what it comes back. */
async function leave(server: TestServer) {
  const query = new URLSearchParams({ return_to: server.config.publicUrl, code_challenge: "c".repeat(43) });
  const { headers } = await server.get(`/auth/oauth/github?${query}`);
  const state = new URL(headers.get("Location")!).searchParams.get("state")!;
  const Cookie = headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0])
    .join("; ");
  return { path: `/auth/oauth/github/callback?error=access_denied&state=${state}`, headers: { Cookie } };
}

test("a browser may come back to another process than the one that sent it away, and once", async () => {
  const { path, headers } = await leave(one);
  expect((await other.get(path, headers)).status).toBe(302);
  expect((await one.get(path, headers)).body.code).toBe("oauth_state_invalid");
});

test("what is kept of it ends by itself, and does not say who it is", async () => {
  const { headers } = await leave(one);
  const client = new Redis(redis.url);
  try {
    const keys = await client.keys("rowhouse:browser:*");
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) {
      expect(await client.ttl(key)).toBeGreaterThan(0);
      expect(await client.ttl(key)).toBeLessThanOrEqual(600);
    }
    expect(headers.Cookie).not.toContain("verifier");
  } finally {
    client.disconnect();
  }
});

test("without Redis a process keeps it by itself, and says so once", async () => {
  const alone = await start({});
  const { path, headers } = await leave(alone);
  expect((await alone.get(path, headers)).status).toBe(302);
  const said = alone.log.filter(({ msg }) => msg.startsWith("REDIS_URL is not set"));
  expect(said).toHaveLength(1);
  const silent = await startTestServer(database);
  servers.defer(() => silent.close());
  expect(silent.log.some(({ msg }) => msg.startsWith("REDIS_URL is not set"))).toBe(false);
});

test("its loss is survived: who leaves meanwhile comes back to the same process", async () => {
  await redis.kill();
  await eventually(() => one.log.some(({ msg }) => msg.includes("keeps sign-ins under way by itself")));
  const { path, headers } = await leave(one);
  expect((await one.get(path, headers)).status).toBe(302);
});
