import { createHash, randomBytes } from "node:crypto";
import { type CryptoKey, decodeJwt, exportJWK, generateKeyPair, type JWK } from "jose";
import * as openid from "openid-client";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createApiKeys } from "../../src/auth/api_key.ts";
import { codeAt } from "../../src/auth/totp.ts";
import { keptCode, mailed, seedOf, verifier } from "../contract/openapi/street.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { handMadeProof, type KeyHolder, keyHolder } from "../support/dpop.ts";
import { type SignUp, signUp } from "../support/people.ts";
import { startRedis } from "../support/redis.ts";
import { type Answer, startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let server: TestServer;
beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database, { CORS_ORIGINS: "https://app.rowhouse.test" });
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

const query = { query: "{ me { name } }" };
const someone = () =>
  signUp(server, { tenant: { name: "A tenant", slug: `t-${randomBytes(5).toString("hex")}` } });
const credentials = ({ email, password }: SignUp) => ({ email, password });
const confirmation = (token: string) => (decodeJwt(token).cnf as { jkt: string } | undefined)?.jkt;

/** Signs somebody in whose session is bound to the client's key. */
async function bound(client: KeyHolder, person: SignUp, more = {}): Promise<Answer["body"]> {
  const answer = await client.post("/auth/login", { ...credentials(person), ...more });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}

/** The thumbprints of a person's live sessions, the oldest first. */
async function keysOf({ login }: SignUp): Promise<(string | null)[]> {
  const { rows } = await database.admin.query<{ key: string | null }>(
    "select key_thumbprint as key from auth.sessions where user_id = $1 and ended_at is null order by created_at",
    [login.user.id],
  );
  return rows.map(({ key }) => key);
}

async function expectRefused(answer: Answer, status: number, code: string): Promise<void> {
  const said = answer.body.code ?? answer.body.errors?.[0].extensions.code.toLowerCase();
  expect([answer.status, said], JSON.stringify(answer.body)).toEqual([status, code]);
}

let person: SignUp;
let client: KeyHolder;
beforeAll(async () => {
  person = await someone();
});
beforeEach(async () => {
  client = await keyHolder(server);
});

