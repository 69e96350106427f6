import type { RegistrationResponseJSON } from "@simplewebauthn/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkNew } from "../../src/auth/passkeys/check_new.ts";
import { keyPair, type Lies } from "../support/authenticator.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import {
  addPasskey,
  authenticatorOf,
  logInWithPasskey,
  passkeyOf,
  stepUpWithPasskey,
  verifyWithPasskey,
} from "../support/passkeys.ts";
import { type SignUp, signUp } from "../support/people.ts";
import { type Answer, eventually, readable, startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let server: TestServer;
beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database, { CORS_ORIGINS: "https://app.example" });
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

let slugs = 0;
const someone = () => signUp(server, { tenant: { name: "Acme", slug: `acme-${slugs++}` } });
/** Somebody with a passkey. */
async function withPasskey() {
  const person = await someone();
  return { person, key: await passkeyOf(server, person) };
}
const logIn = ({ email, password }: SignUp) => server.post("/auth/login", { email, password });
const refused = (answer: Answer) => [answer.status, answer.body.code];
const bearer = (answer: Answer) => ({ Authorization: `Bearer ${answer.body.access_token}` });
const graphql = (headers: Record<string, string>, query: string, variables: object = {}) =>
  server.post("/graphql", { query, variables }, headers);
const passkeysOf = async (headers: Record<string, string>) =>
  (await graphql(headers, "{ myPasskeys { id name synced aaguid createdAt lastUsedAt } }")).body.data
    .myPasskeys;
const REMOVE = "mutation ($id: ID!) { removePasskey(input: {id: $id}) { passkey { name } } }";
const remove = (headers: Record<string, string>, id: string) => graphql(headers, REMOVE, { id });
const codeOf = ({ body }: Answer) => body.errors?.[0].extensions.code;
const stale = ({ login }: SignUp) =>
  database.admin.query(
    "update auth.sessions set authenticated_at = now() - interval '11 minutes' where user_id = $1",
    [login.user.id],
  );
const rows = async (sql: string, ...values: unknown[]) => (await database.admin.query(sql, values)).rows;
const sessionsOf = async ({ login }: SignUp) =>
  (await rows("select count(*)::int as n from auth.sessions where user_id = $1", login.user.id))[0].n;
const methodsOf = async ({ login }: SignUp) =>
  (
    await rows(
      "select methods from auth.sessions where user_id = $1 order by created_at desc limit 1",
      login.user.id,
    )
  )[0].methods;
const counterOf = async (id: string) =>
  Number(
    (
      await rows("select counter from auth.passkeys where credential_id = $1", Buffer.from(id, "base64url"))
    )[0].counter,
  );
const reasons = async ({ login }: SignUp) =>
  (
    await rows(
      "select detail ->> 'reason' as reason from audit.events where action = 'auth.passkey_refused' and actor_id = $1 order by at",
      login.user.id,
    )
  ).map(({ reason }) => reason);
const forgiveAll = () => database.admin.query("delete from auth.login_throttles");

