import { createHmac } from "node:crypto";
import {
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTPayload,
  SignJWT,
} from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { decrypt, masterKeys } from "../../src/auth/encryption.ts";
import { createDatabase, type TestDatabase, testMasterKey } from "../support/database.ts";
import { type SignUp, signUp } from "../support/people.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let server: TestServer;
let person: SignUp;
/** The server's own key: what an attacker with everything but a session would sign with. */
let own: { kid: string; privateKey: CryptoKey; publicJwk: JWK };

beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database);
  const { rows } = await database.auth.query("select * from auth.list_signing_keys()");
  const keys = masterKeys({ masterKey: testMasterKey, previousMasterKey: null });
  const [{ id, private_jwk, public_jwk }] = rows;
  const jwk = JSON.parse(decrypt(keys, private_jwk, `signing key ${id}`).toString());
  own = { kid: id, privateKey: (await importJWK(jwk, "EdDSA")) as CryptoKey, publicJwk: public_jwk };
});
beforeEach(async () => {
  person = await signUp(server);
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

function claims(): JWTPayload {
  return JSON.parse(Buffer.from(person.login.access_token.split(".")[1]!, "base64url").toString());
}

function sign(payload: JWTPayload, header: Record<string, unknown> = {}): Promise<string> {
  return new SignJWT(payload)
    .setProtectedHeader({ alg: "EdDSA", kid: own.kid, typ: "at+jwt", ...header })
    .sign(own.privateKey);
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** Tries to sign out with the token; a token that is refused ends nothing. */
async function present(token: string) {
  const answer = await server.post("/auth/logout", undefined, { Authorization: `Bearer ${token}` });
  const { rows } = await database.admin.query<{ live: boolean }>(
    "select ended_at is null as live from auth.sessions where user_id = $1",
    [person.login.user.id],
  );
  return { status: answer.status, code: answer.body.code, live: rows[0]!.live, headers: answer.headers };
}

const refused = (code: string) => ({ status: 401, code, live: true });

describe("an access token", () => {
  test("follows RFC 9068", () => {
    const [header] = person.login.access_token.split(".");
    expect(JSON.parse(Buffer.from(header!, "base64url").toString())).toEqual({
      alg: "EdDSA",
      kid: own.kid,
      typ: "at+jwt",
    });
    const { iat, exp, ...rest } = claims();
    expect(exp! - iat!).toBe(900);
    expect(rest).toEqual({
      iss: "https://chat.rowhouse.test",
      aud: "https://chat.rowhouse.test",
      sub: person.login.user.id,
      sid: expect.stringMatching(/^[\w-]{43}$/),
      jti: expect.any(String),
      client_id: "rowhouse",
      rtn: 0,
    });
  });

  test("is accepted as issued, also when the test signs it", async () => {
    expect(await present(await sign(claims()))).toMatchObject({ status: 204, live: false });
  });

  test("names its session by a secret that the database does not hold", async () => {
    const { sid } = claims() as { sid: string };
    const { rows } = await database.admin.query("select to_jsonb(s)::text as row from auth.sessions as s");
    for (const { row } of rows) {
      expect(row).not.toContain(sid);
      expect(row).not.toContain(Buffer.from(sid).toString("hex"));
    }
  });
});

describe("an access token is refused", () => {
  test("unsigned (alg none)", async () => {
    const header = part({ alg: "none", kid: own.kid, typ: "at+jwt" });
    expect(await present(`${header}.${part(claims())}.`)).toMatchObject(refused("token_invalid"));
  });

  test("as HS256 under the public key", async () => {
    const publicKey = (await importJWK(own.publicJwk, "EdDSA", { extractable: true })) as CryptoKey;
    for (const secret of [await exportSPKI(publicKey), own.publicJwk.x!, JSON.stringify(own.publicJwk)]) {
      const input = `${part({ alg: "HS256", kid: own.kid, typ: "at+jwt" })}.${part(claims())}`;
      const mac = createHmac("sha256", secret).update(input).digest("base64url");
      expect(await present(`${input}.${mac}`)).toMatchObject(refused("token_invalid"));
    }
  });

  test("signed by a foreign key, whatever its header says of that key", async () => {
    const foreign = await generateKeyPair("EdDSA", { extractable: true });
    const jwk = await exportJWK(foreign.publicKey);
    for (const header of [
      {},
      { kid: "foreign" },
      { kid: "foreign", jwk },
      { jwk },
      { jku: "https://evil.test/jwks.json" },
      { x5u: "https://evil.test/cert.pem" },
      { kid: "../../../dev/null" },
    ]) {
      const token = await new SignJWT(claims())
        .setProtectedHeader({ alg: "EdDSA", kid: own.kid, typ: "at+jwt", ...header })
        .sign(foreign.privateKey);
      expect(await present(token)).toMatchObject(refused("token_invalid"));
    }
  });

  test("without a kid, or with one that is no string", async () => {
    const bare = new SignJWT(claims()).setProtectedHeader({ alg: "EdDSA", typ: "at+jwt" });
    expect(await present(await bare.sign(own.privateKey))).toMatchObject(refused("token_invalid"));
  });

  test("with altered claims", async () => {
    const [header, , signature] = person.login.access_token.split(".");
    const altered = part({ ...claims(), sub: crypto.randomUUID() });
    expect(await present(`${header}.${altered}.${signature}`)).toMatchObject(refused("token_invalid"));
  });

  test("expired", async () => {
    const past = Math.floor(Date.now() / 1000) - 1;
    const answer = await present(await sign({ ...claims(), exp: past }));
    expect(answer).toMatchObject(refused("token_expired"));
    expect(answer.headers.get("WWW-Authenticate")).toMatch(/^Bearer .*error="invalid_token"/);
  });

  test("not valid yet", async () => {
    const future = Math.floor(Date.now() / 1000) + 600;
    expect(await present(await sign({ ...claims(), nbf: future }))).toMatchObject(
      refused("token_not_yet_valid"),
    );
  });

  test("for another audience, from another issuer, of another type", async () => {
    for (const [payload, header] of [
      [{ aud: "https://other.test" }, {}],
      [{ iss: "https://other.test" }, {}],
      [{}, { typ: "JWT" }],
      [{}, { typ: "id+jwt" }],
    ] as const) {
      expect(await present(await sign({ ...claims(), ...payload }, header))).toMatchObject(
        refused("token_invalid"),
      );
    }
  });

  test("without a claim that we need, or with one of the wrong type", async () => {
    for (const missing of ["sub", "sid", "exp", "iat", "jti", "rtn", "aud", "iss"]) {
      const { [missing]: _, ...rest } = claims();
      expect(await present(await sign(rest))).toMatchObject(refused("token_invalid"));
    }
    expect(await present(await sign({ ...claims(), sid: 7 }))).toMatchObject(refused("token_invalid"));
    expect(await present(await sign({ ...claims(), tid: ["x"] }))).toMatchObject(refused("token_invalid"));
    for (const rtn of ["0", -1, 0.5, 2 ** 31]) {
      expect(await present(await sign({ ...claims(), rtn }))).toMatchObject(refused("token_invalid"));
    }
  });

  test("spelled in another way than we spell it", async () => {
    const token = person.login.access_token;
    const [header, payload, signature] = token.split(".") as [string, string, string];
    // An Ed25519 signature is 64 bytes: the last of its 86 characters has four spare bits.
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const spare = signature.slice(0, -1) + alphabet[alphabet.indexOf(signature.at(-1)!) + 1];
    expect(Buffer.from(spare, "base64url")).toEqual(Buffer.from(signature, "base64url"));
    for (const spelling of [
      `${header}.${payload}.${signature.slice(0, 20)} ${signature.slice(20)}`,
      `${header}.${payload} .${signature}`,
      `${header}.${payload}.${signature}==`,
      `${header}.${payload}.${signature}=`,
      `${header}=.${payload}.${signature}`,
      `${header}.${payload}.${spare}`,
      `${header}.${payload}.${signature.slice(0, 20)}\t${signature.slice(20)}`,
    ]) {
      expect(await present(spelling), spelling).toMatchObject(refused("token_invalid"));
    }
    const plus = Buffer.from(Buffer.from(signature, "base64url")).toString("base64").replaceAll("=", "");
    if (plus !== signature) {
      expect(await present(`${header}.${payload}.${plus}`)).toMatchObject(refused("token_invalid"));
    }
  });

  test("with a tenant or a user that is no id, before the database is asked", async () => {
    for (const id of [
      "acme",
      "",
      "00000000-0000-7000-8000-00000000000",
      "{00000000-0000-7000-8000-000000000000}",
      "' or 1=1",
    ]) {
      expect(await present(await sign({ ...claims(), tid: id }))).toMatchObject(refused("token_invalid"));
      expect(await present(await sign({ ...claims(), sub: id }))).toMatchObject(refused("token_invalid"));
      const asked = await server.post(
        "/graphql",
        { query: "{ me { id } }" },
        { Authorization: `Bearer ${await sign({ ...claims(), tid: id })}` },
      );
      expect(asked.status).toBe(401);
    }
  });

  test("that is none", async () => {
    for (const text of ["x", "a.b.c", "....", person.login.refresh_token, "é", `${part([])}.${part({})}.x`]) {
      const answer = await present(text);
      expect(answer.status).toBe(401);
      expect(["token_malformed", "token_invalid"]).toContain(answer.code);
      expect(answer.live).toBe(true);
    }
  });
});

describe("a credential is refused", () => {
  const cases: [string, Record<string, string>, number, string][] = [
    ["under another scheme", { Authorization: "Basic YTpi" }, 401, "scheme_unsupported"],
    ["as a malformed API key", { Authorization: "Bearer rh_sk_short" }, 401, "api_key_invalid"],
    ["as an API key that is none", { "X-API-Key": "secret" }, 401, "api_key_invalid"],
    ["twice", { Authorization: "Bearer a.b.c", "X-API-Key": "rh_sk_x" }, 400, "credentials_conflict"],
  ];
  test.each(cases)("%s", async (_name, headers, status, code) => {
    const answer = await server.post("/auth/logout", undefined, headers);
    expect(answer).toMatchObject({ status, body: { code } });
    expect(answer.headers.get("WWW-Authenticate")).toMatch(/^Bearer /);
  });

  test("as an access token in X-API-Key", async () => {
    const answer = await server.post("/auth/logout", undefined, { "X-API-Key": person.login.access_token });
    expect(answer).toMatchObject({ status: 401, body: { code: "api_key_invalid" } });
  });
});

describe("the key set", () => {
  test("has the public half of the signing key and nothing else", async () => {
    const answer = await server.get("/.well-known/jwks.json");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Content-Type")).toMatch(/^application\/jwk-set\+json/);
    expect(answer.body).toEqual({
      keys: [{ kty: "OKP", crv: "Ed25519", x: expect.any(String), kid: own.kid, alg: "EdDSA", use: "sig" }],
    });
  });
});
