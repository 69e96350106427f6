import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createApiKeys, storedOf } from "../../src/auth/api_key.ts";
import { codeAt } from "../../src/auth/totp.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { type SignUp, signUp } from "../support/people.ts";
import { type Answer, startTestServer, type TestServer } from "../support/server.ts";

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

interface Enrolled extends SignUp {
  readonly seed: Buffer;
  readonly recoveryCodes: string[];
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/** RFC 4648 section 6, so that what a person types into an app by hand is what the server means. */
function base32(text: string): Buffer {
  const bits = [...text].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from(bits.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)));
}

/** A code of the app that was not used yet: the last one that was, moves an hour back. */
async function freshCode({ seed, login }: Pick<Enrolled, "seed" | "login">): Promise<string> {
  await database.admin.query("update auth.totp_factors set last_step = last_step - 120 where user_id = $1", [
    login.user.id,
  ]);
  return codeAt(seed);
}

/** Tries at a code begin anew, as after a day. */
const forgiveAll = () => database.admin.query("delete from auth.login_throttles");
/** The second that a fifth try costs becomes an hour, so that it lasts on a slow machine; all five are in one row. */
async function prolongTheWait(): Promise<void> {
  const { rowCount } = await database.admin.query(
    "update auth.login_throttles set blocked_until = blocked_until + interval '1 hour' where attempts = 5",
  );
  expect(rowCount).toBe(1);
}
const stale = (person: SignUp) =>
  database.admin.query(
    "update auth.sessions set authenticated_at = now() - interval '11 minutes' where user_id = $1",
    [person.login.user.id],
  );
const events = async (person: SignUp) =>
  (
    await database.admin.query(
      "select action from audit.events where actor_id = $1 and table_name is null order by at",
      [person.login.user.id],
    )
  ).rows.map(({ action }) => action);

let slugs = 0;
async function enrolled(): Promise<Enrolled> {
  const person = await signUp(server, { tenant: { name: "Acme", slug: `acme-${slugs++}` } });
  const { body } = await server.post("/auth/mfa/totp/enroll", {}, person.headers);
  const seed = base32(body.secret);
  const confirmed = await server.post("/auth/mfa/totp/confirm", { code: codeAt(seed) }, person.headers);
  if (confirmed.status !== 200) throw new Error(JSON.stringify(confirmed.body));
  return { ...person, seed, recoveryCodes: confirmed.body.recoveryCodes };
}

const logIn = ({ email, password }: SignUp) => server.post("/auth/login", { email, password });
const verify = (mfaToken: string, code: string) => server.post("/auth/mfa/verify", { mfaToken, code });
const refused = (answer: Answer) => [answer.status, answer.body.code];
const session = (headers: Record<string, string>) =>
  server.post("/graphql", { query: "{ me { id } }" }, headers);

describe("a second factor", () => {
  test("is set up with a code of it, and gives ten recovery codes", async () => {
    const person = await signUp(server, { tenant: { name: "Acme", slug: `acme-${slugs++}` } });
    const { status, headers, body } = await server.post("/auth/mfa/totp/enroll", {}, person.headers);
    expect(status).toBe(200);
    expect(headers.get("Cache-Control")).toBe("no-store");
    expect(body.otpauthUrl).toContain(`secret=${body.secret}`);
    expect(body.otpauthUrl).toContain(encodeURIComponent(person.email));
    // Until it is confirmed it counts for nothing.
    expect((await logIn(person)).status).toBe(200);
    expect(refused(await server.post("/auth/mfa/totp/confirm", { code: "000000" }, person.headers))).toEqual([
      401,
      "invalid_code",
    ]);
    const confirmed = await server.post(
      "/auth/mfa/totp/confirm",
      { code: codeAt(base32(body.secret)) },
      person.headers,
    );
    expect(confirmed.body.recoveryCodes).toHaveLength(10);
    expect(confirmed.body).not.toHaveProperty("access_token");
    expect(await events(person)).toEqual(expect.arrayContaining(["auth.mfa_failed", "auth.mfa_enrolled"]));
  });

  test("is asked for at the sign-in, and its code is the session", async () => {
    const person = await enrolled();
    const asked = await logIn(person);
    expect(refused(asked)).toEqual([401, "mfa_required"]);
    expect(asked.body).not.toHaveProperty("access_token");
    const answer = await verify(asked.body.mfaToken, await freshCode(person));
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      token_type: "Bearer",
      user: { id: person.login.user.id },
      tenant: person.login.tenant,
    });
    expect((await session({ Authorization: `Bearer ${answer.body.access_token}` })).status).toBe(200);
    const { rows } = await database.admin.query(
      "select methods from auth.sessions where user_id = $1 order by created_at desc limit 1",
      [person.login.user.id],
    );
    expect(rows).toEqual([{ methods: ["pwd", "otp", "mfa"] }]);
  });

  test("its seed and its codes are in no log, no trail and not readable in the database", async () => {
    const person = await enrolled();
    const asked = await logIn(person);
    const seen = JSON.stringify([
      server.log,
      (await database.admin.query("select * from audit.events")).rows,
      (await database.admin.query("select * from auth.totp_factors")).rows,
      (await database.admin.query("select * from auth.recovery_codes")).rows,
      (await database.admin.query("select * from auth.mfa_challenges")).rows,
    ]);
    const hidden = [
      person.seed.toString("hex"),
      person.seed.toString("base64"),
      person.seed.toString("base64url"),
    ];
    for (const secret of [...hidden, ...person.recoveryCodes, asked.body.mfaToken])
      expect(seen).not.toContain(secret);
  });
});

