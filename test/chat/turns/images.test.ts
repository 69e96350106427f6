import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Chat, type Headers, startChat, textOf } from "../../support/chatting.ts";

// Images that a question shows: file parts of the AI SDK's messages, in the message itself.

let chat: Chat;
let member: Headers;
beforeAll(async () => {
  chat = await startChat("ok");
  member = await chat.headersOf(chat.acme.member);
});
beforeEach(() => {
  chat.provider.requests.length = 0;
  chat.provider.reply = () => "A cat.";
});
afterAll(() => chat.close());

const BEGINNINGS = {
  "image/png": "89504e470d0a1a0a",
  "image/jpeg": "ffd8ffe0",
  "image/gif": "474946383961",
  "image/webp": "524946460000000057454250",
};
const image = (mediaType: keyof typeof BEGINNINGS = "image/png", bytes = 30) => ({
  type: "file" as const,
  mediaType,
  filename: "a picture",
  url: `data:${mediaType};base64,${Buffer.concat([Buffer.from(BEGINNINGS[mediaType], "hex"), Buffer.alloc(bytes)]).toString("base64")}`,
});
const question = (...parts: object[]) => ({ id: "q", role: "user", parts });
const text = (words: string) => ({ type: "text", text: words });
const post = (body: object) => chat.server.post("/chat", { stream: false, ...body }, member);
const asked = () => chat.provider.requests.at(-1)!.body.messages.at(-1).content;

test.each(Object.keys(BEGINNINGS) as (keyof typeof BEGINNINGS)[])(
  "%s is shown to the model with its question, and kept in its parts",
  async (mediaType) => {
    const shown = image(mediaType);
    const { status, body } = await post({ messages: [question(text("What is this?"), shown)] });
    expect(status, JSON.stringify(body)).toBe(200);
    expect(asked()).toEqual([
      { type: "text", text: expect.stringContaining("What is this?") },
      { type: "image_url", image_url: { url: shown.url } },
    ]);
    const { rows } = await chat.database.admin.query(
      "select content, parts from app.messages where conversation_id = $1 and role = 'user'",
      [body.conversationId],
    );
    expect(rows).toEqual([{ content: "What is this?", parts: [shown] }]);
  },
);

test("it is shown again where the question is answered again, and not with the questions after it", async () => {
  const shown = image();
  const { body } = await post({ messages: [question(text("What is this?"), shown)] });
  const { rows } = await chat.database.admin.query(
    "select id from app.messages where conversation_id = $1 and role = 'user'",
    [body.conversationId],
  );
  await post({ conversationId: body.conversationId, parentId: rows[0].id });
  expect(asked()).toHaveLength(2);
  await post({ conversationId: body.conversationId, content: "And its colour?" });
  const { messages } = chat.provider.requests.at(-1)!.body;
  expect(JSON.stringify(messages)).not.toContain("base64");
  expect(messages.map(({ content }: { content: string }) => content).slice(1)).toEqual([
    "What is this?",
    expect.any(String),
    "And its colour?",
  ]);
});

test("a large one takes no room of what was said before, and costs as if it were a thousand tokens until the provider counts", async () => {
  const first = await post({ content: "My name is Bob." });
  const { conversationId, messageId } = first.body;
  await post({
    conversationId,
    messages: [
      { id: messageId, role: "assistant", parts: [] },
      question(text("What is this?"), image("image/jpeg", 150_000)),
    ],
    model: "no-usage",
  });
  expect(JSON.stringify(chat.provider.requests.at(-1)!.body.messages.slice(0, -1))).toContain(
    "My name is Bob.",
  );
  const { rows } = await chat.database.admin.query(
    "select input_tokens, estimated from app.usage_events order by id desc limit 1",
  );
  expect(rows[0].estimated).toBe(true);
  expect(rows[0].input_tokens).toBeGreaterThan(1_000);
  expect(rows[0].input_tokens).toBeLessThan(2_000);
  await post({ conversationId, content: "And before?" });
  expect(JSON.stringify(chat.provider.requests.at(-1)!.body.messages)).toContain("My name is Bob.");
});

test("the SDK's client sends it, and a temporary question too, which is kept nowhere", async () => {
  const shown = image("image/png", 77);
  const { message } = await chat.ask(member, "What is this?", {
    body: { temporary: true },
    files: [shown],
  });
  expect(textOf(message)).toBe("A cat.");
  const { rows } = await chat.database.admin.query(
    "select from app.messages where parts::text like '%' || $1 || '%'",
    [shown.url],
  );
  expect(rows).toEqual([]);
  expect(asked()).toHaveLength(2);
});

test.each<[string, object, string]>([
  ["an address", { ...image(), url: "https://example.com/a.png" }, "stands in its url"],
  ["an address inside", { ...image(), url: "http://169.254.169.254/a.png" }, "stands in its url"],
  [
    "a drawing that may hold scripts",
    { ...image(), mediaType: "image/svg+xml", url: "data:image/svg+xml;base64,PHN2Zz4=" },
    "is PNG, JPEG, GIF or WebP",
  ],
  ["a document that is an image", { ...image(), mediaType: "application/pdf" }, "stands in its url"],
  [
    "what only says that it is an image",
    { ...image(), url: `data:image/png;base64,${Buffer.from("<script>").toString("base64")}` },
    "stands in its url",
  ],
  ["another kind than it says", { ...image("image/gif"), mediaType: "image/png" }, "stands in its url"],
  ["no base64", { ...image(), url: "data:image/png;base64,iVBORw0KGgo=!!" }, "stands in its url"],
  ["nothing", { type: "file", mediaType: "image/png" }, "has a mediaType and a url"],
  ["too much", image("image/png", 200_000), "240000 characters at most"],
])("%s is refused, and nothing is written", async (_, part, detail) => {
  const before = await chat.database.admin.query("select count(*)::int as n from app.messages");
  const { status, body } = await post({ messages: [question(text("What is this?"), part)] });
  expect([status, body.code]).toEqual([400, "invalid_input"]);
  expect(body.detail).toContain(detail);
  expect(body.detail).not.toMatch(/example|169|iVBOR|PHN2/);
  expect(chat.provider.requests).toEqual([]);
  expect((await chat.database.admin.query("select count(*)::int as n from app.messages")).rows).toEqual(
    before.rows,
  );
});

test("more than four are refused, and so are four that are too much together", async () => {
  const five = await post({
    messages: [question(text("These?"), ...Array.from({ length: 5 }, () => image()))],
  });
  expect([five.status, five.body.detail]).toEqual([400, expect.stringContaining("images are 4 at most")]);
  const much = await post({
    messages: [question(text("These?"), ...Array.from({ length: 4 }, () => image("image/png", 60_000)))],
  });
  expect([much.status, much.body.detail]).toEqual([400, expect.stringContaining("together at most")]);
});

test("an image without words is no question", async () => {
  const { status, body } = await post({ messages: [question(image())] });
  expect([status, body.code]).toEqual([400, "invalid_input"]);
});

test("images of messages before the last are not looked at", async () => {
  const { status } = await post({
    messages: [
      question(text("What is this?"), { type: "file", mediaType: "image/png", url: "https://example.com/" }),
      { id: "a", role: "assistant", parts: [text("A cat.")] },
      question(text("And its colour?")),
    ],
  });
  expect(status).toBe(200);
});
