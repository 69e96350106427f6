import { randomBytes } from "node:crypto";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { inDoor } from "../../support/in_door.ts";
import { createPerson } from "../../support/people.ts";
import { buildTenants, type TenantFixture, type TenantMember } from "../../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
});
afterAll(() => database.drop());

/** A line of the answer. */
interface Line {
  readonly side: string;
  readonly policy: string | null;
  readonly condition: string | null;
  readonly value: boolean | null;
  readonly verdict: string;
  readonly explanation: string;
}

/** Asks as somebody who holds rowhouse_auditor and nothing else. */
async function asAuditor<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await database.admin.connect();
  try {
    await client.query("set role rowhouse_auditor");
    return await work(client);
  } finally {
    client.release(true);
  }
}

interface Question {
  readonly table: string;
  readonly key: Readonly<Record<string, unknown>>;
  readonly person: TenantMember | null;
  readonly command: string;
  readonly change?: Readonly<Record<string, unknown>>;
}

const why = ({ table, key, person, command, change }: Question): Promise<Line[]> =>
  asAuditor(
    async (client) =>
      (
        await client.query<Line>("select * from inspect.why($1, $2, $3, $4, $5, $6)", [
          table,
          key,
          person?.userId ?? null,
          person?.tenantId ?? null,
          command,
          change ?? null,
        ])
      ).rows,
  );

const verdict = async (question: Question): Promise<string> => (await why(question)).at(-1)!.verdict;

describe("the verdict is what really happens", () => {
  /** The row, and the statement that tries the command on it. */
  const subjects = {
    "app.conversations": {
      key: (person: TenantMember) => ({ tenant_id: person.tenantId, id: person.conversationId }),
      update: "update app.conversations set status = 'archived' where id = $1",
    },
    "app.user_preferences": {
      key: (person: TenantMember) => ({ tenant_id: person.tenantId, id: person.preferencesId }),
      update: "update app.user_preferences set tone = 'formal' where id = $1",
    },
    "app.memberships": {
      key: (person: TenantMember) => ({ tenant_id: person.tenantId, id: person.membershipId }),
      update: "update app.memberships set display_name = 'Somebody' where id = $1",
    },
    "app.messages": {
      key: (person: TenantMember) => ({ tenant_id: person.tenantId, id: person.messageId }),
      update: "update app.messages set content = 'No' where id = $1",
    },
  } as const;

  const people = ["owner", "admin", "member", "viewer"] as const;
  for (const [table, subject] of Object.entries(subjects)) {
    for (const who of people) {
      for (const command of ["select", "update", "delete"] as const) {
        test(`${who}: ${command} on ${table}, one's own, a colleague's, another tenant's`, async () => {
          const person = acme[who];
          const statement =
            command === "update"
              ? subject.update
              : `${command === "select" ? "select id" : "delete"} from ${table} where id = $1`;
          for (const whose of [person, acme.colleague, globex.member]) {
            const key = subject.key(whose);
            const outcome = await inDoor(database.app, person, statement, [key.id], false);
            // The foreign keys of what hangs on a row speak after row security did.
            const real =
              "refusal" in outcome
                ? outcome.refusal.code === "23503"
                  ? "allowed"
                  : "refused"
                : outcome.count === 0
                  ? "invisible"
                  : command === "select"
                    ? "visible"
                    : "allowed";
            expect(await verdict({ table, key, person, command }), `${whose.name}`).toBe(real);
          }
        });
      }
    }
  }

  test("inserts: with the permission, without it, and into another tenant", async () => {
    const insert = (person: TenantMember, row: Readonly<Record<string, unknown>>) =>
      verdict({ table: "app.conversations", key: row, person, command: "insert" });
    expect(await insert(acme.member, { title: "Mine" })).toBe("allowed");
    expect(await insert(acme.viewer, { title: "Mine" })).toBe("refused");
    expect(await insert(acme.member, { title: "Theirs", tenant_id: globex.tenantId })).toBe("refused");
    expect(await insert(acme.member, { title: "A colleague's", user_id: acme.colleague.userId })).toBe(
      "refused",
    );
  });

  test("a move to another tenant is refused by the check", async () => {
    const question = {
      table: "app.conversations",
      key: { id: acme.member.conversationId },
      person: acme.member,
      command: "update",
    };
    expect(await verdict(question)).toBe("allowed");
    expect(await verdict({ ...question, change: { tenant_id: globex.tenantId } })).toBe("refused");
  });

  test("the trail is visible to whoever holds view_audit, and to nobody else", async () => {
    const { rows } = await database.admin.query<{ id: string; at: Date }>(
      "select id, at from audit.events where tenant_id = $1 limit 1",
      [acme.tenantId],
    );
    const seen = (person: TenantMember) =>
      verdict({ table: "audit.events", key: { id: rows[0]!.id }, person, command: "select" });
    expect(await seen(acme.admin)).toBe("visible");
    expect(await seen(acme.member)).toBe("invisible");
    expect(await seen(globex.admin)).toBe("invisible");
  });
});

