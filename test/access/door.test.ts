import { createHash, randomBytes } from "node:crypto";
import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createMember, createPerson, createSession, createTenant, type Member } from "../support/people.ts";
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

/** A transaction of its own, rolled back in the end whatever happens. */
async function transaction(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await work(client);
  } finally {
    await client.query("rollback");
    client.release();
  }
}

const sha256 = (value: string | Buffer): Buffer => createHash("sha256").update(value).digest();
const TABLES = [
  "tenants",
  "users",
  "roles",
  "memberships",
  "conversations",
  "messages",
  "user_preferences",
  "tenant_preferences",
  "audit_events",
];

describe("without the door", () => {
  test("every table is empty or refused, for each login role", async () => {
    for (const pool of [database.app, database.auth, database.worker]) {
      for (const schema of ["app", "auth", "context", "audit", "jobs", "tenancy"]) {
        const tables = await database.admin.query<{ name: string }>(
          `select oid::regclass::text as name from pg_class
           where relnamespace = $1::regnamespace and relkind in ('r', 'p', 'v') and oid <> 'context.errors'::regclass`,
          [schema],
        );
        expect(tables.rowCount).toBeGreaterThan(0);
        for (const { name } of tables.rows) {
          const seen = await pool.query(`select count(*)::integer as count from ${name}`).then(
            (result) => result.rows[0].count,
            (error: pg.DatabaseError) => error.code,
          );
          expect([0, "42501"], `${name} shows ${seen}`).toContain(seen);
        }
      }
    }
  });

  test("an empty, missing or reset variable is the same as none", async () => {
    for (const statement of ["set local rowhouse.context = ''", "reset rowhouse.context", "select 1"]) {
      await transaction(database.app, async (client) => {
        await client.query(statement);
        expect((await client.query("select from app.tenants")).rowCount).toBe(0);
      });
    }
  });
});

describe("a credential opens the door only while everything it depends on is live", () => {
  let member: Member;
  beforeEach(async () => {
    const tenant = await createTenant(database);
    member = await createMember(database, { tenant, role: "member" });
    await actingAs(member).expect("select from app.me()").toReach(1);
  });

  const cases: [what: string, sql: string, detail: string][] = [
    [
      "a sign-out",
      "update auth.sessions set ended_at = now(), end_reason = 'logout' where id = '$session'",
      "ended",
    ],
    ["idleness", "update auth.sessions set idle_expires_at = now() where id = '$session'", "expired"],
    ["age", "update auth.sessions set expires_at = now() where id = '$session'", "expired"],
    ["a ban", "update app.users set status = 'banned' where id = '$user'", "user_banned"],
    [
      "suspension",
      "update app.memberships set status = 'suspended' where id = '$membership'",
      "membership_suspended",
    ],
    [
      "removal",
      "update app.memberships set status = 'removed' where id = '$membership'",
      "membership_removed",
    ],
    [
      "a suspended tenant",
      "update app.tenants set status = 'suspended' where id = '$tenant'",
      "tenant_suspended",
    ],
    ["a closed tenant", "update app.tenants set status = 'closed' where id = '$tenant'", "tenant_closed"],
  ];
  for (const [what, sql, detail] of cases) {
    test(`${what} bites on the very next transaction`, async () => {
      await database.admin.query(
        sql
          .replace("$session", member.sessionId)
          .replace("$user", member.userId)
          .replace("$membership", member.membershipId)
          .replace("$tenant", member.tenantId),
      );
      await actingAs(member).expect("select 1").toBeRefused("RH401", detail);
    });
  }

  test("what nobody knows opens nothing", async () => {
    for (const digest of [randomBytes(32), Buffer.alloc(0), sha256(member.digest)]) {
      await actingAs({ digest }).expect("select 1").toBeRefused("RH401", "unknown");
    }
  });

  test("what the database stores does not open the door", async () => {
    const stored = await database.admin.query("select handle_digest from auth.sessions where id = $1", [
      member.sessionId,
    ]);
    await actingAs({ digest: stored.rows[0].handle_digest })
      .expect("select 1")
      .toBeRefused("RH401", "unknown");
  });

  test("another tenant than the session's own is refused", async () => {
    await actingAs({ ...member, facts: { tenant_id: acme.tenantId } })
      .expect("select 1")
      .toBeRefused("RH401", "other_tenant");
    await actingAs({ ...member, facts: { tenant_id: member.tenantId } })
      .expect("select 1")
      .toReach(1);
  });

  test("a session that knows its browser wants no other", async () => {
    await database.admin.query("update auth.sessions set user_agent = 'Firefox' where id = $1", [
      member.sessionId,
    ]);
    await actingAs({ ...member, facts: { user_agent: "curl" } })
      .expect("select 1")
      .toBeRefused("RH401", "fingerprint_mismatch");
    await actingAs(member).expect("select 1").toBeRefused("RH401", "fingerprint_mismatch");
    await actingAs({ ...member, facts: { user_agent: "Firefox" } })
      .expect("select 1")
      .toReach(1);
  });
});

