import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type GraphQLHouse, startGraphQL } from "../support/graphql.ts";
import { buildTenant, type TenantFixture } from "../support/tenants.ts";

let database: TestDatabase;
let acme: TenantFixture;
let api: GraphQLHouse;
let development: GraphQLHouse;

beforeAll(async () => {
  database = await createDatabase();
  acme = await buildTenant(database, "acme");
  await database.admin.query(`
    create function app.raise_error(code text) returns text language plpgsql stable set search_path = ''
      as $$ begin raise exception using errcode = code, message = 'the secret of ' || code, detail = 'the detail', hint = 'the hint'; end $$;
    grant execute on function app.raise_error(text) to rowhouse_app;
  `);
  api = await startGraphQL(database);
  development = await startGraphQL(database, { environment: "development", graphiql: true });
});
afterAll(async () => {
  await api.close();
  await development.close();
  await database.drop();
});
afterEach(() => {
  api.logged.length = 0;
  api.refusals.length = 0;
});

const raise = (code: string) =>
  api.ask(acme.member, `query ($code: String!) { raiseError(code: $code) }`, { code });

describe("an error of the database", () => {
  test.each([
    ["42501", "PERMISSION_DENIED"],
    ["23505", "CONFLICT"],
    ["23503", "NOT_FOUND"],
    ["23514", "INVALID_INPUT"],
    ["23502", "INVALID_INPUT"],
    ["22021", "INVALID_INPUT"],
    ["22P02", "INVALID_INPUT"],
    ["40001", "RETRY"],
    ["40P01", "RETRY"],
    ["57014", "TIMEOUT"],
  ])("%s is %s, in our words", async (sqlstate, code) => {
    const { status, codes, text } = await raise(sqlstate);
    expect([status, codes]).toEqual([200, [code]]);
    expect(text).not.toMatch(/secret|detail|hint/);
    expect(api.logged).toEqual([]);
  });

  test("of our own vocabulary has its name and message", async () => {
    const { status, errors } = await raise("RH404");
    expect([status, errors[0]?.extensions]).toEqual([200, { code: "NOT_FOUND" }]);
    expect(errors[0]?.message).toBe("the secret of RH404");
  });

  test("that nobody foresaw is an id that the log knows, another one each time", async () => {
    const ids: unknown[] = [];
    for (let n = 0; n < 2; n++) {
      const { status, errors, text } = await raise("XX000");
      expect([status, errors[0]?.extensions.code]).toEqual([200, "INTERNAL_ERROR"]);
      expect(text).not.toMatch(/secret|detail|hint|hash|XX000/);
      ids.push(errors[0]?.extensions.errorId);
    }
    expect(new Set(ids).size).toBe(2);
    expect(api.logged.map(({ errorId }) => errorId)).toEqual(ids);
    expect(api.logged[0]).toMatchObject({ err: { message: "the secret of XX000", code: "XX000" } });
  });

  test("that the trail should know of is reported once, however many fields met it", async () => {
    await api.ask(
      acme.viewer,
      `mutation { a: createConversation(input: {conversation: {}}) { clientMutationId } b: createConversation(input: {conversation: {}}) { clientMutationId } }`,
    );
    expect(api.refusals).toEqual([["RH403", "chat"]]);
    await raise("42501");
    expect(api.refusals).toEqual([
      ["RH403", "chat"],
      ["42501", "the detail"],
    ]);
  });
});

test("a database that goes away in the middle is a 503, and the next request is served", async () => {
  await database.admin.query(`
    create function app.hang_up() returns text language plpgsql stable set search_path = ''
      as $$ begin perform pg_sleep(20); return ''; end $$;
    grant execute on function app.hang_up() to rowhouse_app`);
  const hanging = await startGraphQL(database, { statementTimeout: 30_000 });
  try {
    const answer = hanging.ask(acme.member, "{ hangUp }");
    const ended = () =>
      database.admin.query(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity where query like '%hang_up%' and usename = 'rowhouse_app' and state = 'active' and wait_event = 'PgSleep'",
      );
    await expect.poll(async () => (await ended()).rowCount).toBe(1);
    const { status, codes } = await answer;
    expect([status, codes]).toEqual([503, ["DATABASE_UNAVAILABLE"]]);
    expect((await hanging.ask(acme.member, "{ me { id } }")).status).toBe(200);
  } finally {
    await hanging.close();
    await database.admin.query("drop function app.hang_up()");
  }
});

