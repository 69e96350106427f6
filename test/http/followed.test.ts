import { request } from "node:http";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type Network, networkTo } from "../support/network.ts";
import { type SignUp, signUp } from "../support/people.ts";
import {
  type Answer,
  eventually,
  type LogLine,
  startTestServer,
  type TestServer,
} from "../support/server.ts";

let database: TestDatabase;
let server: TestServer;
let person: SignUp;
beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database);
  person = await signUp(server, { tenant: { name: "Followed", slug: "followed" } });
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

const idOf = (answer: Answer): string => answer.headers.get("X-Request-Id") ?? "";

/** Every line that the log has of a request, once its own line, the last one, is there. */
async function linesOf(id: string, where = server): Promise<LogLine[]> {
  const lines = () => where.log.filter(({ requestId }) => requestId === id);
  await eventually(() => lines().some(({ msg }) => msg.startsWith("request")));
  return lines();
}

/** What a request did. That it was answered comes a moment later, and is tried in test/audit/accesses.test.ts. */
async function eventsOf(id: string): Promise<Record<string, unknown>[]> {
  const { rows } = await database.admin.query(
    "select action, table_name, detail from audit.events where request_id = $1 and action <> 'api.request' order by id",
    [id],
  );
  return rows;
}

const ask = (query: string, variables?: unknown): Promise<Answer> =>
  server.post("/graphql", { query, variables }, person.headers);

describe("a request is followed by its id from the answer to the log to the trail", () => {
  test("when a sign-in fails", async () => {
    const answer = await server.post("/auth/login", { email: person.email, password: "wrong" });
    expect(answer.body).toMatchObject({ code: "invalid_credentials", requestId: idOf(answer) });
    expect(await linesOf(idOf(answer))).toMatchObject([{ status: 401, code: "invalid_credentials" }]);
    expect(await eventsOf(idOf(answer))).toMatchObject([{ action: "auth.login_failed" }]);
  });

  test("when a mutation changes something", async () => {
    const answer = await ask(
      'mutation { createConversation(input: {conversation: {title: "Hello"}}) { conversation { id } } }',
    );
    expect(answer.status).toBe(200);
    expect(await linesOf(idOf(answer))).toMatchObject([{ status: 200, path: "/graphql" }]);
    expect(await eventsOf(idOf(answer))).toMatchObject([
      { action: "insert", table_name: "app.conversations" },
    ]);
  });

  test("when the database refuses, by a name that the client chose", async () => {
    const viewer = await signUp(server);
    const id = "ticket-4711";
    const answer = await server.post(
      "/graphql",
      {
        query: 'mutation { createConversation(input: {conversation: {title: "x"}}) { conversation { id } } }',
      },
      { ...viewer.headers, "X-Request-Id": id },
    );
    expect(answer.body.errors[0].extensions.code).toBe("PERMISSION_DENIED");
    expect(await linesOf(id)).toMatchObject([{ code: "PERMISSION_DENIED", reason: "RH403 chat" }]);
    expect(await eventsOf(id)).toMatchObject([{ action: "access.refused" }]);
  });

  test("when an error was masked: the line that has its cause has the id too", async () => {
    await database.admin.query(`
      create or replace function app.broken() returns text language plpgsql stable set search_path = '' as
      $$ begin raise exception 'the truth' using errcode = 'XX000'; end $$;
      grant execute on function app.broken() to rowhouse_app`);
    const other = await startTestServer(database);
    try {
      const answer = await other.post("/graphql", { query: "{ broken }" }, person.headers);
      const { errorId } = answer.body.errors[0].extensions;
      const lines = await linesOf(idOf(answer), other);
      expect(lines).toMatchObject([
        { level: 50, errorId, err: { message: "the truth" } },
        { code: "INTERNAL_ERROR", reason: "XX000" },
      ]);
    } finally {
      await other.close();
      await database.admin.query("drop function app.broken()");
    }
  });

  test("in every event that a person caused", async () => {
    await server.post("/auth/refresh", { refresh_token: person.login.refresh_token });
    const { rows } = await database.admin.query(
      `select distinct action, table_name from audit.events
       where request_id is null and actor_kind <> 'system'`,
    );
    expect(rows).toEqual([]);
    const { rows: unnamed } = await database.admin.query(
      `select distinct action, table_name from audit.events
       where request_id is null and database_role in ('rowhouse_app', 'rowhouse_auth') and table_name <> 'auth.signing_keys'`,
    );
    expect(unnamed).toEqual([]);
  });
});

describe("a refusal is cheap", () => {
  test.each([
    ["no token at all", "Bearer nonsense"],
    ["a token without a signature", "Bearer eyJhbGciOiJub25lIn0.e30."],
    ["another's token", "Bearer eyJhbGciOiJFZERTQSIsImtpZCI6IngifQ.e30.AAAA"],
  ])("%s costs a line of 250 bytes, without a stack", async (_, Authorization) => {
    const answer = await server.post("/graphql", { query: "{ me { id } }" }, { Authorization });
    expect(answer.status).toBe(401);
    const [line, ...others] = await linesOf(idOf(answer));
    expect(others).toEqual([]);
    expect(line).not.toHaveProperty("err");
    expect(JSON.stringify(line).length).toBeLessThanOrEqual(250);
  });

  test("a long path costs no long line", async () => {
    const answer = await server.get(`/${"a".repeat(8_000)}`);
    const [line] = await linesOf(idOf(answer));
    expect(JSON.stringify(line).length).toBeLessThan(600);
  });
});

test("a request that its client gave up is no error", async () => {
  const id = "given-up";
  await new Promise<void>((done) => {
    const upload = request(`${server.url}/auth/login`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Content-Length": 1000, "X-Request-Id": id },
    });
    upload.on("error", () => done());
    upload.write('{"email":', () => setImmediate(() => upload.destroy(new Error("gone"))));
  });
  expect(await linesOf(id)).toMatchObject([
    { level: 30, status: 499, msg: "request abandoned by its client" },
  ]);
  expect(server.log.filter(({ requestId, level }) => requestId === id && level > 30)).toEqual([]);
});

describe("while the database is gone", () => {
  let network: Network;
  let behind: TestServer;
  beforeEach(async () => {
    network = await networkTo(database.adminUrl);
    const { app, auth, worker } = database.connections;
    behind = await startTestServer({
      connections: { app: network.through(app), auth: network.through(auth), worker },
    });
  });
  afterEach(async () => {
    await behind.close();
    await network.cut();
  });

  test.each([
    ["at GraphQL", "/graphql", { query: "{ me { id } }" }],
    ["at REST", "/auth/login", { email: "somebody@example.com", password: "x" }],
  ])("a 503 %s has its cause in the log", async (_, path, body) => {
    await network.cut();
    const answer = await behind.post(path, body, path === "/graphql" ? person.headers : {});
    expect(answer.status).toBe(503);
    const line = (await linesOf(idOf(answer), behind)).at(-1);
    expect(line).toMatchObject({
      level: 50,
      status: 503,
      code: expect.stringMatching(/^database_unavailable$/i),
      err: {
        message: expect.stringMatching(/ECONNREFUSED|ECONNRESET|terminated/),
        stack: expect.any(String),
      },
    });
  });
});
