import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let api: GraphQLHouse;
let conversationId: string;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  api = await startGraphQL(database);
  const begun = await api.ask(
    acme.member,
    `mutation { createConversation(input: {conversation: {title: "Thrust"}}) { conversation { id } } }`,
  );
  conversationId = begun.data.createConversation.conversation.id;
  await api.ask(
    acme.member,
    `mutation ($id: ID!) { updateConversation(input: {id: $id, patch: {status: ARCHIVED}}) { conversation { id } } }`,
    { id: conversationId },
  );
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

interface Event {
  readonly id: string;
  readonly at: string;
  readonly action: string;
  readonly tableName: string | null;
  readonly rowId: string | null;
  readonly actorId: string | null;
  readonly actorKind: string;
  readonly requestId: string | null;
  readonly actor: { readonly displayName: string } | null;
}

async function trail(filter: string): Promise<Event[]> {
  const { data, errors } = await api.ask(
    acme.owner,
    `{ auditEvents(first: 100, filter: {${filter}}) { nodes {
       id at action tableName rowId actorId actorKind requestId actor { displayName } } } }`,
  );
  expect(errors).toEqual([]);
  return data.auditEvents.nodes;
}

describe("whoever may view the trail finds an event", () => {
  test("by what was done", async () => {
    const events = await trail(`action: {equalTo: "update"}`);
    expect(events.map(({ action }) => action)).toContain("update");
    expect(new Set(events.map(({ action }) => action))).toEqual(new Set(["update"]));
  });

  test("by the record: its table and its key", async () => {
    const events = await trail(`record: {table: "app.conversations", id: "${conversationId}"}`);
    expect(events.map(({ action }) => action)).toEqual(["insert", "update"]);
    expect(events[0]).toMatchObject({ tableName: "app.conversations", rowId: conversationId });
    expect(await trail(`record: {table: "app.messages", id: "${conversationId}"}`)).toEqual([]);
  });

  test("by who acted, and reads their name as colleagues see it", async () => {
    const events = await trail(`actorId: {equalTo: "${acme.member.userId}"}`);
    expect(events.length).toBeGreaterThan(1);
    for (const event of events) expect(event.actor).toEqual({ displayName: acme.member.name });
  });

  test("by how they came in; the system is nobody", async () => {
    const events = await trail("actorKind: {equalTo: SYSTEM}");
    expect(events.length).toBeGreaterThan(0);
    for (const { actor, actorId } of events) expect([actor, actorId]).toEqual([null, null]);
  });

  test("by the request that it was part of", async () => {
    const [event] = await trail(`record: {table: "app.conversations", id: "${conversationId}"}`);
    const events = await trail(`requestId: {equalTo: "${event!.requestId}"}`);
    expect(events.map(({ id }) => id)).toContain(event!.id);
    expect(await trail(`requestId: {equalTo: "of nobody"}`)).toEqual([]);
  });

  test("by when it was", async () => {
    const [first, second] = await trail(`record: {table: "app.conversations", id: "${conversationId}"}`);
    const between = await trail(
      `record: {table: "app.conversations", id: "${conversationId}"}, at: {greaterThan: "${first!.at}", lessThanOrEqualTo: "${second!.at}"}`,
    );
    expect(between.map(({ action }) => action)).toEqual(["update"]);
  });

  test("and of the tenant next door none, whatever is asked for", async () => {
    expect(await trail(`actorId: {equalTo: "${globex.member.userId}"}`)).toEqual([]);
    expect(
      await trail(`record: {table: "app.conversations", id: "${globex.member.conversationId}"}`),
    ).toEqual([]);
  });
});

/** The blocks of a language in the page about the trail, with somebody's id where it leaves one out. */
const examples = (language: string): string[] =>
  [
    ...readFileSync("docs/audit-trail.md", "utf8").matchAll(
      new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"),
    ),
  ].map(([, block]) => block!.replaceAll("…", acme.member.userId));

test("what the page about the trail shows can be asked", async () => {
  const [reads, requests, query, catalogue] = examples("graphql");
  for (const one of [reads, requests, catalogue]) expect((await api.ask(acme.owner, one!)).codes).toEqual([]);
  const { codes, data } = await api.ask(acme.owner, query!);
  expect(codes).toEqual([]);
  expect(data.byActor.nodes.length).toBeGreaterThan(1);
  const client = await database.admin.connect();
  try {
    await client.query("begin");
    await client.query("set local role rowhouse_auditor");
    const [sql] = examples("sql");
    const { rows } = await client.query(sql!);
    expect(rows).toContainEqual(expect.objectContaining({ actor: acme.member.name, action: "insert" }));
  } finally {
    await client.query("rollback");
    client.release();
  }
});

test("rowhouse_auditor says whom the trail means: name and address, nothing else", async () => {
  const client = await database.admin.connect();
  try {
    await client.query("begin");
    await client.query("set local role rowhouse_auditor");
    const { rows } = await client.query(
      `select distinct person.name, person.email from audit.events
       join app.users as person on person.id = actor_id where table_name = 'app.conversations' and row_id = $1`,
      [conversationId],
    );
    expect(rows).toEqual([{ name: acme.member.name, email: acme.member.email }]);
    for (const refused of [
      "select locale from app.users",
      "select from app.conversations",
      "select from app.memberships",
    ]) {
      await client.query("savepoint before");
      await expect(client.query(refused), refused).rejects.toMatchObject({ code: "42501" });
      await client.query("rollback to savepoint before");
    }
  } finally {
    await client.query("rollback");
    client.release();
  }
});
