import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type Network, networkTo } from "../support/network.ts";
import { createTenant, signUp } from "../support/people.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let server: TestServer;
beforeEach(async () => {
  database = await createDatabase();
  server = await startTestServer(database, { METRICS_TOKEN: "a token for metrics" });
});
afterEach(async () => {
  vi.useRealTimers();
  await server.close();
  await database.drop();
});

const beat = () => database.worker.query("select jobs.beat('test')");

describe("/readyz", () => {
  test("is ready with the database, its migrations and a worker", async () => {
    await beat();
    const { status, body } = await server.get("/readyz");
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        status: "ready",
        checks: {
          database: { ok: true },
          migrations: { ok: true, pending: [] },
          worker: { ok: true },
          storage: { ok: true },
        },
      },
    });
  });

  test("says that no worker was ever seen", async () => {
    const { status, body } = await server.get("/readyz");
    expect({ status, body }).toMatchObject({
      status: 503,
      body: { status: "not_ready", checks: { database: { ok: true }, worker: { ok: false, seenAt: null } } },
    });
  });

  test("says that the worker was not seen for three minutes", async () => {
    await beat();
    await database.admin.query(
      "update jobs.heartbeats set seen_at = now() - interval '2 minutes 50 seconds'",
    );
    expect((await server.get("/readyz")).status).toBe(200);
    await database.admin.query("update jobs.heartbeats set seen_at = now() - interval '3 minutes 1 second'");
    expect(await server.get("/readyz")).toMatchObject({
      status: 503,
      body: { checks: { worker: { ok: false } } },
    });
  });

  test.each([
    ["behind", -5],
    ["ahead of", 5],
  ])("knows the worker's age where our clock is minutes %s the database's", async (_, minutes) => {
    await beat();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + minutes * 60_000 });
    expect(await server.get("/readyz")).toMatchObject({
      status: 200,
      body: { checks: { worker: { ok: true } } },
    });
    await database.admin.query("update jobs.heartbeats set seen_at = now() - interval '3 minutes 1 second'");
    expect(await server.get("/readyz")).toMatchObject({ body: { checks: { worker: { ok: false } } } });
  });

  test("says that the storage takes nothing more", async () => {
    await beat();
    // PostgreSQL raises the same class of error here as for a full disk.
    await database.admin.query(
      `alter role rowhouse_app in database ${database.name} set temp_file_limit = '8kB'`,
    );
    const full = await startTestServer(database);
    const { status, body } = await full.get("/readyz");
    await full.close();
    expect({ status, body }).toMatchObject({
      status: 503,
      body: {
        status: "not_ready",
        checks: { database: { ok: true }, storage: { ok: false, reason: "53400" } },
      },
    });
  });

  test("says that another version of a migration built the database", async () => {
    await beat();
    await database.admin.query("update graphile_migrate.migrations set hash = 'sha1:older'");
    const { status, body } = await server.get("/readyz");
    expect({ status, body }).toMatchObject({
      status: 503,
      body: { checks: { database: { ok: true }, migrations: { ok: false } } },
    });
    expect(body.checks.migrations.rebuilt).not.toHaveLength(0);
  });
});

describe("/metrics", () => {
  const headers = { Authorization: "Bearer a token for metrics" };

  test("wants its token", async () => {
    for (const wrong of [
      {},
      { Authorization: "Bearer another token" },
      { Authorization: "a token for metrics" },
    ]) {
      const answer = await server.get("/metrics", wrong as Record<string, string>);
      expect(answer).toMatchObject({ status: 401, body: { code: "metrics_token_invalid" } });
    }
    expect((await server.get("/metrics", headers)).status).toBe(200);
  });

  test("counts requests by route and status, and sign-ins by outcome", async () => {
    await signUp(server);
    await server.post("/auth/login", { email: "nobody@example.com", password: "x" });
    await server.get("/made/up/by/a/stranger");
    const { body } = await server.get("/metrics", headers);
    expect(body).toMatch(
      /http_request_duration_seconds_count\{method="POST",route="\/auth\/login",status="200"\} 1/,
    );
    expect(body).toMatch(/http_request_duration_seconds_count\{method="GET",route="other",status="404"\} 1/);
    expect(body).toContain('rowhouse_sign_ins_total{kind="login",outcome="ok"} 1');
    expect(body).toContain('rowhouse_sign_ins_total{kind="login",outcome="invalid_credentials"} 1');
    expect(body).toMatch(/^process_cpu_seconds_total/m);
    expect(body).not.toContain("stranger");
  });
});

describe("while the database is gone", () => {
  let network: Network;
  let behind: TestServer;
  beforeEach(async () => {
    network = await networkTo(database.adminUrl);
    const { app, auth, worker } = database.connections;
    const connections = { app: network.through(app), auth: network.through(auth), worker };
    behind = await startTestServer({ connections });
  });
  afterEach(async () => {
    await behind.close();
    await network.cut();
  });

  test("the server is alive, not ready, and says so without details; then it is back by itself", async () => {
    await beat();
    expect((await behind.get("/readyz")).status).toBe(200);
    await network.cut();
    const { status, body } = await behind.get("/readyz");
    expect({ status, body }).toMatchObject({
      status: 503,
      body: { checks: { database: { ok: false }, migrations: { ok: false }, worker: { ok: false } } },
    });
    expect(JSON.stringify(body)).not.toMatch(/127\.0\.0\.1|rowhouse_app/);
    expect((await behind.get("/healthz")).status).toBe(200);
    await network.mend();
    expect((await behind.get("/readyz")).status).toBe(200);
  });

  test("a login is a 503 that says when to come back", async () => {
    const { owner } = await createTenant(database);
    const logIn = () => behind.post("/auth/login", { email: owner.email, password: "x" });
    await network.cut();
    const answer = await logIn();
    expect(answer).toMatchObject({ status: 503, body: { code: "database_unavailable" } });
    expect(answer.headers.get("Retry-After")).toBe("5");
    expect(JSON.stringify(answer.body)).not.toMatch(/127\.0\.0\.1|ECONN/);
    await network.mend();
    expect((await logIn()).status).toBe(401);
  });
});
