import type { UIMessage } from "ai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { watchDoor } from "../../../src/database/observed.ts";
import { type Chat, type Headers, startChat, textOf } from "../../support/chatting.ts";

let chat: Chat;
let member: Headers;
let admin: Headers;
beforeAll(async () => {
  chat = await startChat("ok");
  member = await chat.headersOf(chat.acme.member);
  admin = await chat.headersOf(chat.acme.admin);
});
beforeEach(() => {
  chat.provider.reply = ({ question }) => `You asked: ${question}`;
});
afterAll(() => chat.close());

const messagesOf = async (conversation: unknown) =>
  (
    await chat.database.admin.query(
      "select id, role, status, content, parent_id, provenance, finish_reason, error_code from app.messages where conversation_id = $1 order by id",
      [conversation],
    )
  ).rows;
const turnsSettled = async () =>
  (
    await chat.database.admin.query(
      "select count(*)::int as n, count(settled_at)::int as settled from auth.turns",
    )
  ).rows[0];

describe("a question of the AI SDK's client", () => {
  test("is answered as a UI message, which says where it is kept and who answered", async () => {
    const { message } = await chat.ask(member, "When is tea?");
    expect(textOf(message)).toBe("You asked: When is tea?");
    expect(message.metadata).toMatchObject({
      generator: "model",
      model: "ok",
      messageId: message.id,
      conversationId: expect.any(String),
      turnId: expect.any(String),
      usage: { inputTokens: expect.any(Number), outputTokens: expect.any(Number), estimated: false },
    });
    expect(await messagesOf(message.metadata!.conversationId)).toMatchObject([
      { role: "user", content: "When is tea?" },
      {
        id: message.id,
        role: "assistant",
        status: "complete",
        content: "You asked: When is tea?",
        finish_reason: "stop",
        provenance: { promptHash: expect.stringMatching(/^[0-9a-f]{64}$/), sources: [] },
      },
    ]);
  });

  test("tells the model of its asker what the preview of a system prompt shows", async () => {
    const ask = (query: string) => chat.server.post("/graphql", { query }, admin);
    await ask('mutation { setMyPreferences(input: {language: "de", tone: FORMAL}) { clientMutationId } }');
    await chat.ask(admin, "Who am I?");
    const [system] = chat.provider.requests.at(-1)!.body.messages;
    const { body } = await ask('{ systemPromptPreview(template: "What they prefer: {{preferences}}.") }');
    expect(body.data.systemPromptPreview).toBe('What they prefer: "language de, tone formal".');
    expect(system.content).toContain(body.data.systemPromptPreview);
    await ask("mutation { deleteMyPreferences(input: {}) { clientMutationId } }");
  });

  test("goes on where the last answer stood, though the client has ids of its own", async () => {
    const first = await chat.ask(member, "One?");
    const { message } = await chat.ask(member, "Two?", {
      before: [
        { id: "q0", role: "user", parts: [{ type: "text", text: "One?" }] },
        first.message as UIMessage,
      ],
    });
    expect(message.metadata!.conversationId).toBe(first.message.metadata!.conversationId);
    const told = chat.provider.requests
      .at(-1)!
      .body.messages.map(({ content }: { content: string }) => content);
    expect(told.slice(1)).toEqual(["One?", "You asked: One?", "Two?"]);
    expect((await messagesOf(message.metadata!.conversationId)).map(({ parent_id }) => parent_id)).toEqual([
      null,
      expect.any(String),
      first.message.id,
      expect.any(String),
    ]);
  });

  test("is answered again in place of an answer", async () => {
    const first = await chat.ask(member, "Once more?");
    const again = await chat.ask(member, "Once more?", {
      trigger: "regenerate-message",
      messageId: first.message.id,
    });
    const [question, ...answers] = await messagesOf(first.message.metadata!.conversationId);
    expect(answers.map(({ id, parent_id }) => [id, parent_id])).toEqual([
      [first.message.id, question.id],
      [again.message.id, question.id],
    ]);
  });

  test("of a temporary chat leaves no message, and what was said before comes from the client", async () => {
    const before = [
      { id: "1", role: "user" as const, parts: [{ type: "text" as const, text: "I am Mel." }] },
      { id: "2", role: "assistant" as const, parts: [{ type: "text" as const, text: "Hello." }] },
    ];
    const { message } = await chat.ask(member, "Who am I?", { before, body: { temporary: true } });
    expect(message.metadata).toMatchObject({ conversationId: null, messageId: null });
    const told = chat.provider.requests
      .at(-1)!
      .body.messages.map(({ content }: { content: string }) => content);
    expect(told.slice(1)).toEqual(["I am Mel.", "Hello.", "Who am I?"]);
  });
});

