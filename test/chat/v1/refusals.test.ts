import OpenAI, { type APIError } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createGuestKey } from "../../support/guests.ts";
import { type OpenAIWorld, openAIClient, openAIWorld, secretKey } from "../../support/openai.ts";
import { STUB_MODELS } from "../../support/provider.ts";
import { startTestServer } from "../../support/server.ts";

// What a program sees when it may not, cannot or should not: each error is of the class that the `openai` package has for it.

let world: OpenAIWorld;
let key: string;
let client: OpenAI;
beforeAll(async () => {
  world = await openAIWorld();
  key = await secretKey(world.database, world.acme.member);
  client = openAIClient(world.server, key);
});
afterAll(() => world.close());

const ask = { model: "ok", messages: [{ role: "user" as const, content: "How many days of leave?" }] };

/** What a call is refused with. */
async function refusalOf(call: PromiseLike<unknown>): Promise<APIError> {
  try {
    await call;
  } catch (error) {
    return error as APIError;
  }
  throw new Error("it was not refused");
}

/** A completion with a parameter that the package's types may not have. */
const asking = (more: object) => refusalOf(client.chat.completions.create({ ...ask, ...more } as typeof ask));
const responding = (more: object) =>
  refusalOf(client.responses.create({ model: "ok", input: "Leave?", ...more }));

describe("a caller who may not", () => {
  test("has no good key: 401", async () => {
    const cut = await refusalOf(openAIClient(world.server, key.slice(0, -1)).chat.completions.create(ask));
    expect(cut).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(cut).toMatchObject({ status: 401, code: "api_key_invalid", type: "authentication_error" });
    const unknown = await secretKey(world.database, world.acme.colleague);
    await world.database.admin.query("update auth.api_keys set revoked_at = now() where user_id = $1", [
      world.acme.colleague.userId,
    ]);
    const revoked = await refusalOf(openAIClient(world.server, unknown).models.list());
    expect(revoked).toMatchObject({ status: 401, code: "api_key_revoked" });
  });

  test("lacks the permission to chat: 403, and nothing is asked", async () => {
    const viewer = openAIClient(world.server, await secretKey(world.database, world.acme.viewer));
    const before = world.provider.requests.length;
    for (const call of [
      () => viewer.chat.completions.create(ask),
      () => viewer.responses.create({ model: "ok", input: "Leave?" }),
      () => viewer.embeddings.create({ model: "ok", input: "leave" }),
      () => viewer.models.list(),
    ]) {
      const refusal = await refusalOf(call());
      expect(refusal).toBeInstanceOf(OpenAI.PermissionDeniedError);
      expect(refusal).toMatchObject({ code: "permission_denied", type: "permission_error" });
      expect(refusal.error).toMatchObject({ permission: "chat" });
    }
    expect(world.provider.requests).toHaveLength(before);
  });

  test("has a key for another page: 401; from its own page it answers", async () => {
    const widget = await createGuestKey(world.database, world.globex.tenantId);
    const from = (Origin: string) =>
      openAIClient(world.server, widget.key, { defaultHeaders: { Origin } }).chat.completions.create(ask);
    expect(await refusalOf(from("https://evil.example"))).toMatchObject({
      status: 401,
      code: "api_key_origin_refused",
    });
    expect((await from(widget.headers.Origin!)).choices).toHaveLength(1);
  });

  test("asks for a model that the company does not have answer: 403", async () => {
    await world.database.admin.query(
      `insert into auth.model_providers (tenant_id, id, base_url, models) values ($1, uuidv7(), 'https://models.example/v1', '{small}')`,
      [world.globex.tenantId],
    );
    const there = openAIClient(world.server, await secretKey(world.database, world.globex.member));
    expect(await refusalOf(there.chat.completions.create(ask))).toMatchObject({
      status: 403,
      code: "model_not_allowed",
    });
    expect((await there.models.list()).data.map(({ id }) => id)).toEqual(["small", "extractive"]);
  });

  test("asks too often: 429, and when to come back", async () => {
    const narrow = await startTestServer(world.database, { RATE_LIMIT: "1" });
    try {
      const often = openAIClient(narrow, key);
      await often.models.list();
      const refusal = await refusalOf(often.models.list());
      expect(refusal).toBeInstanceOf(OpenAI.RateLimitError);
      expect(refusal).toMatchObject({ code: "too_many_requests", type: "rate_limit_error" });
      expect(Number(refusal.headers!.get("Retry-After"))).toBeGreaterThan(0);
      expect(refusal.headers!.get("X-Should-Retry")).toBeNull();
    } finally {
      await narrow.close();
    }
  });

  test("has a key that is good for fewer requests than others: 429 as well", async () => {
    const slow = await secretKey(world.database, world.acme.admin);
    await world.database.admin.query(
      "update auth.api_keys set requests_per_minute = 2 where user_id = $1 and name = 'For a program'",
      [world.acme.admin.userId],
    );
    const program = openAIClient(world.server, slow);
    for (let n = 0; n < 2; n++) await program.models.list();
    expect(await refusalOf(program.models.list())).toMatchObject({ status: 429, code: "too_many_requests" });
  });

  test("has used up a budget: 402, and a price that nobody knows: 409 that is not tried again", async () => {
    const { admin, auth } = world.database;
    await admin.query(
      `insert into app.budgets (tenant_id, level, model, period, cap_micros) values ($1, 'model', 'dear', 'month', 1)`,
      [world.acme.tenantId],
    );
    expect(await asking({ model: "dear" })).toMatchObject({ status: 409, code: "price_unknown" });
    expect((await asking({ model: "dear" })).headers!.get("X-Should-Retry")).toBe("false");
    await auth.query("select auth.set_model_price('dear', 1000000, 1000000)");
    expect(await asking({ model: "dear" })).toMatchObject({
      status: 402,
      code: "budget_exceeded",
      type: "insufficient_quota",
    });
    const embedding = await refusalOf(client.embeddings.create({ model: "dear", input: "leave" }));
    expect(embedding).toMatchObject({ status: 402, code: "budget_exceeded" });
  });
});

