import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createGuest } from "../support/guests.ts";
import { createMember, type Member } from "../support/people.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
/** Manages users and reads the trail, by a role. */
let manager: Member;
let actingAs: ReturnType<typeof actors>;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  actingAs = actors(database.app);
  await database.admin.query(
    `insert into app.roles (tenant_id, name, permissions) values
       ($1, 'manager', '{chat,manage_roles,manage_users,manage_api_keys,view_audit}'), ($1, 'reader', '{chat,view_audit}')`,
    [acme.tenantId],
  );
  manager = await createMember(database, { tenant: acme, role: "manager" });
});
afterAll(() => database.drop());

const give = `insert into app.grants (user_id, permission, reason, ends_at)
  values ($1, $2, 'For the audit', now() + $3::interval) returning *`;
const may = async (who: Member, permission: string): Promise<unknown> =>
  (await actingAs(who).rows("select context.may($1) as yes", [permission]))[0]?.yes;
const hired = (role = "member") => createMember(database, { tenant: acme, role });
const given = async (who: Member, permission: string, span = "1 hour", by: Member = manager) =>
  (await actingAs(by).rows<{ id: string }>(give, [who.userId, permission, span]))[0]!.id;

describe("a grant", () => {
  test("permits at once, and is theirs who has it alone", async () => {
    const [one, other] = [await hired(), await hired()];
    await given(one, "view_audit");
    expect(await may(one, "view_audit")).toBe(true);
    expect(await may(other, "view_audit")).toBe(false);
    const [{ permissions }] = (await actingAs(one).rows("select context.permissions()")) as [
      { permissions: string[] },
    ];
    expect(permissions).toEqual([...new Set(permissions)].sort());
  });

  test("ends by the clock, without a job", async () => {
    const one = await hired();
    const id = await given(one, "view_audit");
    expect(await may(one, "view_audit")).toBe(true);
    await database.admin.query(
      "update app.grants set created_at = now() - interval '2 hours', ends_at = now() where id = $1",
      [id],
    );
    expect(await may(one, "view_audit")).toBe(false);
    const { rows } = await database.worker.query("select jobs.expire_grants() as removed");
    expect(rows[0].removed).toBeGreaterThan(0);
    expect((await database.admin.query("select from app.grants where id = $1", [id])).rowCount).toBe(0);
  });

  test("is ended by a manager who holds the permission, and then is gone at once", async () => {
    const one = await hired();
    const id = await given(one, "configure_model", "1 hour", acme.admin);
    await actingAs(manager).expect("delete from app.grants where id = $1", [id]).toReach(0);
    await actingAs(one)
      .expect("delete from app.grants where id = $1", [id])
      .toBeRefused("RH403", "manage_users");
    expect(await may(one, "configure_model")).toBe(true);
    await actingAs(acme.admin).expect("delete from app.grants where id = $1", [id]).toReach(1);
    expect(await may(one, "configure_model")).toBe(false);
  });

  test("never changes", async () => {
    const one = await hired();
    const id = await given(one, "view_audit");
    await actingAs(acme.owner)
      .expect("update app.grants set ends_at = now() + interval '1 day' where id = $1", [id])
      .toBeRefused("42501");
  });

  test("lasts 90 days at most, and needs a reason", async () => {
    const one = await hired();
    const attempt = (span: string) =>
      actingAs(manager).inVain().expect(give, [one.userId, "view_audit", span]);
    await attempt("90 days").toReach(1);
    await attempt("90 days 1 second").toBeRefused("23514");
    await attempt("-1 second").toBeRefused("23514");
    await attempt("infinity").toBeRefused("23514");
    await actingAs(manager)
      .expect(give.replace("For the audit", " "), [one.userId, "view_audit", "1 hour"])
      .toBeRefused("23514");
  });

  test("is seen by who has it and by managers of users", async () => {
    const one = await hired();
    await given(one, "view_audit");
    const look = "select from app.grants where user_id = $1";
    for (const who of [one, manager, acme.admin]) await actingAs(who).expect(look, [one.userId]).toReach(1);
    for (const who of [acme.member, globex.owner]) await actingAs(who).expect(look, [one.userId]).toReach(0);
  });

  test("stands when its giver loses the right", async () => {
    const [giver, one] = [await hired("manager"), await hired()];
    await given(one, "view_audit", "1 hour", giver);
    await database.admin.query("update app.memberships set role_id = $2 where id = $1", [
      giver.membershipId,
      acme.roleIds.member,
    ]);
    expect(await may(giver, "view_audit")).toBe(false);
    expect(await may(one, "view_audit")).toBe(true);
  });

  test("goes with who is removed, and does not wait for them", async () => {
    const one = await hired();
    await given(one, "view_audit");
    const membership = "update app.memberships set status = $2 where id = $1";
    await actingAs(acme.admin).expect(membership, [one.membershipId, "removed"]).toReach(1);
    await actingAs(acme.admin).expect(membership, [one.membershipId, "active"]).toReach(1);
    expect(await may(one, "view_audit")).toBe(false);
  });

  test("is in the trail, with its reason, when it is given and when it is ended", async () => {
    const one = await hired();
    const id = await given(one, "view_audit");
    await actingAs(manager).expect("delete from app.grants where id = $1", [id]).toReach(1);
    const { rows } = await database.admin.query(
      "select action, actor_id, coalesce(new_row, old_row) as row from audit.events where row_id = $1 order by id",
      [id],
    );
    const row = {
      user_id: one.userId,
      permission: "view_audit",
      reason: "For the audit",
      granted_by: manager.userId,
    };
    expect(rows).toMatchObject([
      { action: "insert", actor_id: manager.userId, row },
      { action: "delete", actor_id: manager.userId, row },
    ]);
  });
});

