import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deleteAccounts } from "../../src/jobs/delete_accounts.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { jobContext } from "../support/jobs.ts";
import {
  createPerson,
  createSession,
  createTenant,
  facts,
  type Member,
  type Person,
} from "../support/people.ts";
import { buildTenant, type TenantFixture, type TenantMember } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
beforeAll(async () => {
  database = await createDatabase();
  acme = await buildTenant(database, "acme");
  globex = await buildTenant(database, "globex");
});
afterAll(() => database.drop());

const run = () => deleteAccounts(jobContext(database));
const value = async (sql: string, ...values: unknown[]) =>
  (await database.admin.query({ text: sql, values, rowMode: "array" })).rows[0]?.[0];
const change = (sql: string, ...values: unknown[]) => database.admin.query(sql, values);

/** Asks, as the person, with a grace of two weeks. */
async function ask({ digest }: Pick<Member, "digest">): Promise<string> {
  const [link, code] = [randomUUID(), randomUUID()];
  const { rows } = await database.auth.query(
    `select outcome from auth.request_deletion(
       $1, interval '14 days', convert_to($2, 'UTF8'), convert_to($3, 'UTF8'), gen_random_uuid(), 'sealed', $4)`,
    [digest, link, code, facts],
  );
  return rows[0].outcome;
}

/** The grace is over: the clock of the row is moved. */
const graceOver = ({ userId }: Person) =>
  change(
    "update auth.deletions set asked_at = asked_at - interval '15 days', due_at = now() - interval '1 day' where user_id = $1",
    userId,
  );

const mailsTo = async ({ email }: Person): Promise<string[]> => {
  const { rows } = await change(
    "select template from auth.mails where recipient = $1 order by created_at, id",
    email,
  );
  return rows.map(({ template }) => template);
};

/** A member with rows of every kind. */
async function hire(tenant: TenantFixture, person?: Person): Promise<TenantMember & Person> {
  const one = person ?? (await createPerson(database, { name: "Ann Leaves" }));
  await change(
    `insert into app.memberships (tenant_id, user_id, role_id, display_name, avatar_url)
     values ($1, $2, $3, $4, 'https://pictures.example/ann')`,
    tenant.tenantId,
    one.userId,
    tenant.roleIds.member,
    one.name,
  );
  const { rows } = await change(
    `with conversation as (
       insert into app.conversations (tenant_id, user_id, title) values ($1, $2, 'What Ann asked') returning *
     ), message as (
       insert into app.messages (tenant_id, user_id, conversation_id, content)
       select tenant_id, user_id, id, 'Ann''s words' from conversation returning id
     ), preferences as (
       insert into app.user_preferences (tenant_id, user_id) values ($1, $2) returning id
     ), key as (
       insert into auth.api_keys (tenant_id, user_id, created_by, name, digest, scopes, addresses)
       values ($1, $2, $2, 'Ann''s key', sha256(convert_to($1::text || $2::text, 'UTF8')), '{chat}', '{192.0.2.7}') returning id
     ) select conversation.id as "conversationId" from conversation, message, preferences, key`,
    tenant.tenantId,
    one.userId,
  );
  const session = await createSession(database, one, tenant.slug);
  return { ...one, ...session, tenantId: tenant.tenantId, ...rows[0] } as TenantMember & Person;
}

