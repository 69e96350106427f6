import OpenAI, { APIError } from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { AnswerEvent } from "../../../src/chat/provider/events.ts";
import { ProviderFailure } from "../../../src/chat/provider/failure.ts";
import { completionOf, completionStream } from "../../../src/chat/stream/chat_completions.ts";
import { responseOf, responseStream } from "../../../src/chat/stream/responses.ts";
import { readAll, saying, serving, WHOLE } from "../../support/answers.ts";

// The `openai` package is the client: what it makes of our streams is what its users have.

let server: Awaited<ReturnType<typeof serving>>;
let client: OpenAI;
let events: readonly AnswerEvent[];
let error: unknown;
let mistakes: unknown[];
beforeAll(async () => {
  const failed = (mistake: unknown): void => void mistakes.push(mistake);
  server = await serving(async (path, { model, stream, stream_options }) => {
    const answer = saying(events, error);
    const head = { id: "a1", created: 1_790_000_000, model };
    const includeUsage = stream_options?.include_usage === true;
    if (path === "/responses") {
      return {
        body: stream
          ? responseStream(answer, { ...head, failed })
          : ((await responseOf(answer, head)) as object),
      };
    }
    return {
      body: stream
        ? completionStream(answer, { ...head, includeUsage, failed })
        : await completionOf(answer, head),
    };
  });
  client = new OpenAI({ apiKey: "k", baseURL: server.url, maxRetries: 0, logLevel: "off" });
});
afterAll(() => server.close());
beforeEach(() => {
  events = WHOLE;
  error = undefined;
  mistakes = [];
});

const TEXT = "Tea is at four, é🙂\n漢 [1].";
const CUT = new ProviderFailure("model_cut", { said: "db-7.internal is down" });
const ask = { model: "ours", messages: [{ role: "user" as const, content: "When is tea?" }] };

describe("a client of chat/completions", () => {
  test("reads a stream to the end, with usage if it asked for it", async () => {
    const stream = client.chat.completions.stream({ ...ask, stream_options: { include_usage: true } });
    const completion = await stream.finalChatCompletion();
    expect(completion).toMatchObject({
      id: "a1",
      model: "ours",
      created: 1_790_000_000,
      choices: [
        {
          finish_reason: "stop",
          message: {
            content: TEXT,
            tool_calls: [{ id: "call_1", function: { name: "find", arguments: '{"query":"tea"}' } }],
          },
        },
      ],
      usage: {
        prompt_tokens: 10,
        completion_tokens: 7,
        total_tokens: 17,
        prompt_tokens_details: { cached_tokens: 2 },
      },
    });
  });

  test("gets no usage that it did not ask for", async () => {
    const chunks = await readAll(await client.chat.completions.create({ ...ask, stream: true }));
    expect(chunks.every((chunk) => chunk.choices.length === 1 && !("usage" in chunk))).toBe(true);
  });

  test("reads it in one piece as well", async () => {
    const { choices, usage } = await client.chat.completions.create(ask);
    expect(choices[0]).toMatchObject({
      finish_reason: "stop",
      message: { content: TEXT, reasoning_content: "I think." },
    });
    expect(usage).toMatchObject({ total_tokens: 17, completion_tokens_details: { reasoning_tokens: 3 } });
  });

  test.each([
    ["length", "length"],
    ["content-filter", "content_filter"],
    ["tool-calls", "tool_calls"],
    ["other", "stop"],
  ] as const)("is told that it ended for %s as %s", async (reason, finish) => {
    events = [{ type: "finish", reason }];
    expect((await client.chat.completions.create(ask)).choices[0]!.finish_reason).toBe(finish);
  });

  test("has an error thrown at it in the middle of a stream, with our code and nothing of the provider's", async () => {
    events = WHOLE.slice(0, 3);
    error = CUT;
    let text = "";
    const reading = (async () => {
      for await (const { choices } of await client.chat.completions.create({ ...ask, stream: true })) {
        text += choices[0]!.delta.content ?? "";
      }
    })();
    await expect(reading).rejects.toThrow(APIError);
    await expect(reading).rejects.toMatchObject({
      code: "model_cut",
      message: "The answer broke off. Try again.",
    });
    expect(text).toBe("Tea is ");
  });

  test("that wants it in one piece gets the failure as a failure", async () => {
    await expect(completionOf(saying([], CUT), { id: "a", created: 0, model: "m" })).rejects.toBe(CUT);
  });
});

