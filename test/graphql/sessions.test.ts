import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { createMember, createSession } from "../support/people.ts";
import { buildTenants, type TenantFixture, type TenantMember } from "../support/tenants.ts";

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

const whoAmI = "{ me { id } myTenant { id } }";

describe("on the very next request with the same credential", () => {
  const change = (sql: string, values: unknown[]) => database.admin.query(sql, values);
  const fresh = () => createMember(database, { tenant: acme, role: "member" });

  async function expectShut(person: { digest: Buffer }, detail: string, code = detail): Promise<void> {
    api.refusals.length = 0;
    const { status, codes, headers, data } = await api.ask(person, whoAmI);
    expect([status, new Set(codes)]).toEqual([401, new Set([code.toUpperCase()])]);
    expect(data).toEqual({ me: null, myTenant: null });
    expect(headers.get("www-authenticate")).toMatch(/^Bearer /);
    expect(api.refusals).toEqual([["RH401", detail]]);
  }
  const expectOpen = async (person: { digest: Buffer; userId: string }) =>
    expect((await api.ask(person, "{ me { id } }")).data).toEqual({ me: { id: person.userId } });

  test("signing out bites", async () => {
    const person = await fresh();
    await expectOpen(person);
    await database.auth.query("select auth.end_sessions($1, 'current', '{}')", [person.digest]);
    await expectShut(person, "ended", "session_ended");
  });

  test("age bites", async () => {
    const person = await fresh();
    await expectOpen(person);
    await change("update auth.sessions set expires_at = now() where id = $1", [person.sessionId]);
    await expectShut(person, "expired", "credential_expired");
  });

  test("another browser is told that it is another browser", async () => {
    const person = await fresh();
    await expectOpen(person);
    await change("update auth.sessions set user_agent = 'Firefox' where id = $1", [person.sessionId]);
    await expectShut(person, "fingerprint_mismatch");
    const { errors } = await api.ask(person, whoAmI);
    expect(errors[0]!.message).toMatch(/another browser/);
  });

  test("a ban bites", async () => {
    const person = await fresh();
    await expectOpen(person);
    await change("update app.users set status = 'banned' where id = $1", [person.userId]);
    await expectShut(person, "user_banned");
  });

  test("a suspended or removed membership bites", async () => {
    for (const status of ["suspended", "removed"]) {
      const person = await fresh();
      await expectOpen(person);
      await change("update app.memberships set status = $2 where id = $1", [person.membershipId, status]);
      await expectShut(person, `membership_${status}`);
    }
  });

  test("a suspended tenant bites, and an active one lets in again", async () => {
    await expectOpen(globex.member);
    await change("update app.tenants set status = 'suspended' where id = $1", [globex.tenantId]);
    await expectShut(globex.member, "tenant_suspended");
    await change("update app.tenants set status = 'active' where id = $1", [globex.tenantId]);
    await expectOpen(globex.member);
  });

  test("another role bites, both ways", async () => {
    const person = await fresh();
    const begin = () =>
      api.ask(person, `mutation { createConversation(input: {conversation: {}}) { conversation { id } } }`);
    const become = (role: string) =>
      change("update app.memberships set role_id = $2 where id = $1", [person.membershipId, role]);
    expect((await begin()).codes).toEqual([]);
    await become(acme.roleIds.viewer);
    expect((await begin()).codes).toEqual(["PERMISSION_DENIED"]);
    await become(acme.roleIds.member);
    expect((await begin()).codes).toEqual([]);
  });
});

test("an unknown credential is 401, and nothing of it runs", async () => {
  const stranger = { digest: createHash("sha256").update("stranger").digest() };
  const { status, codes } = await api.ask(
    stranger,
    `mutation { createConversation(input: {conversation: {title: "stranger"}}) { conversation { id } } }`,
  );
  expect([status, codes]).toEqual([401, ["CREDENTIAL_UNKNOWN"]]);
  expect(
    (await database.admin.query("select from app.conversations where title = 'stranger'")).rowCount,
  ).toBe(0);
});

test("no credential is 401 before anything is parsed", async () => {
  const { status, codes } = await api.post(null, JSON.stringify({ query: "{ rubbish" }));
  expect([status, codes]).toEqual([401, ["CREDENTIAL_MISSING"]]);
});