describe("one person in two tenants", () => {
  test("is in each only what the session says, in two tabs at once", async () => {
    const person = await createPerson(database);
    const inAcme = await createMember(database, { tenant: acme, role: "admin", person });
    const inGlobex = await createMember(database, { tenant: globex, role: "viewer", person });
    await Promise.all(
      Array.from({ length: 20 }, async (_, turn) => {
        const [tab, tenantId, sees] = turn % 2 ? [inAcme, acme.tenantId, 5] : [inGlobex, globex.tenantId, 0];
        const [row] = await actingAs(tab).rows<{ tenant: string; seen: number }>(
          "select context.tenant_id() as tenant, (select count(*)::integer from app.conversations) as seen",
        );
        expect(row).toEqual({ tenant: tenantId, seen: sees });
      }),
    );
  });

  test("writes in each only there: tabs that write at once leave nothing in each other's tenant", async () => {
    const person = await createPerson(database);
    const tabs = [
      await createMember(database, { tenant: acme, role: "member", person }),
      await createMember(database, { tenant: globex, role: "admin", person }),
    ] as const;
    await Promise.all(
      Array.from({ length: 20 }, (_, turn) =>
        actingAs(tabs[turn % 2]!)
          .expect("insert into app.conversations (title) values ($1)", [`In ${tabs[turn % 2]!.tenantId}`])
          .toReach(1),
      ),
    );
    for (const tab of tabs) {
      const told = await actingAs(tab).rows(
        "select title, count(*)::integer as many from app.my_conversations() group by 1",
      );
      expect(told).toEqual([{ title: `In ${tab.tenantId}`, many: 10 }]);
    }
    const trail = await database.admin.query(
      `select distinct tenant_id as tenant, credential_id as credential from audit.events
       where actor_id = $1 and table_name = 'app.conversations'`,
      [person.userId],
    );
    const byTenant = (rows: { tenant: string }[]) => rows.sort((a, b) => a.tenant.localeCompare(b.tenant));
    expect(byTenant(trail.rows)).toEqual(
      byTenant(tabs.map(({ tenantId, sessionId }) => ({ tenant: tenantId, credential: sessionId }))),
    );
  });

  test("that leaves one of them goes on in the other", async () => {
    const person = await createPerson(database);
    const inAcme = await createMember(database, { tenant: acme, role: "member", person });
    const inGlobex = await createMember(database, { tenant: globex, role: "member", person });
    await database.admin.query("update app.memberships set status = 'removed' where id = $1", [
      inAcme.membershipId,
    ]);
    await actingAs(inAcme).expect("select 1").toBeRefused("RH401", "membership_removed");
    await actingAs(inGlobex).expect("select from app.my_membership()").toReach(1);
  });

  test("in one transaction cannot write here what they read there", async () => {
    const person = await createPerson(database);
    const inAcme = await createMember(database, { tenant: acme, role: "admin", person });
    const inGlobex = await createMember(database, { tenant: globex, role: "admin", person });
    await actingAs(inAcme)
      .expect("insert into app.conversations (title) values ('x') returning context.enter($1)", [
        inGlobex.digest,
      ])
      .toBeRefused("RH403", "broken_seal");
  });

  test("without any tenant sees nothing but themselves", async () => {
    const person = await createPerson(database);
    const session = await createSession(database, person, null);
    await actingAs(session).expect("select from app.users").toReach(1);
    for (const table of TABLES.filter((one) => one !== "users")) {
      await actingAs(session).expect(`select from app.${table}`).toReach(0);
    }
    await actingAs(session)
      .expect("insert into app.conversations (title) values ('x')")
      .toBeRefused("RH403", "chat");
  });
});

