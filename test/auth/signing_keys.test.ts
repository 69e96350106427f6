import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { issueAccessToken, readAccessToken } from "../../src/auth/access_token.ts";
import { type MasterKeys, masterKeys } from "../../src/auth/encryption.ts";
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from "../../src/auth/signing_algorithms.ts";
import { makeSigningKey, openSigningKeys } from "../../src/auth/signing_keys.ts";
import { createDatabase, type TestDatabase, testMasterKey } from "../support/database.ts";
import { signUp } from "../support/people.ts";
import { startTestServer } from "../support/server.ts";

let database: TestDatabase;
beforeEach(async () => {
  database = await createDatabase();
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  await database.drop();
});

const log = pino({ level: "silent" });
const keys = masterKeys({ masterKey: testMasterKey, previousMasterKey: null });
const otherKey = Buffer.from(testMasterKey).reverse();
const issuer = "https://chat.rowhouse.test";
const claims = { userId: crypto.randomUUID(), handle: "h".repeat(43), tenantId: null, counter: 0 };
const verified = { ...claims, keyId: expect.any(String), expiresAt: expect.any(Number) };

function open(using: MasterKeys = keys, algorithm: SigningAlgorithm = "EdDSA") {
  return openSigningKeys(database.auth, using, algorithm, log);
}

async function rotate(lead: string): Promise<string> {
  const key = await makeSigningKey(keys, "EdDSA");
  await database.worker.query("select jobs.install_signing_key($1, $2, $3, $4, '0 seconds', $5)", [
    key.id,
    key.algorithm,
    key.publicJwk,
    key.privateJwk,
    lead,
  ]);
  return key.id;
}

const later = (ms: number): void => {
  const now = performance.now();
  vi.spyOn(performance, "now").mockReturnValue(now + ms);
};

describe("signing keys", () => {
  test.each(SIGNING_ALGORITHMS)("sign and verify with %s", async (algorithm) => {
    const authority = { keys: await open(keys, algorithm), issuer };
    const token = await issueAccessToken(authority, claims);
    expect(JSON.parse(Buffer.from(token.split(".")[0]!, "base64url").toString()).alg).toBe(algorithm);
    expect(await readAccessToken(authority, token)).toEqual(verified);
  });

  test("of HS256 are secrets: nobody is shown one, and under another master key their tokens are none of ours", async () => {
    const authority = { keys: await open(keys, "HS256"), issuer };
    const token = await issueAccessToken(authority, claims);
    expect(await authority.keys.jwks()).toEqual({ keys: [] });
    const { rows } = await database.admin.query("select public_jwk, private_jwk from auth.signing_keys");
    expect(rows[0].public_jwk).not.toHaveProperty("k");
    expect(rows[0].private_jwk).toMatch(/^v1\./);
    const other = await open(masterKeys({ masterKey: otherKey, previousMasterKey: null }), "HS256");
    await expect(readAccessToken({ keys: other, issuer }, token)).rejects.toMatchObject({
      code: "token_invalid",
    });
  });

  test("of another algorithm than is set are none of ours, but while a change is under way", async () => {
    const before = { keys: await open(keys, "EdDSA"), issuer };
    const token = await issueAccessToken(before, claims);
    const during = await openSigningKeys(database.auth, keys, "RS256", log, ["RS256", "EdDSA"]);
    expect(await readAccessToken({ keys: during, issuer }, token)).toEqual(verified);
    expect((await during.signer()).algorithm).toBe("RS256");
    const after = await open(keys, "RS256");
    await expect(readAccessToken({ keys: after, issuer }, token)).rejects.toMatchObject({
      code: "token_invalid",
    });
    expect((await after.jwks()).keys.map(({ alg }) => alg)).toEqual(["RS256"]);
  });

  test.each([
    ["behind", -5],
    ["ahead of", 5],
  ])("sign from the start where our clock is minutes %s the database's", async (_, minutes) => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + minutes * 60_000 });
    const warn = vi.spyOn(log, "warn");
    const authority = { keys: await open(), issuer };
    expect(await readAccessToken(authority, await issueAccessToken(authority, claims))).toEqual(verified);
    expect((await authority.keys.jwks()).keys).toHaveLength(1);
    // The next one waits for its hour all the same.
    const next = await rotate("1 hour");
    later(61_000);
    expect((await authority.keys.signer()).id).not.toBe(next);
    expect(warn).not.toHaveBeenCalled();
  });

  test("are one key for two servers that start at once", async () => {
    const [one, other] = await Promise.all([open(), open()]);
    expect((await one.signer()).id).toBe((await other.signer()).id);
    expect((await one.jwks()).keys).toHaveLength(1);
  });

  test("are announced before they sign, and verify after they signed", async () => {
    const authority = { keys: await open(), issuer };
    const old = await issueAccessToken(authority, claims);
    const next = await rotate("1 hour");
    later(61_000);
    expect((await authority.keys.jwks()).keys.map(({ kid }) => kid)).toContain(next);
    expect((await authority.keys.signer()).id).not.toBe(next);

    await database.admin.query("update auth.signing_keys set active_from = now() where id = $1", [next]);
    later(61_000);
    expect((await authority.keys.signer()).id).toBe(next);
    expect(await readAccessToken(authority, old).catch(({ code }) => code)).toEqual(verified);
  });

  test("are looked for again when a token names an unknown one, but not for each", async () => {
    const authority = { keys: await open(), issuer };
    const id = await rotate("0 seconds");
    expect(await authority.keys.find(id)).toBeNull();
    later(6_000);
    expect(await authority.keys.find(id)).toMatchObject({ id });
    const query = vi.spyOn(database.auth, "query");
    for (let n = 0; n < 20; n++) expect(await authority.keys.find(`made up ${n}`)).toBeNull();
    expect(query).not.toHaveBeenCalled();
  });

  test("stop verifying when they expire", async () => {
    const authority = { keys: await open(), issuer };
    const token = await issueAccessToken(authority, claims);
    await rotate("0 seconds");
    await database.admin.query(
      "update auth.signing_keys set active_from = now() - interval '2 hours', expires_at = now() where expires_at is not null",
    );
    const afterwards = { keys: await open(), issuer };
    await expect(readAccessToken(afterwards, token)).rejects.toMatchObject({ code: "token_invalid" });
  });

  test("are encrypted at rest", async () => {
    await open();
    const { rows } = await database.admin.query("select private_jwk from auth.signing_keys");
    expect(rows).toHaveLength(1);
    expect(rows[0].private_jwk).toMatch(/^v1\.[\w-]{6}\.[\w-]{16}\.[\w-]+$/);
  });
});

