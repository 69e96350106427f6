import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { actors } from "../../support/acting_as.ts";
import { type Chat, startChat } from "../../support/chatting.ts";
import { createGuest } from "../../support/guests.ts";
import type { Member } from "../../support/people.ts";
import { eventually } from "../../support/server.ts";

// Answers that a company gives itself: to whom, to what, and for how long.

let chat: Chat;
let actingAs: ReturnType<typeof actors>;
beforeAll(async () => {
  chat = await startChat("ok", { EMBEDDING_MODEL: "bags" });
  actingAs = actors(chat.database.app);
});
beforeEach(async () => {
  for (const table of ["app.curated_answers", "app.conversations", "app.documents", "app.usage_events"])
    await chat.database.admin.query(`delete from ${table}`);
  await chat.database.admin.query("delete from app.usage_days");
  chat.provider.reply = () => "Said by the model";
  chat.provider.requests.length = 0;
});
afterAll(() => chat.close());

const TEA = { question: "How long does tea brew?", answer: "Four minutes, not more [1]." };

async function graphql(who: Member, query: string, variables: object = {}) {
  const { body } = await chat.server.post("/graphql", { query, variables }, await chat.headersOf(who));
  // biome-ignore lint/suspicious/noExplicitAny: an answer has the shape of its query
  return body as { data: any; errors?: { extensions: { code: string }; message: string }[] };
}
const CREATE = `mutation ($curatedAnswer: CuratedAnswerInput!) {
  createCuratedAnswer(input: {curatedAnswer: $curatedAnswer}) {
    curatedAnswer { id question answer language teamId active documentIds documentVersions member { userId } message { id } }
  }
}`;
const write = (who: Member, given: object = {}) =>
  graphql(who, CREATE, { curatedAnswer: { ...TEA, ...given } });
async function written(given: object = {}, who: Member = chat.acme.admin) {
  const { data, errors } = await write(who, given);
  expect(errors).toBeUndefined();
  return data.createCuratedAnswer.curatedAnswer;
}
const codeOf = ({ errors }: { errors?: { extensions: { code: string } }[] }) => errors?.[0]?.extensions.code;

async function ask(who: Member, content: string, more: object = {}, path = "/chat") {
  const { status, body } = await chat.server.post(
    path,
    path === "/chat" ? { stream: false, content, ...more } : { model: "ok", ...more },
    await chat.headersOf(who),
  );
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}
/** Who answers the question, asked in the words of the answer's unless others are given. */
const generatorFor = async (who: Member, content = TEA.question, more: object = {}): Promise<string> =>
  (await ask(who, content, more)).generator;

async function documentOf(who: Member, visibility: string, teamId: string | null = null): Promise<string> {
  const { rows } = await chat.database.admin.query<{ id: string }>(
    `insert into app.documents (tenant_id, user_id, visibility, team_id, title, media_type, version, status, due_at)
     values ($1, $2, $3, $4, 'Tea', 'text/plain', 3, 'ready', null) returning id`,
    [who.tenantId, who.userId, visibility, teamId],
  );
  return rows[0]!.id;
}
async function withoutTeam(who: Member, teamId: string, work: () => Promise<unknown>): Promise<void> {
  const place = [who.tenantId, teamId, who.userId];
  await chat.database.admin.query(
    "delete from app.team_members where team_id = $1 and user_id = $2",
    place.slice(1),
  );
  try {
    await work();
  } finally {
    await chat.database.admin.query(
      "insert into app.team_members (tenant_id, team_id, user_id) values ($1, $2, $3)",
      place,
    );
  }
}

