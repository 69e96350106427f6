import { randomBytes } from "node:crypto";
import { hash } from "@node-rs/argon2";
import type { PoolClient } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApiKeys } from "../../src/auth/api_key.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { mailedCode, mailedToken, type SignUp, signUp } from "../support/people.ts";
import { eventually, readable, startTestServer, type TestServer } from "../support/server.ts";

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

const wanted = "six chimneys and one cat";
const from = (ip: string) => ({ "X-Forwarded-For": ip });
const logIn = (email: string, password: string) => server.post("/auth/login", { email, password });
const change = (person: SignUp, body: object, headers = {}) =>
  server.post("/auth/password/change", body, { ...person.headers, ...headers });
const forgot = (email: string, headers = {}) => server.post("/auth/password/forgot", { email }, headers);
const reset = (body: object, headers = {}) =>
  server.post("/auth/password/reset", { password: wanted, ...body }, headers);
const refresh = (refresh_token: string) => server.post("/auth/refresh", { refresh_token });

const noticesTo = (email: string): string[] =>
  server
    .mails()
    .map(readable)
    .filter((mail) => mail.includes(`To: ${email}`) && mail.includes("Your password was changed"));

/** The link of the mail that `act` has sent: not that of an earlier one. */
async function newToken(email: string, act: () => Promise<unknown>): Promise<string> {
  const before = await mailedToken(server, email);
  await act();
  for (;;) {
    const token = await mailedToken(server, email);
    if (token !== before) return token;
    await new Promise((done) => setTimeout(done, 10));
  }
}

async function events(action: string, person: SignUp): Promise<unknown[]> {
  const { rows } = await database.admin.query(
    "select detail from audit.events where action = $1 and actor_id = $2 order by id",
    [action, person.login.user.id],
  );
  return rows.map(({ detail }) => detail);
}

async function endReasons(person: SignUp): Promise<(string | null)[]> {
  const { rows } = await database.admin.query(
    "select end_reason from auth.sessions where user_id = $1 order by created_at",
    [person.login.user.id],
  );
  return rows.map(({ end_reason }) => end_reason);
}

describe("changing a password", () => {
  test("wants the old one, ends the other sessions, keeps this one, and tells the owner by mail", async () => {
    const person = await signUp(server);
    const there = await logIn(person.email, person.password);
    expect((await change(person, { current: person.password, new: wanted })).status).toBe(204);

    expect((await logIn(person.email, person.password)).status).toBe(401);
    expect((await logIn(person.email, wanted)).status).toBe(200);
    expect((await refresh(there.body.refresh_token)).body.code).toBe("invalid_grant");
    expect((await refresh(person.login.refresh_token)).status).toBe(200);
    expect(await endReasons(person)).toEqual([null, "password_changed", null]);
    await eventually(() => noticesTo(person.email).length === 1);
    expect(await events("auth.password_changed", person)).toMatchObject([{ ended: 1 }]);
  });

  test("with a wrong old one changes nothing, and the trail says so", async () => {
    const person = await signUp(server);
    const refused = await change(person, { current: "not the old one at all", new: wanted });
    expect(refused).toMatchObject({ status: 401, body: { code: "invalid_credentials" } });
    expect((await logIn(person.email, person.password)).status).toBe(200);
    expect(await events("auth.password_change_failed", person)).toMatchObject([
      { outcome: "invalid_credentials" },
    ]);
    expect(noticesTo(person.email)).toEqual([]);
  });

  test("tells only who knows the old one that the new one is weak", async () => {
    const person = await signUp(server);
    const knows = await change(person, { current: person.password, new: "short" });
    expect(knows).toMatchObject({ status: 400, body: { code: "weak_password", field: "new" } });
    const guesses = await change(person, { current: "not the old one at all", new: "short" });
    expect(guesses).toMatchObject({ status: 401, body: { code: "invalid_credentials" } });
    const made = await change(person, { current: person.password, new: person.email });
    expect(made.body.code).toBe("weak_password");
  });

  test("lets whoever found an open session guess as slowly as at the login", async () => {
    const person = await signUp(server);
    const answers = [];
    for (let n = 0; n < 7; n++) answers.push(await change(person, { current: `guess ${n}`, new: wanted }));
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429, 429]);
    expect(answers[6]!.body.code).toBe("too_many_attempts");
    // Not even the right one, and nobody who has to sign in is kept waiting.
    expect((await change(person, { current: person.password, new: wanted })).status).toBe(429);
    expect((await logIn(person.email, person.password)).status).toBe(200);
  });

  test("wants a session that is good", async () => {
    const person = await signUp(server);
    const body = { current: person.password, new: wanted };
    expect((await server.post("/auth/password/change", body)).body.code).toBe("credential_missing");
    const thief = await change(person, body, { "User-Agent": "another browser" });
    expect(thief).toMatchObject({ status: 401, body: { code: "fingerprint_mismatch" } });
    const key = createApiKeys().secret;
    const unknown = await server.post("/auth/password/change", body, { "X-API-Key": key });
    expect(unknown.body.code).toBe("credential_unknown");
    await server.post("/auth/logout", undefined, person.headers);
    expect((await change(person, body)).body.code).toBe("session_ended");
    expect((await logIn(person.email, person.password)).status).toBe(200);
  });

  test("is refused to an API key", async () => {
    const owner = await signUp(server, { tenant: { name: "Keys", slug: "password-keys" } });
    const key = createApiKeys().secret;
    await database.admin.query(
      `insert into auth.api_keys (tenant_id, user_id, name, digest, scopes)
       values ($1, $2, 'test', sha256(sha256(convert_to($3, 'UTF8'))), '{chat}')`,
      [owner.login.tenant!.id, owner.login.user.id, key],
    );
    const body = { current: owner.password, new: wanted };
    const refused = await server.post("/auth/password/change", body, { "X-API-Key": key });
    expect(refused).toMatchObject({ status: 403, body: { code: "session_required" } });
  });

  test("makes links worthless that were mailed before", async () => {
    const person = await signUp(server);
    const token = await newToken(person.email, () => forgot(person.email));
    expect((await change(person, { current: person.password, new: wanted })).status).toBe(204);
    expect((await reset({ token })).body.code).toBe("invalid_verification_token");
  });
});

