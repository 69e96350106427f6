import { readdirSync, readFileSync } from "node:fs";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seedDemo } from "../../src/development/demo.ts";
import { EXAMPLES, type Example } from "../../src/development/error_examples.ts";
import { errorPages } from "../../src/development/error_pages.ts";
import { CODES, type Code } from "../../src/http/codes.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

test("docs/errors has a page for each code, as npm run generate writes it", () => {
  const pages = errorPages();
  expect(readdirSync("docs/errors").sort()).toEqual([...pages.keys()].sort());
  for (const [file, text] of pages) expect(readFileSync(`docs/errors/${file}`, "utf8"), file).toBe(text);
});

describe("the example of", () => {
  let database: TestDatabase;
  let server: TestServer;
  const tokens: Record<string, string> = {};
  beforeAll(async () => {
    database = await createDatabase();
    const log = pino({ level: "silent" });
    const people = await seedDemo({
      adminUrl: database.adminUrl,
      config: { environment: "development" },
      log,
    });
    server = await startTestServer(database);
    for (const name of ["ada", "mel", "vic"]) {
      const { email, password } = people.find((person) => person.email.startsWith(name))!;
      tokens[name] = (await server.post("/auth/login", { email, password })).body.access_token;
    }
  });
  afterAll(async () => {
    await server.close();
    await database.drop();
  });

  const examples = Object.entries(EXAMPLES).filter(
    (pair): pair is [Code, Example] => typeof pair[1] !== "string",
  );

  test.each(examples)("%s is refused with it", async (code, { method, path, as, headers, body }) => {
    const answer = await server.request(method, path, {
      body,
      headers: { ...(as && { Authorization: `Bearer ${tokens[as]}` }), ...headers },
    });
    const codes = answer.body.errors?.map(
      ({ extensions }: { extensions: { code: string } }) => extensions.code,
    );
    expect(codes?.[0]?.toLowerCase() ?? answer.body.code, JSON.stringify(answer.body)).toBe(code);
    // Where a field failed and the rest of the answer is there, GraphQL's status is 200.
    expect(answer.body.data === undefined ? answer.status : CODES[code].status).toBe(CODES[code].status);
  });
});
