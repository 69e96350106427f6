import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import type { Outcome } from "../support/in_door.ts";
import { createMember, type Member } from "../support/people.ts";
import { buildTenant, type TenantFixture } from "../support/tenants.ts";

// Who is in a team, and what somebody has for a time, while others decide about the same person on other connections.

let database: TestDatabase;
let acme: TenantFixture;
let actingAs: ReturnType<typeof actors>;

beforeAll(async () => {
  database = await createDatabase();
  acme = await buildTenant(database, "acme");
  actingAs = actors(database.app);
});
afterAll(() => database.drop());

const bring = "insert into app.team_members (team_id, user_id) values ($1, $2)";
const give = `insert into app.grants (user_id, permission, reason, ends_at)
  values ($1, $2, 'A test', now() + interval '1 hour')`;
const remove = "update app.memberships set status = 'removed' where id = $1";

const codeOf = (outcome: Outcome) => ("refusal" in outcome ? outcome.refusal.code : "ok");
const hired = (role = "member") => createMember(database, { tenant: acme, role });
/** How many places in teams and grants somebody has. */
async function left(who: Member): Promise<number> {
  const { rows } = await database.admin.query(
    `select (select count(*) from app.team_members where user_id = $1)
       + (select count(*) from app.grants where user_id = $1) as count`,
    [who.userId],
  );
  return Number(rows[0].count);
}

describe("somebody who is removed", () => {
  test.each([
    ["brought into a team", bring, (who: Member) => [acme.member.teamId, who.userId]],
    ["granted something", give, (who: Member) => [who.userId, "view_audit"]],
  ])("while they are %s has none of it, whichever comes first", async (_, sql, values) => {
    for (let round = 0; round < 10; round++) {
      const who = await hired();
      const [given, removed] = await Promise.all([
        actingAs(acme.admin).attempt(sql, values(who)),
        actingAs(acme.owner).attempt(remove, [who.membershipId]),
      ]);
      expect(["ok", "RH400"]).toContain(codeOf(given));
      expect(codeOf(removed)).toBe("ok");
      expect(await left(who)).toBe(0);
    }
  });

  test("waits for a transaction that brings them into a team, and then leaves it", async () => {
    const who = await hired();
    const client = await database.app.connect();
    try {
      await client.query("begin");
      await client.query("select context.enter($1)", [acme.admin.digest]);
      await client.query(bring, [acme.member.teamId, who.userId]);
      await client.query(give, [who.userId, "view_audit"]);
      const removing = actingAs(acme.owner).attempt(remove, [who.membershipId]);
      await waitsForALock();
      await client.query("commit");
      expect(codeOf(await removing)).toBe("ok");
    } finally {
      await client.query("rollback");
      client.release();
    }
    expect(await left(who)).toBe(0);
  });
});

test("the hundredth team is one, however many bring somebody there at once", async () => {
  const who = await hired();
  const { rows } = await database.admin.query<{ id: string }>(
    "insert into app.teams (tenant_id, name) select $1, 'Team ' || n from generate_series(1, 107) as n returning id",
    [acme.tenantId],
  );
  const teams = rows.map(({ id }) => id);
  await database.admin.query(
    "insert into app.team_members (tenant_id, team_id, user_id) select $1, unnest($2::uuid[]), $3",
    [acme.tenantId, teams.slice(0, 99), who.userId],
  );
  const outcomes = await Promise.all(
    teams.slice(99).map((team) => actingAs(acme.admin).attempt(bring, [team, who.userId])),
  );
  expect(outcomes.map(codeOf).sort()).toEqual([...Array(7).fill("RH400"), "ok"]);
  expect(await left(who)).toBe(100);
});

test("whoever is demoted gives nothing from then on, and what they gave before stands until its end", async () => {
  for (let round = 0; round < 5; round++) {
    const [giver, who] = [await hired("admin"), await hired()];
    const [given, demoted] = await Promise.all([
      actingAs(giver).attempt(give, [who.userId, "view_audit"]),
      actingAs(acme.owner).attempt("update app.memberships set role_id = $2 where id = $1", [
        giver.membershipId,
        acme.roleIds.viewer,
      ]),
    ]);
    expect(["ok", "RH403"]).toContain(codeOf(given));
    expect(codeOf(demoted)).toBe("ok");
    await actingAs(giver).expect(give, [who.userId, "view_all_chats"]).toBeRefused("RH403", "manage_users");
    const [{ may }] = (await actingAs(who).rows("select context.may('view_audit') as may")) as [
      { may: boolean },
    ];
    expect(may).toBe(codeOf(given) === "ok");
  }
});

test("whoever holds more for a time, as soon as it is given, is not suspended by who holds less", async () => {
  await database.admin.query(
    "insert into app.roles (tenant_id, name, permissions) values ($1, 'personnel', '{chat,manage_users}')",
    [acme.tenantId],
  );
  const manager = await hired("personnel");
  const who = await hired();
  const client = await database.app.connect();
  try {
    await client.query("begin");
    await client.query("select context.enter($1)", [acme.owner.digest]);
    await client.query(give, [who.userId, "manage_tenant"]);
    const suspending = actingAs(manager).attempt("select app.suspend_member($1)", [who.membershipId]);
    await waitsForALock();
    await client.query("commit");
    expect(codeOf(await suspending)).toBe("RH403");
  } finally {
    await client.query("rollback");
    client.release();
  }
});

/** Until somebody in this database waits for a row that somebody else holds. */
async function waitsForALock(): Promise<void> {
  for (;;) {
    const { rows } = await database.admin.query(
      `select from pg_stat_activity where datname = current_database() and usename = 'rowhouse_app'
         and wait_event_type = 'Lock'`,
    );
    if (rows.length > 0) return;
  }
}
