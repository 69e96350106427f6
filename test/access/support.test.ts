import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createApiKeys, storedOf } from "../../src/auth/api_key.ts";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createGuest } from "../support/guests.ts";
import { enterForSupport, tryForSupport, type Visitor } from "../support/support.ts";
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
beforeEach(() => allow("read"));

const allow = (mode: "off" | "read" | "write", tenant: TenantFixture = acme) =>
  database.admin.query("update app.tenants set support_access = $2 where id = $1", [tenant.tenantId, mode]);
const enter = (given: Parameters<typeof enterForSupport>[2] = {}): Promise<Visitor> =>
  enterForSupport(database, "acme", given);
const attempted = async (given: Parameters<typeof enterForSupport>[2] = {}, slug = "acme") =>
  (await tryForSupport(database, slug, given)).outcome;
const access = async ({ accessId }: Visitor) =>
  (await database.admin.query("select * from auth.support_accesses where id = $1", [accessId])).rows[0];

/** What writes somewhere, in each table that callers reach. */
const writes = (): string[] => [
  "update app.tenants set name = 'Ours'",
  "update app.users set name = 'Somebody else'",
  "update app.memberships set display_name = 'Somebody else' where user_id = context.user_id()",
  `update app.conversations set title = 'Read' where id = '${acme.admin.conversationId}'`,
  "insert into app.conversations (title) values ('Hello')",
  `insert into app.messages (conversation_id, content) values ('${acme.admin.conversationId}', 'Hello')`,
  `delete from app.conversations where id = '${acme.admin.conversationId}'`,
  "select app.set_my_preferences(tone => 'formal')",
  "delete from app.user_preferences where user_id = context.user_id()",
  "select app.set_tenant_defaults(tone => 'formal')",
  "insert into app.roles (name, permissions) values ('helpers', '{chat}')",
];

describe("entering", () => {
  test("takes a reason, of one line that shows something", async () => {
    for (const reason of ["", " ", "two\nlines", "x".repeat(501)]) {
      await expect(attempted({ reason })).rejects.toMatchObject({ code: "RH400" });
    }
  });

  test("is for an hour unless one says, and for eight at most, whoever asks the table", async () => {
    for (const minutes of [0, 481, -5]) {
      await expect(attempted({ minutes })).rejects.toMatchObject({ code: "RH400" });
    }
    const longest = await access(await enter({ minutes: 480 }));
    expect(longest.expires_at - longest.created_at).toBe(8 * 3_600_000);
    await expect(
      database.admin.query(
        "update auth.support_accesses set expires_at = expires_at + interval '1 second' where id = $1",
        [longest.id],
      ),
    ).rejects.toMatchObject({ code: "23514" });
  });

  test("is refused where the company is shut, or lets nobody in, or not for that", async () => {
    expect(await attempted({}, "nowhere")).toBe("no_tenant");
    expect(await attempted({ write: true })).toBe("support_reads");
    await allow("off");
    expect(await attempted()).toBe("support_off");
    await allow("read");
    for (const status of ["suspended", "closed"]) {
      await database.admin.query("update app.tenants set status = $2 where id = $1", [acme.tenantId, status]);
      expect(await attempted()).toBe(`tenant_${status}`);
    }
    await database.admin.query("update app.tenants set status = 'active' where id = $1", [acme.tenantId]);
    const { rows } = await database.admin.query(
      "select detail from audit.events where tenant_id = $1 and action = 'support.refused' order by at",
      [acme.tenantId],
    );
    expect(rows.map(({ detail }) => detail.outcome)).toEqual([
      "support_reads",
      "support_off",
      "tenant_suspended",
      "tenant_closed",
    ]);
  });

  test("is as nobody who is not an active member with an account", async () => {
    expect(await attempted({ as: globex.member.email })).toBe("no_member");
    expect(await attempted({ as: "nobody@example.com" })).toBe("no_member");
    const guest = await createGuest(database, acme);
    expect(await attempted({ as: guest.userId })).toBe("no_member");
    await database.admin.query("update app.memberships set status = 'suspended' where id = $1", [
      acme.colleague.membershipId,
    ]);
    expect(await attempted({ as: acme.colleague.email })).toBe("no_member");
    await database.admin.query("update app.memberships set status = 'active' where id = $1", [
      acme.colleague.membershipId,
    ]);
  });

  test("is told to the owners, and to the member as whom it is, and to nobody else", async () => {
    const mails = async () =>
      (
        await database.admin.query<{ recipient: string }>(
          "select recipient from auth.mails where template = 'support_opened' order by id desc",
        )
      ).rows.map(({ recipient }) => recipient);
    const before = (await mails()).length;
    await enter();
    expect((await mails()).slice(before)).toHaveLength(1);
    await enter({ as: acme.viewer.email });
    const all = await mails();
    expect(all.slice(0, all.length - before - 1).sort()).toEqual(
      [acme.owner.email, acme.viewer.email].sort(),
    );
  });

  test("is for the operator only", async () => {
    for (const pool of [database.app, database.auth, database.worker]) {
      await expect(
        pool.query("select auth.open_support('acme', null, sha256('x'), 'curious', 60, true)"),
      ).rejects.toMatchObject({ code: "42501" });
      await expect(pool.query("select auth.list_support(null, false, 1)")).rejects.toMatchObject({
        code: "42501",
      });
      await expect(pool.query("select auth.end_support(gen_random_uuid())")).rejects.toMatchObject({
        code: "42501",
      });
    }
  });
});