describe("a parameter that is not done here", () => {
  test.each([
    ["tools", [{ type: "function", function: { name: "f" } }]],
    ["n", 2],
    ["stop", ["."]],
    ["response_format", { type: "json_object" }],
    ["logprobs", true],
    ["seed", 7],
    ["store", true],
    ["presence_penalty", 1],
    ["reasoning_effort", "high"],
    ["nobody_knows", 1],
  ])("%s of a completion is refused by its name", async (param, value) => {
    const refusal = await asking({ [param]: value });
    expect(refusal).toBeInstanceOf(OpenAI.BadRequestError);
    expect(refusal).toMatchObject({ code: "invalid_input", param, type: "invalid_request_error" });
  });

  test.each([
    ["previous_response_id", "resp_1"],
    ["conversation", "conv_1"],
    ["background", true],
    ["tools", [{ type: "web_search" }]],
    ["text", { format: { type: "json_object" } }],
    ["reasoning", { effort: "high" }],
    ["store", true],
  ])("%s of a response is refused by its name", async (param, value) => {
    expect(await responding({ [param]: value })).toMatchObject({ status: 400, code: "invalid_input", param });
  });

  test("is taken where it asks for what happens anyway", async () => {
    const usual = { n: 1, stop: null, tools: [], tool_choice: "none", presence_penalty: 0, store: false };
    const completion = await client.chat.completions.create({ ...ask, ...usual, user: "u1" } as typeof ask);
    expect(completion.choices).toHaveLength(1);
  });

  test("of a message is named with its place", async () => {
    const sound = [{ type: "input_audio", input_audio: { data: "", format: "wav" } }];
    expect(await asking({ messages: [{ role: "user", content: sound }] })).toMatchObject({
      param: "messages[0].content",
    });
    expect(await asking({ messages: [...ask.messages, { role: "tool", content: "x" }] })).toMatchObject({
      param: "messages[1].role",
    });
    expect(await asking({ messages: [{ role: "assistant", content: "x" }] })).toMatchObject({
      param: "messages",
    });
    expect(await asking({ stream_options: { include_usage: true } })).toMatchObject({
      param: "stream_options",
    });
  });
});

describe("a model that fails", () => {
  test.each([
    ["busy", 503, "model_busy"],
    ["broken", 502, "model_failed"],
    ["unauthorized", 502, "model_key_refused"],
    ["too-long", 413, "prompt_too_long"],
    ["html", 502, "model_malformed"],
    ["redirect", 502, "model_redirects"],
    ["drop", 502, "model_cut"],
  ])(
    "%s: is %i %s, also where a stream was asked for, and settled as failed",
    async (model, status, code) => {
      // Each from a process of its own, so that the breaker of one is not that of the next.
      const server = await startTestServer(world.database, {
        MODEL_PROVIDER_URL: world.provider.url,
        MODEL_PROVIDER_INTERNAL: "on",
        MODEL: "ok",
        MODEL_PROVIDER_MODELS: STUB_MODELS,
      });
      try {
        const there = openAIClient(server, key);
        expect(await refusalOf(there.chat.completions.create({ ...ask, model }))).toMatchObject({
          status,
          code,
        });
        expect(await refusalOf(there.responses.create({ model, input: "Leave?" }))).toMatchObject({
          status,
          code,
        });
        if (model !== "drop") {
          const streamed = there.chat.completions.create({ ...ask, model, stream: true });
          expect(await refusalOf(streamed)).toMatchObject({ status, code });
        }
        expect((await world.usage(world.acme))[0]).toMatchObject({ model, outcome: "failed" });
      } finally {
        await server.close();
      }
    },
  );
});
