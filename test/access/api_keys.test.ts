import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createMember, type Member } from "../support/people.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
/** Manages keys, and may besides only chat. */
let keeper: Member;
let actingAs: ReturnType<typeof actors>;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  actingAs = actors(database.app);
  await database.admin.query(
    "insert into app.roles (tenant_id, name, permissions) values ($1, 'keeper', '{chat,manage_api_keys}')",
    [acme.tenantId],
  );
  keeper = await createMember(database, { tenant: acme, role: "keeper" });
});
afterAll(() => database.drop());

const sha256 = (value: string | Buffer): Buffer => createHash("sha256").update(value).digest();
const keys = async () =>
  (await database.admin.query("select * from auth.api_keys order by tenant_id, id")).rows;

interface Issued {
  readonly id: string;
  /** What opens the door. */
  readonly digest: Buffer;
  readonly row: Record<string, unknown>;
}

interface Wish {
  readonly scopes?: string[];
  readonly roleId?: string | null;
  readonly kind?: string;
  readonly expiresAt?: string | null;
  readonly origins?: string[] | null;
  readonly addresses?: string[] | null;
}

const create = `select * from app.create_api_key(array[$1, $2]::bytea[], '{rh_sk_test,rh_pk_test}', 'A key', $3,
  kind => $4, role_id => $5, expires_at => $6, origins => $7, addresses => $8)`;
const wishing = (wish: Wish, digest: Buffer) => [
  sha256(digest),
  sha256(Buffer.concat([digest, digest])),
  wish.scopes ?? ["chat"],
  wish.kind ?? null,
  wish.roleId ?? null,
  wish.expiresAt ?? null,
  wish.origins ?? null,
  wish.addresses ?? null,
];

/** A key that somebody makes the way the API does. */
async function issue(maker: { digest: Buffer }, wish: Wish = {}): Promise<Issued> {
  const digest = randomBytes(32);
  const [row] = await actingAs(maker).rows(create, wishing(wish, digest));
  return { id: String(row!.id), digest, row: row! };
}

const attempt = (maker: { digest: Buffer }, wish: Wish) =>
  actingAs(maker).expect(create, wishing(wish, randomBytes(32)));

