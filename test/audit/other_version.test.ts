import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectRoot } from "../../src/database/migrations.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type OtherServer, otherPostgres, startOther } from "../support/other_postgres.ts";
import { createTenant } from "../support/people.ts";
import { buildTenants } from "../support/tenants.ts";

const programs = otherPostgres();
if (programs === null) {
  console.warn(
    "There is no PostgreSQL of another version here, so no leaf is made by one: the test of that is skipped.",
  );
}

/** Bodies that make a leaf of an event, in the order in which they call one another. */
const FUNCTIONS = ["field_salt", "commitment", "committed_fields", "leaf_lines"];

describe.skipIf(programs === null)("a PostgreSQL of another version", () => {
  let database: TestDatabase;
  let other: OtherServer;

  beforeAll(async () => {
    database = await createDatabase();
    other = await startOther(programs!);
    // The table as ours is, by its columns alone, and the functions as they stand in their files.
    const { rows } = await database.admin.query<{ name: string; type: string }>(
      `select quote_ident(attname) as name, format_type(atttypid, atttypmod) as type from pg_attribute
       where attrelid = 'audit.events'::regclass and attnum > 0 and not attisdropped order by attnum`,
    );
    await other.client.query("create role rowhouse_definer; create schema audit");
    await other.client.query(
      `create table audit.events (${rows.map(({ name, type }) => `${name} ${type}`).join(", ")})`,
    );
    for (const name of FUNCTIONS) {
      await other.client.query(readFileSync(join(projectRoot, "db/schema/audit", `${name}.sql`), "utf8"));
    }
  });
  afterAll(async () => {
    await other?.stop();
    await database?.drop();
  });

  test("makes the same leaf of the same event", async () => {
    await createTenant(database);
    await buildTenants(database);
    const odd = 'A "B" \\ / <&> ü 🚀 \u0001\b\f\n\r\t\u007f\u2028 \uff21';
    const details = [
      {},
      [],
      "a text",
      12.5,
      { [odd]: odd, "": "empty", "a.b": { b: [1, { c: null }], a: true } },
    ];
    await database.admin.query(
      `insert into audit.events (tenant_id, action, severity, actor_kind, user_agent, request_id, ip, detail)
       select gen_random_uuid(), 'auth.login', 'low', 'system', $1, $1, '2001:db8::/32', detail from unnest($2::jsonb[]) as detail`,
      [odd, details.map((one) => JSON.stringify(one))],
    );
    await database.admin.query(
      `insert into audit.events (tenant_id, action, severity, actor_kind, detail) values
         (gen_random_uuid(), 'auth.login', 'low', 'system', '{"n": 1.50, "big": 123456789012345678901234567890.10, "exp": 1e400, "neg": -0.0}')`,
    );
    const text = `string_agg(line, '' order by line collate "C")`;
    const { rows } = await database.admin.query<{ event: string; salt: string; leaf: string }>(
      `select to_jsonb(one.event)::text as event, one.salt::text, (
         select ${text} from audit.leaf_lines(one.event, one.salt) as line
       ) as leaf
       from (select event, gen_random_uuid() as salt from audit.events as event) as one`,
    );
    expect(rows.length).toBeGreaterThan(50);
    const { rows: made } = await other.client.query<{ leaf: string }>(
      `select (
         select ${text} from audit.leaf_lines(jsonb_populate_record(null::audit.events, given.event), given.salt) as line
       ) as leaf
       from unnest($1::jsonb[], $2::uuid[]) with ordinality as given (event, salt, place) order by place`,
      [rows.map(({ event }) => event), rows.map(({ salt }) => salt)],
    );
    expect(made.map(({ leaf }) => leaf)).toEqual(rows.map(({ leaf }) => leaf));
    const { rows: version } = await other.client.query("show server_version_num");
    const { rows: ours } = await database.admin.query("show server_version_num");
    expect(Math.floor(version[0].server_version_num / 10_000)).not.toBe(
      Math.floor(ours[0].server_version_num / 10_000),
    );
  });
});
