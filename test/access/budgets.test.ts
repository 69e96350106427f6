import { createHash } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import type { Actor } from "../support/in_door.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";
import { begin, type Turn, turns } from "../support/turns.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let key: Actor & { id: string };
let actingAs: ReturnType<typeof actors>;
let turn: ReturnType<typeof turns>;
let sixteen: pg.Pool;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  actingAs = actors(database.app);
  turn = turns(database);
  sixteen = new pg.Pool({ connectionString: database.appUrl, max: 16 });
  // A micro-unit a token, a tenth of it where it was cached, and three for reasoning.
  await database.auth.query("select auth.set_model_price('sun', 1000000, 1000000, 100000, 3000000)");
  const digest = createHash("sha256").update("a key with a budget").digest();
  const { rows } = await database.admin.query(
    `insert into auth.api_keys (tenant_id, user_id, name, digest, scopes)
     values ($1, $2, 'Budgeted', sha256($3), '{chat}') returning id`,
    [acme.tenantId, acme.member.userId, digest],
  );
  key = { digest, id: rows[0].id };
});
beforeEach(async () => {
  await database.admin.query("delete from app.budgets");
  await database.admin.query("delete from app.usage_events");
});
afterAll(async () => {
  await sixteen.end();
  await database.drop();
});

const SUN = { installation_model: "sun", most_input_tokens: 60, most_output_tokens: 40 };
const ask = (more = {}) => ({ content: "How much?", ...SUN, ...more });

/** The five levels, each of which all turns of the key in the team concern. */
const levels = () => [
  ["tenant", null, null],
  ["team", acme.member.teamId, null],
  ["user", acme.member.userId, null],
  ["key", key.id, null],
  ["model", null, "sun"],
];
const budget = async (level: string, cap: number, subject: unknown = null, model: unknown = null) => {
  await actingAs(acme.admin).rows(
    "insert into app.budgets (level, subject_id, model, cap_micros) values ($1, $2, $3, $4)",
    [level, subject, model, cap],
  );
};
const counters = async () =>
  (
    await database.admin.query<{ level: string; spent: number; reserved: number; cap: number }>(
      `select level, spent_micros::int as spent, reserved_micros::int as reserved, cap_micros::int as cap
       from app.budgets order by level`,
    )
  ).rows;
const begun = async (): Promise<number> =>
  Number((await database.admin.query("select count(*) from auth.turns")).rows[0].count);

describe("a budget", () => {
  test("is held when a turn begins and spent when it is over, with what was cached and reasoned at its price", async () => {
    await budget("tenant", 1000);
    const first = await turn.begin(acme.member, ask());
    expect(first).toMatchObject({ held_micros: "100", answered_by: "sun" });
    expect(await counters()).toMatchObject([{ spent: 0, reserved: 100 }]);
    await turn.settle(first, {
      content: "That much.",
      usage: { inputTokens: 50, cachedInputTokens: 30, outputTokens: 20, reasoningTokens: 10 },
    });
    expect(await counters()).toMatchObject([{ spent: 20 + 3 + 10 + 30, reserved: 0 }]);
    const [seen] = await actingAs(acme.member).rows("select * from app.usage_events where turn_id = $1", [
      first.turn_id,
    ]);
    expect(seen).toMatchObject({
      cost_micros: "63",
      input_tokens: 50,
      reasoning_tokens: 10,
      user_id: acme.member.userId,
    });
    await actingAs(acme.colleague)
      .expect("select from app.usage_events where turn_id = $1", [first.turn_id])
      .toReach(0);
  });

  test("stops a turn that could overspend it, at each level, says which, and nothing is written", async () => {
    for (const [level, subject, model] of levels()) {
      await database.admin.query("delete from app.budgets");
      await budget(level as string, 99, subject, model);
      await budget("model", 1000, null, "moon");
      const before = await begun();
      await actingAs(key)
        .expect(...begin(ask({ team: acme.member.teamId })))
        .toBeRefused("RH450", level as string);
      expect(await begun()).toBe(before);
      expect((await counters()).map(({ reserved }) => reserved)).toEqual([0, 0]);
    }
  });

  test("leaves alone whom it does not concern", async () => {
    await budget("user", 0, acme.colleague.userId);
    await budget("team", 0, acme.member.teamId);
    await budget("key", 0, key.id);
    await budget("model", 0, null, "moon");
    expect((await turn.begin(acme.member, ask())).held_micros).toBe("0");
    expect((await turn.begin(globex.member, ask())).held_micros).toBe("0");
    await actingAs(acme.colleague)
      .expect(...begin(ask()))
      .toBeRefused("RH450", "user");
  });

  test("lets no model through whose price nobody knows, and is not asked where answers are free", async () => {
    const unknown = ask({ installation_model: "comet" });
    const free = await turn.begin(acme.member, unknown);
    await turn.settle(free, { usage: { inputTokens: 5, outputTokens: 5 } });
    const { rows } = await database.admin.query(
      "select cost_micros from app.usage_events where turn_id = $1",
      [free.turn_id],
    );
    expect(rows).toEqual([{ cost_micros: null }]);
    await budget("tenant", 1_000_000);
    await actingAs(acme.member)
      .expect(...begin(unknown))
      .toBeRefused("RH451");
    await database.admin.query("update app.budgets set cap_micros = 0");
    expect((await turn.begin(acme.member, { content: "From documents?" })).answered_by).toBe("extractive");
  });

  test("begins anew with its period, and keeps what is held over the change", async () => {
    await budget("tenant", 150);
    const late = await turn.begin(acme.member, ask());
    await database.admin.query(
      "update app.budgets set spent_micros = 50, period_start = period_start - interval '1 month'",
    );
    await actingAs(acme.member)
      .expect(...begin(ask()))
      .toBeRefused("RH450");
    await turn.settle(late, { usage: { inputTokens: 10 } });
    expect(await counters()).toMatchObject([{ spent: 10, reserved: 0 }]);
  });

  test("that is set in the middle of a month counts what was spent in it before", async () => {
    const first = await turn.begin(key, ask());
    await turn.settle(first, { usage: { inputTokens: 7 } });
    const all = Number(
      (
        await database.admin.query("select sum(cost_micros) from app.usage_events where tenant_id = $1", [
          acme.tenantId,
        ])
      ).rows[0].sum,
    );
    await budget("tenant", 1000);
    await budget("key", 1000, key.id);
    expect(await counters()).toMatchObject([
      { level: "key", spent: 7 },
      { level: "tenant", spent: all },
    ]);
  });

  test("is set by whoever configures the model, seen by whoever sees figures, and its counters are nobody's to write", async () => {
    await budget("tenant", 1000);
    const set = "insert into app.budgets (level, cap_micros) values ('tenant', 5)";
    for (const who of [acme.member, acme.viewer]) {
      await actingAs(who).expect(set).toBeRefused("RH403", "configure_model");
    }
    await actingAs(acme.member).expect("select from app.budgets").toReach(0);
    await actingAs(acme.admin).expect("select from app.budgets").toReach(1);
    await actingAs(globex.admin).expect("select from app.budgets").toReach(0);
    for (const column of ["spent_micros", "reserved_micros", "period_start", "level"]) {
      await actingAs(acme.owner).expect(`update app.budgets set ${column} = ${column}`).toBeRefused("42501");
    }
    await actingAs(acme.admin).expect("update app.budgets set cap_micros = 7").toReach(1);
    await actingAs(acme.admin).expect(set).toBeRefused("23505");
  });
});

