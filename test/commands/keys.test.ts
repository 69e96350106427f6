import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ownKeys } from "../../src/audit/own_keys.ts";
import { seedPurpose } from "../../src/auth/check_code.ts";
import { decrypt, masterKeys } from "../../src/auth/encryption.ts";
import { spelledOut } from "../../src/auth/totp.ts";
import { openProviderKey, sealProviderKey } from "../../src/chat/provider_key.ts";
import { openToolSecret, sealToolSecret } from "../../src/chat/tools/tool_secret.ts";
import { makeWebhookSecret, openWebhookSecret } from "../../src/webhooks/secret.ts";
import { makeFolder, rowhouse } from "../support/command_line.ts";
import { createDatabase, type TestDatabase, testMasterKey } from "../support/database.ts";
import { createTenant, signUp } from "../support/people.ts";
import { startTestServer } from "../support/server.ts";

const OLD = testMasterKey.toString("base64");
const NEW = Buffer.from("a new master key of 32 bytes, ok").toString("base64");

let folder: string;
let database: TestDatabase;
beforeAll(async () => {
  folder = makeFolder();
  database = await createDatabase();
  // Under the key before the rotation: its server makes a signing key, and somebody signs in.
  const server = await startTestServer(database);
  await signUp(server);
  await server.close();
});
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true });
});

const keys = (settings: Record<string, string>) =>
  rowhouse(["keys"], folder, { DATABASE_URL: database.adminUrl, ...settings });

test("without a rotation everything belongs to the one key", async () => {
  expect(await keys({ MASTER_KEY: OLD })).toEqual({
    code: 0,
    out: expect.stringMatching(/^MASTER_KEY \([0-9a-f]{8}\): 1 signing key, 1 live session\n$/),
    err: "",
  });
});

test("after a rotation the previous key is needed as long as a session or a signing key is under it", async () => {
  const rotated = { MASTER_KEY: NEW, MASTER_KEY_PREVIOUS: OLD };
  const before = await keys(rotated);
  expect(before.code).toBe(1);
  expect(before.out).toMatch(/^MASTER_KEY \(\w{8}\): 0 signing keys, 0 live sessions\n/);
  expect(before.out).toMatch(/MASTER_KEY_PREVIOUS \(\w{8}\): 1 signing key, 1 live session\n/);
  expect(before.out).toMatch(
    /MASTER_KEY_PREVIOUS is still needed, until .* and its sessions are over, by \d{4}-/,
  );

  await database.admin.query(
    "update auth.signing_keys set expires_at = greatest(active_from, now() - interval '1 second')",
  );
  expect(await keys(rotated)).toMatchObject({
    code: 1,
    out: expect.stringContaining("0 signing keys, 1 live session"),
  });

  await database.admin.query("update auth.sessions set ended_at = now(), end_reason = 'logout'");
  expect(await keys(rotated)).toMatchObject({
    code: 0,
    out: expect.stringContaining("MASTER_KEY_PREVIOUS is needed no more: take it out of the settings."),
  });
});