describe("making a key", () => {
  test("everybody makes keys of their own, which hold what they name of what their maker holds", async () => {
    const { row, digest } = await issue(acme.member, { scopes: ["read_documents", "chat", "chat"] });
    expect(row).toMatchObject({
      tenant_id: acme.tenantId,
      user_id: acme.member.userId,
      role_id: null,
      created_by: acme.member.userId,
      kind: "secret",
      beginning: "rh_sk_test",
      scopes: ["chat", "read_documents"],
    });
    expect(row).not.toHaveProperty("digest");
    const [seen] = await actingAs({ digest }).rows(
      "select app.my_permissions() as may, context.user_id() as who, context.is_owner() as owner",
    );
    expect(seen).toEqual({ may: ["chat", "read_documents"], who: acme.member.userId, owner: false });
  });

  test("nobody gives a key what they do not hold", async () => {
    const before = await keys();
    await attempt(acme.member, { scopes: ["chat", "view_audit"] }).toBeRefused("RH403", "view_audit");
    await attempt(acme.viewer, { scopes: ["chat"] }).toBeRefused("RH403", "chat");
    await attempt(keeper, { scopes: ["view_audit"], roleId: acme.roleIds.admin }).toBeRefused(
      "RH403",
      "view_audit",
    );
    expect(await keys()).toEqual(before);
  });

  test("a scope that is no permission is refused, and so is null", async () => {
    await attempt(acme.admin, { scopes: ["chat", "fly"] }).toBeRefused("RH400");
    await attempt(acme.admin, { scopes: [null as unknown as string] }).toBeRefused("23514");
  });

  test("nobody makes a key for somebody else: not by a column, not by a key of the tenant", async () => {
    const before = await keys();
    const digest = randomBytes(32);
    for (const column of ["user_id", "tenant_id", "created_by", "id", "used_count", "created_at"]) {
      const value = {
        user_id: acme.admin.userId,
        tenant_id: globex.tenantId,
        created_by: acme.admin.userId,
        id: acme.admin.apiKeyId,
        used_count: 7,
        created_at: new Date(0),
      }[column];
      await actingAs(acme.owner)
        .expect(
          `insert into auth.api_keys (${column}, name, digest, scopes) values ($1, 'x', $2, '{chat}')`,
          [value, digest],
        )
        .toBeRefused("42501");
    }
    await actingAs(acme.owner)
      .expect("update auth.api_keys set user_id = $1", [acme.admin.userId])
      .toBeRefused("42501");
    expect(await keys()).toEqual(before);
  });

  test("a key of the tenant's own takes manage_api_keys, and acts as itself within its role", async () => {
    await attempt(acme.member, { roleId: acme.roleIds.member }).toBeRefused("RH403", "manage_api_keys");
    const { row, digest, id } = await issue(acme.admin, {
      roleId: acme.roleIds.member,
      scopes: ["chat", "view_audit"],
    });
    expect(row).toMatchObject({ user_id: null, role_id: acme.roleIds.member, created_by: acme.admin.userId });
    const [seen] = await actingAs({ digest }).rows(
      "select app.my_permissions() as may, context.user_id() as who",
    );
    expect(seen).toEqual({ may: ["chat"], who: id });
    // What may stand in a web page does not list who works here, and as what.
    for (const table of ["memberships", "roles", "users", "user_preferences", "audit_events", "api_keys"]) {
      expect(await actingAs({ digest }).rows(`select from app.${table}`), table).toEqual([]);
    }
    // It is nobody, and so has no chats: its maker's are not shown to it.
    expect(await actingAs({ digest }).rows("select from app.conversations")).toEqual([]);
    await actingAs({ digest })
      .expect("insert into app.conversations (title) values ('x')")
      .toBeRefused("23503");
  });

  test("the role of another tenant is none", async () => {
    await attempt(acme.admin, { roleId: globex.roleIds.member }).toBeRefused("23503");
  });

  test("a publishable key is the tenant's own, may chat only, and lists its origins", async () => {
    const good: Wish = {
      kind: "publishable",
      roleId: acme.roleIds.member,
      origins: ["https://shop.example"],
    };
    const { row } = await issue(acme.admin, good);
    expect(row).toMatchObject({ kind: "publishable", beginning: "rh_pk_test", scopes: ["chat"] });
    await attempt(acme.admin, { ...good, origins: null }).toBeRefused("23514");
    await attempt(acme.admin, { ...good, roleId: null }).toBeRefused("23514");
    await attempt(acme.admin, { ...good, scopes: ["chat", "view_audit"] }).toBeRefused("23514");
    for (const origin of [
      "*",
      "null",
      "https://*.example",
      "https://shop.example/",
      "javascript:alert(1)",
      "https://a b",
    ]) {
      await attempt(acme.admin, { ...good, origins: [origin] }).toBeRefused("23514");
    }
  });
});

describe("a key that makes keys", () => {
  test("does so only with manage_api_keys, for no more than it holds, and for no longer than it lives", async () => {
    const modest = await issue(acme.admin, { scopes: ["chat"] });
    await attempt(modest, { scopes: ["chat"] }).toBeRefused("RH403", "manage_api_keys");
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const maker = await issue(acme.admin, { scopes: ["chat", "manage_api_keys"], expiresAt });
    await attempt(maker, { scopes: ["view_audit"] }).toBeRefused("RH403", "view_audit");
    const child = await issue(maker, { scopes: ["chat"] });
    expect(child.row.expires_at).toEqual(new Date(expiresAt));
    expect(child.row.user_id).toBe(acme.admin.userId);
  });

  test("does not rotate itself, and does not loosen what ties it down", async () => {
    const maker = await issue(acme.admin, {
      scopes: ["chat", "manage_api_keys"],
      addresses: ["192.0.2.0/24"],
    });
    const before = await keys();
    const here = { ...maker, facts: { ip: "192.0.2.9" } };
    await actingAs(here)
      .expect("update app.api_keys set addresses = null where id = $1", [maker.id])
      .toBeRefused("RH403", "session");
    await actingAs(here)
      .expect("select app.rotate_api_key($1, array[$2, $2]::bytea[], '{rh_sk_new1,rh_pk_new1}', 60)", [
        maker.id,
        randomBytes(32),
      ])
      .toBeRefused("RH403", "session");
    expect(await keys()).toEqual(before);
  });

  test("does not touch one that may do more", async () => {
    const mighty = await issue(acme.admin, { scopes: ["chat", "view_audit"], roleId: acme.roleIds.admin });
    const maker = await issue(acme.admin, { scopes: ["chat", "manage_api_keys"] });
    await actingAs(maker)
      .expect("update app.api_keys set requests_per_minute = 1 where id = $1", [mighty.id])
      .toBeRefused("RH403", "view_audit");
    await actingAs(maker)
      .expect("select app.rotate_api_key($1, array[$2, $2]::bytea[], '{rh_sk_new1,rh_pk_new1}')", [
        mighty.id,
        randomBytes(32),
      ])
      .toBeRefused("RH403", "view_audit");
    // To end one takes nothing else: that is the way out of a leak.
    await actingAs(maker).expect("select app.revoke_api_key($1)", [mighty.id]).toReach(1);
    await actingAs(mighty).expect("select 1").toBeRefused("RH401", "revoked");
  });
});

