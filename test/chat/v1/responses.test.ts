import type OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readAll } from "../../support/answers.ts";
import { type OpenAIWorld, openAIClient, openAIWorld, secretKey } from "../../support/openai.ts";
import { STUB_MODELS } from "../../support/provider.ts";
import { startTestServer } from "../../support/server.ts";

// The `openai` package is the client of responses, embeddings and the list of models.

let world: OpenAIWorld;
let client: OpenAI;
beforeAll(async () => {
  world = await openAIWorld();
  client = openAIClient(world.server, await secretKey(world.database, world.acme.member));
});
afterAll(() => world.close());
beforeEach(() => {
  world.provider.reply = () => "Thirty days [1].";
});

const ask = { model: "ok", input: "How many days of leave?" };
const asked = () => world.provider.requests.at(-1)!.body;

describe("a response", () => {
  test("answers from the documents of the company, and names them", async () => {
    const response = await client.responses.create(ask);
    expect(response).toMatchObject({
      object: "response",
      status: "completed",
      output_text: "Thirty days [1].",
    });
    expect(response.id).toMatch(/^resp_[0-9a-f]{32}$/);
    expect(response.output).toMatchObject([
      { type: "message", content: [{ annotations: [{ type: "file_citation", filename: "Leave" }] }] },
    ]);
    expect(response.usage!.output_tokens).toBe(3);
    expect(JSON.stringify(asked())).toContain("Acme gives thirty days");
    expect(JSON.stringify(asked())).not.toContain("Globex gives");
  });

  test("adds its instructions to the company's prompt, and takes its own output as what was said", async () => {
    const first = await client.responses.create(ask);
    await client.responses.create({
      model: "ok",
      instructions: "Answer in verse.",
      input: [
        { role: "user", content: "Leave?" },
        ...(first.output as OpenAI.Responses.ResponseInput),
        { role: "user", content: "Really?" },
      ],
      max_output_tokens: 77,
    });
    const messages: { role: string; content: string }[] = asked().messages;
    expect(messages.map(({ role }) => role)).toEqual(["system", "system", "user", "assistant", "user"]);
    expect(messages[1]!.content).toBe("Answer in verse.");
    expect(messages[3]!.content).toBe("Thirty days [1].");
    expect(asked().max_completion_tokens ?? asked().max_tokens).toBe(77);
  });

  test("is streamed from response.created to response.completed", async () => {
    const stream = client.responses.stream(ask);
    const types: string[] = [];
    stream.on("event", ({ type }) => types.push(type));
    const response = await stream.finalResponse();
    expect(types.at(0)).toBe("response.created");
    expect(types).toContain("response.output_text.annotation.added");
    expect(types.at(-1)).toBe("response.completed");
    expect(response.output_text).toBe("Thirty days [1].");
  });

  test("ends as failed when the model breaks off", async () => {
    const events = await readAll(await client.responses.create({ ...ask, model: "drop", stream: true }));
    expect(events.at(-1)).toMatchObject({ type: "response.failed" });
    expect(JSON.stringify(events.at(-1))).toContain("model_cut");
  });

  test("is stopped and settled when its reader goes away", async () => {
    const stream = await client.responses.create({ ...ask, model: "held", stream: true });
    for await (const { type } of stream) if (type === "response.output_text.delta") break;
    expect(await world.provider.requests.at(-1)!.hungUp).toBe(true);
  });

  test("needs no model: the company's choice answers", async () => {
    const response = await client.responses.create({ input: "How many days of leave?" });
    expect(response.model).toBe("ok");
  });
});

