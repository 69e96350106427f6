import { randomUUID } from "node:crypto";
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Chat, type Headers, metadataIn, openStream, startChat } from "../../support/chatting.ts";
import { STUB_MODELS } from "../../support/provider.ts";
import { startRedis, type TestRedis } from "../../support/redis.ts";
import { eventually, startTestServer } from "../../support/server.ts";
import { type ServingCommand, startServing } from "../../support/serving_command.ts";

// A process dies, or leaves, in the middle of answers. `chat.server` is another one, which goes on.

let redis: TestRedis;
let chat: Chat;
let member: Headers;
beforeAll(async () => {
  redis = await startRedis();
  chat = await startChat("ok", { REDIS_URL: redis.url });
  member = await chat.headersOf(chat.acme.member);
  await chat.database.admin.query("delete from app.budgets");
  await chat.database.admin.query(
    "insert into app.budgets (tenant_id, level, cap_micros) values ($1, 'tenant', 100000000)",
    [chat.acme.tenantId],
  );
  for (const model of ["ok", "stall", "slow"]) {
    await chat.database.auth.query("select auth.set_model_price($1, 1000000, 1000000, 1000000, 1000000)", [
      model,
    ]);
  }
});
afterAll(async () => {
  await chat.close();
  await redis.close();
});

const startAnother = (): Promise<ServingCommand> =>
  startServing(chat.database, {
    PUBLIC_URL: chat.server.config.publicUrl,
    REDIS_URL: redis.url,
    MODEL_PROVIDER_URL: chat.provider.url,
    MODEL_PROVIDER_INTERNAL: "on",
    MODEL: "ok",
    MODEL_PROVIDER_MODELS: STUB_MODELS,
  });

/** An answer that has begun. */
async function begun(url: string, model: string, headers: Headers = member) {
  const stream = await openStream(`${url}/chat`, {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json" },
    body: JSON.stringify(question(model)),
  });
  await stream.says("text-delta");
  return { stream, ...metadataIn(stream.said()) } as { stream: typeof stream } & Record<
    "conversationId" | "questionId" | "messageId" | "turnId",
    string
  >;
}
const question = (model: string) => ({ content: `Go on, ${model}`, model });
const rowsOf = async (sql: string, values: unknown[] = []) =>
  (await chat.database.admin.query(sql, values)).rows;
const messageOf = async (id: string) =>
  (await rowsOf("select status, content, error_code from app.messages where id = $1", [id]))[0];
const budget = async () =>
  (await rowsOf("select reserved_micros::int as reserved, spent_micros::int as spent from app.budgets"))[0];
const spentOn = (turn: string) =>
  rowsOf("select outcome, cost_micros::int as cost from app.usage_events where turn_id = $1", [turn]);
const follow = (conversation: string) =>
  openStream(`${chat.server.url}/chat/${conversation}/stream`, { headers: member });

describe("a process that is killed in the middle of an answer", () => {
  const key = { "Idempotency-Key": randomUUID() };
  let dead: Awaited<ReturnType<typeof begun>>;
  let held: number;
  beforeAll(async () => {
    chat.provider.reply = () => "one two three four five six";
    const dying = await startAnother();
    dead = await begun(dying.url, "stall", { ...member, ...key });
    // What was heard elsewhere is what can be heard there again.
    await (await follow(dead.conversationId)).says("three");
    held = (await budget()).reserved;
    await dying.discard();
    await expect(dead.stream.ended()).rejects.toThrow();
  });
  const repeated = () =>
    chat.server.post("/chat", question("stall"), { ...member, ...key, Accept: "application/json" });

  test("leaves the question, an answer that says of itself that it is not there yet, and a hold for two minutes", async () => {
    expect(held).toBeGreaterThan(0);
    expect(await budget()).toEqual({ reserved: held, spent: 0 });
    expect(await messageOf(dead.questionId)).toMatchObject({ status: "complete", content: "Go on, stall" });
    expect(await messageOf(dead.messageId)).toEqual({ status: "streaming", content: "", error_code: null });
    expect(
      await rowsOf(
        "select lease_until <= now() + interval '2 minutes' as soon from auth.turns where id = $1",
        [dead.turnId],
      ),
    ).toEqual([{ soon: true }]);
  });

  test("is followed to what it said, and to an end", async () => {
    const said = await (await follow(dead.conversationId)).ended();
    expect(said).toContain('"delta":" three"');
    expect(said).toContain('"code":"model_cut"');
    expect(said).toMatch(/data: \[DONE\]\n\n$/);
    // From then on nobody is thought to write it.
    expect((await follow(dead.conversationId)).status).toBe(204);
  });

  test("keeps nobody from asking on at once, nor from having the question answered again", async () => {
    const { conversationId, questionId: parentId } = dead;
    for (const body of [
      { conversationId, content: "And now?" },
      { conversationId, parentId },
    ]) {
      const answer = await chat.server.post("/chat", { ...body, model: "ok", stream: false }, member);
      expect(answer.body, JSON.stringify(answer.body)).toMatchObject({ status: "complete" });
      const [{ cost }] = await spentOn(answer.body.turnId);
      expect(cost).toBeGreaterThan(0);
    }
    expect((await budget()).reserved).toBe(held);
    const repetition = await repeated();
    expect([repetition.status, repetition.body.code]).toEqual([409, "idempotency_in_progress"]);
  });

  test("holds nothing once the sweep has come, which marks the answer and charges nothing twice", async () => {
    const { spent } = await budget();
    const sweep = async () => (await chat.database.worker.query("select jobs.sweep_holds() as n")).rows[0].n;
    expect(await sweep()).toBe(0);
    await chat.database.admin.query("update auth.turns set lease_until = lease_until - interval '2 minutes'");
    expect([await sweep(), await sweep()]).toEqual([1, 0]);
    expect(await budget()).toEqual({ reserved: 0, spent });
    expect(await messageOf(dead.messageId)).toEqual({
      status: "failed",
      content: "",
      error_code: "interrupted",
    });
    expect(await spentOn(dead.turnId)).toEqual([]);
    expect((await follow(dead.conversationId)).status).toBe(204);
  });

  test("had its question sent with a key, which tells from then on that the answer broke off", async () => {
    const repetition = await repeated();
    expect([repetition.status, repetition.body.code]).toEqual([502, "model_cut"]);
    const { body } = await chat.server.post("/chat", question("stall"), { ...member, ...key });
    expect(body).toContain('"code":"model_cut"');
  });
});

