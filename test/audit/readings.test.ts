import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { nothingHanded } from "../../src/audit/handed.ts";
import { openReadings } from "../../src/audit/readings.ts";
import type { Caller } from "../../src/database/caller.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { createMember, facts } from "../support/people.ts";
import { enterForSupport } from "../support/support.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";
import { turns } from "../support/turns.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let api: GraphQLHouse;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  api = await startGraphQL(database);
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

let since: string;
beforeEach(async () => {
  since = (await database.admin.query("select clock_timestamp()::text as now")).rows[0].now;
});

interface Read {
  readonly action: string;
  readonly table_name: string | null;
  readonly row_id: string | null;
  readonly detail: Record<string, unknown>;
  readonly actor_kind: string;
  readonly actor_id: string;
  readonly credential_id: string;
  readonly impersonator_id: string | null;
  readonly tenant_id: string;
  readonly request_id: string;
  readonly ip: string;
}

/** What the trail says that was read since the test began, the oldest first. */
const reads = async (): Promise<Read[]> =>
  (
    await database.admin.query<Read>(
      "select * from audit.events where action in ('read', 'audit.read') and at > $1 order by at, id",
      [since],
    )
  ).rows;

const messagesOf = (person: { conversationId: string }) =>
  `{ conversation(id: "${person.conversationId}") { id messages(first: 5) { nodes { content } } } }`;

/** A key of the owner's that may do this. */
async function keyOf(owner: { tenantId: string; userId: string }, scopes: string) {
  const digest = randomBytes(32);
  const { rows } = await database.admin.query<{ id: string }>(
    `insert into auth.api_keys (tenant_id, user_id, name, digest, scopes)
     values ($1, $2, 'For a program', sha256($3), $4) returning id`,
    [owner.tenantId, owner.userId, digest, scopes],
  );
  return { digest, credentialId: rows[0]!.id };
}

describe("whoever reads what is another's, by a right, is in the trail", () => {
  test("with the conversation, the right, how many messages, and how they came in", async () => {
    const { data } = await api.ask(acme.admin, messagesOf(acme.member));
    expect(data.conversation.messages.nodes).toHaveLength(1);
    expect(await reads()).toMatchObject([
      {
        action: "read",
        table_name: "app.conversations",
        row_id: acme.member.conversationId,
        detail: { right: "view_all_chats", messages: 1 },
        tenant_id: acme.tenantId,
        actor_kind: "session",
        actor_id: acme.admin.userId,
        credential_id: acme.admin.sessionId,
        request_id: facts.request_id,
        ip: facts.ip,
      },
    ]);
  });

  test("by its title alone, under another name, and below something else", async () => {
    await api.ask(acme.admin, `{ conversation(id: "${acme.member.conversationId}") { called: title } }`);
    await api.ask(
      acme.admin,
      `query { message(id: "${acme.colleague.messageId}") { ...Around } } fragment Around on Message { conversation { title } }`,
    );
    expect((await reads()).map(({ row_id, detail }) => [row_id, detail.messages])).toEqual([
      [acme.member.conversationId, 0],
      [acme.colleague.conversationId, 0],
    ]);
  });

  test("for each conversation that a page shows, and for none that it does not", async () => {
    const page = `{ conversations(first: 2, orderBy: ID_ASC) { totalCount nodes { id title } } }`;
    const { data } = await api.ask(acme.admin, page);
    const shown = data.conversations.nodes.map(({ id }: { id: string }) => id);
    expect(data.conversations.totalCount).toBeGreaterThan(2);
    const theirs = shown.filter((id: string) => id !== acme.admin.conversationId);
    expect((await reads()).map(({ row_id }) => row_id).sort()).toEqual(theirs.sort());
  });

  test("also of what somebody thought of an answer", async () => {
    await database.admin.query("update app.message_feedback set comment = 'Not a word of it' where id = $1", [
      acme.member.feedbackId,
    ]);
    const ofMessage = ({ messageId }: { messageId: string }) =>
      `message(id: "${messageId}") { feedback(first: 5) { nodes { rating comment } } }`;
    const { data } = await api.ask(
      acme.admin,
      `{ ${ofMessage(acme.member)} other: ${ofMessage(acme.colleague)} mine: ${ofMessage(acme.admin)} }`,
    );
    expect(data.message.feedback.nodes).toEqual([{ rating: "UP", comment: "Not a word of it" }]);
    expect(data.other.feedback.nodes).toHaveLength(1);
    // Of the others there is a thumb, and no word.
    expect(await reads()).toMatchObject([
      {
        table_name: "app.message_feedback",
        row_id: acme.member.feedbackId,
        detail: { right: "view_all_chats" },
      },
    ]);
  });

  test("with an API key, as the key", async () => {
    const key = await keyOf(acme.owner, "{chat,view_all_chats}");
    await api.ask(key, messagesOf(acme.member));
    await api.ask(key, messagesOf(acme.owner));
    expect(await reads()).toMatchObject([
      {
        row_id: acme.member.conversationId,
        actor_kind: "api_key",
        actor_id: acme.owner.userId,
        credential_id: key.credentialId,
      },
    ]);
  });

  test("and one query tells what somebody read, another who read a conversation", async () => {
    await api.ask(acme.admin, messagesOf(acme.member));
    const { data, errors } = await api.ask(
      acme.owner,
      `{
         byReader: auditEvents(filter: {actorId: {equalTo: "${acme.admin.userId}"}, action: {equalTo: "read"}}, first: 100) { nodes { rowId } }
         ofRecord: auditEvents(filter: {record: {table: "app.conversations", id: "${acme.member.conversationId}"}}, first: 100) { nodes { action actor { displayName } } }
       }`,
    );
    expect(errors).toEqual([]);
    expect(data.byReader.nodes).toContainEqual({ rowId: acme.member.conversationId });
    expect(data.ofRecord.nodes).toContainEqual({
      action: "read",
      actor: { displayName: acme.admin.name },
    });
  });
});

