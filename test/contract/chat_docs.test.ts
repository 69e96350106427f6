import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectRoot } from "../../src/database/migrations.ts";
import { type Code, statusesOf } from "../../src/http/codes.ts";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { blocksOf, pageAt } from "../support/documents.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";
import { begin, turns } from "../support/turns.ts";

let database: TestDatabase;
let api: GraphQLHouse;
let acme: TenantFixture;
let turn: ReturnType<typeof turns>;
beforeAll(async () => {
  database = await createDatabase();
  ({ acme } = await buildTenants(database));
  turn = turns(database);
  api = await startGraphQL(database, { resolve: async () => [{ address: "93.184.216.34", family: 4 }] });
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

const folder = join(projectRoot, "docs/chat");
const textOf = (page: string): string => pageAt(`docs/chat/${page}`);
type Answers = Readonly<Record<string, object>>;
const nameOf = (block: string): string => /^(?:query|mutation) (\w+)/.exec(block)![1]!;

/** Runs the examples of a page, from top to bottom, and gives each answer by the name of its operation. */
async function walk(
  page: string,
  who: { digest: Buffer },
  variables: Record<string, unknown>,
  // biome-ignore lint/suspicious/noExplicitAny: an answer has the shape of its query
  after: Readonly<Record<string, (data: any) => unknown>> = {},
): Promise<Answers> {
  const answers: Record<string, object> = {};
  for (const block of blocksOf(textOf(page), "graphql")) {
    const name = nameOf(block);
    const given = [...block.matchAll(/\$(\w+):/g)].map(([, key]) => [key!, variables[key!]]);
    const { data, errors } = await api.ask(who, block, Object.fromEntries(given));
    expect([name, errors]).toEqual([name, []]);
    answers[name] = data;
    await after[name]?.(data);
  }
  return answers;
}

/** A question of the member's and its answer. */
async function asked(content: string, more: object = {}) {
  const begun = await turn.begin(acme.member, { content, ...more });
  const usage = { inputTokens: 30, outputTokens: 20, estimated: false, firstTokenMs: 80, totalMs: 400 };
  await turn.settle(begun, { content: "Four minutes.", usage });
  return begun;
}

describe("what the pages on chats say", () => {
  test("providers.md: a provider is looked at, set, read and removed", async () => {
    const answers = await walk("providers.md", acme.admin, { key: "sk-acme" });
    const stored = { baseUrl: "https://models.acme.example/v1", hasKey: true, models: ["large", "small"] };
    expect(answers).toMatchObject({
      Preview: {
        systemPromptPreview: expect.stringMatching(
          /^You answer for "The acme company"\. You speak to "A admin"/,
        ),
      },
      Set: { setModelProvider: { modelProvider: { ...stored, active: true } } },
      Read: { modelProvider: { ...stored, defaultModel: "small" } },
      Remove: { removeModelProvider: { modelProvider: { hasKey: true } } },
    });
  });

  test("budgets.md: budgets of five levels hold, are raised and removed, and usage has its price", async () => {
    await database.auth.query("select auth.set_model_price('large', 250000, 2000000, 25000)");
    await asked("What does it cost?", { installation_model: "large" });
    const { userId, teamId, apiKeyId } = acme.member;
    const variables: Record<string, unknown> = { userId, teamId, apiKeyId };
    const cap = "update app.budgets set cap_micros = 10 where level = $1 and tenant_id = $2";
    const answers = await walk("budgets.md", acme.admin, variables, {
      ForTheCompany: async (data) => {
        variables.budgetId = data.createBudget.budget.id;
      },
      HowFar: async () => {
        for (const level of ["tenant", "user", "model"]) {
          await database.admin.query(cap, [level, acme.tenantId]);
          await actors(database.app)(acme.member)
            .expect(...begin({ content: "And now?", installation_model: "large" }))
            .toBeRefused("RH450", level);
          await database.admin.query("delete from app.budgets where cap_micros = 10 and level <> 'tenant'");
          await database.admin.query("update app.budgets set cap_micros = 500000000 where level = 'tenant'");
        }
        await actors(database.app)(acme.member)
          .expect(...begin({ content: "And now?", installation_model: "priceless" }))
          .toBeRefused("RH451");
      },
    });
    expect(answers).toMatchObject({
      ForTheCompany: {
        createBudget: { budget: { level: "TENANT", spentMicros: "48", reservedMicros: "0" } },
      },
      ForATeam: { createBudget: { budget: { period: "MONTH" } } },
      Raise: { updateBudget: { budget: { capMicros: "600000000" } } },
      OfSomebody: { usageEvents: { nodes: [{ costMicros: "48" }, {}] } },
    });
    expect(JSON.stringify(answers.HowFar)).toContain('"spentMicros":"48"');
    expect(JSON.stringify(answers.Prices)).toContain('"cachedInputMicros":"25000"');
  });

  test("analytics.md: figures in all, per day, model and person", async () => {
    await asked("What does it come to?");
    const since = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    const answers = await walk("analytics.md", acme.viewer, { since });
    expect(answers).toMatchObject({
      ThisMonth: { analytics: [{ turns: expect.any(Number), totalP50: 500, thumbsUp: 0 }] },
      ByDay: { analytics: [{ day: expect.stringMatching(/^20/), activeUsers: expect.any(Number) }] },
      ByPerson: {
        analytics: expect.arrayContaining([expect.objectContaining({ userId: acme.member.userId })]),
      },
    });
    expect(JSON.stringify(answers.ByModel)).toContain('"model":"extractive"');
  });

  test("memories.md: something is remembered, mended and forgotten", async () => {
    const variables: Record<string, unknown> = {};
    const answers = await walk("memories.md", acme.member, variables, {
      Write: (data) => {
        variables.id = data.createMemory.memory.id;
      },
    });
    expect(answers).toMatchObject({
      Write: { createMemory: { memory: { learned: false } } },
      WhatIsRemembered: { memories: { nodes: [{ id: variables.id, learned: false }], totalCount: 1 } },
      Mend: { updateMemory: { memory: { content: expect.stringContaining("physicians") } } },
      Forget: { deleteMemory: { memory: { id: variables.id } } },
      ForgetAll: { forgetMemories: { memories: [] } },
    });
  });

  test("sharing.md: a link is made, opened by a colleague, listed and revoked", async () => {
    const { conversation_id: conversationId, answer_id: messageId } = await asked("Which coffee is green?");
    const variables: Record<string, unknown> = { conversationId };
    const answers = await walk("sharing.md", acme.member, variables, {
      Make: async ({ createShareLink: { secret, shareLink } }) => {
        variables.secret = secret;
        variables.linkId = shareLink.id;
        const open = blocksOf(textOf("sharing.md"), "graphql").find((block) => nameOf(block) === "Open")!;
        const { data } = await api.ask(acme.colleague, open, { secret });
        expect(data.openShareLink.sharedConversation.messages).toMatchObject([
          { role: "USER", content: "Which coffee is green?", withheld: false },
          // Of the answer nobody said what it rests on.
          { role: "ASSISTANT", content: null, withheld: true },
        ]);
      },
    });
    expect(answers).toMatchObject({
      Make: { createShareLink: { shareLink: { messageId } } },
      Open: { openShareLink: { sharedConversation: { title: "Which coffee is green?" } } },
      Mine: { shareLinks: { nodes: [{ id: variables.linkId, revokedAt: null }] } },
      Revoke: { revokeShareLink: { shareLink: { revokedAt: expect.any(String) } } },
    });
  });

  test("curated-answers.md: what is asked often is answered by the company, for as long as it says", async () => {
    for (let n = 0; n < 2; n++)
      await turn.settle(await turn.begin(acme.colleague, { content: "How long does tea brew?" }));
    const document = await actors(database.app)(acme.admin).rows<{ id: string }>(
      "select id from app.create_document('Tea', 'text/plain', 'Four minutes.', visibility => 'tenant')",
    );
    const variables: Record<string, unknown> = { documentId: document[0]!.id };
    const answers = await walk("curated-answers.md", acme.admin, variables, {
      Write: (data) => {
        variables.id = data.createCuratedAnswer.curatedAnswer.id;
      },
    });
    expect(answers).toMatchObject({
      AskedOften: {
        frequentQuestions: expect.arrayContaining([
          expect.objectContaining({ question: "How long does tea brew?", people: 1, curatedAnswerId: null }),
        ]),
      },
      Write: { createCuratedAnswer: { curatedAnswer: { documentVersions: [1], active: true } } },
      Preview: { curatedAnswerFor: { id: variables.id } },
      StillHolds: { updateCuratedAnswer: { curatedAnswer: { documentVersions: [1] } } },
      SwitchOff: { updateCuratedAnswer: { curatedAnswer: { active: false } } },
    });
  });

  test("tools.md: a server and its tool are added, known by a secret, seen, and asked about", async () => {
    const schema = { type: "object", properties: { number: { type: "string" } }, required: ["number"] };
    const variables: Record<string, unknown> = { secret: "of-acme", schema };
    const answers = await walk("tools.md", acme.admin, variables, {
      AddApi: (data) => {
        variables.serverId = data.createToolServer.toolServer.id;
      },
      AddTool: (data) => {
        variables.id = data.createTool.tool.id;
      },
    });
    expect(answers).toMatchObject({
      AddTool: { createTool: { tool: { approved: true, approval: "NEVER" } } },
      Know: { setToolSecret: { toolServer: { name: "shop" } } },
      MayBeCalled: { myTools: [{ name: "shop_find_order", approval: "NEVER" }] },
      Ask: { updateTool: { tool: { approval: "ALWAYS" } } },
      AddMcp: { createToolServer: { toolServer: { id: expect.any(String) } } },
    });
    const { rows } = await database.admin.query("select header, sealed from auth.tool_secrets");
    expect(rows).toMatchObject([{ header: "X-Api-Key", sealed: expect.stringMatching(/^v1\./) }]);
  });

  test("conversations.md: a conversation is pinned, archived, branched, rated, shared, discarded and restored", async () => {
    const { conversation_id: conversationId, answer_id: answerId } = await asked("How long does tea brew?");
    const { teamId } = acme.member;
    const variables: Record<string, unknown> = { conversationId, answerId, parentId: answerId, teamId };
    const answers = await walk("conversations.md", acme.member, variables, {
      Archive: () =>
        actors(database.app)(acme.member)
          .expect(...begin({ content: "More?", conversation: conversationId }))
          .toBeRefused("RH410"),
      Rate: (data) => {
        variables.feedbackId = data.createMessageFeedback.messageFeedback.id;
      },
      Share: async () => {
        const { data } = await api.ask(acme.colleague, `{ conversation(id: "${conversationId}") { title } }`);
        expect(data.conversation).toEqual({ title: "Tea" });
      },
      TakeBack: async () => {
        const { codes } = await api.ask(
          acme.colleague,
          `{ conversation(id: "${conversationId}") { title } }`,
        );
        expect(codes).toEqual(["NOT_FOUND"]);
      },
    });
    expect(answers).toMatchObject({
      Search: { searchConversations: [{ id: conversationId }] },
      AskedOften: { myFrequentQuestions: [] },
      Pin: { updateConversation: { conversation: { title: "Tea", pinnedAt: expect.any(String) } } },
      Archive: { updateConversation: { conversation: { status: "ARCHIVED", pinnedAt: null } } },
      OpenAgain: { updateConversation: { conversation: { status: "OPEN" } } },
      Branch: { createMessage: { message: { parentId: answerId } } },
      ChangeMyMind: { updateMessageFeedback: { messageFeedback: { rating: "DOWN" } } },
      Share: { shareConversation: { conversation: { team: { id: teamId } } } },
      TakeBack: { shareConversation: { conversation: { team: null } } },
      Discard: { discardConversation: { conversation: { deletedAt: expect.any(String) } } },
      Restore: { restoreConversation: { conversation: { deletedAt: null } } },
    });
    expect(JSON.stringify([answers.OfTheTeam, answers.Bin])).toContain(String(conversationId));
  });
});

describe.each(readdirSync(folder))("the page %s", (page) => {
  test("links to files that there are, and names statuses that codes have", () => {
    for (const [, link] of textOf(page).matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)) {
      expect(existsSync(join(folder, link!)), link).toBe(true);
    }
    for (const [, status, code] of textOf(page).matchAll(/(\d{3}) \[`(\w+)`\]/g)) {
      expect(statusesOf(code as Code), code).toContain(Number(status));
    }
  });
});
