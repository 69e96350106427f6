import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createMember, createPerson, createSession } from "../support/people.ts";
import { buildTenant, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let actingAs: ReturnType<typeof actors>;
beforeAll(async () => {
  database = await createDatabase();
  globex = await buildTenant(database, "globex");
  actingAs = actors(database.app);
});
afterAll(() => database.drop());
beforeEach(async () => {
  acme = await buildTenant(database, `acme-${randomBytes(4).toString("hex")}`);
});

const admin = (sql: string, values: unknown[] = []) => database.admin.query(sql, values);
const membership = async (id: string) =>
  (await admin("select role_id, status, is_owner from app.memberships where id = $1", [id])).rows[0];
const owners = async () =>
  (
    await admin(
      "select id from app.memberships where tenant_id = $1 and is_owner and status = 'active' order by id",
      [acme.tenantId],
    )
  ).rows.map(({ id }) => id as string);
/** What comes of a statement: ok, or the SQLSTATE. */
const outcome = async (actor: { digest: Buffer }, sql: string, values: unknown[] = []): Promise<string> => {
  const came = await actingAs(actor).attempt(sql, values);
  return "refusal" in came ? String(came.refusal.code) : "ok";
};

describe("somebody who is removed", () => {
  test("is out at once, with their sessions and keys, and stays the author of what they did", async () => {
    const { member } = acme;
    await actingAs(member).expect("select from app.tenants").toReach(1);
    await actingAs(acme.admin).expect("select app.remove_member($1)", [member.membershipId]).toReach(1);
    await actingAs(member).expect("select from app.tenants").toBeRefused("RH401", "membership_removed");
    await admin("update auth.api_keys set digest = sha256('a key') where id = $1", [member.apiKeyId]);
    const { rows } = await admin("select digest from auth.api_keys where id = $1", [member.apiKeyId]);
    expect(rows).toHaveLength(1);
    expect(
      (
        await admin(
          "select (holder).membership_status from context.api_key_holders where (holder).credential_id = $1",
          [member.apiKeyId],
        )
      ).rows,
    ).toEqual([{ membership_status: "removed" }]);
    expect(
      (await admin("select from app.conversations where id = $1", [member.conversationId])).rowCount,
    ).toBe(1);
  });

  test("is removed by who manages users, and by nobody next door", async () => {
    const id = [acme.colleague.membershipId];
    for (const verb of ["remove", "suspend"]) {
      await actingAs(acme.member)
        .expect(`select app.${verb}_member($1)`, id)
        .toBeRefused("RH403", "manage_users");
      await actingAs(globex.owner).expect(`select app.${verb}_member($1)`, id).toBeRefused("RH404");
    }
    expect(await membership(acme.colleague.membershipId)).toMatchObject({ status: "active" });
  });

  test("is no owner, unless an owner removes them", async () => {
    await actingAs(acme.admin)
      .expect("select app.remove_member($1)", [acme.owner.membershipId])
      .toBeRefused("RH403", "owner");
    await actingAs(acme.owner)
      .expect("select app.remove_member($1)", [acme.owner.membershipId])
      .toBeRefused("RH409");
  });

  test("is not touched by who holds less", async () => {
    await admin(
      "insert into app.roles (tenant_id, name, permissions) values ($1, 'personnel', '{manage_users}')",
      [acme.tenantId],
    );
    const manager = await createMember(database, { tenant: acme, role: "personnel" });
    for (const verb of ["remove", "suspend"]) {
      await actingAs(manager)
        .expect(`select app.${verb}_member($1)`, [acme.admin.membershipId])
        .toBeRefused("RH403");
    }
  });

  test("comes back by an invitation, not by the end of a suspension", async () => {
    await actingAs(acme.admin).expect("select app.remove_member($1)", [acme.member.membershipId]).toReach(1);
    await actingAs(acme.admin)
      .expect("select app.reactivate_member($1)", [acme.member.membershipId])
      .toBeRefused("RH404");
  });
});

describe("a suspension", () => {
  test("keeps out at once and ends", async () => {
    const id = [acme.member.membershipId];
    await actingAs(acme.admin).expect("select app.suspend_member($1)", id).toReach(1);
    await actingAs(acme.member).expect("select 1").toBeRefused("RH401", "membership_suspended");
    await actingAs(acme.admin).expect("select app.suspend_member($1)", id).toBeRefused("RH404");
    await actingAs(acme.admin).expect("select app.reactivate_member($1)", id).toReach(1);
    await actingAs(acme.member).expect("select 1").toReach(1);
  });

  test("frees a seat, which its end wants back", async () => {
    await admin("update app.tenants set seats = 5 where id = $1", [acme.tenantId]);
    await actingAs(acme.admin).expect("select app.suspend_member($1)", [acme.member.membershipId]).toReach(1);
    const person = await createPerson(database);
    const join =
      "insert into app.memberships (tenant_id, user_id, role_id, display_name) values ($1, $2, $3, 'x')";
    await admin(join, [acme.tenantId, person.userId, acme.roleIds.member]);
    await actingAs(acme.admin)
      .expect("select app.reactivate_member($1)", [acme.member.membershipId])
      .toBeRefused("RH471");
    await expect(
      admin(join, [acme.tenantId, (await createPerson(database)).userId, acme.roleIds.member]),
    ).rejects.toMatchObject({ code: "RH471" });
    await actingAs(acme.owner)
      .expect("update app.memberships set status = 'active' where id = $1", [acme.member.membershipId])
      .toBeRefused("RH471");
  });
});

test("the operator alone says how many seats there are", async () => {
  await actingAs(acme.owner).expect("update app.tenants set seats = 100").toBeRefused("42501");
  await expect(
    admin("update app.tenants set seats = 0 where id = $1", [acme.tenantId]),
  ).rejects.toMatchObject({ code: "23514" });
});

describe("leaving", () => {
  test("takes no permission and nobody else along", async () => {
    for (const person of [acme.viewer, acme.member, acme.admin]) {
      await actingAs(person).expect("select app.leave_tenant()").toReach(1);
      await actingAs(person).expect("select 1").toBeRefused("RH401", "membership_removed");
    }
    expect(await membership(acme.colleague.membershipId)).toMatchObject({ status: "active" });
  });

  test("changes nothing else on the way out, and comes back by itself no more", async () => {
    const mine = [acme.member.membershipId];
    for (const set of [
      `status = 'removed', role_id = '${acme.roleIds.admin}'`,
      "status = 'removed', is_owner = true",
      "status = 'suspended'",
    ]) {
      await actingAs(acme.member)
        .expect(`update app.memberships set ${set} where id = $1`, mine)
        .toBeRefused("RH403", "manage_users");
    }
    await actingAs(acme.member)
      .expect("update app.memberships set status = 'removed' where id = $1", [acme.colleague.membershipId])
      .toBeRefused("RH403", "manage_users");
  });

  test("is not for an API key", async () => {
    const digest = randomBytes(32);
    await admin(
      "insert into auth.api_keys (tenant_id, user_id, name, digest, scopes) values ($1, $2, 'A key', sha256($3), '{chat}')",
      [acme.tenantId, acme.member.userId, digest],
    );
    await actingAs({ digest }).expect("select app.leave_tenant()").toBeRefused("RH403", "session");
    await actingAs({ digest })
      .expect("update app.memberships set status = 'removed' where user_id = $1", [acme.member.userId])
      .toBeRefused("RH403", "manage_users");
    await actingAs({ digest })
      .expect("select app.transfer_ownership($1)", [acme.member.membershipId])
      .toBeRefused("RH403", "session");
  });

  test("works however the rows are read", async () => {
    const sql = [
      "set enable_indexscan = off",
      "set enable_bitmapscan = off",
      "set enable_indexonlyscan = off",
    ];
    const client = await database.app.connect();
    try {
      await client.query("begin");
      await client.query("select context.enter($1, '{}')", [acme.viewer.digest]);
      for (const one of sql) await client.query(one.replace("set", "set local"));
      await client.query("select app.leave_tenant()");
      await client.query("commit");
    } finally {
      client.release(true);
    }
    expect(await membership(acme.viewer.membershipId)).toMatchObject({ status: "removed" });
  });

  test("is not for who is in no company", async () => {
    const nowhere = await createSession(database, await createPerson(database), null);
    await actingAs(nowhere).expect("select app.leave_tenant()").toBeRefused("RH404");
  });

  test("is not for the last owner", async () => {
    await actingAs(acme.owner).expect("select app.leave_tenant()").toBeRefused("RH409");
    await actingAs(acme.owner)
      .expect("select app.transfer_ownership($1)", [acme.member.membershipId])
      .toReach(1);
    await actingAs(acme.owner).expect("select app.leave_tenant()").toReach(1);
    expect(await membership(acme.owner.membershipId)).toMatchObject({ status: "removed", is_owner: false });
  });
});

describe("ownership", () => {
  test("goes to another active member, with the role", async () => {
    await actingAs(acme.owner)
      .expect("select app.transfer_ownership($1)", [acme.viewer.membershipId])
      .toReach(1);
    expect(await owners()).toEqual([acme.viewer.membershipId]);
    expect(await membership(acme.viewer.membershipId)).toEqual({
      role_id: acme.roleIds.admin,
      status: "active",
      is_owner: true,
    });
    expect(await membership(acme.owner.membershipId)).toMatchObject({ status: "active", is_owner: false });
  });

  test("is transferred by owners only, to nobody next door, suspended or oneself", async () => {
    const to = "select app.transfer_ownership($1)";
    await actingAs(acme.admin).expect(to, [acme.member.membershipId]).toBeRefused("RH403", "owner");
    await actingAs(acme.admin).expect(to, [acme.admin.membershipId]).toBeRefused("RH403", "owner");
    await actingAs(acme.owner).expect(to, [acme.owner.membershipId]).toBeRefused("RH403", "owner");
    await actingAs(acme.owner).expect(to, [globex.member.membershipId]).toBeRefused("RH404");
    await actingAs(acme.admin).expect("select app.suspend_member($1)", [acme.member.membershipId]).toReach(1);
    await actingAs(acme.owner).expect(to, [acme.member.membershipId]).toBeRefused("RH404");
    expect(await owners()).toEqual([acme.owner.membershipId]);
  });

  test("is given once, however often at once", async () => {
    const to = [acme.admin, acme.member, acme.colleague, acme.viewer].map(({ membershipId }) => membershipId);
    const outcomes = await Promise.all(
      to.map((id) => outcome(acme.owner, "select app.transfer_ownership($1)", [id])),
    );
    expect(outcomes.toSorted()).toEqual(["RH403", "RH403", "RH403", "ok"]);
    expect(await owners()).toEqual([to[outcomes.indexOf("ok")]]);
  });

  test("stays with somebody, whatever two owners do at once", async () => {
    for (let round = 0; round < 15; round++) {
      const tenant = await buildTenant(database, `race-${randomBytes(4).toString("hex")}`);
      await admin("update app.memberships set is_owner = true where id = $1", [tenant.admin.membershipId]);
      const acts = [
        outcome(tenant.owner, "select app.leave_tenant()"),
        outcome(tenant.admin, "select app.leave_tenant()"),
        outcome(tenant.owner, "select app.remove_member($1)", [tenant.admin.membershipId]),
        outcome(tenant.admin, "select app.suspend_member($1)", [tenant.owner.membershipId]),
      ];
      const outcomes = await Promise.all(acts);
      for (const one of outcomes) expect(["ok", "RH401", "RH403", "RH404", "RH409", "40P01"]).toContain(one);
      const { rowCount } = await admin(
        "select from app.memberships where tenant_id = $1 and is_owner and status = 'active'",
        [tenant.tenantId],
      );
      expect(rowCount, outcomes.join()).toBeGreaterThan(0);
    }
  });
});

describe("looking for people", () => {
  const names = async (actor: { digest: Buffer }, search: string, status: string | null = null) =>
    (
      await actingAs(actor).rows<{ display_name: string }>(
        "select display_name from app.search_members($1, $2)",
        [search, status],
      )
    ).map((row) => row.display_name);
  const called = async (name: string) => {
    const person = await createPerson(database, { name });
    await admin(
      "insert into app.memberships (tenant_id, user_id, role_id, display_name) values ($1, $2, $3, $4)",
      [acme.tenantId, person.userId, acme.roleIds.member, name],
    );
    return person;
  };

  test("finds parts of names, in any case", async () => {
    await called("Zoë Quist");
    for (const search of ["quist", "ZOË", " zoe\u0308 ", "ë q"])
      expect(await names(acme.viewer, search), search).toEqual(["Zoë Quist"]);
    for (const search of ["", "   ", "%", "_", "zoe"])
      expect(await names(acme.viewer, search), search).toEqual([]);
  });

  test("finds addresses for who manages users, and for nobody else", async () => {
    const { email } = await called("Quentin");
    expect(await names(acme.admin, email)).toEqual(["Quentin"]);
    expect(await names(acme.member, email)).toEqual([]);
    expect(await names(acme.member, "@example.com")).toEqual([]);
    expect((await names(acme.admin, "@example.com")).length).toBe(6);
  });

  test("finds those of a status, and nobody next door", async () => {
    const { email } = await called("Quinn");
    await admin(
      "update app.memberships set status = 'suspended' where display_name = 'Quinn' and tenant_id = $1",
      [acme.tenantId],
    );
    expect(await names(acme.admin, "quinn", "suspended")).toEqual(["Quinn"]);
    expect(await names(acme.admin, "quinn", "active")).toEqual([]);
    expect(await names(globex.admin, "quinn")).toEqual([]);
    expect(await names(globex.admin, email)).toEqual([]);
  });

  test("shows a page at most, and nothing to a key that is nobody's or outside the door", async () => {
    await admin(
      `insert into app.users (email, name) select 'crowd' || n || '.' || $1 || '@example.com', 'Crowd' from generate_series(1, 120) as n`,
      [acme.slug],
    );
    await admin(
      `insert into app.memberships (tenant_id, user_id, role_id, display_name)
       select $1, id, $2, 'Crowd' from app.users where email like 'crowd%' || $3 || '@example.com'`,
      [acme.tenantId, acme.roleIds.member, acme.slug],
    );
    expect((await names(acme.viewer, "crowd")).length).toBe(100);
    const digest = randomBytes(32);
    await admin(
      "insert into auth.api_keys (tenant_id, role_id, name, digest, scopes) values ($1, $2, 'A key', sha256($3), '{chat}')",
      [acme.tenantId, acme.roleIds.admin, digest],
    );
    expect(await names({ digest }, "crowd")).toEqual([]);
    const { rows } = await database.app.query("select * from app.search_members('crowd')");
    expect(rows).toEqual([]);
    const nowhere = await createSession(database, await createPerson(database), null);
    expect(await names(nowhere, "crowd")).toEqual([]);
  });
});
