import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eraseTenants } from "../../src/jobs/erase_tenants.ts";
import { rowhouse } from "../support/command_line.ts";
import { commandSettings, createDatabase, type TestDatabase } from "../support/database.ts";
import { jobContext } from "../support/jobs.ts";
import { createMember, createTenant, signUp, type Tenant } from "../support/people.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { rowsOf, talk } from "../support/tenant_rows.ts";

let database: TestDatabase;
let server: TestServer;
let folder: string;
beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database);
  folder = mkdtempSync(join(tmpdir(), "rowhouse-erasure-"));
});
afterAll(async () => {
  await server.close();
  await database.drop();
  rmSync(folder, { recursive: true });
});

const tenant = (...args: string[]) => rowhouse(["tenant", ...args], folder, commandSettings(database));
const one = async (sql: string, ...values: unknown[]) => (await database.admin.query(sql, values)).rows[0];
const step = async (batch = 1000) => (await one("select jobs.erase_tenant($1) as done", batch)).done;
/** A tenant with something in every table that ours has. */
async function lived(): Promise<Tenant> {
  const made = await createTenant(database);
  const member = await createMember(database, { tenant: made, role: "member" });
  await talk(database.admin, member, 5, 4);
  await database.admin.query(
    `with first as (
       insert into auth.api_keys (tenant_id, user_id, name, digest, scopes) values ($1, $2, 'first', sha256($3::bytea), '{chat}') returning id
     ) insert into auth.api_keys (tenant_id, user_id, name, digest, scopes, replaces) select $1, $2, 'second', sha256($3::bytea || 'x'), '{chat}', id from first`,
    [made.tenantId, member.userId, Buffer.from(made.slug)],
  );
  await database.admin.query(
    `with guest as (
       insert into app.invitations (tenant_id, email, role_id, invited_by, expires_at)
       select tenant_id, 'guest@' || $2 || '.example', role_id, user_id, now() + interval '7 days'
       from app.memberships where tenant_id = $1 and user_id = $3
       returning *
     ), mailed as (
       insert into auth.mail_tokens (purpose, email, link_digest, code_digest, network, expires_at, invited_to, invitation)
       select 'invitation', email, sha256(uuid_send(id)), sha256('x'), 'test', expires_at, tenant_id, id from guest
       returning id, email
     ), mail as (
       insert into auth.mails (id, template, recipient, locale) select id, 'tenant_invitation', email, 'en' from mailed
     )
     insert into app.domains (tenant_id, domain, role_id)
     select tenant_id, $2 || '.example', role_id from app.memberships where tenant_id = $1 and user_id = $3`,
    [made.tenantId, made.slug, member.userId],
  );
  return made;
}
const mark = async (tenantId: string, due = "now()") => {
  await database.admin.query("update app.tenants set status = 'closed' where id = $1", [tenantId]);
  await database.admin.query(
    `insert into auth.tenant_deletions (id, asked_at, due_at) values ($1, now() - interval '40 days', ${due})`,
    [tenantId],
  );
};
const left = (rows: Record<string, { count: number }>) =>
  Object.entries(rows)
    .filter(([, { count }]) => count > 0)
    .map(([name]) => name);

test("every table of a tenant's can be erased", async () => {
  // A new table with a tenant_id is in the list by itself, once the policies were replayed after it.
  const { rows } = await database.admin.query(
    `select known::text as name from context.tenant_tables() as known
     where not has_table_privilege('rowhouse_definer', known, 'delete')
       or not exists (select from pg_policy where polrelid = known and polcmd in ('d', '*') and pg_get_expr(polqual, polrelid) ~ '^true$|tenant_in_erasure')`,
  );
  expect(rows).toEqual([]);
});

