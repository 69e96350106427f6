import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Caller } from "../../src/database/caller.ts";
import { fairShare, ShareExceededError } from "../../src/database/fair_share.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type SignUp, signUp } from "../support/people.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

describe("a tenant that asks for its slowest page forty times at once", () => {
  let database: TestDatabase;
  let server: TestServer;
  let busy: SignUp;
  let other: SignUp;

  beforeAll(async () => {
    database = await createDatabase();
    await database.admin.query(`
      create function app.slow_page() returns text language sql stable set search_path = '' as
        $$ select 'slow' from pg_catalog.pg_sleep(3) $$;
      grant execute on function app.slow_page() to rowhouse_app;
    `);
    server = await startTestServer(database);
    busy = await signUp(server, { tenant: { name: "Busy", slug: "busy" } });
    other = await signUp(server, { tenant: { name: "Other", slug: "other" } });
  });
  afterAll(async () => {
    await server.close();
    await database.drop();
  });

  const ask = ({ headers }: SignUp, query: string) => server.post("/graphql", { query }, { ...headers });

  test("leaves connections to every other, and is told that it wants too many at once", async () => {
    const slow = Array.from({ length: 40 }, () => ask(busy, "{ slowPage }"));
    await expect
      .poll(
        async () => {
          const { rowCount } = await database.admin.query(
            "select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'",
          );
          return rowCount;
        },
        { timeout: 10_000 },
      )
      .toBe(3);
    const quick = await Promise.all(Array.from({ length: 20 }, () => ask(other, "{ me { id } }")));
    expect(quick.map(({ status, body }) => [status, body.data?.me.id])).toEqual(
      Array.from({ length: 20 }, () => [200, other.login.user.id]),
    );
    expect((await server.get("/readyz")).body.checks.database).toEqual({ ok: true });

    const answers = await Promise.all(slow);
    const refused = answers.filter(({ status }) => status === 429);
    const served = answers.filter(({ status, body }) => status === 200 && body.data.slowPage === "slow");
    expect(served.length).toBeGreaterThan(0);
    expect(refused.length + served.length).toBe(40);
    expect(refused.length).toBeGreaterThan(0);
    for (const { headers, body } of refused) {
      expect(headers.get("Retry-After")).toBe("1");
      expect(body.errors[0].extensions).toMatchObject({ code: "TOO_MANY_AT_ONCE", retryAfter: 1 });
    }
    expect((await ask(busy, "{ me { id } }")).status).toBe(200);
  });
});

describe("ten connections", () => {
  const caller = (tenant: string | null, credential: string): Caller => ({
    credential: Buffer.from(credential),
    facts: { request_id: "test", ip: "192.0.2.1", user_agent: null, ...(tenant && { tenant_id: tenant }) },
  });
  const share = (patience = 60_000) => fairShare({ connections: 10, patience, longestLine: 100 });

  /** How many of so many turns come at once; the others stay in line. */
  async function taken(shared: ReturnType<typeof share>, callers: Caller[]): Promise<(() => void)[]> {
    const turns: (() => void)[] = [];
    for (const one of callers)
      shared.turn(one).then(
        (turn) => turns.push(turn),
        () => {},
      );
    await new Promise((done) => setImmediate(done));
    return turns;
  }
  const times = <T>(count: number, make: (index: number) => T): T[] =>
    Array.from({ length: count }, (_, n) => make(n));

  test("are half for one tenant with many credentials, and three for one credential", async () => {
    expect(
      await taken(
        share(),
        times(40, (n) => caller("acme", `key ${n}`)),
      ),
    ).toHaveLength(5);
    expect(
      await taken(
        share(),
        times(40, () => caller("acme", "key")),
      ),
    ).toHaveLength(3);
    expect(
      await taken(
        share(),
        times(40, () => caller(null, "key")),
      ),
    ).toHaveLength(3);
  });

  test("are never all taken by those who came first: a newcomer finds one at once", async () => {
    const shared = share();
    for (const tenant of ["one", "two", "three"]) {
      expect(
        (
          await taken(
            shared,
            times(40, (n) => caller(tenant, `key ${n}`)),
          )
        ).length,
      ).toBeGreaterThan(0);
    }
  });

  test("leave a colleague's credential its turn when another has taken what it may", async () => {
    const shared = share();
    await taken(
      shared,
      times(40, () => caller("acme", "greedy")),
    );
    expect(await taken(shared, [caller("acme", "modest")])).toHaveLength(1);
  });

  test("go next to whoever holds least, not to whoever asked most", async () => {
    const shared = share();
    const held = await taken(
      shared,
      times(10, (n) => caller(`tenant ${n}`, "key")),
    );
    expect(held).toHaveLength(10);
    const order: string[] = [];
    for (const who of ["tenant 0", "tenant 0", "newcomer"]) {
      void shared.turn(caller(who, "key")).then(() => order.push(who));
    }
    held[9]?.();
    await new Promise((done) => setImmediate(done));
    expect(order).toEqual(["newcomer"]);
  });

  test("go by turns among those who hold as much", async () => {
    const shared = fairShare({ connections: 1, patience: 60_000, longestLine: 100 });
    let [over] = await taken(shared, [caller("acme", "key")]);
    const order: string[] = [];
    const next = async (who: string): Promise<void> => {
      over = await shared.turn(caller(who, "key"));
      order.push(who);
    };
    for (const who of ["acme", "acme", "acme", "globex", "globex", "initech"]) void next(who);
    for (let turn = 0; turn < 6; turn++) {
      over?.();
      await new Promise((done) => setImmediate(done));
    }
    expect(order).toEqual(["acme", "globex", "initech", "acme", "globex", "acme"]);
  });

  test("come back: nothing is remembered of those who are done", async () => {
    const shared = share();
    for (let round = 0; round < 50; round++) {
      const turns = await taken(
        shared,
        times(5, (n) => caller(`tenant ${n}`, `key ${round}`)),
      );
      expect(turns).toHaveLength(5);
      for (const over of turns) over();
    }
    expect(
      await taken(
        shared,
        times(40, (n) => caller("acme", `key ${n}`)),
      ),
    ).toHaveLength(5);
  });

  test("are refused to whoever waited in vain, and at once where the line is too long", async () => {
    const impatient = share(10);
    await taken(
      impatient,
      times(3, () => caller("acme", "key")),
    );
    await expect(impatient.turn(caller("acme", "key"))).rejects.toBeInstanceOf(ShareExceededError);
    const patient = share();
    await taken(
      patient,
      times(103, () => caller("acme", "key")),
    );
    await expect(patient.turn(caller("acme", "key"))).rejects.toBeInstanceOf(ShareExceededError);
    expect(await taken(patient, [caller("globex", "key")])).toHaveLength(1);
  });
});
