import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Ask } from "../../../src/chat/provider/stream_answer.ts";
import { type Provider, startProvider } from "../../support/provider.ts";
import { outcomeOf, testProviders } from "../../support/providers.ts";

let provider: Provider;
beforeEach(async () => {
  provider = await startProvider();
});
afterEach(() => provider.close());

const KEY = "sk-secret-4711";
const QUESTION = { role: "user", content: "When are the holidays, é🙂漢?" } as const;

function asking(model: string, given: Partial<Ask> = {}): Ask {
  const endpoint = { baseUrl: provider.url, apiKey: KEY, owner: "installation" } as const;
  return { endpoint, model, messages: [QUESTION], ...given };
}
const answerOf = (model: string, given: Partial<Ask> = {}, providers = testProviders()) =>
  outcomeOf(providers.streamAnswer(asking(model, given)));

describe("an answer", () => {
  test("comes word by word, with what it cost and why it ended", async () => {
    const { text, events, usage, finish, error } = await answerOf("ok");
    expect(error).toBeUndefined();
    expect(text).toBe("You asked: When are the holidays, é🙂漢?");
    expect(events.filter(({ type }) => type === "text")).toHaveLength(7);
    expect(usage).toEqual({ input: 5, cachedInput: 1, output: 7, reasoning: 0, estimated: false });
    expect(events.slice(-2).map(({ type }) => type)).toEqual(["usage", "finish"]);
    expect(finish).toBe("stop");
  });

  test("is asked for with the key, the settings and no word of ours beside", async () => {
    const tool = { type: "function", function: { name: "find", parameters: { type: "object" } } } as const;
    await answerOf("ok", { settings: { temperature: 0.2, topP: 0.9, maxOutputTokens: 50, tools: [tool] } });
    const [{ body, headers, path }] = provider.requests as [Provider["requests"][number]];
    expect(path).toBe("/v1/chat/completions");
    expect(headers.authorization).toBe(`Bearer ${KEY}`);
    expect(body).toEqual({
      model: "ok",
      messages: [QUESTION],
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0.2,
      top_p: 0.9,
      max_tokens: 50,
      tools: [tool],
    });
  });

  test("is asked for with nothing of what the environment says to the package, nor what machine this is", async () => {
    const said = {
      OPENAI_CUSTOM_HEADERS: "X-Secret: 4711",
      OPENAI_ADMIN_KEY: "sk-admin",
      OPENAI_ORG_ID: "org-1",
    };
    Object.assign(process.env, said);
    try {
      await answerOf("ok");
    } finally {
      for (const name of Object.keys(said)) delete process.env[name];
    }
    expect(Object.keys(provider.requests[0]!.headers).sort()).toEqual([
      "accept",
      "accept-encoding",
      "authorization",
      "connection",
      "content-length",
      "content-type",
      "host",
      "user-agent",
    ]);
    expect(provider.requests[0]!.headers.authorization).toBe(`Bearer ${KEY}`);
  });

  test("needs no key where none is wanted", async () => {
    const endpoint = { baseUrl: provider.url, apiKey: null, owner: "installation" } as const;
    expect((await answerOf("ok", { endpoint })).finish).toBe("stop");
    expect(provider.requests[0]!.headers.authorization).toBeUndefined();
  });

  test("keeps characters whole that come byte by byte", async () => {
    expect((await answerOf("split")).text).toBe("You asked: When are the holidays, é🙂漢?");
  });

  test("has no NUL and no half of a character, which PostgreSQL would not take", async () => {
    provider.reply = () => "a\0b \ud83d c";
    expect((await answerOf("ok")).text).toBe("a\ufffdb \ufffd c");
  });

  test("tells what a model thinks from what it says", async () => {
    const { reasoning, text, usage } = await answerOf("reasoning");
    expect(reasoning).toBe("First I think.");
    expect(text).toMatch(/^You asked/);
    expect(usage).toMatchObject({ output: 10, reasoning: 3 });
  });

  test("has calls of tools put together from fragments", async () => {
    const { events, finish } = await answerOf("tools");
    expect(events.filter(({ type }) => type === "tool-call")).toEqual([
      {
        type: "tool-call",
        id: "call_1",
        name: "search_documents",
        text: '{"query":"holidays"}',
        input: { query: "holidays" },
      },
    ]);
    expect(finish).toBe("tool-calls");
  });

  test.each([
    ["length", "length"],
    ["filtered", "content-filter"],
  ])("of %s says why it ended", async (model, finish) => {
    expect((await answerOf(model)).finish).toBe(finish);
  });

  test("whose provider does not count is counted by us, and says so", async () => {
    const { usage, finish } = await answerOf("no-usage");
    expect(usage).toMatchObject({ cachedInput: 0, reasoning: 0, estimated: true });
    expect(usage!.input).toBeGreaterThan(8);
    expect(usage!.output).toBeGreaterThan(8);
    expect(finish).toBe("stop");
  });

  test("that said why it ended is whole, also without [DONE]", async () => {
    expect(await answerOf("undone")).toMatchObject({ finish: "stop", error: undefined });
  });
});