describe("input", () => {
  const create = (title: string) =>
    api.ask(
      acme.member,
      "mutation ($title: String!) { createConversation(input: {conversation: {title: $title}}) { conversation { title } } }",
      { title },
    );

  test("that breaks a rule is told the field and the rule, in a sentence", async () => {
    const title = await create("x".repeat(201));
    expect(title.errors).toMatchObject([
      {
        message:
          "A title is empty, or has at most 200 characters, on one line, and at least one of them shows.",
        extensions: { code: "INVALID_INPUT", field: "title", rule: "conversations_title_check" },
      },
    ]);
    const set =
      "mutation ($input: SetMyPreferencesInput!) { setMyPreferences(input: $input) { clientMutationId } }";
    expect((await api.ask(acme.member, set, { input: { language: "not a tag" } })).errors).toMatchObject([
      {
        message: "A language is a language tag (BCP 47) such as en or pt-BR.",
        extensions: { code: "INVALID_INPUT", field: "language", rule: "user_preferences_language_check" },
      },
    ]);
    expect((await api.ask(acme.member, set, { input: { tone: "RUDE" } })).errors).toMatchObject([
      { message: expect.stringContaining("Tone"), extensions: { code: "INVALID_INPUT" } },
    ]);
  });

  test("that must be given, is there already or refers to nothing names its field, and quotes no row", async () => {
    const role = (given: string) =>
      api.ask(acme.admin, `mutation { createRole(input: {role: {${given}}}) { clientMutationId } }`);
    expect((await role(`name: "helper"`)).errors).toMatchObject([
      {
        message: "Each role of a company has a name of its own.",
        extensions: { code: "CONFLICT", field: "name", rule: "roles_tenant_id_name_key" },
      },
    ]);
    expect((await role(`name: "other", description: null`)).errors).toMatchObject([
      {
        message: "description must be given, and not be null.",
        extensions: { code: "INVALID_INPUT", field: "description", rule: "not_null" },
      },
    ]);
    expect((await role(`name: "other", permissions: ["fly"]`)).errors).toMatchObject([
      { extensions: { code: "INVALID_INPUT", field: "permissions", rule: "roles_permissions_known" } },
    ]);
    const message = await api.ask(
      acme.member,
      `mutation { createMessage(input: {message: {conversationId: "${acme.colleague.conversationId}", content: "x"}}) { clientMutationId } }`,
    );
    expect(message.errors).toMatchObject([{ extensions: { code: "NOT_FOUND", field: "conversationId" } }]);
    for (const { text } of [message, await role(`name: "helper"`)]) {
      expect(text).not.toMatch(new RegExp(`${acme.tenantId}|${acme.member.userId}|already exists|Key`));
    }
  });

  test.each([
    ["a NUL", "a\0b"],
    ["half a surrogate pair", "a\ud800b"],
  ])("with %s is refused whole", async (_what, title) => {
    const { status, codes } = await create(title);
    expect([status, codes]).toEqual([400, ["INVALID_INPUT"]]);
  });

  test("with a NUL or half a pair written as an escape in the document, too", async () => {
    for (const written of ["\\u0000", "\\u{0}", "\\u{0000}", "\\ud800"]) {
      const { status, codes } = await api.ask(
        acme.member,
        `mutation { createConversation(input: {conversation: {title: "a${written}b"}}) { conversation { title } } }`,
      );
      expect([status, codes.length], written).toEqual([400, 1]);
    }
    expect(
      (await database.admin.query("select from app.conversations where title like 'a%b'")).rowCount,
    ).toBe(0);
  });

  test("with whole pairs and other alphabets is kept as it is", async () => {
    const { data } = await create("Ünïcode 漢字 🏠");
    expect(data.createConversation.conversation).toEqual({ title: "Ünïcode 漢字 🏠" });
  });

  test("of the wrong type says so", async () => {
    for (const id of [7, "rubbish", ""]) {
      const { data, codes } = await api.ask(
        acme.member,
        "query ($id: ID!) { conversation(id: $id) { id } }",
        { id },
      );
      expect([data, codes]).toEqual([{ conversation: null }, ["INVALID_INPUT"]]);
    }
    const { status, codes } = await api.ask(
      acme.member,
      "query ($id: ID!) { conversation(id: $id) { id } }",
      {
        id: [acme.member.conversationId],
      },
    );
    expect([status, codes]).toEqual([400, ["INVALID_INPUT"]]);
  });

  test("that changes nothing says so", async () => {
    const { codes } = await api.ask(
      acme.member,
      "mutation ($id: ID!) { updateConversation(input: {id: $id, patch: {}}) { clientMutationId } }",
      { id: acme.member.conversationId },
    );
    expect(codes).toEqual(["INVALID_INPUT"]);
  });
});

