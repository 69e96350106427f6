import { afterAll, beforeAll, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let actingAs: ReturnType<typeof actors>;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  actingAs = actors(database.app);
});
afterAll(() => database.drop());

const messages = async () =>
  (await database.admin.query("select * from app.messages order by tenant_id, id")).rows;
const say = "insert into app.messages (conversation_id, content) values ($1, $2) returning *";

test("members read what was said in their own conversations, administrators in all, viewers in none", async () => {
  await actingAs(acme.member).expect("select from app.messages").toReach(1);
  await actingAs(acme.admin).expect("select from app.messages").toReach(5);
  await actingAs(acme.viewer).expect("select from app.messages").toReach(0);
});

test("members write as themselves into their own conversation", async () => {
  const [row] = await actingAs(acme.member).inVain().rows(say, [acme.member.conversationId, "Good morning"]);
  expect(row).toMatchObject({
    tenant_id: acme.tenantId,
    user_id: acme.member.userId,
    role: "user",
    content: "Good morning",
  });
});

test("nobody writes into another's conversation, of their tenant or of another", async () => {
  const before = await messages();
  for (const conversation of [acme.colleague, acme.viewer, globex.member].map((one) => one.conversationId)) {
    await actingAs(acme.member).expect(say, [conversation, "x"]).toBeRefused("23503");
    await actingAs(acme.admin).expect(say, [conversation, "x"]).toBeRefused("23503");
  }
  await actingAs(acme.viewer).expect(say, [acme.viewer.conversationId, "x"]).toBeRefused("RH403", "chat");
  expect(await messages()).toEqual(before);
});

test("nobody puts words into the machine's mouth, or into somebody else's", async () => {
  const before = await messages();
  for (const [column, value] of [
    ["role", "assistant"],
    ["user_id", acme.colleague.userId],
    ["tenant_id", globex.tenantId],
    ["created_at", "2020-01-01"],
  ]) {
    await actingAs(acme.member)
      .expect(`insert into app.messages (conversation_id, content, ${column}) values ($1, 'x', $2)`, [
        acme.member.conversationId,
        value,
      ])
      .toBeRefused("42501");
  }
  expect(await messages()).toEqual(before);
});

test("what was said is neither edited nor deleted", async () => {
  const before = await messages();
  await actingAs(acme.owner).expect("update app.messages set content = 'x'").toBeRefused("42501");
  await actingAs(acme.owner).expect("delete from app.messages").toBeRefused("42501");
  expect(await messages()).toEqual(before);
});

test("an empty message and one of more than 32,000 characters are refused", async () => {
  const before = await messages();
  await actingAs(acme.member).expect(say, [acme.member.conversationId, ""]).toBeRefused("23514");
  await actingAs(acme.member)
    .expect(say, [acme.member.conversationId, "x".repeat(32_001)])
    .toBeRefused("23514");
  expect(await messages()).toEqual(before);
});
