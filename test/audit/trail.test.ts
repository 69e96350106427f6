import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createMember, createPerson, createSession } from "../support/people.ts";
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

const NOBODY = "00000000-0000-0000-0000-000000000000";

/** The trail of one row, oldest first. */
const trailOf = async (table: string, id: string) =>
  (
    await database.admin.query(
      "select * from audit.events where table_name = $1 and row_key ->> 'id' = $2 order by at, id",
      [table, id],
    )
  ).rows;

describe("a change writes who, when, what, before and after", () => {
  test("insert, update and delete of a row are three rows of its trail", async () => {
    const member = { ...acme.member, facts: { request_id: "req-1", ip: "192.0.2.7", user_agent: "curl/8" } };
    const [begun] = await actingAs(member).rows<{ id: string }>(
      "insert into app.conversations (title) values ('Thrust') returning id",
    );
    await actingAs(member)
      .expect("update app.conversations set title = 'Lift', status = 'archived' where id = $1", [begun!.id])
      .toReach(1);
    await actingAs(member).expect("delete from app.conversations where id = $1", [begun!.id]).toReach(1);

    const trail = await trailOf("app.conversations", begun!.id);
    expect(trail.map((event) => [event.action, event.old_row?.status, event.new_row?.status])).toEqual([
      ["insert", undefined, "open"],
      ["update", "open", "archived"],
      ["delete", "archived", undefined],
    ]);
    for (const event of trail) {
      expect(event).toMatchObject({
        tenant_id: acme.tenantId,
        actor_kind: "session",
        actor_id: member.userId,
        credential_id: member.sessionId,
        request_id: "req-1",
        ip: "192.0.2.7",
        user_agent: "curl/8",
        database_role: "rowhouse_app",
        row_key: { tenant_id: acme.tenantId, id: begun!.id },
      });
    }
  });

  test("a change that is rolled back leaves nothing", async () => {
    const count = async () => (await database.admin.query("select count(*) from audit.events")).rows[0].count;
    const before = await count();
    await actingAs(acme.member)
      .inVain()
      .expect("insert into app.conversations (title) values ('x')")
      .toReach(1);
    expect(await count()).toBe(before);
  });

  test("what a cascade deletes is recorded row by row", async () => {
    const [begun] = await actingAs(acme.member).rows<{ id: string }>(
      "insert into app.conversations (title) values ('short') returning id",
    );
    const [said] = await actingAs(acme.member).rows<{ id: string }>(
      "insert into app.messages (conversation_id, content) values ($1, 'my secret plan') returning id",
      [begun!.id],
    );
    await actingAs(acme.member).expect("delete from app.conversations where id = $1", [begun!.id]).toReach(1);
    const trail = await trailOf("app.messages", said!.id);
    expect(trail.map((event) => [event.action, event.actor_id])).toEqual([
      ["insert", acme.member.userId],
      ["delete", acme.member.userId],
    ]);
  });

  test("what the system does outside the door is the system's, with the role that did it", async () => {
    await database.admin.query("update app.tenants set status = 'suspended' where id = $1", [
      globex.tenantId,
    ]);
    await database.admin.query("update app.tenants set status = 'active' where id = $1", [globex.tenantId]);
    const trail = await trailOf("app.tenants", globex.tenantId);
    expect(trail[1]).toMatchObject({
      action: "update",
      tenant_id: globex.tenantId,
      actor_kind: "system",
      actor_id: null,
      database_role: "postgres",
      new_row: { status: "suspended" },
    });
  });

  test("rows of no tenant are under the nil tenant", async () => {
    const [event] = await trailOf("app.users", acme.member.userId);
    expect(event).toMatchObject({ tenant_id: NOBODY, action: "insert" });
  });
});