describe("a passkey", () => {
  test.each(["EdDSA", "ES256", "RS256"] as const)(
    "of %s is added by who is signed in, and signs in alone",
    async (algorithm) => {
      const person = await someone();
      const key = authenticatorOf(server, { algorithm });
      const added = await addPasskey(server, key, { headers: person.headers, name: "  My laptop " });
      expect([added.status, added.headers.get("Cache-Control")]).toEqual([200, "no-store"]);
      expect(added.body).toMatchObject({ passkey: { name: "My laptop", synced: false } });
      expect(added.body).not.toHaveProperty("access_token");
      const answer = await logInWithPasskey(server, key);
      expect(answer.body).toMatchObject({
        token_type: "Bearer",
        user: { id: person.login.user.id },
        tenant: person.login.tenant,
      });
      expect(await methodsOf(person)).toEqual(["hwk", "user", "mfa"]);
      const { body } = await server.get("/auth/session", bearer(answer));
      expect(body.amr).toEqual(["hwk", "user", "mfa"]);
    },
  );

  test("that a service copies to other devices is said to be one", async () => {
    const person = await someone();
    const key = authenticatorOf(server, { synced: true, counts: false });
    expect((await addPasskey(server, key, { headers: person.headers })).body.passkey.synced).toBe(true);
    // Without a counter there is none to go back.
    expect((await logInWithPasskey(server, key)).status).toBe(200);
    expect((await logInWithPasskey(server, key)).status).toBe(200);
    expect(await methodsOf(person)).toEqual(["swk", "user", "mfa"]);
  });

  test("says itself in which company, if it is told, and puts the refresh token into a cookie", async () => {
    const { person, key } = await withPasskey();
    const answer = await logInWithPasskey(server, key, undefined, {
      tenant: person.login.tenant!.slug,
      cookie: true,
    });
    expect(answer.body).not.toHaveProperty("refresh_token");
    expect(answer.headers.getSetCookie().join()).toContain("__Host-rowhouse_refresh=");
    expect(refused(await logInWithPasskey(server, key, undefined, { tenant: "elsewhere" }))).toEqual([
      403,
      "not_a_member",
    ]);
  });

  test("is told by mail, gives recovery codes to who has none, and is in the trail without its secrets", async () => {
    const person = await someone();
    const key = authenticatorOf(server);
    const { body } = await addPasskey(server, key, { headers: person.headers });
    expect(body.recoveryCodes).toHaveLength(10);
    await eventually(() =>
      server
        .mails()
        .map(readable)
        .some((mail) => mail.includes(`To: ${person.email}`) && mail.includes("passkey was added")),
    );
    const second = await addPasskey(server, authenticatorOf(server), { headers: person.headers });
    expect(second.body).not.toHaveProperty("recoveryCodes");
    const [event] = await rows(
      "select new_row from audit.events where table_name = 'auth.passkeys' and action = 'insert' and actor_id = $1 order by at limit 1",
      person.login.user.id,
    );
    expect(event.new_row).toMatchObject({
      name: "Passkey",
      credential_id: "[redacted]",
      public_key: "[redacted]",
    });
    const seen = JSON.stringify([server.log, await rows("select * from audit.events")]);
    for (const secret of [key.id, ...body.recoveryCodes]) expect(seen).not.toContain(secret);
    const { mfaToken } = (await logIn(person)).body;
    expect((await server.post("/auth/mfa/verify", { mfaToken, code: body.recoveryCodes[0] })).status).toBe(
      200,
    );
  });

  test("challenges are digests in the database", async () => {
    const { body } = await server.post("/auth/passkey/login/options", {});
    const challenges = await rows("select encode(digest, 'base64') as digest from auth.passkey_challenges");
    expect(JSON.stringify(challenges)).not.toContain(
      Buffer.from(body.challenge, "base64url").toString("base64"),
    );
  });
});

describe("the options of a sign-in", () => {
  test("are the same for everybody but the challenge, and take no address", async () => {
    await withPasskey();
    const { body } = await server.post("/auth/passkey/login/options", {});
    expect(body).toEqual({
      rpId: "chat.rowhouse.test",
      challenge: expect.stringMatching(/^[\w-]{43}$/),
      timeout: 300_000,
      userVerification: "required",
      allowCredentials: [],
    });
    expect(refused(await server.post("/auth/passkey/login/options", { email: "ann@example.com" }))).toEqual([
      400,
      "invalid_input",
    ]);
  });
});

