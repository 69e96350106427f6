import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expireMail } from "../../src/jobs/expire_mail.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { jobContext } from "../support/jobs.ts";
import { facts } from "../support/people.ts";

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
