import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isScan, rowsReadBy } from "../../src/development/query_plans.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { planOf } from "../support/plans.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

// How many rows a list has, counted to ten thousand: what the numbers are, whose rows are in them, and what counting reads.

const BOUND = 10_000;

let database: TestDatabase;
let api: GraphQLHouse;
let acme: TenantFixture;
let globex: TenantFixture;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  api = await startGraphQL(database);
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

/** Rows that matter, not how they came: triggers are off. */
async function insert(statement: string, values: unknown[]): Promise<void> {
  const client = await database.admin.connect();
  try {
    await client.query("set session_replication_role = replica");
    await client.query(statement, values);
  } finally {
    client.release(true);
  }
}

const addMessages = ({ tenantId }: TenantFixture, person: TenantFixture["member"], rows: number) =>
  insert(
    `insert into app.messages (tenant_id, user_id, conversation_id, content)
     select $1, $2, $3, n from generate_series(1, $4) as n`,
    [tenantId, person.userId, person.conversationId, rows],
  );
const addConversations = ({ tenantId }: TenantFixture, person: TenantFixture["member"], rows: number) =>
  insert(
    "insert into app.conversations (tenant_id, user_id, title) select $1, $2, n from generate_series(1, $3) as n",
    [tenantId, person.userId, rows],
  );

const counts = "totalCount totalCountIsExact";
const exactly = (rows: number) => ({ totalCount: rows, totalCountIsExact: true });
const moreThan = (rows: number) => ({ totalCount: rows, totalCountIsExact: false });

async function ask(person: { digest: Buffer }, query: string) {
  const { data, errors } = await api.ask(person, query);
  expect(errors).toEqual([]);
  return data;
}
const messagesOf = async (person: TenantFixture["member"], given = "first: 1") =>
  (await ask(person, `{ conversation(id: "${person.conversationId}") { messages(${given}) { ${counts} } } }`))
    .conversation.messages;

describe("a list", () => {
  test("is counted exactly below the bound and at it, and not beyond", async () => {
    expect(await messagesOf(acme.member)).toEqual(exactly(1));
    await addMessages(acme, acme.member, BOUND - 2);
    expect(await messagesOf(acme.member)).toEqual(exactly(BOUND - 1));
    await addMessages(acme, acme.member, 1);
    expect(await messagesOf(acme.member)).toEqual(exactly(BOUND));
    await addMessages(acme, acme.member, 1);
    expect(await messagesOf(acme.member)).toEqual(moreThan(BOUND));
    await addMessages(acme, acme.member, 20_000);
    expect(await messagesOf(acme.member)).toEqual(moreThan(BOUND));
  });

  test("is counted whole, whatever the page and its order", async () => {
    await addMessages(acme, acme.colleague, 30);
    const whole = exactly(31);
    for (const given of ["first: 0", "last: 2", "first: 100, orderBy: ID_DESC"]) {
      expect(await messagesOf(acme.colleague, given)).toEqual(whole);
    }
    const { conversation } = await ask(
      acme.colleague,
      `{ conversation(id: "${acme.colleague.conversationId}") { messages(first: 10) { pageInfo { endCursor } } } }`,
    );
    const { endCursor } = conversation.messages.pageInfo;
    expect(await messagesOf(acme.colleague, `first: 10, after: "${endCursor}"`)).toEqual(whole);
  });

  test("of nothing has none", async () => {
    const none = `requestId: {equalTo: "no such request"}`;
    const { auditEvents } = await ask(acme.owner, `{ auditEvents(filter: {${none}}) { ${counts} } }`);
    expect(auditEvents).toEqual(exactly(0));
  });
});

