import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readVerifier } from "../../src/audit/note.ts";
import { verifyExport } from "../../src/audit/verify_export.ts";
import { expireAudit } from "../../src/jobs/expire_audit.ts";
import { makeFolder, rowhouse } from "../support/command_line.ts";
import { commandSettings, createDatabase, type TestDatabase } from "../support/database.ts";
import { jobContext } from "../support/jobs.ts";
import { happened, keepFor, monthName, monthsAgo, partitionOf } from "../support/old_events.ts";
import { createTenant } from "../support/people.ts";
import { problemsOf, seal, unguarded, verdictOn } from "../support/sealing.ts";

const PLATFORM = "00000000-0000-0000-0000-000000000000";
let database: TestDatabase;
let tenant: string;
let folder: string;

beforeAll(() => {
  folder = makeFolder();
});
beforeEach(async () => {
  await database?.drop();
  database = await createDatabase();
  ({ tenantId: tenant } = await createTenant(database, { slug: "acme" }));
  // It was made seventeen months ago; then three months of 300, 20 and 10 events, and a younger one of 5.
  await database.admin.query("select audit.create_partition($1)", [monthsAgo(17)]);
  await unguarded(
    database,
    `update audit.events set at = '${monthsAgo(17)}'::timestamp at time zone 'UTC' + (at - date_trunc('day', at)) where tenant_id = '${tenant}'`,
  );
  await happened(database, tenant, 16, 300);
  await happened(database, tenant, 15, 20);
  await happened(database, tenant, 14, 10);
  await happened(database, tenant, 3, 5);
  await seal(database);
});
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true });
});

const expire = () => expireAudit(jobContext(database));
const one = async <T>(sql: string, values: unknown[] = []): Promise<T> =>
  (await database.admin.query({ text: sql, values, rowMode: "array" })).rows[0]![0] as T;
const eventsOf = (of: string) =>
  one<number>("select count(*)::int from audit.events where tenant_id = $1 and action = 'test.happened'", [of]);
const expiries = async () =>
  (
    await database.admin.query(
      "select detail, actor_kind, database_role from audit.events where tenant_id = $1 and action = 'audit.expired' order by id",
      [tenant],
    )
  ).rows;
const partitions = async (): Promise<string[]> =>
  (
    await database.admin.query(
      "select relname from pg_inherits join pg_class on pg_class.oid = inhrelid where inhparent = 'audit.events'::regclass",
    )
  ).rows.map(({ relname }) => relname);

test("x", async () => {
  await keepFor(database, tenant, 12);
  console.log(await expire(), await expiries());
  await seal(database);
  console.log(await expire(), await expiries());
  await seal(database);
  console.log(await expire(), await expiries());
  console.log(await verdictOn(database, tenant), await problemsOf(database, tenant), await partitions());
});