describe("a client of the Responses API", () => {
  test("reads a stream to the end", async () => {
    const seen: string[] = [];
    const stream = client.responses.stream({ model: "ours", input: "When is tea?" });
    for await (const event of stream) seen.push(event.type);
    const response = await stream.finalResponse();
    expect(seen.at(0)).toBe("response.created");
    expect(seen.at(-1)).toBe("response.completed");
    expect(response).toMatchObject({
      id: "a1",
      status: "completed",
      model: "ours",
      output_text: TEXT,
      usage: {
        input_tokens: 10,
        output_tokens: 7,
        total_tokens: 17,
        output_tokens_details: { reasoning_tokens: 3 },
      },
    });
    expect(response.output).toMatchObject([
      { type: "reasoning", content: [{ type: "reasoning_text", text: "I think." }] },
      {
        type: "message",
        status: "completed",
        content: [
          { text: TEXT, annotations: [{ type: "file_citation", file_id: "d1", filename: "House rules" }] },
        ],
      },
      { type: "function_call", call_id: "call_1", name: "find", arguments: '{"query":"tea"}' },
    ]);
  });

  test("has its events numbered, and each item begun and ended", async () => {
    const all = await readAll(
      await client.responses.create({ model: "ours", input: "When is tea?", stream: true }),
    );
    expect(all.map(({ sequence_number }) => sequence_number)).toEqual(all.map((_, at) => at));
    const items = (type: string) =>
      all
        .filter((event) => event.type === type)
        .map((event) => (event as { output_index: number }).output_index);
    expect(items("response.output_item.added")).toEqual([0, 1, 2]);
    expect(items("response.output_item.done")).toEqual([0, 1, 2]);
  });

  test("reads it in one piece as well", async () => {
    const response = await client.responses.create({ model: "ours", input: "When is tea?" });
    expect(response).toMatchObject({ status: "completed", output_text: TEXT });
  });

  test.each([
    ["length", "max_output_tokens"],
    ["content-filter", "content_filter"],
  ] as const)("is told that an answer is not whole for %s", async (reason, why) => {
    events = [
      { type: "text", delta: "Tea" },
      { type: "finish", reason },
    ];
    const response = await client.responses.stream({ model: "ours", input: "?" }).finalResponse();
    expect(response).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: why },
      output_text: "Tea",
    });
  });

  test("is told of a failure, with our code and what was said until then", async () => {
    events = WHOLE.slice(0, 3);
    error = CUT;
    const response = await client.responses.stream({ model: "ours", input: "?" }).finalResponse();
    expect(response).toMatchObject({
      status: "failed",
      error: { code: "server_error", message: "The answer broke off. Try again. (model_cut)" },
      output: [
        { type: "reasoning" },
        { type: "message", status: "incomplete", content: [{ text: "Tea is " }] },
      ],
    });
    await expect(responseOf(saying([], CUT), { id: "a", created: 0, model: "m" })).rejects.toBe(CUT);
  });
});

test("a mistake of ours is told to us, and to them only that there is one", async () => {
  events = [];
  error = new Error("secret detail");
  await expect(client.chat.completions.stream(ask).finalChatCompletion()).rejects.toMatchObject({
    code: "internal_error",
  });
  const response = await client.responses.stream({ model: "ours", input: "?" }).finalResponse();
  expect(JSON.stringify(response)).not.toContain("secret");
  expect(mistakes).toEqual([error, error]);
});
