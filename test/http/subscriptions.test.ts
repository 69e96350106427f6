import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createApiKeys } from "../../src/auth/api_key.ts";
import { createMetrics } from "../../src/metrics.ts";
import { actors } from "../support/acting_as.ts";
import { type Headers, openBrowsers, openStream } from "../support/chatting.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { bring, readAll } from "../support/library.ts";
import { networkTo } from "../support/network.ts";
import { createMember, createTenant, type Member, type Tenant } from "../support/people.ts";
import { eventually, startTestServer, type TestServer } from "../support/server.ts";
import { subscribe, type Watching } from "../support/subscribing.ts";
import { addRows, type TenantMember } from "../support/tenants.ts";
import { turns } from "../support/turns.ts";

let database: TestDatabase;
let server: TestServer;
let headersOf: Awaited<ReturnType<typeof openBrowsers>>;
let tenant: Tenant;
let person: TenantMember;
let colleague: TenantMember;
const metrics = createMetrics();
const watching: Watching[] = [];

beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database, { SUBSCRIPTIONS_PER_CREDENTIAL: "3" }, metrics);
  headersOf = await openBrowsers(database, server.config.publicUrl);
});
beforeEach(async () => {
  for (const one of watching.splice(0)) one.leave();
  tenant = await createTenant(database);
  person = await addRows(database, await createMember(database, { tenant, role: "member" }));
  colleague = await addRows(database, await createMember(database, { tenant, role: "member" }));
});
afterAll(async () => {
  for (const one of watching) one.leave();
  await server.close();
  metrics.close();
  await database.drop();
});

const CONVERSATION = `subscription Conversation($id: ID!) {
  conversation(id: $id) { title status messages(first: 20) { nodes { role content status } } }
}`;
const DOCUMENT = "subscription Document($id: ID!) { document(id: $id) { title status progress version } }";

const act = (who: Pick<Member, "digest">, sql: string, ...values: unknown[]) =>
  actors(database.app)(who as Member).rows<{ id: string }>(sql, values);

function watch(headers: Headers, query: string, id: string): Watching {
  const one = subscribe(server.url, headers, query, { id });
  watching.push(one);
  return one;
}
const watchAs = async (who: Member, query: string, id: string) => watch(await headersOf(who), query, id);

/** A key of the person's own. */
async function key(): Promise<Headers> {
  const { secret } = createApiKeys();
  await database.admin.query(
    `insert into auth.api_keys (tenant_id, user_id, name, digest, scopes) values ($1, $2, 'Mine', sha256($3), '{chat}')`,
    [person.tenantId, person.userId, createHash("sha256").update(secret).digest()],
  );
  return { "X-API-Key": secret };
}

async function document(by: Member, visibility: "private" | "team" | "tenant", team?: string) {
  const [row] = await act(by, bring, "Lighthouse", "It goes on for ever.", visibility, team ?? null);
  return row!.id;
}

const nothing = { message: expect.any(String), extensions: { code: "NOT_FOUND" }, path: ["document"] };

/** Long enough for two looks, and for what they bring. */
const aWhile = () => new Promise((done) => setTimeout(done, 2_500));