describe("a question that is the same gets the company's own answer at once", () => {
  test("with its documents, for nothing, without a word to any provider", async () => {
    const document = await documentOf(chat.acme.admin, "tenant");
    const { id } = await written({ documentIds: [document] });
    const answer = await ask(chat.acme.member, "does TEA brew, and how long");
    expect(answer).toMatchObject({
      generator: "curated",
      model: "curated",
      status: "complete",
      content: TEA.answer,
      citations: [{ number: 1, passageId: document, documentId: document, title: "Tea" }],
      finishReason: "stop",
      usage: { inputTokens: 0, outputTokens: 0, estimated: false },
    });
    expect(chat.provider.requests).toEqual([]);
    const { rows } = await chat.database.admin.query(
      `select answer.status, answer.generator, answer.model, answer.provenance, used.generator as counted, used.cost_micros::int,
         turn.held_micros::int
       from app.messages as answer
       join app.usage_events as used on used.turn_id = answer.turn_id
       join auth.turns as turn on turn.id = answer.turn_id
       where answer.id = $1`,
      [answer.messageId],
    );
    expect(rows).toEqual([
      {
        status: "complete",
        generator: "curated",
        model: "curated",
        provenance: {
          promptHash: null,
          curated: { id, teamId: null },
          sources: [{ documentId: document, version: 3 }],
          cited: [document],
        },
        counted: "curated",
        cost_micros: 0,
        held_micros: 0,
      },
    ]);
    const { data } = await graphql(
      chat.acme.admin,
      `{ analytics(since: "${new Date().toISOString().slice(0, 10)}", per: "model") { model turns costMicros unpriced } }`,
    );
    expect(data.analytics).toEqual([{ model: "curated", turns: 1, costMicros: "0", unpriced: 0 }]);
  });
  test("whichever way it is asked: streamed, in a conversation, temporarily, by OpenAI's API, again", async () => {
    await written();
    const { member } = chat.acme;
    const first = await ask(member, "When is lunch?");
    expect(first.generator).toBe("model");
    const more = { conversationId: first.conversationId };
    expect(await generatorFor(member, TEA.question, more)).toBe("curated");
    expect(await generatorFor(member, TEA.question, { temporary: true })).toBe("curated");
    const { chunks, message } = await chat.ask(await chat.headersOf(member), TEA.question);
    expect(chunks.at(-1)).toMatchObject({ type: "finish", finishReason: "stop" });
    expect(message.metadata).toMatchObject({ generator: "curated", model: "curated" });
    const messages = [{ role: "user", content: TEA.question }];
    const { model, choices } = await ask(member, "", { messages }, "/v1/chat/completions");
    expect([model, choices[0].message.content]).toEqual(["curated", TEA.answer]);
    const question = (await ask(member, "When is tea?")) as { questionId: string };
    await written({ question: "When is tea?", answer: "At four." });
    const again = await chat.server.post(
      "/chat",
      {
        stream: false,
        parentId: question.questionId,
        conversationId: (question as never as typeof first).conversationId,
      },
      await chat.headersOf(member),
    );
    expect(again.body).toMatchObject({ generator: "curated", content: "At four." });
  });
  test("by the rules of the language that it is written in, whatever language its asker prefers", async () => {
    await written({ question: "Wer zahlt die Rechnungen?", answer: "Die Firma.", language: "de" });
    await written({ question: "How long do the teas brew?", answer: "Four minutes." });
    for (const [question, answer] of [
      ["Zahlt wer die Rechnung?", "Die Firma."],
      ["How long does a tea brew?", "Four minutes."],
    ] as const)
      expect((await ask(chat.acme.member, question)).content).toBe(answer);
  });
  test("sent twice with a key it is one turn, with one answer", async () => {
    await written();
    const headers = { ...(await chat.headersOf(chat.acme.member)), "Idempotency-Key": "a-key-of-tea" };
    const body = { stream: false, content: TEA.question };
    const [one, other] = [
      await chat.server.post("/chat", body, headers),
      await chat.server.post("/chat", body, headers),
    ];
    expect(other.body).toEqual(one.body);
    expect(other.body.generator).toBe("curated");
    expect((await chat.database.admin.query("select from app.usage_events")).rowCount).toBe(1);
  });
  test("though a budget is used up, and though no provider is there to be asked", async () => {
    await written();
    await chat.database.admin.query("select auth.set_model_price('ok', 1, 1)");
    await chat.database.admin.query(
      "insert into app.budgets (tenant_id, level, cap_micros) values ($1, 'tenant', 0)",
      [chat.acme.tenantId],
    );
    try {
      const other = { stream: false, content: "When is lunch?" };
      expect((await chat.server.post("/chat", other, await chat.headersOf(chat.acme.member))).status).toBe(
        402,
      );
      expect(await generatorFor(chat.acme.member)).toBe("curated");
    } finally {
      await chat.database.admin.query("delete from app.budgets where level = 'tenant'");
    }
  });
  test("the newest of several, and a team's before the company's", async () => {
    await written({ answer: "The first." });
    await written({ answer: "The second." });
    expect((await ask(chat.acme.member, TEA.question)).content).toBe("The second.");
    const { teamId } = chat.acme.member;
    const { id } = await written({ answer: "The team's.", teamId });
    await written({ answer: "The third." });
    const answer = await ask(chat.acme.member, TEA.question);
    expect(answer.content).toBe("The team's.");
    const { rows } = await chat.database.admin.query("select provenance from app.messages where id = $1", [
      answer.messageId,
    ]);
    expect(rows[0].provenance.curated).toEqual({ id, teamId });
  });
});

