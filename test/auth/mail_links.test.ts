import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { mailedCode, mailedToken, type SignUp, signUp } from "../support/people.ts";
import { type Answer, eventually, readable, startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let server: TestServer;
beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database, { TRUSTED_PROXIES: "1" });
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

const someAddress = () => `ann.${randomBytes(4).toString("hex")}@example.com`;
const count = (email: string) =>
  server
    .mails()
    .map(readable)
    .filter((mail) => mail.includes(`To: ${email}`)).length;

/** The newest mail to this address once `act` has sent one; and the cookie that `act` left in the browser. */
async function mailed(email: string, act: () => Promise<Answer>) {
  const before = count(email);
  const answer = await act();
  expect(answer.status).toBe(202);
  await eventually(() => count(email) > before);
  const [cookie] = (answer.headers.get("Set-Cookie") ?? "").split(";");
  return {
    answer,
    cookie: { Cookie: cookie! },
    token: await mailedToken(server, email),
    code: await mailedCode(server, email),
  };
}

const askToSignIn = (email: string, headers = {}) =>
  mailed(email, () => server.post("/auth/link/request", { email }, headers));
const consume = (body: object, headers = {}) => server.post("/auth/link/consume", body, headers);

describe("a link to sign in", () => {
  test("signs in the browser that asked, once, and the session says by what", async () => {
    const person = await signUp(server, { tenant: { name: "Links", slug: "links" } });
    const { token, cookie, answer } = await askToSignIn(person.email);
    expect(answer.headers.get("Set-Cookie")).toMatch(
      /^__Host-rowhouse_browser=[\w-]{43}; Max-Age=3600; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
    );
    const signedIn = await consume({ token }, cookie);
    expect(signedIn).toMatchObject({
      status: 200,
      body: { token_type: "Bearer", user: { email: person.email }, tenant: { slug: "links" } },
    });
    expect(signedIn.headers.get("Cache-Control")).toBe("no-store");
    const again = await consume({ token }, cookie);
    expect(again).toMatchObject({ status: 400, body: { code: "invalid_verification_token" } });

    const { rows } = await database.admin.query(
      "select methods from auth.sessions where user_id = $1 order by created_at desc limit 1",
      [person.login.user.id],
    );
    expect(rows).toEqual([{ methods: ["email"] }]);
    const events = await database.admin.query(
      `select detail -> 'methods' as methods from audit.events
       where action = 'auth.login' and actor_id = $1 order by id desc limit 1`,
      [person.login.user.id],
    );
    expect(events.rows).toEqual([{ methods: ["email"] }]);
  });

  test("puts the refresh token into a cookie where it is wished", async () => {
    const person = await signUp(server);
    const { token, cookie } = await askToSignIn(person.email);
    const signedIn = await consume({ token, cookie: true }, cookie);
    expect(signedIn.body.refresh_token).toBeUndefined();
    expect(signedIn.headers.get("Set-Cookie")).toMatch(/^__Host-rowhouse_refresh=rh_rt_/);
  });

  test("opens nothing in another browser, also not in one that asked for a link of its own; the code does", async () => {
    const person = await signUp(server);
    const { token, code } = await askToSignIn(person.email);
    const mallory = await signUp(server);
    const theirs = await askToSignIn(mallory.email);
    for (const headers of [{}, theirs.cookie, { Cookie: "__Host-rowhouse_browser=x" }]) {
      const refused = await consume({ token }, headers);
      expect(refused).toMatchObject({ status: 403, body: { code: "link_of_another_browser" } });
    }
    expect((await consume({ email: person.email, code })).status).toBe(200);
  });

  test("cannot be slipped to somebody, to sign them in to an account that is not theirs", async () => {
    const mallory = await signUp(server);
    const { token } = await askToSignIn(mallory.email);
    const victim = await signUp(server);
    const { cookie } = await askToSignIn(victim.email);
    expect((await consume({ token }, cookie)).body.code).toBe("link_of_another_browser");
  });

  test("still works after another one was asked for in the same browser", async () => {
    const person = await signUp(server);
    const first = await askToSignIn(person.email);
    const second = await askToSignIn(person.email, first.cookie);
    expect(second.cookie).toEqual(first.cookie);
    expect((await consume({ token: first.token }, first.cookie)).status).toBe(200);
    // It was one of one purpose: all of them are used.
    expect((await consume({ token: second.token }, first.cookie)).status).toBe(400);
  });

  test("is not used up by being opened, by a scanner or a headless browser", async () => {
    const person = await signUp(server);
    const { token, cookie } = await askToSignIn(person.email);
    for (const path of ["/auth/link", `/auth/link?token=${token}`]) {
      const page = await server.get(path, { Accept: "text/html", ...cookie });
      expect(page.status).toBe(200);
      expect(page.headers.get("Set-Cookie")).toBeNull();
      expect(page.headers.get("Referrer-Policy")).toBe("no-referrer");
    }
    expect((await server.get("/auth/link/consume")).status).toBe(405);
    expect((await consume({ token }, cookie)).status).toBe(200);
  });

  test("lives for a quarter of an hour, and dies when the password changes", async () => {
    const person = await signUp(server);
    const late = await askToSignIn(person.email);
    const { rows } = await database.admin.query(
      `update auth.mail_tokens set expires_at = now() where email = $1 and purpose = 'sign_in'
       returning extract(epoch from old.expires_at - created_at)::int as lived`,
      [person.email],
    );
    expect(rows).toEqual([{ lived: 15 * 60 }]);
    expect((await consume({ token: late.token }, late.cookie)).status).toBe(400);
    const dead = await askToSignIn(person.email);
    await server.post(
      "/auth/password/change",
      { current: person.password, new: "six chimneys and one cat" },
      person.headers,
    );
    expect((await consume({ token: dead.token }, dead.cookie)).status).toBe(400);
    expect((await consume({ email: person.email, code: dead.code })).status).toBe(400);
  });

  test("is for nothing else, nor is another mail's link for signing in", async () => {
    const person = await signUp(server);
    const { token, cookie, code } = await askToSignIn(person.email);
    const password = "six chimneys and one cat";
    expect((await server.post("/auth/password/reset", { token, password }, cookie)).status).toBe(400);
    const byCode = { email: person.email, code, password };
    expect((await server.post("/auth/password/reset", byCode, cookie)).status).toBe(400);
    const reset = await mailed(person.email, () =>
      server.post("/auth/password/forgot", { email: person.email }),
    );
    expect((await consume({ token: reset.token }, cookie)).body.code).toBe("invalid_verification_token");
  });

  test("refuses a ban and a foreign company, and the second does not use it up", async () => {
    const person = await signUp(server);
    const { token, cookie } = await askToSignIn(person.email);
    const foreign = await consume({ token, tenant: "nowhere" }, cookie);
    expect(foreign).toMatchObject({ status: 403, body: { code: "not_a_member" } });
    await database.admin.query("update app.users set status = 'banned' where id = $1", [
      person.login.user.id,
    ]);
    expect(await consume({ token }, cookie)).toMatchObject({ status: 401, body: { code: "user_banned" } });
    await database.admin.query("update app.users set status = 'active' where id = $1", [
      person.login.user.id,
    ]);
    expect((await consume({ token }, cookie)).body.code).toBe("invalid_verification_token");
  });

  test("two at once with one link: one session", async () => {
    const person = await signUp(server);
    const { token, cookie } = await askToSignIn(person.email);
    const answers = await Promise.all([1, 2, 3, 4].map(() => consume({ token }, cookie)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400]);
  });

  test("tells nobody who has an account: one answer, one cookie, the same rows", async () => {
    const person = await signUp(server);
    const unknown = someAddress();
    const answers = [];
    for (const email of [person.email, unknown]) {
      const { status, body, headers } = await server.post("/auth/link/request", { email });
      answers.push({ status, body, cookie: headers.get("Set-Cookie")?.replace(/=[\w-]{43}/, "") });
      const { rows } = await database.admin.query(
        `select (select count(*)::int from auth.mail_tokens where email = $1 and purpose = 'sign_in') as tokens,
           (select count(*)::int from auth.mails where recipient = $1 and template in ('sign_in', 'no_account')) as mails`,
        [email],
      );
      expect(rows).toEqual([{ tokens: 1, mails: 1 }]);
    }
    expect(answers[0]).toEqual(answers[1]);
    const wrong = [];
    for (const email of [person.email, unknown]) {
      const { status, body } = await consume({ email, code: "000000" });
      wrong.push({ status, code: body.code, detail: body.detail });
    }
    expect(wrong[0]).toEqual(wrong[1]);
  });
});

