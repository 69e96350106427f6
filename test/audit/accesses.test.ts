import { createHash, randomBytes, randomUUID } from "node:crypto";
import { Writable } from "node:stream";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { recordAccesses } from "../../src/audit/accesses.ts";
import type { Access } from "../../src/audit/waiting_accesses.ts";
import { createApiKeys } from "../../src/auth/api_key.ts";
import { createSupportCredential } from "../../src/auth/support_credential.ts";
import type { Caller } from "../../src/database/caller.ts";
import { DAILY } from "../../src/graphql/operation.ts";
import { createLog } from "../../src/log.ts";
import { createMetrics } from "../../src/metrics.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createGuestKey, openGuest } from "../support/guests.ts";
import { createMember, createTenant, facts, type SignUp, signUp, type Tenant } from "../support/people.ts";
import { eventually, startTestServer, type TestServer } from "../support/server.ts";
import { startServing } from "../support/serving_command.ts";
import { subscribe } from "../support/subscribing.ts";

let database: TestDatabase;
let server: TestServer;
let ada: SignUp;
beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database);
  ada = await signUp(server, { tenant: { name: "Acme", slug: "acme" } });
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

interface Event {
  readonly tenant_id: string;
  readonly at: Date;
  readonly severity: string;
  readonly detail: Record<string, unknown>;
  readonly actor_kind: string;
  readonly actor_id: string;
  readonly credential_id: string;
  readonly impersonator_id: string | null;
  readonly ip: string;
}

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();
const run = (sql: string, ...values: unknown[]) => database.admin.query(sql, values);
const eventsOf = async (requestId: string): Promise<Event[]> =>
  (await run("select * from audit.events where action = 'api.request' and request_id = $1", requestId)).rows;
const eventOf = (requestId: string): Promise<Event> => eventually(async () => (await eventsOf(requestId))[0]);
/** A request with an id of its own, which its event is found by. */
const named = (headers: Record<string, string> = ada.headers) => {
  const id = randomUUID();
  return { id, headers: { ...headers, "X-Request-Id": id } };
};
const ask = (query: string, headers: Record<string, string>, more: object = {}) =>
  server.post("/graphql", { query, ...more }, headers);
/** Every event that was to be written by now is written. */
async function settled(): Promise<void> {
  const last = named();
  await server.get("/auth/session", last.headers);
  await eventOf(last.id);
}