describe("inside in one's own name, support", () => {
  test("sees people, roles and settings, usage and the trail, and neither chats nor keys nor addresses", async () => {
    const visitor = await enter();
    const [row] = await actingAs(visitor).rows(
      "select context.claims() ->> 'kind' as kind, app.my_permissions() as may, context.is_owner() as owner",
    );
    expect(row).toEqual({
      kind: "support",
      may: ["configure_model", "view_analytics", "view_audit"],
      owner: false,
    });
    const members = await database.admin.query("select from app.memberships where tenant_id = $1", [
      acme.tenantId,
    ]);
    await actingAs(visitor).expect("select from app.memberships").toReach(members.rowCount!);
    await actingAs(visitor).expect("select from app.tenants").toReach(1);
    await actingAs(visitor).expect("select from app.audit_events limit 1").toReach(1);
    for (const table of ["users", "conversations", "messages", "user_preferences", "api_keys"]) {
      await actingAs(visitor).expect(`select from app.${table}`).toReach(0);
    }
  });

  test("sees nothing next door, and cannot take itself there", async () => {
    const visitor = await enter();
    await actingAs(visitor)
      .expect("select from app.memberships where tenant_id = $1", [globex.tenantId])
      .toReach(0);
    await actingAs({ ...visitor, facts: { tenant_id: globex.tenantId } })
      .expect("select 1")
      .toBeRefused("RH401", "other_tenant");
  });
});

describe("inside as a member, support", () => {
  test("sees what the member sees, and holds nothing by which rights are handed out", async () => {
    const visitor = await enter({ as: acme.admin.email });
    const [row] = await actingAs(visitor).rows(
      "select context.user_id() as id, context.is_owner() as owner, app.my_permissions() as may",
    );
    expect(row).toMatchObject({ id: acme.admin.userId, owner: false });
    expect(row!.may).toContain("view_all_chats");
    for (const kept of ["manage_users", "manage_roles", "manage_api_keys", "manage_tenant"]) {
      expect(row!.may).not.toContain(kept);
    }
    await actingAs(visitor)
      .expect("select from app.conversations where user_id = $1", [acme.admin.userId])
      .toReach(1);
  });

  test("has what the member loses for no longer than they", async () => {
    const visitor = await enter({ as: acme.viewer.email });
    await database.admin.query("update app.memberships set status = 'suspended' where id = $1", [
      acme.viewer.membershipId,
    ]);
    await actingAs(visitor).expect("select 1").toBeRefused("RH401", "membership_suspended");
    await database.admin.query("update app.memberships set status = 'active' where id = $1", [
      acme.viewer.membershipId,
    ]);
    await actingAs(visitor).expect("select 1").toReach(1);
  });

  test("has no session: none of the member's is seen, or ended, and no account is touched", async () => {
    const visitor = await enter({ as: acme.member.email });
    for (const call of [
      "select app.my_sessions()",
      "select app.my_tenants()",
      "select app.revoke_all_sessions()",
      "select app.revoke_other_sessions()",
    ]) {
      await actingAs(visitor).expect(call).toBeRefused("RH403", "session");
    }
    await database.admin.query(
      "insert into auth.identities (user_id, provider, issuer, subject) values ($1, 'acme', 'https://id.example', 'subject')",
      [acme.member.userId],
    );
    await actingAs(acme.member).expect("select from app.my_identities()").toReach(1);
    for (const list of ["app.my_identities()", "app.my_passkeys()"]) {
      await actingAs(visitor).expect(`select from ${list}`).toReach(0);
    }
    const { rows } = await database.auth.query(
      "select outcome from auth.switch_tenant($1, null, gen_random_uuid(), sha256('x'), 'globex', '{}')",
      [visitor.digest],
    );
    expect(rows).toEqual([{ outcome: "unknown" }]);
  });
});

