import { createHash } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { createGuest, createGuestKey, PAGE } from "../support/guests.ts";
import { createMember } from "../support/people.ts";
import { seal } from "../support/sealing.ts";
import { buildTenants, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let globex: TenantFixture;
let api: GraphQLHouse;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildTenants(database));
  api = await startGraphQL(database);
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

let since: string;
const now = async (): Promise<string> =>
  (await database.admin.query("select to_json(clock_timestamp()) as now")).rows[0].now;
beforeEach(async () => {
  since = await now();
});

const as = (person: { digest: Buffer }) => ({
  historyOf: (table: string, id: string, given = "first: 20") =>
    api.ask(
      person,
      `query ($record: AuditedRecord!) { auditRecordHistory(record: $record, ${given}) {
         edges { cursor } nodes { id at action actorId actor { displayName } changes } pageInfo { hasNextPage hasPreviousPage } } }`,
      { record: { table, id } },
    ),
  stateOf: (table: string, id: string, at: string) =>
    api.ask(
      person,
      `query ($record: AuditedRecord!, $at: Datetime!) { auditRecordAsOf(record: $record, at: $at) { state row eventId at } }`,
      { record: { table, id }, at },
    ),
});

interface Change {
  readonly action: string;
  readonly changes: Record<string, { before: unknown; after: unknown }>;
}

const changesOf = async (table: string, id: string): Promise<Change[]> =>
  (await as(acme.owner).historyOf(table, id)).data.auditRecordHistory.nodes;

const stateAt = async (table: string, id: string, at: string) =>
  (await as(acme.owner).stateOf(table, id, at)).data.auditRecordAsOf;

/** A conversation that was begun, renamed, archived and deleted, with the moments between. */
async function conversationOf(member: TenantFixture["member"]) {
  const never = await now();
  const begun = await api.ask(
    member,
    `mutation { createConversation(input: {conversation: {title: "Thrust"}}) { conversation { id } } }`,
  );
  const { id } = begun.data.createConversation.conversation;
  const whenOpen = await now();
  const change = async (patch: string) => {
    const { codes } = await api.ask(
      member,
      `mutation { updateConversation(input: {id: "${id}", patch: {${patch}}}) { conversation { id } } }`,
    );
    expect(codes).toEqual([]);
  };
  await change(`title: "Thrust of the engine"`);
  const whenRenamed = await now();
  await change("status: ARCHIVED");
  const whenArchived = await now();
  await database.admin.query("delete from app.messages where conversation_id = $1", [id]);
  await database.admin.query("delete from app.conversations where id = $1", [id]);
  return { id, never, whenOpen, whenRenamed, whenArchived, whenGone: await now() };
}