describe("a forgotten password", () => {
  test("is replaced by a link, once; every session ends, and the owner is told", async () => {
    const person = await signUp(server);
    const there = await logIn(person.email, person.password);
    const token = await newToken(person.email, () => forgot(person.email));
    expect((await reset({ token })).status).toBe(204);
    expect((await reset({ token, password: "somebody else's words" })).body.code).toBe(
      "invalid_verification_token",
    );
    expect((await logIn(person.email, person.password)).status).toBe(401);
    expect((await logIn(person.email, wanted)).status).toBe(200);
    for (const token of [person.login.refresh_token, there.body.refresh_token]) {
      expect((await refresh(token)).body.code).toBe("invalid_grant");
    }
    const dead = await server.post("/graphql", { query: "{ me { name } }" }, person.headers);
    expect(dead.body.errors[0].extensions.code).toBe("SESSION_ENDED");
    expect(await endReasons(person)).toEqual(["password_changed", "password_changed", null]);
    await eventually(() => noticesTo(person.email).length === 1);
    expect(await events("auth.password_changed", person)).toMatchObject([{ ended: 2, kept: null }]);
  });

  test("is replaced by a code", async () => {
    const person = await signUp(server);
    await newToken(person.email, () => forgot(person.email));
    const code = await mailedCode(server, person.email);
    expect((await reset({ email: person.email, code })).status).toBe(204);
    expect((await logIn(person.email, wanted)).status).toBe(200);
  });

  test("is not replaced by opening the link, by a weak one, or half an hour later", async () => {
    const person = await signUp(server);
    const token = await newToken(person.email, () => forgot(person.email));
    expect((await server.get(`/auth/password/reset?token=${token}`, { Accept: "text/html" })).status).toBe(
      200,
    );
    expect((await reset({ token, password: person.email })).body.code).toBe("weak_password");
    const { rows } = await database.admin.query(
      `select extract(epoch from expires_at - created_at)::int as lives from auth.mail_tokens
       where email = $1 and purpose = 'reset_password'`,
      [person.email],
    );
    expect(rows).toEqual([{ lives: 30 * 60 }]);
    await database.admin.query("update auth.mail_tokens set expires_at = now() where email = $1", [
      person.email,
    ]);
    expect((await reset({ token })).body.code).toBe("invalid_verification_token");
    expect((await logIn(person.email, person.password)).status).toBe(200);
  });

  test("is not replaced by the link of another mail: a link is for one thing", async () => {
    const email = `ann.${randomBytes(4).toString("hex")}@example.com`;
    await server.post("/auth/register", { email, name: "Ann" });
    const token = await mailedToken(server, email);
    expect((await reset({ token })).body.code).toBe("invalid_verification_token");
    const code = await mailedCode(server, email);
    expect((await reset({ email, code })).body.code).toBe("invalid_verification_token");
    expect((await server.post("/auth/email/verify", { token, password: wanted })).status).toBe(204);
    const other = await newToken(email, () => forgot(email));
    const verified = await server.post("/auth/email/verify", { token: other, password: wanted });
    expect(verified.body.code).toBe("invalid_verification_token");
  });

  test("two links at once: one wins, and the other is worth nothing", async () => {
    const person = await signUp(server);
    const tokens = [];
    for (let n = 0; n < 2; n++) tokens.push(await newToken(person.email, () => forgot(person.email)));
    const answers = await Promise.all(
      tokens.map((token, n) => reset({ token, password: `words of number ${n} here` })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 400]);
  });

  test("is told to nobody: one answer for a known and an unknown address, and a mail to both", async () => {
    const person = await signUp(server);
    const unknown = `nobody.${randomBytes(4).toString("hex")}@example.com`;
    const answers = [await forgot(person.email), await forgot(unknown)];
    expect(answers.map(({ status, body }) => ({ status, body }))).toEqual(
      Array(2).fill({ status: 202, body: answers[0]!.body }),
    );
    const mail = await eventually(() => server.mails().find((text) => text.includes(`To: ${unknown}`)));
    expect(readable(mail)).toContain("There is no account with this address");
    expect(readable(mail)).not.toContain("#token=");
    // The same rows, of the same size, in both cases.
    const { rows } = await database.admin.query(
      `select (select count(*)::int from auth.mail_tokens where email = $1 and purpose = 'reset_password') as tokens,
         (select count(*)::int from auth.mails where recipient = $1) as mails`,
      [unknown],
    );
    expect(rows).toEqual([{ tokens: 1, mails: 1 }]);
  });

  test("of an address without an account has no code that is right, not even the one in the row", async () => {
    const email = `nobody.${randomBytes(4).toString("hex")}@example.com`;
    const [link, code] = [randomBytes(32), randomBytes(32)];
    const facts = { request_id: "test", ip: "192.0.2.1" };
    await database.auth.query(
      "select auth.request_mail('reset_password', $1, $2, $3, null, gen_random_uuid(), 'x', 'en', $4)",
      [email, link, code, facts],
    );
    for (const [shownLink, codes] of [
      [link, null],
      [null, [code]],
    ]) {
      const { rows } = await database.auth.query(
        "select outcome from auth.reset_password($1, $2, $3, '$argon2id$', gen_random_uuid(), $4)",
        [shownLink, email, codes, facts],
      );
      expect(rows).toEqual([{ outcome: "invalid_token" }]);
    }
  });

  test("can be asked for three times an hour from one network, and the answers do not show the end of it", async () => {
    const person = await signUp(server);
    const answers = [];
    for (let n = 0; n < 5; n++) answers.push(await forgot(person.email, from("198.51.100.7")));
    expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(202));
    const { rows } = await database.admin.query(
      "select count(*)::int as count from auth.mails where recipient = $1 and template = 'reset_password'",
      [person.email],
    );
    expect(rows).toEqual([{ count: 3 }]);
  });

  test("leaves nothing secret in the log and in the trail", async () => {
    const person = await signUp(server);
    const token = await newToken(person.email, () => forgot(person.email));
    const code = await mailedCode(server, person.email);
    await reset({ token });
    const lines = JSON.stringify(server.log.filter(({ msg }) => !msg.startsWith("mail written")));
    const { rows } = await database.admin.query(
      "select string_agg(concat(old_row, new_row, detail), ' ') as text from audit.events",
    );
    for (const secret of [token, wanted, "$argon2id$"]) {
      expect(lines).not.toContain(secret);
      expect(rows[0].text).not.toContain(secret);
    }
    expect(lines).not.toContain(`"${code}"`);
  });
});

