import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { buildTenants, type TenantFixture, type TenantMember } from "../support/tenants.ts";
import { turns } from "../support/turns.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let actingAs: ReturnType<typeof actors>;
let turn: ReturnType<typeof turns>;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  actingAs = actors(database.app);
  turn = turns(database);
  await database.auth.query("select auth.set_model_price('large', 1000000, 2000000)");
});
afterAll(() => database.drop());

const run = (sql: string, ...values: unknown[]) => database.admin.query(sql, values);
const LINE = "select * from app.analytics(since => (now() at time zone 'UTC')::date, per => $1)";
/** Today's figures, with every number as one. */
async function today(who: TenantMember, per = "total"): Promise<Record<string, unknown>[]> {
  const rows = await actingAs(who).rows(LINE, [per]);
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [name, /^\d+$/.test(String(value)) ? Number(value) : value]),
    ),
  );
}
/** A question of somebody's and its answer. */
async function asked(who: TenantMember, outcome = "complete", totalMs = 400, more: object = {}) {
  const begun = await turn.begin(who, { content: "How long?", installation_model: "large", ...more });
  const usage = { inputTokens: 30, cachedInputTokens: 10, outputTokens: 20, reasoningTokens: 5 };
  await turn.settle(begun, {
    outcome,
    content: "Long.",
    usage: { ...usage, estimated: false, firstTokenMs: 90, totalMs },
  });
  return begun;
}
const nothingYet = () => run("delete from app.usage_days; delete from app.usage_events");

