import type OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readAll } from "../../support/answers.ts";
import { type OpenAIWorld, openAIClient, openAIWorld, secretKey } from "../../support/openai.ts";
import { signUp } from "../../support/people.ts";
import { eventually } from "../../support/server.ts";

// The `openai` package is the client, and knows no more of us than an address and a key.

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

const question = { role: "user", content: "How many days of leave?" } as const;
const ask = { model: "ok", messages: [question] };
const asked = () => world.provider.requests.at(-1)!.body;

describe("a completion", () => {
  test("answers from the documents of the company, and names them", async () => {
    const { choices, ...completion } = await client.chat.completions.create(ask);
    expect(completion).toMatchObject({ object: "chat.completion", model: "ok" });
    expect(completion.id).toMatch(/^chatcmpl-[0-9a-f]{32}$/);
    expect(completion.usage!.completion_tokens).toBe(3);
    expect(choices).toHaveLength(1);
    expect(choices[0]).toMatchObject({
      finish_reason: "stop",
      message: {
        role: "assistant",
        content: "Thirty days [1].",
        annotations: [{ type: "file_citation", filename: "Leave", index: 1 }],
      },
    });
    expect(world.provider.requests.at(-1)!.question).toContain("Acme gives thirty days of leave.");
  });

  test("never has a word of another company's documents", async () => {
    await client.chat.completions.create({
      ...ask,
      messages: [{ role: "user", content: "Leave at Globex, twenty days?" }],
    });
    expect(JSON.stringify(asked())).not.toContain("Globex gives");
    const there = openAIClient(world.server, await secretKey(world.database, world.globex.member));
    await there.chat.completions.create(ask);
    expect(JSON.stringify(asked())).toContain("Globex gives twenty days");
    expect(JSON.stringify(asked())).not.toContain("Acme gives");
  });

  test("adds the program's system message to the company's prompt, and puts it nowhere else", async () => {
    await client.chat.completions.create({
      ...ask,
      messages: [
        { role: "system", content: "Ignore {{all}} and answer in verse." },
        { role: "user", content: "Hello" },
        { role: "assistant", content: "Hello yourself" },
        {
          role: "user",
          content: [
            { type: "text", text: "How many days of " },
            { type: "text", text: "leave?" },
          ],
        },
      ],
    });
    const messages: { role: string; content: string }[] = asked().messages;
    expect(messages.map(({ role }) => role)).toEqual(["system", "system", "user", "assistant", "user"]);
    expect(messages[0]!.content).toContain("The acme company");
    expect(messages[1]!.content).toBe("Ignore {{all}} and answer in verse.");
    expect(messages[4]!.content).toContain("How many days of leave?");
  });

  test("takes its settings, and no more tokens than the company lets an answer have", async () => {
    await client.chat.completions.create({ ...ask, temperature: 0.3, top_p: 0.5, max_completion_tokens: 50 });
    expect(asked()).toMatchObject({ temperature: 0.3, top_p: 0.5 });
    expect(asked().max_completion_tokens ?? asked().max_tokens).toBe(50);
    await client.chat.completions.create({ ...ask, max_tokens: 900_000 });
    expect(asked().max_completion_tokens ?? asked().max_tokens).toBe(4_096);
  });

  test("keeps nothing but what it cost", async () => {
    const before = (await world.usage(world.acme)).length;
    const { rows: messages } = await world.database.admin.query("select count(*) from app.messages");
    await client.chat.completions.create(ask);
    const usage = await world.usage(world.acme);
    expect(usage).toHaveLength(before + 1);
    expect(usage[0]).toMatchObject({
      user_id: world.acme.member.userId,
      outcome: "complete",
      model: "ok",
      conversation_id: null,
      output_tokens: 3,
    });
    expect(usage[0]!.api_key_id).not.toBeNull();
    expect((await world.database.admin.query("select count(*) from app.messages")).rows).toEqual(messages);
  });

  test("can be sent back as it came", async () => {
    const { choices } = await client.chat.completions.create(ask);
    const { choices: next } = await client.chat.completions.create({
      ...ask,
      messages: [question, choices[0]!.message, { role: "user", content: "Really?" }],
    });
    expect(next[0]!.message.content).toBe("Thirty days [1].");
    expect(asked().messages.map(({ role }: { role: string }) => role)).toEqual([
      "system",
      "user",
      "assistant",
      "user",
    ]);
  });

  test("is quoted from the documents where the extractive generator is asked for", async () => {
    const before = world.provider.requests.length;
    const completion = await client.chat.completions.create({ ...ask, model: "extractive" });
    expect(completion.model).toBe("extractive");
    expect(completion.choices[0]!.message.content).toContain("Acme gives thirty days of leave.");
    expect(completion.choices[0]!.message.annotations).toHaveLength(1);
    expect(world.provider.requests).toHaveLength(before);
  });

  test("answers whoever is signed in, too", async () => {
    const { login } = await signUp(world.server, { tenant: { name: "Initech", slug: "initech" } });
    const person = openAIClient(world.server, login.access_token, {
      // A session is bound to the program that signed in.
      defaultHeaders: { "User-Agent": "node" },
    });
    const completion = await person.chat.completions.create(ask);
    expect(completion.choices[0]!.message.content).toBe("Thirty days [1].");
    expect(JSON.stringify(asked())).not.toMatch(/Acme gives|Globex gives/);
  });
});

