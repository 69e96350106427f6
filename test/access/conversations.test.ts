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

const conversations = async () =>
  (await database.admin.query("select * from app.conversations order by tenant_id, id")).rows;

test("members list their own conversations, administrators everybody's, viewers none", async () => {
  await actingAs(acme.member).expect("select from app.conversations").toReach(1);
  await actingAs(acme.admin).expect("select from app.conversations").toReach(5);
  await actingAs(acme.owner).expect("select from app.conversations").toReach(5);
  await actingAs(acme.viewer).expect("select from app.conversations").toReach(0);
  await actingAs(acme.admin).expect("select from app.my_conversations()").toReach(1);
});

test("a conversation begins in the tenant and the name of who begins it", async () => {
  const [row] = await actingAs(acme.member).rows<{ tenant_id: string; user_id: string }>(
    "insert into app.conversations (title) values ('Fuel prices') returning *",
  );
  expect(row).toMatchObject({ tenant_id: acme.tenantId, user_id: acme.member.userId, status: "open" });
  await actingAs(acme.member).expect("delete from app.conversations where title = 'Fuel prices'").toReach(1);
});

test("nobody begins a conversation for somebody else, or chooses its id", async () => {
  const before = await conversations();
  for (const column of ["user_id", "tenant_id", "id"]) {
    await actingAs(acme.member)
      .expect(`insert into app.conversations (title, ${column}) values ('x', '${globex.member.userId}')`)
      .toBeRefused("42501");
  }
  expect(await conversations()).toEqual(before);
});

test("a conversation never changes hands, tenant or age", async () => {
  const before = await conversations();
  for (const column of ["user_id", "tenant_id", "id", "created_at", "updated_at"]) {
    await actingAs(acme.member)
      .expect(`update app.conversations set ${column} = ${column}`)
      .toBeRefused("42501");
  }
  expect(await conversations()).toEqual(before);
});

test("administrators read every conversation and write only in their own", async () => {
  const before = await conversations();
  const colleague = [acme.colleague.conversationId];
  await actingAs(acme.admin).expect("select from app.conversations where id = $1", colleague).toReach(1);
  await actingAs(acme.admin)
    .expect("update app.conversations set title = 'x' where id = $1", colleague)
    .toReach(0);
  await actingAs(acme.admin).expect("delete from app.conversations where id = $1", colleague).toReach(0);
  expect(await conversations()).toEqual(before);
});

test("viewers are told which permission they lack", async () => {
  const before = await conversations();
  await actingAs(acme.viewer)
    .expect("insert into app.conversations (title) values ('x')")
    .toBeRefused("RH403", "chat");
  await actingAs(acme.viewer)
    .expect("update app.conversations set title = 'x' where id = $1", [acme.viewer.conversationId])
    .toBeRefused("RH403", "chat");
  await actingAs(acme.viewer)
    .expect("delete from app.conversations where id = $1", [acme.viewer.conversationId])
    .toBeRefused("RH403", "chat");
  expect(await conversations()).toEqual(before);
});

test("deleting a conversation takes its messages along, and those of no other", async () => {
  const [begun] = await actingAs(acme.member).rows<{ id: string }>(
    "insert into app.conversations (title) values ('short') returning id",
  );
  await actingAs(acme.member)
    .expect("insert into app.messages (conversation_id, content) values ($1, 'hello')", [begun!.id])
    .toReach(1);
  const count = async () =>
    Number((await database.admin.query("select count(*) from app.messages")).rows[0].count);
  const before = await count();
  await actingAs(acme.member).expect("delete from app.conversations where id = $1", [begun!.id]).toReach(1);
  expect(await count()).toBe(before - 1);
});

test("upsert and merge open no way to another's row", async () => {
  const before = await conversations();
  const insert = "insert into app.conversations (id, title) values ($1, 'x')";
  const foreign = [globex.member.conversationId];
  await actingAs(acme.member)
    .expect(`${insert} on conflict (tenant_id, id) do update set title = 'x'`, foreign)
    .toBeRefused("42501");
  await actingAs(acme.member).expect(`${insert} on conflict do nothing`, foreign).toBeRefused("42501");
  await actingAs(acme.member)
    .expect(
      `merge into app.conversations as target using (select $1::uuid as id) as source on target.id = source.id
       when matched then update set title = 'x' when not matched then do nothing`,
      foreign,
    )
    .toReach(0);
  expect(await conversations()).toEqual(before);
});

test("neither an error nor a count tells whether another tenant's row exists", async () => {
  const absent = "00000000-0000-7000-8000-000000000000";
  const outcomes = [];
  for (const id of [globex.member.conversationId, absent]) {
    outcomes.push([
      await actingAs(acme.member).attempt("select from app.conversations where id = $1", [id]),
      await actingAs(acme.member).attempt("update app.conversations set title = 'x' where id = $1", [id]),
      await actingAs(acme.member).attempt("delete from app.conversations where id = $1", [id]),
    ]);
  }
  expect(outcomes[0]).toEqual(outcomes[1]);

  const refusals = [];
  for (const id of [globex.member.conversationId, acme.colleague.conversationId, absent]) {
    const outcome = await actingAs(acme.member).attempt(
      "insert into app.messages (conversation_id, content) values ($1, 'x')",
      [id],
    );
    if (!("refusal" in outcome)) throw new Error("a message in a foreign conversation");
    refusals.push([outcome.refusal.code, outcome.refusal.detail?.replace(id, "…")]);
  }
  expect(refusals[0]).toEqual(refusals[2]);
  expect(refusals[1]).toEqual(refusals[2]);
});
