import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { mailedCode, mailedToken, signUp } from "../support/people.ts";
import { eventually, startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let server: TestServer;
beforeAll(async () => {
  database = await createDatabase();
  // Behind a proxy, so that a test can say from which network it comes.
  server = await startTestServer(database, { TRUSTED_PROXIES: "1" });
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

const password = "four walls, one chimney";
const from = (ip: string) => ({ "X-Forwarded-For": ip });
const register = (email: string, headers: Record<string, string> = {}) =>
  server.post("/auth/register", { email, name: "Ann" }, headers);
const verify = (body: object, headers: Record<string, string> = {}) =>
  server.post("/auth/email/verify", { password, ...body }, headers);
const logIn = (email: string, tried = password) => server.post("/auth/login", { email, password: tried });
const mailsTo = (email: string) => server.mails().filter((mail) => mail.includes(`To: ${email}`));

async function wrongCode(email: string): Promise<string> {
  return (await mailedCode(server, email)) === "000000" ? "000001" : "000000";
}

describe("whoever opens the mail", () => {
  test("chooses the password: who registered a stranger's address has nothing of it", async () => {
    const email = "ann.stranger@example.com";
    const asked = await server.post("/auth/register", { email, name: "Mallory", password });
    expect(asked).toMatchObject({ status: 400, body: { errors: [{ field: "password" }] } });
    await register(email);
    expect(
      (await verify({ token: await mailedToken(server, email), password: "ann's own words" })).status,
    ).toBe(204);
    expect((await logIn(email)).status).toBe(401);
    expect((await logIn(email, "ann's own words")).status).toBe(200);
  });

  test("types the six digits instead, as well, and a link of the same mail is worth nothing then", async () => {
    const email = "ann.digits@example.com";
    await register(email);
    const code = await mailedCode(server, email);
    expect((await verify({ email, code })).status).toBe(204);
    expect((await verify({ email, code })).body.code).toBe("invalid_verification_token");
    const token = await mailedToken(server, email);
    expect((await verify({ token })).body.code).toBe("invalid_verification_token");
    expect((await logIn(email)).status).toBe(200);
  });

  test("may choose a weak password first: that uses nothing up, and makes nothing", async () => {
    const email = "ann.smith@example.com";
    await register(email);
    const token = await mailedToken(server, email);
    for (const weak of ["short", "ann.smith@example.com", "passwordpassword"]) {
      const refused = await verify({ token, password: weak });
      expect(refused).toMatchObject({ status: 400, body: { code: "weak_password", field: "password" } });
    }
    expect((await logIn(email)).status).toBe(401);
    expect((await verify({ token })).status).toBe(204);
  });

  test("has an account in the language of the browser", async () => {
    const email = "ann.german@example.com";
    await register(email, { "Accept-Language": "de-AT,de;q=0.9,en;q=0.5" });
    expect(await eventually(() => mailsTo(email)[0])).toMatch(/Best=C3=A4tigen/);
    await verify({ token: await mailedToken(server, email) }, { "Accept-Language": "de-AT" });
    expect((await logIn(email)).body.user.locale).toBe("de");
  });

  test.each([
    ["neither token nor code", {}],
    ["an address without a code", { email: "ann@example.com" }],
    ["a code without an address", { code: "123456" }],
    ["a token and a code", { token: "x", email: "ann@example.com", code: "123456" }],
    ["five digits", { email: "ann@example.com", code: "12345" }],
    ["letters", { email: "ann@example.com", code: "abcdef" }],
  ])("is told what is missing for %s", async (_what, body) => {
    expect(await verify(body)).toMatchObject({ status: 400, body: { code: "invalid_input" } });
  });
});

describe("a code", () => {
  test("dies with the fifth wrong try, which are counted although they fail; the link lives on", async () => {
    const email = "ann.guessed@example.com";
    await register(email);
    const wrong = await wrongCode(email);
    for (let n = 0; n < 5; n++) {
      expect((await verify({ email, code: wrong })).body.code).toBe("invalid_verification_token");
    }
    const code = await mailedCode(server, email);
    expect((await verify({ email, code })).body.code).toBe("invalid_verification_token");
    expect((await verify({ token: await mailedToken(server, email) })).status).toBe(204);
  });

  test("of an older mail is not good any more once there is a newer one", async () => {
    const email = "ann.twice@example.com";
    await register(email);
    const first = await mailedCode(server, email);
    await register(email);
    await eventually(() => mailsTo(email).length === 2);
    const second = await mailedCode(server, email);
    if (first !== second) {
      expect((await verify({ email, code: first })).body.code).toBe("invalid_verification_token");
    }
    expect((await verify({ email, code: second })).status).toBe(204);
  });

  test("of one address is not good for another", async () => {
    await register("ann.one@example.com");
    await register("ann.other@example.com");
    const code = await mailedCode(server, "ann.one@example.com");
    const theirs = await mailedCode(server, "ann.other@example.com");
    if (code === theirs) return;
    const refused = await verify({ email: "ann.other@example.com", code });
    expect(refused.body.code).toBe("invalid_verification_token");
  });

  test("cannot be guessed by asking for ever new mails: tries wait per address, known or not", async () => {
    for (const email of ["ann.sprayed@example.com", "nobody.sprayed@example.com"]) {
      if (email.startsWith("ann")) await register(email);
      const answers = [];
      for (let n = 0; n < 12; n++) answers.push(await verify({ email, code: "000000" }, from(`10.9.${n}.1`)));
      expect(answers.slice(0, 10).map(({ status }) => status)).toEqual(Array(10).fill(400));
      expect(answers[11]).toMatchObject({ status: 429, body: { code: "too_many_attempts" } });
      expect(Number(answers[11]!.headers.get("Retry-After"))).toBeGreaterThan(0);
    }
    // The link of who owns the mailbox works all the same.
    const token = await mailedToken(server, "ann.sprayed@example.com");
    expect((await verify({ token })).status).toBe(204);
  });

  test("that is right takes its own attempt back", async () => {
    const email = "ann.right@example.com";
    await register(email);
    expect((await verify({ email, code: await mailedCode(server, email) })).status).toBe(204);
    const { rows } = await database.admin.query(
      "select from auth.login_throttles where key = sha256(convert_to('mail code register ' || $1, 'UTF8'))",
      [email],
    );
    expect(rows).toEqual([]);
  });

  test("cannot be found out by who reads the database: its digest is keyed", async () => {
    const email = "ann.reader@example.com";
    await register(email);
    const code = await mailedCode(server, email);
    const { rows } = await database.admin.query(
      `select token.code_digest = any(array[
           sha256(convert_to($2, 'UTF8')), sha256(sha256(convert_to($2, 'UTF8'))),
           sha256(sha256(convert_to(token.id || $2, 'UTF8'))), sha256(sha256(convert_to($1 || $2, 'UTF8')))
         ]) as plain,
         mail.secret
       from auth.mail_tokens as token, auth.mails as mail where token.email = $1 and mail.recipient = $1`,
      [email, code],
    );
    // It was sent, so the queue does not know it either.
    expect(rows).toEqual([{ plain: false, secret: null }]);
  });
});

describe("mails to one address", () => {
  test("are three an hour from one network, and whoever used them up does not keep the owner from theirs", async () => {
    const email = "ann.blocked@example.com";
    for (let n = 0; n < 5; n++) expect((await register(email, from("198.51.100.7"))).status).toBe(202);
    await eventually(() => mailsTo(email).length === 3);
    await register(email, from("203.0.113.9"));
    await eventually(() => mailsTo(email).length === 4);
    expect((await verify({ token: await mailedToken(server, email) })).status).toBe(204);
  });

  test("are ten an hour from everywhere, with an account or without one", async () => {
    const known = await signUp(server);
    for (const [n, email] of [known.email, "ann.flooded@example.com"].entries()) {
      await database.admin.query("delete from auth.mails");
      for (let network = 0; network < 12; network++) {
        expect((await register(email, from(`10.${n}.${network}.1`))).status).toBe(202);
      }
      const { rows } = await database.admin.query(
        "select count(*)::int as count from auth.mails where recipient = $1",
        [email],
      );
      // The sign-up was one of the known one's ten.
      expect(rows).toEqual([{ count: n === 0 ? 9 : 10 }]);
    }
  });
});
