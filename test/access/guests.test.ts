import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { actors } from "../support/acting_as.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createGuest } from "../support/guests.ts";
import {
  buildVisitedTenants,
  type Line,
  SUBJECTS,
  tryMatrix,
  type VisitedTenant,
  WHO,
} from "../support/policy_matrix.ts";

let database: TestDatabase;
let acme: VisitedTenant;
let globex: VisitedTenant;
let lines: Line[];
let actingAs: ReturnType<typeof actors>;

beforeAll(async () => {
  database = await createDatabase();
  ({ acme, globex } = await buildVisitedTenants(database));
  lines = await tryMatrix(database.app, acme, globex);
  actingAs = actors(database.app);
});
afterAll(() => database.drop());

/** Everything that a guest may do, table by table: what is not here reaches nothing, or is refused. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  documents: ["select own", "insert", "update own", "delete own"],
  document_versions: ["select own"],
  document_contents: ["select own"],
  document_chunks: ["select own"],
  user_profiles: ["select own", "delete own"],
  share_links: ["select own"], // Nobody makes one for a guest; the fixture did.
  memories: ["select own", "insert", "update own", "delete own"],
  tenants: ["select own", "select colleague's"], // The company is the same for both: its name and settings.
  users: ["select own", "update own"],
  permissions: ["select own", "select colleague's", "select other tenant's"], // One catalogue for all.
  webhook_event_types: ["select own", "select colleague's", "select other tenant's"], // And one of these.
  grants: ["select own"], // None is given to a guest; the fixture has one.
  conversations: ["select own", "insert", "update own", "delete own"],
  messages: ["select own", "insert"],
  message_feedback: ["select own", "update own", "delete own"], // The fixture's is on a question, which none is made on.
  model_prices: ["select own", "select colleague's", "select other tenant's"], // One list for all.
  usage_events: ["select own"],
  usage_days: ["select own"],
  user_preferences: ["select own", "update own", "delete own"],
  tenant_preferences: ["select own", "select colleague's"], // How one is spoken to, where one chose nothing.
};

describe("a guest", () => {
  test.each(Object.keys(SUBJECTS))("does with app.%s what they may, and nothing else", (table) => {
    const guest = WHO.indexOf("guest");
    const reached = lines.filter((line) => line.table === table && line.cells[guest] === "yes");
    expect(reached.map(({ attempt }) => attempt)).toEqual(MAY[table] ?? []);
  });

  test("does nothing that a member does not, but for what is theirs to see", () => {
    const [guest, member] = [WHO.indexOf("guest"), WHO.indexOf("member")];
    for (const { table, attempt, cells } of lines) {
      if (cells[guest] === "yes") expect(cells[member], `${attempt} in app.${table}`).toBe("yes");
    }
  });

  test("reads no other guest, neither what they said nor that they are there", async () => {
    const other = await createGuest(database, acme);
    await actingAs(other).rows("insert into app.conversations (title) values ('Where is my parcel?')");
    for (const table of ["conversations", "messages", "user_preferences", "users"]) {
      const mine = table === "users" ? "id" : "user_id";
      const seen = await actingAs(acme.guest).rows(`select distinct ${mine} as whose from app.${table}`);
      expect(seen).toEqual([{ whose: acme.guest.userId }]);
    }
    await actingAs(acme.guest).expect("select from app.my_conversations()").toReach(1);
    await actingAs(acme.guest).expect("select from app.memberships").toReach(0);
    await actingAs(acme.guest)
      .expect("select from app.my_membership() as own where own.id is not null")
      .toReach(0);
  });

  test("is known to the door as one, whatever they do to their context", async () => {
    const [row] = await actingAs(acme.guest).rows(
      "select context.claims() ->> 'kind' as kind, context.member_tenant() as colleagues, context.key_keeper() as keys",
    );
    expect(row).toEqual({ kind: "guest", colleagues: null, keys: null });
    await actingAs(acme.guest)
      .expect(
        `select set_config('rowhouse.context', replace(current_setting('rowhouse.context'), 'guest  ', 'session'), true),
           context.member_tenant()`,
      )
      .toBeRefused("RH403", "broken_seal");
  });

  test("makes no API key, with or without a role, and none for others", async () => {
    const make = (more: string) =>
      actingAs(acme.guest).expect(
        `select * from app.create_api_key('{\\x00}', '{}', 'A key', '{chat}'${more})`,
      );
    await make("").toBeRefused("RH403", "account");
    await make(`, role_id => '${(acme.roleIds as Record<string, string>).guest}'`).toBeRefused(
      "RH403",
      "account",
    );
    await actingAs(acme.guest)
      .expect("insert into auth.api_keys (name, digest, scopes) values ('A key', sha256('x'), '{chat}')")
      .toBeRefused("RH403", "account");
  });

  test("writes nobody's words but their own, and into no conversation but theirs", async () => {
    const into = (
      conversation: string,
      columns = "conversation_id, content",
      values = `'${conversation}', 'x'`,
    ) => actingAs(acme.guest).inVain().expect(`insert into app.messages (${columns}) values (${values})`);
    await into(acme.guest.conversationId).toReach(1);
    await into(acme.member.conversationId).toBeRefused("23503");
    await into(globex.guest.conversationId).toBeRefused("23503");
    await into(
      "",
      "conversation_id, content, role",
      `'${acme.guest.conversationId}', 'x', 'assistant'`,
    ).toBeRefused("42501");
  });

  test("cannot become what they are not by writing to their own row", async () => {
    for (const change of ["is_guest = false", "email = 'ann@example.com'", "status = 'active'"]) {
      await actingAs(acme.guest).expect(`update app.users set ${change}`).toBeRefused("42501");
    }
  });

  test("is let in by nobody who may not make memberships: no function hands out a role", async () => {
    const before = await database.admin.query("select count(*) from app.memberships");
    for (const call of [
      "auth.open_guest",
      "auth.upgrade_guest",
      "auth.become_account",
      "auth.verify_email",
    ]) {
      const { rows } = await database.admin.query(
        `select role, has_function_privilege(role, proc.oid, 'execute') as may
         from pg_proc as proc, unnest('{rowhouse_app,rowhouse_worker,rowhouse_auditor}'::text[]) as role
         where proc.oid::regproc::text = $1`,
        [call],
      );
      expect(rows).toHaveLength(3);
      expect(
        rows.filter(({ may }) => may),
        call,
      ).toEqual([]);
    }
    expect((await database.admin.query("select count(*) from app.memberships")).rows).toEqual(before.rows);
  });
});

describe("the tables say what a guest is", () => {
  const broken = (sql: string) => expect(database.admin.query(sql)).rejects.toMatchObject({ code: "23514" });

  test("a person without an address is a guest, and a guest has none", async () => {
    await broken("insert into app.users (name) values ('Nobody')");
    await broken("insert into app.users (name, email, is_guest) values ('Both', 'both@example.com', true)");
    await broken(`update app.users set email = null where id = '${acme.member.userId}'`);
    await broken(`update app.users set is_guest = true where id = '${acme.member.userId}'`);
    await broken(`update app.users set is_guest = false where id = '${acme.guest.userId}'`);
  });

  test("two guests have no address in common", async () => {
    await createGuest(database, acme);
    const { rowCount } = await database.admin.query("select from app.users where is_guest and email is null");
    expect(rowCount).toBeGreaterThan(1);
  });

  test("only a publishable key lets guests in", async () => {
    await broken(
      `insert into auth.api_keys (tenant_id, user_id, name, digest, scopes, opens_guests)
       values ('${acme.tenantId}', '${acme.member.userId}', 'x', sha256('y'), '{chat}', true)`,
    );
  });

  test("the role of guests is built in, and nobody makes it more", async () => {
    for (const change of ["permissions = '{chat,view_audit}'", "name = 'friend'"]) {
      await actingAs(acme.owner).expect(`update app.roles set ${change} where name = 'guest'`).toReach(0);
    }
    await actingAs(acme.owner).expect("delete from app.roles where name = 'guest'").toReach(0);
    await actingAs(acme.owner)
      .expect("insert into app.roles (name, permissions) values ('guest', '{chat}')")
      .toBeRefused("23505");
  });

  test("a guest gets no other role and no company, and no member becomes a guest", async () => {
    const change = (set: string, of: string) =>
      actingAs(acme.owner).expect(`update app.memberships set ${set} where id = '${of}'`);
    await change(`role_id = '${acme.roleIds.member}'`, acme.guest.membershipId).toBeRefused(
      "RH403",
      "account",
    );
    await change("is_owner = true", acme.guest.membershipId).toBeRefused("RH403", "account");
    const guest = (acme.roleIds as Record<string, string>).guest;
    await change(`role_id = '${guest}'`, acme.member.membershipId).toBeRefused("RH400");
    await actingAs(acme.owner)
      .inVain()
      .expect(`update app.memberships set status = 'removed' where id = '${acme.guest.membershipId}'`)
      .toReach(1);
  });
});
