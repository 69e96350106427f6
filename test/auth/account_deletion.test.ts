import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codeAt } from "../../src/auth/totp.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { mailedCode, type SignUp, signUp } from "../support/people.ts";
import { type Answer, eventually, readable, startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let server: TestServer;
beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database, { TRUSTED_PROXIES: "1", ACCOUNT_DELETION_GRACE_DAYS: "3" });
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

let slugs = 0;
const owner = () => signUp(server, { tenant: { name: "Acme", slug: `acme-${slugs++}` } });
const remove = (person: SignUp, headers = {}) =>
  server.post("/auth/account/delete", {}, { ...person.headers, ...headers });
const restore = (body: object, headers = {}) => server.post("/auth/account/restore", body, headers);
const logIn = ({ email, password }: SignUp) => server.post("/auth/login", { email, password });
const said = ({ status, body }: Answer) => [status, body.code];
const alter = (person: SignUp, sql: string) =>
  database.admin.query(sql.replaceAll("$user", `'${person.login.user.id}'`));

/** Makes somebody another owner of a company. */
const share = (host: SignUp, guest: SignUp) =>
  database.admin.query(
    `insert into app.memberships (tenant_id, user_id, role_id, is_owner, display_name)
     select tenant_id, $2, role_id, true, 'Another' from app.memberships where user_id = $1`,
    [host.login.user.id, guest.login.user.id],
  );

const mailsTo = ({ email }: SignUp, subject: string): string[] =>
  server
    .mails()
    .map(readable)
    .filter((mail) => mail.includes(`To: ${email}`) && mail.includes(`Subject: ${subject}`));

/** The link of the mail that tells of the deletion. */
async function keepingToken(person: SignUp): Promise<string> {
  const mail = await eventually(() => mailsTo(person, "Your account is to be deleted").at(-1));
  return /\/auth\/account\/restore#token=([\w-]+)/.exec(mail)![1]!;
}

async function events(person: SignUp): Promise<string[]> {
  const { rows } = await database.admin.query(
    "select action from audit.events where actor_id = $1 and action like 'auth.account%' order by at",
    [person.login.user.id],
  );
  return rows.map(({ action }) => action);
}

const pending = async (person: SignUp): Promise<boolean> =>
  (await alter(person, "select from auth.deletions where user_id = $user")).rowCount === 1;