describe("seeing keys", () => {
  const seen = async (person: { digest: Buffer }) =>
    (await actingAs(person).rows<{ id: string }>("select id from app.api_keys")).map(({ id }) => id);

  test("people see their own, managers of keys every one of their tenant, nobody one next door", async () => {
    const own = await seen(acme.member);
    expect(own).toContain(acme.member.apiKeyId);
    expect(own).not.toContain(acme.colleague.apiKeyId);
    for (const manager of [acme.owner, acme.admin, keeper]) {
      const all = await seen(manager);
      expect(all).toEqual(expect.arrayContaining([acme.member.apiKeyId, acme.viewer.apiKeyId]));
      expect(all).not.toContain(globex.member.apiKeyId);
    }
  });

  test("a key sees none without manage_api_keys, and nobody sees a digest", async () => {
    const key = await issue(acme.admin, { scopes: ["chat", "view_audit"] });
    expect(await seen(key)).toEqual([]);
    await actingAs(acme.owner).expect("select digest from auth.api_keys").toBeRefused("42501");
    await actingAs(acme.owner).expect("select * from auth.api_keys").toBeRefused("42501");
    await actingAs(null).expect("select from auth.api_keys").toReach(0);
  });
});

describe("changing keys", () => {
  let mine: Issued;
  beforeEach(async () => {
    mine = await issue(acme.member);
  });

  test("people change their own, managers everybody's, nobody else's and nobody next door", async () => {
    const rename = "update app.api_keys set name = 'Other', requests_per_minute = 5 where id = $1";
    await actingAs(acme.member).expect(rename, [mine.id]).toReach(1);
    await actingAs(keeper).expect(rename, [mine.id]).toReach(1);
    const before = await keys();
    await actingAs(acme.colleague).expect(rename, [mine.id]).toBeRefused("RH403", "manage_api_keys");
    await actingAs(globex.owner).expect(rename, [mine.id]).toReach(0);
    await actingAs(acme.owner).expect("delete from auth.api_keys").toBeRefused("42501");
    await actingAs(acme.owner)
      .expect("update auth.api_keys set scopes = '{view_audit}'")
      .toBeRefused("42501");
    await actingAs(acme.owner)
      .expect("update auth.api_keys set digest = $1", [randomBytes(32)])
      .toBeRefused("42501");
    expect(await keys()).toEqual(before);
  });

  test("what is revoked stays so, and nothing lives longer than it was to", async () => {
    const ends = new Date(Date.now() + 3_600_000);
    const short = await issue(acme.member, { expiresAt: ends.toISOString() });
    await actingAs(acme.member).rows("update auth.api_keys set expires_at = null where id = $1", [short.id]);
    const [kept] = await actingAs(acme.member).rows("select expires_at from app.api_keys where id = $1", [
      short.id,
    ]);
    expect(kept).toEqual({ expires_at: ends });
    await actingAs(acme.member).expect("select app.revoke_api_key($1)", [short.id]).toReach(1);
    for (const sql of [
      "update auth.api_keys set revoked_at = null where id = $1",
      "update app.api_keys set name = 'back' where id = $1",
      "select app.rotate_api_key($1, array[sha256('a'), sha256('b')], '{rh_sk_new1,rh_pk_new1}')",
    ]) {
      await actingAs(acme.member).expect(sql, [short.id]).toBeRefused("RH441");
    }
    await actingAs(short).expect("select 1").toBeRefused("RH401", "revoked");
  });

  test("a key that has expired is not woken up", async () => {
    await database.admin.query(
      "update auth.api_keys set expires_at = now() - interval '1 second' where id = $1",
      [mine.id],
    );
    await actingAs(acme.member)
      .expect(
        "select app.rotate_api_key($1, array[sha256('a'), sha256('b')], '{rh_sk_new1,rh_pk_new1}', 60)",
        [mine.id],
      )
      .toBeRefused("RH441");
  });
});

