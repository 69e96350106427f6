import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { jobs } from "../../src/jobs/jobs.ts";
import { actors } from "../support/acting_as.ts";
import { type Chat, startChat } from "../support/chatting.ts";
import { jobContext } from "../support/jobs.ts";
import { bring } from "../support/library.ts";
import type { TenantFixture } from "../support/tenants.ts";
import { begin, turns } from "../support/turns.ts";

let chat: Chat;
let acme: TenantFixture;
let globex: TenantFixture;
let actingAs: ReturnType<typeof actors>;
let turn: ReturnType<typeof turns>;

beforeAll(async () => {
  chat = await startChat("ok", { EMBEDDING_MODEL: "words" });
  ({ acme, globex } = chat);
  actingAs = actors(chat.database.app);
  turn = turns(chat.database);
});
beforeEach(async () => {
  const { admin, auth } = chat.database;
  for (const table of [
    "app.documents",
    "app.budgets",
    "app.usage_events",
    "app.usage_days",
    "auth.turns",
    "app.model_prices",
  ])
    await admin.query(`delete from ${table}`);
  // A micro-unit a token of what embeds and of what answers.
  for (const model of ["words", "ok"])
    await auth.query("select auth.set_model_price($1, 1000000, 1000000, 1000000, 1000000)", [model]);
});
afterAll(() => chat.close());

const rows = async (sql: string, ...values: unknown[]) => (await chat.database.admin.query(sql, values)).rows;
const budget = (level: string, cap: number, subject: unknown = null, model: unknown = null) =>
  actingAs(acme.admin).rows(
    "insert into app.budgets (level, subject_id, model, cap_micros) values ($1, $2, $3, $4)",
    [level, subject, model, cap],
  );
const counters = () =>
  rows(
    "select level, spent_micros::int as spent, reserved_micros::int as reserved from app.budgets order by level, model",
  );
const events = () =>
  rows(
    "select generator, model, outcome, input_tokens::int as input, cost_micros::int as cost, user_id, team_id from app.usage_events order by id",
  );
const read = () => jobs.index_documents!(jobContext(chat.database, { model: chat.server.config.model! }));
const embedded = () => chat.provider.requests.filter(({ path }) => path.endsWith("/embeddings")).length;
const document = async () =>
  (await rows("select status, embedding_model, embedding_failure from app.documents"))[0];
const place = (text: string, visibility = "tenant", team: string | null = null) =>
  actingAs(acme.admin).rows<{ id: string }>(bring, ["Trains", text, visibility, team]);

