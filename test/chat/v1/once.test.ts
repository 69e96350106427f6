import { createHash, randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createGuestKey } from "../../support/guests.ts";
import { type OpenAIWorld, openAIWorld, secretKey } from "../../support/openai.ts";
import { eventually, startTestServer } from "../../support/server.ts";

// A program that lost an answer sends the same again, with the same Idempotency-Key, and is charged once.

let world: OpenAIWorld;
let headers: Record<string, string>;
beforeAll(async () => {
  world = await openAIWorld();
  headers = await keyOf();
});
afterAll(() => world.close());
beforeEach(() => {
  world.provider.reply = () => "Thirty days [1].";
});

const keyOf = async () => ({
  Authorization: `Bearer ${await secretKey(world.database, world.acme.member)}`,
});
const turns = async () =>
  Number((await world.database.admin.query("select count(*) from auth.turns")).rows[0].count);

type Asking = readonly [path: string, body: Record<string, unknown>];
const completion = (model = "ok", more: object = {}): Asking => [
  "/v1/chat/completions",
  { model, messages: [{ role: "user", content: "How many days of leave?" }], ...more },
];
const response = (model = "ok", more: object = {}): Asking => [
  "/v1/responses",
  { model, input: "How many days of leave?", ...more },
];
const send = ([path, body]: Asking, key: string, as = headers, server = world.server) =>
  server.post(path, body, { ...as, "Idempotency-Key": key });

describe.each([
  ["a completion", completion()],
  ["a completion that is streamed", completion("ok", { stream: true })],
  ["a response", response()],
  ["a response that is streamed", response("ok", { stream: true })],
])("%s that is sent twice with one Idempotency-Key", (_, asking) => {
  test("is asked and charged once, and answered the same", async () => {
    const key = randomUUID();
    const [before, asked] = [await turns(), world.provider.requests.length];
    const first = await send(asking, key);
    const second = await send(asking, key);
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(JSON.stringify(first.body)).toContain("Thirty");
    expect(second.body).toEqual(first.body);
    expect([first, second].map((answer) => answer.headers.get("Idempotency-Replayed"))).toEqual([
      null,
      "true",
    ]);
    expect([await turns(), world.provider.requests.length]).toEqual([before + 1, asked + 1]);
  });

  test("is one turn also at the same time", async () => {
    const key = randomUUID();
    const before = await turns();
    const all = await Promise.all(Array.from({ length: 4 }, () => send(asking, key)));
    expect(new Set(all.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(await turns()).toBe(before + 1);
  });
});

describe("an Idempotency-Key", () => {
  test.each([
    ["another question", completion("ok", { temperature: 0.1 })],
    ["another call", response()],
  ])("that was used is refused for %s", async (_, asking) => {
    const key = randomUUID();
    await send(completion(), key);
    const before = await turns();
    const { status, body } = await send(asking, key);
    expect([status, body.error.code]).toEqual([422, "idempotency_key_reused"]);
    expect(await turns()).toBe(before);
  });

  test("that is none is refused", async () => {
    const { status, body } = await send(completion(), "two words");
    expect([status, body.error.code]).toEqual([400, "idempotency_key_invalid"]);
  });

  test("is good again where the model failed, and nothing is charged twice", async () => {
    const key = randomUUID();
    const failed = await send(completion("broken-once"), key);
    // It tries again by itself; one that goes on failing is what a client comes back for.
    expect(failed.status).toBe(200);
    const other = randomUUID();
    const drop = await send(completion("drop"), other);
    expect([drop.status, drop.body.error?.code]).toEqual([502, "model_cut"]);
    const before = await turns();
    expect((await send(completion("drop"), other)).headers.get("Idempotency-Replayed")).toBeNull();
    expect(await turns()).toBe(before + 1);
  });

  test("gives the answer to no other credential of the same person", async () => {
    const key = randomUUID();
    await send(completion(), key);
    const before = await turns();
    const { status, body } = await send(completion(), key, await keyOf());
    expect([status, body.error.code]).toEqual([409, "idempotency_replayed"]);
    expect(JSON.stringify(body)).not.toContain("Thirty");
    expect(await turns()).toBe(before);
  });

  test("of one person is another's to use", async () => {
    const key = randomUUID();
    await send(completion(), key);
    const others = { Authorization: `Bearer ${await secretKey(world.database, world.globex.member)}` };
    const { status, headers: said } = await send(completion(), key, others);
    expect([status, said.get("Idempotency-Replayed")]).toEqual([200, null]);
  });

  test("has the answer go on without whoever asked, who comes back for it", async () => {
    const key = randomUUID();
    world.provider.reply = () => "Thirty days, and one more.";
    const gone = new AbortController();
    const [path, body] = completion("held", { stream: true });
    const left = fetch(world.server.url + path, {
      method: "POST",
      headers: { ...headers, "Content-Type": "application/json", "Idempotency-Key": key },
      body: JSON.stringify(body),
      signal: gone.signal,
    });
    const request = await eventually(() => world.provider.requests.find(({ model }) => model === "held"));
    const { body: reader } = await left;
    gone.abort();
    await expect(reader!.getReader().read()).rejects.toThrow();
    const again = send([path, body], key);
    world.provider.release();
    expect(await request.hungUp).toBe(false);
    expect((await again).body).toContain(" more.");
    const [event] = await world.usage(world.acme);
    expect(event).toMatchObject({ model: "held", outcome: "complete" });
  });

  test("whose answer is not there any more says so, and does not ask again", async () => {
    const key = randomUUID();
    await send(completion(), key);
    const later = await startTestServer(world.database, {
      MODEL_PROVIDER_URL: world.provider.url,
      MODEL_PROVIDER_INTERNAL: "on",
      MODEL: "ok",
    });
    const before = await turns();
    const { status, body, headers: said } = await send(completion(), key, headers, later);
    await later.close();
    expect([status, body.error.code, said.get("X-Should-Retry")]).toEqual([
      409,
      "idempotency_replayed",
      "false",
    ]);
    expect(await turns()).toBe(before);
  });

  test("is not in the database as it was sent", async () => {
    const key = randomUUID();
    await send(completion(), key);
    const { rows } = await world.database.admin.query(
      "select encode(idempotency_key, 'hex') as key from auth.turns order by id desc limit 1",
    );
    expect(rows).toEqual([{ key: createHash("sha256").update(key).digest("hex") }]);
  });

  test("of a page's publishable key is one turn as well", async () => {
    const widget = await createGuestKey(world.database, world.acme.tenantId);
    const key = randomUUID();
    const before = await turns();
    const first = await send(completion(), key, widget.headers);
    expect((await send(completion(), key, widget.headers)).body).toEqual(first.body);
    expect(await turns()).toBe(before + 1);
  });
});
