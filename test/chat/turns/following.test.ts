import { DefaultChatTransport } from "ai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Chat,
  type Headers,
  heard,
  metadataIn,
  openStream,
  startChat,
  textOf,
} from "../../support/chatting.ts";

let chat: Chat;
let member: Headers;
let admin: Headers;
let stranger: Headers;
beforeAll(async () => {
  chat = await startChat("slow");
  chat.provider.reply = () => Array.from({ length: 40 }, (_, n) => `word${n}`).join(" ");
  member = await chat.headersOf(chat.acme.member);
  admin = await chat.headersOf(chat.acme.admin);
  stranger = await chat.headersOf(chat.globex.admin);
});
afterAll(() => chat.close());

/** An answer that has begun: `slow` goes on by itself, `stall` says half of it and no more. */
async function begun(model: "slow" | "stall" = "slow", more: object = {}, headers = member) {
  const stream = await openStream(`${chat.server.url}/chat`, {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json" },
    body: JSON.stringify({ content: "Tell me all", model, ...more }),
  });
  await stream.says("text-delta");
  const { conversationId, turnId, messageId } = metadataIn(stream.said());
  return { stream, conversationId: conversationId!, turnId: turnId!, messageId: messageId! };
}
const stored = async (id: string) =>
  (
    await chat.database.admin.query("select status, content, error_code from app.messages where id = $1", [
      id,
    ])
  ).rows[0];
const spent = async (turn: string) =>
  (await chat.database.admin.query("select * from app.usage_events where turn_id = $1", [turn])).rows;
const follow = (conversation: string, headers: Headers) =>
  openStream(`${chat.server.url}/chat/${conversation}/stream`, { headers });
const stop = (conversation: string, turnId: string, headers: Headers = member) =>
  chat.server.post(`/chat/${conversation}/stop`, { turnId }, headers);

describe("an answer that is being written", () => {
  test("is followed from its first word, byte for byte as it was streamed", async () => {
    const { stream, conversationId } = await begun();
    const followed = await follow(conversationId, member);
    expect(followed.headers.get("X-Vercel-AI-UI-Message-Stream")).toBe("v1");
    expect(await followed.ended()).toBe(await stream.ended());
    expect(followed.said()).toContain("word39");
  });

  test("is resumed by the AI SDK's own client", async () => {
    const { conversationId, messageId } = await begun();
    const transport = new DefaultChatTransport({ api: `${chat.server.url}/chat`, headers: member });
    const resumed = await heard((await transport.reconnectToStream({ chatId: conversationId }))!);
    expect(resumed.message.id).toBe(messageId);
    expect(textOf(resumed.message)).toContain("word0 word1");
    expect(await transport.reconnectToStream({ chatId: conversationId })).toBeNull();
  });

  test("goes on when nobody reads it any more", async () => {
    const { stream, conversationId, messageId } = await begun();
    stream.leave();
    expect(await (await follow(conversationId, member)).ended()).toContain("[DONE]");
    expect(await stored(messageId)).toMatchObject({
      status: "complete",
      content: expect.stringContaining("word39"),
    });
  });

  test("is followed by whoever may read the conversation, and by nobody else", async () => {
    const { conversationId, stream } = await begun();
    const seen = await follow(conversationId, admin);
    expect(seen.status).toBe(200);
    expect((await follow(conversationId, stranger)).status).toBe(404);
    expect((await follow(conversationId, await chat.headersOf(chat.acme.colleague))).status).toBe(404);
    expect(await seen.ended()).toBe(await stream.ended());
  });

  test("says in the trail who followed it by a right, and nothing of its own member", async () => {
    const { conversationId, stream } = await begun("stall");
    await (await follow(conversationId, member)).says("word1");
    const seen = await follow(conversationId, admin);
    await seen.says("word1");
    const { rows } = await chat.database.admin.query(
      "select actor_id, detail from audit.events where action = 'read' and row_id = $1",
      [conversationId],
    );
    expect(rows).toEqual([
      { actor_id: chat.acme.admin.userId, detail: { right: "view_all_chats", messages: 1 } },
    ]);
    for (const { leave } of [seen, stream]) leave();
  });

  test("leaves a follower who may not read it any more, and goes on", async () => {
    const { conversationId, stream, turnId } = await begun("stall");
    const seen = await follow(conversationId, admin);
    await seen.says("word1");
    await chat.database.admin.query(
      "update app.memberships set role_id = $2 where tenant_id = $1 and user_id = $3",
      [chat.acme.tenantId, chat.acme.roleIds.helper, chat.acme.admin.userId],
    );
    expect(await seen.ended()).toContain('"code":"not_found"');
    expect(stream.said()).not.toContain("[DONE]");
    await chat.database.admin.query(
      "update app.memberships set role_id = $2 where tenant_id = $1 and user_id = $3",
      [chat.acme.tenantId, chat.acme.roleIds.admin, chat.acme.admin.userId],
    );
    await stop(conversationId, turnId);
    await stream.ended();
  });

  test("is none where a conversation is idle, and there is no such conversation for strangers", async () => {
    const { conversationId, stream } = await begun();
    await stream.ended();
    expect((await follow(conversationId, member)).status).toBe(204);
    expect((await follow(conversationId, stranger)).status).toBe(404);
    expect((await follow("no-uuid", member)).status).toBe(404);
  });
});

describe("stopping", () => {
  test("ends the answer, keeps what was said and charges it", async () => {
    const { stream, conversationId, turnId, messageId } = await begun("stall");
    expect((await stop(conversationId, turnId)).body).toEqual({ stopped: true });
    expect(await stream.ended()).toContain('"type":"abort"');
    expect(await stored(messageId)).toMatchObject({
      status: "stopped",
      content: expect.stringContaining("word1"),
      error_code: "answer_stopped",
    });
    expect(await spent(turnId)).toMatchObject([{ outcome: "stopped", estimated: true }]);
  });

  test("that comes late ends no newer answer", async () => {
    const first = await begun("stall");
    await stop(first.conversationId, first.turnId);
    await first.stream.ended();
    const second = await begun("stall", { conversationId: first.conversationId });
    expect((await stop(first.conversationId, first.turnId)).body).toEqual({ stopped: false });
    expect(second.stream.said()).not.toContain("abort");
    expect((await stop(first.conversationId, second.turnId)).body).toEqual({ stopped: true });
    await second.stream.ended();
  });

  test("is for whoever asked, and names a turn of the conversation", async () => {
    const { stream, conversationId, turnId } = await begun("stall");
    expect((await stop(conversationId, turnId, admin)).status).toBe(404);
    expect((await stop(conversationId, turnId, stranger)).status).toBe(404);
    expect((await stop(chat.acme.member.conversationId, turnId)).status).toBe(404);
    expect(stream.said()).not.toContain("abort");
    await stop(conversationId, turnId);
    await stream.ended();
  });

  test("ends a temporary chat by the turn itself", async () => {
    const { stream, turnId } = await begun("stall", { temporary: true });
    expect((await stop(turnId, turnId)).body).toEqual({ stopped: true });
    expect(await stream.ended()).toContain('"type":"abort"');
  });
});

describe("a question that is sent twice with one Idempotency-Key", () => {
  test("has both follow the one answer while it is written", async () => {
    const headers = { ...member, "Idempotency-Key": crypto.randomUUID() };
    const first = await begun("slow", {}, headers);
    const second = await begun("slow", {}, headers);
    expect(second.turnId).toBe(first.turnId);
    expect(await second.stream.ended()).toBe(await first.stream.ended());
  });
});
