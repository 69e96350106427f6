import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { settingsOf, withPgClient } from "../../src/database/adaptor.ts";
import type { Caller } from "../../src/database/caller.ts";
import { wireOf } from "../../src/database/pg_internals.ts";
import { RENEWAL } from "../../src/database/renewal.ts";
import { DOOR } from "../../src/database/statement.ts";
import { STATEMENTS_KEPT } from "../../src/database/statement_names.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let pool: pg.Pool;
let withClient: ReturnType<typeof withPgClient>;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  await database.admin.query(`
    create function app.notify_me(said text) returns text language plpgsql set search_path = '' as $$
    begin raise notice using message = said, detail = 'aloud'; return said; end $$;
    grant execute on function app.notify_me(text) to rowhouse_app;
  `);
});
afterAll(() => database.drop());

// One connection: whatever a test leaves behind on it, the next statement of the test meets.
beforeEach(() => {
  pool = new pg.Pool({ connectionString: database.appUrl, max: 1 });
  pool.on("error", () => {});
  withClient = withPgClient(pool, 10_000);
  return () => pool.end();
});

const callerFor = (person: { digest: Buffer }): Caller => ({
  credential: person.digest,
  facts: { request_id: "test", ip: "192.0.2.1", user_agent: null },
});
const as = (person: { digest: Buffer }) => settingsOf(callerFor(person));
const run = (
  person: { digest: Buffer },
  text: string,
  values?: unknown[],
  more: { name?: string; arrayMode?: boolean } = {},
) => withClient(as(person), (client) => client.query<Record<string, unknown>>({ text, values, ...more }));
const backend = async (): Promise<number> => {
  const client = await pool.connect();
  try {
    return (await client.query("select pg_backend_pid() as pid")).rows[0].pid;
  } finally {
    client.release();
  }
};
/** The messages that a connection writes while `work` runs, by the type byte of each. */
async function wire(work: () => Promise<unknown>): Promise<{ writes: number; messages: string }> {
  const client = await pool.connect();
  const stream = (client as unknown as { connection: { stream: import("node:net").Socket } }).connection
    .stream;
  client.release();
  const chunks: Buffer[] = [];
  let answered = true;
  let writes = 0;
  const { write } = stream;
  stream.write = function (this: typeof stream, chunk: unknown, ...rest: never[]) {
    if (answered) writes += 1;
    answered = false;
    chunks.push(Buffer.from(chunk as Buffer));
    return write.call(this, chunk as Buffer, ...rest);
  } as typeof write;
  const onData = (): void => {
    answered = true;
  };
  stream.on("data", onData);
  try {
    await work();
  } finally {
    stream.write = write;
    stream.off("data", onData);
  }
  const sent = Buffer.concat(chunks);
  let messages = "";
  for (let at = 0; at < sent.length; at += 1 + sent.readInt32BE(at + 1))
    messages += String.fromCharCode(sent[at]!);
  return { writes, messages };
}

/** Bind and Execute of each statement that goes before a request's own. */
const PRELUDE = "BE".repeat(RENEWAL.length + 1);

describe("one round trip", () => {
  test("the door and a query go out together, under one Sync", async () => {
    await run(acme.member, "select 1");
    const { writes, messages } = await wire(() => run(acme.member, "select id from app.conversations"));
    expect(writes).toBe(1);
    // Bind and Execute of what makes the connection as new and of the door; Parse, Bind, Describe, Execute of the
    // query; Sync.
    expect(messages).toBe(`${PRELUDE}PBDES`);
  });

  test("a named query is parsed once per connection, and says once what its rows are made of", async () => {
    const query = () => run(acme.member, "select id from app.conversations", [], { name: "conversations" });
    const first = await query();
    const messages = await wire(async () => expect(await query()).toEqual(first));
    expect(messages.messages).toBe(`${PRELUDE}BES`);
  });

  test("a change that has no name is parsed once per connection too", async () => {
    const change = (title: string) =>
      run(acme.member, "update app.conversations set title = $1 returning title", [title]);
    await change("first");
    const { messages } = await wire(async () =>
      expect((await change("second")).rows).toEqual([{ title: "second" }]),
    );
    expect(messages).toBe(`${PRELUDE}BES`);
  });

  test("they are one transaction", async () => {
    const { rows } = await run(
      acme.member,
      "select context.user_id() as user_id, now() = transaction_timestamp() as same",
    );
    expect(rows).toEqual([{ user_id: acme.member.userId, same: true }]);
  });

  test("a transaction takes one round trip to begin and enter, and stays entered", async () => {
    await run(acme.member, "select 1");
    const { messages, writes } = await wire(() =>
      withClient(as(acme.member), (client) =>
        client.withTransaction(async (transaction) => {
          for (const _ of [1, 2]) {
            const { rows } = await transaction.query<{ id: string }>({
              text: "select id from app.conversations",
            });
            expect(rows).toEqual([{ id: acme.member.conversationId }]);
          }
        }),
      ),
    );
    expect(writes).toBe(4);
    expect(messages).toBe(`${PRELUDE}PBDES${"PBDES".repeat(3)}`);
  });
});