describe("what turns took and cost", () => {
  test("is added up as they end, to what the single turns say", async () => {
    await nothingYet();
    for (const end of ["complete", "complete", "stopped", "failed"]) await asked(acme.member, end);
    await asked(acme.admin);
    const [total] = await today(acme.admin);
    const { rows } = await run(
      `select count(*)::integer as turns, sum(input_tokens)::integer as input_tokens,
         sum(cost_micros)::integer as cost_micros
       from app.usage_events where tenant_id = $1`,
      acme.tenantId,
    );
    expect(total).toMatchObject({
      ...rows[0],
      turns: 5,
      stopped: 1,
      failed: 1,
      active_users: 2,
      cached_input_tokens: 50,
      output_tokens: 100,
      reasoning_tokens: 25,
      unpriced: 0,
      first_token_p50: 125,
      total_p50: 500,
      total_p95: 500,
      day: null,
      model: null,
      user_id: null,
    });
  });

  test("is told per day, model, user, team and key", async () => {
    await nothingYet();
    await asked(acme.member);
    await asked(acme.member, "complete", 400, { installation_model: null });
    await asked(acme.admin);
    const per = async (what: string) =>
      (await today(acme.admin, what)).map(({ model, user_id, team_id, turns }) => [
        model ?? user_id ?? team_id,
        turns,
      ]);
    expect(await per("model")).toEqual([
      ["large", 2],
      ["extractive", 1],
    ]);
    expect(await per("user")).toEqual([
      [acme.member.userId, 2],
      [acme.admin.userId, 1],
    ]);
    expect(await per("team")).toEqual([[null, 3]]);
    expect(await per("key")).toEqual([[null, 3]]);
    expect(await today(acme.admin, "day")).toEqual([
      expect.objectContaining({ day: expect.any(Date), turns: 3, active_users: 2 }),
    ]);
  });

  test("is everybody's for who holds view_analytics, one's own for who does not, and nobody's next door", async () => {
    await nothingYet();
    await asked(acme.member);
    await asked(acme.admin);
    expect(await today(acme.viewer)).toEqual([expect.objectContaining({ turns: 2 })]);
    expect(await today(acme.member)).toEqual([expect.objectContaining({ turns: 1, active_users: 1 })]);
    expect(await today(acme.member, "user")).toEqual([
      expect.objectContaining({ user_id: acme.member.userId, turns: 1 }),
    ]);
    for (const stranger of [globex.owner, globex.admin, globex.member])
      expect(await today(stranger)).toEqual([]);
  });

  test("says of the times a step that half, and 95 of a hundred, did not exceed", async () => {
    await nothingYet();
    for (const ms of [100, 200, 300, 700, 1_000, 1_500, 3_000, 5_000, 9_000, 600_000])
      await asked(acme.member, "complete", ms);
    const [total] = await today(acme.member);
    // The fifth of ten took 1,000 ms; the slowest more than the last step says.
    expect(total).toMatchObject({ total_p50: 1_000, total_p95: 128_000 });
    const steps = [1, 125, 126, 177, 250, 125_000, 128_000, 999_999];
    const { rows } = await run(
      "select context.latency_step(ms) as step from unnest($1::integer[]) as ms",
      steps,
    );
    expect(rows.map(({ step }) => step)).toEqual([1, 1, 2, 3, 3, 21, 21, 21]);
  });

  test("counts a turn that ends late where it belongs, and has it at once", async () => {
    await nothingYet();
    await asked(acme.member);
    await run(
      `insert into app.usage_events (tenant_id, turn_id, user_id, generator, model, outcome, created_at)
       select tenant_id, uuidv7(), user_id, generator, model, outcome, created_at - interval '2 days'
       from app.usage_events where tenant_id = $1`,
      acme.tenantId,
    );
    const days = await actingAs(acme.member).rows(
      "select turns, unpriced from app.analytics((now() at time zone 'UTC')::date - 6, per => 'day')",
    );
    expect(days).toEqual([
      { turns: 1, unpriced: 1 },
      { turns: 1, unpriced: 0 },
    ]);
  });

  test("keeps what people think, for as long as they think so", async () => {
    await nothingYet();
    const said = await asked(acme.member);
    const thumbs = async () => {
      const [{ thumbs_up, thumbs_down }] = (await today(acme.viewer)) as [Record<string, number>];
      return [thumbs_up, thumbs_down];
    };
    const member = actingAs(acme.member);
    const { admin } = database;
    expect(await thumbs()).toEqual([0, 0]);
    await member.rows("insert into app.message_feedback (message_id, rating) values ($1, 'down')", [
      said.answer_id,
    ]);
    expect(await thumbs()).toEqual([0, 1]);
    await member.rows("update app.message_feedback set comment = 'Wrong' where message_id = $1", [
      said.answer_id,
    ]);
    expect(await thumbs()).toEqual([0, 1]);
    await member.rows("update app.message_feedback set rating = 'up' where message_id = $1", [
      said.answer_id,
    ]);
    expect(await thumbs()).toEqual([1, 0]);
    await member.rows("delete from app.message_feedback where message_id = $1", [said.answer_id]);
    expect(await thumbs()).toEqual([0, 0]);
    await member.rows("insert into app.message_feedback (message_id, rating) values ($1, 'up')", [
      said.answer_id,
    ]);
    await admin.query("delete from app.conversations where id = $1", [said.conversation_id]);
    expect(await thumbs()).toEqual([1, 0]);
  });

  test("is right after turns of one person that end all at once", async () => {
    await nothingYet();
    const begun = await Promise.all(
      Array.from({ length: 12 }, () => turn.begin(acme.member, { content: "At once?" })),
    );
    await Promise.all(begun.map((one) => turn.settle(one, { content: "Yes.", usage: { totalMs: 200 } })));
    expect(await today(acme.member)).toEqual([expect.objectContaining({ turns: 12, total_p95: 250 })]);
  });

  test.each([
    ["of an unknown kind", "app.analytics('2026-01-01', '2026-01-02', 'hour')", "analytics_per"],
    ["that end before they begin", "app.analytics('2026-01-02', '2026-01-01')", "analytics_days"],
    ["of more than a year", "app.analytics('2025-01-01', '2026-01-03')", "analytics_days"],
  ])("refuses figures %s", async (_, call, constraint) => {
    await expect(actingAs(acme.admin).rows(`select * from ${call}`)).rejects.toMatchObject({
      code: "RH400",
      constraint,
    });
  });
});

test("nobody writes the figures, or empties them", async () => {
  for (const who of [acme.owner, acme.member])
    for (const statement of [
      "update app.usage_days set turns = 0",
      "delete from app.usage_days",
      "insert into app.usage_days (day, user_id, generator, model) values (now(), uuidv7(), 'model', 'x')",
    ])
      await expect(actingAs(who).rows(statement)).rejects.toMatchObject({ code: "42501" });
  await expect(run("truncate app.usage_days")).rejects.toMatchObject({ code: "RH405" });
});
