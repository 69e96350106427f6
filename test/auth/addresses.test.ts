import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createPerson } from "../support/people.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

// Two addresses are one only where mail software reads them alike: in another case, or with spaces around. A letter that only
// looks the same, or that Unicode folds into one of ours, is of another mailbox, whose owner proves nothing about this one.

const OTHERS = {
  "the sign for kelvin": "\u212Aate.links@example.com",
  "a Turkish capital İ": "kate.l\u0130nks@example.com",
  "a dotless ı": "kate.l\u0131nks@example.com",
  "a long ſ": "kate.link\u017F@example.com",
  "a fullwidth k": "\uFF4Bate.links@example.com",
  "a fullwidth @": "kate.links\uFF20example.com",
  "a Cyrillic а": "k\u0430te.links@example.com",
  "a Greek question mark": "kate.links@example.com\u037E",
  "a zero-width space": "kate\u200B.links@example.com",
  "a byte order mark before it": "\uFEFFkate.links@example.com",
  "a no-break space after it": "kate.links@example.com\u00A0",
  "a soft hyphen": "ka\u00ADte.links@example.com",
  "the sign for kelvin in its domain": "kate.links@example.co\u212A",
  "a tag": "kate.links+news@example.com",
  "no dot": "katelinks@example.com",
} as const;

let database: TestDatabase;
let server: TestServer;
beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database);
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

const normalise = async (address: string): Promise<string> =>
  (await database.admin.query("select auth.normalise_email($1) as address", [address])).rows[0].address;

test("an address in another case, or with spaces around, is the same", async () => {
  for (const spelled of [
    "Kate.Links@Example.COM",
    "  kate.links@example.com \r\n",
    "\tKATE.LINKS@EXAMPLE.COM",
  ])
    expect(await normalise(spelled)).toBe("kate.links@example.com");
});

describe.each(Object.entries(OTHERS))("an address with %s", (_, other) => {
  test("is another, and none but ours is made of ASCII by it", async () => {
    const spelled = await normalise(other);
    expect(spelled).not.toBe("kate.links@example.com");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is what is asked for.
    expect(/^[\x00-\x7F]*$/.test(spelled)).toBe(/^[\x00-\x7F]*$/.test(other));
  });

  test("finds nobody's account in the database", async () => {
    const { rows } = await database.admin.query(
      `select person.email from app.users as person
       where lower(person.email) = auth.normalise_email($1)`,
      [other],
    );
    expect(rows).toEqual([]);
  });
});

// As people who signed up have it; the sign-up's own answer is the same for all.
beforeAll(async () => {
  const { userId } = await createPerson(database);
  await database.admin.query("update app.users set email = 'kate.links@example.com' where id = $1", [userId]);
});

const UNICODE = Object.entries(OTHERS).filter(([, other]) => [...other].some((one) => one > "\x7F"));

describe.each(UNICODE)("who sends an address with %s", (_, email) => {
  test.each([
    ["/auth/register", { name: "Mallory" }],
    ["/auth/login", { password: "four walls, one chimney" }],
    ["/auth/password/forgot", {}],
  ])("is told by %s that it is none", async (path, body) => {
    const before = (await database.admin.query("select from auth.mail_tokens")).rowCount;
    const answer = await server.post(path, { email, ...body });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: "email" }] } });
    expect((await database.admin.query("select from auth.mail_tokens")).rowCount).toBe(before);
  });
});

test("no such address can be kept of an account, whoever writes it", async () => {
  for (const email of [OTHERS["the sign for kelvin"], OTHERS["a Turkish capital İ"]]) {
    await expect(
      database.admin.query(
        "insert into app.users (email, name) values (auth.normalise_email($1), 'Mallory')",
        [email],
      ),
    ).rejects.toMatchObject({ code: "23514" });
  }
});
