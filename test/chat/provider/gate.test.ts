import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { providerMetrics } from "../../../src/chat/provider/metrics.ts";
import { type Provider, startProvider } from "../../support/provider.ts";
import { outcomeOf, testProviders } from "../../support/providers.ts";

let provider: Provider;
let clock: number;
let registry: Registry;
beforeEach(async () => {
  provider = await startProvider();
  clock = 0;
  registry = new Registry();
});
afterEach(() => provider.close());

const opened = (most = 10) =>
  testProviders({
    metrics: providerMetrics(registry),
    gate: { most, failures: 3, rest: 30_000, now: () => clock },
    retries: { attempts: 1 },
  });
const messages = [{ role: "user", content: "Hi" }] as const;
const asked = (model: string, apiKey = "sk-one", signal?: AbortSignal) => ({
  endpoint: { baseUrl: provider.url, apiKey, owner: "installation" as const },
  model,
  messages,
  ...(signal && { signal }),
});
const codeOf = async (
  providers: ReturnType<typeof opened>,
  model: string,
  apiKey?: string,
): Promise<string> => (await outcomeOf(providers.streamAnswer(asked(model, apiKey)))).error?.code ?? "well";
const figure = async (name: string): Promise<number> =>
  Number(
    (await registry.metrics())
      .split("\n")
      .find((line) => line.startsWith(`${name} `))
      ?.split(" ")
      .at(-1),
  );

describe("an endpoint that failed three times in a row", () => {
  const broken = async () => {
    const providers = opened();
    for (const model of ["broken", "drop", "malformed"]) await codeOf(providers, model);
    return providers;
  };

  test("is left alone: it is not even asked", async () => {
    const providers = await broken();
    expect(await codeOf(providers, "ok")).toBe("model_resting");
    expect(provider.requests).toHaveLength(3);
    expect(await figure("rowhouse_model_resting")).toBe(1);
  });

  test("says when it may be asked again", async () => {
    const providers = await broken();
    clock = 12_000;
    const { error } = await outcomeOf(providers.streamAnswer(asked("ok")));
    expect(error).toMatchObject({ status: 503, retryAfter: 18 });
  });

  test("is left alone for embeddings too", async () => {
    const providers = await broken();
    const { endpoint } = asked("ok");
    await expect(providers.embed({ endpoint, model: "e", texts: ["a"] })).rejects.toMatchObject({
      code: "model_resting",
    });
  });

  test("is not left alone by those who have another key", async () => {
    expect(await codeOf(await broken(), "ok", "sk-other")).toBe("well");
  });

  test("is tried by one request after a while, and is well if that goes well", async () => {
    const providers = await broken();
    clock = 30_000;
    const trial = outcomeOf(providers.streamAnswer(asked("held")));
    await expect.poll(() => provider.requests.length).toBe(4);
    expect(await codeOf(providers, "ok")).toBe("model_resting");
    provider.release();
    expect((await trial).finish).toBe("stop");
    expect(await codeOf(providers, "ok")).toBe("well");
    expect(await figure("rowhouse_model_resting")).toBe(0);
    // …with as many chances as before.
    await codeOf(providers, "broken");
    await codeOf(providers, "broken");
    expect(await codeOf(providers, "ok")).toBe("well");
  });

  test("is left alone for as long again if it does not", async () => {
    const providers = await broken();
    clock = 30_000;
    expect(await codeOf(providers, "broken")).toBe("model_failed");
    clock = 59_999;
    expect(await codeOf(providers, "ok")).toBe("model_resting");
    clock = 60_000;
    expect(await codeOf(providers, "ok")).toBe("well");
  });

  test("may be tried by the next where the one who tried went away", async () => {
    const providers = await broken();
    clock = 30_000;
    const signal = AbortSignal.abort();
    await outcomeOf(providers.streamAnswer(asked("ok", "sk-one", signal)));
    expect(await codeOf(providers, "ok")).toBe("well");
  });
});

test("what is not the endpoint's illness does not count: a wrong key, a long prompt, a limit", async () => {
  const providers = opened();
  for (const model of ["unauthorized", "too-long", "busy-long", "unauthorized", "redirect"])
    await codeOf(providers, model);
  expect(await codeOf(providers, "ok")).toBe("well");
});

test("an answer that goes well forgives failures before", async () => {
  const providers = opened();
  for (const model of ["broken", "broken", "ok", "broken", "broken"]) await codeOf(providers, model);
  expect(await codeOf(providers, "ok")).toBe("well");
});

test("no more answers of one endpoint are under way at a time than may be; each that ends makes room", async () => {
  const providers = opened(2);
  const [one, other] = [providers.streamAnswer(asked("held")), providers.streamAnswer(asked("held"))];
  await Promise.all([one.next(), other.next()]);
  expect(await figure("rowhouse_model_running")).toBe(2);
  expect(await codeOf(providers, "ok")).toBe("model_crowded");
  expect(await codeOf(providers, "ok", "sk-other")).toBe("well");
  await one.return();
  expect(await codeOf(providers, "ok")).toBe("well");
  await other.return();
  expect(await figure("rowhouse_model_running")).toBe(0);
});

test("figures tell how calls go and what they cost, and name nobody", async () => {
  const providers = opened();
  await codeOf(providers, "reasoning");
  await codeOf(providers, "broken");
  const page = await registry.metrics();
  expect(page).toContain('rowhouse_model_duration_seconds_count{kind="answer",outcome="ok"} 1');
  expect(page).toContain('rowhouse_model_duration_seconds_count{kind="answer",outcome="model_failed"} 1');
  expect(page).toContain('rowhouse_model_tokens_total{kind="reasoning"} 3');
  expect(await figure("rowhouse_model_first_word_seconds_count")).toBe(1);
  expect(page).not.toContain("127.0.0.1");
});
