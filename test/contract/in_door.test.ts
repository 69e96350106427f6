import { afterAll, beforeAll, expect, test } from "vitest";
import type { Caller } from "../../src/database/caller.ts";
import { inDoor } from "../../src/database/door.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
});
afterAll(() => database.drop());

const callerFor = (person: { digest: Buffer; tenantId?: string }): Caller => ({
  credential: person.digest,
  facts: { request_id: "in-door", ip: "192.0.2.7", user_agent: null, tenant_id: person.tenantId },
});
const titles = { text: "select title from app.conversations" };

test("every statement of the transaction runs as the caller, who is in the trail", async () => {
  await inDoor(database.app, callerFor(acme.member), async (transaction) => {
    await transaction.run({ text: "update app.conversations set title = $1", values: ["renamed"] });
    expect((await transaction.run(titles)).rows).toEqual([{ title: "renamed" }]);
  });
  const { rows } = await database.admin.query(
    "select actor_id, request_id, host(ip) as ip from audit.events where table_name = 'app.conversations' and action = 'update'",
  );
  expect(rows).toEqual([{ actor_id: acme.member.userId, request_id: "in-door", ip: "192.0.2.7" }]);
});

test("what throws is rolled back, and thrown on", async () => {
  const mind = new Error("changed");
  await expect(
    inDoor(database.app, callerFor(globex.member), async (transaction) => {
      await transaction.run({ text: "update app.conversations set title = 'gone'" });
      throw mind;
    }),
  ).rejects.toBe(mind);
  const { rows } = await inDoor(database.app, callerFor(globex.member), (transaction) =>
    transaction.run(titles),
  );
  expect(rows).toEqual([{ title: `What ${globex.member.name} asked` }]);
});

test("a savepoint undoes its own part", async () => {
  const caller = callerFor(acme.colleague);
  await inDoor(database.app, caller, async (transaction) => {
    await transaction.run({ text: "update app.conversations set title = 'kept'" });
    await expect(
      transaction.nested(async (inner) => {
        await inner.run({ text: "update app.conversations set title = 'undone'" });
        await inner.run({ text: "update app.conversations set status = 'nonsense'" });
      }),
    ).rejects.toMatchObject({ code: "23514" });
  });
  const { rows } = await inDoor(database.app, caller, (transaction) => transaction.run(titles));
  expect(rows).toEqual([{ title: "kept" }]);
});

test("nobody, a stranger, and a credential of another tenant stay outside: nothing runs", async () => {
  const work = () => expect.fail("somebody got in");
  await expect(inDoor(database.app, undefined, work)).rejects.toMatchObject({
    code: "RH401",
    detail: "no_credential",
  });
  await expect(inDoor(database.app, callerFor({ digest: Buffer.alloc(32) }), work)).rejects.toMatchObject({
    code: "RH401",
    detail: "unknown",
  });
  await expect(
    inDoor(database.app, callerFor({ digest: acme.member.digest, tenantId: globex.tenantId }), work),
  ).rejects.toMatchObject({ code: "RH401", detail: "other_tenant" });
});

test("a statement that takes too long is stopped", async () => {
  await expect(
    inDoor(
      database.app,
      callerFor(acme.member),
      (transaction) => transaction.run({ text: "select pg_sleep(5)" }),
      { statementTimeout: 50 },
    ),
  ).rejects.toMatchObject({ code: "57014" });
});