describe("embeddings", () => {
  test("come as floats and as what the package asks for by itself, and are the same", async () => {
    const input = ["leave and holidays", "invoices"];
    const packed = await client.embeddings.create({ model: "words", input });
    const plain = await client.embeddings.create({ model: "words", input, encoding_format: "float" });
    expect(packed).toMatchObject({ object: "list", model: "words" });
    expect(packed.data.map(({ index }) => index)).toEqual([0, 1]);
    for (const [at, { embedding }] of plain.data.entries()) {
      expect(embedding).toHaveLength(world.provider.dimensions);
      expect(Math.hypot(...embedding)).toBeCloseTo(1);
      for (const [place, figure] of packed.data[at]!.embedding.entries())
        expect(figure).toBeCloseTo(embedding[place]!);
    }
  });

  test("cost what they cost, and nothing of them is kept", async () => {
    const { usage } = await client.embeddings.create({ model: "priced", input: "leave", dimensions: 8 });
    expect(usage.prompt_tokens).toBeGreaterThan(0);
    expect((await world.usage(world.acme))[0]).toMatchObject({
      generator: "embedding",
      model: "priced",
      outcome: "complete",
      input_tokens: usage.prompt_tokens,
      output_tokens: 0,
      user_id: world.acme.member.userId,
    });
  });

  test("are refused where nobody makes them, and where the provider fails", async () => {
    await expect(client.embeddings.create({ model: "extractive", input: "leave" })).rejects.toMatchObject({
      status: 403,
      code: "model_not_allowed",
    });
    await expect(client.embeddings.create({ model: "embed-short", input: "leave" })).rejects.toMatchObject({
      status: 502,
      code: "model_malformed",
    });
    expect((await world.usage(world.acme))[0]).toMatchObject({ model: "embed-short", outcome: "failed" });
    await expect(client.embeddings.create({ model: "words", input: "" })).rejects.toMatchObject({
      status: 400,
      param: "input",
    });
  });
});

describe("the list of models", () => {
  test("has the installation's, the default first, and the extractive generator", async () => {
    const { data } = await client.models.list();
    expect(data.map(({ id }) => id)).toEqual([...STUB_MODELS.split(","), "extractive"]);
  });

  test("is what may be asked for: of an installation without one its default, and what embeds documents", async () => {
    const server = await startTestServer(world.database, {
      MODEL_PROVIDER_URL: world.provider.url,
      MODEL_PROVIDER_INTERNAL: "on",
      MODEL: "ok",
      EMBEDDING_MODEL: "words",
    });
    try {
      const there = openAIClient(server, await secretKey(world.database, world.acme.member));
      const before = world.provider.requests.length;
      expect((await there.models.list()).data.map(({ id }) => id)).toEqual(["ok", "extractive"]);
      const refused = { status: 403, code: "model_not_allowed" };
      await expect(there.responses.create({ ...ask, model: "reasoning" })).rejects.toMatchObject(refused);
      await expect(there.responses.create({ ...ask, model: "words" })).rejects.toMatchObject(refused);
      await expect(there.embeddings.create({ model: "priced", input: "leave" })).rejects.toMatchObject(
        refused,
      );
      expect(world.provider.requests).toHaveLength(before);
      expect((await there.responses.create(ask)).model).toBe("ok");
      expect((await there.embeddings.create({ model: "words", input: "leave" })).model).toBe("words");
    } finally {
      await server.close();
    }
  });

  test("has those of the company's own provider instead, its default first", async () => {
    const offered = async (models: string[] | null, standard: string | null) => {
      await world.database.admin.query(
        `insert into auth.model_providers (tenant_id, id, base_url, models, default_model)
         values ($1, uuidv7(), 'https://models.example/v1', $2, $3)
         on conflict (tenant_id) do update set models = excluded.models, default_model = excluded.default_model`,
        [world.acme.tenantId, models, standard],
      );
      return (await client.models.list()).data.map(({ id }) => id);
    };
    expect(await offered(["small", "large"], "large")).toEqual(["large", "small", "extractive"]);
    expect(await offered(["small", "large"], null)).toEqual(["small", "large", "extractive"]);
    expect(await offered(null, "any")).toEqual(["any", "extractive"]);
    expect(await offered(null, null)).toEqual(["ok", "extractive"]);
    await world.database.admin.query("update auth.model_providers set active = false");
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual([
      ...STUB_MODELS.split(","),
      "extractive",
    ]);
  });
});