describe("support that may look", () => {
  test("changes nothing, in its own name or as an admin", async () => {
    for (const visitor of [await enter(), await enter({ as: acme.admin.email })]) {
      for (const sql of writes()) {
        const outcome = await actingAs(visitor).attempt(sql);
        if ("refusal" in outcome) expect(["RH413", "RH403", "23503"], sql).toContain(outcome.refusal.code);
        else expect([sql, outcome.count]).toEqual([sql, 0]);
      }
    }
    const asAdmin = await enter({ as: acme.admin.email });
    await actingAs(asAdmin)
      .expect("insert into app.conversations (title) values ('Hello')")
      .toBeRefused("RH413");
    await actingAs(asAdmin).expect("update app.users set name = 'X'").toBeRefused("RH413");
    await actingAs(asAdmin).expect("select app.set_tenant_defaults(tone => 'formal')").toBeRefused("RH413");
  });

  test("stays so with SQL of its own: the seal says it, and nobody undoes it", async () => {
    const visitor = await enter({ as: acme.admin.email });
    const write = "insert into app.conversations (title) values ('Hello')";
    for (const trick of [
      "set transaction read write",
      `select set_config('rowhouse.context', '', true)`,
      `select set_config('rowhouse.context', replace(current_setting('rowhouse.context'), '"writes": false', '"writes": true'), true)`,
      `select set_config('rowhouse.context', replace(current_setting('rowhouse.context'), 'support ', 'session '), true)`,
      "set local session_replication_role = replica",
      "alter table app.conversations disable trigger all",
    ]) {
      const client = await database.app.connect();
      try {
        await client.query("begin");
        await client.query("select context.enter($1)", [visitor.digest]);
        const refused = await client
          .query(trick)
          .then(() => client.query(write))
          .then(
            () => null,
            (error) => error.code,
          );
        expect(["RH413", "RH403", "25001", "42501", "23502"], trick).toContain(refused);
      } finally {
        await client.query("rollback");
        client.release();
      }
    }
    await actingAs(visitor)
      .expect(
        "insert into app.conversations (title) values ('Hello') returning set_config('rowhouse.context', '', true)",
      )
      .toBeRefused("RH403", "broken_seal");
  });
});