describe("an API key", () => {
  const key = "rh_sk_test";
  const issue = async (values: string) => {
    await database.admin.query("delete from auth.api_keys where digest = $1", [sha256(sha256(key))]);
    await database.admin.query(
      `insert into auth.api_keys (tenant_id, user_id, name, digest, scopes, expires_at, revoked_at)
       values ($1, $2, 'test', $3, ${values})`,
      [acme.tenantId, acme.admin.userId, sha256(sha256(key))],
    );
  };
  const holder = { digest: sha256(key) };

  test("opens the door from psql, with its owner's role within its scopes", async () => {
    await issue("'{chat,view_audit,nonsense}', null, null");
    await transaction(database.app, async (client) => {
      await client.query(`select context.enter(sha256('${key}'))`);
      const { rows } = await client.query("select app.my_permissions() as may, context.is_owner() as owner");
      expect(rows).toEqual([{ may: ["chat", "view_audit"], owner: false }]);
    });
  });

  test("is refused once it is revoked, expired or its owner gone", async () => {
    await issue("'{chat}', null, now()");
    await actingAs(holder).expect("select 1").toBeRefused("RH401", "revoked");
    await issue("'{chat}', now(), null");
    await actingAs(holder).expect("select 1").toBeRefused("RH401", "expired");
    await issue("'{chat}', null, null");
    await database.admin.query("update app.memberships set status = 'removed' where id = $1", [
      acme.admin.membershipId,
    ]);
    await actingAs(holder).expect("select 1").toBeRefused("RH401", "membership_removed");
    await database.admin.query("update app.memberships set status = 'active' where id = $1", [
      acme.admin.membershipId,
    ]);
    await actingAs(holder).expect("select 1").toReach(1);
  });
});