describe("nobody grants", () => {
  test("without manage_users", async () => {
    const reader = await hired("reader");
    for (const who of [reader, acme.member]) {
      await actingAs(who)
        .expect(give, [who.userId, "view_audit", "1 hour"])
        .toBeRefused("RH403", "manage_users");
    }
  });

  test("what they do not hold, what there is not, or anything to a guest or next door", async () => {
    const one = await hired();
    await actingAs(manager)
      .expect(give, [one.userId, "manage_tenant", "1 hour"])
      .toBeRefused("RH403", "manage_tenant");
    await actingAs(manager).expect(give, [one.userId, "fly", "1 hour"]).toBeRefused("RH400");
    const guest = await createGuest(database, acme);
    await actingAs(manager).expect(give, [guest.userId, "chat", "1 hour"]).toBeRefused("RH403", "account");
    await actingAs(manager).expect(give, [globex.member.userId, "chat", "1 hour"]).toBeRefused("23503");
  });

  test("anything to who was removed", async () => {
    const gone = await hired();
    const status = "update app.memberships set status = $2 where id = $1";
    await actingAs(acme.owner).expect(status, [gone.membershipId, "removed"]).toReach(1);
    await actingAs(manager).expect(give, [gone.userId, "view_audit", "1 hour"]).toBeRefused("RH400");
    await actingAs(acme.owner).expect(status, [gone.membershipId, "active"]).toReach(1);
    expect(
      (await actingAs(manager).rows("select from app.grants where user_id = $1", [gone.userId])).length,
    ).toBe(0);
  });

  test("in another's name, or from a sign-in that is not fresh", async () => {
    const one = await hired();
    await actingAs(manager)
      .expect(
        "insert into app.grants (user_id, permission, reason, ends_at, granted_by) values ($1, 'chat', 'x', now() + interval '1 hour', $2)",
        [one.userId, acme.owner.userId],
      )
      .toBeRefused("42501");
    const stale = await hired("manager");
    await database.admin.query(
      "update auth.sessions set authenticated_at = now() - interval '11 minutes' where id = $1",
      [stale.sessionId],
    );
    await actingAs(stale).expect(give, [one.userId, "view_audit", "1 hour"]).toBeRefused("RH440");
  });

  test("what they hold for a time only, to anybody, in any way", async () => {
    const [holder, friend] = [await hired("manager"), await hired()];
    await given(holder, "manage_tenant", "1 hour", acme.owner);
    expect(await may(holder, "manage_tenant")).toBe(true);
    const acting = actingAs(holder);
    for (const who of [holder, friend]) {
      await acting
        .expect(give, [who.userId, "manage_tenant", "90 days"])
        .toBeRefused("RH403", "manage_tenant");
    }
    await acting
      .expect("insert into app.roles (name, permissions) values ('x', '{manage_tenant}')")
      .toBeRefused("RH403", "manage_tenant");
    await database.admin.query(
      "insert into app.roles (tenant_id, name, permissions) values ($1, 'steward', '{chat,manage_tenant}')",
      [acme.tenantId],
    );
    for (const membership of [holder.membershipId, friend.membershipId]) {
      await acting
        .expect(
          "update app.memberships set role_id = (select id from app.roles where name = 'steward') where id = $1",
          [membership],
        )
        .toBeRefused("RH403", "manage_tenant");
    }
    await acting
      .expect(
        `insert into auth.api_keys (name, beginning, digest, scopes, role_id)
         values ('x', 'rh_sk_xxxx', sha256('x'), '{manage_tenant}', $1)`,
        [acme.roleIds.admin],
      )
      .toBeRefused("RH403", "manage_tenant");
  });
});

test("a manager does not suspend somebody who holds more for a time", async () => {
  const one = await hired();
  await given(one, "manage_tenant", "1 hour", acme.owner);
  await actingAs(manager)
    .expect("update app.memberships set status = 'suspended' where id = $1", [one.membershipId])
    .toBeRefused("RH403", "manage_tenant");
});

test("a key of theirs has what its owner was granted, within its scopes and for as long", async () => {
  const one = await hired();
  const id = await given(one, "view_audit");
  const keys: Member[] = [];
  for (const [place, scopes] of ["{view_audit}", "{chat}"].entries()) {
    const digest = Buffer.from(one.userId.replaceAll("-", "").padEnd(64, String(place)), "hex");
    await database.admin.query(
      "insert into auth.api_keys (tenant_id, user_id, name, digest, scopes) values ($1, $2, 'A key', sha256($3), $4)",
      [acme.tenantId, one.userId, digest, scopes],
    );
    keys.push({ ...one, digest });
  }
  expect([await may(keys[0]!, "view_audit"), await may(keys[1]!, "view_audit")]).toEqual([true, false]);
  await actingAs(manager).expect("delete from app.grants where id = $1", [id]).toReach(1);
  expect(await may(keys[0]!, "view_audit")).toBe(false);
});