test("what the company asks again and again is somebody's words: who read them is in the trail", async () => {
  const turn = turns(database);
  for (let n = 0; n < 2; n++)
    await turn.settle(await turn.begin(acme.member, { content: "How long does tea brew?" }));
  const asked = (fields: string) => api.ask(acme.admin, `{ frequentQuestions(wanted: 5) { ${fields} } }`);
  const { length } = (await asked("times people")).data.frequentQuestions;
  expect(length).toBeGreaterThan(0);
  expect((await asked("question")).data.frequentQuestions).toHaveLength(length);
  const { rows } = await database.admin.query(
    "select actor_id, detail from audit.events where action = 'chat.questions_read'",
  );
  expect(rows).toEqual([{ actor_id: acme.admin.userId, detail: { questions: length } }]);
});

describe("nobody is written down", () => {
  test("for what is their own, from the first request on", async () => {
    const newcomer = await createMember(database, { tenant: acme, role: "admin" });
    const begun = await api.ask(
      newcomer,
      `mutation { createConversation(input: {conversation: {title: "Mine"}}) { conversation { id title } } }`,
    );
    await api.ask(
      newcomer,
      `{ conversation(id: "${begun.data.createConversation.conversation.id}") { title } }`,
    );
    await api.ask(acme.member, messagesOf(acme.member));
    await api.ask(
      acme.member,
      `{ myConversations(first: 10) { nodes { title messages(first: 1) { nodes { content } } } } }`,
    );
    expect(await reads()).toEqual([]);
  });

  test("for what is their team's; whoever is not in it is, with the right", async () => {
    const team = acme.member.teamId;
    const begun = await api.ask(
      acme.member,
      `mutation { createConversation(input: {conversation: {title: "Ours", teamId: "${team}"}}) { conversation { id } } }`,
    );
    const { id } = begun.data.createConversation.conversation;
    const outsider = await createMember(database, { tenant: acme, role: "admin" });
    const asked = `{ conversation(id: "${id}") { title } }`;
    expect((await api.ask(acme.colleague, asked)).data.conversation.title).toBe("Ours");
    expect(await reads()).toEqual([]);
    expect((await api.ask(outsider, asked)).data.conversation.title).toBe("Ours");
    expect(await reads()).toMatchObject([{ row_id: id, actor_id: outsider.userId }]);
  });

  test("for what they did not get: rows of others without the right, of another company, or without words", async () => {
    expect((await api.ask(acme.colleague, messagesOf(acme.member))).codes).toEqual(["NOT_FOUND"]);
    expect((await api.ask(globex.admin, messagesOf(acme.member))).codes).toEqual(["NOT_FOUND"]);
    await api.ask(acme.admin, `{ conversations(first: 20) { totalCount nodes { id status createdAt } } }`);
    expect(await reads()).toEqual([]);
  });
});