describe("the history of a record", () => {
  test("is each of its changes with the columns before and after, and whose it was", async () => {
    const { id } = await conversationOf(acme.member);
    await api.ask(acme.admin, `{ conversation(id: "${acme.colleague.conversationId}") { title } }`);
    const { data } = await as(acme.owner).historyOf("app.conversations", id);
    const { nodes } = data.auditRecordHistory;
    expect(nodes.map(({ action }: Change) => action)).toEqual(["insert", "update", "update", "delete"]);
    const [insert, renamed, archived, gone] = nodes;
    expect(insert).toMatchObject({
      actorId: acme.member.userId,
      actor: { displayName: acme.member.name },
      changes: { status: { before: null, after: "open" }, title: { before: null, after: "[redacted]" } },
    });
    expect(renamed.changes).toMatchObject({ title: { before: "[redacted]", after: "[changed]" } });
    expect(Object.keys(renamed.changes).sort()).toEqual(["title", "updated_at"]);
    expect(archived.changes).toMatchObject({ status: { before: "open", after: "archived" } });
    expect(gone.changes).toMatchObject({ status: { before: "archived", after: null } });
    // A value that nobody set is no change.
    expect(insert.changes).not.toHaveProperty("pinned_at");
  });

  test("knows nothing of who read it: that is an event of the record, and no change", async () => {
    const id = acme.member.conversationId;
    await api.ask(acme.admin, `{ conversation(id: "${id}") { title } }`);
    const { rows } = await database.admin.query(
      "select from audit.events where row_id = $1 and action = 'read'",
      [id],
    );
    expect(rows.length).toBeGreaterThan(0);
    expect((await changesOf("app.conversations", id)).map(({ action }) => action)).toEqual(["insert"]);
  });

  test("comes in pages, from either end", async () => {
    const { id } = await conversationOf(acme.member);
    const all = (await changesOf("app.conversations", id)).map(({ action }) => action);
    const page = async (given: string) =>
      (await as(acme.owner).historyOf("app.conversations", id, given)).data.auditRecordHistory;
    const first = await page("first: 3");
    expect(first.nodes.map(({ action }: Change) => action)).toEqual(all.slice(0, 3));
    expect(first.pageInfo).toEqual({ hasNextPage: true, hasPreviousPage: false });
    const rest = await page(`first: 3, after: "${first.edges[2].cursor}"`);
    expect(rest.nodes.map(({ action }: Change) => action)).toEqual(all.slice(3));
    const newest = await page("first: 2, orderBy: AT_DESC");
    expect(newest.nodes.map(({ action }: Change) => action)).toEqual(all.toReversed().slice(0, 2));
    expect((await page("last: 2")).nodes.map(({ action }: Change) => action)).toEqual(all.slice(-2));
  });

  test("is in SQL what it is in GraphQL, a line for each column", async () => {
    const { id } = await conversationOf(acme.member);
    const client = await database.admin.connect();
    try {
      await client.query("begin; set local role rowhouse_auditor");
      const { rows } = await client.query(
        `select id, action, jsonb_object_agg(column_name, jsonb_build_object('before', before, 'after', after)) as changes
         from audit.record_history($1, 'app.conversations', $2) group by id, action, at order by at, id`,
        [acme.tenantId, id],
      );
      const { nodes } = (await as(acme.owner).historyOf("app.conversations", id)).data.auditRecordHistory;
      expect(rows).toEqual(
        nodes.map(({ id, action, changes }: Change & { id: string }) => ({ id, action, changes })),
      );
      const { rows: state } = await client.query(
        `select state, "row" from audit.record_as_of($1, 'app.conversations', $2, 'infinity')`,
        [acme.tenantId, id],
      );
      expect(state).toEqual([{ state: "deleted", row: null }]);
    } finally {
      await client.query("rollback");
      client.release();
    }
  });
});