describe("an answer that does not hold signs nobody in", () => {
  const stranger = keyPair("ES256").privateKey;
  test.each<[string, Lies]>([
    ["the page of a stranger", { origin: "https://evil.example" }],
    ["a page beneath ours", { origin: "https://evil.chat.rowhouse.test" }],
    ["our page without https", { origin: "http://chat.rowhouse.test" }],
    ["a page within one of another origin", { crossOrigin: true }],
    ["another RP ID", { rpId: "evil.example" }],
    ["a user whom nobody verified", { userVerified: false }],
    ["a user who was not there", { userPresent: false }],
    ["another key", { key: stranger }],
    ["the owner of nobody", { userHandle: Buffer.alloc(16).toString("base64url") }],
    ["no owner at all", { userHandle: null }],
    ["a passkey that nobody knows", { credentialId: "A".repeat(43) }],
    ["an answer to making one", { type: "webauthn.create" }],
    ["an authenticator that copies where it did not", { synced: true }],
  ])("%s", async (_, lies) => {
    await forgiveAll();
    const { person, key } = await withPasskey();
    const before = await sessionsOf(person);
    expect(refused(await logInWithPasskey(server, key, lies))).toEqual([401, "passkey_refused"]);
    expect(await sessionsOf(person)).toBe(before);
    expect((await logInWithPasskey(server, key)).status).toBe(200);
  });

  test("somebody else's passkey under one's own name", async () => {
    const [ann, bob] = [await withPasskey(), await withPasskey()];
    const handle = Buffer.from(ann.person.login.user.id.replaceAll("-", ""), "hex").toString("base64url");
    expect(refused(await logInWithPasskey(server, bob.key, { userHandle: handle }))).toEqual([
      401,
      "passkey_refused",
    ]);
    expect(refused(await logInWithPasskey(server, bob.key, { credentialId: ann.key.id }))).toEqual([
      401,
      "passkey_refused",
    ]);
    expect(await reasons(bob.person)).toEqual(["answer_does_not_hold"]);
  });

  test("what cannot be read, said as what it is", async () => {
    const { key } = await withPasskey();
    const { body } = await server.post("/auth/passkey/login/options", {});
    const good = key.get(body) as { response: object };
    for (const broken of [
      { ...good, response: { ...good.response, clientDataJSON: "bm8ganNvbg" } },
      { ...good, response: { ...good.response, clientDataJSON: "bnVsbA" } },
    ]) {
      expect(refused(await server.post("/auth/passkey/login", { credential: broken }))).toEqual([
        401,
        "passkey_challenge_invalid",
      ]);
    }
    for (const broken of [
      null,
      [],
      "x",
      {},
      { ...good, type: "password" },
      { ...good, response: { ...good.response, signature: "=" } },
    ]) {
      expect(refused(await server.post("/auth/passkey/login", { credential: broken }))).toEqual([
        400,
        "invalid_input",
      ]);
    }
    const rubbish = { ...good, response: { ...good.response, authenticatorData: "AAAA" } };
    expect(refused(await server.post("/auth/passkey/login", { credential: rubbish }))).toEqual([
      401,
      "passkey_refused",
    ]);
  });

  test("is counted by passkey and network, and the right one waits too", async () => {
    await forgiveAll();
    const { key } = await withPasskey();
    for (let n = 0; n < 5; n++) await logInWithPasskey(server, key, { userVerified: false });
    await database.admin.query(
      "update auth.login_throttles set blocked_until = now() + interval '1 hour' where attempts = 5",
    );
    const late = await logInWithPasskey(server, key);
    expect(refused(late)).toEqual([429, "too_many_attempts"]);
    expect(Number(late.headers.get("Retry-After"))).toBeGreaterThan(0);
    await forgiveAll();
  });
});

describe("a page of an origin on the list", () => {
  test("may use passkeys, and no other page", async () => {
    const { key } = await withPasskey();
    expect((await logInWithPasskey(server, key, { origin: "https://app.example" })).status).toBe(200);
    expect(refused(await logInWithPasskey(server, key, { origin: "https://app.example.evil" }))).toEqual([
      401,
      "passkey_refused",
    ]);
  });
});