describe("a request", () => {
  test.each([
    ["malformed JSON", "{", 400, "MALFORMED_JSON"],
    ["no object", "[]", 400, "INVALID_INPUT"],
    ["no query", "{}", 400, "INVALID_INPUT"],
    ["a query that is no text", `{"query": 7}`, 400, "INVALID_INPUT"],
    ["variables that are no object", `{"query": "{ me { id } }", "variables": [1]}`, 400, "INVALID_INPUT"],
    ["an operation that has no name", `{"query": "{ me { id } }", "operationName": 7}`, 400, "INVALID_INPUT"],
  ])("with %s is refused in GraphQL's shape", async (_what, body, status, code) => {
    const answer = await api.post(acme.member, body);
    expect([answer.status, answer.codes]).toEqual([status, [code]]);
  });

  test("that does not parse, or asks for what is not there, is refused whole", async () => {
    for (const query of ["{", "{ unknown }", "{ me }", "query a { me { id } } query b { me { id } }"]) {
      const { status, codes } = await api.ask(acme.member, query);
      expect([status, codes.length], query).toEqual([400, 1]);
    }
  });

  test("with a query string in its address is the same request", async () => {
    const body = JSON.stringify({ query: "{ me { id } }" });
    const { status, data } = await api.post(acme.member, body, "/graphql?x=1");
    expect([status, data]).toEqual([200, { me: { id: acme.member.userId } }]);
  });

  test("by GET is refused, so that no link changes or reads anything", async () => {
    const response = await fetch(`${api.url}/graphql?query={me{id}}`, {
      headers: { Credential: acme.member.digest.toString("hex") },
    });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
  });
});

describe("the schema", () => {
  test("is nobody's business in production: no introspection, no suggestions, no explorer", async () => {
    const schema = await api.ask(acme.member, "{ __schema { types { name } } }");
    expect([schema.status, new Set(schema.codes)]).toEqual([400, new Set(["INVALID_QUERY"])]);
    expect(schema.text).toContain("introspection has been disabled");
    const typo = await api.ask(acme.member, `{ conversatons { nodes { id } } me { emial } }`);
    expect(typo.text).not.toContain("Did you mean");
    expect(typo.errors.map(({ message }) => message)).toEqual([
      'Cannot query field "conversatons" on type "Query".',
      'Cannot query field "emial" on type "User".',
    ]);
    const variable = await api.ask(
      acme.member,
      "mutation ($p: ConversationPatch!, $id: ID!) { updateConversation(input: {id: $id, patch: $p}) { clientMutationId } }",
      { p: { titel: "x" }, id: acme.member.conversationId },
    );
    expect([variable.status, variable.codes]).toEqual([400, ["INVALID_INPUT"]]);
    expect(variable.text).not.toContain("Did you mean");
    expect(variable.text).toContain("titel");
    expect((await fetch(`${api.url}/graphiql`)).status).toBe(404);
    expect((await fetch(`${api.url}/`)).status).toBe(404);
  });

  test("is told and explained in development, also to nobody", async () => {
    const schema = await development.ask(null, "{ __schema { queryType { name } } }");
    expect(schema.data).toEqual({ __schema: { queryType: { name: "Query" } } });
    const typo = await development.ask(null, "{ conversatons { nodes { id } } }");
    expect(typo.text).toContain("Did you mean");
  });

  test("has an explorer where that is on, which loads nothing from elsewhere", async () => {
    const page = await fetch(`${development.url}/graphiql`);
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    const html = await page.text();
    const loaded = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address!);
    expect(loaded.filter((address) => /^(https?:)?\/\//.test(address))).toEqual([]);
    const scripts = loaded.filter((address) => address.endsWith(".js"));
    expect(scripts.length).toBeGreaterThan(0);
    for (const script of scripts)
      expect((await fetch(new URL(script, development.url))).status, script).toBe(200);
  });
});
