import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createMember, type Member } from "../support/people.ts";
import { seal } from "../support/sealing.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let actingAs: ReturnType<typeof actors>;
/** Holds the two that it takes, and nothing else. */
let keeper: Member;
/** Each holds one of them. */
let halves: readonly (readonly [Member, missing: string])[];

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  actingAs = actors(database.app);
  const hire = async (name: string, permissions: string): Promise<Member> => {
    await database.admin.query("insert into app.roles (tenant_id, name, permissions) values ($1, $2, $3)", [
      acme.tenantId,
      name,
      permissions,
    ]);
    return createMember(database, { tenant: acme, role: name });
  };
  keeper = await hire("keeper", "{manage_tenant,view_audit}");
  halves = [
    [await hire("manager", "{manage_tenant}"), "view_audit"],
    [await hire("reader", "{view_audit}"), "manage_tenant"],
  ];
  await seal(database);
  await seal(database);
});
afterAll(() => database.drop());

const URL = "https://logs.example/in";
const create = "select * from app.create_audit_stream(gen_random_uuid(), 'sealed', $1)";
const state = async () =>
  (
    await database.admin.query(
      `select to_jsonb(stream) as row from app.audit_streams as stream
       union all select to_jsonb(secret) from auth.webhook_secrets as secret order by 1`,
    )
  ).rows;
/** What somebody does in vain, each refused so; and nothing has changed. */
async function refuses(
  actor: Parameters<ReturnType<typeof actors>>[0],
  sql: string,
  values: unknown[],
  code: string,
  detail?: string,
): Promise<void> {
  const before = await state();
  await actingAs(actor).expect(sql, values).toBeRefused(code, detail);
  expect(await state()).toEqual(before);
}

