import { getIntrospectionQuery } from "postgraphile/graphql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { buildTenant, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let api: GraphQLHouse;

beforeAll(async () => {
  database = await createDatabase();
  acme = await buildTenant(database, "acme");
  await database.admin.query(
    `insert into app.conversations (tenant_id, user_id, title)
     select $1, $2, 'number ' || n from generate_series(1, 149) n`,
    [acme.tenantId, acme.member.userId],
  );
  await database.admin.query(
    `insert into app.messages (tenant_id, user_id, conversation_id, content)
     select $1, $2, $3, 'number ' || n from generate_series(1, 149) n`,
    [acme.tenantId, acme.member.userId, acme.member.conversationId],
  );
  api = await startGraphQL(database);
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

/** Refused whole, before anything ran. */
async function expectRefused(
  code: string,
  query: string,
  variables?: Record<string, unknown>,
): Promise<void> {
  const { status, codes, data } = await api.ask(acme.member, query, variables);
  expect([status, codes, data]).toEqual([400, [code], undefined]);
}

describe("pages", () => {
  const sizeOf = async (args: string, field = "conversations", variables?: Record<string, unknown>) => {
    const head = variables ? "query ($n: Int)" : "";
    const { data } = await api.ask(
      acme.member,
      `${head} { page: ${field}${args} { nodes { id } } }`,
      variables,
    );
    return data.page.nodes.length;
  };

  test("have 50 rows if nobody says, 100 at most, and no way around", async () => {
    expect(await sizeOf("")).toBe(50);
    expect(await sizeOf("(first: null)")).toBe(50);
    expect(await sizeOf("(first: $n)", "conversations", {})).toBe(50);
    expect(await sizeOf("(first: $n)", "conversations", { n: null })).toBe(50);
    expect(await sizeOf("(last: null)")).toBe(50);
    expect(await sizeOf("(first: 100)")).toBe(100);
    expect(await sizeOf("(last: 100)")).toBe(100);
    expect(await sizeOf("(first: 0)")).toBe(0);
    expect(await sizeOf("", "myConversations")).toBe(50);
    expect(await sizeOf("(first: 3)", "myConversations")).toBe(3);
  });

  test("of relations, too", async () => {
    const { data } = await api.ask(
      acme.member,
      "query ($id: ID!) { conversation(id: $id) { byDefault: messages { nodes { id } } most: messages(last: 100) { nodes { id } } } }",
      { id: acme.member.conversationId },
    );
    expect(data.conversation.byDefault.nodes).toHaveLength(50);
    expect(data.conversation.most.nodes).toHaveLength(100);
  });

  test("follow one another by cursor", async () => {
    const titles: string[] = [];
    let after: string | null = null;
    for (let page = 0; page < 3; page++) {
      const { data } = await api.ask(
        acme.member,
        "query ($after: Cursor) { conversations(after: $after) { nodes { title } pageInfo { endCursor hasNextPage } } }",
        { after },
      );
      titles.push(...data.conversations.nodes.map(({ title }: { title: string }) => title));
      expect(data.conversations.pageInfo.hasNextPage).toBe(page < 2);
      after = data.conversations.pageInfo.endCursor;
    }
    expect(new Set(titles).size).toBe(150);
  });

  test.each(["first: 101", "first: 1000000", "last: 1000000", "first: -1"])(
    "of %s are refused",
    async (size) => {
      await expectRefused("PAGE_TOO_LARGE", `{ conversations(${size}) { nodes { id } } }`);
      await expectRefused(
        "PAGE_TOO_LARGE",
        `{ myMembership { role { memberships(${size}) { nodes { id } } } } }`,
      );
    },
  );

  test("of a million by variable, by its default, by fragment are refused", async () => {
    await expectRefused("PAGE_TOO_LARGE", "query ($n: Int) { conversations(first: $n) { nodes { id } } }", {
      n: 1_000_000,
    });
    await expectRefused(
      "PAGE_TOO_LARGE",
      "query ($n: Int = 1000000) { conversations(first: $n) { nodes { id } } }",
    );
    await expectRefused(
      "PAGE_TOO_LARGE",
      "{ ...f } fragment f on Query { conversations(first: 1000000) { nodes { id } } }",
    );
  });

  test("of a million are refused although the same document was good with less, and good again afterwards", async () => {
    const page = "query ($n: Int) { conversations(first: $n) { nodes { title } } }";
    for (const _ of [1, 2]) {
      for (const n of [undefined, null, 2]) {
        expect((await api.ask(acme.member, page, { n })).codes).toEqual([]);
      }
      await expectRefused("PAGE_TOO_LARGE", page, { n: 1_000_000 });
    }
  });

  test("are not skipped into by offset", async () => {
    await expectRefused("INVALID_QUERY", "{ conversations(offset: 1000000) { nodes { id } } }");
  });

  test("asked for forwards and backwards at once are no larger than either", async () => {
    expect(await sizeOf("(first: 100, last: 3)")).toBe(3);
    expect(await sizeOf("(first: 3, last: 100)")).toBe(3);
  });

  test("begin at a cursor that is one", async () => {
    const { codes } = await api.ask(acme.member, `{ conversations(after: "rubbish") { nodes { id } } }`);
    expect(codes).toEqual(["INVALID_INPUT"]);
  });
});

describe("queries", () => {
  const cycle = (depth: number): string =>
    depth === 0 ? "id" : `role { memberships(first: 1) { nodes { ${cycle(depth - 1)} } } }`;

  test("as deep as the limit pass, cyclic ones beyond it do not", async () => {
    expect((await api.ask(acme.member, `{ memberships(first: 1) { nodes { ${cycle(3)} } } }`)).codes).toEqual(
      [],
    );
    await expectRefused("TOO_DEEP", `{ memberships(first: 1) { nodes { ${cycle(4)} } } }`);
    await expectRefused("TOO_DEEP", `{ memberships(first: 1) { nodes { ${cycle(60)} } } }`);
  });

  test("deep ones do not hide in fragments", async () => {
    const fragments = Array.from(
      { length: 20 },
      (_, n) => `fragment f${n} on Membership { role { memberships(first: 1) { nodes { ...f${n + 1} } } } }`,
    );
    await expectRefused(
      "TOO_DEEP",
      `{ myMembership { ...f0 } } ${fragments.join(" ")} fragment f20 on Membership { id }`,
    );
  });

  test("fragments that spread one another are no queries", async () => {
    const { status, codes } = await api.ask(
      acme.member,
      "{ myMembership { ...a } } fragment a on Membership { ...b } fragment b on Membership { ...a }",
    );
    expect([status, codes]).toEqual([400, ["INVALID_QUERY"]]);
  });

  test("fragments that double at each step end at the cost", async () => {
    const doubling = Array.from(
      { length: 40 },
      (_, n) => `fragment f${n} on Membership { ...f${n + 1} ... on Membership { ...f${n + 1} } }`,
    );
    const query = `{ myMembership { ...f0 } } ${doubling.join(" ")} fragment f40 on Membership { id }`;
    const began = performance.now();
    await expectRefused("TOO_COSTLY", query);
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  test("also where they ask for nothing that counts in the answer", async () => {
    const doubling = (leaf: string): string =>
      Array.from({ length: 60 }, (_, n) => `fragment f${n} on Conversation { ...f${n + 1} ...f${n + 1} }`)
        .concat(`fragment f60 on Conversation { ${leaf} }`)
        .join("\n");
    for (const [leaf, page] of [
      ["__typename", 1],
      ["id", 0],
    ] as const) {
      await expectRefused(
        "TOO_COSTLY",
        `{ conversations(first: ${page}) { nodes { ...f0 } } }\n${doubling(leaf)}`,
      );
    }
  });

  test("ten root fields pass, an eleventh does not, whatever it is called", async () => {
    const roots = (count: number) => Array.from({ length: count }, (_, n) => `a${n}: me { id }`).join(" ");
    expect((await api.ask(acme.member, `{ ${roots(10)} }`)).codes).toEqual([]);
    await expectRefused("TOO_MANY_ROOT_FIELDS", `{ ${roots(11)} }`);
    await expectRefused(
      "TOO_MANY_ROOT_FIELDS",
      `{ ...f } fragment f on Query { ... on Query { ${roots(11)} } }`,
    );
  });

  test("eleven mutations by alias change nothing", async () => {
    const many = Array.from(
      { length: 11 },
      (_, n) => `a${n}: createConversation(input: {conversation: {title: "many"}}) { clientMutationId }`,
    );
    await expectRefused("TOO_MANY_ROOT_FIELDS", `mutation { ${many.join(" ")} }`);
    expect((await database.admin.query("select from app.conversations where title = 'many'")).rowCount).toBe(
      0,
    );
  });

  test("wide ones end at the cost: full pages within full pages", async () => {
    const inner = "messages(first: 100) { nodes { id content } }";
    await expectRefused("TOO_COSTLY", `{ conversations(first: 100) { nodes { a: ${inner} b: ${inner} } } }`);
    const query =
      "query ($n: Int) { conversations(first: $n) { nodes { messages(first: $n) { nodes { id content role } } } } }";
    await expectRefused("TOO_COSTLY", query, { n: 100 });
    expect((await api.ask(acme.member, query, { n: 50 })).codes).toEqual([]);
  });

  test("aliases of one field count each", async () => {
    const aliases = Array.from({ length: 300 }, (_, n) => `a${n}: title`).join(" ");
    await expectRefused("TOO_COSTLY", `{ conversations(first: 100) { nodes { ${aliases} } } }`);
  });

  test("long ones are not even validated", async () => {
    const began = performance.now();
    await expectRefused("DOCUMENT_TOO_LARGE", `{ me { ${"id ".repeat(30_000)} } }`);
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  test("bodies end at 100 kB", async () => {
    const { status, codes } = await api.post(
      acme.member,
      JSON.stringify({ query: `{ me { id } } #${"x".repeat(10_000_000)}` }),
    );
    expect([status, codes]).toEqual([413, ["BODY_TOO_LARGE"]]);
  });

  test("values count: lists in arguments end at a hundred, by literal, by variable, by its default", async () => {
    const role = (permissions: string) =>
      `createRole(input: {role: {name: "listed", permissions: ${permissions}}}) { role { id } }`;
    const list = (entries: number) => Array(entries).fill("chat");
    const literal = (entries: number) => JSON.stringify(list(entries));
    expect((await api.ask(acme.owner, `mutation { ${role(literal(100))} }`)).codes).toEqual([]);
    await expectRefused("LIST_TOO_LONG", `mutation { ${role(literal(101))} }`);
    await expectRefused("LIST_TOO_LONG", `mutation ($p: [String!] = ${literal(101)}) { ${role("$p")} }`);
    const query = `mutation ($p: [String!]) { ${role("$p")} }`;
    await expectRefused("LIST_TOO_LONG", query, { p: list(101) });
    await expectRefused("LIST_TOO_LONG", query, { p: list(7_000) });
  });

  test("each use of a variable counts what it holds", async () => {
    const titles = Array.from({ length: 249 }, (_, n) => `a${n}: id`).join(" ");
    const query = `mutation ($p: [String!]) { createRole(input: {role: {name: "counted", permissions: $p}}) {
      role { memberships(first: 100) { nodes { ${titles} } } } } }`;
    expect((await api.ask(acme.owner, query, { p: [] })).codes).toEqual([]);
    await expectRefused("TOO_COSTLY", query, { p: Array(100).fill("chat") });
  });

  test("twenty-five lists pass, a twenty-sixth does not, whatever it is called", async () => {
    const lists = (count: number) =>
      Array.from({ length: count }, (_, n) => `a${n}: memberships(first: 1) { totalCount }`).join(" ");
    expect((await api.ask(acme.member, `{ roles(first: 1) { nodes { ${lists(24)} } } }`)).codes).toEqual([]);
    await expectRefused("TOO_MANY_LISTS", `{ roles(first: 1) { nodes { ${lists(25)} } } }`);
  });

  test("a variable that looks like a document is a value", async () => {
    const variable = { kind: "Variable", name: { kind: "Name", value: "v" } };
    const members = "query ($v: MembershipFilter) { memberships(filter: $v) { nodes { id } } }";
    const { status: alike, codes } = await api.ask(acme.member, members, { v: variable });
    expect([alike, new Set(codes)]).toEqual([400, new Set(["INVALID_INPUT"])]);
    const dunder = `query ($__proto__: Int) { roles(first: $__proto__) { nodes { id } } }`;
    const { status } = await api.post(
      acme.member,
      `{"query": ${JSON.stringify(dunder)}, "variables": {"__proto__": 1000000}}`,
    );
    expect(status).toBe(400);
  });

  test.each([
    ["objects", `{ me(a: ${"{a: ".repeat(70)}1${"}".repeat(70)}) { id } }`],
    ["lists", `{ roles(orderBy: ${"[".repeat(1_900)}`],
    ["fields", "{ me ".repeat(1_900)],
    ["types", `query ($v: ${"[".repeat(1_900)}`],
  ])("documents end at 64 brackets within one another: %s", async (_what, query) => {
    await expectRefused("TOO_DEEP", query);
  });

  test("bodies end at 32 levels, variables among them", async () => {
    const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
    const body = (levels: number) => `{"query": "{ me { id } }", "variables": {"v": ${nested(levels)}}}`;
    for (const levels of [31, 8_000, 45_000]) {
      const { status, codes } = await api.post(acme.member, body(levels));
      expect([status, codes]).toEqual([400, ["BODY_TOO_DEEP"]]);
    }
    expect((await api.post(acme.member, body(30))).status).toBe(200);
  });

  test("of the schema about itself count too: once passes, ten times does not", async () => {
    const explaining = await startGraphQL(database, { environment: "development", graphiql: true });
    try {
      const whole = getIntrospectionQuery();
      expect((await explaining.ask(null, whole)).codes).toEqual([]);
      const [, inner, fragments] = /^[^{]*\{(.*?)\}\s*(fragment.*)$/s.exec(whole) ?? [];
      const ten = Array.from({ length: 10 }, (_, n) => `a${n}: ${inner!.trim()}`);
      const { status, codes } = await explaining.ask(null, `{ ${ten.join(" ")} } ${fragments}`);
      expect([status, codes]).toEqual([400, ["TOO_COSTLY"]]);
    } finally {
      await explaining.close();
    }
  });

  test("subscriptions are refused where nobody says that they read a stream, not left hanging", async () => {
    const { status, codes } = await api.ask(acme.member, "subscription { me { id } }");
    expect([status, codes]).toEqual([406, ["EVENT_STREAM_REQUIRED"]]);
  });
});

test("a statement that takes too long is a TIMEOUT, and the next one is quick", async () => {
  await database.admin.query(`
    create function app.dawdle() returns text language plpgsql stable set search_path = ''
      as $$ begin perform pg_sleep(5); return 'done'; end $$;
    grant execute on function app.dawdle() to rowhouse_app;
  `);
  const impatient = await startGraphQL(database, { statementTimeout: 100 });
  try {
    const { status, codes } = await impatient.ask(acme.member, "{ dawdle me { id } }");
    expect([status, codes]).toEqual([200, ["TIMEOUT"]]);
    expect((await impatient.ask(acme.member, "{ me { id } }")).data).toEqual({
      me: { id: acme.member.userId },
    });
  } finally {
    await impatient.close();
    await database.admin.query("drop function app.dawdle()");
  }
});