describe("the seal", () => {
  /** A transaction of the member that has entered; rolled back in the end. */
  const entered = (work: (client: pg.PoolClient, value: string) => Promise<void>): Promise<void> =>
    transaction(database.app, async (client) => {
      await client.query("select context.enter($1)", [acme.member.digest]);
      const { rows } = await client.query("select current_setting('rowhouse.context') as value");
      await work(client, rows[0].value);
    });
  const broken = { code: "RH403", detail: "broken_seal" };
  const forged = (client: pg.PoolClient, value: string) =>
    client
      .query("select set_config('rowhouse.context', $1, true)", [value])
      .then(() => client.query("select from app.memberships"));

  test("an edited context does not open", async () => {
    const edits: ((value: string) => string)[] = [
      (value) => value.replaceAll(acme.tenantId, globex.tenantId),
      (value) => value.replace("{chat", "{chat,view_all_chats"),
      (value) => value.replace(/^(.{217})f/, "$1t"),
      (value) => `${value} `,
      (value) => value.replace(/^(.{8}).{64}/, `$1.${"0".repeat(64)}`),
      (value) => value.replace(/^.{8}/, "00000000"),
      (value) => value.slice(72),
      () => '{"tenant": "x"}',
      () => "x",
    ];
    for (const edit of edits) {
      await entered(async (client, value) => {
        expect(edit(value)).not.toBe(value);
        await expect(forged(client, edit(value))).rejects.toMatchObject(broken);
      });
    }
  });

  test("a copied context is worthless in the next transaction of the same connection", async () => {
    await transaction(database.app, async (client) => {
      await client.query("select context.enter($1)", [globex.member.digest]);
      const copy = (await client.query("select current_setting('rowhouse.context') as value")).rows[0].value;
      await client.query("commit");
      await client.query("begin");
      await expect(forged(client, copy)).rejects.toMatchObject(broken);
    });
  });

  test("and in another transaction at the same time", async () => {
    await entered(async (_, value) => {
      await transaction(database.app, async (other) => {
        await expect(forged(other, value)).rejects.toMatchObject(broken);
      });
    });
  });

  test("a context is not left over on a pooled connection", async () => {
    const client = await database.app.connect();
    for (const end of ["commit", "rollback"]) {
      await client.query("begin");
      await client.query("select context.enter($1)", [globex.admin.digest]);
      expect((await client.query("select from app.memberships")).rowCount).toBeGreaterThan(0);
      await client.query(end);
      expect((await client.query("select from app.memberships")).rowCount).toBe(0);
    }
    client.release();
  });

  test("a plan that one tenant's query left behind serves another with the other's rows", async () => {
    const client = await database.app.connect();
    await client.query("set plan_cache_mode = force_generic_plan");
    for (const who of [acme.member, globex.member, acme.admin, globex.viewer, acme.member]) {
      await client.query("begin");
      await client.query("select context.enter($1)", [who.digest]);
      const { rows } = await client.query({
        name: "everybody",
        text: "select distinct tenant_id from app.memberships",
      });
      expect(rows).toEqual([{ tenant_id: who.tenantId }]);
      await client.query("commit");
    }
    await client.query("deallocate all");
    client.release(true);
  });

  test("a broken context is refused alike, whether or not the address or slug that is asked for exists", async () => {
    for (const [table, column, known] of [
      ["users", "email", globex.member.email],
      ["tenants", "slug", globex.slug],
    ] as const) {
      for (const value of [known, "nobody@example.com"]) {
        await entered(async (client) => {
          await client.query("set local rowhouse.context = 'junk'");
          await expect(
            client.query(`select from app.${table} where ${column} = $1`, [value]),
            `${table} ${value}`,
          ).rejects.toMatchObject(broken);
        });
      }
    }
  });

  test("a set_config inside a WHERE clause gains nothing", async () => {
    await entered(async (client, value) => {
      const attack = (what: string) =>
        client.query(
          `select * from app.memberships
           where set_config('rowhouse.context', $1, true) is not null and tenant_id <> $2`,
          [what, acme.tenantId],
        );
      const foreign = await attack(value.replaceAll(acme.tenantId, globex.tenantId)).then(
        (result) => result.rows,
        (error) => error.code,
      );
      expect([[], "RH403"]).toContainEqual(foreign);
    });
  });

  test("hand-written SQL inside the door never reaches a foreign row", async () => {
    const attacks = [
      "reset role",
      "set role rowhouse_definer",
      "set role rowhouse_owner",
      "set session authorization rowhouse_definer",
      "set row_security = off",
      "set local session_replication_role = replica",
      "alter table app.memberships disable row level security",
      "create function pg_temp.tenant_id() returns uuid language sql as 'select null::uuid'",
      "create temp table memberships as select 1",
      "create table app.mine ()",
      "set search_path = pg_temp, app, context",
      `set rowhouse.context = '${globex.tenantId}'`,
      "set local rowhouse.context = ''",
      "select context.seal('')",
      `select context.act('${globex.member.userId}', '${globex.tenantId}', '{}')`,
      "select * from context.seal_keys",
      "select * from context.session_holders",
      "select * from context.api_key_holders",
      "select * from context.support_holders",
      "select * from auth.support_accesses",
      "select auth.open_support('acme', null, '', 'curious', 60, true)",
      "select auth.finish_login('a', true, gen_random_uuid(), '', null, '{}')",
      "select audit.record_event('auth.login', null)",
      "select * from audit.events_default",
      "select * from graphile_worker.jobs",
      "copy app.memberships to stdout",
      "lock table app.memberships in access exclusive mode",
      "truncate app.memberships",
      "select * from pg_stats where schemaname = 'app'",
      "do $$ begin perform set_config('rowhouse.context', null, true); end $$",
      "prepare transaction 'x'",
      "listen graphile_worker",
    ];
    for (const attack of attacks) {
      await entered(async (client) => {
        const outcome = await client.query(attack).then(
          (result) => (Array.isArray(result) ? [] : result.rows),
          (error: pg.DatabaseError) => error.code,
        );
        if (Array.isArray(outcome)) expect(JSON.stringify(outcome), attack).not.toContain(globex.tenantId);
        else await client.query("rollback").then(() => client.query("begin"));
        for (const table of TABLES) {
          const column = table === "tenants" ? "id" : "tenant_id";
          const condition =
            table === "users" ? `id <> '${acme.member.userId}'` : `${column} <> '${acme.tenantId}'`;
          await client.query("savepoint s");
          const foreign = await client.query(`select from app.${table} where ${condition}`).then(
            (result) => result.rowCount,
            () => 0,
          );
          await client.query("rollback to s");
          expect(foreign, `${attack}, then app.${table}`).toBe(0);
        }
      });
    }
  });

  test("a context expires after a minute, even in the transaction it was made for", async () => {
    await transaction(database.admin, async (client) => {
      await client.query("select context.enter($1)", [acme.member.digest]);
      // Sealed with the real key, for this transaction and backend, and so many seconds older.
      const aged = (seconds: number) =>
        client.query(
          `select set_config('rowhouse.context', sealing.id || context.mac(older.body, sealing.key) || older.body, true)
           from context.seal_keys as sealing
           cross join (select substr(current_setting('rowhouse.context'), 73) as body) as ours
           cross join lateral (
             select overlay(body placing (substr(body, 109, 10)::bigint - $1)::text from 109 for 10) as body
           ) as older
           where retired_at is null`,
          [seconds],
        );
      await aged(50);
      expect((await client.query("select context.tenant_id() as id")).rows[0].id).toBe(acme.tenantId);
      await aged(11);
      await expect(client.query("select context.tenant_id()")).rejects.toMatchObject(broken);
    });
  });
});