describe("a request with a credential leaves one event", () => {
  test("of GraphQL: what was asked, how it went, and no word of who asked", async () => {
    const { id, headers } = named();
    const query =
      "query Everybody($name: String!) { me { id } who: roleByName(name: $name) { id } ...More } fragment More on Query { myTenant { slug } }";
    await ask(query, headers, { variables: { name: "admin" }, operationName: "Everybody" });
    const event = await eventOf(id);
    expect(event).toMatchObject({
      tenant_id: ada.login.tenant!.id,
      severity: "informational",
      actor_kind: "session",
      actor_id: ada.login.user.id,
      impersonator_id: null,
      ip: "127.0.0.1",
    });
    expect(event.detail).toEqual({
      method: "POST",
      route: "/graphql",
      status: 200,
      ms: expect.any(Number),
      operation: "query",
      name: "Everybody",
      fields: ["me", "roleByName", "myTenant"],
    });
    await settled();
    expect(await eventsOf(id)).toHaveLength(1);
  });

  test("of any other route: its pattern, and not what was put into it", async () => {
    const { id, headers } = named();
    await server.get(`/chat/${randomUUID()}/export?format=json&secret=s3cret`, headers);
    const { detail } = await eventOf(id);
    expect(detail).toEqual({
      method: "GET",
      route: "/chat/:id/export",
      status: 404,
      code: "not_found",
      ms: expect.any(Number),
    });
    const lost = named();
    await server.get("/no/such/s3cret", lost.headers);
    expect((await eventOf(lost.id)).detail).toMatchObject({ route: "other", status: 404 });
  });

  test("with what GraphQL refused, and a name that has an end", async () => {
    const { id, headers } = named();
    await ask(
      `mutation ${"A".repeat(100)} { deleteTenant(input: {slug: "x"}) { deletion { slug } } }`,
      headers,
    );
    const { detail } = await eventOf(id);
    expect(detail).toMatchObject({
      operation: "mutation",
      fields: ["deleteTenant"],
      code: expect.any(String),
    });
    expect(detail.name).toBe("A".repeat(64));
    const broken = named();
    await ask("{ noSuchField }", broken.headers);
    expect((await eventOf(broken.id)).detail).toEqual({
      method: "POST",
      route: "/graphql",
      status: 400,
      code: "INVALID_QUERY",
      ms: expect.any(Number),
    });
  });

  test("under the key, the guest or the visit that it came with", async () => {
    const tenantId = ada.login.tenant!.id;
    const { secret: key } = createApiKeys();
    const digest = sha256(key);
    const { rows: keys } = await run(
      `insert into auth.api_keys (tenant_id, user_id, name, digest, scopes)
       values ($1, $2, 'bot', sha256($3), '{chat}') returning id`,
      tenantId,
      ada.login.user.id,
      digest,
    );
    const byKey = named({ "X-API-Key": key });
    await ask("{ me { id } }", byKey.headers);
    expect(await eventOf(byKey.id)).toMatchObject({
      tenant_id: tenantId,
      actor_kind: "api_key",
      actor_id: ada.login.user.id,
      credential_id: keys[0].id,
    });

    const guestKey = await createGuestKey(database, tenantId);
    const guest = await openGuest(server, guestKey);
    const byGuest = named(guest.bearer);
    await ask("{ me { id } }", byGuest.headers);
    expect(await eventOf(byGuest.id)).toMatchObject({
      tenant_id: tenantId,
      actor_kind: "guest",
      actor_id: guest.body.user.id,
    });

    const credential = createSupportCredential();
    const { rows: accesses } = await run(
      "select access from auth.open_support('acme', $2, $1, 'Ticket 4711', 60, false, 'olga')",
      sha256(credential),
      ada.email,
    );
    const bySupport = named({ Authorization: `Bearer ${credential}` });
    await ask("{ me { id } }", bySupport.headers);
    expect(await eventOf(bySupport.id)).toMatchObject({
      tenant_id: tenantId,
      actor_kind: "support",
      actor_id: ada.login.user.id,
      credential_id: accesses[0].access,
      impersonator_id: accesses[0].access,
    });
  });

  test("also where the session signed out with it", async () => {
    const leaving = await signUp(server, { tenant: { name: "Leaving", slug: "leaving" } });
    const before = named(leaving.headers);
    await ask("{ me { id } }", before.headers);
    const out = named(leaving.headers);
    expect((await server.post("/auth/logout", {}, out.headers)).status).toBe(204);
    for (const { id } of [before, out]) {
      expect(await eventOf(id)).toMatchObject({
        tenant_id: leaving.login.tenant!.id,
        actor_kind: "session",
        actor_id: leaving.login.user.id,
      });
    }
    expect((await eventOf(out.id)).detail).toMatchObject({ route: "/auth/logout", status: 204 });
  });

  test("and none of who is in no company is another company's", async () => {
    const loner = await signUp(server);
    const { id, headers } = named(loner.headers);
    await server.get("/auth/session", headers);
    expect(await eventOf(id)).toMatchObject({
      tenant_id: "00000000-0000-0000-0000-000000000000",
      actor_id: loner.login.user.id,
    });
  });

  test("of a stream, when it ends", async () => {
    const begun = await ask(
      `mutation { createConversation(input: {conversation: {title: "x"}}) { conversation { id } } }`,
      ada.headers,
    );
    const { id: conversation } = begun.body.data.createConversation.conversation;
    const { id, headers } = named();
    const watching = subscribe(
      server.url,
      headers,
      `subscription Watch { conversation(id: "${conversation}") { title } }`,
    );
    await watching.after(0);
    await settled();
    expect(await eventsOf(id)).toEqual([]);
    watching.leave();
    expect((await eventOf(id)).detail).toMatchObject({
      operation: "subscription",
      name: "Watch",
      fields: ["conversation"],
      status: 200,
      left: true,
    });
  });
});