describe("another question is asked of the model", () => {
  test.each([
    ["with another word", "How long does coffee brew?"],
    ["of filling words only", "How does it?"],
    ["that is longer than any that is curated", `${TEA.question} ${"tea ".repeat(250)}`],
  ])("one %s", async (_, question) => {
    await written();
    expect(await generatorFor(chat.acme.member, question)).toBe("model");
  });
  test("one that instructions or an image come with", async () => {
    await written();
    const { member } = chat.acme;
    const messages = [
      { role: "system", content: "Answer in verse." },
      { role: "user", content: TEA.question },
    ];
    expect((await ask(member, "", { messages }, "/v1/chat/completions")).model).toBe("ok");
    const pixel = `data:image/png;base64,${Buffer.from("89504e470d0a1a0a00", "hex").toString("base64")}`;
    const { message } = await chat.ask(await chat.headersOf(member), TEA.question, {
      files: [{ type: "file", mediaType: "image/png", url: pixel }],
    });
    expect(message.metadata).toMatchObject({ generator: "model" });
  });
  test("one that is switched off, corrected to another question or deleted", async () => {
    const { id } = await written();
    const update = `mutation ($id: ID!, $patch: CuratedAnswerPatch!) { updateCuratedAnswer(input: {id: $id, patch: $patch}) { clientMutationId } }`;
    const { admin, member } = chat.acme;
    expect(await generatorFor(member)).toBe("curated");
    await graphql(admin, update, { id, patch: { active: false } });
    expect(await generatorFor(member)).toBe("model");
    await graphql(admin, update, { id, patch: { active: true, question: "When is tea?" } });
    expect([await generatorFor(member), await generatorFor(member, "When is tea?")]).toEqual([
      "model",
      "curated",
    ]);
    await graphql(
      admin,
      "mutation ($id: ID!) { deleteCuratedAnswer(input: {id: $id}) { clientMutationId } }",
      { id },
    );
    expect(await generatorFor(member, "When is tea?")).toBe("model");
  });
  test("a model that is called curated is a model, and is paid for", async () => {
    const { rows } = await actingAs(chat.acme.member)
      .rows(
        "select * from context.begin_turn('x', content => 'Tea?', keep => false, model => 'curated', installation_model => 'curated')",
      )
      .then((all) => ({ rows: all }));
    expect(rows[0]).toMatchObject({ generator: "model", answered_by: "curated", given: null });
  });
});