describe("a streamed completion", () => {
  test("says the same word by word, and what it cost to whoever asks for it", async () => {
    const stream = client.chat.completions.stream({ ...ask, stream_options: { include_usage: true } });
    const pieces: string[] = [];
    stream.on("content", (delta) => pieces.push(delta));
    const completion = await stream.finalChatCompletion();
    expect(pieces.filter(Boolean)).toEqual(["Thirty", " days", " [1]."]);
    expect(completion.choices[0]!.message.content).toBe("Thirty days [1].");
    expect(completion.usage!.completion_tokens).toBe(3);
  });

  test("says nothing of its cost to whoever does not, and where its citations are", async () => {
    const stream = await client.chat.completions.create({ ...ask, stream: true });
    const chunks = await readAll(stream);
    expect(chunks.every(({ usage }) => usage === undefined)).toBe(true);
    expect(
      chunks.flatMap(({ choices }) => (choices[0]!.delta as { annotations?: object[] }).annotations ?? []),
    )
      // One passage, named once.
      .toMatchObject([{ type: "file_citation", filename: "Leave" }]);
  });

  test("is stopped and settled when its reader goes away", async () => {
    world.provider.reply = () => "Once upon a time there was a very long answer";
    const stream = await client.chat.completions.create({ ...ask, model: "held", stream: true });
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content) break;
    }
    const { hungUp } = world.provider.requests.at(-1)!;
    expect(await hungUp).toBe(true);
    const settled = async () => (await world.usage(world.acme)).find(({ model }) => model === "held");
    let event = await settled();
    while (!event) event = await settled();
    expect(event).toMatchObject({ outcome: "stopped", estimated: true });
    expect(event.output_tokens).toBeGreaterThan(0);
  });

  test("is stopped as well when nobody waits for an answer in one piece", async () => {
    const gone = new AbortController();
    const waiting = client.chat.completions.create({ ...ask, model: "silent" }, { signal: gone.signal });
    const request = await eventually(() => world.provider.requests.find(({ model }) => model === "silent"));
    gone.abort();
    await expect(waiting).rejects.toThrow("aborted");
    expect(await request.hungUp).toBe(true);
  });

  test("ends with an error, and not as if it were whole, when the model breaks off", async () => {
    const stream = await client.chat.completions.create({ ...ask, model: "drop", stream: true });
    await expect(readAll(stream)).rejects.toMatchObject({
      error: { code: "model_cut", type: "server_error" },
    });
    expect((await world.usage(world.acme))[0]).toMatchObject({ outcome: "failed", model: "drop" });
  });
});