describe("audit streams are kept by those who hold manage_tenant and view_audit", () => {
  test("who make, change and remove those of their company", async () => {
    const [made] = await actingAs(keeper).rows<{ id: string }>(create, [URL]);
    expect(made).toMatchObject({
      tenant_id: acme.tenantId,
      kind: "webhook",
      format: "ocsf",
      last_index: "-1",
      active: true,
    });
    const id = [made!.id];
    await actingAs(keeper)
      .expect(
        "update app.audit_streams set description = 'ours', format = 'jsonl', active = false where id = $1",
        id,
      )
      .toReach(1);
    await actingAs(keeper)
      .expect("select app.rotate_audit_stream_secret($1, gen_random_uuid(), 'sealed again')", id)
      .toReach(1);
    await actingAs(keeper).expect("delete from app.audit_streams where id = $1", id).toReach(1);
    const { rows } = await database.admin.query("select from auth.webhook_secrets where stream_id = $1", id);
    expect(rows).toEqual([]);
  });

  test("and by nobody who holds one of the two, or neither: the missing one is named", async () => {
    const stream = [acme.owner.auditStreamId];
    for (const [person, missing] of [
      ...halves,
      [acme.member, undefined],
      [acme.viewer, undefined],
    ] as const) {
      await actingAs(person).expect("select from app.audit_streams").toReach(0);
      await refuses(person, create, [URL], "RH403", missing);
      for (const sql of ["update app.audit_streams set active = true", "delete from app.audit_streams"]) {
        await refuses(person, sql, [], "RH403", missing);
      }
      for (const sql of [
        "select app.rotate_audit_stream_secret($1, gen_random_uuid(), 'mine')",
        "select context.keep_stream_secret($1, gen_random_uuid(), 'mine', 0)",
      ]) {
        await refuses(person, sql, stream, "RH403", missing);
      }
    }
  });

  test("and never another company's", async () => {
    const theirs = [globex.owner.auditStreamId];
    for (const [sql, reached] of [
      ["select from app.audit_streams where id = $1", 0],
      ["update app.audit_streams set active = true where id = $1", 0],
      ["delete from app.audit_streams where id = $1", 0],
    ] as const) {
      const before = await state();
      await actingAs(keeper).expect(sql, theirs).toReach(reached);
      expect(await state()).toEqual(before);
    }
    await refuses(
      keeper,
      "select app.rotate_audit_stream_secret($1, gen_random_uuid(), 'mine')",
      theirs,
      "RH404",
    );
    await refuses(
      keeper,
      `insert into app.audit_streams (tenant_id, url) values ('${globex.tenantId}', '${URL}')`,
      [],
      "42501",
    );
    await refuses(
      keeper,
      "update app.audit_streams set url = 'https://x.example/' || left(context.enter($1)::text, 0) where tenant_id = $2",
      [globex.admin.digest, acme.tenantId],
      "RH403",
    );
  });

  test("who say nothing of how a stream fares, see no secret, and do no worker's work", async () => {
    for (const sql of [
      `insert into app.audit_streams (url, active) values ('${URL}', false)`,
      "update app.audit_streams set failures = 0",
      "update app.audit_streams set failing_since = null",
      "update app.audit_streams set disabled_reason = null",
      "update app.audit_streams set next_attempt_at = now()",
      "update app.audit_streams set lent_until = null",
      "select secret from auth.webhook_secrets",
      "select jobs.claim_audit_stream()",
      "select jobs.leaves_to_push(context.tenant_id(), uuidv7(), now(), -1, 10)",
      "select jobs.settle_audit_stream(context.tenant_id(), uuidv7(), now(), 1, 200, null)",
      "select jobs.release_audit_stream(context.tenant_id(), uuidv7(), now())",
      "select audit.note_export(context.tenant_id(), 'csv', 1, '{}')",
    ]) {
      await refuses(keeper, sql, [], "42501");
    }
  });

  test("who lead it elsewhere only after a fresh sign-in", async () => {
    const [made] = await actingAs(keeper).rows<{ id: string }>(create, [URL]);
    const stale = await createMember(database, { tenant: acme, role: "keeper" });
    await database.admin.query(
      "update auth.sessions set authenticated_at = now() - interval '11 minutes' where user_id = $1",
      [stale.userId],
    );
    const id = [made!.id];
    await refuses(stale, create, [URL], "RH440");
    await refuses(
      stale,
      "update app.audit_streams set url = 'https://other.example/' where id = $1",
      id,
      "RH440",
    );
    await refuses(stale, "select app.rotate_audit_stream_secret($1, gen_random_uuid(), 'mine')", id, "RH440");
    await actingAs(stale)
      .inVain()
      .expect("update app.audit_streams set active = false where id = $1", id)
      .toReach(1);
    await actingAs(keeper).expect("delete from app.audit_streams where id = $1", id).toReach(1);
  });

  test("no key leads the trail anywhere: what it made would outlive it", async () => {
    const digest = createHash("sha256").update("a key of the company's own").digest();
    const [made] = await actingAs(keeper).rows<{ id: string }>(create, [URL]);
    await database.admin.query(
      `insert into auth.api_keys (tenant_id, role_id, created_by, name, digest, scopes)
       select tenant_id, role_id, user_id, 'A key', sha256($2), '{manage_tenant,view_audit}'
       from app.memberships where user_id = $1`,
      [keeper.userId, digest],
    );
    const key = { digest };
    const id = [made!.id];
    await refuses(key, create, [URL], "RH403", "session");
    await refuses(
      key,
      "update app.audit_streams set url = 'https://elsewhere.example' where id = $1",
      id,
      "RH403",
      "session",
    );
    await refuses(
      key,
      "select app.rotate_audit_stream_secret($1, gen_random_uuid(), 'mine')",
      id,
      "RH403",
      "session",
    );
    // What is there it may stop.
    await actingAs(key).expect("delete from app.audit_streams where id = $1", id).toReach(1);
  });

  test("ten at most, each behind a leaf that there is, at an address that is one", async () => {
    await database.admin.query("delete from app.audit_streams where tenant_id = $1", [acme.tenantId]);
    await refuses(
      keeper,
      "insert into app.audit_streams (url, last_index) values ($1, 1000000)",
      [URL],
      "RH400",
    );
    for (const url of [
      "http://logs.example/",
      "ftp://logs.example/",
      "https://user:word@logs.example/",
      "syslogs://logs.example/path",
      "syslogs://user@logs.example",
      "syslog://",
      "https://logs.example/#x",
      "https://logs.example/\u0000",
    ].slice(0, 7)) {
      await refuses(keeper, create, [url], "23514");
    }
    for (const url of [
      URL,
      "syslogs://logs.example",
      "syslog://198.51.100.7:601",
      "syslogs://[2001:db8::1]:6514",
      "http://localhost:9/x",
    ]) {
      await actingAs(keeper).expect(create, [url]).toReach(1);
    }
    for (let more = 0; more < 5; more += 1) await actingAs(keeper).expect(create, [URL]).toReach(1);
    await refuses(keeper, create, [URL], "RH400");
    const [{ id }] = (await actingAs(keeper).rows<{ id: string }>(
      "select id from app.audit_streams limit 1",
    )) as [{ id: string }];
    await refuses(keeper, "update app.audit_streams set last_index = 1000000 where id = $1", [id], "RH400");
  });
});