describe("results", () => {
  test("rows as objects, as arrays, and none", async () => {
    const text = "select n, n::text as t from generate_series(1, 2) n";
    expect((await run(acme.member, text)).rows).toEqual([
      { n: 1, t: "1" },
      { n: 2, t: "2" },
    ]);
    expect((await run(acme.member, text, [], { arrayMode: true })).rows).toEqual([
      [1, "1"],
      [2, "2"],
    ]);
    expect(await run(acme.member, "select 1 where false")).toMatchObject({ rows: [], rowCount: 0 });
  });

  test("parameters: null, arrays, jsonb, bytea, text with quotes and other alphabets", async () => {
    const text = `select $1::text is null as nothing, $2::int[] as numbers, $3::text[] as words,
      $4::jsonb as document, $5::bytea as bytes, $6::text as word`;
    const values = [
      null,
      [1, null, 3],
      ['a"b', "c\\d", null],
      JSON.stringify({ a: [1, "ü"] }),
      Buffer.from([0, 255]),
      "it's 'quoted' 🏠",
    ];
    for (const name of [undefined, "parameters", "parameters"]) {
      const { rows } = await run(acme.member, text, values, { name });
      expect(rows).toEqual([
        {
          nothing: true,
          numbers: [1, null, 3],
          words: ['a"b', "c\\d", null],
          document: { a: [1, "ü"] },
          bytes: Buffer.from([0, 255]),
          word: "it's 'quoted' 🏠",
        },
      ]);
    }
  });

  test("a large result arrives whole", async () => {
    const { rows } = await run(
      acme.member,
      "select n, repeat('x', 100) as pad from generate_series(1, 50000) n",
    );
    expect(rows).toHaveLength(50_000);
    expect(rows.at(-1)).toEqual({ n: 50_000, pad: "x".repeat(100) });
  });

  test("what a statement without rows did is counted", async () => {
    const { rowCount } = await run(acme.member, "update app.conversations set title = 'counted'");
    expect(rowCount).toBe(1);
  });

  test("notices belong to the query that raised them", async () => {
    const said = await withClient(as(acme.member), async (client) =>
      Promise.all(
        ["one", "two"].map((word) => client.query({ text: "select app.notify_me($1)", values: [word] })),
      ),
    );
    expect(
      said.map(({ notices }) => notices?.map(({ message, detail, severity }) => [message, detail, severity])),
    ).toEqual([[["one", "aloud", "NOTICE"]], [["two", "aloud", "NOTICE"]]]);
  });
});