describe("many at once", () => {
  test("never overspend any of five budgets, whichever is the smallest, and settle to what they used", async () => {
    for (const smallest of levels()) {
      await database.admin.query("delete from app.budgets");
      await database.admin.query("delete from app.usage_events");
      for (const [level, subject, model] of levels()) {
        await budget(level as string, level === smallest[0] ? 1_234 : 5_000, subject, model);
      }
      const crowd = turns({ app: sixteen, auth: database.auth });
      const outcomes = await Promise.allSettled(
        Array.from({ length: smallest[0] === "tenant" ? 1_000 : 200 }, async () => {
          const mine = await crowd.begin(key, ask({ team: acme.member.teamId }));
          await crowd.settle(mine, { usage: { inputTokens: 60, outputTokens: 40 } });
          return mine;
        }),
      );
      const refusals = outcomes.filter((outcome) => outcome.status === "rejected");
      expect(new Set(refusals.map(({ reason }) => reason.code))).toEqual(new Set(["RH450"]));
      for (const { spent, reserved, cap } of await counters()) {
        expect(spent).toBe((outcomes.length - refusals.length) * 100);
        expect(spent).toBeLessThanOrEqual(cap);
        expect(reserved).toBe(0);
      }
      expect(outcomes.length - refusals.length).toBe(12);
    }
  });

  test("take the levels in one order, however they come to them, and never wait in a circle", async () => {
    for (const [level, subject, model] of levels()) await budget(level as string, 1_000_000, subject, model);
    const crowd = turns({ app: sixteen, auth: database.auth });
    // A person by session, in and out of the team; by key; a colleague; another model: other budgets each.
    const kinds: [Actor, object][] = [
      [acme.member, {}],
      [acme.member, { team: acme.member.teamId }],
      [key, {}],
      [key, { team: acme.member.teamId }],
      [acme.colleague, {}],
      [acme.colleague, { team: acme.member.teamId }],
      [key, { keep: false }],
      [acme.member, { keep: false }],
    ];
    await database.admin.query("update auth.turns set lease_until = now() - interval '1 hour'");
    const writers = kinds.map(async ([who, more]) => {
      for (let time = 0; time < 25; time++) {
        const mine = await crowd.begin(who, ask(more));
        if (time % 5 !== 4) await crowd.settle(mine, { usage: { inputTokens: 1 } });
        if (time % 7 === 0) await database.worker.query("select jobs.sweep_holds(3)");
      }
    });
    await Promise.all(writers);
    const left = 8 * 5 * 100;
    expect((await counters()).find(({ level }) => level === "tenant")).toMatchObject({ reserved: left });
  });

  test("leave no hold behind when their backends are killed in the middle", async () => {
    await budget("tenant", 1_000_000);
    const client = new pg.Client({ connectionString: database.appUrl });
    client.on("error", () => undefined);
    await client.connect();
    await client.query("begin");
    await client.query("select context.enter($1)", [acme.member.digest]);
    await client.query(...begin(ask()));
    const { rows } = await client.query("select pg_backend_pid() as pid");
    await database.admin.query("select pg_terminate_backend($1, 5000)", [rows[0].pid]);
    expect(await counters()).toMatchObject([{ reserved: 0 }]);

    const dead: Turn[] = [];
    for (let count = 0; count < 3; count++) dead.push(await turn.begin(acme.member, ask()));
    expect(await counters()).toMatchObject([{ reserved: 300 }]);
    await database.admin.query(
      "update auth.turns set lease_until = now() - interval '1 second' where turns.id = any ($1)",
      [dead.map(({ turn_id }) => turn_id)],
    );
    await database.worker.query("select jobs.sweep_holds()");
    expect(await counters()).toMatchObject([{ reserved: 0, spent: 0 }]);
  });
});
