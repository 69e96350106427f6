import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expireMail } from "../../src/jobs/expire_mail.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { jobContext } from "../support/jobs.ts";
import { createTenant, facts } from "../support/people.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

const digest = (link: string): Buffer => createHash("sha256").update(link).digest();

async function register(email: string): Promise<void> {
  await database.auth.query(
    "select auth.register($1, 'Some One', null, null, $2, $2, gen_random_uuid(), 'sealed', 'en', $3)",
    [email, digest(email), facts],
  );
}

async function verify(email: string): Promise<string> {
  const { rows } = await database.auth.query(
    "select outcome from auth.verify_email($1, null, null, '$argon2id$test', 'en', $2)",
    [digest(email), facts],
  );
  return rows[0].outcome;
}

test("links that were not followed in time are forgotten, once; a link that still counts stays good", async () => {
  await register("late@example.com");
  await register("early@example.com");
  await database.admin.query(
    `update auth.mail_tokens set created_at = now() - interval '1 day', expires_at = now()
     where email = 'late@example.com'`,
  );

  expect(await expireMail(jobContext(database))).toEqual({ tokens: 1, mails: 0 });
  expect(await expireMail(jobContext(database))).toEqual({ tokens: 0, mails: 0 });

  const { rows } = await database.admin.query(
    "select email, name from auth.mail_tokens join auth.registrations on token_id = mail_tokens.id",
  );
  expect(rows).toEqual([{ email: "early@example.com", name: "Some One" }]);
  expect((await database.admin.query("select from auth.registrations")).rowCount).toBe(1);
  expect(await verify("late@example.com")).toBe("invalid_token");
  expect(await verify("early@example.com")).toBe("verified");
});

test("what was used or has expired stays for an hour, because it counts for the limit on mails", async () => {
  await register("soon@example.com");
  await database.admin.query(
    "update auth.mail_tokens set expires_at = now() where email = 'soon@example.com'",
  );
  expect(await expireMail(jobContext(database))).toEqual({ tokens: 0, mails: 0 });
});

test("mails are forgotten a day after they were sent, dead ones after thirty; those that wait never", async () => {
  await database.admin.query("delete from auth.mails");
  await database.admin.query(
    `insert into auth.mails (id, template, recipient, locale, state, settled_at, created_at)
     select gen_random_uuid(), 'no_account', state || ' ' || age, 'en', state,
       case state when 'pending' then null else now() - age::interval end, now() - interval '1 year'
     from unnest('{pending,sent,sent,dead,dead}'::text[], '{1 year,23 hours,25 hours,29 days,31 days}'::text[])
       as mail (state, age)`,
  );
  expect(await expireMail(jobContext(database))).toMatchObject({ mails: 2 });
  const { rows } = await database.admin.query("select recipient from auth.mails order by 1");
  expect(rows.map(({ recipient }) => recipient)).toEqual(["dead 29 days", "pending 1 year", "sent 23 hours"]);
});

test("the trail, which forgets nothing, never heard of them: they were counted", async () => {
  const { rows } = await database.admin.query(
    `select (select count(*)::int from audit.events where concat(old_row, new_row, detail) like '%late@example.com%') as events,
       (select sum(count)::int from audit.tallies where action = 'auth.register') as counted`,
  );
  expect(rows).toEqual([{ events: 0, counted: 3 }]);
});

test("invitations that nobody answered are over, and all are forgotten ninety days after they were", async () => {
  const acme = await createTenant(database);
  const { rows } = await database.admin.query(
    `insert into app.invitations (tenant_id, email, role_id, invited_by, expires_at)
     select tenant_id, email, id, $2, now() + days * interval '1 day'
     from app.roles cross join (values ('late@example.com', 0), ('early@example.com', 7)) as given (email, days)
     where tenant_id = $1 and name = 'member' returning id, email`,
    [acme.tenantId, acme.owner.userId],
  );
  expect(rows).toHaveLength(2);
  const left = async () =>
    (
      await database.admin.query(
        "select email, status from app.invitations where tenant_id = $1 order by email",
        [acme.tenantId],
      )
    ).rows;
  await expireMail(jobContext(database));
  expect(await left()).toEqual([
    { email: "early@example.com", status: "pending" },
    { email: "late@example.com", status: "expired" },
  ]);
  // Only a migration can move this clock: the trigger says when a row was changed.
  const client = await database.admin.connect();
  try {
    await client.query("set session_replication_role = replica");
    await client.query("update app.invitations set updated_at = now() - interval '91 days'");
  } finally {
    client.release(true);
  }
  await expireMail(jobContext(database));
  expect(await left()).toEqual([{ email: "early@example.com", status: "pending" }]);
});