test("in development nobody may look at the schema, and at no row", async () => {
  const development = await startGraphQL(database, { environment: "development" });
  try {
    const { status, codes, data } = await development.ask(
      null,
      "{ me { id } conversations { nodes { id } } permissions { nodes { name } } }",
    );
    expect([status, codes, data]).toEqual([401, ["CREDENTIAL_MISSING"], undefined]);
  } finally {
    await development.close();
  }
});

describe("one connection for everybody", () => {
  let single: GraphQLHouse;
  beforeAll(async () => {
    single = await startGraphQL(database, { poolSize: 1 });
  });
  afterAll(() => single.close());

  const seen = async (person: TenantMember) => {
    const { data } = await single.ask(person, "{ me { id } myTenant { id } conversations { nodes { id } } }");
    return [data.me.id, data.myTenant.id, data.conversations.nodes.map(({ id }: { id: string }) => id)];
  };
  const own = (person: TenantMember) => [person.userId, person.tenantId, [person.conversationId]];

  test("after another tenant's request it serves this one's rows", async () => {
    for (const person of [globex.colleague, acme.colleague, globex.colleague]) {
      expect(await seen(person)).toEqual(own(person));
    }
  });

  test("after an error, a refusal, a shut door, it serves whose turn it is", async () => {
    const id = "00000000-0000-7000-8000-000000000000";
    for (const [person, query] of [
      [acme.member, `{ permission(name: "none") { name } }`],
      [acme.viewer, "mutation { createConversation(input: {conversation: {}}) { clientMutationId } }"],
      [
        acme.member,
        `mutation { createMessage(input: {message: {content: "", conversationId: "${id}"}}) { clientMutationId } }`,
      ],
      [{ digest: Buffer.alloc(32, 9) }, whoAmI],
    ] as const) {
      expect((await single.ask(person, query)).codes.length).toBeGreaterThan(0);
      expect(await seen(globex.colleague)).toEqual(own(globex.colleague));
    }
  });

  test("a person in two tenants is in the one of the credential", async () => {
    const person = await createMember(database, { tenant: globex, role: "admin", person: acme.colleague });
    const inAcme = await createSession(database, acme.colleague, "acme");
    for (const [credential, tenantId] of [
      [person, globex.tenantId],
      [inAcme, acme.tenantId],
      [person, globex.tenantId],
    ] as const) {
      const { data } = await single.ask(credential, "{ myTenant { id } memberships { nodes { id } } }");
      expect(data.myTenant.id).toBe(tenantId);
      const { rows } = await database.admin.query(
        "select id from app.memberships where tenant_id = $1 order by id",
        [tenantId],
      );
      expect(data.memberships.nodes).toEqual(rows);
    }
  });
});

test("500 requests of two tenants, a hundred at a time, see no row of the other", async () => {
  const people = [acme, globex].flatMap((home) =>
    [home.owner, home.admin, home.member, home.viewer].map((person) => ({ home, person })),
  );
  const { rows } = await database.admin.query(
    `select tenant_id, id from app.conversations union all select tenant_id, id from app.memberships
     union all select tenant_id, id from app.messages union all select tenant_id, id from app.roles`,
  );
  const tenantOf = new Map(rows.map(({ tenant_id, id }) => [id, tenant_id]));
  const query = `{
    myTenant { id }
    conversations { nodes { id member { id } messages { nodes { id } } } }
    memberships { nodes { id role { id } } }
    other: conversation(id: "OTHER") { id }
  }`;

  let rowsSeen = 0;
  const answers: unknown[] = [];
  // More at once than a pool can serve within its patience are refused (src/database/fair_share.ts).
  for (let asked = 0; asked < 500; asked += 100) {
    const hundred = Array.from({ length: 100 }, async (_, n) => {
      const { home, person } = people[n % people.length]!;
      const other = (home === acme ? globex : acme).member.conversationId;
      const answer = await api.ask(person, query.replace("OTHER", other));
      const ids: string[] = [];
      JSON.stringify({ ...answer.data, myTenant: null }, (key, value) => {
        if (key === "id") ids.push(value);
        return value;
      });
      rowsSeen += ids.length;
      return {
        tenant: answer.data.myTenant.id === home.tenantId,
        codes: answer.codes,
        foreign: ids.filter((id) => tenantOf.get(id) !== home.tenantId),
      };
    });
    answers.push(...(await Promise.all(hundred)));
  }
  expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(
    new Set([JSON.stringify({ tenant: true, codes: ["NOT_FOUND"], foreign: [] })]),
  );
  expect(rowsSeen).toBeGreaterThan(500 * 10);
});
