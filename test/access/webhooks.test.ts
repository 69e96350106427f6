import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createMember, type Member } from "../support/people.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
/** Manages webhooks, and may nothing else. */
let hooker: Member;
let actingAs: ReturnType<typeof actors>;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  actingAs = actors(database.app);
  await database.admin.query(
    "insert into app.roles (tenant_id, name, permissions) values ($1, 'integrator', '{manage_webhooks}')",
    [acme.tenantId],
  );
  hooker = await createMember(database, { tenant: acme, role: "integrator" });
});
afterAll(() => database.drop());

const URL = "https://hooks.example/in";
const create = "select * from app.create_webhook_endpoint(gen_random_uuid(), 'sealed', $1, $2, '')";
const state = async () =>
  (
    await database.admin.query(
      `select to_jsonb(endpoint) as row from app.webhook_endpoints as endpoint
       union all select to_jsonb(secret) from auth.webhook_secrets as secret
       union all select to_jsonb(delivery) from app.webhook_deliveries as delivery order by 1`,
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

describe("webhooks are managed by those who hold manage_webhooks", () => {
  test("who make, change and remove endpoints of their tenant", async () => {
    const [made] = await actingAs(hooker).rows<{ id: string }>(create, [
      URL,
      ["role.created", "member.joined", "role.created"],
    ]);
    expect(made).toMatchObject({
      tenant_id: acme.tenantId,
      events: ["member.joined", "role.created"],
      active: true,
    });
    const where = [made!.id];
    await actingAs(acme.admin)
      .expect("update app.webhook_endpoints set description = 'x' where id = $1", where)
      .toReach(1);
    await actingAs(hooker)
      .expect("select app.rotate_webhook_secret($1, gen_random_uuid(), 'sealed again')", where)
      .toReach(1);
    await actingAs(hooker).expect("select * from app.send_test_event($1)", where).toReach(1);
    await actingAs(hooker).expect("delete from app.webhook_endpoints where id = $1", where).toReach(1);
    const { rows } = await database.admin.query(
      "select from auth.webhook_secrets where endpoint_id = $1 union all select from app.webhook_deliveries where endpoint_id = $1",
      where,
    );
    expect(rows).toEqual([]);
  });

  test("and by nobody else, whatever they call", async () => {
    const endpoint = [acme.owner.webhookEndpointId];
    for (const person of [acme.member, acme.viewer]) {
      for (const table of ["app.webhook_endpoints", "app.webhook_deliveries"]) {
        await actingAs(person).expect(`select id from ${table}`).toReach(0);
      }
      await refuses(person, create, [URL, []], "RH403", "manage_webhooks");
      // What one does not see one does not reach.
      for (const sql of [
        "update app.webhook_endpoints set url = 'https://evil.example' where id = $1",
        "delete from app.webhook_endpoints where id = $1",
      ]) {
        await actingAs(person).expect(sql, endpoint).toReach(0);
      }
      await refuses(
        person,
        "update app.webhook_endpoints set active = false",
        [],
        "RH403",
        "manage_webhooks",
      );
      await refuses(person, "delete from app.webhook_endpoints", [], "RH403", "manage_webhooks");
      for (const sql of [
        "select app.rotate_webhook_secret($1, gen_random_uuid(), 'mine')",
        "select context.keep_webhook_secret($1, gen_random_uuid(), 'mine', 0)",
        "select app.send_test_event($1)",
      ]) {
        await refuses(person, sql, endpoint, "RH403", "manage_webhooks");
      }
      await refuses(
        person,
        "select app.resend_webhook_delivery($1)",
        [acme.owner.webhookDeliveryId],
        "RH403",
        "manage_webhooks",
      );
    }
  });

  test("and not in the tenant next door", async () => {
    const endpoint = [globex.owner.webhookEndpointId];
    const all = await actingAs(hooker).rows<{ tenant_id: string }>(
      "select tenant_id from app.webhook_endpoints union select tenant_id from app.webhook_deliveries",
    );
    expect(all).toEqual([{ tenant_id: acme.tenantId }]);
    await actingAs(hooker)
      .expect("update app.webhook_endpoints set description = 'x' where id = $1", endpoint)
      .toReach(0);
    await actingAs(hooker).expect("delete from app.webhook_endpoints where id = $1", endpoint).toReach(0);
    for (const sql of [
      "select app.rotate_webhook_secret($1, gen_random_uuid(), 'mine')",
      "select app.send_test_event($1)",
    ]) {
      await refuses(hooker, sql, endpoint, "RH404");
    }
    await refuses(
      hooker,
      "select app.resend_webhook_delivery($1)",
      [globex.owner.webhookDeliveryId],
      "RH404",
    );
  });

  test("nor outside the door", async () => {
    for (const table of ["app.webhook_endpoints", "app.webhook_deliveries", "app.webhook_event_types"]) {
      await actingAs(null).expect(`select 1 from ${table}`).toReach(0);
    }
    await refuses(null, "select app.send_test_event($1)", [acme.owner.webhookEndpointId], "RH404");
  });
});

describe("what nobody writes or reads", () => {
  test("is the tenant, the count, the queue's columns, a delivery, a secret, or the catalogue", async () => {
    for (const sql of [
      `insert into app.webhook_endpoints (tenant_id, url) values ('${globex.tenantId}', '${URL}')`,
      `insert into app.webhook_endpoints (url, active) values ('${URL}', false)`,
      "update app.webhook_endpoints set last_sequence = 0",
      "update app.webhook_endpoints set failing_since = null",
      "update app.webhook_endpoints set disabled_reason = null",
      "update app.webhook_endpoints set lent_until = null",
      "insert into app.webhook_deliveries (endpoint_id, type, data) select id, 'x', '{}' from app.webhook_endpoints limit 1",
      "update app.webhook_deliveries set state = 'pending'",
      "delete from app.webhook_deliveries",
      "select secret from auth.webhook_secrets",
      "delete from auth.webhook_secrets",
      "insert into app.webhook_event_types values ('new.event', '')",
      "select jobs.queue_webhooks(context.tenant_id(), 'x', '{}')",
      "select jobs.claim_webhooks()",
    ]) {
      await refuses(acme.owner, sql, [], "42501");
    }
  });

  test("is in the trail: an address may hold a token, and a secret is one", async () => {
    await actingAs(hooker).rows(create, ["https://hooks.example/a-token-of-theirs", ["role.created"]]);
    const { rows } = await database.admin.query(
      `select table_name, new_row from audit.events
       where tenant_id = $1 and actor_id = $2 and new_row is not null and table_name ~ 'webhook' order by id desc limit 2`,
      [acme.tenantId, hooker.userId],
    );
    expect(rows).toMatchObject([
      { table_name: "auth.webhook_secrets", new_row: { secret: "[redacted]" } },
      { table_name: "app.webhook_endpoints", new_row: { url: "[redacted]", events: ["role.created"] } },
    ]);
  });
});

describe("an endpoint", () => {
  test.each([
    "http://hooks.example/",
    "http://10.0.0.1/",
    "http://localhost.evil.example/",
    "http://localhost@evil.example/",
    "https://user:password@hooks.example/",
    "https://hooks.example/#part",
    "https://hooks.example/with space",
    "https://höoks.example/",
    "https:///nowhere",
    "https://hooks.example\\@evil.example/",
    "https://hooks.example:123456/",
    "ftp://hooks.example/",
    "javascript:alert(1)",
    `https://hooks.example/${"x".repeat(2_000)}`,
    "https://hooks.example/\r\nX-Injected: 1",
  ])("does not lead to %s", async (url) => refuses(hooker, create, [url, []], "23514"));

  test.each([
    "https://hooks.example",
    "https://hooks.example:8443/a?b=c%20d",
    "https://[2606:4700::1]/",
    "http://localhost:3000/",
    "http://127.0.0.1/",
    "http://[::1]:8080/",
  ])("leads to %s", async (url) => actingAs(hooker).inVain().expect(create, [url, []]).toReach(1));

  test("subscribes to events that there are", async () => {
    await refuses(hooker, create, [URL, ["role.created", "secret.read"]], "RH400");
    await refuses(hooker, create, [URL, ["webhook.test"]], "RH400");
    await refuses(hooker, create, [URL, [null]], "23514");
  });

  test("is one of twenty at most, also when two are made at once", async () => {
    await database.admin.query("delete from app.webhook_endpoints where tenant_id = $1", [globex.tenantId]);
    const tries = await Promise.all(
      Array.from({ length: 24 }, () => actingAs(globex.owner).attempt(create, [URL, []])),
    );
    const refusals = tries.flatMap((one) => ("refusal" in one ? [one.refusal.code] : []));
    expect(refusals).toEqual(Array(4).fill("RH400"));
  });

  test("is led elsewhere, or given another secret, only by somebody who proved lately who they are", async () => {
    const stale = await createMember(database, { tenant: acme, role: "integrator" });
    await database.admin.query(
      "update auth.sessions set authenticated_at = now() - interval '11 minutes' where id = $1",
      [stale.sessionId],
    );
    const id = [acme.owner.webhookEndpointId];
    await actingAs(hooker).rows("select app.rotate_webhook_secret($1, gen_random_uuid(), 'sealed')", id);
    await refuses(stale, create, [URL, []], "RH440");
    await refuses(
      stale,
      "update app.webhook_endpoints set url = 'https://other.example/' where id = $1",
      id,
      "RH440",
    );
    await refuses(stale, "select app.rotate_webhook_secret($1, gen_random_uuid(), 'mine')", id, "RH440");
    // To end something, or to change what it is told, takes no more than the permission.
    await actingAs(stale)
      .inVain()
      .expect("update app.webhook_endpoints set active = false where id = $1", id)
      .toReach(1);
    await actingAs(stale).inVain().expect("delete from app.webhook_endpoints where id = $1", id).toReach(1);
  });

  test("is managed by an API key whose scope it is, and by no other", async () => {
    const make = async (scopes: string) => {
      const digest = randomBytes(32);
      await database.admin.query(
        `insert into auth.api_keys (tenant_id, user_id, name, digest, scopes) values ($1, $2, 'A key', sha256($3), $4)`,
        [acme.tenantId, acme.admin.userId, digest, scopes],
      );
      return { digest };
    };
    const [able, unable] = [await make("{manage_webhooks}"), await make("{chat,manage_tenant}")];
    await actingAs(able)
      .inVain()
      .expect(create, [URL, ["role.created"]])
      .toReach(1);
    await actingAs(able)
      .inVain()
      .expect("select app.rotate_webhook_secret($1, gen_random_uuid(), 'x')", [acme.owner.webhookEndpointId])
      .toReach(1);
    await refuses(unable, create, [URL, []], "RH403", "manage_webhooks");
  });

  test("of somebody who goes next door in the middle of a statement is not made", async () => {
    await refuses(
      hooker,
      "update app.webhook_endpoints set url = 'https://x.example/' || left(context.enter($1)::text, 0) where tenant_id = $2",
      [globex.owner.digest, acme.tenantId],
      "RH403",
      "broken_seal",
    );
  });
});

describe("events", () => {
  /** What one statement of somebody writes into the outbox of an endpoint that hears of everything. */
  async function told(sql: string, values: unknown[] = [], actor: Member = acme.owner) {
    await database.admin.query("delete from app.webhook_endpoints where tenant_id = $1", [acme.tenantId]);
    await database.admin.query(
      "insert into app.webhook_endpoints (tenant_id, url, events) select $1, $2, array_agg(name) from app.webhook_event_types",
      [acme.tenantId, URL],
    );
    await actingAs(actor).rows(sql, values);
    const { rows } = await database.admin.query<{ type: string; data: Record<string, unknown> }>(
      "select type, data from app.webhook_deliveries where tenant_id = $1 order by id",
      [acme.tenantId],
    );
    return rows;
  }
  const about = (role: "member" | "viewer" = "member") => ({
    membership_id: acme.colleague.membershipId,
    user_id: acme.colleague.userId,
    role_id: acme.roleIds[role],
  });
  const set = (what: string): [sql: string, values: string[]] => [
    `update app.memberships set ${what} where id = $1`,
    [acme.colleague.membershipId],
  ];

  test("tell of members", async () => {
    expect(await told(...set("status = 'suspended'"))).toEqual([{ type: "member.suspended", data: about() }]);
    expect(await told(...set("status = 'active'"))).toEqual([{ type: "member.resumed", data: about() }]);
    expect(await told(...set("status = 'removed'"))).toEqual([{ type: "member.removed", data: about() }]);
    expect(await told(...set("status = 'active'"))).toEqual([{ type: "member.joined", data: about() }]);
    expect(await told(...set(`role_id = '${acme.roleIds.viewer}'`))).toEqual([
      { type: "member.role_changed", data: { ...about("viewer"), previous_role_id: acme.roleIds.member } },
    ]);
    expect(await told(...set("is_owner = true"))).toEqual([
      { type: "member.ownership_changed", data: { ...about("viewer"), is_owner: true } },
    ]);
    expect(await told(...set("display_name = 'Another name'"))).toEqual([]);
    await told("select 1");
    const person = await createMember(database, { tenant: acme, role: "viewer" });
    const { rows } = await database.admin.query(
      "select type, data ->> 'user_id' as who from app.webhook_deliveries where tenant_id = $1",
      [acme.tenantId],
    );
    expect(rows).toEqual([{ type: "member.joined", who: person.userId }]);
  });

  test("tell of roles", async () => {
    const [made] = await told("insert into app.roles (name, permissions) values ('clerk', '{chat}')");
    expect(made).toMatchObject({ type: "role.created", data: { role_id: expect.any(String) } });
    const id = [made!.data.role_id];
    expect(await told("update app.roles set permissions = '{}' where id = $1", id)).toEqual([
      { type: "role.changed", data: { role_id: id[0] } },
    ]);
    expect(await told("update app.roles set permissions = permissions where id = $1", id)).toEqual([]);
    expect(await told("delete from app.roles where id = $1", id)).toEqual([
      { type: "role.deleted", data: { role_id: id[0] } },
    ]);
  });

  test("tell of API keys", async () => {
    const [made] = await told(
      "select app.create_api_key(array[sha256('a'), sha256('b')], '{rh_sk_test,rh_pk_test}', 'A key', '{chat}')",
    );
    expect(made).toEqual({
      type: "api_key.created",
      data: { api_key_id: expect.any(String), kind: "secret", user_id: acme.owner.userId, role_id: null },
    });
    const id = [made!.data.api_key_id];
    expect(await told("update app.api_keys set name = 'Other' where id = $1", id)).toEqual([]);
    expect(await told("select app.revoke_api_key($1)", id)).toMatchObject([
      { type: "api_key.revoked", data: { api_key_id: id[0] } },
    ]);
  });

  test("tell of the tenant which settings changed, and not to what", async () => {
    expect(await told("update app.tenants set name = 'Acme & Sons', single_session = true")).toEqual([
      { type: "tenant.updated", data: { changed: ["name", "single_session"] } },
    ]);
    expect(await told("update app.tenants set name = 'Acme & Sons'")).toEqual([]);
  });

  test("tell of sessions that were revoked, and not of those that were signed out of", async () => {
    const person = await createMember(database, { tenant: acme, role: "viewer" });
    expect(await told("select app.revoke_all_sessions()", [], person)).toEqual([
      {
        type: "session.revoked",
        data: { session_id: person.sessionId, user_id: person.userId, reason: "revoked" },
      },
    ]);
    const other = await createMember(database, { tenant: acme, role: "viewer" });
    await told("select 1");
    await database.admin.query(
      "update auth.sessions set ended_at = now(), end_reason = 'logout' where id = $1",
      [other.sessionId],
    );
    const { rows } = await database.admin.query(
      "select from app.webhook_deliveries where type = 'session.revoked'",
    );
    expect(rows).toEqual([]);
  });

  test("hold ids and closed words, and nobody's name or address", async () => {
    const everything = JSON.stringify([
      await told(...set("display_name = 'Jane Doe', status = 'suspended'")),
      await told("update app.tenants set name = 'Secret Project'"),
    ]);
    for (const word of ["Jane", "Secret", "@"]) expect(everything).not.toContain(word);
  });

  test("are for the endpoints of their own tenant, that are on and asked for them", async () => {
    await told("select 1");
    await database.admin.query("delete from app.webhook_endpoints where tenant_id = $1", [globex.tenantId]);
    await database.admin.query(
      `insert into app.webhook_endpoints (tenant_id, url, events, active) values
         ($1, $3, '{role.created}', true), ($2, $3, '{role.created}', false), ($2, $3, '{role.deleted}', true)`,
      [globex.tenantId, acme.tenantId, URL],
    );
    await actingAs(acme.owner).rows("insert into app.roles (name, permissions) values ('helper 2', '{}')");
    const { rows } = await database.admin.query(
      "select tenant_id from app.webhook_deliveries where type = 'role.created'",
    );
    expect(rows).toEqual([{ tenant_id: acme.tenantId }]);
  });

  test("every event of the catalogue is told of by some trigger, and no trigger tells of another", async () => {
    const { rows } = await database.admin.query(
      `select array(select name from app.webhook_event_types order by 1) as known,
         array(select distinct match[1] from pg_proc, regexp_matches(prosrc, '''((?:member|role|api_key|session|tenant)\\.[a-z_]+)''', 'g') as match
           where proname like 'announce%' order by 1) as told`,
    );
    expect(rows[0].told).toEqual(rows[0].known);
  });
});
