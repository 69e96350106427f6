import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { jobs } from "../../../src/jobs/jobs.ts";
import { type Chat, startChat } from "../../support/chatting.ts";
import { jobContext } from "../../support/jobs.ts";
import type { Member } from "../../support/people.ts";
import { eventually } from "../../support/server.ts";

// What somebody asks again and again, and what they were last answered, as long as that still stands.

let chat: Chat;
beforeAll(async () => {
  chat = await startChat("ok");
});
beforeEach(async () => {
  for (const table of ["app.conversations", "app.documents"])
    await chat.database.admin.query(`delete from ${table}`);
  chat.provider.reply = ({ question }) => `Said of: ${question.split("\n").at(-1)}`;
});
afterAll(() => chat.close());

async function ask(who: Member, content: string, more: object = {}): Promise<string> {
  const { status, body } = await chat.server.post(
    "/chat",
    { stream: false, content, ...more },
    await chat.headersOf(who),
  );
  expect(status, JSON.stringify(body)).toBe(200);
  await eventually(async () => {
    const { rows } = await chat.database.admin.query("select from app.messages where status = 'streaming'");
    return rows.length === 0;
  });
  return body.conversationId;
}
const graphql = async (who: Member, query: string) =>
  (await chat.server.post("/graphql", { query }, await chat.headersOf(who))).body;
const questionsOf = async (who: Member, wanted = 10) => {
  const { data, errors } = await graphql(
    who,
    `{ myFrequentQuestions(wanted: ${wanted}) { question times answer answerId conversationId } }`,
  );
  expect(errors).toBeUndefined();
  return data.myFrequentQuestions as {
    question: string;
    times: number;
    answer: string | null;
    answerId: string;
    conversationId: string;
  }[];
};
/** Brings a document of the company's, and has it read. */
async function bring(content: string, who: Member = chat.acme.admin, visibility = "tenant"): Promise<string> {
  const { status, body } = await chat.server.request(
    "POST",
    `/documents?name=tea.md&visibility=${visibility}`,
    { body: content, headers: { ...(await chat.headersOf(who)), "Content-Type": "text/markdown" } },
  );
  expect(status).toBe(201);
  await jobs.index_documents!(jobContext(chat.database));
  return body.document.id;
}

test("questions with the same words, however they are bent or put, are one, and the last answer comes along", async () => {
  const { member } = chat.acme;
  await ask(member, "How long does tea brew?");
  await ask(member, "Who pays for trains?");
  const last = await ask(member, "does Tea brew, and how long");
  expect(await questionsOf(member)).toEqual([
    {
      question: "does Tea brew, and how long",
      times: 2,
      answer: "Said of: does Tea brew, and how long",
      answerId: expect.any(String),
      conversationId: last,
    },
  ]);
});

test("the most frequent come first, as many as are wanted", async () => {
  const { member } = chat.acme;
  for (const [question, times] of [
    ["Tea?", 2],
    ["Trains?", 4],
    ["Bees?", 3],
  ] as const)
    for (let n = 0; n < times; n++) await ask(member, question);
  expect((await questionsOf(member)).map(({ question, times }) => [question, times])).toEqual([
    ["Trains?", 4],
    ["Bees?", 3],
    ["Tea?", 2],
  ]);
  expect(await questionsOf(member, 1)).toHaveLength(1);
});

test("an answer that failed is none: the last whole one is told, or none", async () => {
  const { member } = chat.acme;
  await ask(member, "Tea?");
  const { status } = await chat.server.post(
    "/chat",
    { stream: false, content: "Tea?", model: "drop" },
    await chat.headersOf(member),
  );
  expect(status).not.toBe(200);
  expect(await questionsOf(member)).toMatchObject([{ times: 2, answer: "Said of: Tea?" }]);
  await chat.database.admin.query("update app.messages set status = 'failed' where role = 'assistant'");
  expect(await questionsOf(member)).toMatchObject([{ times: 2, answer: null, answerId: null }]);
});

test("nobody else's are among them: not a colleague's, not a neighbour's, not for an administrator", async () => {
  const { member, colleague, admin, owner } = chat.acme;
  await ask(member, "Tea?");
  await ask(member, "Tea?");
  await ask(colleague, "Tea?");
  for (const other of [colleague, admin, owner, chat.globex.owner, chat.globex.member])
    expect(await questionsOf(other)).toEqual([]);
  expect(await questionsOf(member)).toMatchObject([{ times: 2 }]);
});

test("whoever has no chat has none", async () => {
  expect(await questionsOf(chat.acme.viewer)).toEqual([]);
});

test("what is in the bin does not count", async () => {
  const { member } = chat.acme;
  await ask(member, "Tea?");
  const id = await ask(member, "Tea?");
  await graphql(member, `mutation { discardConversation(input: {id: "${id}"}) { clientMutationId } }`);
  expect(await questionsOf(member)).toEqual([]);
});

test("what was asked in a team that its asker left is not told any more", async () => {
  const { member } = chat.acme;
  await ask(member, "Tea?", { teamId: member.teamId });
  await ask(member, "Tea?", { teamId: member.teamId });
  expect(await questionsOf(member)).toMatchObject([{ times: 2 }]);
  await chat.database.admin.query("delete from app.team_members where user_id = $1", [member.userId]);
  expect(await questionsOf(member)).toEqual([]);
});

test.each([
  ["is replaced", (id: string) => `update app.documents set version = version + 1 where id = '${id}'`],
  ["is deleted", (id: string) => `delete from app.documents where id = '${id}'`],
  [
    "is somebody's own from now on",
    (id: string) => `update app.documents set visibility = 'private', team_id = null where id = '${id}'`,
  ],
])("an answer is told no more when a document that it rests on %s", async (_, change) => {
  const { colleague } = chat.acme;
  const id = await bring("# Tea\n\nTea brews for four minutes.");
  await ask(colleague, "How long does tea brew?");
  await ask(colleague, "How long does tea brew?");
  expect(await questionsOf(colleague)).toMatchObject([
    { times: 2, answer: expect.stringContaining("Said of"), answerId: expect.any(String) },
  ]);
  await chat.database.admin.query(change(id));
  expect(await questionsOf(colleague)).toMatchObject([
    { times: 2, answer: null, answerId: expect.any(String) },
  ]);
});