describe("who asks for their account to be deleted", () => {
  test("is out at once, everywhere and with every key, and is told when it will be", async () => {
    const person = await signUp(server);
    const host = await owner();
    await share(host, person);
    await alter(
      person,
      `insert into auth.api_keys (tenant_id, user_id, name, digest, scopes)
       select tenant_id, user_id, 'Ann''s key', sha256(convert_to(user_id::text, 'UTF8')), '{chat}'
       from app.memberships where user_id = $user`,
    );
    const there = await logIn(person);
    const asked = await remove(person);
    expect(asked.status).toBe(202);
    const days = (Date.parse(asked.body.deletedAt) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(2.99);
    expect(days).toBeLessThan(3.01);

    const dead = await server.post("/graphql", { query: "{ me { name } }" }, person.headers);
    expect(dead.body.errors[0].extensions.code).toBe("SESSION_ENDED");
    const refreshed = await server.post("/auth/refresh", { refresh_token: there.body.refresh_token });
    expect(refreshed.body.code).toBe("invalid_grant");
    const { rows } = await alter(
      person,
      `select (select count(*)::int from auth.sessions where user_id = $user and ended_at is null) as sessions,
         (select count(*)::int from auth.api_keys where user_id = $user and revoked_at is null) as keys,
         (select array_agg(distinct end_reason) from auth.sessions where user_id = $user) as reasons`,
    );
    expect(rows).toEqual([{ sessions: 0, keys: 0, reasons: ["account_deleted"] }]);
    expect(await events(person)).toEqual(["auth.account_deletion_asked"]);
  });

  test("is refused a session with the right password, and with a wrong one learns nothing", async () => {
    const person = await signUp(server);
    await remove(person);
    expect(said(await logIn(person))).toEqual([403, "account_deletion_pending"]);
    const wrong = await server.post("/auth/login", { email: person.email, password: "not the one at all" });
    expect(said(wrong)).toEqual([401, "invalid_credentials"]);
    await server.post("/auth/link/request", { email: person.email });
    await eventually(() => mailsTo(person, "Your link to sign in").length === 1);
    const code = await mailedCode(server, person.email);
    const byLink = await server.post("/auth/link/consume", { email: person.email, code });
    expect(said(byLink)).toEqual([403, "account_deletion_pending"]);
  });

  test("and has a second factor, is asked for it first", async () => {
    const person = await signUp(server);
    const { body } = await server.post("/auth/mfa/totp/enroll", {}, person.headers);
    const seed = base32(body.secret);
    await server.post("/auth/mfa/totp/confirm", { code: codeAt(seed) }, person.headers);
    await remove(person);
    const asked = await logIn(person);
    expect(said(asked)).toEqual([401, "mfa_required"]);
    await alter(person, "update auth.totp_factors set last_step = last_step - 120 where user_id = $user");
    const { mfaToken } = asked.body;
    expect(said(await server.post("/auth/mfa/verify", { mfaToken, code: codeAt(seed) }))).toEqual([
      403,
      "account_deletion_pending",
    ]);
  });

  test("needs a fresh sign-in, and no API key will do", async () => {
    const person = await signUp(server);
    await alter(
      person,
      "update auth.sessions set authenticated_at = now() - interval '11 minutes' where user_id = $user",
    );
    expect(said(await remove(person))).toEqual([401, "step_up_required"]);
    expect(said(await remove(person, { "User-Agent": "another browser" }))).toEqual([
      401,
      "fingerprint_mismatch",
    ]);
    expect(await pending(person)).toBe(false);
    await server.post("/auth/step-up", { password: person.password }, person.headers);
    expect((await remove(person)).status).toBe(202);
  });

  test("cannot while a company has nobody else to own it, and is told which", async () => {
    const person = await owner();
    const refused = await remove(person);
    expect(said(refused)).toEqual([409, "last_owner"]);
    expect(refused.body.tenants).toEqual([person.login.tenant!.slug]);
    expect(await pending(person)).toBe(false);
    expect((await server.get("/auth/session", person.headers)).status).toBe(200);
    const other = await signUp(server);
    await share(person, other);
    expect((await remove(person)).status).toBe(202);
    // And the other is the last one now, although the first is still an owner.
    expect(said(await remove(other))).toEqual([409, "last_owner"]);
  });

  test("is not kept by a company that is closed", async () => {
    const person = await owner();
    await database.admin.query("update app.tenants set status = 'closed' where id = $1", [
      person.login.tenant!.id,
    ]);
    // Nobody is in a closed company, so they come in without one.
    await alter(person, "update auth.sessions set tenant_id = null where user_id = $user");
    const { rows } = await alter(person, "select auth.owned_alone($user) as alone");
    expect(rows).toEqual([{ alone: [] }]);
  });
});

describe("at the same moment", () => {
  test("two owners who go leave one", async () => {
    for (let round = 0; round < 5; round++) {
      const [one, two] = [await owner(), await signUp(server)];
      await share(one, two);
      const answers = await Promise.all([remove(one), remove(two)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([202, 409]);
    }
  });

  test("an owner who goes and one who gives up ownership leave one", async () => {
    for (let round = 0; round < 5; round++) {
      const [one, two] = [await owner(), await signUp(server)];
      await share(one, two);
      const demoted = database.admin
        .query("update app.memberships set is_owner = false where user_id = $1", [two.login.user.id])
        .then(
          () => "demoted",
          (error: { code: string }) => error.code,
        );
      const [answer, outcome] = await Promise.all([remove(one), demoted]);
      expect([
        [202, "RH409"],
        [409, "demoted"],
      ]).toContainEqual([answer.status, outcome]);
    }
  });

  test("a sign-in and a deletion leave no session", async () => {
    for (let round = 0; round < 5; round++) {
      const person = await signUp(server);
      const [asked] = await Promise.all([remove(person), logIn(person), logIn(person), logIn(person)]);
      expect(asked.status).toBe(202);
      const { rowCount } = await alter(
        person,
        "select from auth.sessions where user_id = $user and ended_at is null",
      );
      expect(rowCount).toBe(0);
    }
  });

  test("a company with one session at a time and a deletion do not wait for each other for ever", async () => {
    const [host, person] = [await owner(), await signUp(server)];
    await share(host, person);
    await database.admin.query("update app.tenants set single_session = true where id = $1", [
      host.login.tenant!.id,
    ]);
    const fresh = await logIn(person);
    const headers = { Authorization: `Bearer ${fresh.body.access_token}` };
    const answers = await Promise.all([
      server.post("/auth/account/delete", {}, headers),
      ...[1, 2, 3].map(() => logIn(person)),
    ]);
    // Each is answered. A sign-in may have ended the session that asks, or have had to try again.
    for (const { status } of answers) expect([200, 202, 401, 403, 409, 429]).toContain(status);
    const { rowCount } = await alter(
      person,
      "select from auth.sessions join auth.deletions using (user_id) where user_id = $user and ended_at is null",
    );
    expect(rowCount).toBe(0);
  });
});

describe("who signs in within the grace", () => {
  test("may keep the account by what that answer says, once, and opens no session by it", async () => {
    const person = await signUp(server);
    await remove(person);
    const [first, second] = [await logIn(person), await logIn(person)];
    expect(said(first)).toEqual([403, "account_deletion_pending"]);
    expect(first.body).not.toHaveProperty("access_token");
    // The newest answer is the one that counts.
    expect((await restore({ token: first.body.restoreToken })).status).toBe(400);
    const token = second.body.restoreToken;
    for (const path of ["/auth/email/verify", "/auth/password/reset"]) {
      const other = await server.post(path, { token, password: "six chimneys and one cat" });
      expect(said(other)).toEqual([400, "invalid_verification_token"]);
    }
    expect(said(await server.post("/auth/link/consume", { token }))).toEqual([
      400,
      "invalid_verification_token",
    ]);
    expect((await restore({ token })).status).toBe(204);
    expect((await restore({ token })).status).toBe(400);
    expect(await pending(person)).toBe(false);
    expect((await logIn(person)).status).toBe(200);
    // The link of the mail is over with it.
    expect((await restore({ token: await keepingToken(person) })).status).toBe(400);
  });

  test("has ten minutes to say so, and takes nothing from the code of the mail", async () => {
    const person = await signUp(server);
    await remove(person);
    const { restoreToken: token } = (await logIn(person)).body;
    await alter(
      person,
      "update auth.mail_tokens set expires_at = now() where user_id = $user and network = 'sign-in'",
    );
    expect((await restore({ token })).status).toBe(400);
    await logIn(person);
    await keepingToken(person);
    const code = await mailedCode(server, person.email);
    expect((await restore({ email: person.email, code })).status).toBe(204);
  });

  test("leaves one row behind, however often they do", async () => {
    const person = await signUp(server);
    await remove(person);
    for (let n = 0; n < 4; n++) await logIn(person);
    const { rowCount } = await alter(
      person,
      "select from auth.mail_tokens where user_id = $user and purpose = 'restore_account'",
    );
    expect(rowCount).toBe(2);
  });
});

describe("the link of the mail", () => {
  test("keeps the account, once; it is not followed by opening it, and opens no session", async () => {
    const person = await signUp(server);
    await remove(person);
    const token = await keepingToken(person);
    const page = await server.get(`/auth/account/restore?token=${token}`, { Accept: "text/html" });
    expect(page.status).toBe(200);
    expect(page.headers.get("Cache-Control")).toBe("no-store");
    expect(page.headers.get("Referrer-Policy")).toBe("no-referrer");
    expect(await pending(person)).toBe(true);

    const kept = await restore({ token });
    expect([kept.status, kept.body, kept.headers.getSetCookie()]).toEqual([204, "", []]);
    expect(await pending(person)).toBe(false);
    expect(said(await restore({ token }))).toEqual([400, "invalid_verification_token"]);
    expect((await server.post("/auth/refresh", { refresh_token: person.login.refresh_token })).status).toBe(
      401,
    );
    expect((await logIn(person)).status).toBe(200);
    await eventually(() => mailsTo(person, "Your account stays").length === 1);
    expect(await events(person)).toEqual(["auth.account_deletion_asked", "auth.account_restored"]);
  });

  test("comes with a code, which is for nothing else and is not guessed", async () => {
    const person = await signUp(server);
    await remove(person);
    await keepingToken(person);
    const code = await mailedCode(server, person.email);
    const reset = { email: person.email, code, password: "six chimneys and one cat" };
    expect(said(await server.post("/auth/password/reset", reset))).toEqual([
      400,
      "invalid_verification_token",
    ]);
    for (let n = 0; n < 5; n++) {
      const guess = code === "000000" ? "000001" : "000000";
      expect(said(await restore({ email: person.email, code: guess }))).toEqual([
        400,
        "invalid_verification_token",
      ]);
    }
    // Five wrong ones, and the right one is none any more; the link is.
    expect((await restore({ email: person.email, code })).status).toBe(400);
    expect((await restore({ token: await keepingToken(person) })).status).toBe(204);
  });

  test("stays good when the owner chooses a new password first", async () => {
    const person = await signUp(server);
    await remove(person);
    const token = await keepingToken(person);
    await server.post("/auth/password/forgot", { email: person.email });
    await eventually(() => mailsTo(person, "Choose a new password").length === 1);
    const code = await mailedCode(server, person.email);
    const password = "six chimneys and one cat";
    expect((await server.post("/auth/password/reset", { email: person.email, code, password })).status).toBe(
      204,
    );
    expect(said(await logIn({ ...person, password }))).toEqual([403, "account_deletion_pending"]);
    expect((await restore({ token })).status).toBe(204);
    expect((await logIn({ ...person, password })).status).toBe(200);
  });

  test("of somebody else's mail, or of another kind, keeps nothing", async () => {
    const [person, other] = [await signUp(server), await signUp(server)];
    await remove(person);
    await keepingToken(person);
    await server.post("/auth/password/forgot", { email: other.email });
    const mail = await eventually(() => mailsTo(other, "Choose a new password").at(-1));
    const token = /#token=([\w-]+)/.exec(mail)![1]!;
    expect(said(await restore({ token }))).toEqual([400, "invalid_verification_token"]);
    expect(said(await restore({}))).toEqual([400, "invalid_input"]);
    expect(await pending(person)).toBe(true);
  });

  test("is over once the erasure has begun", async () => {
    const person = await signUp(server);
    await remove(person);
    const token = await keepingToken(person);
    await alter(person, "update auth.deletions set began_at = now() where user_id = $user");
    expect(said(await restore({ token }))).toEqual([400, "invalid_verification_token"]);
    expect(await pending(person)).toBe(true);
    await alter(person, "delete from auth.deletions where user_id = $user");
  });

  test("is mailed three times an hour from one network: then the deletion waits too", async () => {
    const person = await signUp(server);
    let session = person.headers;
    for (let n = 0; n < 3; n++) {
      expect((await server.post("/auth/account/delete", {}, session)).status).toBe(202);
      await eventually(() => mailsTo(person, "Your account is to be deleted").length === n + 1);
      expect((await restore({ token: await keepingToken(person) })).status).toBe(204);
      session = { Authorization: `Bearer ${(await logIn(person)).body.access_token}` };
    }
    const fourth = await server.post("/auth/account/delete", {}, session);
    expect(said(fourth)).toEqual([429, "too_many_attempts"]);
    expect(await pending(person)).toBe(false);
    expect((await server.get("/auth/session", session)).status).toBe(200);
  });

  test("is in no log and in no row, nor is the code", async () => {
    const person = await signUp(server);
    await remove(person);
    const token = await keepingToken(person);
    const lines = JSON.stringify(server.log.filter(({ msg }) => !msg.startsWith("mail written")));
    const { rows } = await database.admin.query(
      `select (select string_agg(concat(old_row, new_row, detail), ' ') from audit.events) as trail,
         (select string_agg(concat(mails.*), ' ') from auth.mails) as mails`,
    );
    for (const text of [lines, rows[0].trail, rows[0].mails]) expect(text).not.toContain(token);
  });
});

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/** RFC 4648 section 6. */
function base32(text: string): Buffer {
  const bits = [...text].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from(bits.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)));
}