describe("rows are counted for whom they are there", () => {
  beforeAll(async () => {
    await addConversations(acme, acme.member, 5);
    await addConversations(acme, acme.colleague, 7);
    await addConversations(globex, globex.member, 40);
  });

  test("a member's own, an administrator's everybody's, and nobody's of another tenant", async () => {
    const conversations = `{ conversations { ${counts} } myConversations { ${counts} } }`;
    expect(await ask(acme.member, conversations)).toEqual({
      conversations: exactly(6),
      myConversations: exactly(6),
    });
    expect(await ask(acme.admin, conversations)).toEqual({
      conversations: exactly(5 + 5 + 7),
      myConversations: exactly(1),
    });
    expect(await ask(globex.admin, conversations)).toEqual({
      conversations: exactly(5 + 40),
      myConversations: exactly(1),
    });
  });

  test("a filter that names somebody in another tenant counts nothing", async () => {
    const of = (userId: string) =>
      `{ conversations(filter: {userId: {equalTo: "${userId}"}}) { ${counts} } }`;
    expect(await ask(acme.admin, of(acme.colleague.userId))).toEqual({ conversations: exactly(8) });
    expect(await ask(acme.admin, of(globex.member.userId))).toEqual({ conversations: exactly(0) });
    expect(await ask(acme.member, of(acme.colleague.userId))).toEqual({ conversations: exactly(0) });
  });

  test("without view_audit the trail counts nothing", async () => {
    const trail = `{ auditEvents { ${counts} } }`;
    expect((await ask(acme.owner, trail)).auditEvents.totalCount).toBeGreaterThan(0);
    expect(await ask(acme.member, trail)).toEqual({ auditEvents: exactly(0) });
  });

  test("each row of a page has its own count", async () => {
    const roles = `{ roles(orderBy: NAME_ASC) { ${counts} nodes { name memberships(first: 1) { ${counts} } } } }`;
    expect(await ask(acme.member, roles)).toEqual({
      roles: {
        ...exactly(5),
        nodes: [
          { name: "admin", memberships: exactly(2) },
          { name: "guest", memberships: exactly(0) },
          { name: "helper", memberships: exactly(0) },
          { name: "member", memberships: exactly(2) },
          { name: "viewer", memberships: exactly(1) },
        ],
      },
    });
  });
});

describe("counting", () => {
  const nested = `{ conversations(first: 20) { nodes { id messages(first: 1) { ${counts} nodes { id } } } } }`;

  test("the lists within a page takes no statement of its own", async () => {
    api.statements.length = 0;
    await ask(acme.admin, nested);
    expect(api.statements.filter(({ text }) => text.includes('"app"'))).toHaveLength(1);
  });

  test("stops behind the bound, off an index", async () => {
    await addMessages(acme, acme.member, BOUND * 2);
    for (const query of [
      nested,
      `{ conversation(id: "${acme.member.conversationId}") { messages { ${counts} } } }`,
    ]) {
      for (const person of [acme.admin, acme.member]) {
        api.statements.length = 0;
        await ask(person, query);
        const plans = await Promise.all(
          api.statements.map((statement) => planOf(database, person, statement)),
        );
        const scans = plans.flat().filter((node) => isScan(node) && node["Relation Name"] === "messages");
        expect(scans.map(({ "Node Type": type }) => type).filter((type) => !/^Index/.test(type))).toEqual([]);
        // The long conversation's, and a few of each of the others.
        expect(Math.max(...scans.map(rowsReadBy))).toBeLessThanOrEqual(BOUND + 100);
      }
    }
  });

  test("costs a hundred fields, so that a request counts so many lists and no more", async () => {
    const page = (rows: number) =>
      `{ conversations(first: ${rows}) { nodes { messages(first: 1) { ${counts} } } } }`;
    expect((await api.ask(acme.admin, page(100))).codes).toEqual([]);
    const twice = `{ conversations(first: 100) { nodes { a: messages(first: 1) { ${counts} } b: messages(last: 1) { ${counts} } } } }`;
    const { status, codes } = await api.ask(acme.admin, twice);
    expect([status, codes]).toEqual([400, ["TOO_COSTLY"]]);
  });
});