describe("an mfaToken", () => {
  let person: Enrolled;
  let mfaToken: string;
  beforeEach(async () => {
    await forgiveAll();
    person = await enrolled();
    mfaToken = (await logIn(person)).body.mfaToken;
  });

  test("opens no door and no other call", async () => {
    const headers = { Authorization: `Bearer ${mfaToken}` };
    expect((await session(headers)).status).toBe(401);
    const client = await database.app.connect();
    try {
      await client.query("begin");
      await expect(
        client.query("select context.enter(sha256(convert_to($1, 'UTF8')))", [mfaToken]),
      ).rejects.toMatchObject({
        code: "RH401",
      });
      await client.query("rollback");
    } finally {
      client.release();
    }
    for (const path of ["enroll", "confirm"]) {
      const answer = await server.post(`/auth/mfa/totp/${path}`, {
        mfaToken,
        ...(path === "confirm" && { code: "123456" }),
      });
      expect(refused(answer)).toEqual([401, "mfa_token_invalid"]);
    }
  });

  test("is good for one sign-in", async () => {
    expect((await verify(mfaToken, await freshCode(person))).status).toBe(200);
    expect(refused(await verify(mfaToken, await freshCode(person)))).toEqual([401, "mfa_token_invalid"]);
  });

  test("is good for five tries, the right code after them among those that are too late", async () => {
    for (let n = 0; n < 5; n++) {
      await forgiveAll();
      expect(refused(await verify(mfaToken, "000000"))).toEqual([401, "invalid_code"]);
    }
    await forgiveAll();
    expect(refused(await verify(mfaToken, await freshCode(person)))).toEqual([401, "mfa_token_invalid"]);
  });

  test("is over after ten minutes", async () => {
    await database.admin.query("update auth.mfa_challenges set expires_at = now()");
    expect(refused(await verify(mfaToken, await freshCode(person)))).toEqual([401, "mfa_token_invalid"]);
  });

  test("gives no session to who was banned meanwhile", async () => {
    await database.admin.query("update app.users set status = 'banned' where id = $1", [
      person.login.user.id,
    ]);
    expect(refused(await verify(mfaToken, await freshCode(person)))).toEqual([401, "user_banned"]);
  });
});