describe("a record as of a time", () => {
  test("is null before it was there and after it was gone, and says which", async () => {
    const { id, never, whenOpen, whenArchived, whenGone } = await conversationOf(acme.member);
    const [insert, , archived, gone] = await changesOf("app.conversations", id);
    expect(await stateAt("app.conversations", id, never)).toMatchObject({
      state: "ABSENT",
      row: null,
      eventId: (insert as unknown as { id: string }).id,
    });
    expect(await stateAt("app.conversations", id, whenOpen)).toMatchObject({
      state: "PRESENT",
      row: { id, status: "open", user_id: acme.member.userId, pinned_at: null },
    });
    expect(await stateAt("app.conversations", id, whenArchived)).toMatchObject({
      state: "PRESENT",
      row: { status: "archived" },
      eventId: (archived as unknown as { id: string }).id,
    });
    expect(await stateAt("app.conversations", id, whenGone)).toMatchObject({
      state: "DELETED",
      row: null,
      eventId: (gone as unknown as { id: string }).id,
    });
  });

  test("holds no word that the trail withholds, and does not tell a change for a value", async () => {
    const { id, whenRenamed } = await conversationOf(acme.member);
    const { row } = await stateAt("app.conversations", id, whenRenamed);
    expect(row.title).toBe("[redacted]");
  });

  test("is not made up where the trail says nothing of it", async () => {
    expect(await stateAt("app.conversations", acme.tenantId, since)).toEqual({
      state: "UNRECORDED",
      row: null,
      eventId: null,
      at: null,
    });
    // A row that was there before anybody watched: its first event is an update.
    const client = await database.admin.connect();
    await client.query("begin; set local session_replication_role = replica");
    const { rows } = await client.query(
      "insert into app.roles (tenant_id, name, permissions) values ($1, 'unwatched', '{chat}') returning id",
      [acme.tenantId],
    );
    await client.query("commit");
    client.release();
    const between = await now();
    await database.admin.query("update app.roles set name = 'watched' where id = $1", [rows[0].id]);
    expect(await stateAt("app.roles", rows[0].id, between)).toMatchObject({ state: "UNRECORDED", row: null });
    expect(await stateAt("app.roles", rows[0].id, await now())).toMatchObject({
      state: "PRESENT",
      row: { name: "watched" },
    });
  });

  test("says what was erased on request", async () => {
    const { rows: made } = await database.admin.query(
      "insert into app.teams (tenant_id, name) values ($1, 'Falcons') returning id",
      [acme.tenantId],
    );
    await seal(database);
    const { rows } = await database.admin.query(
      "select id, tenant_id from audit.events where row_id = $1 and action = 'insert'",
      [made[0].id],
    );
    const client = await database.admin.connect();
    await client.query("begin; set local role rowhouse_owner");
    await client.query("select audit.erase_fields($1, $2, '{new_row.name}', 'Asked for it')", [
      rows[0].tenant_id,
      rows[0].id,
    ]);
    await client.query("reset role; commit");
    client.release();
    expect(await stateAt("app.teams", made[0].id, await now())).toMatchObject({
      state: "PRESENT",
      row: { name: "[erased]" },
    });
    const [insert] = await changesOf("app.teams", made[0].id);
    expect(insert!.changes.name).toEqual({ before: null, after: "[erased]" });
    await database.admin.query("delete from app.teams where id = $1", [made[0].id]);
  });

  // What the trail withholds and what moves by itself is all that it may lack.
  test("is now what its table holds, for every row of every tracked table", async () => {
    await conversationOf(acme.member);
    await createMember(database, { tenant: acme, role: "member" });
    const { rows: tables } = await database.admin.query<{
      name: string;
      tenant: string;
      key: string;
      kept: string[];
      withheld: string[];
      clocks: string[];
    }>(
      `select tgrelid::regclass::text as name, part[1] as tenant, (string_to_array(part[2], ','))[cardinality(string_to_array(part[2], ','))] as key,
         string_to_array(part[3], ',') as kept, string_to_array(part[4], ',') as withheld, string_to_array(part[5], ',') as clocks
       from pg_trigger cross join lateral (select string_to_array(encode(tgargs, 'escape'), '\\000') as part) as call
       where tgname = 'audit_changes'`,
    );
    let compared = 0;
    for (const { name, tenant, key, kept, withheld, clocks } of tables) {
      const { rows } = await database.admin.query(
        `select source.state, source.kept, trail.state as told, trail."row" - $2::text[] as row
         from (
           select audit.redact(to_jsonb(own), $1, $3) - $2::text[] as kept, to_jsonb(own) ->> $4 as id, 'present' as state,
             coalesce((to_jsonb(own) ->> $5)::uuid, audit.platform()) as tenant
           from ${name} as own
         ) as source
         cross join lateral audit.record_as_of(source.tenant, $6, source.id, 'infinity') as trail
         where exists (select from audit.events where tenant_id = source.tenant and table_name = $6 and row_id = source.id
           and action = 'insert')`,
        [kept, clocks, withheld, key, tenant, name],
      );
      for (const { state, kept: held, told, row } of rows)
        expect({ state: told, row }, name).toEqual({ state, row: held });
      compared += rows.length;
    }
    expect(compared).toBeGreaterThan(100);
  });
});