test("a role that row security binds is refused, because what it cannot see would read as not needed", async () => {
  const { code, err } = await rowhouse(["keys"], folder, { DATABASE_URL: database.appUrl, MASTER_KEY: OLD });
  expect(code).toBe(2);
  expect(err).toMatch(/has to be a superuser's/);
});

test("second factors, webhook secrets, provider keys and tool secrets are counted, and taken to the new key by reencrypt", async () => {
  const database = await createDatabase();
  try {
    const old = await startTestServer(database);
    const { login, headers } = await signUp(old);
    const { body } = await old.post("/auth/mfa/totp/enroll", {}, headers);
    expect(body.secret).toMatch(/^[A-Z2-7]{32}$/);
    const tenant = await createTenant(database);
    const made = makeWebhookSecret(
      masterKeys({ masterKey: Buffer.from(OLD, "base64"), previousMasterKey: null }),
    );
    await database.admin.query(
      `with endpoint as (
         insert into app.webhook_endpoints (tenant_id, url) values ($1, 'https://hooks.example/') returning tenant_id, id
       )
       insert into auth.webhook_secrets (tenant_id, id, endpoint_id, secret) select tenant_id, $2, id, $3 from endpoint`,
      [tenant.tenantId, made.id, made.sealed],
    );
    const provider = sealProviderKey(
      masterKeys({ masterKey: Buffer.from(OLD, "base64"), previousMasterKey: null }),
      "sk-theirs",
    );
    await database.admin.query(
      "insert into auth.model_providers (tenant_id, id, base_url, sealed_key) values ($1, $2, 'https://models.example/v1', $3)",
      [tenant.tenantId, provider.id, provider.sealed],
    );
    const under = (key: string) =>
      masterKeys({ masterKey: Buffer.from(key, "base64"), previousMasterKey: null });
    const tool = sealToolSecret(under(OLD), "of-theirs");
    await database.admin.query(
      `with server as (
         insert into app.tool_servers (tenant_id, kind, name, url) values ($1, 'http', 'shop', 'https://tools.example') returning tenant_id, id
       )
       insert into auth.tool_secrets (tenant_id, id, server_id, header, sealed) select tenant_id, $2, id, 'X-Key', $3 from server`,
      [tenant.tenantId, tool.id, tool.sealed],
    );
    const [sealing] = await ownKeys(database.worker, under(OLD), "chat.example/audit");
    await old.close();
    await database.admin.query(`update auth.signing_keys set expires_at = greatest(active_from, now() - interval '1 second');
      update auth.sessions set ended_at = now(), end_reason = 'logout'`);
    const settings = { DATABASE_URL: database.adminUrl, MASTER_KEY: NEW, MASTER_KEY_PREVIOUS: OLD };
    const before = await rowhouse(["keys"], folder, settings);
    expect(before.code).toBe(1);
    expect(before.out).toMatch(/MASTER_KEY_PREVIOUS is still needed, until `rowhouse keys reencrypt` has/);
    expect(before.out).toContain(", 1 webhook secret, 1 provider key, 1 tool secret\n");
    const done = await rowhouse(["keys", "reencrypt"], folder, settings);
    expect(done).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /^Under the current key now: 1 signing key, 1 audit key, 1 second factor, \d+ mails?, 1 webhook secret, 1 provider key, 1 tool secret\.\n/,
      ),
    });
    expect((await rowhouse(["keys", "reencrypt"], folder, settings)).out).toMatch(
      /now: 0 signing keys, 0 audit keys, 0 second factors, 0 mails, 0 webhook secrets, 0 provider keys, 0 tool secrets\./,
    );
    const { rows } = await database.admin.query<{ id: string; seed: string }>(
      "select id, seed from auth.totp_factors where user_id = $1",
      [login.user.id],
    );
    const current = under(NEW);
    expect((await ownKeys(database.worker, current, "chat.example/audit"))[0].public_key).toEqual(
      sealing.public_key,
    );
    const kept = await database.admin.query("select id, secret from auth.webhook_secrets");
    expect(`whsec_${openWebhookSecret(current, kept.rows[0]).toString("base64")}`).toBe(made.secret);
    const lent = await database.admin.query('select id, sealed_key as "sealedKey" from auth.model_providers');
    expect(openProviderKey(current, lent.rows[0])).toBe("sk-theirs");
    const sent = await database.admin.query("select id, header, sealed from auth.tool_secrets");
    expect(openToolSecret(current, sent.rows[0])).toEqual({ header: "X-Key", value: "of-theirs" });
    expect(spelledOut(decrypt(current, rows[0]!.seed, seedPurpose(rows[0]!.id)))).toBe(body.secret);
  } finally {
    await database.drop();
  }
});

test("the keys of access tokens are listed, and rotated without a gap", async () => {
  const database = await createDatabase();
  try {
    const settings = { DATABASE_URL: database.adminUrl, MASTER_KEY: OLD };
    expect((await rowhouse(["keys", "list"], folder, settings)).out).toMatch(/^There is no signing key yet/);
    const server = await startTestServer(database);
    const person = await signUp(server);
    expect((await rowhouse(["keys", "list"], folder, settings)).out).toMatch(
      /^[\w-]{43} {2}EdDSA {2}signs .* no end yet\n$/,
    );
    const rotated = await rowhouse(["keys", "rotate"], folder, settings);
    expect(rotated.code).toBe(0);
    const [said, next, before] = rotated.out.split("\n");
    expect(said).toMatch(/^[\w-]{43} is published, and signs in an hour\.$/);
    expect(next).toMatch(/EdDSA {2}waits .* no end yet$/);
    expect(before).toMatch(/EdDSA {2}signs .* verifies until /);
    // Whoever is signed in stays so.
    expect((await server.get("/auth/session", person.headers)).status).toBe(200);
    await server.close();
  } finally {
    await database.drop();
  }
});

test("keys takes nothing else", async () => {
  const { code, err } = await rowhouse(["keys", "burn"], folder, {
    DATABASE_URL: database.adminUrl,
    MASTER_KEY: OLD,
  });
  expect(code).toBe(2);
  expect(err).toMatch(/"keys" takes no argument "burn"/);
});
