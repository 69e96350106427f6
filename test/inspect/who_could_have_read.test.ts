import { afterAll, beforeAll, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { bring, readAll } from "../support/library.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let actingAs: ReturnType<typeof actors>;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme } = await buildTenants(database));
  actingAs = actors(database.app);
});
afterAll(() => database.drop());

async function readers(passage: string, moment: string | null = null): Promise<string[]> {
  const client = await database.admin.connect();
  try {
    await client.query("set role rowhouse_auditor");
    const { rows } = await client.query<{ name: string }>(
      "select user_id as name from inspect.who_could_have_read($1, $2, coalesce($3::timestamptz, clock_timestamp()))",
      [acme.tenantId, passage, moment],
    );
    return rows
      .map(({ name }) => Object.entries(acme).find(([, one]) => one?.userId === name)?.[0] ?? name)
      .sort();
  } finally {
    await client.query("reset role");
    client.release();
  }
}
const now = async (): Promise<string> =>
  (await database.admin.query<{ now: string }>("select clock_timestamp()::text as now")).rows[0]!.now;

test("the trail tells who could have read a passage at each moment, also after that has changed", async () => {
  const [made] = await actingAs(acme.admin).rows<{ id: string }>(bring, [
    "Plan",
    "The plan.",
    "tenant",
    null,
  ]);
  await readAll(database);
  const passage = (
    await database.admin.query<{ id: string }>("select id from app.document_chunks where document_id = $1", [
      made!.id,
    ])
  ).rows[0]!.id;
  const forAll = await now();
  await actingAs(acme.admin).rows(
    "update app.documents set visibility = 'team', team_id = $2 where id = $1",
    [made!.id, acme.admin.teamId],
  );
  const forTheTeam = await now();
  await actingAs(acme.admin).rows("delete from app.team_members where user_id = $1", [acme.member.userId]);
  const withoutTheMember = await now();
  await actingAs(acme.admin).rows(
    "update app.documents set visibility = 'private', team_id = null where id = $1",
    [made!.id],
  );
  await actingAs(acme.admin).rows("select app.suspend_member($1)", [acme.colleague.membershipId]);

  const all = ["admin", "colleague", "member", "owner"];
  expect(await readers(passage, forAll)).toEqual(all);
  expect(await readers(made!.id, forAll)).toEqual(all);
  expect(await readers(passage, forTheTeam)).toEqual(all);
  expect(await readers(passage, withoutTheMember)).toEqual(["admin", "colleague", "owner"]);
  expect(await readers(passage)).toEqual(["admin"]);

  await actingAs(acme.admin).rows("delete from app.documents where id = $1", [made!.id]);
  expect(await readers(made!.id, forAll)).toEqual(all);
  await expect(readers(made!.id)).rejects.toMatchObject({ code: "RH404" });
});
