import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { buildTenants, type TenantFixture, type TenantMember } from "../support/tenants.ts";

// Learning without reading: a caller with SQL of their own, who selects no row next door and yet watches what their
// conditions do there: by an error, by a plan, by an estimate.

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  await database.admin.query("analyze");
});
afterAll(() => database.drop());

/** How a caller can leave their context before they look: as it is, unreadable, copied wrong, or none at all. */
const CONTEXTS = {
  "as the door left it": "",
  "made unreadable": "set local rowhouse.context = 'garbage'",
  "with another's seal":
    "select set_config('rowhouse.context', overlay(current_setting('rowhouse.context') placing 'ffff' from 20), true)",
  "with another tenant stated":
    "select set_config('rowhouse.context', overlay(current_setting('rowhouse.context') placing gen_random_uuid()::text from 73), true)",
  "thrown away": "set local rowhouse.context = ''",
} as const;

/** Ways of looking that a caller can force upon the planner. */
const WAYS = {
  "as planned": "",
  "without indexes":
    "set local enable_indexscan = off; set local enable_indexonlyscan = off; set local enable_bitmapscan = off",
  "by bitmaps":
    "set local enable_indexscan = off; set local enable_indexonlyscan = off; set local enable_seqscan = off",
  "by indexes": "set local enable_seqscan = off; set local enable_bitmapscan = off",
} as const;

/** What a caller sees of one query: its rows or error, and its plan as it was run. */
async function look(who: TenantMember, before: readonly string[], query: string): Promise<string> {
  const client = await database.app.connect();
  const seen: string[] = [];
  try {
    for (const sql of [
      query,
      `explain (analyze, costs off, timing off, summary off, buffers off) ${query}`,
    ]) {
      await client.query("begin");
      try {
        await client.query("select context.enter($1)", [who.digest]);
        for (const statement of before) if (statement !== "") await client.query(statement);
        const { rows } = await client.query({ text: sql, rowMode: "array" });
        seen.push(rows.join("\n"));
      } catch (error) {
        const { code, message, detail } = error as pg.DatabaseError;
        seen.push([code, message, detail].join(" "));
      } finally {
        await client.query("rollback");
      }
    }
  } finally {
    client.release();
  }
  // How many pages a bitmap touches depends on where rows lie, not on what they hold.
  return seen.join("\n").replaceAll(/^ *Heap Blocks: .*$/gm, "");
}

/** A column of the neighbour's row, two values that it takes in turn, and conditions that tell one from the other. */
interface Secret {
  readonly table: string;
  readonly row: (globex: TenantFixture) => string;
  readonly column: string;
  readonly values: readonly [string, string];
  readonly conditions: readonly string[];
}

const byText = (column: string): string[] => [
  `${column} < 'mmm'`,
  `${column} >= 'mmm'`,
  `${column} <> 'zzz next door'`,
  `${column} in ('zzz next door', 'x')`,
  `${column} ^@ 'zzz'`,
  `${column} between 'z' and 'zzzz'`,
];

const SECRETS: readonly Secret[] = [
  {
    table: "app.conversations",
    row: ({ member }) => `id = '${member.conversationId}'`,
    column: "title",
    values: ["'aaa next door'", "'zzz next door'"],
    conditions: byText("title"),
  },
  {
    table: "app.messages",
    row: ({ member }) => `id = '${member.messageId}'`,
    column: "content",
    values: ["'aaa next door'", "'zzz next door'"],
    conditions: byText("content"),
  },
  {
    table: "app.memberships",
    row: ({ member }) => `id = '${member.membershipId}'`,
    column: "display_name",
    values: ["'aaa next door'", "'zzz next door'"],
    conditions: byText("display_name"),
  },
  {
    table: "app.memberships",
    row: ({ member }) => `id = '${member.membershipId}'`,
    column: "avatar_url",
    values: ["null", "'https://globex.example/me.png'"],
    conditions: ["avatar_url is not null", "avatar_url is null", "avatar_url > 'a'"],
  },
  {
    table: "app.roles",
    row: ({ roleIds }) => `id = '${roleIds.helper}'`,
    column: "description",
    values: ["'aaa next door'", "'zzz next door'"],
    conditions: byText("description"),
  },
  {
    table: "app.tenants",
    row: ({ tenantId }) => `id = '${tenantId}'`,
    column: "name",
    values: ["'aaa next door'", "'zzz next door'"],
    conditions: byText("name"),
  },
  {
    table: "app.users",
    row: ({ member }) => `id = '${member.userId}'`,
    column: "email",
    values: ["'aaa@next.example'", "'zzz@next.example'"],
    conditions: [
      "email > 'm'",
      "email < 'm'",
      "email in ('zzz@next.example')",
      "lower(email) = 'zzz@next.example'",
    ],
  },
  {
    table: "app.user_preferences",
    row: ({ member }) => `id = '${member.preferencesId}'`,
    column: "tone",
    values: ["'concise'", "'neutral'"],
    conditions: ["tone > 'd'", "tone = 'concise'", "tone <> 'neutral'"],
  },
  {
    table: "app.tenant_preferences",
    row: ({ defaultsId }) => `id = '${defaultsId}'`,
    column: "model",
    values: ["'aaa-model'", "'zzz-model'"],
    conditions: byText("model"),
  },
];