describe("the wall", () => {
  test("one connection serves tenant after tenant, each its own rows", async () => {
    for (const person of [acme.member, globex.member, acme.owner, globex.member, acme.member]) {
      const { rows } = await run(person, "select distinct tenant_id from app.memberships", [], {
        name: "tenants",
      });
      expect(rows).toEqual([{ tenant_id: person.tenantId }]);
    }
  });

  test("nothing of a context is left on the connection", async () => {
    await run(acme.owner, "select 1");
    await withClient(as(acme.owner), (client) => client.withTransaction(() => Promise.resolve()));
    const bare = await pool.connect();
    const { rows } = await bare.query(
      "select current_setting('rowhouse.context', true) as context, current_setting('statement_timeout') as timeout",
    );
    bare.release();
    expect(rows).toEqual([{ context: "", timeout: "1min" }]);
  });

  test("nothing runs on behalf of nobody", async () => {
    for (const settings of [
      null,
      {},
      { credential: "", facts: "{}" },
      { facts: "{}" },
      { catalogue: "on" },
    ]) {
      let ran = false;
      await expect(
        withClient(settings, async () => {
          ran = true;
        }),
      ).rejects.toMatchObject({ code: "RH401", detail: "no_credential" });
      expect(ran).toBe(false);
    }
    expect(pool.totalCount).toBe(0);
  });

  test("a credential that the door refuses: the query has not run, and its error is the door's", async () => {
    const stranger = { digest: Buffer.alloc(32, 7) };
    const title = async () => (await run(acme.member, "select title from app.conversations")).rows;
    const before = await title();
    await expect(run(stranger, "update app.conversations set title = 'forged'")).rejects.toMatchObject({
      code: "RH401",
      detail: "unknown",
      severity: "ERROR",
    });
    await expect(
      withClient(as(stranger), (client) => client.withTransaction(async () => expect.fail("entered"))),
    ).rejects.toMatchObject({ code: "RH401" });
    expect(await title()).toEqual(before);
  });

  test("several queries of one callback each enter the door: a sign-out bites between two of them", async () => {
    await withClient(as(globex.colleague), async (client) => {
      await client.query({ text: "select 1" });
      await database.admin.query(
        "update auth.sessions set ended_at = now(), end_reason = 'logout' where id = $1",
        [globex.colleague.sessionId],
      );
      await expect(client.query({ text: "select 1" })).rejects.toMatchObject({
        code: "RH401",
        detail: "ended",
      });
    });
  });
});

