import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventsPage, eventTypes } from "../../src/development/events_page.ts";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let api: GraphQLHouse;
let actingAs: ReturnType<typeof actors>;

beforeAll(async () => {
  database = await createDatabase({ application: false });
  ({ acme } = await buildTenants(database));
  api = await startGraphQL(database);
  actingAs = actors(database.app);
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

const column = async (sql: string, values: unknown[] = []): Promise<string[]> =>
  (await database.admin.query({ text: sql, values, rowMode: "array" })).rows.map(([value]) => value);

/** Every text of a folder's files, whose name ends so. */
function* texts(folder: string, end: string): Generator<readonly [file: string, text: string]> {
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (name.endsWith(end)) yield [`${folder}/${name}`, readFileSync(`${folder}/${name}`, "utf8")];
  }
}

/** What stands for the action where audit.record_event() is called: from its bracket to the comma behind it. */
function actionsIn(text: string): string[] {
  return [...text.matchAll(/\baudit\.record_event\(/g)].map(({ index }) => {
    let depth = 0;
    const begin = text.indexOf("(", index) + 1;
    for (let end = begin; ; end += 1) {
      if (text[end] === "(") depth += 1;
      else if (text[end] === ")") depth -= 1;
      else if (text[end] === "," && depth === 0) return text.slice(begin, end);
    }
  });
}

describe("the catalogue and what is written are the same", () => {
  test("every named event that some code writes is in it, and every one in it is written", async () => {
    const written = new Set<string>();
    for (const [file, text] of [...texts("db/schema", ".sql"), ...texts("src", ".ts")]) {
      if (file.endsWith("/record_event.sql")) continue;
      const code = text.replaceAll(/^\s*--.*$|^comment on [^;]*;/gm, "");
      // What is written past it names its kind of event to look up how severe it is.
      for (const [, name] of code.matchAll(/type\.action = '(\w+\.\w+)'/g)) written.add(name!);
      for (const action of actionsIn(code)) {
        const names = [...action.matchAll(/'([a-z_.]+)'/g)].map(([, name]) => name!);
        // What is passed on from elsewhere nobody could look up here.
        expect(names, `${file}: ${action}`).not.toEqual([]);
        for (const name of names) written.add(name);
      }
    }
    expect(
      await column(`select action from audit.event_types where table_name = '' order by action collate "C"`),
    ).toEqual([...written].sort());
  });

  test("of rows it has every table that is tracked, and no other", async () => {
    const catalogued = await column(
      `select distinct table_name from audit.event_types where action in ('insert', 'update', 'delete')
       group by table_name having count(*) = 3 order by 1`,
    );
    expect(catalogued).toEqual(
      await column(
        "select distinct tgrelid::regclass::text from pg_trigger where tgname = 'audit_changes' order by 1",
      ),
    );
    // What stands in the list says what a row is.
    expect(
      await column(
        "select table_name from audit.event_types where meaning = format('Added: a row of %s.', table_name)",
      ),
    ).toEqual([]);
  });

  test("what is read by a right is in it", async () => {
    const named = [
      ...readFileSync("db/schema/auth/record_reading.sql", "utf8").matchAll(/'(app\.\w+)'/g),
    ].map(([, table]) => table!);
    expect(await column("select table_name from audit.event_types where action = 'read' order by 1")).toEqual(
      [...new Set(named)].sort(),
    );
  });

  test("nothing else writes events: the trigger, and these three", async () => {
    const writers = [...texts("db/schema", ".sql"), ...texts("src", ".ts")]
      .filter(([, text]) => /insert\s+into\s+audit\.events\b/.test(text))
      .map(([file]) => file);
    expect(writers.sort()).toEqual([
      "db/schema/audit/record_change.sql",
      "db/schema/audit/record_event.sql",
      "db/schema/auth/record_reading.sql",
      "db/schema/auth/record_requests.sql",
    ]);
  });

  test("an event that it does not have is refused", async () => {
    await expect(database.admin.query("select audit.record_event('auth.guessed', null)")).rejects.toThrow(
      "the catalogue of events has no auth.guessed",
    );
    // Nor is the change of a row written by name.
    await expect(database.admin.query("select audit.record_event('insert', null)")).rejects.toThrow(
      "the catalogue of events has no insert",
    );
  });

  test("every event is as severe as it says", async () => {
    await api.ask(
      acme.member,
      `mutation { createConversation(input: {conversation: {title: "x"}}) { conversation { id } } }`,
    );
    expect(
      await column(
        `select distinct concat_ws(' ', event.action, event.table_name, event.severity)
         from audit.events as event
         left join audit.event_types as type
           on type.action = event.action and type.table_name = coalesce(event.table_name, '')
         where event.severity is distinct from type.severity`,
      ),
    ).toEqual([]);
    expect(
      await column("select distinct severity from audit.events where table_name = 'app.conversations'"),
    ).toEqual(["informational"]);
    expect(
      await column(
        "select distinct severity from audit.events where table_name = 'auth.api_keys' and action = 'insert'",
      ),
    ).toEqual(["high"]);
  });

  test("the page about it is what it says (else: npm run generate)", async () => {
    const types = await eventTypes(database.admin);
    expect(readFileSync("docs/audit/events.md", "utf8")).toBe(eventsPage(types));
  });
});

describe("a table of the application's own", () => {
  test("comes in with its trigger: daily work, and a line for what is removed", async () => {
    const client = await database.admin.connect();
    try {
      await client.query("begin");
      await client.query(
        'create table app."Odd, name" (tenant_id uuid, id uuid, primary key (tenant_id, id))',
      );
      await client.query(`select audit.track('app."Odd, name"')`);
      await client.query(`select audit.track('app."Odd, name"')`);
      await client.query(`insert into app."Odd, name" values ($1, $1)`, [acme.tenantId]);
      await client.query(`delete from app."Odd, name"`);
      const { rows } = await client.query(
        `select event.action, event.severity, type.meaning
         from audit.events as event
         join audit.event_types as type using (action, table_name, severity)
         where table_name = 'app.Odd, name' order by at`,
      );
      expect(rows).toEqual([
        { action: "insert", severity: "informational", meaning: "Added: a row of app.Odd, name." },
        { action: "delete", severity: "low", meaning: "Removed: a row of app.Odd, name." },
      ]);
    } finally {
      await client.query("rollback");
      client.release();
    }
  });
});

describe("whoever gets a power is told of", () => {
  /** What is told of this change, taken back again. */
  async function raisedBy(...statements: string[]): Promise<unknown[]> {
    const client = await database.admin.connect();
    try {
      await client.query("begin");
      for (const statement of statements) await client.query(statement);
      const { rows } = await client.query(
        `select detail, severity from audit.events
         where action = 'access.raised' and transaction_id = pg_current_xact_id() and tenant_id = $1 order by at`,
        [acme.tenantId],
      );
      for (const { severity } of rows) expect(severity).toBe("high");
      return rows.map(({ detail }) => detail);
    } finally {
      await client.query("rollback");
      client.release();
    }
  }
  const member = (set: string) =>
    `update app.memberships set ${set} where id = '${acme.member.membershipId}'`;

  test("when their role is one that manages", async () => {
    const { admin, viewer } = acme.roleIds;
    expect(await raisedBy(member(`role_id = '${admin}'`))).toEqual([
      {
        by: "membership",
        user: acme.member.userId,
        role: admin,
        gained: expect.arrayContaining(["manage_roles", "manage_users", "view_all_chats", "view_audit"]),
      },
    ]);
    expect(await raisedBy(member(`role_id = '${viewer}'`), member("display_name = 'Mel'"))).toEqual([]);
  });

  test("when they become an owner, and when they are let in again with what they had", async () => {
    expect(await raisedBy(member("is_owner = true"))).toMatchObject([{ gained: ["owner"] }]);
    const { admin } = acme.roleIds;
    const back = await raisedBy(
      member(`role_id = '${admin}', status = 'suspended'`),
      member("status = 'active'"),
    );
    expect(back).toHaveLength(1);
  });

  test("when a role that somebody has may do more, and not where nobody has it", async () => {
    const role = "01a21a63-0000-7000-8000-00000000000a";
    const made = `insert into app.roles (tenant_id, id, name, permissions) values ('${acme.tenantId}', '${role}', 'reviewer', '{chat}')`;
    const more = `update app.roles set permissions = '{chat,view_audit,read_documents}' where id = '${role}'`;
    expect(await raisedBy(made, more)).toEqual([]);
    expect(await raisedBy(made, member(`role_id = '${role}'`), more)).toEqual([
      { by: "role", role, holders: 1, gained: ["view_audit"] },
    ]);
  });

  test("when they are granted it for a time, and not what is no power", async () => {
    const granted = (permission: string) =>
      `insert into app.grants (tenant_id, user_id, permission, reason, granted_by, ends_at)
       values ('${acme.tenantId}', '${acme.member.userId}', '${permission}', 'to help', '${acme.owner.userId}', now() + interval '1 day')`;
    expect(await raisedBy(granted("manage_users"))).toMatchObject([
      { by: "grant", user: acme.member.userId, gained: ["manage_users"] },
    ]);
    expect(await raisedBy(granted("read_documents"))).toEqual([]);
  });
});

describe("whoever may view the trail", () => {
  const catalogue = "{ auditEventTypes { action tableName severity meaning } }";

  test("reads the catalogue", async () => {
    const { data, errors } = await api.ask(acme.admin, catalogue);
    expect(errors).toEqual([]);
    expect(data.auditEventTypes[0]).toEqual({
      action: "access.raised",
      tableName: null,
      severity: "HIGH",
      meaning: expect.stringContaining("got a power"),
    });
    expect(data.auditEventTypes).toHaveLength(
      Number((await column("select count(*) from audit.event_types"))[0]),
    );
  });

  test("and nobody else does", async () => {
    for (const person of [acme.member, acme.viewer]) {
      expect((await api.ask(person, catalogue)).codes).toEqual(["PERMISSION_DENIED"]);
    }
  });

  test("finds what is severe, by one value or several", async () => {
    const severities = async (filter: string): Promise<string[]> => {
      const { data, errors } = await api.ask(
        acme.admin,
        `{ auditEvents(first: 100, filter: {severity: {${filter}}}) { nodes { severity } } }`,
      );
      expect(errors).toEqual([]);
      return [
        ...new Set<string>(data.auditEvents.nodes.map(({ severity }: { severity: string }) => severity)),
      ].sort();
    };
    await database.admin.query("select audit.record_event('audit.fields_erased', $1)", [acme.tenantId]);
    expect(await severities("equalTo: HIGH")).toEqual(["HIGH"]);
    expect(await severities("equalTo: INFORMATIONAL")).toEqual(["INFORMATIONAL"]);
    expect(await severities("in: [HIGH, CRITICAL]")).toEqual(["CRITICAL", "HIGH"]);
    expect(await severities("equalTo: HIGH, in: [CRITICAL]")).toEqual([]);
    expect(await severities("in: []")).toEqual([]);
    expect(
      (
        await api.ask(
          acme.admin,
          `{ auditEvents(filter: {severity: {equalTo: "high' or true --"}}) { nodes { id } } }`,
        )
      ).codes,
    ).toEqual(["INVALID_QUERY"]);
  });
});

describe("nobody writes the catalogue", () => {
  const attempts = [
    "update audit.event_types set severity = 'informational'",
    "delete from audit.event_types",
    "insert into audit.event_types (action, severity, meaning) values ('auth.guessed', 'low', 'x')",
    "truncate audit.event_types",
  ];
  test.each(["rowhouse_app", "rowhouse_auth", "rowhouse_worker", "rowhouse_auditor", "rowhouse_definer"])(
    "not %s",
    async (role) => {
      for (const attempt of attempts) {
        const client = await database.admin.connect();
        try {
          await client.query(`begin; set local role ${role}`);
          await expect(client.query(attempt), attempt).rejects.toMatchObject({ code: "42501" });
        } finally {
          await client.query("rollback");
          client.release();
        }
      }
    },
  );

  test("not a caller, who does not read the table either", async () => {
    for (const attempt of [...attempts, "select from audit.event_types"]) {
      await actingAs(acme.owner).expect(attempt).toBeRefused("42501");
    }
    await actingAs(acme.member).expect("select app.audit_event_types()").toBeRefused("RH403", "view_audit");
    await actingAs(acme.admin).expect("select audit.record_raise()").toBeRefused("42501");
  });
});