describe("a session that begins with a proof", () => {
  test.each(["ES256", "Ed25519", "RS256", "PS256"] as const)(
    "is bound to a key of %s, in its row, its access tokens and its refreshes",
    async (algorithm) => {
      client = await keyHolder(server, algorithm);
      const tokens = await bound(client, person);
      expect(tokens.token_type).toBe("DPoP");
      expect(confirmation(tokens.access_token)).toBe(client.thumbprint);
      expect((await keysOf(person)).at(-1)).toBe(client.thumbprint);

      const asked = await client.post("/graphql", query, tokens.access_token);
      expect(asked.body.data).toEqual({ me: { name: "Some One" } });
      expect((await client.get("/auth/session", tokens.access_token)).status).toBe(200);

      const next = await client.post("/auth/refresh", { refresh_token: tokens.refresh_token });
      expect([next.status, next.body.token_type]).toEqual([200, "DPoP"]);
      expect(confirmation(next.body.access_token)).toBe(client.thumbprint);
      expect((await client.post("/graphql", query, next.body.access_token)).body.errors).toBeUndefined();
    },
  );

  test("steps up, lists itself as bound, and signs out, with proofs", async () => {
    const { access_token: token } = await bound(client, person);
    expect((await client.post("/auth/step-up", { password: person.password }, token)).status).toBe(200);
    const list = await client.post("/graphql", { query: "{ mySessions { isCurrent isBound } }" }, token);
    const sessions = list.body.data.mySessions;
    expect(sessions[0]).toEqual({ isCurrent: true, isBound: true });
    expect(sessions).toContainEqual({ isCurrent: false, isBound: false });
    expect((await client.post("/auth/logout", {}, token)).status).toBe(204);
    const ended = await client.post("/graphql", query, token);
    await expectRefused(ended, 401, "session_ended");
    expect(ended.headers.get("WWW-Authenticate")).toMatch(/^DPoP .*error="invalid_token".*algs=/);
  });

  test("in a cookie is refreshed and switched with the cookie and a proof, not with the cookie alone", async () => {
    const login = await client.post("/auth/login", { ...credentials(person), cookie: true });
    const cookieOf = (answer: Answer) => answer.headers.get("Set-Cookie")!.split(";")[0]!;
    const browser = (cookie: string) => ({ Cookie: cookie, Origin: "https://app.rowhouse.test" });
    const alone = await server.post("/auth/refresh", undefined, browser(cookieOf(login)));
    await expectRefused(alone, 400, "invalid_dpop_proof");
    expect(alone.headers.get("Set-Cookie")).toBeNull();

    const next = await client.post("/auth/refresh", undefined, undefined, browser(cookieOf(login)));
    expect([next.status, next.body.token_type, next.body.refresh_token]).toEqual([200, "DPoP", undefined]);
    const tenant = login.body.tenant.slug;
    const switched = await client.post("/auth/switch", { tenant }, undefined, browser(cookieOf(next)));
    expect([switched.status, switched.body.token_type]).toEqual([200, "DPoP"]);
    expect((await keysOf(person)).slice(-2)).toEqual([client.thumbprint, client.thumbprint]);
    await expectRefused(
      await server.post("/auth/switch", { tenant }, browser(cookieOf(next))),
      400,
      "invalid_dpop_proof",
    );
    // Whoever lost the key can still throw the cookie away, and with it the session; no other.
    const others = await server.post("/auth/logout", { scope: "all" }, browser(cookieOf(next)));
    await expectRefused(others, 400, "invalid_dpop_proof");
    expect((await server.post("/auth/logout", {}, browser(cookieOf(next)))).status).toBe(204);
    expect((await client.post("/graphql", query, switched.body.access_token)).status).toBe(200);
  });

  test("begins so at every call that opens one: a mailed code, a second factor, a switch", async () => {
    const ann = await someone();
    const { code } = await mailed({ server }, ann.email, "/auth/link/request");
    const byMail = await client.post("/auth/link/consume", { email: ann.email, code });
    expect([byMail.status, byMail.body.token_type]).toEqual([200, "DPoP"]);

    const switched = await client.post(
      "/auth/switch",
      { tenant: byMail.body.tenant.slug },
      byMail.body.access_token,
    );
    expect(confirmation(switched.body.access_token)).toBe(client.thumbprint);

    const token = switched.body.access_token;
    const seed = seedOf(await client.post("/auth/mfa/totp/enroll", {}, token));
    const confirmed = await client.post("/auth/mfa/totp/confirm", { code: codeAt(seed) }, token);
    expect(confirmed.status).toBe(200);
    const asked = await client.post("/auth/login", credentials(ann));
    await expectRefused(asked, 401, "mfa_required");
    const verified = await client.post("/auth/mfa/verify", {
      mfaToken: asked.body.mfaToken,
      code: confirmed.body.recoveryCodes[0],
    });
    expect([verified.status, verified.body.token_type]).toEqual([200, "DPoP"]);
    expect(await keysOf(ann)).toEqual([null, client.thumbprint, client.thumbprint, client.thumbprint]);
  });

  test("begins so with a provider too", async () => {
    const code = await keptCode({ database }, person.email);
    const { body } = await client.post("/auth/oauth/exchange", { code, code_verifier: verifier });
    expect([body.token_type, confirmation(body.access_token)]).toEqual(["DPoP", client.thumbprint]);
  });

  test("begins so out of one that is not bound, which stays as it was", async () => {
    const login = await server.post("/auth/login", credentials(person));
    const token = login.body.access_token;
    const proof = await client.proof("POST", "/auth/switch", token);
    const switched = await server.post(
      "/auth/switch",
      { tenant: login.body.tenant.slug },
      { Authorization: `Bearer ${token}`, ...proof },
    );
    expect([switched.status, switched.body.token_type]).toEqual([200, "DPoP"]);
    expect((await keysOf(person)).slice(-2)).toEqual([null, client.thumbprint]);
    expect((await server.post("/graphql", query, { Authorization: `Bearer ${token}` })).status).toBe(200);
  });

  test("stays bound although an answer is lost: the same child, for the same key", async () => {
    const { refresh_token } = await bound(client, person);
    const [one, two] = [
      await client.post("/auth/refresh", { refresh_token }),
      await client.post("/auth/refresh", { refresh_token }),
    ];
    expect([two.status, two.body.refresh_token]).toEqual([200, one.body.refresh_token]);
  });
});