describe("rotating the master key", () => {
  test("keeps keys, tokens and sessions while the previous one is known", async () => {
    const before = await startTestServer(database);
    const person = await signUp(before);
    await before.close();

    const during = await startTestServer(database, {
      MASTER_KEY: otherKey.toString("base64"),
      MASTER_KEY_PREVIOUS: testMasterKey.toString("base64"),
    });
    const refreshed = await during.post("/auth/refresh", { refresh_token: person.login.refresh_token });
    expect(refreshed.status).toBe(200);
    // The tokens of the old session end it, so its handle is the same.
    const headers = { Authorization: `Bearer ${refreshed.body.access_token}` };
    expect((await during.post("/auth/logout", undefined, headers)).status).toBe(204);
    const login = await during.post("/auth/login", { email: person.email, password: person.password });
    await during.close();

    const after = await startTestServer(database, { MASTER_KEY: otherKey.toString("base64") });
    const still = await after.post("/auth/refresh", { refresh_token: login.body.refresh_token });
    expect(still.status).toBe(200);
    await after.close();
  });

  test("without the previous one ends sessions, but not the service", async () => {
    const before = await startTestServer(database);
    const person = await signUp(before);
    await before.close();

    const after = await startTestServer(database, { MASTER_KEY: otherKey.toString("base64") });
    expect(after.log.some(({ msg }) => /opens none of the signing keys/.test(msg))).toBe(true);
    const refused = await after.post("/auth/refresh", { refresh_token: person.login.refresh_token });
    expect(refused).toMatchObject({ status: 401, body: { code: "invalid_grant" } });
    // The old access token was signed by us, and says so for the rest of its quarter of an hour.
    expect((await after.post("/auth/logout", undefined, person.headers)).status).toBe(204);
    const login = await after.post("/auth/login", { email: person.email, password: person.password });
    expect(login.status).toBe(200);
    await after.close();
  });
});