describe("it is used only while what it rests on stands and is the asker's to read", () => {
  test.each([
    ["is replaced", "update app.documents set version = version + 1 where id = $1"],
    ["is deleted", "delete from app.documents where id = $1"],
    ["is somebody's own from now on", "update app.documents set visibility = 'private' where id = $1"],
  ])("not once a document %s", async (_, change) => {
    const document = await documentOf(chat.acme.admin, "tenant");
    await written({ documentIds: [document, await documentOf(chat.acme.owner, "tenant")] });
    expect(await generatorFor(chat.acme.member)).toBe("curated");
    await chat.database.admin.query(change, [document]);
    expect(await generatorFor(chat.acme.member)).toBe("model");
  });
  test("and again once somebody says that it holds for the new version", async () => {
    const document = await documentOf(chat.acme.admin, "tenant");
    const { id } = await written({ documentIds: [document] });
    await chat.database.admin.query("update app.documents set version = 4 where id = $1", [document]);
    const { data } = await graphql(
      chat.acme.owner,
      `mutation ($id: ID!, $documentIds: [ID!]) { updateCuratedAnswer(input: {id: $id, patch: {documentIds: $documentIds}}) {
         curatedAnswer { documentVersions userId } } }`,
      { id, documentIds: [document] },
    );
    expect(data.updateCuratedAnswer.curatedAnswer).toEqual({
      documentVersions: [4],
      userId: chat.acme.owner.userId,
    });
    expect(await generatorFor(chat.acme.member)).toBe("curated");
  });
  test("a team's is for its members, and for nobody who left it", async () => {
    const { admin, member, colleague } = chat.acme;
    const document = await documentOf(admin, "team", member.teamId);
    await written({ teamId: member.teamId, documentIds: [document] });
    expect(await generatorFor(colleague)).toBe("curated");
    await withoutTeam(colleague, member.teamId, async () => {
      expect(await generatorFor(colleague)).toBe("model");
      expect(await generatorFor(member)).toBe("curated");
    });
  });
  test("not next door, not for a guest, and not for a key without read_documents", async () => {
    await written();
    for (const who of [chat.globex.owner, chat.globex.member, await createGuest(chat.database, chat.acme)])
      expect(await generatorFor(who)).toBe("model");
    await chat.database.admin.query(
      "insert into auth.api_keys (tenant_id, user_id, name, digest, scopes) values ($1, $2, 'Chats', sha256(sha256('chats')), '{chat}')",
      [chat.acme.tenantId, chat.acme.member.userId],
    );
    const digest = (await chat.database.admin.query("select sha256('chats') as digest")).rows[0].digest;
    const [turn] = await actingAs({ digest }).rows<{ given: unknown }>(
      "select given from context.begin_turn('x', content => $1, keep => false, installation_model => 'ok')",
      [TEA.question],
    );
    expect(turn).toEqual({ given: null });
  });
});