describe("without a proof", () => {
  test("everything is as it was: Bearer, no key, no nonce", async () => {
    const { body, headers } = await server.post("/auth/login", credentials(person));
    expect([body.token_type, confirmation(body.access_token)]).toEqual(["Bearer", undefined]);
    expect(headers.get("DPoP-Nonce")).toBeNull();
    expect((await keysOf(person)).at(-1)).toBeNull();
  });

  test("an unbound session stays unbound, whoever refreshes it with a proof", async () => {
    const { body } = await server.post("/auth/login", credentials(person));
    const next = await client.post("/auth/refresh", { refresh_token: body.refresh_token });
    expect([next.status, next.body.token_type, confirmation(next.body.access_token)]).toEqual([
      200,
      "Bearer",
      undefined,
    ]);
    expect((await keysOf(person)).at(-1)).toBeNull();
  });

  test("an API key is as good as ever, and no DPoP header makes it worse", async () => {
    const key = createApiKeys().secret;
    const answer = await server.post("/graphql", query, { "X-API-Key": key, DPoP: "rubbish" });
    await expectRefused(answer, 401, "credential_unknown");
    const asDpop = await server.post("/graphql", query, { Authorization: `DPoP ${key}` });
    await expectRefused(asDpop, 401, "token_malformed");
  });
});