describe("nobody rids a change of its actor", () => {
  const away = "set_config('rowhouse.context', '', true)";
  const conversations = async () =>
    (await database.admin.query("select * from app.conversations order by id")).rows;

  test("by throwing the context away in the same statement", async () => {
    const before = await conversations();
    for (const [statement, code] of [
      // Here the policy's check has no tenant any more to compare with, before the trail has its say.
      [`update app.conversations set title = title || coalesce(${away}, '')`, "42501"],
      [`delete from app.conversations returning ${away}`, "RH403"],
      [`with deleted as (delete from app.conversations returning ${away}) select * from deleted`, "RH403"],
      [`update app.conversations set title = 'x' returning ${away}`, "RH403"],
    ] as const) {
      await actingAs(acme.member).expect(statement).toBeRefused(code);
    }
    expect(await conversations()).toEqual(before);
  });

  test("by entering another of one's tenants in the same statement", async () => {
    const before = await conversations();
    const elsewhere = await createMember(database, { tenant: globex, role: "member", person: acme.member });
    await actingAs(acme.member)
      .expect("delete from app.conversations returning context.enter($1)", [elsewhere.digest])
      .toBeRefused("RH403", "broken_seal");
    expect(await conversations()).toEqual(before);
  });

  test("by entering a session that is in no tenant", async () => {
    const before = await conversations();
    const stranger = await createSession(database, await createPerson(database), null);
    await actingAs(acme.member)
      .expect("update app.conversations set title = 'x' returning context.enter($1)", [stranger.digest])
      .toBeRefused("RH403", "broken_seal");
    expect(await conversations()).toEqual(before);
  });

  test("by entering as somebody else after changing what belongs to no tenant", async () => {
    const people = async () => (await database.admin.query("select * from app.users order by id")).rows;
    const before = await people();
    await actingAs(acme.member)
      .expect("update app.users set name = 'x' returning context.enter($1)", [globex.member.digest])
      .toBeRefused("RH403", "broken_seal");
    expect(await people()).toEqual(before);
  });

  test("or slips past the guard of roles that way", async () => {
    const memberships = async () =>
      (await database.admin.query("select * from app.memberships order by id")).rows;
    const before = await memberships();
    await actingAs(acme.admin)
      .expect(
        `update app.memberships set is_owner = true, display_name = display_name || coalesce(${away}, '')`,
      )
      .toBeRefused("RH403");
    expect(await memberships()).toEqual(before);
  });
});

describe("secrets never reach the trail", () => {
  test("what was said, digests, hashes and keys are redacted; that they changed is not", async () => {
    const { rows } = await database.admin.query<{ table_name: string; text: string }>(
      "select table_name, concat(old_row, new_row, detail) as text from audit.events where table_name is not null",
    );
    const all = rows.map((row) => row.text).join("\n");
    const digests = await database.admin.query("select handle_digest::text as digest from auth.sessions");
    expect(digests.rowCount).toBeGreaterThan(0);
    for (const { digest } of digests.rows) expect(all).not.toContain(digest.slice(2));
    for (const said of ["my secret plan", "Thrust", "Lift"]) expect(all).not.toContain(said);
    const messages = rows.filter((row) => row.table_name === "app.messages");
    expect(messages.length).toBeGreaterThan(0);
    for (const { text } of messages) expect(text).toContain('"content": "[redacted]"');
  });

  test("of a title, which is what people said, it is recorded that it changed, and not to what", async () => {
    const [begun] = await actingAs(acme.member).rows<{ id: string }>(
      "insert into app.conversations (title) values ('Project Falcon') returning id",
    );
    await actingAs(acme.member)
      .expect("update app.conversations set title = 'Dismissals in May' where id = $1", [begun!.id])
      .toReach(1);
    await actingAs(acme.member)
      .expect("update app.conversations set status = 'archived' where id = $1", [begun!.id])
      .toReach(1);
    const trail = await trailOf("app.conversations", begun!.id);
    expect(trail.map((event) => [event.old_row?.title, event.new_row?.title])).toEqual([
      [undefined, "[redacted]"],
      ["[redacted]", "[changed]"],
      ["[redacted]", "[redacted]"],
    ]);
    const read = await actingAs(acme.admin).rows("select old_row, new_row, detail from app.audit_events");
    expect(JSON.stringify(read)).not.toMatch(/Falcon|Dismissals/);
  });

  test("a column that nobody decided about is withheld, also one that came after its table was tracked", async () => {
    const client = await database.admin.connect();
    try {
      await client.query("begin");
      await client.query("alter table app.roles add column motto text");
      await client.query(
        "insert into app.roles (tenant_id, name, motto) values ($1, 'mottoed', 'we trust')",
        [acme.tenantId],
      );
      const { rows } = await client.query(
        "select new_row -> 'motto' as motto from audit.events where new_row ->> 'name' = 'mottoed'",
      );
      expect(rows).toEqual([{ motto: "[redacted]" }]);
    } finally {
      await client.query("rollback");
      client.release();
    }
  });
});

describe("who reads the trail", () => {
  test("holders of view_audit read that of their tenant; others see nothing", async () => {
    for (const [person, tenant] of [
      [acme.admin, acme.tenantId],
      [globex.owner, globex.tenantId],
    ] as const) {
      const rows = await actingAs(person).rows("select distinct tenant_id from app.audit_events");
      expect(rows).toEqual([{ tenant_id: tenant }]);
    }
    await actingAs(acme.member).expect("select from app.audit_events").toReach(0);
    await actingAs(acme.viewer).expect("select from app.audit_events").toReach(0);
    await actingAs(null).expect("select from app.audit_events").toReach(0);
  });

  test("auditors read all of it and nothing else", async () => {
    const client = await database.admin.connect();
    try {
      await client.query("begin");
      await client.query("set local role rowhouse_auditor");
      const { rows } = await client.query(
        "select count(distinct tenant_id)::integer as tenants from audit.events",
      );
      expect(rows[0].tenants).toBeGreaterThanOrEqual(3);
      for (const table of ["app.tenants", "app.messages", "auth.sessions", "context.seal_keys"]) {
        await client.query("savepoint s");
        await expect(client.query(`select from ${table}`)).rejects.toMatchObject({ code: "42501" });
        await client.query("rollback to s");
      }
    } finally {
      await client.query("rollback");
      client.release();
    }
  });
});