describe("a code", () => {
  test("is good once, also for two who show it at the same time", async () => {
    const person = await enrolled();
    const tokens = [(await logIn(person)).body.mfaToken, (await logIn(person)).body.mfaToken];
    const code = await freshCode(person);
    const answers = await Promise.all(tokens.map((token) => verify(token, code)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
    const third = (await logIn(person)).body.mfaToken;
    expect(refused(await verify(third, code))).toEqual([401, "invalid_code"]);
    // Nor is an older one, though it is within the window.
    expect(refused(await verify(third, codeAt(person.seed, Date.now() - 30_000)))).toEqual([
      401,
      "invalid_code",
    ]);
  });

  test("is not guessed: whichever mfaToken is used, the account's tries run out", async () => {
    await forgiveAll();
    const person = await enrolled();
    for (let n = 0; n < 5; n++) {
      const { mfaToken } = (await logIn(person)).body;
      expect(refused(await verify(mfaToken, "000000"))).toEqual([401, "invalid_code"]);
    }
    await prolongTheWait();
    const { mfaToken } = (await logIn(person)).body;
    const late = await verify(mfaToken, await freshCode(person));
    expect(refused(late)).toEqual([429, "too_many_attempts"]);
    expect(Number(late.headers.get("Retry-After"))).toBeGreaterThan(0);
    await forgiveAll();
  });

  test("of somebody else is none", async () => {
    const [ann, bob] = [await enrolled(), await enrolled()];
    const { mfaToken } = (await logIn(ann)).body;
    expect(refused(await verify(mfaToken, await freshCode(bob)))).toEqual([401, "invalid_code"]);
    expect(refused(await verify(mfaToken, bob.recoveryCodes[0]!))).toEqual([401, "invalid_code"]);
  });
});

describe("a recovery code", () => {
  test("is good once, however it is typed, and the trail knows that it was one", async () => {
    const person = await enrolled();
    const [first] = person.recoveryCodes;
    const { mfaToken } = (await logIn(person)).body;
    expect((await verify(mfaToken, first!.toLowerCase().replaceAll("-", " "))).status).toBe(200);
    const again = (await logIn(person)).body.mfaToken;
    expect(refused(await verify(again, first!))).toEqual([401, "invalid_code"]);
    const { rows } = await database.admin.query(
      "select new_row from audit.events where table_name = 'auth.recovery_codes' and action = 'update' and actor_id = $1",
      [person.login.user.id],
    );
    expect(rows).toMatchObject([{ new_row: { digest: "[redacted]" } }]);
  });
});

describe("taking a second factor away", () => {
  const remove = (person: SignUp) => server.post("/auth/mfa/totp/remove", {}, person.headers);

  test("wants a fresh sign-in, and a code of it to have one", async () => {
    const person = await enrolled();
    await stale(person);
    const answer = await remove(person);
    expect(refused(answer)).toEqual([401, "step_up_required"]);
    expect(answer.headers.get("WWW-Authenticate")).toContain("insufficient_user_authentication");
    const byPassword = await server.post("/auth/step-up", { password: person.password }, person.headers);
    expect(refused(byPassword)).toEqual([400, "second_factor_required"]);
    expect(refused(await remove(person))).toEqual([401, "step_up_required"]);
    const stepped = await server.post("/auth/step-up", { code: await freshCode(person) }, person.headers);
    expect(stepped.body.authTime).toBeGreaterThan(Date.now() / 1000 - 60);
    expect((await remove(person)).status).toBe(204);
    expect((await logIn(person)).status).toBe(200);
    expect(refused(await remove(person))).toEqual([409, "second_factor_missing"]);
    expect(await events(person)).toEqual(
      expect.arrayContaining(["auth.step_up_required", "auth.step_up", "auth.mfa_removed"]),
    );
  });

  test("takes its recovery codes too, and another one cannot be set up beside it", async () => {
    const person = await enrolled();
    expect(refused(await server.post("/auth/mfa/totp/enroll", {}, person.headers))).toEqual([
      409,
      "second_factor_exists",
    ]);
    await remove(person);
    const { rows } = await database.admin.query("select from auth.recovery_codes where user_id = $1", [
      person.login.user.id,
    ]);
    expect(rows).toEqual([]);
  });

  test("and setting one up are no business of a stale session, of a key, or of nobody", async () => {
    const person = await signUp(server, { tenant: { name: "Acme", slug: `acme-${slugs++}` } });
    const key = createApiKeys().secret;
    await database.admin.query(
      "insert into auth.api_keys (tenant_id, user_id, name, digest, scopes) values ($1, $2, 'x', $3, '{chat}')",
      [person.login.tenant!.id, person.login.user.id, storedOf(key).digest],
    );
    for (const path of ["/auth/mfa/totp/enroll", "/auth/mfa/totp/remove"]) {
      expect(refused(await server.post(path, {}, { "X-API-Key": key }))).toEqual([403, "session_required"]);
      expect(refused(await server.post(path, {}))).toEqual([401, "credential_missing"]);
    }
    expect(
      refused(await server.post("/auth/step-up", { password: person.password }, { "X-API-Key": key })),
    ).toEqual([403, "session_required"]);
    await stale(person);
    expect(refused(await server.post("/auth/mfa/totp/enroll", {}, person.headers))).toEqual([
      401,
      "step_up_required",
    ]);
    await server.post("/auth/logout", undefined, person.headers);
    expect(refused(await server.post("/auth/mfa/totp/enroll", {}, person.headers))).toEqual([
      401,
      "session_ended",
    ]);
  });
});

describe("a company that wants second factors", () => {
  const WANT =
    "mutation ($id: ID!, $on: Boolean!) { updateTenant(input: {id: $id, patch: {requiresSecondFactor: $on}}) { tenant { requiresSecondFactor } } }";

  test("has its members set one up at the next sign-in, which then signs them in", async () => {
    const person = await signUp(server, { tenant: { name: "Acme", slug: `acme-${slugs++}` } });
    const { body } = await server.post(
      "/graphql",
      { query: WANT, variables: { id: person.login.tenant!.id, on: true } },
      person.headers,
    );
    expect(body.data.updateTenant.tenant).toEqual({ requiresSecondFactor: true });
    const asked = await logIn(person);
    expect(refused(asked)).toEqual([401, "mfa_enrolment_required"]);
    const { mfaToken } = asked.body;
    expect(refused(await verify(mfaToken, "123456"))).toEqual([401, "mfa_token_invalid"]);
    const { secret } = (await server.post("/auth/mfa/totp/enroll", { mfaToken })).body;
    const answer = await server.post("/auth/mfa/totp/confirm", { mfaToken, code: codeAt(base32(secret)) });
    expect(answer.body.recoveryCodes).toHaveLength(10);
    expect((await session({ Authorization: `Bearer ${answer.body.access_token}` })).status).toBe(200);
    // Used up: the same token sets up nothing else.
    expect(refused(await server.post("/auth/mfa/totp/enroll", { mfaToken }))).toEqual([
      401,
      "mfa_token_invalid",
    ]);
    expect(refused(await logIn(person))).toEqual([401, "mfa_required"]);
  });

  test("does not stop to want them for a stale session", async () => {
    const person = await signUp(server, { tenant: { name: "Acme", slug: `acme-${slugs++}` } });
    await stale(person);
    const { status, body } = await server.post(
      "/graphql",
      { query: WANT, variables: { id: person.login.tenant!.id, on: true } },
      person.headers,
    );
    expect([status, body.errors[0].extensions.code]).toEqual([401, "STEP_UP_REQUIRED"]);
  });
});

describe("stepping up", () => {
  test("by the password, for who has no second factor, lets a key be made again", async () => {
    const person = await signUp(server, { tenant: { name: "Acme", slug: `acme-${slugs++}` } });
    const make = () =>
      server.post(
        "/graphql",
        { query: 'mutation { createApiKey(input: {name: "x", scopes: ["chat"]}) { secret } }' },
        person.headers,
      );
    await stale(person);
    const answer = await make();
    expect([answer.status, answer.body.errors[0].extensions.code]).toEqual([401, "STEP_UP_REQUIRED"]);
    const { rows } = await database.admin.query("select from auth.api_keys where user_id = $1", [
      person.login.user.id,
    ]);
    expect(rows).toEqual([]);
    for (const [given, expected] of [
      [{ password: "wrong" }, [401, "invalid_credentials"]],
      [{ code: "123456" }, [400, "password_required"]],
      [{}, [400, "invalid_input"]],
      [{ password: person.password, code: "123456" }, [400, "invalid_input"]],
    ] as const) {
      expect(refused(await server.post("/auth/step-up", given, person.headers))).toEqual(expected);
    }
    expect((await make()).body.errors[0].extensions.code).toBe("STEP_UP_REQUIRED");
    expect((await server.post("/auth/step-up", { password: person.password }, person.headers)).status).toBe(
      200,
    );
    expect((await make()).body.data.createApiKey.secret).toMatch(/^rh_sk_/);
    const { rows: told } = await database.admin.query(
      "select detail from audit.events where action = 'access.refused' and actor_id = $1",
      [person.login.user.id],
    );
    expect(told).toMatchObject([{ detail: { code: "RH440" } }, { detail: { code: "RH440" } }]);
  });

  test("is not guessed: wrong passwords run out, and then the right one waits too", async () => {
    await forgiveAll();
    const person = await signUp(server);
    for (let n = 0; n < 5; n++) {
      const answer = await server.post("/auth/step-up", { password: "wrong" }, person.headers);
      expect(refused(answer)).toEqual([401, "invalid_credentials"]);
    }
    await prolongTheWait();
    expect(
      refused(await server.post("/auth/step-up", { password: person.password }, person.headers)),
    ).toEqual([429, "too_many_attempts"]);
  });

  test("frees its own session only, and only if the browser is the same", async () => {
    const person = await signUp(server);
    const other = await logIn(person);
    await stale(person);
    const thief = { ...person.headers, "User-Agent": "another browser" };
    expect(refused(await server.post("/auth/step-up", { password: person.password }, thief))).toEqual([
      401,
      "fingerprint_mismatch",
    ]);
    await server.post("/auth/step-up", { password: person.password }, person.headers);
    const there = { Authorization: `Bearer ${other.body.access_token}` };
    expect(refused(await server.post("/auth/mfa/totp/enroll", {}, there))).toEqual([401, "step_up_required"]);
    expect((await server.post("/auth/mfa/totp/enroll", {}, person.headers)).status).toBe(200);
  });
});
