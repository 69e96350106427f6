import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Chat, startChat } from "../../support/chatting.ts";
import { createGuest } from "../../support/guests.ts";
import { openAIClient, secretKey } from "../../support/openai.ts";
import { createMember, createPerson, type Member } from "../../support/people.ts";
import { eventually } from "../../support/server.ts";
import type { TenantMember } from "../../support/tenants.ts";

// A question that was answered is drawn into the profile of the person who asked it.

let chat: Chat;
beforeAll(async () => {
  chat = await startChat("ok", { EMBEDDING_MODEL: "words" });
});
beforeEach(async () => {
  await chat.database.admin.query("delete from app.user_profiles");
  chat.provider.requests.length = 0;
});
afterAll(() => chat.close());

const ask = async (who: Member, body: object) =>
  (await chat.server.post("/chat", { stream: false, ...body }, await chat.headersOf(who))).body;
const profiles = async () =>
  (
    await chat.database.admin.query(
      `select tenant_id, user_id, enabled, questions, model, cardinality(embedding) as length
       from app.user_profiles order by tenant_id, user_id`,
    )
  ).rows;
/** Turns are over when they are settled; what is drawn of them, a moment later. The last question shows that it has been. */
async function profilesAfterOneMore(): Promise<object[]> {
  await ask(chat.globex.colleague, { content: "And what of this?" });
  return eventually(async () => {
    const all = await profiles();
    const others = all.filter(({ user_id }) => user_id !== chat.globex.colleague.userId);
    return others.length < all.length && others;
  });
}
const drawn = (who: TenantMember, questions: number) => ({
  tenant_id: who.tenantId,
  user_id: who.userId,
  enabled: true,
  questions,
  model: "words",
  length: chat.provider.dimensions,
});

test("a question is drawn into its asker's profile, in the company that it was asked in", async () => {
  const { member } = chat.acme;
  await ask(member, { content: "How long does tea brew?" });
  await eventually(async () => (await profiles()).length === 1);
  await ask(member, { content: "And coffee?" });
  expect(await eventually(async () => (await profiles()).find(({ questions }) => questions === 2))).toEqual(
    drawn(member, 2),
  );
  expect(await profilesAfterOneMore()).toEqual([drawn(member, 2)]);
});

test("the same person in another company has another profile there", async () => {
  const { acme, globex, database } = chat;
  const person = await createPerson(database);
  const questions: Readonly<Record<string, string>> = { [acme.tenantId]: "Tea?", [globex.tenantId]: "Bees?" };
  for (const tenant of [acme, globex]) {
    const member = await createMember(database, { tenant, role: "member", person });
    await ask(member, { content: questions[tenant.tenantId] });
    await eventually(async () => (await profiles()).some(({ tenant_id }) => tenant_id === tenant.tenantId));
  }
  const { rows } = await database.admin.query(
    "select tenant_id, questions, count(*) over (partition by embedding)::integer as alike from app.user_profiles order by tenant_id",
  );
  expect(rows).toEqual(
    [acme, globex]
      .map(({ tenantId }) => ({ tenant_id: tenantId, questions: 1, alike: 1 }))
      .sort((one, other) => (one.tenant_id < other.tenant_id ? -1 : 1)),
  );
});

test("the vector is the one by which passages were found: the provider is asked no second time", async () => {
  await ask(chat.acme.member, { content: "How long does tea brew?" });
  await eventually(async () => (await profiles()).length === 1);
  expect(chat.provider.requests.map(({ path }) => path)).toEqual(["/v1/embeddings", "/v1/chat/completions"]);
});

test("nothing is drawn of what is kept nowhere, asked by a program or a guest, answered again, or failed", async () => {
  const { member } = chat.acme;
  await ask(member, { content: "Between us?", temporary: true });
  await ask(member, { content: "Broken?", model: "broken" });
  const key = await secretKey(chat.database, member);
  const client = openAIClient(chat.server, key);
  await client.chat.completions.create({ model: "ok", messages: [{ role: "user", content: "Leave?" }] });
  const byKey = { Authorization: `Bearer ${key}` };
  const kept = await chat.server.post("/chat", { content: "By a program?", stream: false }, byKey);
  expect(kept.status).toBe(200);
  const guest = await createGuest(chat.database, chat.acme);
  expect((await ask(guest, { content: "What do you sell?" })).content).toBe("You asked: What do you sell?");
  expect(await profilesAfterOneMore()).toEqual([]);

  const { conversationId, messageId } = await ask(member, { content: "Once?" });
  await eventually(async () => (await profiles()).some(({ user_id }) => user_id === member.userId));
  const { rows } = await chat.database.admin.query("select parent_id from app.messages where id = $1", [
    messageId,
  ]);
  const again = await ask(member, { conversationId, parentId: rows[0].parent_id });
  expect(again.content).toBe("You asked: Once?");
  await chat.database.admin.query("delete from app.user_profiles where user_id = $1", [
    chat.globex.colleague.userId,
  ]);
  expect(await profilesAfterOneMore()).toEqual([drawn(member, 1)]);
});

test("whoever switched it off has none, and whoever erased it begins anew", async () => {
  const { member } = chat.acme;
  const headers = await chat.headersOf(member);
  const use = (enabled: boolean) =>
    chat.server.post(
      "/graphql",
      { query: `mutation { useProfile(input: {enabled: ${enabled}}) { result { enabled questions } } }` },
      headers,
    );
  await ask(member, { content: "How long does tea brew?" });
  await eventually(async () => (await profiles()).length === 1);
  expect((await use(false)).body.data.useProfile.result).toEqual({ enabled: false, questions: 0 });
  await ask(member, { content: "How long does tea brew?" });
  const off = { ...drawn(member, 0), enabled: false, model: null, length: null };
  expect(await profilesAfterOneMore()).toEqual([off]);
  expect((await use(true)).body.data.useProfile.result).toEqual({ enabled: true, questions: 0 });
  await ask(member, { content: "How long does tea brew?" });
  await eventually(async () =>
    (await profiles()).find(({ user_id, questions }) => user_id === member.userId && questions === 1),
  );
});

test("a profile that cannot be drawn takes nothing from the answer, and the log says so", async () => {
  await chat.database.admin.query("alter function context.note_question rename to note_question_away");
  try {
    expect((await ask(chat.acme.member, { content: "Still there?" })).content).toBe(
      "You asked: Still there?",
    );
    await eventually(() =>
      chat.server.log.find(({ msg }) => msg === "a question was not drawn into a profile"),
    );
  } finally {
    await chat.database.admin.query("alter function context.note_question_away rename to note_question");
  }
});