const cases = SECRETS.flatMap((secret) =>
  Object.keys(CONTEXTS).map((context) => [`${secret.table}.${secret.column}`, context, secret] as const),
);

describe("whatever a row next door holds, a caller's conditions look the same", () => {
  test.each(cases)(
    "%s, with the context %s",
    async (_name, context, { table, row, column, values, conditions }) => {
      const observe = async (value: string): Promise<Record<string, string>> => {
        await database.admin.query(`update ${table} set ${column} = ${value} where ${row(globex)}`);
        const seen: Record<string, string> = {};
        for (const [way, settings] of Object.entries(WAYS)) {
          for (const condition of conditions) {
            seen[`${way}: ${condition}`] = await look(
              acme.member,
              [CONTEXTS[context as keyof typeof CONTEXTS], ...settings.split("; ")],
              `select 1 from ${table} where ${condition}`,
            );
          }
        }
        return seen;
      };
      const [one, other] = [await observe(values[0]), await observe(values[1])];
      expect(other).toEqual(one);
    },
  );

  test("a condition of no cost, on the flag of an owner next door", async () => {
    const observe = () =>
      look(
        acme.viewer,
        [WAYS["without indexes"]].flatMap((s) => s.split("; ")),
        "select 1 from app.memberships where is_owner and avatar_url is not null",
      );
    const before = await observe();
    await database.admin.query(
      "update app.memberships set avatar_url = 'https://globex.example/o.png' where id = $1",
      [globex.owner.membershipId],
    );
    expect(await observe()).toBe(before);
  });

  test("a write that would be refused, too", async () => {
    const observe = () =>
      look(acme.viewer, [], "update app.conversations set title = title where title ^@ 'only next door'");
    const before = await observe();
    await database.admin.query("update app.conversations set title = 'only next door' where id = $1", [
      globex.member.conversationId,
    ]);
    expect(await observe()).toBe(before);
  });
});

describe("estimates", () => {
  test("are the same for a guess that hits next door and for one that misses", async () => {
    await database.admin.query(
      `insert into app.conversations (tenant_id, user_id, title)
       select $1, $2, 'Project Falcon acquisition' from generate_series(1, 400)`,
      [globex.tenantId, globex.member.userId],
    );
    await database.admin.query("analyze app.conversations");
    const estimate = (title: string) =>
      look(
        acme.member,
        [],
        `select 1 from (select 1) as one where exists (select from app.conversations where title = '${title}')`,
      );
    expect(await estimate("Project Falcon acquisition")).toBe(
      (await estimate("Project Ferret acquisition")).replaceAll("Ferret", "Falcon"),
    );
    const rows = async (condition: string): Promise<unknown> => {
      const client = await database.app.connect();
      try {
        await client.query("begin");
        await client.query("select context.enter($1)", [acme.member.digest]);
        const { rows } = await client.query(
          `explain (format json) select 1 from app.conversations where ${condition}`,
        );
        return rows[0]["QUERY PLAN"][0].Plan["Plan Rows"];
      } finally {
        await client.query("rollback");
        client.release();
      }
    };
    for (const [hit, miss] of [
      ["title = 'Project Falcon acquisition'", "title = 'Project Ferret acquisition'"],
      ["title ^@ 'Project Fa'", "title ^@ 'Project Fe'"],
      ["title > 'Project Falcon acquisitioo'", "title > 'Project Falcon acquisition'"],
    ]) {
      expect(await rows(hit!), hit).toBe(await rows(miss!));
    }
  });
});

