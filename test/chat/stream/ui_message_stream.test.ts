import { DefaultChatTransport, readUIMessageStream, type UIMessage, type UIMessageChunk } from "ai";
import { afterEach, describe, expect, test } from "vitest";
import type { AnswerEvent } from "../../../src/chat/provider/events.ts";
import { ProviderFailure } from "../../../src/chat/provider/failure.ts";
import { UI_STREAM_HEADERS, uiMessageStream } from "../../../src/chat/stream/ui_message_stream.ts";
import { readAll, saying, serving, WHOLE } from "../../support/answers.ts";

let server: Awaited<ReturnType<typeof serving>> | undefined;
afterEach(() => server?.close());

/** What `useChat` has of an answer: the SDK's own transport reads it from a real server. */
async function messageOf(events: readonly AnswerEvent[], error?: unknown) {
  const mistakes: unknown[] = [];
  server = await serving(async () => ({
    headers: UI_STREAM_HEADERS,
    body: uiMessageStream(saying(events, error), {
      messageId: "m1",
      metadata: { model: "ok" },
      atEnd: ({ usage }) => ({ tokens: usage?.output }),
      failed: (mistake) => mistakes.push(mistake),
    }),
  }));
  const transport = new DefaultChatTransport<UIMessage>({ api: server.url });
  const stream = await transport.sendMessages({
    trigger: "submit-message",
    chatId: "c1",
    messageId: undefined,
    messages: [{ id: "q1", role: "user", parts: [{ type: "text", text: "When is tea?" }] }],
    abortSignal: undefined,
  });
  const [one, other] = stream.tee();
  const chunks = await readAll(one as unknown as AsyncIterable<UIMessageChunk>);
  const errors: unknown[] = [];
  let message: UIMessage | undefined;
  for await (const state of readUIMessageStream({
    stream: other,
    onError: (thrown) => errors.push(thrown),
  })) {
    message = state;
  }
  return { message: message!, chunks, errors, mistakes };
}