describe("a plain question", () => {
  test("is answered as one JSON object for whoever wants JSON", async () => {
    const { status, body } = await chat.server.post(
      "/chat",
      { content: "When?" },
      { ...member, Accept: "application/json" },
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({
      content: "You asked: When?",
      status: "complete",
      generator: "model",
      finishReason: "stop",
      citations: [],
    });
    expect((await chat.server.post("/chat", { content: "When?", stream: false }, member)).body.content).toBe(
      "You asked: When?",
    );
  });

  test("with an Idempotency-Key is one turn, however often it is sent", async () => {
    const key = { ...member, "Idempotency-Key": `"${crypto.randomUUID()}"`, Accept: "application/json" };
    const before = await turnsSettled();
    const first = await chat.server.post("/chat", { content: "Once?" }, key);
    const second = await chat.server.post("/chat", { content: "Once?" }, key);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get("Idempotency-Replayed")).toBe("true");
    expect((await turnsSettled()).n).toBe(before.n + 1);
    const other = await chat.server.post("/chat", { content: "Another?" }, key);
    expect([other.status, other.body.code]).toEqual([422, "idempotency_key_reused"]);
  });

  test.each([
    ["a parent that there is not", { parentId: crypto.randomUUID(), content: "x" }, 404, "parent_unknown"],
    ["a conversation of nobody", { conversationId: crypto.randomUUID(), content: "x" }, 404, "not_found"],
    ["nothing to read", { content: " \u200b" }, 400, "message_blank"],
    ["nothing at all", {}, 400, "invalid_input"],
    ["an empty list of messages", { messages: [] }, 400, "invalid_input"],
    [
      "a last message that is an answer",
      { messages: [{ id: "1", role: "assistant", parts: [] }] },
      400,
      "invalid_input",
    ],
  ])("about %s is refused before anything is streamed or written", async (_, body, status, code) => {
    const before = await turnsSettled();
    const answer = await chat.server.post("/chat", body, member);
    expect([answer.status, answer.body.code], JSON.stringify(answer.body)).toEqual([status, code]);
    expect(answer.headers.get("Content-Type")).toContain("application/problem+json");
    expect(await turnsSettled()).toEqual(before);
  });

  test("in a colleague's conversation is refused, and its tree stays whole", async () => {
    const { body } = await chat.server.post("/chat", { content: "Mine", stream: false }, member);
    for (const given of [{ conversationId: body.conversationId }, { parentId: body.messageId }]) {
      const answer = await chat.server.post("/chat", { content: "x", ...given }, admin);
      expect(answer.status).toBe(404);
    }
    expect(await messagesOf(body.conversationId)).toHaveLength(2);
  });

  test("takes the permission chat", async () => {
    await chat.database.admin.query(
      "update app.roles set permissions = array_remove(permissions, 'chat') where tenant_id = $1 and name = 'viewer'",
      [chat.acme.tenantId],
    );
    const answer = await chat.server.post("/chat", { content: "x" }, await chat.headersOf(chat.acme.viewer));
    expect(answer.body).toMatchObject({ status: 403, code: "permission_denied", permission: "chat" });
  });

  test("takes a credential", async () => {
    expect((await chat.server.post("/chat", { content: "x" })).body.code).toBe("credential_missing");
  });

  test("is asked in two round trips to the database at any length of the conversation", async () => {
    const { body } = await chat.server.post("/chat", { content: "First", stream: false }, member);
    await chat.database.admin.query(
      `insert into app.messages (tenant_id, user_id, conversation_id, content, parent_id)
       select tenant_id, user_id, conversation_id, 'word ' || n, id from app.messages, generate_series(1, 300) as n where id = $1`,
      [body.messageId],
    );
    const trips: (string | undefined)[] = [];
    const stopListening = watchDoor(
      ({ statement }) => void trips.push(statement),
      () => {},
    );
    const { body: last } = await chat.server.post(
      "/chat",
      { content: "Last", conversationId: body.conversationId, stream: false },
      member,
    );
    stopListening();
    expect(last.content).toBe("You asked: Last");
    expect(trips).toEqual(["begin_turn", "search_passages"]);
  });
});

test("whatever was begun is settled, and nothing is held", async () => {
  const { n, settled } = await turnsSettled();
  expect(settled).toBe(n);
});