describe("a provider that", () => {
  test.each([
    ["cuts the connection", "drop", "model_cut"],
    ["ends tidily without having said that it is done", "unfinished", "model_cut"],
    ["says what is no JSON", "malformed", "model_malformed"],
    ["says that it failed", "failing", "model_failed"],
  ])("%s leaves half an answer, an estimate and a code", async (_what, model, code) => {
    const providers = testProviders();
    const { text, error, finish } = await answerOf(model, {}, providers);
    expect(text).toBe("You asked: When are");
    expect(finish).toBeUndefined();
    expect(error).toMatchObject({ name: "ProviderFailure", code, usage: { estimated: true } });
    expect(error.usage.output).toBeGreaterThan(3);
    // What was said once is not paid for twice.
    expect(provider.requests).toHaveLength(1);
    expect(providers.noted).toMatchObject([{ code, kind: "answer", provider: `127.0.0.1:${provider.port}` }]);
  });

  test("sends events in another shape is told so", async () => {
    expect((await answerOf("shapeless")).error).toMatchObject({ code: "model_malformed" });
  });

  test("answers with a page is told so before a word", async () => {
    expect(await answerOf("html")).toMatchObject({
      text: "",
      error: { code: "model_malformed", usage: null },
    });
  });

  test.each([
    ["says nothing at all", "silent", { first: 50 }, "model_stalled"],
    ["stops in the middle", "stall", { idle: 50 }, "model_stalled"],
    ["sends signs of life and no word", "chatty", { first: 50 }, "model_stalled"],
    ["never ends", "endless", { total: 100 }, "answer_too_slow"],
    ["says too much", "endless", { bytes: 10_000 }, "answer_too_large"],
    ["sends a line that never ends", "flood", { bytes: 100_000 }, "answer_too_large"],
  ])("%s is cut off", async (_what, model, limits, code) => {
    const { error, finish } = await answerOf(model, { limits });
    expect(error).toMatchObject({ code });
    expect(finish).toBeUndefined();
    expect(await provider.requests[0]!.hungUp).toBe(true);
  });

  test("is slow, but not for longer than a pause may be, is heard to the end", async () => {
    expect(await answerOf("slow", { limits: { idle: 5_000 } })).toMatchObject({
      finish: "stop",
      error: undefined,
    });
  });

  test.each([
    ["does not know the key", "unauthorized", "model_key_refused", 401],
    ["says that the prompt is too long", "too-long", "prompt_too_long", 400],
    ["fails", "broken", "model_failed", 500],
  ])("%s is quoted in the log without the key, and to nobody else", async (_what, model, code, status) => {
    const providers = testProviders();
    const { error } = await answerOf(model, {}, providers);
    expect(error).toMatchObject({ code, message: code, providerStatus: status });
    expect(providers.noted).toMatchObject([{ code, providerStatus: status }]);
    expect(providers.noted[0]!.said).toContain("db-7.internal says no");
    expect(JSON.stringify([providers.noted, error.said, error.message])).not.toContain("4711");
  });

  test("cannot be reached is tried thrice", async () => {
    const { url } = provider;
    await provider.close();
    const providers = testProviders();
    const endpoint = { baseUrl: url, apiKey: KEY, owner: "installation" } as const;
    expect((await answerOf("ok", { endpoint }, providers)).error).toMatchObject({
      code: "model_unreachable",
    });
    expect(providers.waited).toEqual([200, 400]);
  });
});