describe("a subscription is told", () => {
  test("what is there, and then each new message", async () => {
    const one = await watchAs(person, CONVERSATION, person.conversationId);
    const title = `What ${person.name} asked`;
    expect(await one.after(0)).toMatchObject({ data: { conversation: { title } } });
    await act(
      person,
      "insert into app.messages (conversation_id, content) values ($1, 'And then?')",
      person.conversationId,
    );
    expect(await one.after(1)).toMatchObject({
      data: { conversation: { messages: { nodes: [{ content: title }, { content: "And then?" }] } } },
    });
  });

  test("that an answer is being written, and what it is", async () => {
    const one = await watchAs(person, CONVERSATION, person.conversationId);
    await one.after(0);
    const turn = turns(database);
    const begun = await turn.begin(person, { content: "How long?", conversation: person.conversationId });
    const last = async (count: number) => {
      const { data } = (await one.after(count)) as {
        data: { conversation: { messages: { nodes: object[] } } };
      };
      return data.conversation.messages.nodes.at(-1);
    };
    expect(await last(1)).toEqual({ role: "ASSISTANT", content: "", status: "STREAMING" });
    await turn.settle(begun, { content: "Four minutes." });
    expect(await last(2)).toEqual({ role: "ASSISTANT", content: "Four minutes.", status: "COMPLETE" });
  });

  test("an answer that comes after its turn was given up for lost", async () => {
    const turn = turns(database);
    const begun = await turn.begin(person, { content: "How long?", conversation: person.conversationId });
    const one = await watchAs(person, CONVERSATION, person.conversationId);
    await one.after(0);
    await database.admin.query("update auth.turns set lease_until = now() - interval '1 minute'");
    await database.worker.query("select jobs.sweep_holds()");
    expect(JSON.stringify(await one.after(1))).toContain('"FAILED"');
    await turn.settle(begun, { content: "Four minutes." });
    expect(JSON.stringify(await one.after(2))).toContain("Four minutes.");
  });

  test("that its conversation is renamed, archived, and gone", async () => {
    const one = await watchAs(person, CONVERSATION, person.conversationId);
    await one.after(0);
    await act(person, "update app.conversations set title = 'Tea' where id = $1", person.conversationId);
    expect(await one.after(1)).toMatchObject({ data: { conversation: { title: "Tea", status: "OPEN" } } });
    await act(
      person,
      "update app.conversations set status = 'archived' where id = $1",
      person.conversationId,
    );
    expect(await one.after(2)).toMatchObject({ data: { conversation: { status: "ARCHIVED" } } });
    await act(person, "delete from app.conversations where id = $1", person.conversationId);
    expect(await one.after(3)).toMatchObject({
      data: { conversation: null },
      errors: [{ extensions: { code: "NOT_FOUND" } }],
    });
  });

  test("how far a document is read", async () => {
    const id = await document(person, "private");
    const one = await watchAs(person, DOCUMENT, id);
    expect(await one.after(0)).toMatchObject({ data: { document: { status: "QUEUED", version: 1 } } });
    await readAll(database);
    const last = await eventually(() =>
      one.answers.find((answer) => JSON.stringify(answer).includes("READY")),
    );
    expect(last.data).toMatchObject({ document: { status: "READY", progress: 100 } });
  });

  test("nothing when what changed is not what it asks for", async () => {
    const one = await watchAs(
      person,
      "subscription ($id: ID!) { conversation(id: $id) { status } }",
      person.conversationId,
    );
    await one.after(0);
    await act(person, "update app.conversations set title = 'Tea' where id = $1", person.conversationId);
    await aWhile();
    expect(one.answers).toHaveLength(1);
  });

  test("through fragments, aliases, literals and presets as well", async () => {
    const id = person.conversationId;
    const headers = await headersOf(person);
    const spellings = [
      `subscription { mine: conversation(id: "${id}") { title } }`,
      `subscription ($id: ID! = "${id}") { ...on Subscription { mine: conversation(id: $id) { title } } }`,
      `subscription S { ...F } fragment F on Subscription { mine: conversation(id: "${id}") { title } }`,
    ];
    const all = spellings.map((query) => subscribe(server.url, headers, query));
    watching.push(...all);
    await Promise.all(all.map((one) => one.after(0)));
    await act(person, "update app.conversations set title = 'Tea' where id = $1", id);
    for (const one of all) expect(await one.after(1)).toEqual({ data: { mine: { title: "Tea" } } });
  });
});