test("no answer waits for a trail that cannot be written, and nothing is forgotten meanwhile", async () => {
  await run("alter function auth.record_requests(bytea[], jsonb, bigint) rename to gone");
  const [success, failure] = [named(), named()];
  try {
    expect((await ask("{ me { id } }", success.headers)).status).toBe(200);
    expect((await ask("{ noSuchField }", failure.headers)).status).toBe(400);
    await eventually(() => server.log.some(({ msg }) => msg === "requests are not in the trail yet"));
  } finally {
    await run("alter function auth.gone(bytea[], jsonb, bigint) rename to record_requests");
  }
  await eventOf(success.id);
  await eventOf(failure.id);
});

describe("none is left", () => {
  test("by who is nobody, or asks for what is everybody's", async () => {
    const count = async () =>
      (await run("select count(*)::integer as count from audit.events where action = 'api.request'")).rows[0]
        .count;
    await settled();
    const before = await count();
    for (const path of [
      "/",
      "/healthz",
      "/readyz",
      "/metrics",
      "/errors",
      "/openapi.json",
      "/.well-known/jwks.json",
    ]) {
      await server.get(path, ada.headers);
    }
    await server.post("/graphql", { query: "{ me { id } }" });
    await server.post("/auth/login", { email: ada.email, password: "wrong wrong wrong" });
    await server.get("/auth/session", { Authorization: "Bearer nonsense" });
    await settled();
    // The one that waited for the others.
    expect(await count()).toBe(before + 1);
  });

  test("but the first in an hour, by who is kept out with a credential that is over; all are counted", async () => {
    const gone = await signUp(server, { tenant: { name: "Gone", slug: "gone" } });
    await run(
      "update auth.sessions set ended_at = now(), end_reason = 'logout' where user_id = $1",
      gone.login.user.id,
    );
    const first = named(gone.headers);
    expect((await ask("{ me { id } }", first.headers)).status).toBe(401);
    await eventOf(first.id);
    for (let turn = 0; turn < 5; turn += 1) await ask("{ me { id } }", gone.headers);
    await settled();
    const { rows: events } = await run(
      "select credential_id from audit.events where action = 'api.request' and actor_id = $1 and detail ->> 'status' = '401'",
      gone.login.user.id,
    );
    expect(events).toHaveLength(1);
    const { rows } = await run(
      "select count from audit.tallies where action = 'api.request' and subject = $1",
      `${events[0].credential_id} 401`,
    );
    expect(rows).toEqual([{ count: "6" }]);
  });

  test("where it succeeded and was nothing special, with AUDIT_API_ACCESS=notable", async () => {
    const notable = await startTestServer(database, { AUDIT_API_ACCESS: "notable" });
    try {
      const [daily, refused, privileged] = [named(), named(), named()];
      await notable.post("/graphql", { query: "{ me { id } }" }, daily.headers);
      await notable.post("/graphql", { query: "{ noSuchField }" }, refused.headers);
      await notable.post(
        "/graphql",
        { query: `mutation { createTeam(input: {team: {name: "Bolts"}}) { team { id } } }` },
        privileged.headers,
      );
      expect((await eventOf(refused.id)).detail).toMatchObject({ status: 400 });
      expect((await eventOf(privileged.id)).detail).toMatchObject({ status: 200, fields: ["createTeam"] });
      await notable.close();
      expect(await eventsOf(daily.id)).toEqual([]);
    } finally {
      await notable.close();
    }
  });
});