describe("attempts", () => {
  test("are made again while it fails in passing, with some chance in the pause", async () => {
    for (const [model, waited] of [
      ["busy-once", 205],
      ["broken-once", 205],
    ] as const) {
      const providers = testProviders();
      expect(await answerOf(model, {}, providers)).toMatchObject({ finish: "stop", error: undefined });
      expect(providers.waited).toEqual([waited]);
    }
    expect(provider.requests).toHaveLength(4);
  });

  test("come to an end, and the caller is told when to come again", async () => {
    const providers = testProviders();
    const { error } = await answerOf("busy", {}, providers);
    expect(error).toMatchObject({ code: "model_busy", status: 503, retryAfter: 1 });
    expect(provider.requests).toHaveLength(3);
    expect(providers.waited).toEqual([1200, 1400]);
  });

  test("are not made where it wants to be left alone for longer than a person waits", async () => {
    const providers = testProviders();
    expect((await answerOf("busy-long", {}, providers)).error).toMatchObject({ retryAfter: 3600 });
    expect(providers.waited).toEqual([]);
  });

  test("are not made where nothing would change", async () => {
    await answerOf("unauthorized");
    await answerOf("too-long");
    expect(provider.requests).toHaveLength(2);
  });
});

describe("stopping", () => {
  test("ends the provider's work, and is told from a failure of its own", async () => {
    const providers = testProviders();
    const controller = new AbortController();
    async function* untilHalf() {
      for await (const event of providers.streamAnswer(asking("held", { signal: controller.signal }))) {
        yield event;
        if (event.type === "text" && event.delta === " are") controller.abort();
      }
    }
    const { text, error } = await outcomeOf(untilHalf());
    expect(text).toBe("You asked: When are");
    expect(error).toMatchObject({ code: "answer_stopped", usage: { estimated: true } });
    expect(await provider.requests[0]!.hungUp).toBe(true);
    expect(providers.noted).toEqual([]);
  });

  test("works before the first byte, and before the first attempt", async () => {
    const controller = new AbortController();
    const answer = answerOf("silent", { signal: controller.signal });
    controller.abort();
    expect((await answer).error).toMatchObject({ code: "answer_stopped" });
    expect((await answerOf("ok", { signal: AbortSignal.abort() })).error).toMatchObject({
      code: "answer_stopped",
    });
    expect(provider.requests.filter(({ model }) => model === "ok")).toEqual([]);
  });

  test("works between two attempts", async () => {
    const controller = new AbortController();
    const wait = async (): Promise<void> => {
      controller.abort();
      throw new Error("aborted");
    };
    const providers = testProviders({ retries: { wait } });
    const { error } = await answerOf("busy", { signal: controller.signal }, providers);
    expect(error).toMatchObject({ code: "answer_stopped" });
    expect(provider.requests).toHaveLength(1);
  });

  test("is what leaving the loop does", async () => {
    for await (const event of testProviders().streamAnswer(asking("endless"))) {
      expect(event.type).toBe("text");
      break;
    }
    expect(await provider.requests[0]!.hungUp).toBe(true);
  });
});