describe("embedding a document", () => {
  const TEXT = "Costly fares: ask in Hall B.";
  const MOST = Buffer.byteLength(TEXT) + 2;

  test("is held at most, and costs what it took, in the budgets of the company, of who brought it and of its model", async () => {
    await budget("tenant", 1000);
    await budget("user", 1000, acme.admin.userId);
    await budget("user", 0, acme.member.userId);
    await budget("model", 1000, null, "words");
    await budget("model", 0, null, "ok");
    await place(TEXT);
    expect(await read()).toMatchObject({ ready: 1, unembedded: 0 });
    const [event] = await events();
    expect(event).toMatchObject({
      generator: "embedding",
      model: "words",
      outcome: "complete",
      user_id: acme.admin.userId,
    });
    expect(event!.cost).toBe(event!.input);
    expect(event!.cost).toBeGreaterThan(0);
    expect(event!.cost).toBeLessThanOrEqual(MOST);
    expect(
      await rows(
        "select level, model, subject_id, spent_micros::int as spent, reserved_micros::int as reserved from app.budgets where spent_micros + reserved_micros > 0 order by level",
      ),
    ).toEqual([
      { level: "model", model: "words", subject_id: null, spent: event!.cost, reserved: 0 },
      { level: "tenant", model: null, subject_id: null, spent: event!.cost, reserved: 0 },
      { level: "user", model: null, subject_id: acme.admin.userId, spent: event!.cost, reserved: 0 },
    ]);
  });

  test("of a team is in the team's budget too", async () => {
    await budget("team", 1000, acme.member.teamId);
    await actingAs(acme.member).rows(bring, ["Trains", TEXT, "team", acme.member.teamId]);
    await read();
    const [event] = await events();
    expect(event).toMatchObject({ team_id: acme.member.teamId });
    expect(await counters()).toEqual([{ level: "team", spent: event!.cost, reserved: 0 }]);
  });

  test("for which a budget has no room waits: the document answers by its words, and says why", async () => {
    await budget("tenant", MOST - 1);
    const before = embedded();
    await place(TEXT);
    expect(await read()).toMatchObject({ ready: 1, unembedded: 1 });
    expect(await document()).toEqual({
      status: "ready",
      embedding_model: null,
      embedding_failure: "budget_exceeded",
    });
    expect(embedded()).toBe(before);
    expect([await events(), await counters()]).toEqual([[], [{ level: "tenant", spent: 0, reserved: 0 }]]);
    const found = await actingAs(acme.member).rows(
      "select * from app.search_passages(query => 'costly fares')",
    );
    expect(found).toHaveLength(1);
  });

  test("goes on in the next period, or when there is room, an hour later at the earliest", async () => {
    await budget("tenant", MOST);
    await chat.database.admin.query("update app.budgets set spent_micros = $1", [MOST]);
    await place(TEXT);
    await read();
    expect((await document())!.embedding_failure).toBe("budget_exceeded");
    await read();
    expect(await rows("select status from app.documents")).toEqual([{ status: "ready" }]);
    const anHourLater = () =>
      chat.database.admin.query("update app.documents set indexed_at = now() - interval '61 minutes'");
    await anHourLater();
    // It is used up still.
    expect((await chat.database.worker.query("select jobs.queue_outdated('words') as many")).rows).toEqual([
      { many: 0 },
    ]);
    await chat.database.admin.query(
      "update app.budgets set period_start = period_start - interval '1 month'",
    );
    expect(await read()).toMatchObject({ ready: 1, unembedded: 0 });
    expect(await document()).toMatchObject({ embedding_model: "words", embedding_failure: null });
    expect((await counters())[0]!.spent).toBe((await events())[0]!.cost);
  });

  test("at a price that nobody knows waits where there is a budget, and is of unknown cost where there is none", async () => {
    await chat.database.admin.query("delete from app.model_prices where model = 'words'");
    await place(TEXT);
    await read();
    expect(await events()).toMatchObject([{ generator: "embedding", cost: null }]);
    await chat.database.admin.query("delete from app.documents");
    await budget("tenant", 1000);
    await place(TEXT);
    await read();
    expect((await document())!.embedding_failure).toBe("price_unknown");
  });

  test("of another company's touches no budget of this one", async () => {
    await budget("tenant", 1000);
    await actingAs(globex.admin).rows(bring, ["Trains", TEXT, "tenant", null]);
    await read();
    expect(await counters()).toEqual([{ level: "tenant", spent: 0, reserved: 0 }]);
  });

  test("is no turn in the analytics, and its cost is there", async () => {
    await place(TEXT);
    await read();
    const [event] = await events();
    const [figures] = await actingAs(acme.admin).rows(
      "select turns, active_users, input_tokens::int as input, cost_micros::int as cost from app.analytics(current_date)",
    );
    expect(figures).toEqual({ turns: 0, active_users: 0, input: event!.input, cost: event!.cost });
  });

  test("never overspends, however many are read at once", async () => {
    await budget("tenant", MOST * 3);
    const claims = [];
    for (let n = 0; n < 12; n += 1) await place(TEXT);
    for (let n = 0; n < 12; n += 1)
      claims.push((await chat.database.worker.query("select * from jobs.claim_document()")).rows[0]);
    const held = await Promise.all(
      claims.map(({ tenant, document: id, attempt }) =>
        chat.database.worker.query("select * from jobs.begin_embedding($1, $2, $3, $4, 'words', $5)", [
          tenant,
          id,
          attempt,
          randomBytes(32),
          MOST,
        ]),
      ),
    );
    const outcomes = held.map(({ rows: [row] }) => row.failure ?? "held");
    expect(outcomes.toSorted()).toEqual([...Array(9).fill("budget_exceeded"), ...Array(3).fill("held")]);
    expect(await counters()).toEqual([{ level: "tenant", spent: 0, reserved: MOST * 3 }]);
  });

  test("whose worker dies lets go of what it held; one that was only slow pays all the same, once", async () => {
    await budget("tenant", 1000);
    await place(TEXT);
    const claim = (await chat.database.worker.query("select * from jobs.claim_document()")).rows[0];
    const secret = randomBytes(32);
    const {
      rows: [held],
    } = await chat.database.worker.query("select * from jobs.begin_embedding($1, $2, $3, $4, 'words', 100)", [
      claim.tenant,
      claim.document,
      claim.attempt,
      secret,
    ]);
    expect((await counters())[0]).toMatchObject({ reserved: 100 });
    await chat.database.admin.query("update auth.turns set lease_until = now() - interval '1 minute'");
    await chat.database.worker.query("select jobs.sweep_holds()");
    expect((await counters())[0]).toMatchObject({ reserved: 0, spent: 0 });
    const settle = (known: Buffer) =>
      chat.database.worker.query(
        `select jobs.settle_embedding($1, $2, $3, 'complete', '{"inputTokens": 7}') as first`,
        [claim.tenant, held.turn, known],
      );
    await expect(settle(randomBytes(32))).rejects.toMatchObject({ code: "RH404" });
    expect((await settle(secret)).rows).toEqual([{ first: true }]);
    expect((await settle(secret)).rows).toEqual([{ first: false }]);
    expect((await counters())[0]).toMatchObject({ reserved: 0, spent: 7 });
  });

  test("of a claim that is over is held for nobody, and no caller begins or settles one", async () => {
    await place(TEXT);
    const claim = (await chat.database.worker.query("select * from jobs.claim_document()")).rows[0];
    const over = await chat.database.worker.query(
      "select * from jobs.begin_embedding($1, $2, $3, $4, 'words', 100)",
      [claim.tenant, claim.document, claim.attempt - 1, randomBytes(32)],
    );
    expect(over.rows).toEqual([]);
    for (const call of [
      "jobs.begin_embedding(uuidv7(), uuidv7(), 1, '', 'words', 1)",
      "jobs.settle_embedding(uuidv7(), uuidv7(), '', 'complete', '{}')",
    ])
      await actingAs(acme.owner).expect(`select ${call}`).toBeRefused("42501");
  });
});

