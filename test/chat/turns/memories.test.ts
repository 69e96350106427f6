import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openProviders } from "../../../src/chat/provider/providers.ts";
import { jobs } from "../../../src/jobs/jobs.ts";
import { type Chat, startChat } from "../../support/chatting.ts";
import { createGuest } from "../../support/guests.ts";
import { jobContext } from "../../support/jobs.ts";
import { secretKey } from "../../support/openai.ts";
import { createMember, createPerson, type Member } from "../../support/people.ts";
import type { ProviderRequest } from "../../support/provider.ts";
import { eventually } from "../../support/server.ts";

// What people say is read by a job for what to remember of them, and what is remembered is told to the model when they ask.

let chat: Chat;
beforeAll(async () => {
  chat = await startChat("ok");
  await chat.database.admin.query(
    "insert into app.model_prices (model, input_micros, cached_input_micros, output_micros, reasoning_micros) values ('ok', 1000000, 1000000, 1000000, 1000000)",
  );
});
beforeEach(async () => {
  for (const table of ["app.memories", "auth.memory_readings", "app.conversations", "app.budgets"])
    await chat.database.admin.query(`delete from ${table}`);
  await chat.database.admin.query("update app.user_preferences set remember = null");
  await chat.database.admin.query("update app.tenant_preferences set remember = null");
  chat.provider.requests.length = 0;
  notes([]);
});
afterAll(() => chat.close());

const isReading = ({ body }: Pick<ProviderRequest, "body">): boolean =>
  body.messages[0].content.startsWith("You keep short notes");
const readings = (): ProviderRequest[] => chat.provider.requests.filter(isReading);
/** What the model makes of whatever it reads. */
function notes(memories: readonly string[]): void {
  chat.provider.reply = (request) =>
    isReading(request)
      ? `Here you are:\n\`\`\`json\n${JSON.stringify({ memories })}\n\`\`\``
      : `You asked: ${request.question}`;
}

/** Asks, and waits until the turn is settled. */
async function say(who: Member, content: string, more: object = {}) {
  const { status, body } = await chat.server.post(
    "/chat",
    { stream: false, content, ...more },
    await chat.headersOf(who),
  );
  expect(status, JSON.stringify(body)).toBe(200);
  await eventually(async () => {
    const { rows } = await chat.database.admin.query(
      "select from auth.turns where settled_at is null and credential_kind <> 'job'",
    );
    return rows.length === 0;
  });
  return body;
}
/** Ten minutes later. */
async function learn(): Promise<object> {
  await chat.database.admin.query("update auth.memory_readings set due_at = now() where due_at is not null");
  const { config, ...context } = jobContext(chat.database, {
    model: chat.server.config.model,
    modelProviders: chat.server.config.modelProviders,
  });
  const providers = openProviders({
    reach: chat.server.config.modelProviders,
    log: { warn() {} },
    retries: { attempts: 1 },
  });
  return jobs.learn_memories!({ ...context, config, providers });
}
const graphql = async (who: Member, query: string) =>
  (await chat.server.post("/graphql", { query }, await chat.headersOf(who))).body;
const memoriesOf = async (who: Member) =>
  (await graphql(who, "{ memories(orderBy: ID_ASC) { nodes { id content learned } } }")).data.memories
    .nodes as { id: string; content: string; learned: boolean }[];
const contents = async (who: Member) => (await memoriesOf(who)).map(({ content }) => content);
const reading = async (who: Member) =>
  (
    await chat.database.admin.query(
      "select read_until, due_at, tries from auth.memory_readings where tenant_id = $1 and user_id = $2",
      [who.tenantId, who.userId],
    )
  ).rows[0];
const prefer = (who: Member, model: string | null) =>
  chat.database.admin.query(
    `insert into app.user_preferences (tenant_id, user_id, model) values ($1, $2, $3)
     on conflict (tenant_id, user_id) do update set model = excluded.model`,
    [who.tenantId, who.userId, model],
  );
/** What the model was told with the last question. */
const told = (): string =>
  JSON.stringify(chat.provider.requests.findLast((one) => !isReading(one))!.body.messages);

