import { createHash, randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { makeFolder, rowhouse } from "../support/command_line.ts";
import { commandSettings, createDatabase, type TestDatabase } from "../support/database.ts";
import { blocksOf, pageAt } from "../support/documents.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import type { Member } from "../support/people.ts";
import { unguarded } from "../support/sealing.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

// For how long a company has its trail be kept: whoever takes an admin's session clears nothing away by it.

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let actingAs: ReturnType<typeof actors>;
const folder = makeFolder();

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  actingAs = actors(database.app);
});
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  await database.admin.query("update auth.sessions set authenticated_at = now()");
  await unguarded(
    database,
    "update app.tenants set audit_retention_months = null, audit_retention_before = null, audit_retention_lowers_at = null",
    "update audit.retention set least_months = 12, platform_months = null",
  );
});

const set = (months: number | null) => `update app.tenants set audit_retention_months = ${months}`;
const keep = (months: number | null) => actingAs(acme.admin).expect(set(months)).toReach(1);
/** What is set, what counts, and whether something waits. */
async function state(): Promise<{ set: number | null; counts: number | null; waits: boolean }> {
  const { rows } = await database.admin.query(
    `select audit_retention_months as set, audit.kept_months(id) as counts, coalesce(audit_retention_lowers_at > now(), false) as waits
     from app.tenants where id = $1`,
    [acme.tenantId],
  );
  return rows[0];
}
const thirtyDaysLater = () =>
  unguarded(
    database,
    `update app.tenants set audit_retention_lowers_at = audit_retention_lowers_at - interval '30 days' - interval '1 second'`,
  );

describe("what a company lowers", () => {
  test("counts thirty days later, and until then what was before", async () => {
    await keep(24);
    expect(await state()).toEqual({ set: 24, counts: null, waits: true });
    await thirtyDaysLater();
    expect(await state()).toEqual({ set: 24, counts: 24, waits: false });
    await keep(12);
    expect(await state()).toEqual({ set: 12, counts: 24, waits: true });
    await thirtyDaysLater();
    expect(await state()).toEqual({ set: 12, counts: 12, waits: false });
  });

  test("counts no sooner because it is lowered in steps, or raised a little in between", async () => {
    for (const months of [36, 24, 30, 12]) {
      await keep(months);
      expect(await state(), String(months)).toEqual({ set: months, counts: null, waits: true });
    }
  });

  test("is taken back at once", async () => {
    await keep(12);
    await keep(null);
    expect(await state()).toEqual({ set: null, counts: null, waits: false });
    await keep(12);
    await thirtyDaysLater();
    await keep(60);
    expect(await state()).toEqual({ set: 60, counts: 60, waits: false });
  });

  test("is told to its owners by mail, and to nobody next door", async () => {
    await database.admin.query("delete from auth.mails where template = 'retention_lowered'");
    await keep(24);
    await keep(36);
    const { rows } = await database.admin.query(
      "select recipient from auth.mails where template = 'retention_lowered'",
    );
    expect(rows).toEqual([{ recipient: acme.owner.email }, { recipient: acme.owner.email }]);
    await keep(null);
    expect(
      (await database.admin.query("select from auth.mails where template = 'retention_lowered'")).rowCount,
    ).toBe(2);
  });

  test("is not hurried by who could set the clock", async () => {
    await keep(12);
    for (const column of ["audit_retention_lowers_at", "audit_retention_before"]) {
      for (const person of [acme.owner, acme.admin]) {
        await actingAs(person).expect(`update app.tenants set ${column} = null`).toBeRefused("42501");
      }
    }
    expect(await state()).toMatchObject({ counts: null, waits: true });
  });

  test("is in its trail, with what it was, and seen by its members", async () => {
    await keep(18);
    const { rows } = await database.admin.query(
      `select actor_id, old_row -> 'audit_retention_months' as before, new_row -> 'audit_retention_months' as after
       from audit.events where tenant_id = $1 and table_name = 'app.tenants' and action = 'update' order by at desc limit 1`,
      [acme.tenantId],
    );
    expect(rows).toEqual([{ actor_id: acme.admin.userId, before: null, after: 18 }]);
    const seen = await actingAs(acme.member).rows(
      "select audit_retention_months as months, audit_retention_before as before, audit_retention_lowers_at > now() as waits from app.tenants",
    );
    expect(seen).toEqual([{ months: 18, before: null, waits: true }]);
  });
});