describe("support that may write, because the company allows it and it came for that", () => {
  test("writes, and every row of the trail names the actor and the visit", async () => {
    await allow("write");
    const visitor = await enter({ as: acme.member.email, write: true });
    await actingAs(visitor).expect("insert into app.conversations (title) values ('As asked')").toReach(1);
    const { rows } = await database.admin.query(
      `select actor_kind, actor_id, credential_id, impersonator_id from audit.events
       where tenant_id = $1 and table_name = 'app.conversations' order by at desc limit 1`,
      [acme.tenantId],
    );
    expect(rows).toEqual([
      {
        actor_kind: "support",
        actor_id: acme.member.userId,
        credential_id: visitor.accessId,
        impersonator_id: visitor.accessId,
      },
    ]);
  });

  test("does not if it came to look, and not any more once the company allows less", async () => {
    await allow("write");
    const looking = await enter({ as: acme.member.email });
    const writing = await enter({ as: acme.member.email, write: true });
    const write = "insert into app.conversations (title) values ('As asked')";
    await actingAs(looking).inVain().expect(write).toBeRefused("RH413");
    await actingAs(writing).inVain().expect(write).toReach(1);
    await allow("read");
    await actingAs(writing).inVain().expect(write).toBeRefused("RH413");
  });

  test("hands out nothing: no key, role, membership, ownership or setting", async () => {
    await allow("write");
    const visitor = await enter({ as: acme.owner.email, write: true });
    const stored = storedOf(createApiKeys().secret);
    for (const [sql, ...values] of [
      [
        "insert into auth.api_keys (name, scopes, digest, beginning) values ('Mine', '{chat}', $1, $2)",
        stored.digest,
        stored.beginning,
      ],
      ["insert into app.roles (name, permissions) values ('helpers', '{chat}')"],
      ["update app.roles set permissions = '{chat}' where name = 'helper'"],
      ["update app.memberships set is_owner = true where user_id = $1", acme.member.userId],
      ["update app.memberships set is_owner = false where user_id = context.user_id()"],
      ["update app.memberships set status = 'suspended' where user_id = $1", acme.member.userId],
      ["update app.tenants set support_access = 'write'"],
      ["update app.tenants set requires_second_factor = true"],
    ] as [string, ...unknown[]][]) {
      const outcome = await actingAs(visitor).inVain().attempt(sql, values);
      expect("refusal" in outcome ? outcome.refusal.code : `reached ${outcome.count}`, sql).toMatch(
        /^(RH403|42501)$/,
      );
    }
    const own = await enter({ write: true });
    await actingAs(own).inVain().expect("select app.set_tenant_defaults(tone => 'formal')").toReach(1);
  });

  test("is not asked for a fresh sign-in, which it could not give, but refused", async () => {
    await allow("write");
    const visitor = await enter({ as: acme.owner.email, write: true });
    await actingAs(visitor).expect("select context.require_fresh_sign_in()").toBeRefused("RH403", "session");
  });
});