describe("errors", () => {
  test("an error keeps its SQLSTATE, undoes its own statement, and leaves the connection good", async () => {
    const pid = await backend();
    await expect(
      run(
        acme.member,
        "with made as (insert into app.conversations (title) values ('half') returning id) select 1 / 0 from made",
      ),
    ).rejects.toMatchObject({ code: "22012" });
    const { rows } = await run(acme.member, "select from app.conversations where title = 'half'");
    expect(rows).toEqual([]);
    expect(await backend()).toBe(pid);
  });

  test("an error in the middle of a result is an error, not a short result", async () => {
    await expect(
      run(acme.member, "select 1 / (30000 - n) from generate_series(1, 50000) n"),
    ).rejects.toMatchObject({ code: "22012" });
    expect((await run(acme.member, "select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  test("a text that does not parse is tried again under its name, and works once it can", async () => {
    const text = "select id from app.not_yet";
    const query = () => run(acme.member, text, [], { name: "not_yet" });
    await expect(query()).rejects.toMatchObject({ code: "42P01" });
    await database.admin.query(
      "create table app.not_yet (id int); grant select on app.not_yet to rowhouse_app",
    );
    expect((await query()).rows).toEqual([]);
    expect((await query()).rows).toEqual([]);
  });

  test("a deferred constraint speaks at commit, and is the query's error", async () => {
    await expect(
      run(acme.owner, "update app.memberships set is_owner = false where user_id = context.user_id()"),
    ).rejects.toMatchObject({ code: "RH409" });
    expect((await run(acme.owner, "select context.is_owner() as owner")).rows).toEqual([{ owner: true }]);
  });

  test("a statement that takes too long is cancelled, and the time is its own", async () => {
    const impatient = withPgClient(pool, 50);
    await expect(
      impatient(as(acme.member), (client) => client.query({ text: "select pg_sleep(5)" })),
    ).rejects.toMatchObject({ code: "57014" });
    expect((await run(acme.member, "select pg_sleep(0.1)")).rowCount).toBe(1);
  });

  test("a parameter that cannot be sent is an error, and its connection is not used again", async () => {
    const pid = await backend();
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    await expect(run(acme.member, "select $1::jsonb", [circular], { name: "circular" })).rejects.toThrow(
      /circular/,
    );
    expect(await backend()).not.toBe(pid);
    expect((await run(acme.member, "select $1::jsonb as ok", [{}], { name: "circular" })).rows).toEqual([
      { ok: {} },
    ]);
  });

  test("a query that opens a transaction of its own costs its connection", async () => {
    const pid = await backend();
    await run(acme.member, "begin");
    expect(await backend()).not.toBe(pid);
  });
});

describe("transactions", () => {
  const titles = async () =>
    (
      await run(acme.colleague, "select title from app.conversations where title like 'T%' order by id")
    ).rows.map(({ title }) => title);
  const insert = (title: string) => ({
    text: "insert into app.conversations (title) values ($1)",
    values: [title],
  });

  test("commit all, or nothing", async () => {
    await withClient(as(acme.colleague), (client) =>
      client.withTransaction(async (transaction) => {
        await transaction.query(insert("T1"));
        await transaction.query(insert("T2"));
      }),
    );
    expect(await titles()).toEqual(["T1", "T2"]);
    const refusal = new Error("changed my mind");
    await expect(
      withClient(as(acme.colleague), (client) =>
        client.withTransaction(async (transaction) => {
          await transaction.query(insert("T3"));
          throw refusal;
        }),
      ),
    ).rejects.toBe(refusal);
    expect(await titles()).toEqual(["T1", "T2"]);
  });

  test("a savepoint undoes its part only", async () => {
    await withClient(as(acme.colleague), (client) =>
      client.withTransaction(async (transaction) => {
        await transaction.query(insert("T4"));
        await expect(
          transaction.withTransaction(async (inner) => {
            await inner.query(insert("T5"));
            await inner.query({ text: "select 1 / 0" });
          }),
        ).rejects.toMatchObject({ code: "22012" });
        await transaction.withTransaction(async (inner) => {
          await inner.withTransaction((innermost) => innermost.query(insert("T6")));
        });
      }),
    );
    expect(await titles()).toEqual(["T1", "T2", "T4", "T6"]);
  });

  test("an error that the callback swallows does not pass for a commit", async () => {
    await expect(
      withClient(as(acme.colleague), (client) =>
        client.withTransaction(async (transaction) => {
          await transaction.query(insert("T7"));
          await transaction.query({ text: "select 1 / 0" }).catch(() => {});
        }),
      ),
    ).rejects.toThrow(/rolled back/);
    expect(await titles()).not.toContain("T7");
  });
});

describe("prepared statements", () => {
  test("the least recently used one makes room, in the same flush", async () => {
    const query = (n: number) =>
      run(acme.member, `select ${n} as n`, [], { name: `${"statement_".repeat(8)}${n}` });
    for (let n = 0; n < STATEMENTS_KEPT; n++) await query(n);
    await query(0);
    const { messages, writes } = await wire(() => query(STATEMENTS_KEPT));
    expect([writes, messages]).toEqual([1, `C${PRELUDE}PBDES`]);

    const client = await pool.connect();
    const kept = Object.entries(wireOf(client).parsedStatements);
    client.release();
    expect(kept.map(([, text]) => text)).toEqual(expect.arrayContaining([DOOR, "select 0 as n"]));
    expect(kept.map(([, text]) => text)).not.toContain("select 1 as n");
    // PostgreSQL cuts longer names, and two that are cut alike would be one statement.
    for (const [name] of kept) expect(name.length).toBeLessThanOrEqual(63);
    expect((await query(1)).rows).toEqual([{ n: 1 }]);
  });

  test("SQL that got into one request cannot replace what the connection's next request runs", async () => {
    const query = () => run(acme.member, "select title from app.conversations", [], { name: "mine" });
    const before = (await query()).rows;
    const inject = async (sql: string): Promise<void> => {
      const client = await pool.connect();
      await client.query(sql).finally(() => client.release());
    };
    for (const list of [
      "select name from pg_prepared_statements",
      "select name from pg_prepared_statement()",
    ]) {
      await expect(inject(list)).rejects.toMatchObject({ code: "42501" });
    }
    // Without the real names all that is left is to take every statement away, and that is found out.
    await inject("deallocate all");
    await inject("prepare mine as select 'planted' as title");
    await inject(
      "prepare rowhouse_door (bytea, jsonb, text) as select set_config('x.stolen', encode($1, 'hex'), false)",
    );
    expect((await query()).rows).toEqual(before);
    expect((await run(globex.member, "select current_setting('x.stolen', true) as stolen")).rows).toEqual([
      { stolen: null },
    ]);
  });

  test.each(["discard all", "deallocate all"])(
    "after %s a query is sent again on another connection",
    async (loss) => {
      const query = () => run(acme.member, "select title from app.conversations", [], { name: "again" });
      const { rows } = await query();
      const pid = await backend();
      const client = await pool.connect();
      await client.query(loss);
      client.release();
      expect((await query()).rows).toEqual(rows);
      expect(await backend()).not.toBe(pid);
    },
  );

  test("a lost statement of the query's own is found out too, and nothing ran twice", async () => {
    const query = () =>
      run(acme.member, "insert into app.conversations (title) values ('once') returning id", [], {
        name: "once",
      });
    await query();
    const client = await pool.connect();
    const known = Object.entries(wireOf(client).parsedStatements);
    const once = known.find(([, text]) => text.includes("'once'"))?.[0];
    await client.query(`deallocate ${pg.escapeIdentifier(once!)}`);
    client.release();
    await query();
    const { rows } = await run(acme.member, "select from app.conversations where title = 'once'");
    expect(rows).toHaveLength(2);
  });

  test("a transaction begins again on another connection, and runs its callback once", async () => {
    await run(acme.member, "select 1");
    const client = await pool.connect();
    await client.query("discard all");
    client.release();
    let runs = 0;
    await withClient(as(acme.member), (held) =>
      held.withTransaction(async () => {
        runs += 1;
      }),
    );
    expect(runs).toBe(1);
  });

  test("a table that changed its shape is read in the new one", async () => {
    await database.admin.query("create table app.shape (a int); grant select on app.shape to rowhouse_app");
    await database.admin.query("insert into app.shape values (1)");
    const query = () => run(acme.member, "select * from app.shape", [], { name: "shape" });
    expect((await query()).rows).toEqual([{ a: 1 }]);
    await database.admin.query("alter table app.shape add b int default 2");
    expect((await query()).rows).toEqual([{ a: 1, b: 2 }]);
  });
});

describe("a connection that dies", () => {
  const kill = (pid: number) => database.admin.query("select pg_terminate_backend($1, 5000)", [pid]);

  test("while idle: the next query takes another", async () => {
    await run(acme.member, "select 1");
    await kill(await backend());
    await expect.poll(() => pool.totalCount).toBe(0);
    expect((await run(acme.member, "select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  test("in flight: the query fails, is not repeated, and its connection is not used again", async () => {
    const pid = await backend();
    const query = run(acme.member, "select pg_sleep(20)");
    const failed = expect(query).rejects.toThrow();
    await expect
      .poll(
        async () =>
          (
            await database.admin.query("select from pg_stat_activity where pid = $1 and state = 'active'", [
              pid,
            ])
          ).rowCount,
      )
      .toBe(1);
    await kill(pid);
    await failed;
    expect((await run(acme.member, "select 1 as one")).rows).toEqual([{ one: 1 }]);
    expect(await backend()).not.toBe(pid);
  });

  test("between two statements of a transaction: it fails as a whole, and the process lives", async () => {
    const pid = await backend();
    await expect(
      withClient(as(acme.member), (client) =>
        client.withTransaction(async (transaction) => {
          await transaction.query({ text: "insert into app.conversations (title) values ('lost')" });
          await kill(pid);
          await transaction.query({ text: "select 1" });
        }),
      ),
    ).rejects.toThrow();
    expect((await run(acme.member, "select from app.conversations where title = 'lost'")).rows).toEqual([]);
  });

  test("its parsed door goes with it: a new connection has it parsed again", async () => {
    await run(acme.member, "select 1");
    await kill(await backend());
    await expect.poll(() => pool.totalCount).toBe(0);
    const client = await pool.connect();
    expect(wireOf(client).parsedStatements).toEqual({});
    client.release();
    expect((await run(acme.member, "select 1 as one")).rows).toEqual([{ one: 1 }]);
  });
});