describe("the trail and the operator", () => {
  test("whoever reads the trail is in it, once for a request, with how much", async () => {
    await api.ask(
      acme.owner,
      `{ auditEvents(first: 3) { nodes { action } } again: auditEvents(first: 2) { nodes { at } } }`,
    );
    expect(await reads()).toMatchObject([
      { action: "audit.read", table_name: null, detail: { events: 3 }, actor_id: acme.owner.userId },
    ]);
  });

  test("support has nothing of its own: as a member it reads what is another's", async () => {
    await database.admin.query("update app.tenants set support_access = 'read' where id = $1", [
      acme.tenantId,
    ]);
    const support = await enterForSupport(database, "acme", { as: acme.member.email });
    await api.ask(support, messagesOf(acme.member));
    await api.ask(support, messagesOf(acme.member));
    const event = {
      row_id: acme.member.conversationId,
      detail: { right: "support", messages: 1 },
      actor_kind: "support",
      actor_id: acme.member.userId,
      impersonator_id: support.accessId,
    };
    expect(await reads()).toMatchObject([event, event]);
    // In its own name, too, all that it asks for is written down, by the names of the API.
    const visit = await enterForSupport(database, "acme");
    await api.ask(
      visit,
      `{ people: memberships(first: 1) { nodes { id } } ...More } fragment More on Query { roles(first: 1) { nodes { id } } }`,
    );
    const { rows } = await database.admin.query(
      "select detail from audit.events where action = 'support.read' and credential_id = $1",
      [visit.accessId],
    );
    expect(rows).toEqual([{ detail: { asked: ["memberships", "roles"] } }]);
  });

  test("whoever holds view_audit alone finds no word of a chat in any row", async () => {
    await database.admin.query(
      "insert into app.roles (tenant_id, name, permissions) values ($1, 'auditing', '{view_audit}')",
      [acme.tenantId],
    );
    const auditor = await createMember(database, { tenant: acme, role: "auditing" });
    const words = `the quick ${randomBytes(8).toString("hex")}`;
    const begun = await api.ask(
      acme.member,
      `mutation { createConversation(input: {conversation: {title: "${words}"}}) { conversation { id } } }`,
    );
    const { id } = begun.data.createConversation.conversation;
    await api.ask(
      acme.member,
      `mutation { createMessage(input: {message: {conversationId: "${id}", content: "${words}"}}) { message { id } } }`,
    );
    await api.ask(
      acme.admin,
      `{ conversation(id: "${id}") { title messages(first: 5) { nodes { content } } } }`,
    );
    const { text } = await api.ask(
      auditor,
      `{ auditEvents(first: 100, filter: {record: {table: "app.conversations", id: "${id}"}}) {
           nodes { action tableName rowKey rowId oldRow newRow detail } } }`,
    );
    expect(text).toContain(`"read"`);
    const whole = await api.ask(
      auditor,
      `{ auditEvents(first: 100, orderBy: AT_DESC) { nodes { action tableName rowKey rowId oldRow newRow detail userAgent } } }`,
    );
    expect(text + whole.text).not.toContain(words);
  });
});

describe("the answer waits for the trail", () => {
  test("and is not given where the trail cannot be written", async () => {
    await database.admin.query("alter function auth.record_reading(bytea, jsonb, jsonb) rename to gone");
    try {
      const { data, text, codes } = await api.ask(acme.admin, messagesOf(acme.member));
      expect(data ?? null).toBeNull();
      expect(codes).toEqual(["INTERNAL_ERROR"]);
      expect(text).not.toContain(acme.member.name);
      // What is one's own goes on.
      expect((await api.ask(acme.member, messagesOf(acme.member))).errors).toEqual([]);
    } finally {
      await database.admin.query("alter function auth.gone(bytea, jsonb, jsonb) rename to record_reading");
    }
  });

  test("which takes many at once, and what one of them lacks is nothing to the others", async () => {
    const statements: unknown[] = [];
    const readings = openReadings({
      query: ((statement: never) => {
        statements.push(statement);
        return database.auth.query(statement);
      }) as typeof database.auth.query,
    });
    const callerOf = (digest: Buffer): Caller => ({
      credential: digest,
      facts: { ...facts, user_agent: null },
    });
    const handed = nothingHanded();
    handed.conversation({ id: acme.member.conversationId, userId: acme.member.userId, byTeam: null }, "one");
    const stranger = createHash("sha256").update("nobody's").digest();
    await Promise.all(
      [acme.admin.digest, stranger, ...Array(30).fill(acme.owner.digest)].map((digest) =>
        readings.tell(callerOf(digest), handed),
      ),
    );
    expect(statements).toHaveLength(2);
    const told = await reads();
    expect(told).toHaveLength(31);
    expect(new Set(told.map(({ actor_id }) => actor_id))).toEqual(
      new Set([acme.admin.userId, acme.owner.userId]),
    );
  });

  test("a web process can say nothing for somebody whose credential it does not have, nor in another company", async () => {
    const row = {
      id: globex.member.conversationId,
      user_id: globex.member.userId,
      by_team: null,
      messages: 1,
    };
    await database.auth.query("select auth.record_reading($1, $2, $3)", [
      acme.admin.digest,
      facts,
      { conversations: [row] },
    ]);
    expect(await reads()).toMatchObject([{ tenant_id: acme.tenantId, actor_id: acme.admin.userId }]);
    await expect(
      database.app.query("select auth.record_reading($1, $2, $3)", [acme.admin.digest, facts, {}]),
    ).rejects.toMatchObject({ code: "42501" });
  });
});