describe("it ends", () => {
  test("by itself, by the database's clock", async () => {
    const visitor = await enter();
    await database.admin.query(
      "update auth.support_accesses set created_at = now() - interval '2 hours', expires_at = now() - interval '1 second' where id = $1",
      [visitor.accessId],
    );
    await actingAs(visitor).expect("select 1").toBeRefused("RH401", "expired");
    expect(
      (await database.admin.query("select auth.end_support($1) as outcome", [visitor.accessId])).rows,
    ).toEqual([{ outcome: "over" }]);
  });

  test("at the operator's word", async () => {
    const visitor = await enter();
    const end = async (id: string) =>
      (await database.admin.query("select auth.end_support($1) as outcome", [id])).rows[0].outcome;
    expect(await end(visitor.accessId)).toBe("ok");
    expect(await end(visitor.accessId)).toBe("over");
    expect(await end(globex.tenantId)).toBe("no_access");
    await actingAs(visitor).expect("select 1").toBeRefused("RH401", "support_ended");
  });

  test("at an admin's word, of this company and no other, and by nobody with less", async () => {
    const visitor = await enter({ as: acme.owner.email });
    const end = "select app.end_support_access($1)";
    await actingAs(acme.member).expect(end, [visitor.accessId]).toBeRefused("RH403", "manage_tenant");
    await actingAs(visitor).expect(end, [visitor.accessId]).toBeRefused("RH403", "manage_tenant");
    await actingAs(globex.owner).expect(end, [visitor.accessId]).toBeRefused("RH404");
    await actingAs(visitor).expect("select 1").toReach(1);
    const [ended] = await actingAs(acme.admin).rows<{ end_reason: string; is_running: boolean }>(
      "select end_reason, is_running from app.end_support_access($1)",
      [visitor.accessId],
    );
    expect(ended).toEqual({ end_reason: "tenant", is_running: false });
    await actingAs(visitor).expect("select 1").toBeRefused("RH401", "support_ended");
    await actingAs(acme.admin).expect(end, [visitor.accessId]).toBeRefused("RH404");
  });

  test("at once where the company turns support off, and stays ended when it is turned on again", async () => {
    const visitor = await enter();
    const other = await enterForSupport(database, "globex");
    await actingAs(acme.owner).expect("update app.tenants set support_access = 'off'").toReach(1);
    await actingAs(visitor).expect("select 1").toBeRefused("RH401", "support_ended");
    await actingAs(other).expect("select 1").toReach(1);
    await actingAs(acme.owner).expect("update app.tenants set support_access = 'read'").toReach(1);
    await actingAs(visitor).expect("select 1").toBeRefused("RH401", "support_ended");
    expect(await access(visitor)).toMatchObject({ end_reason: "turned_off" });
  });

  test("also for whoever entered at the very moment in which it was turned off", async () => {
    for (let turn = 0; turn < 15; turn++) {
      await allow("read");
      const entering = Array.from({ length: 4 }, () => tryForSupport(database, "acme"));
      const [entered] = await Promise.all([Promise.all(entering), allow("off")]);
      await allow("read");
      for (const { outcome, ...visitor } of entered) {
        expect(["ok", "support_off"]).toContain(outcome);
        await actingAs(visitor)
          .expect("select 1")
          .toBeRefused("RH401", outcome === "ok" ? "support_ended" : "unknown");
      }
    }
  });

  test("with the company's suspension", async () => {
    const visitor = await enter();
    await database.admin.query("update app.tenants set status = 'suspended' where id = $1", [acme.tenantId]);
    await actingAs(visitor).expect("select 1").toBeRefused("RH401", "tenant_suspended");
    await database.admin.query("update app.tenants set status = 'active' where id = $1", [acme.tenantId]);
  });
});

describe("it is seen", () => {
  test("while it lasts and after, by who runs the company or reads its trail, and by nobody else", async () => {
    const visitor = await enter({ as: acme.member.email, reason: "Ticket 4712" });
    const seen = async (who: TenantFixture["owner"]) =>
      (await actingAs(who).rows("select * from app.support_accesses()"))[0];
    expect(await seen(acme.admin)).toMatchObject({
      id: visitor.accessId,
      operator: "olga",
      reason: "Ticket 4712",
      user_id: acme.member.userId,
      may_write: false,
      is_running: true,
    });
    await database.admin.query("select auth.end_support($1)", [visitor.accessId]);
    expect(await seen(acme.owner)).toMatchObject({
      id: visitor.accessId,
      is_running: false,
      end_reason: "operator",
    });
    await actingAs(acme.member).expect("select app.support_accesses()").toBeRefused("RH403", "view_audit");
    await actingAs(null).expect("select app.support_accesses()").toBeRefused("RH403", "view_audit");
    const next = await actingAs(globex.owner).rows<{ id: string }>("select id from app.support_accesses()");
    expect(next.map(({ id }) => id)).not.toContain(visitor.accessId);
  });

  test("in the trail: who came, why, and every refusal of theirs", async () => {
    const visitor = await enter({ as: acme.member.email });
    await database.auth.query("select auth.record_refusal($1, 'RH413', null, '{}')", [visitor.digest]);
    const { rows } = await database.admin.query(
      `select action, actor_kind, actor_id, impersonator_id, new_row ->> 'operator' as operator, new_row ->> 'digest' as digest
       from audit.events where tenant_id = $1 and (impersonator_id = $2 or row_id = $2::text) order by at`,
      [acme.tenantId, visitor.accessId],
    );
    expect(rows).toEqual([
      {
        action: "insert",
        actor_kind: "system",
        actor_id: null,
        impersonator_id: null,
        operator: "olga",
        digest: "[redacted]",
      },
      {
        action: "access.refused",
        actor_kind: "support",
        actor_id: acme.member.userId,
        impersonator_id: visitor.accessId,
        operator: null,
        digest: null,
      },
    ]);
  });
});
