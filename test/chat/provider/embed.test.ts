import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { EmbedAsk } from "../../../src/chat/provider/embed.ts";
import { type Provider, startProvider } from "../../support/provider.ts";
import { testProviders } from "../../support/providers.ts";

let provider: Provider;
beforeEach(async () => {
  provider = await startProvider();
});
afterEach(() => provider.close());

const TEXTS = ["holidays in May", "May is for holidays", "boats and harbours"];
const embedding = (given: Partial<EmbedAsk> = {}, providers = testProviders()) =>
  providers.embed({
    endpoint: { baseUrl: provider.url, apiKey: "sk-x", owner: "installation" },
    model: "embed",
    texts: TEXTS,
    ...given,
  });
const product = (one: readonly number[], other: readonly number[]): number =>
  one.reduce((sum, figure, at) => sum + figure * other[at]!, 0);

describe("vectors", () => {
  test("have length 1 and are nearer where texts are", async () => {
    const { vectors, usage } = await embedding();
    const [one, other, boats] = vectors as [number[], number[], number[]];
    for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 12);
    expect(product(one, other)).toBeGreaterThan(product(one, boats));
    expect(usage).toEqual({ input: 10, estimated: false });
  });

  test("are asked for in batches of so many texts and characters, and come in the order of the texts", async () => {
    const texts = Array.from({ length: 10 }, (_, n) => `text ${n}`);
    const all = await embedding({ texts });
    const few = await embedding({ texts, limits: { texts: 4 } });
    const short = await embedding({ texts: [...texts, "x".repeat(100)], limits: { characters: 20 } });
    expect(few.vectors).toEqual(all.vectors);
    expect(short.vectors.slice(0, 10)).toEqual(all.vectors);
    expect(provider.requests.map(({ body }) => body.input.length)).toEqual([10, 4, 4, 2, 3, 3, 3, 1, 1]);
  });

  test("of no texts are none, and cost no request", async () => {
    expect(await embedding({ texts: [] })).toEqual({ vectors: [], usage: { input: 0, estimated: false } });
    expect(provider.requests).toEqual([]);
  });

  test("are put into order where the provider does not", async () => {
    expect((await embedding({ model: "embed-shuffled" })).vectors).toEqual((await embedding()).vectors);
  });

  test("have as many figures as were asked for", async () => {
    expect((await embedding({ dimensions: 8 })).vectors.map(({ length }) => length)).toEqual([8, 8, 8]);
    expect(provider.requests[0]!.body).toMatchObject({ dimensions: 8, encoding_format: "float" });
  });
});

describe("a provider is not believed that", () => {
  test.each([
    ["gives a vector too few", "embed-short"],
    ["gives something that is no number", "embed-nan"],
    ["gives vectors of several lengths", "embed-wide"],
    ["answers with a page", "html"],
  ])("%s", async (_what, model) => {
    await expect(embedding({ model })).rejects.toMatchObject({ code: "model_malformed" });
  });

  test("gives another length than was asked for", async () => {
    await expect(embedding({ model: "embed-wide", texts: ["one"], dimensions: 64 })).rejects.toMatchObject({
      code: "model_malformed",
    });
  });
});

describe("failures are told apart as those of answers are:", () => {
  test.each([
    ["busy-long", "model_busy"],
    ["broken", "model_failed"],
    ["unauthorized", "model_key_refused"],
    ["redirect", "model_redirects"],
  ])("%s is %s", async (model, code) => {
    const providers = testProviders();
    await expect(embedding({ model }, providers)).rejects.toMatchObject({ code });
    expect(providers.noted).toMatchObject([{ code, kind: "embedding" }]);
  });

  test("silence ends after a while", async () => {
    await expect(embedding({ model: "silent", limits: { patience: 50 } })).rejects.toMatchObject({
      code: "answer_too_slow",
    });
  });

  test("being told to stop is no failure of the provider", async () => {
    const signal = AbortSignal.abort();
    await expect(embedding({ signal })).rejects.toMatchObject({ code: "answer_stopped" });
  });

  test("what fails in passing is tried again", async () => {
    expect((await embedding({ model: "busy-once" })).vectors).toHaveLength(3);
  });
});
