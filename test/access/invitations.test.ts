import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { accept, arm, type Invited, invite } from "../support/invitations.ts";
import { createMember, createPerson, createSession, type Member } from "../support/people.ts";
import { enterForSupport } from "../support/support.ts";
import { buildTenant, buildTenants, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let actingAs: ReturnType<typeof actors>;
beforeAll(async () => {
  database = await createDatabase();
  ({ globex } = await buildTenants(database));
  actingAs = actors(database.app);
});
afterAll(() => database.drop());
// Whoever is demoted or suspended in one test is there again in the next.
beforeEach(async () => {
  acme = await buildTenant(database, `acme-${randomBytes(4).toString("hex")}`);
});

const newAddress = () => `guest.${randomBytes(5).toString("hex")}@example.com`;
const admin = (sql: string, values: unknown[]) => database.admin.query(sql, values);
const guest = { name: "A Guest" };

/** The memberships of who has this address. */
async function membershipsOf(email: string) {
  const { rows } = await admin(
    `select membership.tenant_id as "tenantId", membership.role_id as "roleId", membership.status, membership.is_owner as "isOwner"
     from app.memberships as membership join app.users as person on person.id = membership.user_id where email = $1`,
    [email],
  );
  return rows;
}
const statusOf = async (id: string) =>
  (await admin("select status from app.invitations where id = $1", [id])).rows[0].status;
/** A signed-in person who is in no tenant. */
async function someone() {
  const person = await createPerson(database);
  return { ...person, ...(await createSession(database, person, null)) };
}
const call = "select id from app.invite_member($1, $2)";

describe("inviting", () => {
  test("takes manage_users", async () => {
    for (const person of [acme.member, acme.viewer]) {
      await actingAs(person)
        .expect(call, [newAddress(), acme.roleIds.viewer])
        .toBeRefused("RH403", "manage_users");
    }
    await actingAs(acme.admin).inVain().expect(call, [newAddress(), acme.roleIds.viewer]).toReach(1);
  });

  test("promises no role that holds more than the inviter does, nor one of next door", async () => {
    await admin(
      "insert into app.roles (tenant_id, name, permissions) values ($1, 'personnel', '{chat,manage_users}')",
      [acme.tenantId],
    );
    const manager = await createMember(database, { tenant: acme, role: "personnel" });
    await actingAs(manager).expect(call, [newAddress(), acme.roleIds.admin]).toBeRefused("RH403");
    await actingAs(manager).expect(call, [newAddress(), globex.roleIds.helper]).toBeRefused("23503");
    await actingAs(manager).inVain().expect(call, [newAddress(), acme.roleIds.helper]).toReach(1);
  });

  test("is for a month at most", async () => {
    for (const days of [0, 31, -1, null]) {
      const asked = actingAs(acme.admin)
        .inVain()
        .expect("select id from app.invite_member($1, $2, $3)", [newAddress(), acme.roleIds.member, days]);
      await (days === null ? asked.toReach(1) : asked.toBeRefused("RH400"));
    }
  });

  test("takes addresses that mail software reads in one way only", async () => {
    for (const email of [
      "",
      "ann",
      "a b@example.com",
      "ann@example",
      "Ann <ann@example.com>",
      "ann@example.com,bob@example.com",
      "\u212aelvin@example.com",
      "аnn@example.com",
      "\u212Aate@example.com",
      "k\u0130m@example.com",
      "kim\u200B@example.com",
      "ann@ex\u0430mple.com",
      `${"a".repeat(65)}@example.com`,
    ]) {
      await actingAs(acme.admin).expect(call, [email, acme.roleIds.member]).toBeRefused("23514");
    }
  });

  test("refuses who is a member, and who is invited already", async () => {
    const email = newAddress();
    await invite(database, acme.admin, email, acme.roleIds.member);
    await actingAs(acme.admin)
      .expect(call, [` ${email.toUpperCase()}`, acme.roleIds.member])
      .toBeRefused("RH472");
    await actingAs(acme.admin).expect(call, [acme.member.email, acme.roleIds.member]).toBeRefused("RH470");
    await admin("update app.memberships set status = 'suspended' where id = $1", [acme.member.membershipId]);
    await actingAs(acme.admin).expect(call, [acme.member.email, acme.roleIds.member]).toBeRefused("RH470");
    await admin("update app.memberships set status = 'removed' where id = $1", [acme.member.membershipId]);
    await actingAs(acme.admin).inVain().expect(call, [acme.member.email, acme.roleIds.member]).toReach(1);
  });

  test("tells nobody whether an address has an account", async () => {
    const [known, unknown] = [(await createPerson(database)).email, newAddress()];
    const rows = [];
    for (const email of [known, unknown]) {
      const [row] = await actingAs(acme.admin).rows(
        "select status, times_sent, accepted_by from app.invite_member($1, $2)",
        [email, acme.roleIds.member],
      );
      rows.push(row);
    }
    expect(rows[0]).toEqual(rows[1]);
  });

  test("wants a sign-in of the last ten minutes, from who has a session", async () => {
    const { id } = await invite(database, acme.admin, newAddress(), acme.roleIds.member);
    await admin(
      "update auth.sessions set authenticated_at = now() - interval '11 minutes' where user_id = $1",
      [acme.admin.userId],
    );
    await actingAs(acme.admin).expect(call, [newAddress(), acme.roleIds.member]).toBeRefused("RH440");
    await actingAs(acme.admin).expect("select id from app.resend_invitation($1)", [id]).toBeRefused("RH440");
    // To take something back is never too late.
    await actingAs(acme.admin).inVain().expect("select id from app.revoke_invitation($1)", [id]).toReach(1);
  });

  test("is not to the role of guests", async () => {
    const { rows } = await admin("select id from app.roles where tenant_id = $1 and name = 'guest'", [
      acme.tenantId,
    ]);
    await actingAs(acme.owner).expect(call, [newAddress(), rows[0].id]).toBeRefused("RH400");
  });

  test("promises nothing that the inviter holds for a time", async () => {
    const [personnel, analysts] = (
      await admin(
        `insert into app.roles (tenant_id, name, permissions) values
           ($1, 'personnel', '{manage_users}'), ($1, 'analysts', '{view_analytics}') returning id`,
        [acme.tenantId],
      )
    ).rows;
    const manager = await createMember(database, { tenant: acme, role: "personnel" });
    await admin(
      `insert into app.grants (tenant_id, user_id, permission, reason, granted_by, ends_at)
       values ($1, $2, 'view_analytics', 'For a quarter', $2, now() + interval '1 hour')`,
      [acme.tenantId, manager.userId],
    );
    await actingAs(manager).expect(call, [newAddress(), analysts.id]).toBeRefused("RH403", "view_analytics");
    await actingAs(manager).inVain().expect(call, [newAddress(), personnel.id]).toReach(1);
  });

  test("is not for the operator who is inside for support", async () => {
    await admin("update app.tenants set support_access = 'write' where id = $1", [acme.tenantId]);
    const visitor = await enterForSupport(database, acme.slug, { as: acme.admin.email, write: true });
    await actingAs(visitor)
      .expect(call, [newAddress(), acme.roleIds.member])
      .toBeRefused("RH403", "manage_users");
  });

  test("is not for a key that is nobody's", async () => {
    const digest = randomBytes(32);
    await admin(
      `insert into auth.api_keys (tenant_id, role_id, name, digest, scopes)
       values ($1, $2, 'The tenant''s', sha256($3), '{manage_users}')`,
      [acme.tenantId, acme.roleIds.admin, digest],
    );
    await actingAs({ digest }).expect(call, [newAddress(), acme.roleIds.viewer]).toBeRefused("RH403");
  });

  test("of a whole company is for two hundred a day, and of one address three an hour", async () => {
    const { id } = await invite(database, acme.admin, newAddress(), acme.roleIds.member);
    const again = "select id from app.resend_invitation($1)";
    await actingAs(acme.admin).expect(again, [id]).toReach(1);
    await actingAs(acme.admin).expect(again, [id]).toReach(1);
    await actingAs(acme.admin).expect(again, [id]).toBeRefused("RH473");
    await admin(
      `insert into auth.mail_tokens (purpose, email, link_digest, code_digest, network, expires_at, invited_to, invitation)
       select 'invitation', 'x@example.com', sha256(uuid_send(uuidv7())), sha256('x'), 'test', now() + interval '1 day', $1, uuidv7()
       from generate_series(1, 200)`,
      [acme.tenantId],
    );
    await actingAs(acme.admin).expect(call, [newAddress(), acme.roleIds.member]).toBeRefused("RH473");
    await actingAs(globex.admin).inVain().expect(call, [newAddress(), globex.roleIds.member]).toReach(1);
  });

  test("fills nobody's mailbox, and tells none of the others that it does not", async () => {
    const email = newAddress();
    await admin(
      `insert into auth.mail_tokens (purpose, email, link_digest, code_digest, network, expires_at, invited_to, invitation)
       select 'invitation', $1, sha256(uuid_send(uuidv7())), sha256('x'), 'test', now() + interval '1 day', uuidv7(), uuidv7()
       from generate_series(1, 10)`,
      [email],
    );
    await actingAs(acme.admin).expect(call, [email, acme.roleIds.member]).toReach(1);
    expect((await admin("select from auth.mails where recipient = $1", [email])).rowCount).toBe(0);
  });
});

describe("an invitation", () => {
  test("is seen by who manages users, and by nobody next door", async () => {
    const { id } = await invite(database, acme.admin, newAddress(), acme.roleIds.member);
    const look = "select from app.invitations where id = $1";
    await actingAs(acme.admin).expect(look, [id]).toReach(1);
    await actingAs(acme.member).expect(look, [id]).toReach(0);
    await actingAs(globex.admin).expect(look, [id]).toReach(0);
    for (const verb of ["resend", "revoke"]) {
      await actingAs(globex.admin).expect(`select app.${verb}_invitation($1)`, [id]).toBeRefused("RH404");
      await actingAs(acme.member)
        .expect(`select app.${verb}_invitation($1)`, [id])
        .toBeRefused("RH403", "manage_users");
    }
  });

  test("is written by nobody past its functions", async () => {
    const { id } = await invite(database, acme.admin, newAddress(), acme.roleIds.member);
    for (const sql of [
      "update app.invitations set status = 'accepted'",
      "delete from app.invitations",
      `insert into app.invitations (email, role_id) values ('x@example.com', '${id}')`,
    ]) {
      await actingAs(acme.owner).expect(sql).toBeRefused("42501");
    }
  });

  test("brings in somebody without an account, who has one then", async () => {
    const { link, email, id } = await invite(database, acme.admin, newAddress(), acme.roleIds.helper);
    expect(await accept(database, link, null)).toBe("newcomer");
    expect(await accept(database, link, guest)).toBe("ok");
    expect(await membershipsOf(email)).toEqual([
      { tenantId: acme.tenantId, roleId: acme.roleIds.helper, status: "active", isOwner: false },
    ]);
    expect(await statusOf(id)).toBe("accepted");
    const { rows } = await admin(
      "select actor_kind, actor_id::text = row_id as own from audit.events where table_name = 'app.users' and new_row ->> 'email' = $1",
      [email],
    );
    expect(rows).toEqual([{ actor_kind: "sign_in", own: true }]);
  });

  test("brings in somebody with an account, who is signed in anywhere", async () => {
    const [person, other] = [await someone(), await someone()];
    const { link } = await invite(database, acme.admin, person.email, acme.roleIds.member);
    expect(await accept(database, link, null)).toBe("sign_in_first");
    expect(await accept(database, link, guest)).toBe("sign_in_first");
    expect(await accept(database, link, other)).toBe("another_person");
    expect(await accept(database, link, person)).toBe("ok");
    expect(await membershipsOf(person.email)).toHaveLength(1);
    expect(await membershipsOf(other.email)).toEqual([]);
  });

  test("is good once", async () => {
    const person = await someone();
    const { link } = await invite(database, acme.admin, person.email, acme.roleIds.member);
    expect(await accept(database, link, person)).toBe("ok");
    expect(await accept(database, link, person)).toBe("invalid_token");
    await admin("update app.memberships set status = 'removed' where user_id = $1", [person.userId]);
    expect(await accept(database, link, person)).toBe("invalid_token");
  });

  test("is good until it expires, is revoked, or is sent again", async () => {
    const person = await someone();
    const first = await invite(database, acme.admin, person.email, acme.roleIds.member);
    await actingAs(acme.admin).expect("select id from app.resend_invitation($1)", [first.id]).toReach(1);
    expect(await accept(database, first.link, person)).toBe("invalid_token");
    const link = await arm(database, first.id);
    await actingAs(acme.admin).expect("select id from app.revoke_invitation($1)", [first.id]).toReach(1);
    expect(await accept(database, link, person)).toBe("invalid_token");
    for (const verb of ["resend", "revoke"]) {
      await actingAs(acme.admin).expect(`select app.${verb}_invitation($1)`, [first.id]).toBeRefused("RH476");
    }
    const late = await invite(database, acme.admin, person.email, acme.roleIds.member);
    await admin("update app.invitations set expires_at = now() where id = $1", [late.id]);
    expect(await accept(database, late.link, person)).toBe("invalid_token");
    // An address whose invitation has expired can be invited anew.
    await actingAs(acme.admin).expect(call, [person.email, acme.roleIds.member]).toReach(1);
    expect(await statusOf(late.id)).toBe("expired");
  });

  test("that is over takes its waiting mail with it", async () => {
    const [made] = await actingAs(acme.admin).rows<{ id: string }>(call, [newAddress(), acme.roleIds.member]);
    await actingAs(acme.admin).expect("select id from app.revoke_invitation($1)", [made!.id]).toReach(1);
    const { rows } = await admin(
      `select mail.state, auth.arm_link(token.id, sha256('x')) as armed
       from auth.mail_tokens as token join auth.mails as mail on mail.id = token.id where token.invitation = $1`,
      [made!.id],
    );
    expect(rows).toEqual([{ state: "dead", armed: false }]);
  });

  test("makes nobody an owner, not even a removed one again", async () => {
    const person = await createMember(database, { tenant: acme, role: "member" });
    await admin("update app.memberships set is_owner = true where id = $1", [person.membershipId]);
    await admin("update app.memberships set status = 'removed' where id = $1", [person.membershipId]);
    const elsewhere = await createSession(database, person, null);
    const { link } = await invite(database, acme.owner, person.email, acme.roleIds.viewer);
    expect(await accept(database, link, elsewhere)).toBe("ok");
    expect(await membershipsOf(person.email)).toEqual([
      { tenantId: acme.tenantId, roleId: acme.roleIds.viewer, status: "active", isOwner: false },
    ]);
    // What opened the door before does not open it again.
    await actingAs(person).expect("select 1").toBeRefused("RH401");
  });

  test("brings old keys of a removed member back to no life", async () => {
    const { member } = acme;
    const opens = async () =>
      (
        await admin(
          "select from context.api_key_holders where not (holder).ended and (holder).credential_id = $1",
          [member.apiKeyId],
        )
      ).rowCount;
    expect(await opens()).toBe(1);
    await admin("update app.memberships set status = 'removed' where id = $1", [member.membershipId]);
    const elsewhere = await createSession(database, member, null);
    const { link } = await invite(database, acme.owner, member.email, acme.roleIds.member);
    expect(await accept(database, link, elsewhere)).toBe("ok");
    expect(await opens()).toBe(0);
  });

  test("brings nobody back into their teams, nor to what they were granted", async () => {
    const { member } = acme;
    await admin(
      `insert into app.grants (tenant_id, user_id, permission, reason, granted_by, ends_at)
       values ($1, $2, 'view_analytics', 'For a quarter', $2, now() + interval '1 hour')`,
      [acme.tenantId, member.userId],
    );
    await admin("update app.memberships set status = 'removed' where id = $1", [member.membershipId]);
    const elsewhere = await createSession(database, member, null);
    const { link } = await invite(database, acme.owner, member.email, acme.roleIds.member);
    expect(await accept(database, link, elsewhere)).toBe("ok");
    for (const table of ["team_members", "grants"]) {
      const { rows } = await admin(`select from app.${table} where tenant_id = $1 and user_id = $2`, [
        acme.tenantId,
        member.userId,
      ]);
      expect(rows, table).toEqual([]);
    }
  });

  test("is told to the company's webhooks when somebody comes by it", async () => {
    await admin("update app.webhook_endpoints set events = '{member.joined}' where tenant_id = $1", [
      acme.tenantId,
    ]);
    const person = await someone();
    const { link } = await invite(database, acme.admin, person.email, acme.roleIds.member);
    expect(await accept(database, link, person)).toBe("ok");
    const { rows } = await admin(
      "select distinct type from app.webhook_deliveries where tenant_id = $1 and data ->> 'user_id' = $2",
      [acme.tenantId, person.userId],
    );
    expect(rows).toEqual([{ type: "member.joined" }]);
  });

  test("makes no account that could not sign in to its company", async () => {
    await admin("update app.tenants set sign_in_ways = '{google}' where id = $1", [acme.tenantId]);
    const { link, email } = await invite(database, acme.admin, newAddress(), acme.roleIds.member);
    expect(await accept(database, link, guest)).toBe("way_not_allowed");
    expect((await admin("select from app.users where email = $1", [email])).rowCount).toBe(0);
    // A mailbox that a link can be sent to is a way in.
    await admin("update app.tenants set sign_in_ways = '{google,link}' where id = $1", [acme.tenantId]);
    expect(await accept(database, link, guest)).toBe("ok");
  });

  test("lifts no suspension", async () => {
    const person = await someone();
    const { link } = await invite(database, acme.admin, person.email, acme.roleIds.member);
    await admin(
      "insert into app.memberships (tenant_id, user_id, role_id, display_name, status) values ($1, $2, $3, 'x', 'suspended')",
      [acme.tenantId, person.userId, acme.roleIds.member],
    );
    expect(await accept(database, link, person)).toBe("membership_suspended");
    await admin("update app.memberships set status = 'active' where user_id = $1", [person.userId]);
    expect(await accept(database, link, person)).toBe("already_member");
  });

  test.each(["suspended", "closed"])("opens no company that is %s", async (status) => {
    const person = await someone();
    const { link } = await invite(database, acme.admin, person.email, acme.roleIds.member);
    await admin("update app.tenants set status = $2 where id = $1", [acme.tenantId, status]);
    expect(await accept(database, link, person)).toBe(`tenant_${status}`);
    expect(await membershipsOf(person.email)).toEqual([]);
  });

  test.each([
    ["was removed", "update app.memberships set status = 'removed' where id = $1"],
    ["was suspended", "update app.memberships set status = 'suspended' where id = $1"],
    [
      "was demoted",
      "update app.memberships as m set role_id = r.id from app.roles as r where m.id = $1 and r.tenant_id = m.tenant_id and r.name = 'viewer'",
    ],
    [
      "kept manage_users, but not what is promised",
      "update app.memberships as m set role_id = r.id from app.roles as r where m.id = $1 and r.tenant_id = m.tenant_id and r.name = 'personnel'",
    ],
    [
      "was banned",
      "update app.users set status = 'banned' where id = (select user_id from app.memberships where id = $1)",
    ],
    [
      "asked to be deleted",
      `insert into auth.deletions (user_id, due_at)
       select user_id, now() + interval '14 days' from app.memberships where id = $1`,
    ],
  ])("is void where the inviter %s, until somebody else sends it again", async (_, change) => {
    await admin(
      "insert into app.roles (tenant_id, name, permissions) values ($1, 'personnel', '{manage_users}')",
      [acme.tenantId],
    );
    const person = await someone();
    const { link, id } = await invite(database, acme.admin, person.email, acme.roleIds.member);
    await admin(change, [acme.admin.membershipId]);
    expect(await accept(database, link, person)).toBe("inviter_may_not");
    expect(await membershipsOf(person.email)).toEqual([]);
    await actingAs(acme.owner).expect("select id from app.resend_invitation($1)", [id]).toReach(1);
    expect(await accept(database, await arm(database, id), person)).toBe("ok");
  });

  test("promises no more than its inviter holds when it is accepted", async () => {
    await admin("insert into app.roles (tenant_id, name, permissions) values ($1, 'growing', '{chat}')", [
      acme.tenantId,
    ]);
    await admin(
      "insert into app.roles (tenant_id, name, permissions) values ($1, 'personnel', '{chat,manage_users}')",
      [acme.tenantId],
    );
    const manager = await createMember(database, { tenant: acme, role: "personnel" });
    const person = await someone();
    const { rows } = await admin("select id from app.roles where tenant_id = $1 and name = 'growing'", [
      acme.tenantId,
    ]);
    const { link } = await invite(database, manager, person.email, rows[0].id);
    await admin("update app.roles set permissions = '{chat,view_audit}' where id = $1", [rows[0].id]);
    expect(await accept(database, link, person)).toBe("inviter_may_not");
  });

  test("is for the very address", async () => {
    const mark = randomBytes(4).toString("hex");
    const invited = `ann.b${mark}@example.com`;
    const { link } = await invite(database, acme.admin, invited.toUpperCase(), acme.roleIds.member);
    for (const email of [
      `annb${mark}@example.com`,
      `ann.b${mark}+x@example.com`,
      `ann.b${mark}@mail.example.com`,
      `аnn.b${mark}@example.com`,
    ]) {
      const { rows } = await admin("insert into app.users (email, name) values ($1, 'Ann') returning id", [
        email,
      ]);
      const session = await createSession(database, { userId: rows[0].id, email, name: "Ann" }, null);
      expect(await accept(database, link, session), email).toBe("another_person");
    }
    expect(await accept(database, link, guest)).toBe("ok");
    expect(await membershipsOf(invited)).toHaveLength(1);
  });

  test("goes on when its person sets a new password, and ends with its role", async () => {
    const person = await someone();
    const { link, id } = await invite(database, acme.owner, person.email, acme.roleIds.helper);
    await database.admin.query("select auth.void_mail_tokens($1, $2)", [person.email, person.userId]);
    expect((await admin("select from app.invitations where id = $1", [id])).rowCount).toBe(1);
    await actingAs(acme.owner)
      .expect("delete from app.roles where id = $1", [acme.roleIds.helper])
      .toReach(1);
    expect(await accept(database, link, person)).toBe("invalid_token");
  });
});

describe("at once", () => {
  const times = <T>(count: number, one: (n: number) => Promise<T>) =>
    Promise.all(Array.from({ length: count }, (_, n) => one(n)));

  test("one invitation accepted eight times makes one membership", async () => {
    const person = await someone();
    const { link } = await invite(database, acme.admin, person.email, acme.roleIds.member);
    const outcomes = await times(8, () => accept(database, link, person));
    expect(outcomes.toSorted()).toEqual([...Array(7).fill("invalid_token"), "ok"]);
    expect(await membershipsOf(person.email)).toHaveLength(1);
  });

  test("one accepted eight times by somebody without an account makes one account", async () => {
    const { link, email } = await invite(database, acme.admin, newAddress(), acme.roleIds.member);
    const outcomes = await times(8, () => accept(database, link, guest));
    expect(outcomes.toSorted()).toEqual([...Array(7).fill("invalid_token"), "ok"]);
    expect(await membershipsOf(email)).toHaveLength(1);
  });

  test("ten accepts for three seats: three", async () => {
    await admin("update app.tenants set seats = 8 where id = $1", [acme.tenantId]);
    const invited: Invited[] = [];
    for (let n = 0; n < 10; n++)
      invited.push(await invite(database, acme.admin, newAddress(), acme.roleIds.member));
    const outcomes = await times(10, (n) => accept(database, invited[n]!.link, guest));
    expect(outcomes.toSorted()).toEqual([...Array(7).fill("RH471"), ...Array(3).fill("ok")]);
    // Whoever found no seat has their invitation still.
    const late = invited[outcomes.indexOf("RH471")]!;
    await actingAs(acme.admin)
      .expect("select id from app.remove_member($1)", [acme.colleague.membershipId])
      .toReach(1);
    expect(await accept(database, late.link, guest)).toBe("ok");
  });

  test("an address is invited once", async () => {
    const email = newAddress();
    const outcomes = await times(6, async () => {
      const outcome = await actingAs(acme.admin).attempt(call, [email, acme.roleIds.member]);
      return "refusal" in outcome ? outcome.refusal.code : "ok";
    });
    expect(outcomes.toSorted()).toEqual([...Array(5).fill("RH472"), "ok"]);
  });

  test("whoever is demoted while one of theirs is accepted lets nobody in afterwards", async () => {
    for (let round = 0; round < 10; round++) {
      const inviter: Member = await createMember(database, { tenant: acme, role: "admin" });
      const invited = await Promise.all(
        [1, 2, 3].map(() => invite(database, inviter, newAddress(), acme.roleIds.member)),
      );
      const demoted = actingAs(acme.owner)
        .expect("update app.memberships set role_id = $2 where id = $1", [
          inviter.membershipId,
          acme.roleIds.viewer,
        ])
        .toReach(1);
      const outcomes = await Promise.all([
        ...invited.map(({ link }) => accept(database, link, guest)),
        demoted,
      ]);
      for (const outcome of outcomes.slice(0, 3)) expect(["ok", "inviter_may_not"]).toContain(outcome);
      const { link } = await invite(database, acme.admin, newAddress(), acme.roleIds.member);
      expect(await accept(database, link, guest)).toBe("ok");
    }
  });

  test("sending again, revoking and accepting take turns", async () => {
    for (let round = 0; round < 10; round++) {
      const { id, link, email } = await invite(database, acme.admin, newAddress(), acme.roleIds.member);
      const verb = (name: string) =>
        actingAs(acme.admin)
          .attempt(`select id from app.${name}_invitation($1)`, [id])
          .then((outcome) => ("refusal" in outcome ? outcome.refusal.code : "ok"));
      const [accepted, resent, revoked] = await Promise.all([
        accept(database, link, guest),
        verb("resend"),
        verb("revoke"),
      ]);
      expect(["ok", "invalid_token"]).toContain(accepted);
      expect(["ok", "RH476"]).toContain(resent);
      expect(["ok", "RH476"]).toContain(revoked);
      expect((await membershipsOf(email)).length).toBe(accepted === "ok" ? 1 : 0);
      expect(await statusOf(id)).toBe(accepted === "ok" ? "accepted" : "revoked");
    }
  });
});
