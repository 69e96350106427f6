import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApiKeys } from "../../src/auth/api_key.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type SignUp, signUp } from "../support/people.ts";
import { type Answer, startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
const servers: Partial<Record<string, TestServer>> = {};
let person: SignUp;
beforeAll(async () => {
  database = await createDatabase();
  for (const NODE_ENV of ["development", "test", "production"]) {
    servers[NODE_ENV] = await startTestServer(database, { NODE_ENV, DEMO: "off", LOG_LEVEL: "debug" });
  }
  person = await signUp(servers.test!, { tenant: { name: "Acme", slug: "acme" } });
});
afterAll(async () => {
  for (const server of Object.values(servers)) await server!.close();
  await database.drop();
});

/** GraphQL's shape and nothing else: errors, each with a message and a code in capitals. */
function expectRefused({ status, headers, body }: Answer, expected: number, code: string): void {
  expect([status, body.errors?.[0]?.extensions?.code]).toEqual([expected, code]);
  expect(headers.get("Content-Type")).toMatch(/^application\/json/);
  expect(Object.keys(body)).toEqual(["errors"]);
  for (const error of body.errors) {
    expect(error.message).toMatch(/\S/);
    expect(Object.keys(error).every((key) => ["message", "locations", "extensions"].includes(key))).toBe(
      true,
    );
  }
}

const query = { query: "{ me { id } }" };
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

describe.each(["development", "test", "production"])("in %s, at /graphql,", (environment) => {
  const post = (body: unknown, headers?: Record<string, string>, path = "/graphql") =>
    servers[environment]!.post(path, body, headers);

  test("no credential: CREDENTIAL_MISSING", async () => {
    const answer = await post(query);
    expectRefused(answer, 401, "CREDENTIAL_MISSING");
    expect(answer.headers.get("WWW-Authenticate")).toContain("Bearer");
    const helped = environment === "development";
    const mistaken = await post({ query: "{ nothing }" });
    expectRefused(mistaken, helped ? 400 : 401, helped ? "INVALID_QUERY" : "CREDENTIAL_MISSING");
    expectRefused(
      await post({ query: "{ ...f } fragment f on Query { __typename me { id } }" }),
      401,
      "CREDENTIAL_MISSING",
    );
  });

  test.each([
    ["a malformed token", bearer("rubbish"), "TOKEN_MALFORMED"],
    ["a forged token", bearer("eyJhbGciOiJub25lIn0.e30."), "TOKEN_INVALID"],
    ["an API key that is none", { "X-API-Key": "rubbish" }, "API_KEY_INVALID"],
    ["an API key that nobody knows", { "X-API-Key": createApiKeys().secret }, "CREDENTIAL_UNKNOWN"],
    ["another scheme", { Authorization: "Basic YTpi" }, "SCHEME_UNSUPPORTED"],
  ])("%s", async (_what, headers, code) => {
    const answer = await post(query, headers);
    expectRefused(answer, 401, code);
    expect(answer.headers.get("WWW-Authenticate")).toContain("Bearer");
  });

  test("two credentials at once", async () => {
    expectRefused(await post(query, { ...person.headers, "X-API-Key": "x" }), 400, "CREDENTIALS_CONFLICT");
  });

  test("bodies that are not what they should be", async () => {
    const { headers } = person;
    expectRefused(await post("{", headers), 400, "MALFORMED_JSON");
    expectRefused(await post("[]", headers), 400, "INVALID_INPUT");
    expectRefused(await post({}, headers), 400, "INVALID_INPUT");
    expectRefused(await post({ query: "a".repeat(100_001) }, headers), 413, "BODY_TOO_LARGE");
    expectRefused(
      await post(
        `{"query": "{ me { id } }", "variables": ${"[".repeat(8_000)}${"]".repeat(8_000)}}`,
        headers,
      ),
      400,
      "BODY_TOO_DEEP",
    );
    expectRefused(
      await post("query", { ...headers, "Content-Type": "application/graphql" }),
      415,
      "UNSUPPORTED_MEDIA_TYPE",
    );
    expectRefused(await post({ query: "{" }, headers), 400, "INVALID_QUERY");
  });

  test("another method, and a client that reads something else", async () => {
    const { headers } = person;
    const got = await servers[environment]!.request("GET", "/graphql?query={me{id}}", { headers });
    expectRefused(got, 405, "METHOD_NOT_ALLOWED");
    expect(got.headers.get("Allow")).toBe("POST");
    expectRefused(await post(query, { ...headers, Accept: "text/html" }), 406, "NOT_ACCEPTABLE");
  });

  test("the same with a query string", async () => {
    expectRefused(await post(query, {}, "/graphql?x=1"), 401, "CREDENTIAL_MISSING");
    const missing = { query: `{ role(id: "01900000-0000-7000-8000-000000000000") { id } }` };
    const { status, body } = await post(missing, person.headers, "/graphql?x=1");
    expect([status, body.errors[0].extensions.code]).toEqual([200, "NOT_FOUND"]);
  });

  test("a client's other members of the body break nothing", async () => {
    const { status } = await post({ ...query, extensions: 7, onError: "rubbish", id: [] }, person.headers);
    expect(status).toBe(200);
  });
});

test("the schema may be asked for by nobody in development only", async () => {
  const schema = { query: "{ __schema { queryType { name } } }" };
  expect((await servers.development!.post("/graphql", schema)).status).toBe(200);
  for (const environment of ["test", "production"]) {
    expectRefused(await servers[environment]!.post("/graphql", schema), 401, "CREDENTIAL_MISSING");
  }
});

test("too many requests: 429 in GraphQL's shape, with Retry-After", async () => {
  const strict = await startTestServer(database, { RATE_LIMIT: "1" });
  try {
    await strict.post("/graphql", query, person.headers);
    const answer = await strict.post("/graphql", query, person.headers);
    expectRefused(answer, 429, "TOO_MANY_REQUESTS");
    expect(Number(answer.headers.get("Retry-After"))).toBeGreaterThan(0);
  } finally {
    await strict.close();
  }
});

test("who asks for it gets the newer media type, for answers and refusals alike", async () => {
  const headers = { Accept: "application/graphql-response+json" };
  for (const one of [{}, person.headers]) {
    const answer = await servers.test!.post("/graphql", query, { ...headers, ...one });
    expect(answer.headers.get("Content-Type")).toMatch(/^application\/graphql-response\+json/);
  }
});
