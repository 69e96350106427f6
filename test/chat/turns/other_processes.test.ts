import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Chat, metadataIn, openStream, startChat } from "../../support/chatting.ts";
import { startRedis, type TestRedis } from "../../support/redis.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";

let redis: TestRedis;
let chat: Chat;
let other: TestServer;
beforeAll(async () => {
  redis = await startRedis();
  chat = await startChat("slow", { REDIS_URL: redis.url });
  chat.provider.reply = () => Array.from({ length: 40 }, (_, n) => `canary${n}`).join(" ");
  other = await startTestServer(chat.database, { REDIS_URL: redis.url });
});
afterAll(async () => {
  await other.close();
  await chat.close();
  await redis.close();
});

test("an answer is followed in another process, byte for byte, and stopped from there", async () => {
  const headers = await chat.headersOf(chat.acme.member);
  const ask = () =>
    openStream(`${chat.server.url}/chat`, {
      method: "POST",
      headers: { ...headers, "Content-Type": "application/json" },
      body: JSON.stringify({ content: "Tell me all" }),
    });
  const stream = await ask();
  await stream.says("text-delta");
  const { conversationId } = metadataIn(stream.said());
  const followed = await openStream(`${other.url}/chat/${conversationId}/stream`, { headers });
  expect(followed.status).toBe(200);
  expect(await followed.ended()).toBe(await stream.ended());
  expect(followed.said()).toContain("canary39");

  // A word every 200 ms: whether somebody stopped it is looked at once a second.
  chat.provider.pace = 200;
  const second = await ask();
  await second.says("text-delta");
  const { conversationId: place, turnId } = metadataIn(second.said());
  expect((await other.post(`/chat/${place}/stop`, { turnId }, headers)).body).toEqual({ stopped: true });
  expect(await second.ended()).toContain('"type":"abort"');
  chat.provider.pace = 20;
});

test("a Redis that stalls for a second takes no word from who follows elsewhere", async () => {
  const headers = await chat.headersOf(chat.acme.member);
  chat.provider.pace = 50;
  const stream = await openStream(`${chat.server.url}/chat`, {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json" },
    body: JSON.stringify({ content: "Tell me all" }),
  });
  await stream.says("canary1");
  const { conversationId } = metadataIn(stream.said());
  const followed = await openStream(`${other.url}/chat/${conversationId}/stream`, { headers });
  await followed.says("canary1");
  const client = new Redis(redis.url);
  await client.client("PAUSE", 1_000);
  expect(await followed.ended()).toBe(await stream.ended());
  expect(followed.said()).toContain("canary39");
  client.disconnect();
  chat.provider.pace = 20;
});

test("without Redis an answer goes on, and is followed in its own process", async () => {
  const headers = await chat.headersOf(chat.acme.member);
  await redis.kill();
  const { body } = await chat.server.post("/chat", { content: "Still there?", stream: false }, headers);
  expect(body.content).toContain("canary39");
});