describe("the explanation", () => {
  test("names each policy and each condition with its value", async () => {
    const lines = await why({
      table: "app.conversations",
      key: { id: acme.colleague.conversationId },
      person: acme.member,
      command: "select",
    });
    expect(lines.map(({ side, policy, condition, value }) => [side, policy, condition, value])).toEqual([
      ["grant", null, "grant select on app.conversations to rowhouse_app", true],
      ["using", "nothing crosses the wall", "tenant_id = (select context.tenant_id())", true],
      ["using", "nothing crosses the wall", "tenant_id = (select context.unverified_tenant_id())", true],
      [
        "using",
        "holders of view_all_chats read every conversation",
        "tenant_id = (select context.tenant_where('view_all_chats'))",
        null,
      ],
      ["using", "holders of view_all_chats read every conversation", "deleted_at IS NULL", true],
      [
        "using",
        "members of a team read its conversations",
        "team_id = ANY ((select context.teams('chat'))::uuid[])",
        null,
      ],
      ["using", "members of a team read its conversations", "deleted_at IS NULL", true],
      [
        "using",
        "members read their own conversations",
        "user_id = (select context.user_where('chat'))",
        false,
      ],
      ["using", "members read their own conversations", "team_id IS NULL", true],
      [
        "using",
        "members read their own conversations",
        "team_id = ANY ((select context.teams())::uuid[])",
        null,
      ],
      ["verdict", null, null, false],
    ]);
    expect(lines[7]!.explanation).toBe('user_id is the caller, where they hold "chat": no');
    expect(lines.at(-1)).toMatchObject({
      verdict: "invisible",
      explanation: "no permissive policy holds (using)",
    });
  });

  test("names the permission that is missing", async () => {
    const lines = await why({
      table: "app.conversations",
      key: { title: "Mine" },
      person: acme.viewer,
      command: "insert",
    });
    expect(lines.at(-1)!.explanation).toContain("raises RH403 chat");
  });

  test("stops at the grant where there is none", async () => {
    const lines = await why({
      table: "app.messages",
      key: { id: acme.member.messageId },
      person: acme.member,
      command: "delete",
    });
    expect(lines[0]).toMatchObject({ side: "grant", value: false, verdict: "refused" });
    expect(lines.at(-1)).toMatchObject({ verdict: "refused", explanation: "no grant" });
  });

  test("stops at the door where it does not open", async () => {
    const stranger = await createPerson(database);
    const lines = await why({
      table: "app.tenants",
      key: { id: acme.tenantId },
      person: { ...acme.member, userId: stranger.userId },
      command: "select",
    });
    expect(lines.map(({ side, explanation }) => [side, explanation])).toEqual([
      ["door", "the door does not open: not a member of the tenant (RH401)"],
    ]);
  });

  test("nobody sees anything without the door", async () => {
    expect(
      await verdict({
        table: "app.conversations",
        key: { id: acme.member.conversationId },
        person: null,
        command: "select",
      }),
    ).toBe("invisible");
  });

  test("a row that is not there is told from one that is hidden", async () => {
    expect(
      await verdict({
        table: "app.conversations",
        key: { id: "00000000-0000-0000-0000-000000000000" },
        person: acme.admin,
        command: "select",
      }),
    ).toBe("no such row");
  });
});

