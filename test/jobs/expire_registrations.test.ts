import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expireRegistrations } from "../../src/jobs/expire_registrations.ts";
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
  await database.auth.query("select auth.register($1, 'Some One', '$argon2id$test', null, null, $2, $3)", [
    email,
    digest(email),
    facts,
  ]);
}

async function verify(email: string): Promise<string> {
  const { rows } = await database.auth.query("select auth.verify_email($1, null, $2) as outcome", [
    digest(email),
    facts,
  ]);
  return rows[0].outcome;
}

test("links that were not followed in time are forgotten, once; a link that still counts stays good", async () => {
  await register("late@example.com");
  await register("early@example.com");
  await database.admin.query(
    "update auth.registrations set expires_at = now() where email = 'late@example.com'",
  );

  expect(await expireRegistrations(jobContext(database))).toEqual({ forgotten: 1 });
  expect(await expireRegistrations(jobContext(database))).toEqual({ forgotten: 0 });

  const { rows } = await database.admin.query("select email from auth.registrations");
  expect(rows).toEqual([{ email: "early@example.com" }]);
  expect(await verify("late@example.com")).toBe("invalid_token");
  expect(await verify("early@example.com")).toBe("verified");
});

test("the trail keeps that there was one, without its password or its link", async () => {
  const { rows } = await database.admin.query(
    `select old_row ->> 'email' as email, old_row ->> 'password_hash' as hash, old_row ->> 'digest' as digest
     from audit.events where table_name = 'auth.registrations' and action = 'delete'
       and old_row ->> 'email' = 'late@example.com'`,
  );
  expect(rows).toEqual([{ email: "late@example.com", hash: "[redacted]", digest: "[redacted]" }]);
});