describe("what a person says", () => {
  test("is remembered, and told to the model in a later conversation, as data", async () => {
    const { member } = chat.acme;
    await say(member, "I keep bees in Bern. Which documents speak of honey?");
    expect(told()).not.toContain("Remembered");
    notes(["The person keeps bees in Bern."]);
    expect(await learn()).toEqual({ read: 1, remembered: 1, failed: 0 });
    expect(await memoriesOf(member)).toEqual([
      { id: expect.any(String), content: "The person keeps bees in Bern.", learned: true },
    ]);
    await say(member, "What should I read?");
    expect(told()).toMatch(
      /<data-(\w+)>\\nRemembered of the person:\\n- The person keeps bees in Bern\.\\n<\/data-\1>/,
    );
  });

  test("is read once, and with it what is remembered already; answers of the model are not read", async () => {
    const { member } = chat.acme;
    await say(member, "I keep bees.");
    notes(["The person keeps bees."]);
    await learn();
    await say(member, "And I sing.");
    await learn();
    expect(await learn()).toEqual({ read: 0, remembered: 0, failed: 0 });
    const [first, second] = readings().map(({ question }) => question);
    expect(first).toContain("Noted already:\n- nothing\n");
    expect(first).toMatch(/oldest first:\n- I keep bees\.\n<\//);
    expect(second).toContain("Noted already:\n- The person keeps bees.\n");
    expect(second).toMatch(/oldest first:\n- And I sing\.\n<\//);
    expect(await contents(member)).toEqual(["The person keeps bees."]);
  });

  test("is nobody else's: not a colleague's, not another company's, not the administrator's", async () => {
    const { acme, globex, database } = chat;
    const person = await createPerson(database);
    const here = await createMember(database, { tenant: acme, role: "member", person });
    const there = await createMember(database, { tenant: globex, role: "member", person });
    await say(here, "I keep bees.");
    notes(["The person keeps bees."]);
    await learn();
    expect(await contents(here)).toEqual(["The person keeps bees."]);
    for (const other of [there, acme.member, acme.colleague, acme.admin, acme.owner, globex.owner]) {
      expect(await contents(other)).toEqual([]);
      await say(other, "What do you know of me?");
      expect(told()).not.toContain("bees");
    }
  });

  test("is not remembered of programs, guests and what is kept nowhere, nor told to them", async () => {
    const { acme, database, server } = chat;
    await graphql(
      acme.member,
      'mutation { createMemory(input: {memory: {content: "Likes tea."}}) { clientMutationId } }',
    );
    await chat.database.admin.query("delete from auth.memory_readings");
    const byKey = { Authorization: `Bearer ${await secretKey(database, acme.member)}` };
    expect((await server.post("/chat", { content: "By a program?", stream: false }, byKey)).status).toBe(200);
    expect(told()).not.toContain("tea");
    await say(acme.member, "Between us?", { temporary: true });
    expect(told()).not.toContain("tea");
    await say(await createGuest(database, acme), "What do you sell?");
    await eventually(async () => {
      const { rows } = await database.admin.query("select from auth.turns where settled_at is null");
      return rows.length === 0;
    });
    expect((await database.admin.query("select from auth.memory_readings")).rows).toEqual([]);
  });

  test("in a conversation that was discarded is not read", async () => {
    const { member } = chat.acme;
    const { conversationId } = await say(member, "I keep bees.");
    await graphql(
      member,
      `mutation { discardConversation(input: {id: "${conversationId}"}) { clientMutationId } }`,
    );
    expect(await learn()).toEqual({ read: 0, remembered: 0, failed: 0 });
  });

  test("is read to the end, in more than one piece, where it is much", async () => {
    const { member } = chat.acme;
    for (let n = 0; n < 12; n++) await say(member, `${n}: ${"x".repeat(1_900)}`);
    expect(await learn()).toMatchObject({ read: 2, failed: 0 });
    const said = readings().flatMap(({ question }) =>
      [...question.matchAll(/^- (\d+): /gm)].map(([, n]) => Number(n)),
    );
    expect(said).toEqual(Array.from({ length: 12 }, (_, n) => n));
  });

  test.each([
    [
      "suspended in the company",
      "update app.memberships set status = 'suspended' where user_id = $1",
      "update app.memberships set status = 'active' where user_id = $1",
    ],
    [
      "of a company that is suspended",
      "update app.tenants set status = 'suspended' where id = (select tenant_id from app.memberships where user_id = $1)",
      "update app.tenants set status = 'active' where id = (select tenant_id from app.memberships where user_id = $1)",
    ],
  ])("is not read of somebody %s", async (_, away, back) => {
    const { member } = chat.acme;
    await say(member, "I keep bees.");
    await chat.database.admin.query(away, [member.userId]);
    try {
      expect(await learn()).toEqual({ read: 0, remembered: 0, failed: 0 });
    } finally {
      await chat.database.admin.query(back, [member.userId]);
    }
  });
});

describe("whoever is remembered", () => {
  test("writes, mends and forgets what is remembered, and what they mended is theirs", async () => {
    const { member } = chat.acme;
    await say(member, "I keep bees.");
    notes(["The person keeps bees."]);
    await learn();
    const [learned] = await memoriesOf(member);
    expect(
      (
        await graphql(
          member,
          `mutation { updateMemory(input: {id: "${learned!.id}", patch: {content: "I kept bees."}}) { memory { content learned } } }`,
        )
      ).data.updateMemory.memory,
    ).toEqual({ content: "I kept bees.", learned: false });
    expect(
      (
        await graphql(
          member,
          'mutation { createMemory(input: {memory: {content: "Answer in verse."}}) { memory { content learned } } }',
        )
      ).data.createMemory.memory,
    ).toEqual({ content: "Answer in verse.", learned: false });
    await graphql(member, `mutation { deleteMemory(input: {id: "${learned!.id}"}) { clientMutationId } }`);
    expect(await contents(member)).toEqual(["Answer in verse."]);
    expect(
      (await graphql(member, "mutation { forgetMemories(input: {}) { memories { content } } }")).data
        .forgetMemories,
    ).toEqual({ memories: [{ content: "Answer in verse." }] });
    expect(await contents(member)).toEqual([]);
  });

  test("neither writes, mends nor forgets a colleague's", async () => {
    const { member, colleague, admin } = chat.acme;
    await graphql(
      member,
      'mutation { createMemory(input: {memory: {content: "Likes tea."}}) { clientMutationId } }',
    );
    const { id } = (await memoriesOf(member))[0]!;
    for (const other of [colleague, admin, chat.globex.owner]) {
      for (const attempt of [
        `updateMemory(input: {id: "${id}", patch: {content: "Hates tea."}}) { clientMutationId }`,
        `deleteMemory(input: {id: "${id}"}) { clientMutationId }`,
      ])
        expect((await graphql(other, `mutation { ${attempt} }`)).errors[0].extensions.code).toBe("NOT_FOUND");
      await graphql(other, "mutation { forgetMemories(input: {}) { memories { content } } }");
    }
    expect(await contents(member)).toEqual(["Likes tea."]);
  });

  test("has it stay forgotten, also what a job reads at that moment", async () => {
    const { member } = chat.acme;
    await graphql(
      member,
      'mutation { createMemory(input: {memory: {content: "Likes tea."}}) { clientMutationId } }',
    );
    await say(member, "I keep bees.");
    await prefer(member, "held");
    notes(["The person keeps bees."]);
    const learning = learn();
    await eventually(() => readings().length === 1);
    await graphql(member, "mutation { forgetMemories(input: {}) { memories { content } } }");
    chat.provider.release();
    expect(await learning).toEqual({ read: 1, remembered: 0, failed: 0 });
    await prefer(member, null);
    expect(await contents(member)).toEqual([]);
    expect(await learn()).toEqual({ read: 0, remembered: 0, failed: 0 });
    await say(member, "I sing.");
    await learn();
    expect(readings().at(-1)!.question).not.toContain("I keep bees.");
  });

  test("has what they said before read no more, once they forgot something", async () => {
    const { member } = chat.acme;
    await graphql(
      member,
      'mutation { createMemory(input: {memory: {content: "Likes tea."}}) { clientMutationId } }',
    );
    await say(member, "I keep bees.");
    await graphql(member, "mutation { forgetMemories(input: {}) { memories { content } } }");
    expect(await learn()).toEqual({ read: 0, remembered: 0, failed: 0 });
  });

  test("switches it off, or their company does for all: nothing is read, and nothing told", async () => {
    const { member, admin } = chat.acme;
    await graphql(
      member,
      'mutation { createMemory(input: {memory: {content: "Likes tea."}}) { clientMutationId } }',
    );
    const own = (remember: string) =>
      graphql(member, `mutation { setMyPreferences(input: {${remember}}) { preferences { remember } } }`);
    const companys = (remember: string) =>
      graphql(admin, `mutation { setTenantDefaults(input: {${remember}}) { tenantDefaults { remember } } }`);
    const isTold = async (): Promise<boolean> => {
      await say(member, "What do you know of me?");
      return told().includes("Likes tea.");
    };
    expect(await isTold()).toBe(true);
    await own("remember: false");
    expect(await isTold()).toBe(false);
    expect(await learn()).toEqual({ read: 0, remembered: 0, failed: 0 });
    await own('reset: ["remember"]');
    await companys("remember: false");
    expect(await isTold()).toBe(false);
    expect(
      (await graphql(member, "{ myPreferences { remember rememberSource } }")).data.myPreferences,
    ).toEqual({
      remember: false,
      rememberSource: "company",
    });
    await own("remember: true");
    expect(await isTold()).toBe(true);
    expect(await contents(member)).toEqual(["Likes tea."]);
  });

  test("has a hundred things remembered at most, none of them twice", async () => {
    const { member } = chat.acme;
    await chat.database.admin.query(
      "insert into app.memories (tenant_id, user_id, content) select $1, $2, 'Fact ' || n from generate_series(1, 99) as n",
      [member.tenantId, member.userId],
    );
    await say(member, "I keep bees.");
    notes(["fact 7", "New.", "new.", "Another.", "x".repeat(301), " "]);
    expect(await learn()).toEqual({ read: 1, remembered: 1, failed: 0 });
    const { rows } = await chat.database.admin.query("select content from app.memories where learned");
    expect(rows).toEqual([{ content: "New." }]);
    const { errors } = await graphql(
      member,
      'mutation { createMemory(input: {memory: {content: "One more."}}) { clientMutationId } }',
    );
    expect(errors[0]).toMatchObject({
      message: "100 of 100 things are remembered",
      extensions: { code: "LIMIT_REACHED" },
    });
  });
});

describe("reading", () => {
  test.each(["no JSON at all", '{"memories": "bees"}', "", '{"memories": [1]}'])(
    "remembers nothing where the model says %j",
    async (answer) => {
      const { member } = chat.acme;
      await say(member, "I keep bees.");
      chat.provider.reply = () => answer;
      expect(await learn()).toMatchObject({ remembered: 0 });
      expect(await contents(member)).toEqual([]);
    },
  );

  test("has its price, on the person's day and budget, and is no turn of theirs", async () => {
    const { member } = chat.acme;
    await chat.database.admin.query(
      "insert into app.budgets (tenant_id, level, subject_id, period, cap_micros) values ($1, 'user', $2, 'day', 100000)",
      [member.tenantId, member.userId],
    );
    const figures = async () =>
      (
        await graphql(
          member,
          `{ analytics(since: "${new Date().toISOString().slice(0, 10)}") { turns activeUsers inputTokens costMicros } }`,
        )
      ).data.analytics[0];
    await say(member, "I keep bees.");
    const before = await figures();
    notes(["The person keeps bees."]);
    await learn();
    const after = await figures();
    expect(after).toMatchObject({ turns: before.turns, activeUsers: before.activeUsers });
    expect(Number(after.inputTokens)).toBeGreaterThan(Number(before.inputTokens));
    const { rows } = await chat.database.admin.query(
      `select budget.reserved_micros::int as reserved, budget.spent_micros::int as spent,
         (select sum(cost_micros)::int from app.usage_events where user_id = $1 and created_at > budget.created_at) as cost,
         (select array_agg(generator order by created_at) from app.usage_events where user_id = $1 and created_at > budget.created_at) as generators
       from app.budgets as budget`,
      [member.userId],
    );
    expect(rows).toEqual([
      { reserved: 0, spent: rows[0].cost, cost: expect.any(Number), generators: ["model", "memory"] },
    ]);
  });

  test("waits a day where a budget has no room for it", async () => {
    const { member } = chat.acme;
    await say(member, "I keep bees.");
    await chat.database.admin.query(
      "insert into app.budgets (tenant_id, level, subject_id, period, cap_micros) values ($1, 'tenant', null, 'day', 100)",
      [member.tenantId],
    );
    expect(await learn()).toEqual({ read: 0, remembered: 0, failed: 0 });
    const { due_at } = await reading(member);
    expect(due_at.getTime() - Date.now()).toBeGreaterThan(23 * 3_600_000);
    await chat.database.admin.query("delete from app.budgets");
    expect(await learn()).toMatchObject({ read: 1 });
  });

  test("that fails is tried again later and later, and given up after five tries", async () => {
    const { member } = chat.acme;
    await say(member, "I keep bees.");
    await prefer(member, "broken");
    try {
      for (const tries of [1, 2, 3, 4, 5]) {
        expect(await learn()).toEqual({ read: 0, remembered: 0, failed: 1 });
        const { due_at, tries: counted } = await reading(member);
        expect(counted).toBe(tries);
        expect(Math.round((due_at.getTime() - Date.now()) / 60_000)).toBe(tries * tries);
      }
      expect(await learn()).toEqual({ read: 0, remembered: 0, failed: 0 });
      expect(await reading(member)).toMatchObject({ due_at: null, tries: 0 });
    } finally {
      await prefer(member, null);
    }
  });

  test("by a worker that dies is taken over, and what it held is let go", async () => {
    const { member } = chat.acme;
    await say(member, "I keep bees.");
    await chat.database.admin.query(
      "insert into app.budgets (tenant_id, level, subject_id, period, cap_micros) values ($1, 'user', $2, 'day', 100000)",
      [member.tenantId, member.userId],
    );
    await chat.database.admin.query("update auth.memory_readings set due_at = now()");
    const claim = await chat.database.worker.query("select * from jobs.claim_memories('x', 'ok')");
    expect(claim.rows).toHaveLength(1);
    const again = await chat.database.worker.query("select * from jobs.claim_memories('x', 'ok')");
    expect(again.rows).toEqual([]);
    const held = async () =>
      (await chat.database.admin.query("select reserved_micros::int as held from app.budgets")).rows[0].held;
    expect(await held()).toBe(9_000);
    await chat.database.admin.query(
      "update auth.turns set lease_until = now() - interval '1 second' where settled_at is null",
    );
    await jobs.sweep_holds!(jobContext(chat.database));
    expect(await held()).toBe(0);
    notes(["The person keeps bees."]);
    expect(await learn()).toMatchObject({ read: 1, remembered: 1 });
    // What the first brings after all is thrown away.
    const { tenant, person, turn, attempt } = claim.rows[0];
    const late = await chat.database.worker.query(
      "select jobs.keep_memories($1, $2, $3, 'x', $4, '{Late.}') as kept",
      [tenant, person, turn, attempt],
    );
    expect(late.rows).toEqual([{ kept: 0 }]);
    expect(await contents(member)).toEqual(["The person keeps bees."]);
  });

  test("is settled by whoever knows its secret, and by nobody else", async () => {
    const { member } = chat.acme;
    await say(member, "I keep bees.");
    await chat.database.admin.query("update auth.memory_readings set due_at = now()");
    const { rows } = await chat.database.worker.query("select * from jobs.claim_memories('right', 'ok')");
    const { tenant, person, turn, attempt } = rows[0];
    for (const call of [
      ["select jobs.keep_memories($1, $2, $3, 'wrong', $4, '{Wrong.}')", [tenant, person, turn, attempt]],
      ["select jobs.fail_memories($1, $2, $3, 'wrong', $4, 'failed')", [tenant, person, turn, attempt]],
    ] as const)
      await expect(chat.database.worker.query(call[0], [...call[1]])).rejects.toMatchObject({
        code: "RH404",
      });
    expect(await contents(member)).toEqual([]);
  });

  test("asks nobody where the company has no provider", async () => {
    const { member } = chat.acme;
    await say(member, "I keep bees.");
    await chat.database.admin.query("update auth.memory_readings set due_at = now()");
    const { rows } = await chat.database.worker.query("select * from jobs.claim_memories('x')");
    expect(rows).toEqual([]);
    expect(await reading(member)).toMatchObject({ due_at: null });
  });
});