describe("a login", () => {
  test("renews a hash that was made with less work, in its own transaction, and only then", async () => {
    const person = await signUp(server);
    const stored = async (): Promise<{ hash: string; changed_at: Date }> =>
      (
        await database.admin.query("select hash, changed_at from auth.passwords where user_id = $1", [
          person.login.user.id,
        ])
      ).rows[0];
    const weaker = await hash(person.password, { memoryCost: 8_192, timeCost: 1, parallelism: 1 });
    await database.admin.query("update auth.passwords set hash = $2 where user_id = $1", [
      person.login.user.id,
      weaker,
    ]);
    const before = await stored();
    expect((await logIn(person.email, "a wrong password, this")).status).toBe(401);
    expect(await stored()).toEqual(before);
    expect((await logIn(person.email, person.password)).status).toBe(200);
    const renewed = await stored();
    expect(renewed.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(renewed.changed_at).toEqual(before.changed_at);
    expect((await logIn(person.email, person.password)).status).toBe(200);
    expect(await stored()).toEqual(renewed);
  });

  test("that has checked a password which was changed meanwhile is a wrong one", async () => {
    const person = await signUp(server);
    const { rows: begun } = await database.auth.query(
      "select password_hash from auth.begin_login($1, '{}')",
      [person.email],
    );
    expect((await change(person, { current: person.password, new: wanted })).status).toBe(204);
    const { rows } = await database.auth.query(
      "select outcome from auth.finish_login($1, true, gen_random_uuid(), $2, null, '{}', false, $3)",
      [person.email, randomBytes(32), begun[0].password_hash],
    );
    expect(rows).toEqual([{ outcome: "invalid_credentials" }]);
  });
});

describe("a session that is being opened while the password changes", () => {
  const facts = { request_id: "race", ip: "192.0.2.1" };

  /** Whether any session of the person is alive, once `open` committed after the change of the password had begun. */
  async function survives(open: (client: PoolClient, person: SignUp) => Promise<void>): Promise<boolean> {
    const person = await signUp(server);
    const client = await database.auth.connect();
    try {
      await client.query("begin");
      await open(client, person);
      const changing = database.admin.query(
        "select auth.set_password($1, '$argon2id$new', null, gen_random_uuid(), '{}')",
        [person.login.user.id],
      );
      await waitsForALock();
      await client.query("commit");
      await changing;
    } finally {
      client.release();
    }
    const { rowCount } = await database.admin.query(
      "select from auth.sessions where user_id = $1 and ended_at is null",
      [person.login.user.id],
    );
    return rowCount !== 0;
  }

  async function waitsForALock(): Promise<void> {
    for (;;) {
      const { rows } = await database.admin.query(
        `select from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock' and query like '%set_password%'`,
      );
      if (rows.length > 0) return;
    }
  }

  test("with the old one, ends with the others", async () => {
    const alive = await survives(async (client, { email }) => {
      const { rows } = await client.query("select password_hash from auth.begin_login($1, $2)", [
        email,
        facts,
      ]);
      const { rows: done } = await client.query(
        "select outcome from auth.finish_login($1, true, gen_random_uuid(), $2, null, $3, false, $4)",
        [email, randomBytes(32), facts, rows[0].password_hash],
      );
      expect(done).toEqual([{ outcome: "ok" }]);
    });
    expect(alive).toBe(false);
  });

  test("with a link, ends with the others", async () => {
    const [link, browser] = [randomBytes(32), randomBytes(32)];
    const alive = await survives(async (client, { email }) => {
      // The link was mailed before all this.
      await database.auth.query(
        "select auth.request_mail('sign_in', $1, $2, $2, $3, gen_random_uuid(), 'x', 'en', $4)",
        [email, link, browser, facts],
      );
      const { rows } = await client.query(
        "select outcome from auth.consume_sign_in_link($1, null, null, $2, gen_random_uuid(), $3, null, $4)",
        [link, browser, randomBytes(32), facts],
      );
      expect(rows).toEqual([{ outcome: "ok" }]);
    });
    expect(alive).toBe(false);
  });
});