describe("an account whose grace is over", () => {
  test("is erased: what they wrote, who they are, and every way in", async () => {
    const ann = await hire(acme);
    const next = await hire(globex, ann);
    await change("insert into auth.passwords (user_id, hash) values ($1, '$argon2id$test')", ann.userId);
    await change(
      "insert into auth.identities (user_id, provider, issuer, subject) values ($1, 'github', 'https://github.com', 'ann-7')",
      ann.userId,
    );
    await change(
      "insert into auth.totp_factors (id, user_id, seed, last_step, confirmed_at) values (gen_random_uuid(), $1, 'v1.x', 1, now())",
      ann.userId,
    );
    await change(
      `insert into auth.passkeys (user_id, credential_id, public_key, counter, aaguid, backup_eligible, backed_up, name)
       values ($1, '\\x01', '\\x02', 0, gen_random_uuid(), false, false, 'A key')`,
      ann.userId,
    );
    await change("insert into auth.recovery_codes (user_id, digest) values ($1, sha256('x'))", ann.userId);
    await change("update auth.sessions set methods = '{pwd,otp,mfa}' where user_id = $1", ann.userId);
    await change(
      `insert into app.invitations (tenant_id, email, role_id, invited_by, status, accepted_by, expires_at)
       values ($1, $2, $4, $5, 'accepted', $3, now()), ($1, $2, $4, $5, 'revoked', null, now())`,
      acme.tenantId,
      ann.email,
      ann.userId,
      acme.roleIds.member,
      acme.owner.userId,
    );
    await change(
      `with promised as (
         insert into app.invitation_teams (tenant_id, invitation_id, team_id)
         select tenant_id, id, $3 from app.invitations where tenant_id = $1 and email = $2
       ), team as (
         insert into app.team_members (tenant_id, team_id, user_id) values ($1, $3, $4)
       )
       insert into app.grants (tenant_id, user_id, permission, reason, granted_by, ends_at)
       values ($1, $4, 'view_analytics', 'For Ann', $5, now() + interval '1 day')`,
      acme.tenantId,
      ann.email,
      acme.owner.teamId,
      ann.userId,
      acme.owner.userId,
    );
    await change(
      `insert into auth.share_links (tenant_id, user_id, conversation_id, message_id, digest, expires_at)
       select tenant_id, user_id, conversation_id, id, sha256(convert_to(id::text, 'UTF8')), now() + interval '1 day'
       from app.messages where user_id = $1`,
      ann.userId,
    );
    await change(
      "insert into app.curated_answers (tenant_id, user_id, question, answer) values ($1, $2, 'When is tea?', 'At four.')",
      acme.tenantId,
      ann.userId,
    );
    expect(await ask(next)).toBe("ok");
    expect(await run()).toEqual({ deleted: 0, postponed: 0 });
    await graceOver(ann);
    expect(await run()).toEqual({ deleted: 1, postponed: 0 });
    expect(await run()).toEqual({ deleted: 0, postponed: 0 });

    for (const table of [
      "app.conversations",
      "app.messages",
      "auth.share_links",
      "app.user_preferences",
      "app.team_members",
      "app.grants",
      "auth.passwords",
      "auth.identities",
      "auth.totp_factors",
      "auth.passkeys",
      "auth.recovery_codes",
      "auth.sessions",
      "auth.mail_tokens",
      "auth.deletions",
    ]) {
      expect([
        table,
        await value(`select count(*)::int from ${table} where user_id = $1`, ann.userId),
      ]).toEqual([table, 0]);
    }
    // The company's to rely on.
    expect(await value("select count(*)::int from app.curated_answers where user_id = $1", ann.userId)).toBe(
      1,
    );
    expect(
      await value(
        "select count(*)::int from app.invitations where email = $1 or accepted_by = $2",
        ann.email,
        ann.userId,
      ),
    ).toBe(0);
    const { rows: users } = await change(
      "select email, name, locale, status from app.users where id = $1",
      ann.userId,
    );
    expect(users).toEqual([
      { email: `${ann.userId}@deleted.invalid`, name: "Deleted", locale: "en", status: "deleted" },
    ]);
    const { rows: memberships } = await change(
      "select status, is_owner, display_name, avatar_url from app.memberships where user_id = $1",
      ann.userId,
    );
    expect(memberships).toEqual(
      Array(2).fill({ status: "removed", is_owner: false, display_name: "Deleted", avatar_url: null }),
    );
    const { rows: keys } = await change(
      "select name, addresses, revoked_at is not null as revoked from auth.api_keys where user_id = $1",
      ann.userId,
    );
    expect(keys).toEqual(Array(2).fill({ name: "Deleted", addresses: null, revoked: true }));
    // The last mail goes to where the first ones went.
    expect(await mailsTo(ann)).toEqual(["account_deleted"]);
  });

  test("touches nobody else's rows", async () => {
    const before = await Promise.all(
      ["app.conversations", "app.messages", "app.user_preferences", "auth.sessions", "app.memberships"].map(
        (table) =>
          value(
            `select md5(string_agg(row::text, ',' order by row::text)) from ${table} as row where user_id = any ($1)`,
            [acme.member.userId, acme.colleague.userId, globex.member.userId],
          ),
      ),
    );
    const ann = await hire(acme);
    await ask(ann);
    await graceOver(ann);
    expect(await run()).toEqual({ deleted: 1, postponed: 0 });
    const after = await Promise.all(
      ["app.conversations", "app.messages", "app.user_preferences", "auth.sessions", "app.memberships"].map(
        (table) =>
          value(
            `select md5(string_agg(row::text, ',' order by row::text)) from ${table} as row where user_id = any ($1)`,
            [acme.member.userId, acme.colleague.userId, globex.member.userId],
          ),
      ),
    );
    expect(after).toEqual(before);
  });

  test("leaves its address to whoever comes next", async () => {
    const ann = await hire(acme);
    await ask(ann);
    await graceOver(ann);
    await run();
    await change("insert into app.users (email, name) values ($1, 'Another Ann')", ann.email);
    const { rows } = await database.auth.query("select user_id from auth.begin_login($1, $2)", [
      ann.email,
      facts,
    ]);
    expect(rows).toEqual([{ user_id: null }]);
  });

  test("is in the trail by id: that rows went, and not what was in them", async () => {
    const ann = await hire(acme);
    await ask(ann);
    await graceOver(ann);
    // As text: a Date would cut it to the millisecond, and rows from before would follow it.
    const from = await value("select coalesce(max(at), now())::text from audit.events");
    await run();
    const { rows } = await change(
      "select action, table_name, actor_id, old_row, new_row from audit.events where at > $1 order by at",
      from,
    );
    const events = rows.map(({ action, table_name }) => `${action} ${table_name ?? ""}`.trim());
    for (const event of [
      "delete app.messages",
      "delete app.conversations",
      "delete auth.sessions",
      "update app.users",
      "update app.memberships",
      "update auth.api_keys",
      "auth.account_deleted",
    ])
      expect(events).toContain(event);
    const text = JSON.stringify(rows);
    for (const secret of [ann.email, ann.name, "Ann's key", "192.0.2.7", "192.0.2.1", "pictures.example"])
      expect(text).not.toContain(secret);
    const gone = rows.find(({ table_name }) => table_name === "app.users");
    expect(gone).toMatchObject({
      actor_id: ann.userId,
      old_row: { email: "[redacted]", name: "[redacted]", status: "active" },
      new_row: { id: ann.userId, status: "deleted" },
    });
  });

  test("withholds nothing else from the trail: a caller's change meanwhile has its values", async () => {
    const ann = await hire(acme);
    await ask(ann);
    await change("update app.users set name = 'Renamed By Operator' where id = $1", ann.userId);
    expect(
      await value(
        "select new_row ->> 'name' from audit.events where table_name = 'app.users' and row_id = $1 order by at desc limit 1",
        ann.userId,
      ),
    ).toBe("Renamed By Operator");
    await change("delete from auth.deletions where user_id = $1", ann.userId);
  });

  test("goes step by step, and on from where it was broken off", async () => {
    const ann = await hire(acme);
    await change(
      `insert into app.messages (tenant_id, user_id, conversation_id, content)
       select $1, $2, $3, 'again' from generate_series(1, 24)`,
      acme.tenantId,
      ann.userId,
      ann.conversationId,
    );
    await ask(ann);
    await graceOver(ann);
    const step = async (): Promise<string> =>
      (await database.worker.query("select jobs.delete_account(10) as step")).rows[0].step;
    expect([await step(), await step()]).toEqual(["more", "more"]);
    expect(await value("select count(*)::int from app.messages where user_id = $1", ann.userId)).toBe(5);
    expect(
      await value("select began_at is not null from auth.deletions where user_id = $1", ann.userId),
    ).toBe(true);
    expect(await run()).toEqual({ deleted: 1, postponed: 0 });
  });

  test("lets nobody in who is signing in at that moment", async () => {
    for (let round = 0; round < 5; round++) {
      const ann = await hire(acme);
      await ask(ann);
      await graceOver(ann);
      const signIns = [1, 2, 3].map(() =>
        createSession(database, ann, null).then(
          () => "in",
          (error: Error) => error.message,
        ),
      );
      const [done, ...others] = await Promise.all([run(), ...signIns]);
      // Whoever is just being told that it is to be deleted is left to the next run.
      const later = await run();
      expect(Number(done.deleted) + Number(later.deleted)).toBe(1);
      for (const outcome of others) expect(outcome).not.toBe("in");
      expect(await value("select count(*)::int from auth.sessions where user_id = $1", ann.userId)).toBe(0);
    }
  });

  test("two workers take two accounts, and none twice", async () => {
    const people = [await hire(acme), await hire(acme), await hire(acme)];
    for (const person of people) {
      await ask(person);
      await graceOver(person);
    }
    const done = await Promise.all([run(), run()]);
    const left = await run();
    expect([...done, left].reduce((sum, { deleted }) => sum + Number(deleted), 0)).toBe(3);
  });
});