describe("managers of documents write them, and nobody else sees them", () => {
  test("with what they say; the trail has that, and no word of it", async () => {
    const document = await documentOf(chat.acme.admin, "tenant");
    expect(
      await written({ documentIds: [document], question: "zzquestion?", answer: "zzanswer" }),
    ).toMatchObject({
      question: "zzquestion?",
      answer: "zzanswer",
      language: "en",
      teamId: null,
      active: true,
      documentIds: [document],
      documentVersions: [3],
      member: { userId: chat.acme.admin.userId },
      message: null,
    });
    const { rows } = await chat.database.admin.query(
      "select new_row from audit.events where table_name = 'app.curated_answers' order by at desc limit 1",
    );
    expect(rows[0].new_row).toMatchObject({ user_id: chat.acme.admin.userId, document_ids: [document] });
    expect(JSON.stringify(rows)).not.toMatch(/zzquestion|zzanswer/);
  });
  test("without manage_documents nobody writes, changes or reads one", async () => {
    await written();
    for (const who of [chat.acme.member, chat.acme.viewer]) {
      expect(codeOf(await write(who))).toBe("PERMISSION_DENIED");
      expect((await graphql(who, "{ curatedAnswers { nodes { id } } }")).data.curatedAnswers.nodes).toEqual(
        [],
      );
      expect(codeOf(await graphql(who, '{ curatedAnswerFor(question: "Tea?") { id } }'))).toBe(
        "PERMISSION_DENIED",
      );
      for (const change of ["update app.curated_answers set answer = 'x'", "delete from app.curated_answers"])
        await actingAs(who).expect(change).toBeRefused("RH403", "manage_documents");
    }
    for (const who of [chat.globex.owner, chat.globex.admin])
      expect((await graphql(who, "{ curatedAnswers { nodes { id } } }")).data.curatedAnswers.nodes).toEqual(
        [],
      );
    expect((await ask(chat.acme.member, TEA.question)).content).toBe(TEA.answer);
  });
  test("not for a team that they are not in, nor do they read what is such a team's", async () => {
    const { owner, admin } = chat.acme;
    const { id } = await written({ teamId: admin.teamId });
    await withoutTeam(owner, admin.teamId, async () => {
      expect(codeOf(await write(owner, { teamId: admin.teamId }))).toBe("PERMISSION_DENIED");
      await actingAs(owner).expect(`select from app.curated_answers where id = '${id}'`).toReach(0);
      await actingAs(owner).expect(`delete from app.curated_answers where id = '${id}'`).toReach(0);
    });
    expect(codeOf(await write(owner, { teamId: chat.globex.owner.teamId }))).toBe("PERMISSION_DENIED");
  });
  test("not resting on what they do not read, or on what is read by fewer than the answer is for", async () => {
    const { admin, member } = chat.acme;
    const { rows } = await chat.database.admin.query<{ count: number }>(
      "select count(*)::int from app.curated_answers",
    );
    for (const document of [
      await documentOf(member, "private"),
      await documentOf(chat.globex.admin, "tenant"),
      chat.acme.tenantId,
    ])
      expect(codeOf(await write(admin, { documentIds: [document] }))).toBe("NOT_FOUND");
    for (const document of [
      await documentOf(admin, "private"),
      await documentOf(admin, "team", admin.teamId),
    ])
      expect(codeOf(await write(admin, { documentIds: [document] }))).toBe("INVALID_INPUT");
    const own = await documentOf(admin, "private");
    expect(codeOf(await write(admin, { teamId: admin.teamId, documentIds: [own] }))).toBe("INVALID_INPUT");
    expect((await chat.database.admin.query("select count(*)::int from app.curated_answers")).rows).toEqual(
      rows,
    );
  });
  test.each([
    ["blank", { question: " " }],
    ["of filling words only", { question: "How is it?" }],
    ["too long", { question: "tea ".repeat(300) }],
    ["without an answer", { answer: " " }],
    ["in a language that is none", { language: "Deutsch" }],
  ])("not one that is %s", async (_, given) => {
    expect(codeOf(await write(chat.acme.admin, given))).toBe("INVALID_INPUT");
  });
  test("what is made of somebody else's answer takes view_all_chats, whoever's it is", async () => {
    const { admin, member } = chat.acme;
    const { messageId } = await ask(member, "When is lunch?");
    const neighbour = await ask(chat.globex.member, "When is lunch?");
    const role = await chat.database.admin.query<{ id: string }>(
      "insert into app.roles (tenant_id, name, permissions) values ($1, 'librarian', '{chat,read_documents,manage_documents}') returning id",
      [chat.acme.tenantId],
    );
    const [{ role_id: before }] = (
      await chat.database.admin.query("select role_id from app.memberships where user_id = $1", [
        chat.acme.colleague.userId,
      ])
    ).rows as [{ role_id: string }];
    const as = (id: string) =>
      chat.database.admin.query("update app.memberships set role_id = $1 where user_id = $2", [
        id,
        chat.acme.colleague.userId,
      ]);
    await as(role.rows[0]!.id);
    try {
      for (const other of [messageId, neighbour.messageId, chat.acme.tenantId])
        expect(codeOf(await write(chat.acme.colleague, { messageId: other }))).toBe("PERMISSION_DENIED");
      const own = await ask(chat.acme.colleague, "When is lunch?");
      expect((await written({ messageId: own.messageId }, chat.acme.colleague)).message.id).toBe(
        own.messageId,
      );
    } finally {
      await as(before);
    }
    for (const other of [neighbour.messageId, chat.acme.tenantId])
      expect(codeOf(await write(admin, { messageId: other }))).toBe("NOT_FOUND");
    expect((await written({ messageId })).message.id).toBe(messageId);
  });
  test("which one a question would get, they see before anybody asks", async () => {
    const { id } = await written();
    const query = "query ($question: String) { curatedAnswerFor(question: $question) { id answer } }";
    const preview = async (question: string) => (await graphql(chat.acme.admin, query, { question })).data;
    expect(await preview("how long brews tea")).toEqual({ curatedAnswerFor: { id, answer: TEA.answer } });
    expect(await preview("how long brews coffee")).toEqual({ curatedAnswerFor: null });
  });
});

test("whose author is erased, it stays, and is nobody's in name; with its team it goes", async () => {
  const { admin } = chat.acme;
  await written({ teamId: admin.teamId });
  await written();
  await chat.database.admin.query("delete from app.teams where id = $1", [admin.teamId]);
  const { rows } = await chat.database.admin.query("select user_id, team_id from app.curated_answers");
  expect(rows).toEqual([{ user_id: admin.userId, team_id: null }]);
});

test("what was answered so is told to its asker again, while it stands", async () => {
  const { member } = chat.globex;
  await written({}, chat.globex.admin);
  await ask(member, TEA.question);
  await ask(member, TEA.question);
  await eventually(async () => {
    const { data } = await graphql(member, "{ myFrequentQuestions { times answer } }");
    return data.myFrequentQuestions[0]?.answer === TEA.answer && data.myFrequentQuestions[0].times === 2;
  });
});