describe("beside rows there is nothing to look at", () => {
  const refused: Readonly<Record<string, string>> = {
    "where a row lies": "select 1 from app.conversations where ctid = '(0,1)'",
    "which transaction wrote it": "select xmin from app.conversations",
    "which partition holds it": "select tableoid from app.messages",
    "where an event lies": "select ctid from audit.events",
    "SQL in a string": "select query_to_xml('select 1', true, true, '')",
    "SQL in a string of full text": "select ts_stat('select to_tsvector(''a'')')",
    "a large object made": "select lo_create(0)",
    "a large object read": "select lo_get(1)",
    "a message in the write-ahead log": "select pg_logical_emit_message(false, 'a', 'b')",
    "a notification": "select pg_notify('a', 'b')",
    "an advisory lock": "select pg_advisory_lock(1)",
    "an advisory lock of the transaction": "select pg_try_advisory_xact_lock(1, 2)",
    "accesses of everybody": "select * from pg_stat_user_tables",
    "statements of others": "select query from pg_stat_activity",
    "values of everybody": "select * from pg_stats",
    "locks of others": "select * from pg_locks",
    "the end of another's session": "select pg_terminate_backend(pg_backend_pid() + 1)",
    "prepared statements": "select * from pg_prepared_statements",
    "the number of the transaction": "select pg_current_xact_id()",
    "the size of everybody's rows": "select pg_relation_size('app.conversations')",
    "code of one's own": "do $$begin raise exception 'x'; end$$",
  };
  test.each(Object.entries(refused))("%s", async (_what, sql) => {
    const client = await database.app.connect();
    try {
      await client.query("begin");
      await client.query("select context.enter($1)", [acme.owner.digest]);
      await expect(client.query(sql)).rejects.toMatchObject({ code: "42501" });
    } finally {
      await client.query("rollback");
      client.release();
    }
  });

  test("whole rows and counts are still there", async () => {
    const client = await database.app.connect();
    try {
      await client.query("begin");
      await client.query("select context.enter($1)", [acme.member.digest]);
      const { rows } = await client.query(
        "select count(*)::integer as count, max(c::text) is not null as row from app.conversations as c",
      );
      expect(rows).toEqual([{ count: 1, row: true }]);
    } finally {
      await client.query("rollback");
      client.release();
    }
  });
});

describe("whoever serves requests changes no schema", () => {
  const attempts = [
    "drop owned by rowhouse_app",
    "drop owned by rowhouse_auth",
    "drop owned by rowhouse_worker",
    "create temp table mine (id integer)",
    "create schema mine",
    "revoke select on app.conversations from rowhouse_app",
    "grant execute on function context.tenant_id() to rowhouse_auth",
    "alter default privileges grant select on tables to public",
    "comment on table app.conversations is 'mine'",
    "select 1 as id into mine",
    "alter table app.conversations disable row level security",
    'drop policy "nothing crosses the wall" on app.conversations',
    "drop event trigger rowhouse_refuses_ddl",
    "set event_triggers = off",
  ];
  const state = async (): Promise<unknown> =>
    (
      await database.admin.query(
        `select (select count(*) from pg_policy) as policies, (select array_agg(relacl::text order by oid) from pg_class) as tables,
           (select array_agg(attacl::text order by attrelid, attnum) from pg_attribute where attacl is not null) as columns,
           (select array_agg(proacl::text order by oid) from pg_proc) as functions`,
      )
    ).rows[0];

  test.each(attempts)("%s", async (sql) => {
    const before = await state();
    for (const pool of [database.app, database.auth, database.worker]) {
      await expect(pool.query(sql), sql).rejects.toMatchObject({ code: "42501" });
    }
    expect(await state()).toEqual(before);
  });

  test("the worker still adds partitions, through the owner's function", async () => {
    await database.worker.query("select jobs.create_audit_partitions()");
  });
});
