import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createTenant, signUp } from "../support/people.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let server: TestServer;
beforeEach(async () => {
  database = await createDatabase();
  server = await startTestServer(database, { METRICS_TOKEN: "a token for metrics" });
});
afterEach(async () => {
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
        checks: { database: { ok: true }, migrations: { ok: true, pending: [] }, worker: { ok: true } },
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

  test("names the migrations that are missing", async () => {
    await beat();
    const { rows } = await database.admin.query<{ filename: string }>(
      "delete from graphile_migrate.migrations returning filename",
    );
    const { status, body } = await server.get("/readyz");
    expect(rows.length).toBeGreaterThan(0);
    expect({ status, body }).toMatchObject({
      status: 503,
      body: { checks: { database: { ok: true }, migrations: { ok: false } } },
    });
    expect(body.checks.migrations.pending).toHaveLength(rows.length);
  });

  test("says that the database is gone, and comes back with it", async () => {
    await beat();
    expect((await server.get("/readyz")).status).toBe(200);
    const allow = (yes: boolean) =>
      database.admin.query(`alter database ${database.name} allow_connections ${yes}`);
    await allow(false);
    await database.admin.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = 'rowhouse_app'",
    );
    try {
      const { status, body } = await server.get("/readyz");
      expect({ status, body }).toMatchObject({
        status: 503,
        body: { checks: { database: { ok: false }, migrations: { ok: false }, worker: { ok: false } } },
      });
      expect(JSON.stringify(body)).not.toContain(database.name);
      expect((await server.get("/healthz")).status).toBe(200);
    } finally {
      await allow(true);
    }
    expect((await server.get("/readyz")).status).toBe(200);
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

describe("the database going away", () => {
  test("is a 503 that says when to come back, and nothing more", async () => {
    const tenant = await createTenant(database);
    await database.admin.query(`alter database ${database.name} allow_connections false`);
    await database.admin.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = 'rowhouse_auth'",
    );
    try {
      const answer = await server.post("/auth/login", { email: tenant.owner.email, password: "x" });
      expect(answer).toMatchObject({ status: 503, body: { code: "database_unavailable" } });
      expect(answer.headers.get("Retry-After")).toBe("5");
      expect(JSON.stringify(answer.body)).not.toContain(database.name);
    } finally {
      await database.admin.query(`alter database ${database.name} allow_connections true`);
    }
    const back = await server.post("/auth/login", { email: tenant.owner.email, password: "x" });
    expect(back.status).toBe(401);
  });
});
