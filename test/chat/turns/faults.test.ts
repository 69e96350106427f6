import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Chat, type Headers, openStream, startChat } from "../../support/chatting.ts";

let chat: Chat;
let member: Headers;
beforeAll(async () => {
  chat = await startChat("ok", { MODEL_MAX_INPUT_TOKENS: "2000" });
  member = await chat.headersOf(chat.acme.member);
});
// Failures in a row would have the provider left alone (model_resting).
beforeEach(() => ask({ content: "Well?", temporary: true }));
afterAll(() => chat.close());

const ask = (body: object) => chat.server.post("/chat", { stream: false, ...body }, member);
const lastAnswer = async () =>
  (
    await chat.database.admin.query(
      `select answer.*, turn.outcome, turn.held_micros::int as held, event.output_tokens, event.estimated
       from app.messages as answer join auth.turns as turn on turn.answer_id = answer.id
       left join app.usage_events as event on event.turn_id = turn.id order by answer.id desc limit 1`,
    )
  ).rows[0];

test.each([
  ["is cut in the middle", "drop", 502, "model_cut", "One two three"],
  ["ends without having said that it is done", "unfinished", 502, "model_cut", "One two three"],
  ["says what is no JSON", "malformed", 502, "model_malformed", "One two three"],
  ["fails in the middle", "failing", 502, "model_failed", "One two three"],
  ["does not know our key", "unauthorized", 502, "model_key_refused", ""],
  ["has too much to do for an hour", "busy-long", 503, "model_busy", ""],
  ["fails at once", "broken", 502, "model_failed", ""],
])(
  "a provider that %s leaves the question, and what was said, marked as failed",
  async (_, model, status, code, said) => {
    chat.provider.reply = () => "One two three four five six";
    const answer = await ask({ content: `Ask ${model}`, model });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(JSON.stringify(answer.body)).not.toContain("sk-of-the-installation");
    expect(await lastAnswer()).toMatchObject({
      status: "failed",
      outcome: "failed",
      error_code: code,
      content: said,
      held: 0,
      output_tokens: said === "" ? 0 : 3,
    });
  },
);

test("a failure in a stream is a part that the client shows, behind its code", async () => {
  const stream = await openStream(`${chat.server.url}/chat`, {
    method: "POST",
    headers: { ...member, "Content-Type": "application/json" },
    body: JSON.stringify({ content: "x", model: "drop" }),
  });
  expect(stream.status).toBe(200);
  expect(await stream.ended()).toMatch(
    /data: \{"type":"data-error","data":\{"code":"model_cut"\}\}\n\ndata: \{"type":"error","errorText":"[^"]+"\}\n\ndata: \[DONE\]\n\n$/,
  );
});

test("a question whose answer failed is answered again", async () => {
  await ask({ content: "Try me", model: "drop" });
  const { conversation_id: conversationId, parent_id: parentId } = await lastAnswer();
  const { body } = await ask({ conversationId, parentId });
  expect(body).toMatchObject({ status: "complete", questionId: parentId });
});

test("a question that the model cannot read is refused, and settled", async () => {
  const answer = await chat.server.post(
    "/chat",
    {
      temporary: true,
      stream: false,
      messages: [{ id: "1", role: "user", parts: [{ type: "text", text: "one word ".repeat(3_000) }] }],
    },
    member,
  );
  expect([answer.status, answer.body.code]).toEqual([413, "prompt_too_long"]);
  const { rows } = await chat.database.admin.query(
    "select count(*)::int as open from auth.turns where settled_at is null",
  );
  expect(rows).toEqual([{ open: 0 }]);
});
