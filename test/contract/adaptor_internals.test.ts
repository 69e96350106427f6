import { createRequire } from "node:module";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WireQuery, wireOf } from "../../src/database/pg_internals.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";

// What src/database/pg_internals.ts relies on. When an upgrade of pg fails here, read the adaptor again
// before changing the expectation.

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createDatabase();
  client = new pg.Client({ connectionString: database.adminUrl });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

test("pg is pinned to the version that the adaptor was read against", () => {
  const require = createRequire(import.meta.url);
  expect(require("../../package.json").dependencies.pg).toBe("8.23.1");
  expect(require("pg/package.json").version).toBe("8.23.1");
});

test("a connection has the messages of the extended protocol, and a stream that corks", () => {
  const wire = wireOf(client);
  for (const message of ["parse", "bind", "execute", "close", "sync"] as const) {
    expect(wire[message], message).toBeTypeOf("function");
  }
  expect(wire.stream.cork).toBeTypeOf("function");
  expect(wire.stream.destroy).toBeTypeOf("function");
  expect(wire.parsedStatements).toEqual({});
  expect(wire.submittedNamedStatements).toEqual({});
});

test("a query can be subclassed at the places where the door comes in", () => {
  for (const method of ["submit", "prepare", "handleDataRow", "handleCommandComplete", "handleError"]) {
    expect(WireQuery.prototype[method as keyof typeof WireQuery.prototype], method).toBeTypeOf("function");
  }
});

test("a client remembers a name once it is parsed, and forgets it when told", async () => {
  await client.query({ name: "remembered", text: "select 1" });
  expect(wireOf(client).parsedStatements).toMatchObject({ remembered: "select 1" });
  delete wireOf(client).parsedStatements.remembered;
  await expect(client.query({ name: "remembered", text: "select 1" })).rejects.toMatchObject({
    code: "42P05",
  });
});

test("a client says whether a transaction is open, after an error a moment later", async () => {
  expect(client.getTransactionStatus()).toBe("I");
  await client.query("begin");
  expect(client.getTransactionStatus()).toBe("T");
  await client.query("select 1 / 0").catch(() => {});
  await expect.poll(() => client.getTransactionStatus()).toBe("E");
  await client.query("rollback");
  expect(client.getTransactionStatus()).toBe("I");
});

test("the result of a query is settled by ReadyForQuery, so a failing commit is its error", async () => {
  await client.query("create temp table parent (id int primary key)");
  await client.query("create temp table child (parent int references parent deferrable initially deferred)");
  await expect(client.query("insert into child values ($1)", [1])).rejects.toMatchObject({ code: "23503" });
  expect((await client.query("select from child")).rowCount).toBe(0);
});