describe("an account that a company cannot do without by now", () => {
  test("waits another week, and its owner is told; the link that keeps it stays good", async () => {
    const tenant = await createTenant(database, { slug: "initech" });
    const other = await createPerson(database);
    await change(
      `insert into app.memberships (tenant_id, user_id, role_id, is_owner, display_name)
       select tenant_id, $2, role_id, true, 'Another' from app.memberships where user_id = $1`,
      tenant.owner.userId,
      other.userId,
    );
    expect(await ask(tenant.owner)).toBe("ok");
    // What nothing but somebody who may switch triggers off can do.
    await change("alter table app.memberships disable trigger keep_an_owner");
    await change("update app.memberships set is_owner = false where user_id = $1", other.userId);
    await change("alter table app.memberships enable trigger keep_an_owner");
    await graceOver(tenant.owner);
    expect(await run()).toEqual({ deleted: 0, postponed: 1 });
    expect(await run()).toEqual({ deleted: 0, postponed: 0 });
    expect(await value("select email from app.users where id = $1", tenant.owner.userId)).toBe(
      tenant.owner.email,
    );
    expect(
      await value(
        `select due.due_at > now() + interval '6 days' and token.expires_at > due.due_at
         from auth.deletions as due join auth.mail_tokens as token using (user_id)
         where user_id = $1 and purpose = 'restore_account'`,
        tenant.owner.userId,
      ),
    ).toBe(true);
    expect(await mailsTo(tenant.owner)).toEqual(["deletion_asked", "deletion_postponed"]);
    await change("update app.memberships set is_owner = true where user_id = $1", other.userId);
    await graceOver(tenant.owner);
    expect(await run()).toEqual({ deleted: 1, postponed: 0 });
    expect(
      await value(
        "select count(*)::int from app.memberships where tenant_id = $1 and is_owner",
        tenant.tenantId,
      ),
    ).toBe(1);
  });

  test("does not wait for one that is closed, which keeps an owner of whom nothing is left", async () => {
    const tenant = await createTenant(database, { slug: "hooli" });
    const elsewhere = await createSession(database, tenant.owner, null);
    await change("update auth.sessions set tenant_id = null where id = $1", elsewhere.sessionId);
    await change("update app.tenants set status = 'closed' where id = $1", tenant.tenantId);
    expect(await ask(elsewhere)).toBe("ok");
    await graceOver(tenant.owner);
    expect(await run()).toEqual({ deleted: 1, postponed: 0 });
    const { rows } = await change(
      "select is_owner, status, display_name from app.memberships where user_id = $1",
      tenant.owner.userId,
    );
    expect(rows).toEqual([{ is_owner: true, status: "active", display_name: "Deleted" }]);
  });
});

test("no login but the worker's erases, and it erases nobody whose grace runs", async () => {
  for (const pool of [database.app, database.auth])
    await expect(pool.query("select jobs.delete_account()")).rejects.toMatchObject({ code: "42501" });
  for (const pool of [database.app, database.auth, database.worker])
    await expect(pool.query("select from auth.deletions")).rejects.toMatchObject({ code: "42501" });
  for (const pool of [database.app, database.worker])
    await expect(pool.query("select auth.export_account()")).rejects.toMatchObject({ code: "42501" });
  await expect(database.auth.query("select auth.export_account()")).rejects.toMatchObject({ code: "RH403" });
});