test("SIGTERM: every request that was answered has its event", async () => {
  const acme = await createTenant(database, { slug: "terminated" });
  const { secret: key } = createApiKeys();
  const digest = sha256(key);
  await run(
    "insert into auth.api_keys (tenant_id, user_id, name, digest, scopes) values ($1, $2, 'bot', sha256($3), '{chat}')",
    acme.tenantId,
    acme.owner.userId,
    digest,
  );
  const serving = await startServing(database, { PROCESSES: "1" });
  try {
    const answered: string[] = [];
    let going = true;
    const asking = Array.from({ length: 4 }, async () => {
      while (going) {
        const { id, headers } = named({ "X-API-Key": key });
        try {
          const { status } = await serving.post("/graphql", { query: "{ me { id } }" }, headers);
          if (status === 200) answered.push(id);
        } catch {
          return; // It listens no more.
        }
      }
    });
    await eventually(() => answered.length > 20);
    serving.command.child.kill("SIGTERM");
    expect(await serving.command.ended()).toBe(0);
    going = false;
    await Promise.all(asking);
    const { rows } = await run(
      "select request_id from audit.events where action = 'api.request' and tenant_id = $1 and detail ->> 'status' = '200'",
      acme.tenantId,
    );
    const recorded = rows.map(({ request_id }) => request_id);
    expect(recorded).toEqual(expect.arrayContaining(answered));
    expect(new Set(recorded).size).toBe(recorded.length);
  } finally {
    await serving.discard();
  }
});

