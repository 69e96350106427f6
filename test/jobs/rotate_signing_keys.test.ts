import { importJWK, jwtVerify, SignJWT } from "jose";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { masterKeys } from "../../src/auth/encryption.ts";
import { openSigningKeys, type SigningKeys } from "../../src/auth/signing_keys.ts";
import { rotateSigningKeys } from "../../src/jobs/rotate_signing_keys.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { jobContext } from "../support/jobs.ts";

let database: TestDatabase;
let firstKey: string;
let firstToken: string;

beforeAll(async () => {
  database = await createDatabase();
  const signer = await (await openKeys()).signer();
  firstKey = signer.id;
  firstToken = await sign(await openKeys());
});
afterAll(() => database.drop());

/** The keys as a server that starts now finds them. */
function openKeys(): Promise<SigningKeys> {
  const { config } = jobContext(database);
  return openSigningKeys(database.auth, masterKeys(config), "EdDSA", pino({ level: "silent" }));
}

async function sign(keys: SigningKeys): Promise<string> {
  const { id, algorithm, privateKey } = await keys.signer();
  return new SignJWT({})
    .setProtectedHeader({ alg: algorithm, kid: id })
    .setSubject("somebody")
    .sign(privateKey);
}

/** Checks a token with the published key set alone, as a third party would. */
async function subject(token: string): Promise<string | undefined> {
  const { keys } = await (await openKeys()).jwks();
  const { payload } = await jwtVerify(token, async ({ kid }) => {
    const jwk = keys.find((key) => key.kid === kid);
    if (!jwk) throw new Error("no such key");
    return importJWK(jwk, "EdDSA");
  });
  return payload.sub;
}

async function published(): Promise<(string | undefined)[]> {
  return (await (await openKeys()).jwks()).keys.map(({ kid }) => kid);
}

async function moveClocks(back: string): Promise<void> {
  await database.admin.query(
    `update auth.signing_keys set
       created_at = created_at - $1::interval,
       active_from = active_from - $1::interval,
       expires_at = expires_at - $1::interval`,
    [back],
  );
}

test("a young key stays", async () => {
  await moveClocks("29 days");
  expect(await rotateSigningKeys(jobContext(database))).toEqual({ rotated: false });
  expect(await published()).toEqual([firstKey]);
});

test("an old key gets a successor, once, which is published before it signs", async () => {
  await moveClocks("2 days");
  const result = await rotateSigningKeys(jobContext(database));
  expect(result).toEqual({ rotated: true, key: expect.not.stringMatching(`^${firstKey}$`) });
  expect(await rotateSigningKeys(jobContext(database))).toEqual({ rotated: false });

  expect(await published()).toEqual([result.key, firstKey]);
  expect((await (await openKeys()).signer()).id).toBe(firstKey);
  expect(await subject(firstToken)).toBe("somebody");
});

test("an hour later the successor signs, and what the old key signed still verifies", async () => {
  await moveClocks("61 minutes");
  const keys = await openKeys();
  expect((await keys.signer()).id).not.toBe(firstKey);
  expect(await subject(await sign(keys))).toBe("somebody");
  expect(await subject(firstToken)).toBe("somebody");
});

test("another hour later the old key is no longer published, and its tokens no longer verify", async () => {
  await moveClocks("1 hour");
  expect(await published()).toHaveLength(1);
  expect(await published()).not.toContain(firstKey);
  await expect(subject(firstToken)).rejects.toThrow("no such key");
});

test("a day later the old key is forgotten; the trail never held its private half", async () => {
  await moveClocks("1 day");
  expect(await rotateSigningKeys(jobContext(database))).toEqual({ rotated: false });
  const kept = await database.admin.query("select from auth.signing_keys where id = $1", [firstKey]);
  expect(kept.rowCount).toBe(0);
  const { rows } = await database.admin.query(
    `select distinct coalesce(new_row, old_row) ->> 'private_jwk' as secret from audit.events
     where table_name = 'auth.signing_keys'`,
  );
  expect(rows).toEqual([{ secret: "[redacted]" }]);
});

test("of several workers that rotate at once, one installs a key", async () => {
  await moveClocks("31 days");
  const results = await Promise.all([1, 2, 3, 4].map(() => rotateSigningKeys(jobContext(database))));
  expect(results.filter(({ rotated }) => rotated)).toHaveLength(1);
  expect(await published()).toHaveLength(2);
});