describe("rotating a key", () => {
  const rotate =
    "select * from app.rotate_api_key($1, array[$2, $2]::bytea[], '{rh_sk_new1,rh_pk_new1}', $3)";

  test("makes one like it, and lets the old one go on for a while, never longer than it would have", async () => {
    const old = await issue(acme.member, {
      scopes: ["chat"],
      expiresAt: new Date(Date.now() + 60_000).toISOString(),
    });
    const digest = randomBytes(32);
    const [fresh] = await actingAs(acme.member).rows(rotate, [old.id, sha256(digest), 86_400]);
    expect(fresh).toMatchObject({
      replaces: old.id,
      scopes: ["chat"],
      user_id: acme.member.userId,
      name: "A key",
    });
    for (const key of [old, { digest }]) await actingAs(key).expect("select from app.me()").toReach(1);
    const [left] = await actingAs(acme.member).rows("select expires_at from app.api_keys where id = $1", [
      old.id,
    ]);
    expect(left).toEqual({ expires_at: old.row.expires_at });
  });

  test("without an overlap, the old one is over at once", async () => {
    const old = await issue(acme.member);
    await actingAs(acme.member).rows(rotate, [old.id, sha256(randomBytes(32)), null]);
    await actingAs(old).expect("select 1").toBeRefused("RH401", "expired");
  });

  test("nobody rotates a colleague's key, because they would learn its secret", async () => {
    const old = await issue(acme.member);
    const before = await keys();
    for (const other of [acme.owner, keeper]) {
      const [none] = await actingAs(other).rows(rotate, [old.id, sha256(randomBytes(32)), 60]);
      expect(none).toMatchObject({ id: null });
    }
    await actingAs(globex.owner).rows(rotate, [old.id, sha256(randomBytes(32)), 60]);
    expect(await keys()).toEqual(before);
  });

  test("the tenant's own is rotated by who holds what it may do", async () => {
    const old = await issue(acme.admin, { scopes: ["chat", "view_audit"], roleId: acme.roleIds.admin });
    await actingAs(keeper)
      .expect(rotate, [old.id, sha256(randomBytes(32)), 60])
      .toBeRefused("RH403", "view_audit");
    await actingAs(acme.member)
      .expect(rotate, [old.id, sha256(randomBytes(32)), 60])
      .toBeRefused("RH403", "manage_api_keys");
    await actingAs(acme.owner)
      .expect(rotate, [old.id, sha256(randomBytes(32)), 60])
      .toReach(1);
  });
});