describe("a process that tells", () => {
  interface Told {
    readonly requests: { request_id: string; times: number; status: number; seconds: number }[];
    readonly lost: number;
  }

  /** One that tells a database which does as it is told here. */
  function telling(which: "all" | "notable" = "all") {
    const told: Told[] = [];
    const lines: object[] = [];
    const sink = new Writable({
      write(line: Buffer, _encoding, done) {
        lines.push(JSON.parse(line.toString()));
        done();
      },
    });
    const behaviour = { away: false, awayAfter: Number.POSITIVE_INFINITY, refuses: null as string | null };
    const metrics = createMetrics();
    const query = async ({ values: [, requests, lost] }: { values: [Buffer[], string, number] }) => {
      if (behaviour.away || told.length >= behaviour.awayAfter)
        throw Object.assign(new Error("away"), { code: "ECONNREFUSED" });
      if (behaviour.refuses !== null && requests.includes(behaviour.refuses)) {
        throw Object.assign(new pg.DatabaseError("not this one", 0, "error"), { code: "22P02" });
      }
      told.push({ requests: JSON.parse(requests), lost });
      return { rows: [] };
    };
    const accesses = recordAccesses({ query } as unknown as Parameters<typeof recordAccesses>[0], {
      log: createLog({ logLevel: "error", logFormat: "json" }, sink),
      metrics,
      which,
    });
    const counted = async (outcome: string) =>
      (await metrics.accesses.get()).values.find(({ labels }) => labels.outcome === outcome)?.value ?? 0;
    const ids = () => told.flatMap(({ requests }) => requests.map(({ request_id }) => request_id));
    return { accesses, told, lines, ids, behaviour, counted, done: () => metrics.close() };
  }

  const credential = randomBytes(32);
  const access = (id: string, more: Partial<Access> = {}): Access => ({
    caller: { credential, facts: { ...facts, request_id: id, user_agent: null } },
    status: 200,
    notable: false,
    detail: {},
    ...more,
  });

  test("does so at once of what is notable, with what waits", async () => {
    const { accesses, ids } = telling();
    accesses.note(access("success"));
    await Promise.resolve();
    expect(ids()).toEqual([]);
    accesses.note(access("failure", { status: 404, notable: true }));
    await vi.waitFor(() => expect(ids()).toEqual(["failure", "success"]));
    await accesses.close();
  });

  test("tells the rest at the end, and with `notable` only what is", async () => {
    const { accesses, ids, told } = telling("notable");
    accesses.note(access("success"));
    accesses.note(access("privileged", { notable: true }));
    await accesses.close();
    expect(ids()).toEqual(["privileged"]);
    expect(told[0]!.requests[0]!.seconds).toBeGreaterThanOrEqual(0);
    const all = telling();
    all.accesses.note(access("success"));
    await all.accesses.close();
    expect(all.ids()).toEqual(["success"]);
  });

  test("keeps what a database that is away does not take, and tells it when it is back", async () => {
    const { accesses, behaviour, ids, counted } = telling();
    behaviour.away = true;
    accesses.note(access("one"));
    await accesses.flush();
    accesses.note(access("two", { status: 500, notable: true }));
    await accesses.flush();
    expect(ids()).toEqual([]);
    behaviour.away = false;
    await accesses.close();
    expect(ids().sort()).toEqual(["one", "two"]);
    expect([await counted("written"), await counted("lost")]).toEqual([2, 0]);
  });

  test("and no more than ten thousand: successes are lost first, and how many is told", async () => {
    const { accesses, behaviour, ids, told, counted } = telling();
    behaviour.away = true;
    for (let turn = 0; turn < 10_000; turn += 1) accesses.note(access(`success ${turn}`));
    accesses.note(access("one too many"));
    accesses.note(access("failure", { status: 500, notable: true }));
    await accesses.flush();
    expect(await counted("lost")).toBe(2);
    behaviour.away = false;
    await accesses.close();
    expect(ids()).toHaveLength(10_000);
    expect(ids()).toContain("failure");
    expect(ids()).not.toContain("one too many");
    expect(told.map(({ lost }) => lost).filter((lost) => lost > 0)).toEqual([2]);
  });

  test("does not have one that the database refuses keep the others from it", async () => {
    const { accesses, behaviour, ids, counted, told } = telling();
    behaviour.refuses = "bad";
    for (const id of ["one", "two", "bad", "three"]) accesses.note(access(id));
    await accesses.flush();
    expect(ids().sort()).toEqual(["one", "three", "two"]);
    expect(await counted("lost")).toBe(1);
    await accesses.close();
    expect(told.map(({ lost }) => lost).filter((lost) => lost > 0)).toEqual([1]);
  });

  test("tells nothing twice where the database goes away in the middle of that", async () => {
    const { accesses, behaviour, ids, counted } = telling();
    behaviour.refuses = "bad";
    behaviour.awayAfter = 1;
    for (const id of ["one", "two", "bad", "three"]) accesses.note(access(id));
    await accesses.flush();
    expect(ids()).toEqual(["one", "two"]);
    behaviour.awayAfter = Number.POSITIVE_INFINITY;
    await accesses.close();
    expect(ids()).toEqual(["one", "two", "three"]);
    expect([await counted("written"), await counted("lost")]).toEqual([3, 1]);
  });

  test("makes one line of all who are kept out alike", async () => {
    const { accesses, told } = telling();
    for (let turn = 0; turn < 1_000; turn += 1) {
      accesses.note(access(`${turn}`, { status: turn % 2 ? 401 : 429, notable: true }));
    }
    await accesses.close();
    const lines = told.flatMap(({ requests }) => requests);
    expect(lines.length).toBeLessThan(10);
    expect(lines.reduce((sum, { times }) => sum + times, 0)).toBe(1_000);
  });

  test("tells at once of the first who is kept out, and of those that follow once a second", async () => {
    const { accesses, told, ids } = telling();
    const kept = (id: string) => access(id, { status: 401, notable: true });
    accesses.note(kept("first"));
    await vi.waitFor(() => expect(ids()).toEqual(["first"]));
    for (let turn = 0; turn < 50; turn += 1) {
      accesses.note(kept(`later ${turn}`));
      await Promise.resolve();
    }
    expect(told).toHaveLength(1);
    await accesses.close();
    expect(told.flatMap(({ requests }) => requests).map(({ times }) => times)).toEqual([1, 50]);
  });

  test("says in the log what could not be told in the end, and ends", async () => {
    const { accesses, behaviour, counted, lines } = telling();
    behaviour.away = true;
    accesses.note(access("gone"));
    await accesses.close();
    expect(await counted("lost")).toBe(1);
    expect(lines).toEqual([
      expect.objectContaining({
        msg: "requests are missing from the trail",
        requests: 1,
        err: expect.objectContaining({ message: "away" }),
      }),
    ]);
  });
});