describe("a copied passkey", () => {
  test.each([
    ["the same", 0],
    ["a smaller one", -1],
  ])("is noticed by its counter: %s", async (_, step) => {
    const { person, key } = await withPasskey();
    await logInWithPasskey(server, key);
    const known = await counterOf(key.id);
    expect(refused(await logInWithPasskey(server, key, { counter: known + step }))).toEqual([
      401,
      "passkey_refused",
    ]);
    expect(await counterOf(key.id)).toBe(known);
    expect(await reasons(person)).toEqual(["counter_went_back"]);
    expect((await logInWithPasskey(server, key)).status).toBe(200);
  });

  test("is noticed when it stops to count, and of two at once with one counter one gets in", async () => {
    const { key } = await withPasskey();
    expect(refused(await logInWithPasskey(server, key, { counter: 0 }))).toEqual([401, "passkey_refused"]);
    const answers = await Promise.all([
      logInWithPasskey(server, key, { counter: 50 }),
      logInWithPasskey(server, key, { counter: 50 }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
  });
});

describe("a challenge", () => {
  test("is good once, also for two at the same time", async () => {
    const { key } = await withPasskey();
    const { body } = await server.post("/auth/passkey/login/options", {});
    const credentials = [key.get(body), key.get(body)];
    const answers = await Promise.all(
      credentials.map((credential) => server.post("/auth/passkey/login", { credential })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
    const replayed = await server.post("/auth/passkey/login", { credential: credentials[0] });
    expect(refused(replayed)).toEqual([401, "passkey_challenge_invalid"]);
  });

  test("is used up by an answer that does not hold", async () => {
    const { key } = await withPasskey();
    const { body } = await server.post("/auth/passkey/login/options", {});
    const send = (lies?: Lies) => server.post("/auth/passkey/login", { credential: key.get(body, lies) });
    expect(refused(await send({ userVerified: false }))).toEqual([401, "passkey_refused"]);
    expect(refused(await send())).toEqual([401, "passkey_challenge_invalid"]);
  });

  test("is over after five minutes, and one of nobody is none", async () => {
    const { key } = await withPasskey();
    const { body } = await server.post("/auth/passkey/login/options", {});
    await database.admin.query("update auth.passkey_challenges set expires_at = now()");
    const late = await server.post("/auth/passkey/login", { credential: key.get(body) });
    expect(refused(late)).toEqual([401, "passkey_challenge_invalid"]);
    expect(refused(await logInWithPasskey(server, key, { challenge: "A".repeat(43) }))).toEqual([
      401,
      "passkey_challenge_invalid",
    ]);
    await database.worker.query("select jobs.expire_exchange_codes()");
    expect(await rows("select from auth.passkey_challenges where expires_at <= now()")).toEqual([]);
  });

  test("of another purpose is none", async () => {
    const { person, key } = await withPasskey();
    const { mfaToken } = (await logIn(person)).body;
    const options = {
      register: (await server.post("/auth/passkey/register/options", {}, person.headers)).body,
      sign_in: (await server.post("/auth/passkey/login/options", {})).body,
      second_factor: (await server.post("/auth/mfa/passkey/options", { mfaToken })).body,
      step_up: (await server.post("/auth/step-up/passkey/options", {}, person.headers)).body,
    };
    const show = (from: keyof typeof options) =>
      key.get({ ...options.sign_in, challenge: options[from].challenge });
    for (const from of ["register", "second_factor", "step_up"] as const) {
      const answer = await server.post("/auth/passkey/login", { credential: show(from) });
      expect([from, ...refused(answer)]).toEqual([from, 401, "passkey_challenge_invalid"]);
    }
    for (const from of ["register", "sign_in", "step_up"] as const) {
      const answer = await server.post("/auth/mfa/passkey/verify", { mfaToken, credential: show(from) });
      expect([from, ...refused(answer)]).toEqual([from, 401, "passkey_challenge_invalid"]);
    }
    for (const from of ["register", "sign_in", "second_factor"] as const) {
      const answer = await server.post("/auth/step-up/passkey", { credential: show(from) }, person.headers);
      expect([from, ...refused(answer)]).toEqual([from, 401, "passkey_challenge_invalid"]);
    }
    for (const from of ["sign_in", "second_factor", "step_up"] as const) {
      const credential = authenticatorOf(server).create({
        ...options.register,
        challenge: options[from].challenge,
      });
      const answer = await server.post("/auth/passkey/register", { credential }, person.headers);
      expect([from, ...refused(answer)]).toEqual([from, 401, "passkey_challenge_invalid"]);
    }
    // None of those who tried used it up for those it was made for.
    expect((await server.post("/auth/passkey/login", { credential: show("sign_in") })).status).toBe(200);
  });

  test("of another session or another sign-in is none", async () => {
    const { person, key } = await withPasskey();
    const other = bearer(await logInWithPasskey(server, key));
    const stepUp = (await server.post("/auth/step-up/passkey/options", {}, other)).body;
    expect(
      refused(await server.post("/auth/step-up/passkey", { credential: key.get(stepUp) }, person.headers)),
    ).toEqual([401, "passkey_challenge_invalid"]);
    const make = (await server.post("/auth/passkey/register/options", {}, other)).body;
    const credential = authenticatorOf(server).create(make);
    expect(refused(await server.post("/auth/passkey/register", { credential }, person.headers))).toEqual([
      401,
      "passkey_challenge_invalid",
    ]);
    const [one, two] = [(await logIn(person)).body.mfaToken, (await logIn(person)).body.mfaToken];
    const asked = (await server.post("/auth/mfa/passkey/options", { mfaToken: one })).body;
    expect(
      refused(await server.post("/auth/mfa/passkey/verify", { mfaToken: two, credential: key.get(asked) })),
    ).toEqual([401, "passkey_challenge_invalid"]);
  });
});

describe("a passkey that is to be added", () => {
  test.each<[string, Lies]>([
    ["by the page of a stranger", { origin: "https://evil.example" }],
    ["by a page within one of another origin", { crossOrigin: true }],
    ["for another RP ID", { rpId: "evil.example" }],
    ["without its user being verified", { userVerified: false }],
    ["with an answer to showing one", { type: "webauthn.get" }],
    [
      "with somebody who vouches for it",
      {
        attestation: {
          fmt: "packed",
          attStmt: new Map<string, unknown>([
            ["alg", -7],
            ["sig", Buffer.alloc(64)],
            ["x5c", [Buffer.alloc(100)]],
          ]),
        },
      },
    ],
    ["with a statement of a TPM", { attestation: { fmt: "tpm", attStmt: new Map() } }],
    [
      "with a wrong word of its own",
      {
        attestation: {
          fmt: "packed",
          attStmt: new Map<string, unknown>([
            ["alg", -7],
            ["sig", Buffer.alloc(64)],
          ]),
        },
      },
    ],
  ])("%s, is refused", async (_, lies) => {
    const person = await someone();
    const answer = await addPasskey(server, authenticatorOf(server), { headers: person.headers, lies });
    expect(refused(answer)).toEqual([401, "passkey_refused"]);
    expect(await passkeysOf(person.headers)).toEqual([]);
    expect(await reasons(person)).toEqual(["not_made"]);
  });

  test("is refused with another algorithm than those that were asked for", async () => {
    const person = await someone();
    const key = authenticatorOf(server, { algorithm: "ES384" });
    expect(refused(await addPasskey(server, key, { headers: person.headers }))).toEqual([
      401,
      "passkey_refused",
    ]);
  });

  test("is refused unread where somebody vouches for it, and taken where it does so itself", async () => {
    const party = { id: "chat.rowhouse.test", name: "x", origins: [server.config.publicUrl] };
    const options = { rp: { id: party.id }, user: { id: "AAAA" }, challenge: "AAAA" };
    const key = authenticatorOf(server);
    const vouched = new Map<string, unknown>([["x5c", [Buffer.alloc(100)]]]);
    for (const fmt of ["packed", "fido-u2f", "android-key", "apple", "tpm", "x"]) {
      const answer = key.create(options, { attestation: { fmt, attStmt: vouched } });
      await expect(checkNew(party, answer as RegistrationResponseJSON)).rejects.toThrow("vouches");
    }
    const person = await someone();
    const own = { headers: person.headers, lies: { attestation: "self" } as const };
    expect((await addPasskey(server, key, own)).status).toBe(200);
  });

  test("wants a session that is fresh, and nobody's key", async () => {
    const { person, key } = await withPasskey();
    await stale(person);
    for (const path of ["/auth/passkey/register/options", "/auth/passkey/register"]) {
      const body = path.endsWith("options")
        ? {}
        : { credential: key.create({ user: { id: "x" }, rp: { id: "x" }, challenge: "x" }) };
      expect(refused(await server.post(path, body, person.headers))).toEqual([401, "step_up_required"]);
      expect(refused(await server.post(path, body))).toEqual([401, "credential_missing"]);
    }
  });

  test("is nobody else's already, and a browser is told which there are", async () => {
    const { person, key } = await withPasskey();
    const { body } = await server.post("/auth/passkey/register/options", {}, person.headers);
    expect(body.excludeCredentials).toEqual([{ type: "public-key", id: key.id, transports: ["internal"] }]);
    expect(body.user.name).toBe(person.email);
    expect(refused(await addPasskey(server, key, { headers: person.headers }))).toEqual([
      409,
      "passkey_exists",
    ]);
    const other = await someone();
    expect(refused(await addPasskey(server, key, { headers: other.headers }))).toEqual([
      409,
      "passkey_exists",
    ]);
    expect(
      (
        await logInWithPasskey(server, key, {
          userHandle: Buffer.from(person.login.user.id.replaceAll("-", ""), "hex").toString("base64url"),
        })
      ).body.user.id,
    ).toBe(person.login.user.id);
  });

  test("is one of twenty at most", async () => {
    const { person } = await withPasskey();
    await database.admin.query(
      `insert into auth.passkeys (user_id, credential_id, public_key, counter, aaguid, backup_eligible, backed_up, name)
       select user_id, sha256(credential_id || convert_to(n::text, 'UTF8')), public_key, 0, aaguid, false, false, name
       from auth.passkeys, generate_series(2, 20) as n where user_id = $1`,
      [person.login.user.id],
    );
    expect(refused(await addPasskey(server, authenticatorOf(server), { headers: person.headers }))).toEqual([
      409,
      "passkey_limit",
    ]);
  });
});

describe("a passkey as the second factor", () => {
  test("is asked for after the password, whose mfaToken names the passkeys, and not before", async () => {
    const { person, key } = await withPasskey();
    const asked = await logIn(person);
    expect(refused(asked)).toEqual([401, "mfa_required"]);
    const { mfaToken } = asked.body;
    const { body } = await server.post("/auth/mfa/passkey/options", { mfaToken });
    expect(body.allowCredentials).toEqual([{ type: "public-key", id: key.id, transports: ["internal"] }]);
    expect(refused(await server.post("/auth/mfa/passkey/options", { mfaToken: "rubbish" }))).toEqual([
      401,
      "mfa_token_invalid",
    ]);
    const answer = await verifyWithPasskey(server, key, mfaToken);
    expect(answer.body).toMatchObject({ token_type: "Bearer", user: { id: person.login.user.id } });
    expect(await methodsOf(person)).toEqual(["pwd", "hwk", "user", "mfa"]);
    expect(refused(await verifyWithPasskey(server, key, mfaToken))).toEqual([401, "mfa_token_invalid"]);
  });

  test("is one's own, and five tries are all there are", async () => {
    await forgiveAll();
    const [ann, bob] = [await withPasskey(), await withPasskey()];
    const { mfaToken } = (await logIn(ann.person)).body;
    for (let n = 0; n < 5; n++) {
      await forgiveAll();
      const answer = await verifyWithPasskey(
        server,
        n === 0 ? bob.key : ann.key,
        mfaToken,
        n === 0 ? {} : { userVerified: false },
      );
      expect(refused(answer)).toEqual([401, "passkey_refused"]);
    }
    await forgiveAll();
    expect(refused(await verifyWithPasskey(server, ann.key, mfaToken))).toEqual([401, "mfa_token_invalid"]);
    expect(await reasons(ann.person)).toContain("not_theirs");
  });

  test("has recovery codes, which step up too; other codes are none", async () => {
    await forgiveAll();
    const person = await someone();
    const { headers } = person;
    const { recoveryCodes } = (await addPasskey(server, authenticatorOf(server), { headers })).body;
    const { mfaToken } = (await logIn(person)).body;
    const verify = (code: string) => server.post("/auth/mfa/verify", { mfaToken, code });
    expect(refused(await verify("123456"))).toEqual([401, "invalid_code"]);
    expect((await verify(recoveryCodes[0])).status).toBe(200);
    await stale(person);
    const stepUp = (code: string) => server.post("/auth/step-up", { code }, headers);
    expect(refused(await stepUp(recoveryCodes[0]))).toEqual([401, "invalid_code"]);
    expect((await stepUp(recoveryCodes[1])).status).toBe(200);
    // Those of an app and of passkeys are the same ten: they stay as long as there is either.
    await database.admin.query(
      "insert into auth.totp_factors (id, user_id, seed, last_step, confirmed_at) values (uuidv7(), $1, 'v1.x', 0, now())",
      [person.login.user.id],
    );
    expect((await server.post("/auth/mfa/totp/remove", {}, headers)).status).toBe(204);
    expect((await stepUp(recoveryCodes[2])).status).toBe(200);
    await database.admin.query("update auth.recovery_codes set used_at = now() where user_id = $1", [
      person.login.user.id,
    ]);
    const next = await addPasskey(server, authenticatorOf(server), { headers });
    expect(next.body.recoveryCodes).toHaveLength(10);
    expect((await stepUp(next.body.recoveryCodes[0])).status).toBe(200);
  });

  test("is missing for who has only an app", async () => {
    const person = await someone();
    await database.admin.query(
      "insert into auth.totp_factors (id, user_id, seed, last_step, confirmed_at) values (uuidv7(), $1, 'v1.x', 0, now())",
      [person.login.user.id],
    );
    const { mfaToken } = (await logIn(person)).body;
    expect(refused(await server.post("/auth/mfa/passkey/options", { mfaToken }))).toEqual([
      409,
      "passkey_missing",
    ]);
  });
});

describe("a company that wants second factors", () => {
  const want = ({ login }: SignUp) =>
    database.admin.query("update app.tenants set requires_second_factor = true where id = $1", [
      login.tenant!.id,
    ]);

  test("has one in a passkey, which its members may set up as they sign in", async () => {
    const person = await someone();
    await want(person);
    const asked = await logIn(person);
    expect(refused(asked)).toEqual([401, "mfa_enrolment_required"]);
    const { mfaToken } = asked.body;
    const key = authenticatorOf(server);
    const added = await addPasskey(server, key, { mfaToken });
    expect(added.body).toMatchObject({ token_type: "Bearer", passkey: { name: "Passkey" } });
    expect(added.body.recoveryCodes).toHaveLength(10);
    expect((await server.get("/auth/session", bearer(added))).body.amr).toEqual([
      "pwd",
      "hwk",
      "user",
      "mfa",
    ]);
    expect(refused(await logIn(person))).toEqual([401, "mfa_required"]);
    expect((await logInWithPasskey(server, key)).status).toBe(200);
    expect(refused(await addPasskey(server, authenticatorOf(server), { mfaToken }))).toEqual([
      401,
      "mfa_token_invalid",
    ]);
  });

  test("does not let a password alone add one beside what its owner set up meanwhile", async () => {
    const person = await someone();
    await want(person);
    const { mfaToken } = (await logIn(person)).body;
    await passkeyOf(server, person);
    expect(refused(await addPasskey(server, authenticatorOf(server), { mfaToken }))).toEqual([
      409,
      "second_factor_exists",
    ]);
    expect(refused(await server.post("/auth/mfa/totp/enroll", { mfaToken }))).toEqual([
      409,
      "second_factor_exists",
    ]);
  });
});

describe("stepping up with a passkey", () => {
  test("makes a stale session fresh again, which the password does not", async () => {
    const { person, key } = await withPasskey();
    await stale(person);
    expect(
      refused(await server.post("/auth/step-up", { password: person.password }, person.headers)),
    ).toEqual([400, "second_factor_required"]);
    const [passkey] = await passkeysOf(person.headers);
    expect(codeOf(await remove(person.headers, passkey.id))).toBe("STEP_UP_REQUIRED");
    const answer = await stepUpWithPasskey(server, key, person.headers);
    expect(answer.body.authTime).toBeGreaterThan(Date.now() / 1000 - 60);
    expect((await remove(person.headers, passkey.id)).body.data.removePasskey.passkey).toEqual({
      name: "Passkey",
    });
  });

  test("takes one's own passkey, and its own browser", async () => {
    const [ann, bob] = [await withPasskey(), await withPasskey()];
    await stale(ann.person);
    expect(refused(await stepUpWithPasskey(server, bob.key, ann.person.headers))).toEqual([
      401,
      "passkey_refused",
    ]);
    expect(
      refused(await stepUpWithPasskey(server, ann.key, ann.person.headers, { userVerified: false })),
    ).toEqual([401, "passkey_refused"]);
    const thief = { ...ann.person.headers, "User-Agent": "another browser" };
    expect(refused(await stepUpWithPasskey(server, ann.key, thief))).toEqual([401, "fingerprint_mismatch"]);
    expect(
      refused(await addPasskey(server, authenticatorOf(server), { headers: ann.person.headers })),
    ).toEqual([401, "step_up_required"]);
    const none = await someone();
    expect(refused(await stepUpWithPasskey(server, ann.key, none.headers))).toEqual([409, "passkey_missing"]);
  });
});

describe("somebody's passkeys", () => {
  test("are listed and renamed by their owner, and by nobody else", async () => {
    const { person, key } = await withPasskey();
    await logInWithPasskey(server, key);
    const [passkey] = await passkeysOf(person.headers);
    expect(passkey).toMatchObject({ name: "Passkey", synced: false, lastUsedAt: expect.any(String) });
    const RENAME =
      "mutation ($id: ID!, $name: String!) { renamePasskey(input: {id: $id, name: $name}) { passkey { name } } }";
    const rename = (headers: Record<string, string>, name: string) =>
      graphql(headers, RENAME, { id: passkey.id, name });
    expect((await rename(person.headers, " Phone ")).body.data.renamePasskey.passkey).toEqual({
      name: "Phone",
    });
    expect(codeOf(await rename(person.headers, " \u200b "))).toBe("INVALID_INPUT");
    expect(codeOf(await rename(person.headers, "x".repeat(101)))).toBe("INVALID_INPUT");
    const other = await someone();
    expect(codeOf(await rename(other.headers, "Mine"))).toBe("NOT_FOUND");
    expect(codeOf(await remove(other.headers, passkey.id))).toBe("NOT_FOUND");
    expect(await passkeysOf(other.headers)).toEqual([]);
    expect(await passkeysOf(person.headers)).toMatchObject([{ name: "Phone" }]);
  });

  test("are worth nothing once they are removed, which is told by mail; recovery codes go with the last", async () => {
    const { person, key } = await withPasskey();
    const { mfaToken } = (await logIn(person)).body;
    const asked = (await server.post("/auth/mfa/passkey/options", { mfaToken })).body;
    const [passkey] = await passkeysOf(person.headers);
    expect((await remove(person.headers, passkey.id)).status).toBe(200);
    expect(refused(await logInWithPasskey(server, key))).toEqual([401, "passkey_refused"]);
    expect(
      refused(await server.post("/auth/mfa/passkey/verify", { mfaToken, credential: key.get(asked) })),
    ).toEqual([401, "passkey_refused"]);
    expect(await rows("select from auth.recovery_codes where user_id = $1", person.login.user.id)).toEqual(
      [],
    );
    const mails = await rows("select template from auth.mails where recipient = $1", person.email);
    expect(mails).toContainEqual({ template: "passkey_removed" });
    expect((await logIn(person)).status).toBe(200);
  });

  test("keep the last way in, and are one", async () => {
    const { person, key } = await withPasskey();
    await database.admin.query("delete from auth.passwords where user_id = $1", [person.login.user.id]);
    const [passkey] = await passkeysOf(person.headers);
    expect(codeOf(await remove(person.headers, passkey.id))).toBe("LAST_WAY_IN");
    expect((await logInWithPasskey(server, key)).status).toBe(200);
    // An account elsewhere may go, because the passkey stays; then the passkey may not.
    const [identity] = await rows(
      "insert into auth.identities (user_id, provider, issuer, subject) values ($1, 'acme', 'https://acme.example', $2) returning id",
      person.login.user.id,
      crypto.randomUUID(),
    );
    const UNLINK = "mutation ($id: ID!) { unlinkIdentity(input: {id: $id}) { identity { id } } }";
    const both = await Promise.all([
      graphql(person.headers, UNLINK, { id: identity.id }),
      remove(person.headers, passkey.id),
    ]);
    expect(both.map(codeOf).filter((code) => code === "LAST_WAY_IN")).toHaveLength(1);
  });

  test("keep one of two that are removed at once, and none comes as the twenty-first", async () => {
    const { person } = await withPasskey();
    const { headers } = person;
    await passkeyOf(server, person);
    await database.admin.query("delete from auth.passwords where user_id = $1", [person.login.user.id]);
    const both = (await passkeysOf(headers)).map(({ id }: { id: string }) => remove(headers, id));
    expect((await Promise.all(both)).map(codeOf).sort()).toEqual(["LAST_WAY_IN", undefined]);
    expect(await passkeysOf(headers)).toHaveLength(1);
    await database.admin.query(
      `insert into auth.passkeys (user_id, credential_id, public_key, counter, aaguid, backup_eligible, backed_up, name)
       select user_id, sha256(credential_id || convert_to(n::text, 'UTF8')), public_key, 0, aaguid, false, false, name
       from auth.passkeys, generate_series(2, 18) as n where user_id = $1`,
      [person.login.user.id],
    );
    const five = Array.from({ length: 5 }, () => addPasskey(server, authenticatorOf(server), { headers }));
    const statuses = (await Promise.all(five)).map(({ status }) => status).sort();
    expect(statuses).toEqual([200, 200, 409, 409, 409]);
    expect(await passkeysOf(headers)).toHaveLength(20);
  });

  test("sign in nobody who is banned, and into no company that is suspended", async () => {
    const [ann, bob] = [await withPasskey(), await withPasskey()];
    await database.admin.query("update app.users set status = 'banned' where id = $1", [
      ann.person.login.user.id,
    ]);
    await database.admin.query("update app.tenants set status = 'suspended' where id = $1", [
      bob.person.login.tenant!.id,
    ]);
    expect(refused(await logInWithPasskey(server, ann.key))).toEqual([401, "user_banned"]);
    expect(refused(await logInWithPasskey(server, bob.key))).toEqual([401, "tenant_suspended"]);
  });
});
