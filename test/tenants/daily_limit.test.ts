import { randomBytes, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApiKeys } from "../../src/auth/api_key.ts";
import { countRequests } from "../../src/auth/request_counts.ts";
import type { Caller } from "../../src/database/caller.ts";
import { createLog } from "../../src/log.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createTenant, facts, signUp, type Tenant } from "../support/people.ts";
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

const silent = createLog({ logLevel: "silent", logFormat: "json" });
const run = (sql: string, ...values: unknown[]) => database.admin.query(sql, values);
const limit = (tenantId: string, most: number | null) =>
  run("select auth.limit_tenant($1, $2)", tenantId, { "requests-per-day": most });
const today = async (tenantId: string): Promise<number> =>
  Number((await run("select auth.requests_today($1) as count", tenantId)).rows[0].count);
const bearerOf = ({ tenantId }: Pick<Tenant, "tenantId">): Caller => ({
  credential: randomBytes(32),
  facts: { ...facts, user_agent: null, tenant_id: tenantId },
});
/** Who comes with a new key of the tenant. */
async function keyOf({ tenantId, owner }: Tenant): Promise<Caller> {
  const credential = randomBytes(32);
  await run(
    `insert into auth.api_keys (tenant_id, user_id, name, digest, scopes) values ($1, $2, 'bot', sha256($3), '{chat}')`,
    tenantId,
    owner.userId,
    credential,
  );
  return { credential, byKey: true, facts: { ...facts, user_agent: null } };
}
const times = (count: number, act: () => void) => Array.from({ length: count }).forEach(act);

describe("a process that counts", () => {
  const counting = () => countRequests(database.auth, silent);

  test("hears when sessions and keys together have used up the day, and until when", async () => {
    const tenant = await createTenant(database);
    await limit(tenant.tenantId, 10);
    const [session, key] = [bearerOf(tenant), await keyOf(tenant)];
    const counts = counting();
    times(6, () => counts.note(session));
    times(3, () => counts.note(key));
    await counts.flush();
    expect([counts.usedUp(session), counts.usedUp(key)]).toEqual([null, null]);
    counts.note(key);
    counts.note(bearerOf(tenant));
    await counts.flush();
    const midnight = (
      await run(
        "select extract(epoch from (now() at time zone 'UTC')::date + 1 - (now() at time zone 'UTC')) as seconds",
      )
    ).rows[0].seconds;
    for (const caller of [session, key, bearerOf(tenant)]) {
      expect(counts.usedUp(caller)).toEqual({ used: 11, most: 10, seconds: expect.any(Number) });
      expect(Math.abs(counts.usedUp(caller)!.seconds - midnight)).toBeLessThan(60);
    }
    expect(await today(tenant.tenantId)).toBe(11);
    await counts.close();
  });

  test("lets in again, without counting who was refused, when the plan grows", async () => {
    const tenant = await createTenant(database);
    await limit(tenant.tenantId, 2);
    const caller = bearerOf(tenant);
    const counts = counting();
    times(2, () => counts.note(caller));
    await counts.flush();
    expect(counts.usedUp(caller)).toMatchObject({ used: 2, most: 2 });
    await counts.flush();
    expect(counts.usedUp(caller)).toMatchObject({ used: 2, most: 2 });
    await limit(tenant.tenantId, 3);
    await counts.flush();
    expect(counts.usedUp(caller)).toBeNull();
    await limit(tenant.tenantId, null);
    times(5, () => counts.note(caller));
    await counts.flush();
    expect(counts.usedUp(caller)).toBeNull();
    expect(await today(tenant.tenantId)).toBe(7);
    await counts.close();
  });

  test("begins at nothing on a new day", async () => {
    const tenant = await createTenant(database);
    await limit(tenant.tenantId, 5);
    await run(
      "insert into auth.request_counts (id, day, count) values ($1, (now() at time zone 'UTC')::date - 1, 500)",
      tenant.tenantId,
    );
    expect(await today(tenant.tenantId)).toBe(0);
    const caller = bearerOf(tenant);
    const counts = counting();
    counts.note(caller);
    await counts.close();
    expect(counts.usedUp(caller)).toBeNull();
    expect(await today(tenant.tenantId)).toBe(1);
  });

  test("tells later what it could not tell, and decides meanwhile as before", async () => {
    const tenant = await createTenant(database);
    await limit(tenant.tenantId, 2);
    const caller = bearerOf(tenant);
    let away = false;
    const counts = countRequests(
      {
        query: ((...told: Parameters<typeof database.auth.query>) =>
          away ? Promise.reject(new Error("away")) : database.auth.query(...told)) as never,
      },
      silent,
    );
    counts.note(caller);
    away = true;
    await counts.flush();
    counts.note(caller);
    await counts.flush();
    expect(counts.usedUp(caller)).toBeNull();
    away = false;
    await counts.flush();
    expect(counts.usedUp(caller)).toMatchObject({ used: 2, most: 2 });
    away = true;
    await counts.flush();
    expect(counts.usedUp(caller)).toMatchObject({ used: 2, most: 2 });
    away = false;
    await counts.close();
  });

  test("counts for nobody whom it cannot name: no tenant, a stranger's key, one that is gone", async () => {
    const counts = counting();
    counts.note({ credential: randomBytes(32), facts: { ...facts, user_agent: null } });
    counts.note({ credential: randomBytes(32), byKey: true, facts: { ...facts, user_agent: null } });
    counts.note(bearerOf({ tenantId: randomUUID() }));
    await counts.close();
  });

  test("is one of eight that tell of the same tenants in any order, and every request counts once", async () => {
    const tenants = await Promise.all([1, 2, 3, 4, 5, 6].map(() => createTenant(database)));
    const processes = Array.from({ length: 8 }, counting);
    for (let round = 0; round < 5; round++) {
      processes.forEach((counts, n) => {
        const order = n % 2 === 0 ? tenants : tenants.toReversed();
        for (const tenant of order) times(3, () => counts.note(bearerOf(tenant)));
      });
      await Promise.all(processes.map((counts) => counts.flush()));
    }
    await Promise.all(processes.map((counts) => counts.close()));
    expect(await Promise.all(tenants.map(({ tenantId }) => today(tenantId)))).toEqual(tenants.map(() => 120));
  });
});