describe("in the database", () => {
  let tenant: Tenant;
  let other: Tenant;
  beforeAll(async () => {
    tenant = await createTenant(database);
    other = await createTenant(database);
  });

  const tell = (callers: readonly Pick<Caller, "credential">[], requests: object[], lost = 0) =>
    database.auth.query("select auth.record_requests($1, $2, $3)", [
      callers.map(({ credential }) => credential),
      JSON.stringify(requests),
      lost,
    ]);
  const line = (id: string, more: object = {}) => ({
    request_id: id,
    ip: "192.0.2.1",
    user_agent: null,
    seconds: 0,
    status: 200,
    times: 1,
    detail: {},
    ...more,
  });

  test("an event is of no other time than a moment ago, whatever a process says", async () => {
    const member = await createMember(database, { tenant, role: "member" });
    const ids = [randomUUID(), randomUUID()];
    await tell(
      [{ credential: member.digest }, { credential: member.digest }],
      [line(ids[0]!, { seconds: -3e9 }), line(ids[1]!, { seconds: 3e9 })],
    );
    const { rows } = await database.admin.query(
      `select at between now() - interval '1 day 1 minute' and now() + interval '1 minute' as recent
       from audit.events where request_id = any ($1)`,
      [ids],
    );
    expect(rows).toEqual([{ recent: true }, { recent: true }]);
  });

  test("an event is of the time when its request ended, and of the tenant of its credential, whatever is said", async () => {
    const member = await createMember(database, { tenant, role: "member" });
    const id = randomUUID();
    await tell(
      [{ credential: member.digest }],
      [
        line(id, {
          seconds: 90,
          tenant_id: other.tenantId,
          actor_id: other.owner.userId,
          action: "auth.login",
        }),
      ],
    );
    const [event] = await eventsOf(id);
    expect(event).toMatchObject({
      tenant_id: tenant.tenantId,
      actor_id: member.userId,
      actor_kind: "session",
    });
    const { rows } = await run(
      `select abs(extract(epoch from clock_timestamp() - at) - 90) < 60 as right_time,
         abs(extract(epoch from uuid_extract_timestamp(id) - at)) < 1 as ordered
       from audit.events where request_id = $1`,
      id,
    );
    expect(rows).toEqual([{ right_time: true, ordered: true }]);
  });

  test("a credential that nobody knows leaves none, and does not keep others from theirs", async () => {
    const member = await createMember(database, { tenant, role: "member" });
    const [unknown, known] = [randomUUID(), randomUUID()];
    await tell(
      [{ credential: randomBytes(32) }, { credential: member.digest }],
      [line(unknown), line(known)],
    );
    expect(await eventsOf(unknown)).toEqual([]);
    expect(await eventsOf(known)).toHaveLength(1);
  });

  test("what is missing is an event of the installation", async () => {
    await tell([], [], 17);
    const { rows } = await run(
      "select tenant_id, severity, detail, actor_kind from audit.events where action = 'api.requests_lost'",
    );
    expect(rows).toEqual([
      {
        tenant_id: "00000000-0000-0000-0000-000000000000",
        severity: "high",
        detail: { requests: 17 },
        actor_kind: "system",
      },
    ]);
  });

  test("nobody but the process that signs people in may tell, and it may write no event itself", async () => {
    const credential = sha256("x");
    for (const pool of [database.app, database.worker]) {
      await expect(pool.query("select auth.record_requests($1, '[]')", [[credential]])).rejects.toMatchObject(
        { code: "42501" },
      );
    }
    await expect(
      database.auth.query(
        "insert into audit.events (tenant_id, action, severity, actor_kind) values ($1, 'api.request', 'low', 'session')",
        [tenant.tenantId],
      ),
    ).rejects.toMatchObject({ code: "42501" });
  });
});

test("what counts as daily work is all in the API", async () => {
  const { body } = await ask("{ __schema { mutationType { fields { name } } } }", ada.headers);
  const mutations = body.data.__schema.mutationType.fields.map(({ name }: { name: string }) => name);
  expect(mutations).toEqual(expect.arrayContaining([...DAILY]));
});
