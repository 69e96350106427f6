import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { type Chat, type Headers, startChat } from "../support/chatting.ts";
import { bring, readAll } from "../support/library.ts";

let chat: Chat;
let member: Headers;
let admin: Headers;
let stranger: Headers;
let conversationId: string;

beforeAll(async () => {
  chat = await startChat(null);
  member = await chat.headersOf(chat.acme.member);
  admin = await chat.headersOf(chat.acme.admin);
  stranger = await chat.headersOf(chat.globex.admin);
  await actors(chat.database.app)(chat.acme.admin).rows(bring, [
    "The handbook",
    "Tea is at four. Coffee is at ten.",
    "tenant",
    null,
  ]);
  await readAll(chat.database);
  const first = await ask({ content: "When is tea?" });
  conversationId = first.conversationId;
  await ask({ content: "When is coffee?", conversationId });
  // Another branch, which the newest message is on.
  await ask({ content: "And when is coffee then?", conversationId, parentId: first.messageId });
});
afterAll(() => chat.close());

async function ask(body: object) {
  const answer = await chat.server.post("/chat", { ...body, stream: false }, member);
  expect(answer.status).toBe(200);
  return answer.body as { conversationId: string; messageId: string };
}
const exported = (headers: Headers, query = "", id = conversationId) =>
  fetch(`${chat.server.url}/chat/${id}/export${query}`, { headers });
const taken = async (answer: Response) =>
  (await answer.json()) as {
    readonly format: string;
    readonly messages: readonly {
      readonly id: string;
      readonly parentId: string;
      readonly content: string;
      readonly parts: object[];
    }[];
  };
const events = async (action: string) =>
  (
    await chat.database.admin.query(
      "select actor_id, row_id, detail from audit.events where action = $1 order by at, id",
      [action],
    )
  ).rows;

describe("a conversation is taken along", () => {
  test("as JSON, with every branch and part, the oldest message first", async () => {
    const answer = await exported(member);
    expect(answer.headers.get("Content-Disposition")).toMatch(
      /^attachment; filename="conversation-.*\.json"$/,
    );
    const whole = await taken(answer);
    expect(whole).toMatchObject({
      format: "rowhouse-conversation",
      version: 1,
      conversation: { id: conversationId },
    });
    const { rows } = await chat.database.admin.query(
      "select id, content from app.messages where conversation_id = $1 order by id",
      [conversationId],
    );
    expect(rows).toHaveLength(6);
    expect(whole.messages.map(({ id, content }) => ({ id, content }))).toEqual(rows);
    expect(whole.messages[0]).toMatchObject({ parentId: null, role: "user", content: "When is tea?" });
    expect(whole.messages[4]!.parentId).toBe(whole.messages[1]!.id);
    expect(JSON.stringify(whole.messages[1]!.parts)).toContain("data-citation");
  });

  test("as Markdown, with what leads to the newest message and what the answers cite", async () => {
    const answer = await exported(member, "?format=markdown");
    expect(answer.headers.get("Content-Type")).toMatch(/^text\/markdown/);
    const text = await answer.text();
    expect(text).toMatch(
      /^# When is tea\?\n\n## Question, \d{4}-\d\d-\d\d \d\d:\d\d UTC\n\nWhen is tea\?\n\n## Answer by extractive, /,
    );
    expect(text).toContain("And when is coffee then?");
    expect(text).not.toContain("\nWhen is coffee?");
    expect(text).toContain("\n1. The handbook\n");
  });

  test("in batches, whole and each once, however long it is", async () => {
    const { rows } = await chat.database.admin.query<{ id: string }>(
      `with long as (insert into app.conversations (tenant_id, user_id, title) values ($1, $2, 'Long') returning *), said as (
         insert into app.messages (tenant_id, user_id, conversation_id, content)
         select tenant_id, user_id, id, 'Word ' || n from long, generate_series(1, 130) as n)
       select id from long`,
      [chat.acme.tenantId, chat.acme.member.userId],
    );
    const { messages } = await taken(await exported(member, "", rows[0]!.id));
    expect(new Set(messages.map(({ content }) => content)).size).toBe(130);
    expect(messages).toHaveLength(130);
  });

  test("by whoever may read it, and by nobody else", async () => {
    for (const headers of [stranger, await chat.headersOf(chat.acme.colleague)]) {
      expect((await exported(headers)).status).toBe(404);
    }
    expect((await exported(member, "", "no-id")).status).toBe(404);
    expect((await exported({})).status).toBe(401);
    expect(await (await exported(member, "?format=pdf")).json()).toMatchObject({
      status: 400,
      code: "invalid_input",
    });
  });

  test("and the trail says who took it: also one's own, and of another's that it was read", async () => {
    const [before, read] = [await events("chat.exported"), await events("read")];
    const asked = await fetch(`${chat.server.url}/chat/${conversationId}/export`, {
      method: "HEAD",
      headers: admin,
    });
    expect([asked.status, asked.headers.get("Content-Type")]).toEqual([
      200,
      "application/json; charset=utf-8",
    ]);
    await (await exported(member)).text();
    await (await exported(admin, "?format=markdown")).text();
    const detail = { conversation_id: conversationId };
    expect((await events("chat.exported")).slice(before.length)).toEqual([
      { actor_id: chat.acme.member.userId, row_id: null, detail: { ...detail, format: "json" } },
      { actor_id: chat.acme.admin.userId, row_id: null, detail: { ...detail, format: "markdown" } },
    ]);
    expect((await events("read")).slice(read.length)).toMatchObject([
      { actor_id: chat.acme.admin.userId, row_id: conversationId, detail: { right: "view_all_chats" } },
    ]);
  });
});