describe("nobody learns more than by asking", () => {
  test.each([
    ["another company's", () => createTenant(database)],
    ["a colleague's", async () => ({ owner: colleague as Member })],
  ])("%s private document is not there, and nothing comes when it changes", async (_, found) => {
    const { owner } = await found();
    const id = await document(owner, "private");
    const one = await watchAs(person, DOCUMENT, id);
    expect(await one.after(0)).toEqual({
      data: { document: null },
      errors: [expect.objectContaining(nothing)],
    });
    await act(owner, "update app.documents set title = 'Beacon' where id = $1", id);
    await readAll(database);
    await aWhile();
    expect(one.answers).toHaveLength(1);
  });

  test("another company's conversation is not there, and nothing comes when something is said in it", async () => {
    const { owner } = await createTenant(database);
    const other = await addRows(database, owner);
    const one = await watchAs(person, CONVERSATION, other.conversationId);
    expect(await one.after(0)).toMatchObject({ data: { conversation: null } });
    await act(
      other,
      "insert into app.messages (conversation_id, content) values ($1, 'x')",
      other.conversationId,
    );
    await aWhile();
    expect(one.answers).toHaveLength(1);
  });

  test("a document that is narrowed while it is watched is gone, and what becomes of it is not told", async () => {
    const id = await document(tenant.owner, "tenant");
    const one = await watchAs(person, DOCUMENT, id);
    expect(await one.after(0)).toMatchObject({ data: { document: { title: "Lighthouse" } } });
    await database.admin.query("update app.documents set visibility = 'private' where id = $1", [id]);
    expect(await one.after(1)).toMatchObject({ data: { document: null }, errors: [nothing] });
    await act(tenant.owner, "update app.documents set title = 'Beacon' where id = $1", id);
    await aWhile();
    expect(one.answers).toHaveLength(2);
  });

  test("whoever leaves a team sees nothing of it any more, though nothing in it changed", async () => {
    const id = await document(colleague, "team", colleague.teamId);
    await act(colleague, "select app.share_conversation($1, $2)", colleague.conversationId, colleague.teamId);
    const file = await watchAs(person, DOCUMENT, id);
    const talk = await watchAs(person, CONVERSATION, colleague.conversationId);
    expect(await file.after(0)).toMatchObject({ data: { document: { title: "Lighthouse" } } });
    expect(await talk.after(0)).toMatchObject({ data: { conversation: { title: expect.any(String) } } });
    await database.admin.query("delete from app.team_members where id = $1", [person.teamMemberId]);
    expect(await file.after(1)).toMatchObject({ data: { document: null } });
    expect(await talk.after(1)).toMatchObject({ data: { conversation: null } });
    await act(
      colleague,
      "insert into app.messages (conversation_id, content) values ($1, 'Among ourselves')",
      colleague.conversationId,
    );
    await aWhile();
    expect([file.answers.length, talk.answers.length]).toEqual([2, 2]);
  });

  test("a role that loses the permission loses sight", async () => {
    const one = await watchAs(person, CONVERSATION, person.conversationId);
    await one.after(0);
    await database.admin.query(
      "update app.roles set permissions = array_remove(permissions, 'chat') where tenant_id = $1",
      [tenant.tenantId],
    );
    expect(await one.after(1)).toMatchObject({ data: { conversation: null } });
  });
});

const change = (sql: string) => () => database.admin.query(sql, [person.userId]);
const session = () => headersOf(person);

test.each<[string, () => Promise<Headers>, () => Promise<unknown>, string]>([
  ["a sign-out", session, async () => server.post("/auth/logout", {}, await session()), "SESSION_ENDED"],
  [
    "a revoked key",
    key,
    change("update auth.api_keys set revoked_at = now() where user_id = $1"),
    "API_KEY_REVOKED",
  ],
  [
    "an address that the key is kept from",
    key,
    change("update auth.api_keys set addresses = '{192.0.2.1}' where user_id = $1"),
    "API_KEY_ADDRESS_REFUSED",
  ],
  ["a ban", session, change("update app.users set status = 'banned' where id = $1"), "USER_BANNED"],
  [
    "a removed membership",
    session,
    change("update app.memberships set status = 'removed' where user_id = $1"),
    "MEMBERSHIP_REMOVED",
  ],
  [
    "a suspended company",
    session,
    () =>
      database.admin.query("update app.tenants set status = 'suspended' where id = $1", [tenant.tenantId]),
    "TENANT_SUSPENDED",
  ],
  [
    "the end of the session's time",
    session,
    change(
      "update auth.sessions set created_at = now() - interval '9 days', idle_expires_at = now() + interval '1 second' where user_id = $1",
    ),
    "CREDENTIAL_EXPIRED",
  ],
])(
  "%s ends a subscription within two seconds, with the code of the door",
  async (_, credential, end, code) => {
    const headers = await credential();
    const one = watch(headers, CONVERSATION, person.conversationId);
    await one.after(0);
    const began = performance.now();
    await end();
    expect(await one.ended()).toEqual([code]);
    const took = performance.now() - began;
    console.info(`${_}: ${Math.round(took)} ms`);
    const again = await server.post("/graphql", { query: "{ me { id } }" }, headers);
    expect([again.status, again.body.errors[0].extensions.code]).toEqual([401, code]);
  },
);

test("an access token that expires ends it too, with the code that it is refused with from then on", async () => {
  const headers = await headersOf(person);
  // The clock of the server goes on by 15 minutes, and not its timers.
  const one = watch(headers, CONVERSATION, person.conversationId);
  await one.after(0);
  const now = Date.now;
  Date.now = () => now() + 15 * 60_000;
  try {
    await new Promise((done) => setTimeout(done, 1_500));
  } finally {
    Date.now = now;
  }
  expect(await one.ended()).toEqual(["TOKEN_EXPIRED"]);
  expect(one.answers).toHaveLength(2);
});