describe("a process that is told to stop in the middle of answers", () => {
  let leaving: ServingCommand;
  beforeAll(async () => {
    leaving = await startAnother();
  });
  afterAll(() => leaving.discard());

  test("finishes those that end in time, stores what was said of the others, settles each once, and is gone", async () => {
    chat.provider.reply = () => Array.from({ length: 24 }, (_, n) => `word${n}`).join(" ");
    chat.provider.pace = 100;
    const before = (await budget()).spent;
    const [quick, stalled] = [await begun(leaving.url, "slow"), await begun(leaving.url, "stall")];
    const asked = chat.provider.requests.length;
    const json = leaving.post("/chat", { ...question("stall"), stream: false }, member);
    const completion = leaving.post(
      "/v1/chat/completions",
      { model: "stall", messages: [{ role: "user", content: "Go on" }] },
      member,
    );
    await eventually(() => chat.provider.requests.length === asked + 2);
    const elsewhere = await follow(stalled.conversationId);
    leaving.command.child.kill("SIGTERM");

    expect(await quick.stream.ended()).toMatch(/"type":"finish".*\n\ndata: \[DONE\]\n\n$/);
    expect(await messageOf(quick.messageId)).toMatchObject({
      status: "complete",
      content: expect.stringContaining("word23"),
    });
    expect(await stalled.stream.ended()).toMatch(/"type":"abort".*\n\ndata: \[DONE\]\n\n$/s);
    expect(await elsewhere.ended()).toBe(await stalled.stream.ended());
    expect(await messageOf(stalled.messageId)).toMatchObject({
      status: "stopped",
      content: expect.stringMatching(/^word0 .*word11$/),
      error_code: "answer_stopped",
    });
    expect((await json).body).toMatchObject({
      status: "stopped",
      content: expect.stringContaining("word11"),
    });
    expect([(await completion).status, (await completion).body.error.code]).toEqual([502, "model_cut"]);
    expect(await leaving.command.ended()).toBe(0);

    expect(await rowsOf("select id from auth.turns where settled_at is null and lost_at is null")).toEqual(
      [],
    );
    const turns = [quick.turnId, stalled.turnId, (await json).body.turnId];
    const costs = await Promise.all(turns.map(spentOn));
    expect(costs).toMatchObject([
      [{ outcome: "complete" }],
      [{ outcome: "stopped" }],
      [{ outcome: "stopped" }],
    ]);
    const { reserved, spent } = await budget();
    expect(reserved).toBe(0);
    expect(spent).toBeGreaterThanOrEqual(before + costs.reduce((sum, [{ cost }]) => sum + cost, 0));
    expect((await follow(stalled.conversationId)).status).toBe(204);
  });
});

test("a question that arrives while its process leaves is answered no longer than the others, and settled", async () => {
  chat.provider.reply = () => "one two three four";
  const server = await startTestServer(chat.database, {
    MODEL_PROVIDER_URL: chat.provider.url,
    MODEL_PROVIDER_INTERNAL: "on",
    MODEL: "stall",
  });
  const text = JSON.stringify({ content: "Am I late?", stream: false });
  const { promise: answered, resolve, reject } = Promise.withResolvers<string>();
  const late = request(
    `${server.url}/chat`,
    { method: "POST", headers: { ...member, "Content-Type": "application/json" } },
    async (answer) => resolve(Buffer.concat(await answer.toArray()).toString()),
  ).on("error", reject);
  late.write(text.slice(0, 5));
  // It is being received: what has no request yet would be cut at once.
  await eventually(async () => (await fetch(`${server.url}/healthz`)).ok);
  const closing = server.close();
  await eventually(() =>
    fetch(`${server.url}/healthz`).then(
      () => false,
      () => true,
    ),
  );
  late.end(text.slice(5));
  expect(JSON.parse(await answered)).toMatchObject({ status: "stopped", content: "one two" });
  await closing;
  expect(await rowsOf("select id from auth.turns where settled_at is null and lost_at is null")).toEqual([]);
  expect((await budget()).reserved).toBe(0);
});