describe("the AI SDK reads", () => {
  test("an answer whole: thoughts, text, sources, tools, and what it is about", async () => {
    const { message, errors } = await messageOf(WHOLE);
    expect(errors).toEqual([]);
    expect(message).toMatchObject({ id: "m1", role: "assistant", metadata: { model: "ok", tokens: 7 } });
    expect(message.parts).toMatchObject([
      { type: "step-start" },
      { type: "reasoning", text: "I think.", state: "done" },
      { type: "text", text: "Tea is at four, é🙂\n漢 [1].", state: "done" },
      { type: "source-document", sourceId: "p1", mediaType: "text/plain", title: "House rules" },
      { type: "data-citation", id: "p1", data: { number: 1, documentId: "d1" } },
      {
        type: "dynamic-tool",
        toolName: "find",
        toolCallId: "call_1",
        state: "input-available",
        input: { query: "tea" },
      },
    ]);
  });

  test("a stream that ends in order, with a reason", async () => {
    const { chunks } = await messageOf(WHOLE);
    expect(chunks.map(({ type }) => type)).toEqual([
      ...["start", "start-step", "reasoning-start", "reasoning-delta", "reasoning-delta", "reasoning-end"],
      ...["text-start", "text-delta", "text-delta", "source-document", "data-citation", "text-end"],
      ...["tool-input-start", "tool-input-delta", "tool-input-available", "finish-step", "finish"],
    ]);
    expect(chunks.at(-1)).toMatchObject({ finishReason: "stop" });
  });

  test("what a tool says, and that it failed, and that it was called with rubbish", async () => {
    const call = { type: "tool-call", name: "find", text: "{}", input: {} } as const;
    const { message } = await messageOf([
      { ...call, id: "call_1" },
      { ...call, id: "call_2" },
      { ...call, id: "call_3", text: "{rub", input: undefined },
      { type: "tool-result", id: "call_1", output: { found: 2 } },
      { type: "tool-result", id: "call_2", output: null, failed: "It cannot be reached." },
      { type: "finish", reason: "tool-calls" },
    ]);
    expect(message.parts.slice(1)).toMatchObject([
      { toolCallId: "call_1", state: "output-available", output: { found: 2 } },
      { toolCallId: "call_2", state: "output-error", errorText: "It cannot be reached." },
      { toolCallId: "call_3", state: "output-error", input: "{rub" },
    ]);
  });

  test("a call that waits, and steps, each with words of its own", async () => {
    const { message, chunks } = await messageOf([
      { type: "text", delta: "I look." },
      { type: "tool-call", id: "call_1", name: "find", text: "{}", input: {} },
      { type: "tool-result", id: "call_1", output: "Two." },
      { type: "step" },
      { type: "text", delta: "There are two." },
      { type: "tool-call", id: "call_2", name: "forget", text: "{}", input: {} },
      { type: "tool-approval", id: "call_2", approvalId: "a1", toolId: "t", fingerprint: "f" },
      { type: "finish", reason: "tool-calls" },
    ]);
    expect(message.parts).toMatchObject([
      { type: "step-start" },
      { type: "text", text: "I look." },
      { type: "dynamic-tool", state: "output-available", output: "Two." },
      { type: "step-start" },
      { type: "text", text: "There are two." },
      { type: "dynamic-tool", state: "approval-requested", approval: { id: "a1" } },
    ]);
    // Which tool it is, and what it was, is ours to know.
    expect(JSON.stringify(chunks)).not.toContain("fingerprint");
  });

  test("yes and no to calls, from whoever was asked", async () => {
    const call = { type: "tool-call", name: "find", text: "{}", input: {} } as const;
    const approval = { type: "tool-approval", toolId: "t", fingerprint: "f" } as const;
    const { message } = await messageOf([
      { ...call, id: "call_1" },
      { ...approval, id: "call_1", approvalId: "a1" },
      { ...call, id: "call_2" },
      { ...approval, id: "call_2", approvalId: "a2" },
      { type: "tool-decision", id: "call_1", approvalId: "a1", approved: true },
      { type: "tool-decision", id: "call_2", approvalId: "a2", approved: false, reason: "Too dear" },
      { type: "tool-result", id: "call_1", output: "Two." },
      { type: "tool-result", id: "call_2", output: null, failed: "The person said no.", denied: true },
      { type: "finish", reason: "stop" },
    ]);
    expect(message.parts.slice(1)).toMatchObject([
      { state: "output-available", output: "Two.", approval: { id: "a1", approved: true } },
      { state: "output-denied", approval: { id: "a2", approved: false, reason: "Too dear" } },
    ]);
  });

  test("an error in a sentence and a code, behind what was said, and nothing of the provider's", async () => {
    const failure = new ProviderFailure("model_cut", { said: "db-7.internal is down" });
    const { message, errors, chunks, mistakes } = await messageOf(WHOLE.slice(0, 4), failure);
    expect(errors).toMatchObject([{ message: "The answer broke off. Try again." }]);
    expect(message.parts.slice(1)).toMatchObject([
      { type: "reasoning", text: "I think." },
      { type: "text", text: "Tea is at four, é🙂\n漢 [1].", state: "done" },
      { type: "data-error", data: { code: "model_cut" } },
    ]);
    expect(chunks.map(({ type }) => type)).not.toContain("finish");
    expect(JSON.stringify(chunks)).not.toContain("db-7");
    expect(mistakes).toEqual([]);
  });

  test("a mistake of ours as one, which is told to us and not to them", async () => {
    const mistake = new Error("secret detail");
    const { chunks, mistakes } = await messageOf([], mistake);
    expect(mistakes).toEqual([mistake]);
    expect(chunks.slice(-2)).toMatchObject([{ data: { code: "internal_error" } }, { type: "error" }]);
    expect(JSON.stringify(chunks)).not.toContain("secret");
  });

  test("that it was stopped, which is no error", async () => {
    const { chunks, errors, message } = await messageOf(
      WHOLE.slice(0, 3),
      new ProviderFailure("answer_stopped"),
    );
    expect(chunks.at(-1)).toEqual({ type: "abort", reason: "answer_stopped" });
    expect(errors).toEqual([]);
    expect(message.parts.at(-1)).toMatchObject({ type: "text", text: "Tea is " });
  });
});

test("the stream has the protocol's header and ends with [DONE]", async () => {
  const sent = await readAll(uiMessageStream(saying(WHOLE), { messageId: "m1" }));
  expect(UI_STREAM_HEADERS).toMatchObject({
    "X-Vercel-AI-UI-Message-Stream": "v1",
    "Content-Type": "text/event-stream; charset=utf-8",
  });
  expect(sent.at(-1)).toBe("data: [DONE]\n\n");
  // A line break in a text is none on the wire.
  for (const event of sent) expect(event).toMatch(/^data: [^\n]+\n\n$/);
});

test("who stops reading stops the answer", async () => {
  let ended = false;
  async function* answer(): AsyncGenerator<AnswerEvent> {
    try {
      for (;;) yield { type: "text", delta: "x" };
    } finally {
      ended = true;
    }
  }
  let read = 0;
  for await (const _ of uiMessageStream(answer(), { messageId: "m1" })) if (++read === 5) break;
  expect(ended).toBe(true);
});