describe("before it begins, a subscription is refused", () => {
  const raw = async (body: object, headers: Headers = {}) => {
    const answer = await server.post("/graphql", body, { ...(await session()), ...headers });
    return [answer.status, answer.body.errors?.[0].extensions.code];
  };
  const events = { Accept: "text/event-stream" };
  const asked = () => ({ query: CONVERSATION, variables: { id: person.conversationId } });

  test.each([
    ["without an Accept that names event streams", {}],
    ["where anything is accepted", { Accept: "*/*" }],
    ["where JSON is wanted", { Accept: "application/json" }],
    ["where event streams are named to be refused", { Accept: "application/json, text/event-stream;q=0" }],
  ])("%s: 406", async (_, headers) => {
    expect(await raw(asked(), headers as Headers)).toEqual([406, "EVENT_STREAM_REQUIRED"]);
  });

  test("by GET, as every operation is", async () => {
    const query = encodeURIComponent(`subscription { conversation(id: "${person.conversationId}") { id } }`);
    const answer = await server.get(`/graphql?query=${query}`, { ...(await session()), ...events });
    expect([answer.status, answer.body.errors[0].extensions.code]).toEqual([405, "METHOD_NOT_ALLOWED"]);
  });

  test("as a form, which a page elsewhere could send without being asked", async () => {
    const answer = await server.post("/graphql", "query=subscription", {
      ...(await session()),
      ...events,
      "Content-Type": "application/x-www-form-urlencoded",
    });
    expect(answer.status).toBe(415);
  });

  test("without a credential, or with one that is dead", async () => {
    const none = await server.post("/graphql", asked(), events);
    expect([none.status, none.body.errors[0].extensions.code]).toEqual([401, "CREDENTIAL_MISSING"]);
    const headers = await session();
    await server.post("/auth/logout", {}, headers);
    const dead = await server.post("/graphql", asked(), { ...headers, ...events });
    expect([dead.status, dead.body.errors[0].extensions.code]).toEqual([401, "SESSION_ENDED"]);
  });

  test.each([
    ["that does not parse", "subscription {", "INVALID_QUERY"],
    ["of a field that cannot be watched", "subscription { me { id } }", "INVALID_QUERY"],
    [
      "of two fields",
      `subscription ($id: ID!) { conversation(id: $id) { id } document(id: $id) { id } }`,
      "INVALID_QUERY",
    ],
    [
      "that is too costly",
      "subscription ($id: ID!) { conversation(id: $id) { messages(first: 100) { nodes { feedbackByMessageId: conversation { messages(first: 100) { nodes { id role content } } } } } } }",
      "TOO_COSTLY",
    ],
    [
      "that is too deep",
      `subscription ($id: ID!) { conversation(id: $id) { ${"messages(first: 1) { nodes { conversation { ".repeat(5)}id${" } } }".repeat(5)} } }`,
      "TOO_DEEP",
    ],
    [
      "whose page is too large",
      "subscription ($id: ID!) { conversation(id: $id) { messages(first: 101) { nodes { id } } } }",
      "PAGE_TOO_LARGE",
    ],
    [
      "whose fragments double at each step, and lead nowhere",
      `subscription { ...F0 } ${Array.from({ length: 60 }, (_, n) => `fragment F${n} on Subscription { ...F${(n + 1) % 60} ...F${(n + 1) % 60} }`).join(" ")}`,
      "INVALID_QUERY",
    ],
    [
      "with a fragment that leads in a circle",
      "subscription { ...A } fragment A on Subscription { ...A }",
      "INVALID_QUERY",
    ],
  ])("a document %s, in the stream, as the protocol wants it", async (_, query, code) => {
    const one = watch(await session(), query, person.conversationId);
    expect(new Set(await one.ended())).toEqual(new Set([code]));
    expect(one.answers).toHaveLength(1);
    expect(one.answers[0]).not.toHaveProperty("data");
  });

  test("an id that is none is answered as by the query, and stays so", async () => {
    const one = watch(await session(), CONVERSATION, "x");
    const byQuery = await server.post(
      "/graphql",
      { query: CONVERSATION.replace("subscription", "query"), variables: { id: "x" } },
      await session(),
    );
    expect(await one.after(0)).toEqual(byQuery.body);
  });

  test("when too many are open with the credential; one that is closed makes room", async () => {
    const headers = await session();
    const open = [1, 2, 3].map(() => watch(headers, CONVERSATION, person.conversationId));
    await Promise.all(open.map((one) => one.after(0)));
    const refused = await server.post("/graphql", asked(), { ...headers, ...events });
    expect([
      refused.status,
      refused.body.errors[0].extensions.code,
      refused.headers.get("Retry-After"),
    ]).toEqual([429, "TOO_MANY_SUBSCRIPTIONS", "10"]);
    open[0]!.leave();
    const next = await eventually(async () => {
      const one = watch(headers, CONVERSATION, person.conversationId);
      return (await one.after(0).catch(() => null)) && one;
    });
    expect(next.answers).toHaveLength(1);
  });

  test("a query is no stream, and a mutation neither", async () => {
    for (const query of [
      "{ me { id } }",
      "mutation { revokeOtherSessions(input: {}) { clientMutationId } }",
    ]) {
      expect(await raw({ query }, events)).toEqual([406, "NOT_ACCEPTABLE"]);
    }
  });
});