const askToChange = (person: SignUp, email: string, headers = {}) =>
  mailed(email, () => server.post("/auth/email/change", { email }, { ...person.headers, ...headers }));
const confirm = (body: object, headers = {}) => server.post("/auth/email/change/confirm", body, headers);
const addressOf = async (person: SignUp): Promise<string> =>
  (await database.admin.query("select email from app.users where id = $1", [person.login.user.id])).rows[0]
    .email;

describe("changing the address", () => {
  test("takes the link in the browser that asked, and tells the old address, but not which the new one is", async () => {
    const person = await signUp(server);
    const email = someAddress();
    const { token, cookie } = await askToChange(person, email);
    expect(await addressOf(person)).toBe(person.email);
    expect((await confirm({ token }, cookie)).status).toBe(204);
    expect(await addressOf(person)).toBe(email);
    expect((await confirm({ token }, cookie)).body.code).toBe("invalid_verification_token");

    const notice = await eventually(() =>
      server
        .mails()
        .map(readable)
        .find(
          (mail) => mail.includes(`To: ${person.email}`) && mail.includes("Your e-mail address was changed"),
        ),
    );
    expect(notice).not.toContain(email);
    const logIn = (address: string) =>
      server.post("/auth/login", { email: address, password: person.password });
    expect((await logIn(email)).status).toBe(200);
    expect((await logIn(person.email)).status).toBe(401);
    const { rows } = await database.admin.query(
      `select old_row ->> 'email' as before, new_row ->> 'email' as after from audit.events
       where table_name = 'app.users' and action = 'update' and actor_id = $1`,
      [person.login.user.id],
    );
    expect(rows).toEqual([{ before: person.email, after: email }]);
  });

  test("takes the code with a session of the same person, wherever the mail was read", async () => {
    const person = await signUp(server);
    const email = someAddress();
    const { code } = await askToChange(person, email);
    expect((await confirm({ email, code }, person.headers)).status).toBe(204);
    expect(await addressOf(person)).toBe(email);
  });

  test("is not done by the owner of a mailbox for a stranger, who would have an account under their name", async () => {
    const mallory = await signUp(server);
    const victim = someAddress();
    const { token, code } = await askToChange(mallory, victim);
    const somebodyElse = await signUp(server);
    for (const headers of [{}, somebodyElse.headers]) {
      expect(await confirm({ token }, headers)).toMatchObject({
        status: 403,
        body: { code: "link_of_another_browser" },
      });
      expect((await confirm({ email: victim, code }, headers)).status).toBe(403);
    }
    expect(await addressOf(mallory)).toBe(mallory.email);
  });

  test("to one that has an account is answered alike; its owner is told, and nothing can be confirmed", async () => {
    const person = await signUp(server);
    const other = await signUp(server);
    const free = await server.post("/auth/email/change", { email: someAddress() }, person.headers);
    const taken = await server.post("/auth/email/change", { email: other.email }, person.headers);
    expect([taken.status, taken.body]).toEqual([free.status, free.body]);
    const mail = await eventually(() =>
      server
        .mails()
        .map(readable)
        .find((text) => text.includes(`To: ${other.email}`) && text.includes("You already use this address")),
    );
    expect(mail).not.toContain("#token=");
    expect(mail).not.toContain(person.email);
  });

  test("to one that got an account meanwhile changes nothing", async () => {
    const person = await signUp(server);
    const email = someAddress();
    const { token, cookie } = await askToChange(person, email);
    await database.admin.query("insert into app.users (email, name) values ($1, 'Bob')", [email]);
    expect((await confirm({ token }, cookie)).body.code).toBe("invalid_verification_token");
    expect(await addressOf(person)).toBe(person.email);
  });

  test("by two to one address at once is done by one of them", async () => {
    const email = someAddress();
    const asked = [];
    for (let n = 0; n < 2; n++) {
      const person = await signUp(server);
      asked.push(await askToChange(person, email, { "X-Forwarded-For": `10.3.${n}.1` }));
    }
    const answers = await Promise.all(asked.map(({ token, cookie }) => confirm({ token }, cookie)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 400]);
  });

  test("makes worthless what was mailed to the old address, and an earlier change that was asked for", async () => {
    const person = await signUp(server);
    const signIn = await askToSignIn(person.email);
    const earlier = await askToChange(person, someAddress());
    const { token, cookie } = await askToChange(person, someAddress());
    expect((await confirm({ token: earlier.token }, earlier.cookie)).status).toBe(400);
    expect((await confirm({ token }, cookie)).status).toBe(204);
    expect((await consume({ token: signIn.token }, signIn.cookie)).status).toBe(400);
    expect((await consume({ email: person.email, code: signIn.code })).status).toBe(400);
  });

  test("dies with the password, and is no business of somebody without a session", async () => {
    const person = await signUp(server);
    const { token, cookie } = await askToChange(person, someAddress());
    await server.post(
      "/auth/password/change",
      { current: person.password, new: "six chimneys and one cat" },
      person.headers,
    );
    expect((await confirm({ token }, cookie)).status).toBe(400);
    const refused = await server.post("/auth/email/change", { email: someAddress() });
    expect(refused).toMatchObject({ status: 401, body: { code: "credential_missing" } });
    await server.post("/auth/logout", undefined, person.headers);
    const ended = await server.post("/auth/email/change", { email: someAddress() }, person.headers);
    expect(ended.body.code).toBe("session_ended");
  });

  test("to an address that mail software reads in two ways is refused", async () => {
    const person = await signUp(server);
    for (const email of [
      "a@b.example,c@d.example",
      "ann(x)@example.com",
      "ann＠example.com",
      '"a b"@example.com',
    ]) {
      const refused = await server.post("/auth/email/change", { email }, person.headers);
      expect(refused).toMatchObject({ status: 400, body: { code: "invalid_input" } });
    }
  });
});