describe("erasing", () => {
  test("takes all that the tenant owns, in steps, and nothing next door", async () => {
    const gone = await lived();
    const neighbour = await lived();
    const before = await rowsOf(database.admin, gone.tenantId);
    const nextDoor = await rowsOf(database.admin, neighbour.tenantId);
    const trail = async (id: string) =>
      (await one("select count(*)::integer as count from audit.events where tenant_id = $1", id)).count;
    await mark(gone.tenantId);
    const trailBefore = await trail(gone.tenantId);
    // It is broken off after three steps, and goes on with what is left.
    for (let n = 0; n < 3; n++) expect(await step(7)).toMatchObject({ step: "more", tenant: gone.tenantId });
    expect(left(await rowsOf(database.admin, gone.tenantId))).toContain("app.tenants");
    const { erased, rows } = await eraseTenants(jobContext(database));
    expect(erased).toBe(1);
    expect(rows).toBeGreaterThan(0);

    expect(left(await rowsOf(database.admin, gone.tenantId))).toEqual([]);
    const guest = `guest@${gone.slug}.example`;
    expect(
      await one(
        `select (select count(*) from auth.mail_tokens where email = $1)::integer as tokens,
           (select count(*) from auth.mails where recipient = $1)::integer as mails`,
        guest,
      ),
    ).toEqual({ tokens: 0, mails: 0 });
    expect(await rowsOf(database.admin, neighbour.tenantId)).toEqual(nextDoor);
    // Its trail stays. Its last three say that the erasure began, and that nothing is left; people keep their accounts.
    expect(await trail(gone.tenantId)).toBe(trailBefore + 3);
    expect(await one("select status from app.users where id = $1", gone.owner.userId)).toEqual({
      status: "active",
    });

    const { detail, tenant_id } = await one(
      "select detail, tenant_id from audit.events where action = 'tenant.erased' and detail ->> 'tenant' = $1",
      gone.tenantId,
    );
    expect(tenant_id).toBe("00000000-0000-0000-0000-000000000000");
    expect(detail).toMatchObject({ slug: gone.slug, digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const counted = Object.fromEntries(
      Object.entries(before)
        .filter(([name, { count }]) => count > 0 && name !== "app.tenants")
        .map(([name, { count }]) => [name, count]),
    );
    expect(detail.counts).toEqual(counted);
  });

  test("waits for the grace, and for whoever brings it back in time", async () => {
    const kept = await lived();
    await mark(kept.tenantId, "now() + interval '1 hour'");
    expect(await step()).toEqual({ step: "none" });
    expect(await tenant("resume", kept.slug)).toMatchObject({ code: 0 });
    expect(await one("select status from app.tenants where id = $1", kept.tenantId)).toEqual({
      status: "active",
    });
    const late = await lived();
    await mark(late.tenantId);
    expect(await step(1)).toMatchObject({ step: "more" });
    const tooLate = await tenant("resume", late.slug);
    expect([tooLate.code, tooLate.err]).toEqual([1, expect.stringContaining("being erased")]);
    while ((await step()).step !== "erased");
  });

  test("of two workers at once counts each row once", async () => {
    const gone = await lived();
    const before = await rowsOf(database.admin, gone.tenantId);
    await mark(gone.tenantId);
    const work = async () => {
      for (;;) if ((await step(2)).step === "none") return;
    };
    await Promise.all([work(), work(), work(), work()]);
    const { detail } = await one(
      "select detail from audit.events where action = 'tenant.erased' and detail ->> 'tenant' = $1",
      gone.tenantId,
    );
    expect(detail.counts["app.messages"]).toBe(before["app.messages"]!.count);
    expect(left(await rowsOf(database.admin, gone.tenantId))).toEqual([]);
  });

  test("by the operator wants a reason and --yes, and can be asked again", async () => {
    const gone = await lived();
    expect(await tenant("erase", gone.slug, "--yes")).toMatchObject({ code: 2 });
    expect(await tenant("erase", gone.slug, "--reason", "a ticket")).toMatchObject({ code: 2 });
    expect(left(await rowsOf(database.admin, gone.tenantId))).toContain("app.messages");
    const { code, out } = await tenant("erase", gone.slug, "--reason", "a ticket", "--yes", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ tenant: gone.tenantId, counts: { "app.messages": 20 } });
    expect(left(await rowsOf(database.admin, gone.tenantId))).toEqual([]);
    expect(await tenant("erase", gone.slug, "--reason", "a ticket", "--yes")).toMatchObject({ code: 1 });
  });
});

describe("deleteTenant", () => {
  const asked = (slug: string, headers: Record<string, string>) =>
    server.post(
      "/graphql",
      {
        query: "mutation ($slug: String!) { deleteTenant(input: {slug: $slug}) { deletion { erasedFrom } } }",
        variables: { slug },
      },
      headers,
    );

  test("is for an owner, who repeats the slug and signed in lately; and shuts everything at once", async () => {
    const owner = await signUp(server, { tenant: { name: "Doomed", slug: "doomed" } });
    const tenantId = owner.login.tenant!.id;
    const code = (answer: { body: { errors?: { extensions: { code: string } }[] } }) =>
      answer.body.errors?.[0]?.extensions.code;
    expect(code((await asked("another", owner.headers)) as never)).toBe("INVALID_INPUT");
    await database.admin.query(
      "update auth.sessions set authenticated_at = now() - interval '11 minutes' where user_id = $1",
      [owner.login.user.id],
    );
    expect(code((await asked("doomed", owner.headers)) as never)).toBe("STEP_UP_REQUIRED");
    await database.admin.query("update auth.sessions set authenticated_at = now() where user_id = $1", [
      owner.login.user.id,
    ]);
    // An admin who is no owner.
    await database.admin.query(
      `insert into app.memberships (tenant_id, user_id, role_id, is_owner, display_name)
       select $1, $2, id, true, 'Other' from app.roles where tenant_id = $1 and name = 'admin'`,
      [tenantId, (await createTenant(database)).owner.userId],
    );
    await database.admin.query(
      "update app.memberships set is_owner = false where tenant_id = $1 and user_id = $2",
      [tenantId, owner.login.user.id],
    );
    expect(code((await asked("doomed", owner.headers)) as never)).toBe("PERMISSION_DENIED");
    await database.admin.query("update app.memberships set is_owner = true where tenant_id = $1", [tenantId]);

    const done = await asked("doomed", owner.headers);
    const due = new Date(
      (done.body as { data: { deleteTenant: { deletion: { erasedFrom: string } } } }).data.deleteTenant
        .deletion.erasedFrom,
    );
    expect((due.getTime() - Date.now()) / 86_400_000).toBeCloseTo(30, 1);
    expect((await server.post("/graphql", { query: "{ me { id } }" }, owner.headers)).status).toBe(401);
    expect(
      await one(
        "select end_reason from auth.sessions where tenant_id = $1 and user_id = $2",
        tenantId,
        owner.login.user.id,
      ),
    ).toEqual({ end_reason: "tenant_deleted" });
    const shown = await tenant("show", "doomed", "--json");
    expect(JSON.parse(shown.out)).toMatchObject({
      status: "closed",
      deletion: { askedBy: owner.login.user.id },
    });
    expect(await tenant("resume", "doomed")).toMatchObject({ code: 0 });
    const again = await server.post("/auth/login", {
      email: owner.email,
      password: owner.password,
      tenant: "doomed",
    });
    expect(again.status).toBe(200);
  });
});