describe("a stolen token of a bound session is refused", () => {
  let tokens: { access_token: string; refresh_token: string };
  beforeEach(async () => {
    tokens = await bound(client, person);
  });
  const lives = async () =>
    expect((await client.post("/graphql", query, tokens.access_token)).body.errors).toBeUndefined();
  const told = async (action: string) => {
    const { rows } = await database.admin.query(
      `select coalesce(detail ->> 'detail', detail ->> 'outcome') as why
       from audit.events where action = $2 and actor_id = $1`,
      [person.login.user.id, action],
    );
    return rows.map(({ why }) => why);
  };

  test("as Bearer, with a challenge that says how it is to come, and the trail is told", async () => {
    for (const [method, path] of [
      ["POST", "/graphql"],
      ["GET", "/auth/session"],
      ["POST", "/auth/logout"],
      ["POST", "/auth/step-up"],
    ] as const) {
      const answer = await server.request(method, path, {
        body: method === "POST" ? {} : undefined,
        headers: { Authorization: `Bearer ${tokens.access_token}` },
      });
      await expectRefused(answer, 401, "token_invalid");
      expect(answer.headers.get("WWW-Authenticate")).toMatch(/^DPoP .*error="invalid_token".*algs="ES256 /);
    }
    expect(await told("access.refused")).toContain("key_mismatch");
    await lives();
  });

  test("as Bearer with a proof by the right key: a copied header is not enough of a scheme", async () => {
    const proof = await client.proof("POST", "/graphql", tokens.access_token);
    const answer = await server.post("/graphql", query, {
      Authorization: `Bearer ${tokens.access_token}`,
      ...proof,
    });
    await expectRefused(answer, 401, "token_invalid");
  });

  test("without a proof", async () => {
    const answer = await server.post("/graphql", query, { Authorization: `DPoP ${tokens.access_token}` });
    await expectRefused(answer, 401, "invalid_dpop_proof");
    expect(answer.headers.get("WWW-Authenticate")).toMatch(/^DPoP .*error="invalid_dpop_proof"/);
    await lives();
  });

  test("with a thief's own proof, at every use and at a refresh; the session goes on", async () => {
    const thief = await keyHolder(server);
    const answer = await thief.post("/graphql", query, tokens.access_token);
    await expectRefused(answer, 401, "token_invalid");
    expect(answer.headers.get("WWW-Authenticate")).toContain('error="invalid_token"');
    for (const path of ["/auth/switch", "/auth/step-up", "/auth/password/change", "/auth/mfa/totp/enroll"]) {
      await expectRefused(await thief.post(path, {}, tokens.access_token), 401, "token_invalid");
    }
    await expectRefused(await thief.post("/auth/logout", {}, tokens.access_token), 401, "token_invalid");
    for (const refreshed of [
      await thief.post("/auth/refresh", { refresh_token: tokens.refresh_token }),
      await server.post("/auth/refresh", { refresh_token: tokens.refresh_token }),
    ]) {
      await expectRefused(refreshed, 400, "invalid_dpop_proof");
      expect(refreshed.body.error).toBe("invalid_dpop_proof");
    }
    await lives();
    expect(await told("auth.refresh_failed")).toContain("key_mismatch");
    expect((await client.post("/auth/refresh", { refresh_token: tokens.refresh_token })).status).toBe(200);
  });

  test("although the server remembers the token: the proof is looked at each time", async () => {
    for (let n = 0; n < 3; n++) await lives();
    const answer = await server.post("/graphql", query, { Authorization: `DPoP ${tokens.access_token}` });
    await expectRefused(answer, 401, "invalid_dpop_proof");
  });

  test("and by the door itself, which asks the row: a session's handle alone opens nothing", async () => {
    const handle = createHash("sha256")
      .update(decodeJwt(tokens.access_token).sid as string)
      .digest();
    const enter = (facts: object) => database.app.query("select context.enter($1, $2)", [handle, facts]);
    const userAgent = { user_agent: "node" };
    await expect(enter(userAgent)).rejects.toMatchObject({ code: "RH401", detail: "key_mismatch" });
    await expect(enter({ ...userAgent, key_thumbprint: "x".repeat(43) })).rejects.toMatchObject({
      detail: "key_mismatch",
    });
    await enter({ ...userAgent, key_thumbprint: client.thumbprint });
  });

  test("but a replaced refresh token is a theft first: it ends the session, whatever else is wrong", async () => {
    const next = await client.post("/auth/refresh", { refresh_token: tokens.refresh_token });
    await client.post("/graphql", query, next.body.access_token);
    await database.admin.query(
      "update auth.sessions set acknowledged_at = now() - interval '11 seconds' where key_thumbprint = $1",
      [client.thumbprint],
    );
    const replayed = await server.post("/auth/refresh", { refresh_token: tokens.refresh_token });
    await expectRefused(replayed, 401, "invalid_grant");
    await expectRefused(await client.post("/graphql", query, next.body.access_token), 401, "session_ended");
  });
});

test("an unbound token is refused as DPoP, with and without a proof", async () => {
  const token = person.login.access_token;
  await expectRefused(await client.post("/graphql", query, token), 401, "token_invalid");
  const bare = await server.post("/graphql", query, { Authorization: `DPoP ${token}` });
  await expectRefused(bare, 401, "token_invalid");
  expect((await server.post("/graphql", query, person.headers)).status).toBe(200);
});

describe("a proof is refused", () => {
  const url = () => `${server.config.publicUrl}/auth/login`;
  const right = () => ({ htm: "POST", htu: url() });
  const logIn = (DPoP: string) => server.post("/auth/login", credentials(person), { DPoP });

  async function expectNone(DPoP: string, code = "invalid_dpop_proof"): Promise<void> {
    const before = await keysOf(person);
    const answer = await logIn(DPoP);
    await expectRefused(answer, 400, code);
    expect(answer.body.error).toBe(code);
    expect(answer.headers.get("WWW-Authenticate")).toBeNull();
    expect(answer.headers.get("DPoP-Nonce")).toMatch(/^[\w-]{51}$/);
    expect(await keysOf(person)).toEqual(before);
  }

  test("unless it is right, as this one is", async () => {
    expect((await logIn(await handMadeProof(client, right()))).status).toBe(200);
  });

  test.each([
    ["nothing", ""],
    ["garbled", "rubbish"],
    ["no JWT of its own", "e30.e30."],
    ["too long", `${"x".repeat(5_000)}.e30.e30`],
    ["not of this alphabet", "é.é.é"],
  ])("that is %s", (_, text) => expectNone(text));

  test("that comes twice, or beside another", async () => {
    const proofs = [await handMadeProof(client, right()), await handMadeProof(client, right())];
    await expectNone(proofs.join(", "));
    await expectNone(proofs.join(","));
  });

  test("for another method, or spelled otherwise", async () => {
    for (const htm of ["GET", "post", "PUT", ""]) {
      await expectNone(await handMadeProof(client, { ...right(), htm }));
    }
  });

  test("for another address", async () => {
    for (const htu of [
      `${server.config.publicUrl}/auth/refresh`,
      `${server.config.publicUrl}/auth/login/`,
      `${server.config.publicUrl}/AUTH/login`,
      "https://evil.example/auth/login",
      "http://chat.rowhouse.test/auth/login",
      "https://chat.rowhouse.test:444/auth/login",
      "https://chat.rowhouse.test.evil.example/auth/login",
      "https://somebody@chat.rowhouse.test/auth/login",
      `${server.url}/auth/login`,
      "/auth/login",
      "",
    ]) {
      await expectNone(await handMadeProof(client, { ...right(), htu }));
    }
  });

  test("for what Host says, not what we are", async () => {
    const proof = await handMadeProof(client, { ...right(), htu: "https://evil.example/auth/login" });
    const answer = await server.post("/auth/login", credentials(person), {
      DPoP: proof,
      "X-Forwarded-Host": "evil.example",
    });
    await expectRefused(answer, 400, "invalid_dpop_proof");
  });

  test("but not for another spelling of the same address, with query and fragment", async () => {
    for (const htu of [
      `${url()}?a=b#c`,
      "https://CHAT.rowhouse.test:443/auth/login",
      "https://chat.rowhouse.test/auth/x/../login",
    ]) {
      expect((await logIn(await handMadeProof(client, { ...right(), htu }))).status).toBe(200);
    }
  });

  test("when it comes again, by whatever key it is named the same", async () => {
    const jti = crypto.randomUUID();
    const proof = await handMadeProof(client, { ...right(), jti });
    expect((await logIn(proof)).status).toBe(200);
    await expectNone(proof);
    await expectNone(await handMadeProof(client, { ...right(), jti }));
    const other = await keyHolder(server);
    expect((await logIn(await handMadeProof(other, { ...right(), jti }))).status).toBe(200);
  });

  test("when it comes twice at once", async () => {
    const proof = await handMadeProof(client, right());
    const answers = await Promise.all([logIn(proof), logIn(proof), logIn(proof)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
  });

  test("without what it has to say, or with something else there", async () => {
    for (const claims of [
      { jti: undefined },
      { jti: "" },
      { jti: "x".repeat(513) },
      { jti: 7 },
      { htm: undefined },
      { htu: undefined },
      { htu: [url()] },
      { iat: undefined },
      { iat: String(Math.floor(Date.now() / 1000)) },
      { nonce: 7 },
    ]) {
      await expectNone(await handMadeProof(client, { ...right(), ...claims }));
    }
  });

  test("with another type", async () => {
    for (const typ of ["JWT", "at+jwt", "DPoP+JWT", "application/dpop+jwt"]) {
      await expectNone(await handMadeProof(client, right(), { typ }));
    }
  });

  test("with a private key in its header", async () => {
    const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
    const pair = { privateKey, publicKey };
    await expectNone(await handMadeProof({ pair }, right(), { jwk: await exportJWK(privateKey) }));
    const jwk = await exportJWK(publicKey);
    expect((await logIn(await handMadeProof({ pair }, right(), { jwk }))).status).toBe(200);
  });

  test("with a symmetric key, a secret for a public key, or signed by nobody", async () => {
    const secret = randomBytes(32);
    const oct: JWK = { kty: "oct", k: secret.toString("base64url") };
    await expectNone(await handMadeProof(client, right(), { alg: "HS256", jwk: oct }, secret));
    await expectNone(await handMadeProof(client, right(), { alg: "HS256" }, secret));
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const claims = part({ jti: crypto.randomUUID(), iat: Math.floor(Date.now() / 1000), ...right() });
    const jwk = await exportJWK(client.pair.publicKey);
    for (const alg of ["none", "None", "ES256"]) {
      await expectNone(`${part({ alg, typ: "dpop+jwt", jwk })}.${claims}.`);
    }
  });

  test("with another's public key in its header, or none", async () => {
    const other = await keyHolder(server);
    await expectNone(await handMadeProof(client, right(), { jwk: await exportJWK(other.pair.publicKey) }));
    await expectNone(await handMadeProof(client, right(), { jwk: undefined }));
    await expectNone(await handMadeProof(client, right(), { jwk: [] as never }));
    await expectNone(await handMadeProof(client, right(), { jwk: undefined, jku: "https://evil.example" }));
    await expectNone(await handMadeProof(client, right(), { kid: "ours", jwk: undefined }));
  });

  test("with an algorithm that is not on the list", async () => {
    for (const alg of ["ES384", "ES512", "RS512", "PS384"] as const) {
      const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
      const jwk = await exportJWK(publicKey);
      await expectNone(await handMadeProof(client, right(), { alg, jwk }, privateKey));
    }
  });

  test("with a header that it calls critical", async () => {
    const jwk = await exportJWK(client.pair.publicKey);
    const proof = await handMadeProof(client, right());
    const [, claims, signature] = proof.split(".");
    const header = { alg: "ES256", typ: "dpop+jwt", jwk, crit: ["x"], x: 1 };
    const text = Buffer.from(JSON.stringify(header)).toString("base64url");
    await expectNone(`${text}.${claims}.${signature}`);
  });

  test("by an RSA key that is too short, too long, or has another exponent", async () => {
    const { privateKey, publicKey } = await rsaKey(1024);
    const short = await exportJWK(publicKey);
    await expectNone(await rsaProof(privateKey, { ...short }));
    // The same, spelled as long as a good one.
    const padded = Buffer.concat([Buffer.alloc(128), Buffer.from(short.n!, "base64url")]);
    await expectNone(await rsaProof(privateKey, { ...short, n: padded.toString("base64url") }));

    const { privateKey: own, publicKey: good } = await rsaKey(2048);
    const jwk = await exportJWK(good);
    expect((await logIn(await rsaProof(own, jwk))).status).toBe(200);
    const huge = randomBytes(2_000).toString("base64url");
    await expectNone(await rsaProof(own, { ...jwk, n: huge }));
    await expectNone(await rsaProof(own, { ...jwk, e: randomBytes(256).toString("base64url") }));
  });

  /** A key that jose itself would not sign with. */
  const rsaKey = (modulusLength: number) =>
    crypto.subtle.generateKey(
      {
        name: "RSASSA-PKCS1-v1_5",
        hash: "SHA-256",
        modulusLength,
        publicExponent: new Uint8Array([1, 0, 1]),
      },
      true,
      ["sign", "verify"],
    );

  async function rsaProof(key: CryptoKey, jwk: JWK): Promise<string> {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const claims = { jti: crypto.randomUUID(), iat: Math.floor(Date.now() / 1000), ...right() };
    const text = `${part({ alg: "RS256", typ: "dpop+jwt", jwk })}.${part(claims)}`;
    const signature = await crypto.subtle.sign("RSASSA-PKCS1-v1_5", key, Buffer.from(text));
    return `${text}.${Buffer.from(signature).toString("base64url")}`;
  }

  test("for another access token than the one that it comes with, or for none", async () => {
    const [one, two] = [await bound(client, person), await bound(client, person)];
    const ath = (token: string) => createHash("sha256").update(token).digest("base64url");
    const ask = async (claims: object) =>
      server.post("/graphql", query, {
        Authorization: `DPoP ${one.access_token}`,
        DPoP: await handMadeProof(client, {
          htm: "POST",
          htu: `${server.config.publicUrl}/graphql`,
          ...claims,
        }),
      });
    for (const claims of [
      {},
      { ath: ath(two.access_token) },
      { ath: createHash("sha256").update(one.access_token).digest("hex") },
      { ath: "" },
    ]) {
      await expectRefused(await ask(claims), 401, "invalid_dpop_proof");
    }
    expect((await ask({ ath: ath(one.access_token) })).status).toBe(200);
  });
});

describe("a client whose clock is wrong", () => {
  const proofAt = (seconds: number, nonce?: string) =>
    handMadeProof(client, {
      htm: "POST",
      htu: `${server.config.publicUrl}/auth/login`,
      iat: Math.floor(Date.now() / 1000) + seconds,
      nonce,
    });
  const logIn = async (seconds: number, nonce?: string) =>
    server.post("/auth/login", credentials(person), { DPoP: await proofAt(seconds, nonce) });

  test.each([-600, -62, 62, 600, 86_400 * 365])(
    "by %i seconds is given a nonce, and goes on with it",
    async (off) => {
      const first = await logIn(off);
      await expectRefused(first, 400, "use_dpop_nonce");
      expect(first.body.error).toBe("use_dpop_nonce");
      const second = await logIn(off, first.headers.get("DPoP-Nonce")!);
      expect([second.status, second.body.token_type]).toEqual([200, "DPoP"]);
      expect(second.headers.get("DPoP-Nonce")).not.toBeNull();
    },
  );

  test.each([-58, 58])("by %i seconds needs none", async (off) => {
    expect((await logIn(off)).status).toBe(200);
  });

  test("with an access token is told so by a challenge, and goes on", async () => {
    const { access_token: token } = await bound(client, person);
    const ath = createHash("sha256").update(token).digest("base64url");
    const ask = async (nonce?: string) =>
      server.get("/auth/session", {
        Authorization: `DPoP ${token}`,
        DPoP: await handMadeProof(client, {
          htm: "GET",
          htu: `${server.config.publicUrl}/auth/session`,
          iat: 1,
          ath,
          nonce,
        }),
      });
    const first = await ask();
    await expectRefused(first, 401, "use_dpop_nonce");
    expect(first.headers.get("WWW-Authenticate")).toMatch(/^DPoP .*error="use_dpop_nonce"/);
    expect((await ask(first.headers.get("DPoP-Nonce")!)).status).toBe(200);
  });

  test.each([-3600, 3600])("by %i seconds goes on by itself, where it is openid-client", async (off) => {
    const { access_token: token } = await bound(client, person);
    const { publicUrl } = server.config;
    const config = new openid.Configuration({ issuer: publicUrl }, "app", { [openid.clockSkew]: off });
    const answers: number[] = [];
    config[openid.customFetch] = async (url, options) => {
      // The session began as this program, and is good as no other.
      const headers = { ...options.headers, "user-agent": "node" };
      const answer = await fetch(url.replace(publicUrl, server.url), { ...options, headers } as RequestInit);
      answers.push(answer.status);
      return answer;
    };
    const DPoP = openid.getDPoPHandle(config, client.pair);
    const ask = () =>
      openid.fetchProtectedResource(
        config,
        token,
        new URL("/auth/session", publicUrl),
        "GET",
        null,
        undefined,
        {
          DPoP,
        },
      );
    expect(await (await ask()).json()).toMatchObject({ user: { email: person.email } });
    expect((await ask()).status).toBe(200);
    expect(answers).toEqual([401, 200, 200]);
  });

  test("gets no further with a nonce that is not ours", async () => {
    const ours = (await logIn(600)).headers.get("DPoP-Nonce")!;
    const later = Buffer.from(ours, "base64url");
    later[5]! += 1;
    for (const nonce of [
      "",
      "rubbish",
      randomBytes(38).toString("base64url"),
      ours.slice(0, -1),
      `${ours}=`,
      later.toString("base64url"),
    ]) {
      // Not even by a clock that is right: a nonce is never looked past.
      for (const off of [0, 600]) await expectRefused(await logIn(off, nonce), 400, "use_dpop_nonce");
    }
    expect((await logIn(600, ours)).status).toBe(200);
  });

  describe("hears", () => {
    afterEach(() => {
      vi.useRealTimers();
    });

    test("of a new nonce in time; the old one is good for two minutes at least and six at most", async () => {
      const { dpopNonces, NONCE_LIFETIME } = await import("../../src/auth/dpop/nonces.ts");
      const { masterKeys } = await import("../../src/auth/encryption.ts");
      const [now, before] = [randomBytes(32), randomBytes(32)];
      const nonces = dpopNonces(masterKeys({ masterKey: now, previousMasterKey: before }));
      vi.useFakeTimers({ toFake: ["Date"] });
      const nonce = nonces.current();
      const old = dpopNonces(masterKeys({ masterKey: before, previousMasterKey: null })).current();
      const foreign = dpopNonces(
        masterKeys({ masterKey: randomBytes(32), previousMasterKey: null }),
      ).current();
      expect([nonce, old, foreign].map(nonces.isGood)).toEqual([true, true, false]);
      vi.advanceTimersByTime(120_000);
      expect(nonces.isGood(nonce)).toBe(true);
      expect(nonces.current()).not.toBe(nonce);
      vi.advanceTimersByTime(120_000);
      expect(nonces.isGood(nonce)).toBe(false);
      expect(NONCE_LIFETIME).toBe(360);
    });
  });
});

describe("used proofs", () => {
  test("are remembered as long as one could be taken, and no more than there is room for", async () => {
    const { rememberUsedProofs } = await import("../../src/http/dpop/used_proofs.ts");
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      const used = rememberUsedProofs(null, {} as never, 360, 3);
      expect(await used.isFirst("key", "a")).toBe(true);
      vi.advanceTimersByTime(359_000);
      expect(await used.isFirst("key", "a")).toBe(false);
      expect(await used.isFirst("other key", "a")).toBe(true);
      vi.advanceTimersByTime(1_000);
      expect(await used.isFirst("key", "a")).toBe(true);
      for (const id of ["b", "c", "d"]) expect(await used.isFirst("key", id)).toBe(true);
      for (const id of ["b", "c", "d"]) expect(await used.isFirst("key", id)).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });

  test("are known to every process where there is a Redis, and to one alone while it is away", async () => {
    const redis = await startRedis();
    const [one, two] = [
      await startTestServer(database, { REDIS_URL: redis.url }),
      await startTestServer(database, { REDIS_URL: redis.url }),
    ];
    try {
      const send = (to: TestServer, proof: string) =>
        to.post("/auth/login", credentials(person), { DPoP: proof });
      const make = () => handMadeProof(client, { htm: "POST", htu: `${server.config.publicUrl}/auth/login` });
      const proof = await make();
      expect((await send(one, proof)).status).toBe(200);
      for (const to of [two, one]) await expectRefused(await send(to, proof), 400, "invalid_dpop_proof");
      const nonce = (await send(one, await make())).headers.get("DPoP-Nonce");
      expect((await send(two, await make())).headers.get("DPoP-Nonce")).toBe(nonce);

      await redis.kill();
      const later = await make();
      expect((await send(one, later)).status).toBe(200);
      await expectRefused(await send(one, later), 400, "invalid_dpop_proof");
    } finally {
      await one.close();
      await two.close();
      await redis.close();
    }
  });
});

test("a page of another origin may send proofs and read nonces, if it is on the list", async () => {
  const origin = { Origin: "https://app.rowhouse.test" };
  const preflight = await server.request("OPTIONS", "/auth/login", {
    headers: { ...origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "dpop" },
  });
  expect(preflight.headers.get("Access-Control-Allow-Headers")).toContain("DPoP");
  const answer = await client.post("/auth/login", credentials(person), undefined, origin);
  expect(answer.headers.get("Access-Control-Expose-Headers")).toContain("DPoP-Nonce");
});

test("a token that expired is told so in the scheme that it came in", async () => {
  const answer = await server.post("/graphql", query, { Authorization: "DPoP rubbish" });
  await expectRefused(answer, 401, "token_malformed");
  expect(answer.headers.get("WWW-Authenticate")).toMatch(/^DPoP .*error="invalid_token".*algs=/);
});