describe("the trail is not rewritten", () => {
  const everybody = [
    "rowhouse_app",
    "rowhouse_auth",
    "rowhouse_worker",
    "rowhouse_auditor",
    "rowhouse_definer",
  ];
  const attacks = (table: string) => [
    `update ${table} set actor_id = null`,
    `delete from ${table}`,
    `truncate ${table}`,
    `alter table ${table} disable trigger all`,
    `drop table ${table}`,
  ];
  const as = async (role: string, sql: string): Promise<string | undefined> => {
    const client = await database.admin.connect();
    try {
      await client.query("begin");
      await client.query(`set local role ${role}`);
      await client.query(sql);
      return "done";
    } catch (error) {
      return (error as pg.DatabaseError).code;
    } finally {
      await client.query("rollback");
      client.release();
    }
  };

  test("nobody but its owner can change it, through the table or a partition", async () => {
    const { rows } = await database.admin.query<{ name: string }>(
      "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'audit.events'::regclass",
    );
    expect(rows.length).toBeGreaterThanOrEqual(5);
    for (const table of ["audit.events", ...rows.map((row) => row.name)]) {
      for (const attack of attacks(table)) {
        for (const role of everybody) {
          // The definer removes what is over, and nothing else: a trigger looks at each row.
          const mayTry = role === "rowhouse_definer" && attack === "delete from audit.events";
          expect(await as(role, attack), `${role}: ${attack}`).toBe(mayTry ? "RH405" : "42501");
        }
      }
    }
    for (const role of everybody) {
      expect(await as(role, "alter table audit.events detach partition audit.events_default")).toBe("42501");
    }
  });

  test("even its owner cannot rewrite it by a slip", async () => {
    for (const table of ["audit.events", "audit.events_default"]) {
      for (const attack of attacks(table).slice(0, 3)) {
        expect(await as("rowhouse_owner", attack), attack).toBe("RH405");
        expect(await as("postgres", attack), attack).toBe("RH405");
      }
    }
  });

  test("nobody but the triggers writes it: actor, time and tenant cannot be forged", async () => {
    const forged = `insert into audit.events (tenant_id, action, severity, actor_kind) values ('${acme.tenantId}', 'auth.login', 'low', 'system')`;
    for (const role of everybody.filter((one) => one !== "rowhouse_definer")) {
      expect(await as(role, forged)).toBe("42501");
    }
    await actingAs(acme.owner).expect(forged).toBeRefused("42501");
    await actingAs(acme.owner)
      .expect(forged.replace("audit.events", "app.audit_events"))
      .toBeRefused("42501");
    await actingAs(acme.owner).expect("select audit.record_event('auth.login', null)").toBeRefused("42501");
  });

  test("a table that is tracked cannot be truncated", async () => {
    expect(await as("rowhouse_owner", "truncate app.conversations cascade")).toBe("RH405");
  });

  test("a tracked table without its trail cannot change: the trail's refusal is the change's", async () => {
    const before = (await database.admin.query("select * from app.conversations order by id")).rows;
    await database.admin.query("revoke insert on audit.events from rowhouse_definer");
    await actingAs(acme.member)
      .expect("insert into app.conversations (title) values ('x')")
      .toBeRefused("42501");
    await database.admin.query("grant insert on audit.events to rowhouse_definer");
    expect((await database.admin.query("select * from app.conversations order by id")).rows).toEqual(before);
  });
});

describe("audit.track", () => {
  test("refuses a table without a key, columns that are not there, and two decisions about one", async () => {
    const client = await database.admin.connect();
    try {
      for (const [make, call] of [
        ["create table app.keyless (tenant_id uuid)", "audit.track('app.keyless')"],
        ["create table app.tenantless (id uuid primary key)", "audit.track('app.tenantless')"],
        [
          "create table app.bare (tenant_id uuid primary key)",
          "audit.track('app.bare', withheld => '{password}')",
        ],
        [
          "create table app.torn (tenant_id uuid primary key, secret text)",
          "audit.track('app.torn', kept => '{secret}', withheld => '{secret}')",
        ],
        [
          "create table app.keyed (id uuid primary key)",
          "audit.track('app.keyed', tenant => '', withheld => '{id}')",
        ],
      ]) {
        await client.query("begin");
        await client.query(make!);
        await expect(client.query(`select ${call}`), call).rejects.toMatchObject({ code: "RH400" });
        await client.query("rollback");
      }
    } finally {
      await client.query("rollback");
      client.release();
    }
  });
});