describe("whoever asks for it", () => {
  test("is in the trail, once for a request, with how many events they saw", async () => {
    const { id, whenOpen } = await conversationOf(acme.member);
    const history = await as(acme.owner).historyOf("app.conversations", id);
    const state = await as(acme.owner).stateOf("app.conversations", id, whenOpen);
    const { rows } = await database.admin.query(
      "select actor_id, detail from audit.events where action = 'audit.read' and at > $1 order by at",
      [since],
    );
    const ids = history.data.auditRecordHistory.nodes.map((event: { id: string }) => event.id).sort();
    const { eventId } = state.data.auditRecordAsOf;
    expect(rows).toEqual([
      { actor_id: acme.owner.userId, detail: { events: 4, first: ids[0], last: ids[3] } },
      { actor_id: acme.owner.userId, detail: { events: 1, first: eventId, last: eventId } },
    ]);
  });

  test("for its state alone, or for the changes alone, is in the trail too", async () => {
    const record = `record: {table: "app.conversations", id: "${acme.member.conversationId}"}`;
    await api.ask(acme.owner, `{ auditRecordAsOf(${record}, at: "2100-01-01T00:00:00Z") { state } }`);
    await api.ask(acme.owner, `{ auditRecordHistory(${record}) { nodes { changes } } }`);
    const { rows } = await database.admin.query(
      "select detail -> 'events' as events from audit.events where action = 'audit.read' and at > $1",
      [since],
    );
    expect(rows).toEqual([{ events: 1 }, { events: 1 }]);
  });

  test("without view_audit sees no history, and is refused a state", async () => {
    const { conversationId } = acme.member;
    const guest = await createGuest(database, acme);
    for (const person of [acme.member, acme.viewer, guest]) {
      const history = await as(person).historyOf("app.conversations", conversationId);
      expect(history.data.auditRecordHistory.nodes).toEqual([]);
      const state = await as(person).stateOf("app.conversations", conversationId, await now());
      expect(state.codes).toEqual(["PERMISSION_DENIED"]);
      expect(state.errors[0]!.extensions.permission).toBe("view_audit");
    }
    expect(
      (await api.ask(null, `{ auditRecordHistory(record: {table: "x", id: "y"}) { nodes { id } } }`)).codes,
    ).toEqual(["CREDENTIAL_MISSING"]);
  });

  test("with a key that is for a page, or that was not given the right, is refused as well", async () => {
    const { key } = await createGuestKey(database, acme.tenantId);
    const asked = "select app.audit_record_as_of('app.conversations', 'x', now())";
    const digest = createHash("sha256").update(key).digest();
    const publishable = { digest, facts: { ip: "192.0.2.1", origin: PAGE } };
    await actors(database.app)(publishable).expect(asked).toBeRefused("RH403", "view_audit");
    await actors(database.app)(publishable).expect("select from app.audit_events").toReach(0);
    const { rows } = await database.admin.query(
      `insert into auth.api_keys (tenant_id, user_id, name, digest, scopes)
       values ($1, $2, 'Without it', sha256($3), '{chat}') returning id`,
      [acme.tenantId, acme.owner.userId, createHash("sha256").update("its digest").digest()],
    );
    expect(rows).toHaveLength(1);
    const narrow = { digest: createHash("sha256").update("its digest").digest() };
    await actors(database.app)(narrow).expect(asked).toBeRefused("RH403", "view_audit");
  });

  test("about another company's record hears what is said of one that never was", async () => {
    const { conversationId } = acme.member;
    const history = await as(globex.owner).historyOf("app.conversations", conversationId);
    expect(history.data.auditRecordHistory.nodes).toEqual([]);
    const state = await as(globex.owner).stateOf("app.conversations", conversationId, await now());
    expect(state.data.auditRecordAsOf).toEqual({ state: "UNRECORDED", row: null, eventId: null, at: null });
    // In SQL the tenant is an argument; what another's rows are, row security says.
    await expect(
      actors(database.app)(globex.owner).rows(
        `select state, "row" from audit.record_as_of($1, 'app.conversations', $2, 'infinity')`,
        [acme.tenantId, conversationId],
      ),
    ).resolves.toEqual([{ state: "unrecorded", row: null }]);
    await actors(database.app)(acme.member)
      .expect(
        `select from audit.record_as_of($1, 'app.conversations', $2, 'infinity') where state <> 'unrecorded'`,
        [acme.tenantId, conversationId],
      )
      .toReach(0);
  });

  test("outside the door learns nothing; who signs people in and who runs jobs is refused", async () => {
    const asked = `select (app.audit_record_as_of('app.conversations', '${acme.member.conversationId}', now())).state`;
    await expect(actors(database.app)(null).rows(asked)).resolves.toEqual([{ state: "unrecorded" }]);
    for (const pool of [database.auth, database.worker]) {
      for (const sql of [
        asked,
        "select audit.record_as_of(null, 'app.conversations', 'x', now())",
        "select audit.record_history(null, 'app.conversations', 'x')",
        "select from audit.event_log",
      ])
        await expect(pool.query(sql), sql).rejects.toMatchObject({ code: "42501" });
    }
    await actors(database.app)(acme.owner)
      .expect("select audit.record_history(null, 'x', 'y')")
      .toBeRefused("42501");
    await actors(database.app)(acme.owner).expect("select from audit.event_log").toBeRefused("42501");
  });

  test("gives a table, a key and a moment that can be read", async () => {
    const odd = await as(acme.owner).stateOf("no such table", "\u{1F680}'; drop", await now());
    expect(odd.data.auditRecordAsOf.state).toBe("UNRECORDED");
    const bad = await as(acme.owner).stateOf("app.roles", "x", "the day before");
    expect(bad.codes).toEqual(["INVALID_INPUT"]);
    const nothing = await api.ask(acme.owner, "{ auditRecordHistory(record: null) { nodes { id } } }");
    expect(nothing.codes).toEqual(["INVALID_QUERY"]);
  });
});