describe("it is no hole", () => {
  const ask = "select * from inspect.why('app.conversations', $1, $2, $3, 'select')";

  test("only auditors may ask", async () => {
    for (const pool of [database.app, database.auth, database.worker]) {
      const asked = pool.query(ask, [{ id: acme.member.conversationId }, acme.member.userId, acme.tenantId]);
      await expect(asked).rejects.toMatchObject({ code: "42501" });
    }
  });

  test("it leaves no context behind, and puts the one that was there back", async () => {
    await asAuditor(async (client) => {
      await client.query("begin");
      await client.query(ask, [{ id: acme.member.conversationId }, acme.member.userId, acme.tenantId]);
      const left = await client.query(
        "select coalesce(current_setting('rowhouse.context', true), '') as context",
      );
      expect(left.rows[0].context).toBe("");
      await client.query("rollback");
    });
  });

  test("asking by content is refused: only the primary key names a row", async () => {
    const { rows } = await database.admin.query("select title from app.conversations where id = $1", [
      acme.member.conversationId,
    ]);
    await asAuditor(async (client) => {
      const asked = client.query(ask, [{ title: rows[0].title }, acme.member.userId, acme.tenantId]);
      await expect(asked).rejects.toMatchObject({ code: "RH400" });
    });
  });

  test("it says nothing of what is in the row", async () => {
    const secret = `secret ${randomBytes(8).toString("hex")}`;
    await database.admin.query("update app.conversations set title = $2 where id = $1", [
      acme.member.conversationId,
      secret,
    ]);
    for (const command of ["select", "update", "delete"]) {
      const key = { id: acme.member.conversationId };
      const lines = await why({ table: "app.conversations", key, person: acme.owner, command });
      expect(JSON.stringify(lines)).not.toContain(secret);
    }
  });

  test("tables outside app and audit are refused", async () => {
    for (const table of [
      "auth.passwords",
      "context.seal_keys",
      "pg_catalog.pg_authid",
      "app.audit_events",
      "nothing",
    ]) {
      const asked = why({ table, key: { id: acme.owner.userId }, person: acme.owner, command: "select" });
      await expect(asked, table).rejects.toMatchObject({ code: "RH400" });
    }
  });

  test("each use is in the trail of the tenant, with who asked about what", async () => {
    const key = { id: acme.viewer.conversationId };
    await why({ table: "app.conversations", key, person: acme.viewer, command: "select" });
    const { rows } = await database.admin.query(
      "select tenant_id, detail from audit.events where action = 'inspect.why' and detail -> 'key' = $1",
      [key],
    );
    expect(rows).toEqual([
      {
        tenant_id: acme.tenantId,
        detail: { table: "app.conversations", key, command: "select", as_user: acme.viewer.userId },
      },
    ]);
  });

  test("the definer sees conversations in no other context", async () => {
    const client = await database.admin.connect();
    try {
      await client.query("begin; set local role rowhouse_definer");
      for (const table of ["app.conversations", "app.messages", "app.user_preferences", "audit.events"]) {
        const { rows } = await client.query(`select count(*)::int as count from ${table}`);
        expect(rows[0].count, table).toBe(0);
      }
    } finally {
      await client.query("rollback");
      client.release();
    }
  });
});

describe("inspect.who_can", () => {
  test("a permission: the roles of each tenant that hold it, and how many members that is", async () => {
    const { rows } = await asAuditor((client) =>
      client.query("select who, members::int from inspect.who_can('view_all_chats') order by who"),
    );
    expect(rows).toEqual([
      { who: "acme: admin", members: 2 },
      { who: "globex: admin", members: 2 },
    ]);
  });

  test("a table: the roles that reach it, and on which condition", async () => {
    const { rows } = await asAuditor((client) =>
      client.query("select who, condition, permissions from inspect.who_can('app.conversations', 'delete')"),
    );
    expect(rows).toEqual([
      {
        who: "rowhouse_app",
        condition:
          "((tenant_id = (select context.tenant_id())) AND (tenant_id = (select context.unverified_tenant_id()))) AND ((tenant_id = (select context.tenant_requiring('chat'))) AND (user_id = (select context.user_id())) AND ((team_id IS NULL) OR (team_id = ANY ((select context.teams())::uuid[]))))",
        permissions: ["chat"],
      },
      {
        who: "rowhouse_definer",
        condition:
          "((user_id = (select context.user_id())) OR (tenant_id = (select context.tenant_in_erasure()))) OR (deleted_at <= ( SELECT (now() - '30 days'::interval)))",
        permissions: [],
      },
    ]);
  });

  test("neither a table nor a permission: says so", async () => {
    const asked = asAuditor((client) => client.query("select * from inspect.who_can('nonsense')"));
    await expect(asked).rejects.toMatchObject({ code: "RH400" });
  });
});

test("a person to whom rowhouse_auditor was granted asks under their own login, and is recorded", async () => {
  const client = await database.admin.connect();
  try {
    // A role belongs to the whole server: made and used in one transaction, no other test sees it.
    await client.query("begin");
    await client.query("create role the_auditor in role rowhouse_auditor");
    await client.query("set local session authorization the_auditor");
    const { rows } = await client.query("select verdict from inspect.why('app.conversations', $1, $2, $3)", [
      { tenant_id: acme.tenantId, id: acme.member.conversationId },
      acme.member.userId,
      acme.tenantId,
    ]);
    expect(rows.length).toBeGreaterThan(0);
    const { rows: record } = await client.query(
      "select database_role, actor_kind from audit.events where action = 'inspect.why' order by at desc limit 1",
    );
    expect(record).toEqual([{ database_role: "the_auditor", actor_kind: "system" }]);
  } finally {
    await client.query("rollback");
    client.release(true);
  }
});