test("an Idempotency-Key means nothing to it, as to a query", async () => {
  const headers = { ...(await session()), "Idempotency-Key": "once" };
  const both = [1, 2].map(() => watch(headers, CONVERSATION, person.conversationId));
  for (const one of both) expect(await one.after(0)).toMatchObject({ data: { conversation: {} } });
});

const openNow = async (): Promise<number> =>
  Number(/^rowhouse_subscriptions (\d+)$/m.exec(await metrics.page())![1]);

test("a client that goes away leaves nothing open", async () => {
  await eventually(async () => (await openNow()) === 0);
  const one = watch(await session(), CONVERSATION, person.conversationId);
  await one.after(0);
  expect(await openNow()).toBe(1);
  one.leave();
  await eventually(async () => (await openNow()) === 0);
});

test("on the wire it is an event stream that no proxy keeps, and that says at once that it is there", async () => {
  const stream = await openStream(`${server.url}/graphql`, {
    method: "POST",
    headers: { ...(await session()), "Content-Type": "application/json", Accept: "text/event-stream" },
    body: JSON.stringify({ query: CONVERSATION, variables: { id: person.conversationId } }),
  });
  await stream.says("event: next\ndata: {");
  expect(stream.status).toBe(200);
  expect(Object.fromEntries(stream.headers)).toMatchObject({
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  await server.post("/auth/logout", {}, await session());
  expect(await stream.ended()).toMatch(/SESSION_ENDED.*\n\nevent: complete\ndata: \n\n$/s);
});

test("a server that leaves completes what is open, and does not wait for its clients", async () => {
  const leaving = await startTestServer(database);
  const one = subscribe(leaving.url, await session(), CONVERSATION, { id: person.conversationId });
  await one.after(0);
  const began = performance.now();
  await leaving.close();
  expect(performance.now() - began).toBeLessThan(5_000);
  expect(await one.ended()).toEqual([]);
});

test("a database that is away for a while ends nothing, and what changed meanwhile is told", async () => {
  const network = await networkTo(database.adminUrl);
  const { app, auth, worker } = database.connections;
  const behind = await startTestServer({
    connections: { app: network.through(app), auth: network.through(auth), worker },
  });
  const one = subscribe(behind.url, await session(), CONVERSATION, { id: person.conversationId });
  try {
    await one.after(0);
    await network.cut();
    await act(person, "update app.conversations set title = 'Tea' where id = $1", person.conversationId);
    await eventually(() => behind.log.some(({ msg }) => msg === "subscriptions could not be watched"));
    expect(one.answers).toHaveLength(1);
    await network.mend();
    expect(await one.after(1)).toMatchObject({ data: { conversation: { title: "Tea" } } });
  } finally {
    one.leave();
    await behind.close();
    await network.close();
  }
});

test("the log has one line of it, when it is over", async () => {
  const one = watch(
    { ...(await session()), "X-Request-Id": "a-subscription" },
    CONVERSATION,
    person.conversationId,
  );
  await one.after(0);
  await server.post("/auth/logout", {}, await session());
  await one.ended();
  const lines = await eventually(() => {
    const found = server.log.filter(({ requestId }) => requestId === "a-subscription");
    return found.length > 0 && found;
  });
  expect(lines).toMatchObject([{ status: 200, path: "/graphql", code: "SESSION_ENDED" }]);
});