describe("over HTTP", () => {
  const me = (headers: Record<string, string>) =>
    server.post("/graphql", { query: "{ me { id } }" }, headers);
  let made = 0;
  const owner = () => signUp(server, { tenant: { name: "Daily", slug: `daily-${++made}` } });
  /** Milliseconds to wait for what a process tells once a second. */
  const PATIENCE = 30_000;
  const answered = (headers: Record<string, string>, status: number) =>
    eventually(async () => {
      const answer = await me(headers);
      return answer.status === status && answer;
    }, PATIENCE);
  const refused = (headers: Record<string, string>) => answered(headers, 429);
  const counted = (tenantId: string) => eventually(() => today(tenantId), PATIENCE);

  test("the day that is used up refuses sessions and keys, names itself, and lets nobody's neighbour wait", async () => {
    const person = await owner();
    const neighbour = await owner();
    const { body } = await server.post(
      "/graphql",
      { query: 'mutation { createApiKey(input: {name: "bot", scopes: ["chat"]}) { secret } }' },
      person.headers,
    );
    const key = { "X-API-Key": body.data.createApiKey.secret as string };
    expect((await me(key)).status).toBe(200);
    await limit(person.login.tenant!.id, 1);
    const answer = await refused(person.headers);
    const [{ message, extensions }] = answer.body.errors;
    expect(extensions).toMatchObject({
      code: "DAILY_LIMIT_REACHED",
      limit: "requestsPerDay",
      most: 1,
      retryAfter: Number(answer.headers.get("Retry-After")),
    });
    expect(extensions.used).toBeGreaterThanOrEqual(1);
    expect(message).toContain(`${extensions.used} of its 1 requests`);
    expect(extensions.retryAfter).toBeGreaterThan(0);
    expect(extensions.retryAfter).toBeLessThanOrEqual(86_400);
    expect((await refused(key)).body.errors[0].extensions.code).toBe("DAILY_LIMIT_REACHED");
    expect((await me(neighbour.headers)).status).toBe(200);
    await limit(person.login.tenant!.id, 1_000_000);
    await answered(person.headers, 200);
  });

  test("whoever is in gets out, and in again", async () => {
    const person = await owner();
    await limit(person.login.tenant!.id, 1);
    await refused(person.headers);
    expect((await server.get("/auth/session", person.headers)).status).toBe(200);
    expect((await server.post("/auth/logout", {}, person.headers)).status).toBe(204);
    const again = await server.post("/auth/login", { email: person.email, password: person.password });
    expect(again.status).toBe(200);
  });

  test("what the door refuses counts for nobody", async () => {
    const person = await owner();
    const id = person.login.tenant!.id;
    await server.post("/auth/logout", {}, person.headers);
    const back = await server.post("/auth/login", { email: person.email, password: person.password });
    for (let n = 0; n < 5; n++) expect((await me(person.headers)).status).toBe(401);
    expect((await me({ "X-API-Key": createApiKeys().secret })).status).toBe(401);
    expect((await me({ Authorization: `Bearer ${back.body.access_token}` })).status).toBe(200);
    // Counts are told in the order in which they were counted: with the last, all are there.
    expect(await counted(id)).toBe(1);
  });

  test("who manages the company sees how many there were", async () => {
    const person = await owner();
    await limit(person.login.tenant!.id, 1000);
    const ask = async () =>
      (
        await server.post(
          "/graphql",
          { query: "{ myUsage { requestsPerDay requestsToday } }" },
          person.headers,
        )
      ).body.data.myUsage;
    const usage = await eventually(async () => {
      const found = await ask();
      return found.requestsToday > 0 && found;
    }, PATIENCE);
    expect(usage).toMatchObject({ requestsPerDay: 1000 });
  });
});

test("the counter of a tenant goes with it, and is in no archive", async () => {
  const tenant = await createTenant(database);
  await run("insert into auth.request_counts (id, day, count) values ($1, current_date, 1)", tenant.tenantId);
  expect((await run("select context.tenant_tables()::text as name")).rows).not.toContainEqual({
    name: "auth.request_counts",
  });
  await run("select auth.begin_erasure($1, 'a ticket')", tenant.tenantId);
  let step: string;
  do step = (await run("select jobs.erase_tenant() ->> 'step' as step")).rows[0].step;
  while (step === "more");
  expect(step).toBe("erased");
  expect((await run("select from auth.request_counts where id = $1", tenant.tenantId)).rows).toEqual([]);
});
