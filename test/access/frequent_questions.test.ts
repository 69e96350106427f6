import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { buildTenants, type TenantFixture, type TenantMember } from "../support/tenants.ts";
import { turns } from "../support/turns.ts";

// What a company asks again and again: for whom both its figures and its chats are to be seen.

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
});
beforeEach(async () => {
  await database.admin.query("delete from app.conversations");
});
afterAll(() => database.drop());

async function asked(who: TenantMember, content: string, more: object = {}) {
  const begun = await turn.begin(who, { content, ...more });
  await turn.settle(begun, { content: "Four minutes.", provenance: { sources: [] } });
  return begun;
}
const frequent = (who: TenantMember, wanted = 10) =>
  actingAs(who).rows("select * from app.frequent_questions($1)", [wanted]);
const rate = (who: TenantMember, message: string | null, rating: string) =>
  actingAs(who).rows("insert into app.message_feedback (message_id, rating) values ($1, $2)", [
    message,
    rating,
  ]);

test("of all people, in whatever words mean the same, with how often, by how many and how well answered", async () => {
  const first = await asked(acme.member, "How long does tea brew?");
  const other = await asked(acme.colleague, "does Tea brew, and how long");
  await asked(acme.colleague, "How long do teas brew?");
  await asked(acme.member, "Who pays for trains?");
  await asked(acme.admin, "Who pays for trains?");
  await asked(acme.admin, "Asked once?");
  await asked(globex.member, "How long does tea brew?");
  await rate(acme.member, first.answer_id, "up");
  await rate(acme.colleague, other.answer_id, "down");
  expect(await frequent(acme.admin)).toEqual([
    {
      question: "How long do teas brew?",
      times: 3,
      people: 2,
      last_asked_at: expect.any(Date),
      rated: 2,
      answered_well: 0.5,
      curated_answer_id: null,
    },
    {
      question: "Who pays for trains?",
      times: 2,
      people: 2,
      last_asked_at: expect.any(Date),
      rated: 0,
      answered_well: null,
      curated_answer_id: null,
    },
  ]);
  expect(await frequent(acme.admin, 1)).toHaveLength(1);
  expect(await frequent(globex.owner)).toEqual([]);
});

test("with the company's own answer where there is one, for who manages those", async () => {
  for (const who of [acme.member, acme.colleague]) await asked(who, "How long does tea brew?");
  const [given] = await actingAs(acme.admin).rows<{ id: string }>(
    "insert into app.curated_answers (question, answer) values ('How long brews tea?', 'Four minutes.') returning id",
  );
  expect(await frequent(acme.admin)).toMatchObject([{ times: 2, curated_answer_id: given!.id }]);
  const { rows } = await database.admin.query<{ id: string }>(
    "insert into app.roles (tenant_id, name, permissions) values ($1, 'reader', '{view_analytics,view_all_chats}') returning id",
    [acme.tenantId],
  );
  await database.admin.query("update app.memberships set role_id = $1 where user_id = $2", [
    rows[0]!.id,
    acme.viewer.userId,
  ]);
  try {
    expect(await frequent(acme.viewer)).toMatchObject([{ times: 2, curated_answer_id: null }]);
  } finally {
    await database.admin.query("update app.memberships set role_id = $1 where user_id = $2", [
      acme.roleIds.viewer,
      acme.viewer.userId,
    ]);
  }
});

test("who sees figures and no texts is refused, and so is who reads texts and no figures, or neither", async () => {
  const questions = "select * from app.frequent_questions()";
  await actingAs(acme.viewer).expect(questions).toBeRefused("RH403", "view_all_chats");
  await actingAs(acme.member).expect(questions).toBeRefused("RH403", "view_analytics");
  await actingAs(null).expect(questions).toReach(0);
  const { rows } = await database.admin.query<{ id: string }>(
    "insert into app.roles (tenant_id, name, permissions) values ($1, 'listener', '{chat,view_all_chats}') returning id",
    [acme.tenantId],
  );
  await database.admin.query("update app.memberships set role_id = $1 where user_id = $2", [
    rows[0]!.id,
    acme.colleague.userId,
  ]);
  await actingAs(acme.colleague).expect(questions).toBeRefused("RH403", "view_analytics");
  await database.admin.query("update app.memberships set role_id = $1 where user_id = $2", [
    acme.roleIds.member,
    acme.colleague.userId,
  ]);
});

test("neither what is in the bin nor what was asked temporarily counts, and what comes back does", async () => {
  await asked(acme.member, "How long does tea brew?");
  const { conversation_id } = await asked(acme.member, "How long does tea brew?");
  await asked(acme.member, "How long does tea brew?", { keep: false });
  expect(await frequent(acme.admin)).toMatchObject([{ times: 2 }]);
  await actingAs(acme.member).rows("select app.discard_conversation($1)", [conversation_id]);
  expect(await frequent(acme.admin)).toEqual([]);
  await actingAs(acme.member).rows("select app.restore_conversation($1)", [conversation_id]);
  expect(await frequent(acme.admin)).toMatchObject([{ times: 2 }]);
});

test("nor what was asked half a year ago, is longer than a question, or says nothing but filling words", async () => {
  for (const content of ["How long does tea brew?", "How is it?", `Tea? ${"tea ".repeat(300)}`])
    for (let n = 0; n < 2; n++) await asked(acme.member, content);
  expect(await frequent(acme.admin)).toMatchObject([{ question: "How long does tea brew?", times: 2 }]);
  await database.admin.query("update app.messages set created_at = now() - interval '181 days'");
  expect(await frequent(acme.admin)).toEqual([]);
});

test("by the rules of the language that each is answered in", async () => {
  await database.admin.query("update app.user_preferences set language = 'de' where user_id = $1", [
    acme.member.userId,
  ]);
  await asked(acme.member, "Wer zahlt die Rechnung?");
  await asked(acme.member, "Wer zahlt die Rechnungen?");
  expect(await frequent(acme.admin)).toMatchObject([{ times: 2, people: 1 }]);
  await database.admin.query("update app.user_preferences set language = null where user_id = $1", [
    acme.member.userId,
  ]);
});

test("nobody chooses what a question of theirs comes down to", async () => {
  await actingAs(acme.member)
    .expect(`insert into app.messages (conversation_id, content, stems) values (uuidv7(), 'x', uuidv7())`)
    .toBeRefused("42501");
  await asked(acme.member, "How long does tea brew?");
  await actingAs(acme.member).expect("update app.messages set stems = null").toBeRefused("42501");
});
