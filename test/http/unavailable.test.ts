import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type Network, networkTo } from "../support/network.ts";
import { type SignUp, signUp } from "../support/people.ts";
import { type Answer, startTestServer, type TestServer } from "../support/server.ts";

// "Not now": what every route answers while the database cannot, and that it passes.

let database: TestDatabase;
let network: Network;
let server: TestServer;
let person: SignUp;
let companies = 0;

beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

beforeEach(async () => {
  network = await networkTo(database.adminUrl);
  const { app, auth, worker } = database.connections;
  server = await startTestServer(
    { connections: { app: network.through(app), auth: network.through(auth), worker } },
    { STATEMENT_TIMEOUT_MS: "300" },
  );
  person = await signUp(server, { tenant: { name: "Acme", slug: `acme-${++companies}` } });
});
afterEach(async () => {
  await server.close();
  await network.close();
});

const ask = (query: string): Promise<Answer> =>
  server.post("/graphql", { query }, { Authorization: `Bearer ${person.login.access_token}` });
const me = () => ask("{ me { id } }");
const logIn = () => server.post("/auth/login", { email: person.email, password: person.password });
const createRole = () =>
  ask('mutation { createRole(input: { role: { name: "new", permissions: [] } }) { role { name } } }');

/** Asks the other pool, and changes nothing. */
const verify = () => server.post("/auth/email/verify", { token: "made up ".repeat(6), password: "x" });

/** Takes connections of both pools, many times at once. */
const all = (count: number): Promise<Answer[]> =>
  Promise.all(Array.from({ length: count }, () => [me(), verify()]).flat());
const served = [200, 400];

function expectNotNow({ status, headers, body }: Answer): void {
  const code = body.code ?? body.errors?.[0]?.extensions?.code;
  expect({ status, code, wait: headers.get("Retry-After") }).toEqual({
    status: 503,
    code: expect.stringMatching(/^database_unavailable$/i),
    wait: "5",
  });
}

describe("a network that falls silent", () => {
  test("leaves no request without an answer, and service returns when it does", async () => {
    // Ten connections of each pool, warm.
    for (const { status } of await all(10)) expect(served).toContain(status);
    network.fallSilent();
    for (const answer of await all(20)) expect([503, 429]).toContain(answer.status);
    await network.mend();
    await expect.poll(() => me().then(({ status }) => status), { timeout: 20_000 }).toBe(200);
    await expect.poll(() => logIn().then(({ status }) => status), { timeout: 20_000 }).toBe(200);
    await expect
      .poll(async () => (await server.get("/readyz")).body.checks.database, { timeout: 20_000 })
      .toEqual({ ok: true });
    for (const { status } of await all(10)) expect(served).toContain(status);
  });

  test("does not keep the server from closing", async () => {
    for (const { status } of await all(10)) expect(served).toContain(status);
    network.fallSilent();
    const underway = all(3);
    await expect.poll(() => network.swallowed()).toBeGreaterThanOrEqual(6);
    await server.close();
    for (const { status } of await underway) expect([503, 429]).toContain(status);
  });
});

describe("is a 503 that says when to come back", () => {
  test("a connection that the other side ended in good order", async () => {
    await all(2);
    const hold = await database.admin.connect();
    await hold.query("begin; lock table app.users, auth.sessions in access exclusive mode");
    const underway = [me(), logIn()];
    await expect
      .poll(async () => {
        const { rows } = await database.admin.query(
          "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        );
        return rows.length;
      })
      .toBe(2);
    network.finish();
    for (const answer of await Promise.all(underway)) expectNotNow(answer);
    await hold.query("rollback");
    hold.release();
    expect((await me()).status).toBe(200);
  });

  test("a database that has no room for another connection", async () => {
    await database.admin.query(`alter database ${database.name} connection limit 0`);
    network.finish();
    expectNotNow(await me());
    expectNotNow(await logIn());
    await database.admin.query(`alter database ${database.name} connection limit -1`);
    expect((await me()).status).toBe(200);
  });

  // PostgreSQL's words for a full disk, an I/O error, a server that has become a standby, raised by a trigger in its
  // place: a test cannot have a disk of its own to fill.
  test.each(["53100", "53200", "58030", "25006", "57P02", "08006"])(
    "SQLSTATE %s, at every route",
    async (code) => {
      await database.admin.query(`
      create or replace function public.refuse() returns trigger language plpgsql as
        $$ begin raise exception using errcode = '${code}', message = 'no space left on device'; end $$;
      create or replace trigger refuse before insert on app.roles execute function public.refuse();
      create or replace trigger refuse before insert on auth.sessions execute function public.refuse();
    `);
      const answers = [await createRole(), await logIn()];
      for (const answer of answers) {
        expectNotNow(answer);
        expect(JSON.stringify(answer.body)).not.toContain("no space");
      }
      await database.admin.query(
        "drop trigger refuse on app.roles; drop trigger refuse on auth.sessions; drop function public.refuse()",
      );
      expect((await createRole()).body.errors).toBeUndefined();
      await database.admin.query("delete from app.roles where name = 'new'");
    },
  );
});