describe("it is changed", () => {
  test("not below the operator's least, and by the operator's database role no more than by a company", async () => {
    await actingAs(acme.admin).expect(set(11)).toBeRefused("RH491");
    await actingAs(acme.admin).expect(set(0)).toBeRefused("RH491");
    await actingAs(acme.admin).expect(set(1201)).toBeRefused("23514");
    await expect(database.admin.query(set(11))).rejects.toMatchObject({
      code: "RH491",
      column: "audit_retention_months",
    });
    await database.admin.query("select audit.set_retention(6, null)");
    await keep(6);
    // Who is below when the least rises is kept at the least.
    await thirtyDaysLater();
    await database.admin.query("select audit.set_retention(24, null)");
    expect(await state()).toEqual({ set: 6, counts: 24, waits: false });
  });

  test("by who manages the company, and by nobody else, nor next door", async () => {
    for (const person of [acme.member, acme.viewer]) {
      await actingAs(person).expect(set(12)).toBeRefused("RH403", "manage_tenant");
    }
    await actingAs(null).expect(set(12)).toReach(0);
    await actingAs(globex.owner)
      .expect(`${set(12)} where id = '${acme.tenantId}'`)
      .toReach(0);
    expect(await state()).toEqual({ set: null, counts: null, waits: false });
  });

  test("with a sign-in of the last ten minutes, and by no key", async () => {
    await database.admin.query(
      "update auth.sessions set authenticated_at = now() - interval '11 minutes' where user_id = $1",
      [acme.admin.userId],
    );
    await actingAs(acme.admin).expect(set(12)).toBeRefused("RH440");
    await actingAs(acme.admin).expect("update app.tenants set brand_name = 'Acme'").toReach(1);
    await actingAs(await keyOf(acme.admin))
      .expect(set(12))
      .toBeRefused("RH403", "session");
    expect(await state()).toEqual({ set: null, counts: null, waits: false });
  });
});

describe("through GraphQL, as the page shows it", () => {
  let api: GraphQLHouse;
  let keepFor: string;
  let holds: string;
  beforeAll(async () => {
    api = await startGraphQL(database);
    [keepFor, holds] = blocksOf(pageAt("docs/audit/retention.md"), "graphql") as [string, string];
  });
  afterAll(() => api.close());
  const kept = (who: Member, months: number | null) =>
    api.ask(who, keepFor, { tenant: acme.tenantId, months });

  test("a company says for how long, and is told from when on that counts", async () => {
    const { codes, data } = await kept(acme.admin, 24);
    expect(codes).toEqual([]);
    const { tenant } = data.updateTenant;
    expect(tenant).toEqual({
      auditRetentionMonths: 24,
      auditRetentionBefore: null,
      auditRetentionLowersAt: expect.any(String),
    });
    const days = (Date.parse(tenant.auditRetentionLowersAt) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(30);
    expect((await kept(acme.admin, 11)).codes).toEqual(["RETENTION_TOO_SHORT"]);
    expect((await kept(acme.member, 24)).codes).toEqual(["PERMISSION_DENIED"]);
    expect((await kept(globex.owner, 24)).codes).toEqual(["NOT_FOUND"]);
  });

  test("who reads the trail sees the holds over their company, and what is held says why it stays", async () => {
    const hold = (
      await database.admin.query("select audit.place_hold($1, null, 'Case 44') as id", [acme.tenantId])
    ).rows[0].id;
    expect((await api.ask(acme.admin, holds)).data.legalHolds).toEqual([
      {
        id: hold,
        userId: null,
        reason: "Case 44",
        placedBy: "postgres",
        placedAt: expect.any(String),
        stands: true,
        releasedBy: null,
        releasedAt: null,
        releaseReason: null,
      },
    ]);
    expect((await api.ask(globex.admin, holds)).data.legalHolds).toEqual([]);
    expect((await api.ask(acme.member, holds)).codes).toEqual(["PERMISSION_DENIED"]);
    const remove = `mutation ($id: ID!) { deleteConversation(input: {id: $id}) { conversation { id } } }`;
    const refused = await api.ask(acme.member, remove, { id: acme.member.conversationId });
    expect(refused.codes).toEqual(["LEGAL_HOLD"]);
    await database.admin.query("select audit.release_hold($1, 'Settled')", [hold]);
    expect((await api.ask(acme.member, remove, { id: acme.member.conversationId })).codes).toEqual([]);
  });
});

describe("the operator", () => {
  const run = (...args: string[]) =>
    rowhouse(["audit", "retention", ...args], folder, commandSettings(database));

  test("sees and sets the least, and how long the platform's trail is kept", async () => {
    expect(await run()).toMatchObject({ code: 0, out: "least     12 months\nplatform  without end\n" });
    expect(await run("--least", "18", "--platform", "36")).toMatchObject({
      code: 0,
      out: "least     18 months\nplatform  36 months\n",
    });
    expect(await run("--platform", "none")).toMatchObject({
      code: 0,
      out: "least     18 months\nplatform  without end\n",
    });
    expect(await run("--platform", "17")).toMatchObject({ code: 2 });
    for (const args of [["--least", "none"], ["--least", "0"], ["--platform", "x"], ["x"]]) {
      expect(await run(...args), args.join(" ")).toMatchObject({ code: 2 });
    }
  });

  test("removes the row of neither, nor adds one", async () => {
    for (const attack of ["delete from audit.retention", "truncate audit.retention"]) {
      await expect(database.admin.query(attack), attack).rejects.toMatchObject({ code: "RH405" });
    }
    await expect(
      database.admin.query("insert into audit.retention (name, least_months) values ('second', 1)"),
    ).rejects.toMatchObject({ code: "23514" });
  });
});

/** An API key of somebody's with all that they may do. */
async function keyOf(member: Member): Promise<{ digest: Buffer }> {
  const digest = createHash("sha256").update(randomBytes(32)).digest();
  await database.admin.query(
    "insert into auth.api_keys (tenant_id, user_id, name, digest, scopes) values ($1, $2, 'A key', sha256($3), '{manage_tenant}')",
    [member.tenantId, member.userId, digest],
  );
  return { digest };
}