describe("what roles of the database may do", () => {
  const as = async (role: string, sql: string, values: unknown[] = []): Promise<string | number> => {
    const client = await database.admin.connect();
    try {
      await client.query("begin");
      await client.query(`set local role ${role}`);
      return (await client.query(sql, values)).rows.length;
    } catch (error) {
      return (error as { code: string }).code;
    } finally {
      await client.query("rollback");
      client.release();
    }
  };

  test("the worker reads a trail only of the stream that it has in hand", async () => {
    await database.admin.query(
      "update app.audit_streams set active = true, lent_until = null where tenant_id = $1",
      [globex.tenantId],
    );
    const { rows } = await database.admin.query(
      "select id from app.audit_streams where tenant_id = $1 limit 1",
      [globex.tenantId],
    );
    const theirs = [globex.tenantId, rows[0].id];
    expect(await as("rowhouse_worker", "select from audit.events")).toBe("42501");
    expect(await as("rowhouse_worker", "select from app.audit_streams")).toBe("42501");
    expect(
      await as("rowhouse_worker", "select * from jobs.leaves_to_push($1, $2, now(), -1, 10)", theirs),
    ).toBe(0);
    expect(
      await as("rowhouse_worker", "select * from jobs.leaves_to_push($1, $2, null, -1, 10)", theirs),
    ).toBe(0);
    const lent = "update app.audit_streams set lent_until = 'tomorrow' where tenant_id = $1 and id = $2";
    await database.admin.query(lent, theirs);
    const asked = "select * from jobs.leaves_to_push($1, $2, 'tomorrow', -1, 10)";
    expect(await as("rowhouse_worker", asked, theirs)).toBe(10);
    // Another company's trail is not read by naming it.
    expect(await as("rowhouse_worker", asked, [acme.tenantId, theirs[1]])).toBe(0);
  });

  test("no login reads or writes another's with what exports are made of", async () => {
    for (const role of ["rowhouse_app", "rowhouse_auth", "rowhouse_worker"]) {
      expect(await as(role, "select audit.note_export($1, 'csv', 1, '{}')", [acme.tenantId]), role).toBe(
        "42501",
      );
      for (const sql of [
        "select audit.begin_export('csv', null, -1, null, null)",
        "select audit.exported_leaves(0, 10, null, null)",
        "select audit.exported_tile(0)",
      ]) {
        // Without the door rowhouse_app holds nothing.
        expect(await as(role, sql), `${role}: ${sql}`).toBe(role === "rowhouse_app" ? "RH403" : "42501");
      }
    }
    expect(
      await as("rowhouse_auditor", "select audit.note_export($1, 'csv', 1, '{}')", [acme.tenantId]),
    ).toBe(1);
    expect(await as("rowhouse_auditor", "select audit.record_event('x.y', $1, '{}')", [acme.tenantId])).toBe(
      "42501",
    );
    expect(await as("rowhouse_auditor", "select context.pushed_tenant()")).toBe("42501");
  });
});