describe("embedding a question", () => {
  const QUESTION = "expensive price";
  const MOST = Buffer.byteLength(QUESTION) + 2;
  const ASK = {
    content: QUESTION,
    installation_model: "ok",
    installation_embedding_model: "words",
    most_input_tokens: 60,
    most_output_tokens: 40,
  };

  test("is held with the turn, and both are settled at once, each at its own price", async () => {
    await budget("tenant", 1000);
    await budget("model", 1000, null, "ok");
    await budget("model", 1000, null, "words");
    const begun = await turn.begin(acme.member, ASK);
    expect(await counters()).toEqual([
      { level: "model", spent: 0, reserved: 100 },
      { level: "model", spent: 0, reserved: MOST },
      { level: "tenant", spent: 0, reserved: 100 + MOST },
    ]);
    await turn.settle(begun, { usage: { inputTokens: 50, outputTokens: 20, embedding: { inputTokens: 5 } } });
    expect(await counters()).toEqual([
      { level: "model", spent: 70, reserved: 0 },
      { level: "model", spent: 5, reserved: 0 },
      { level: "tenant", spent: 75, reserved: 0 },
    ]);
    expect((await events()).map(({ generator, model, cost }) => [generator, model, cost]).toSorted()).toEqual(
      [
        ["embedding", "words", 5],
        ["model", "ok", 70],
      ],
    );
    expect(await turn.settle(begun, { usage: { embedding: { inputTokens: 5 } } })).toBe(false);
    expect((await counters())[2]).toMatchObject({ spent: 75 });
  });

  test("that was not embedded after all costs nothing, and lets go of what was held", async () => {
    await budget("tenant", 1000);
    const begun = await turn.begin(acme.member, ASK);
    await turn.settle(begun, { usage: { inputTokens: 50 } });
    expect(await counters()).toEqual([{ level: "tenant", spent: 50, reserved: 0 }]);
    expect(await events()).toHaveLength(1);
  });

  test("for which there is no room, or no price, is refused with all of its turn, and nothing is held or written", async () => {
    await chat.database.admin.query("delete from app.conversations");
    await budget("tenant", 100 + MOST - 1);
    await budget("model", 1000, null, "ok");
    await actingAs(acme.member)
      .expect(...begin(ASK))
      .toBeRefused("RH450", "tenant");
    await chat.database.admin.query("update app.budgets set cap_micros = 1000");
    await budget("model", MOST - 1, null, "words");
    await actingAs(acme.member)
      .expect(...begin(ASK))
      .toBeRefused("RH450", "model");
    await chat.database.admin.query("delete from app.model_prices where model = 'words'");
    await actingAs(acme.member)
      .expect(...begin(ASK))
      .toBeRefused("RH451");
    expect((await counters()).map(({ reserved }) => reserved)).toEqual([0, 0, 0]);
    expect([
      await rows("select from auth.turns"),
      await rows("select from app.messages where content = $1", QUESTION),
    ]).toEqual([[], []]);
    await actingAs(acme.member)
      .expect(...begin({ ...ASK, installation_embedding_model: null }))
      .toReach(1);
  });

  test("whose process died lets go of both holds", async () => {
    await budget("tenant", 1000);
    const begun = await turn.begin(acme.member, ASK);
    await chat.database.admin.query(
      "update auth.turns set lease_until = now() - interval '1 minute' where id = $1",
      [begun.turn_id],
    );
    await chat.database.worker.query("select jobs.sweep_holds()");
    expect(await counters()).toEqual([{ level: "tenant", spent: 0, reserved: 0 }]);
    await turn.settle(begun, { usage: { inputTokens: 50, embedding: { inputTokens: 5 } } });
    expect(await counters()).toEqual([{ level: "tenant", spent: 55, reserved: 0 }]);
  });

  test("never overspends, however many ask at once", async () => {
    await budget("tenant", (100 + MOST) * 5);
    const came = await Promise.all(
      Array.from({ length: 24 }, () => actingAs(acme.member).attempt(...begin(ASK))),
    );
    expect(came.filter((one) => "refusal" in one && one.refusal.code === "RH450")).toHaveLength(19);
    expect(await counters()).toEqual([{ level: "tenant", spent: 0, reserved: (100 + MOST) * 5 }]);
  });

  test("is charged with the answer over HTTP, and is no turn of its own", async () => {
    await budget("tenant", 1_000_000);
    const { body } = await chat.server.post(
      "/chat",
      { content: QUESTION, stream: false },
      await chat.headersOf(acme.member),
    );
    expect(body.status, JSON.stringify(body)).toBe("complete");
    const [answer, question] = (await events()).toSorted((a, b) => b.generator.localeCompare(a.generator));
    expect([answer!.generator, question!.generator]).toEqual(["model", "embedding"]);
    expect(question!.input).toBeGreaterThan(0);
    expect(await counters()).toEqual([
      { level: "tenant", spent: answer!.cost + question!.cost, reserved: 0 },
    ]);
    const [figures] = await actingAs(acme.admin).rows("select turns from app.analytics(current_date)");
    expect(figures).toEqual({ turns: 1 });
  });
});