describe("a key dies with what it depends on, at the next transaction:", () => {
  const cases: [what: string, sql: string, detail: string][] = [
    [
      "its owner's membership",
      "update app.memberships set status = 'removed' where id = '$membership'",
      "membership_removed",
    ],
    ["its owner's account", "update app.users set status = 'banned' where id = '$user'", "user_banned"],
    ["its tenant", "update app.tenants set status = 'suspended' where id = '$tenant'", "tenant_suspended"],
    ["its time", "update auth.api_keys set expires_at = now() where user_id = '$user'", "expired"],
  ];
  test.each(cases)("%s", async (_what, sql, detail) => {
    const lost = globex;
    const person = await createMember(database, { tenant: lost, role: "member" });
    const key = await issue(person);
    await actingAs(key).expect("select 1").toReach(1);
    await database.admin.query(
      sql
        .replace("$membership", person.membershipId)
        .replace("$user", person.userId)
        .replace("$tenant", lost.tenantId),
    );
    await actingAs(key).expect("select 1").toBeRefused("RH401", detail);
    await database.admin.query("update app.tenants set status = 'active' where id = $1", [lost.tenantId]);
  });

  test("a permission that its owner's role loses is gone from the key", async () => {
    const key = await issue(keeper, { scopes: ["chat", "manage_api_keys"] });
    await database.admin.query("update app.roles set permissions = '{chat}' where name = 'keeper'");
    expect(await actingAs(key).rows("select app.my_permissions() as may")).toEqual([{ may: ["chat"] }]);
    await database.admin.query(
      "update app.roles set permissions = '{chat,manage_api_keys}' where name = 'keeper'",
    );
  });

  test("a role that the tenant's own key names cannot be taken from under it", async () => {
    await issue(acme.admin, { roleId: acme.roleIds.helper });
    await actingAs(acme.admin)
      .expect("delete from app.roles where id = $1", [acme.roleIds.helper])
      .toBeRefused("23503");
  });
});

describe("a key that is tied down", () => {
  test("to pages opens from no other one, and not where nobody says which", async () => {
    const key = await issue(acme.admin, { origins: ["https://shop.example", "http://localhost:3000"] });
    const from = (origin: string) => actingAs({ ...key, facts: { origin } }).expect("select 1");
    await from("https://shop.example").toReach(1);
    for (const origin of [
      "https://shop.example.evil.example",
      "http://shop.example",
      "null",
      "https://SHOP.example",
      "",
    ]) {
      await from(origin).toBeRefused("RH401", "key_origin");
    }
    await actingAs(key).expect("select 1").toBeRefused("RH401", "key_origin");
  });

  test("to addresses opens from those, and not where nobody knows the address", async () => {
    const key = await issue(acme.admin, { addresses: ["192.0.2.7", "2001:db8::/32"] });
    const from = (ip: string) => actingAs({ ...key, facts: { ip } }).expect("select 1");
    await from("192.0.2.7").toReach(1);
    await from("2001:db8:1::5").toReach(1);
    for (const ip of ["192.0.2.8", "2001:db9::1", "::ffff:192.0.2.8"])
      await from(ip).toBeRefused("RH401", "key_address");
    await actingAs({ ...key, facts: { ip: null as unknown as string } })
      .expect("select 1")
      .toBeRefused("RH401", "key_address");
  });
});

describe("somebody who goes next door in the middle of a statement", () => {
  test("gives a key nothing that they hold there only", async () => {
    const before = await keys();
    await actingAs(acme.member)
      .expect(
        `insert into auth.api_keys (name, digest, scopes)
         select 'x', sha256(convert_to(scope, 'UTF8')), array[scope || case when scope = 'view_audit' then '' || context.enter($1) else '' end]
         from unnest(array['chat', 'view_audit']) as scope`,
        [globex.owner.digest],
      )
      .toBeRefused("42501");
    await actingAs(keeper)
      .expect("update auth.api_keys set name = 'x' || context.enter($1) where id = $2", [
        globex.owner.digest,
        acme.member.apiKeyId,
      ])
      .toBeRefused("RH403", "broken_seal");
    expect(await keys()).toEqual(before);
  });
});

test("the trail has who made, changed and ended a key, and never its digest", async () => {
  const key = await issue(acme.admin, { scopes: ["chat"] });
  await actingAs(acme.admin).rows("select app.revoke_api_key($1)", [key.id]);
  const { rows } = await database.admin.query(
    "select action, actor_id, new_row from audit.events where row_id = $1 order by id",
    [key.id],
  );
  expect(rows).toMatchObject([
    { action: "insert", actor_id: acme.admin.userId, new_row: { scopes: ["chat"], digest: "[redacted]" } },
    { action: "update", actor_id: acme.admin.userId, new_row: { digest: "[redacted]" } },
  ]);
  expect(rows[1].new_row.revoked_at).not.toBeNull();
});
