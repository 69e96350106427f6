import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { createMember, type SignUp, signUp } from "../support/people.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let database: TestDatabase;
let server: TestServer;
/** Owns the tenant. */
let owner: SignUp;
/** Her tenant's roles, by name. */
const roles: Record<string, string> = {};

beforeAll(async () => {
  database = await createDatabase();
  server = await startTestServer(database, { TRUSTED_PROXIES: "1" });
  owner = await signUp(server, { tenant: { name: "Acme", slug: "acme" } });
  const { body } = await ask(owner.headers, "{ roles { nodes { id name } } }");
  for (const { id, name } of body.data.roles.nodes) roles[name] = id;
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

const ask = (headers: Record<string, string>, query: string, variables = {}) =>
  server.post("/graphql", { query, variables }, headers);

const CREATE = `mutation ($input: CreateApiKeyInput!) {
  createApiKey(input: $input) { secret apiKey { id kind name beginning scopes expiresAt member { displayName } role { name } } }
}`;
const WHO = "{ myPermissions }";

async function create(input: object, headers = owner.headers): Promise<{ secret: string; id: string }> {
  const { body } = await ask(headers, CREATE, { input: { name: "A key", scopes: ["chat"], ...input } });
  if (body.errors) throw new Error(JSON.stringify(body.errors));
  return { secret: body.data.createApiKey.secret, id: body.data.createApiKey.apiKey.id };
}
const bearing = (secret: string) => ({ Authorization: `Bearer ${secret}` });
const codes = (answer: { body: { errors?: { extensions: { code: string } }[] } }) =>
  answer.body.errors?.map(({ extensions }) => extensions.code);

describe("a key that is made", () => {
  test("is shown once, opens the door as Bearer and as X-API-Key, and is nowhere to be found again", async () => {
    const { body } = await ask(owner.headers, CREATE, {
      input: { name: "Nightly export", scopes: ["view_audit", "chat"] },
    });
    const { secret, apiKey } = body.data.createApiKey;
    expect(secret).toMatch(/^rh_sk_[0-9A-Za-z]{49}$/);
    expect(apiKey).toMatchObject({
      kind: "SECRET",
      name: "Nightly export",
      beginning: secret.slice(0, 10),
      scopes: ["chat", "view_audit"],
      member: { displayName: "Some One" },
      role: null,
    });
    for (const headers of [bearing(secret), { "X-API-Key": secret }]) {
      const { body } = await ask(headers, WHO);
      expect(body.data.myPermissions).toEqual(["chat", "view_audit"]);
    }
    const digest = createHash("sha256").update(secret).digest();
    const seen = JSON.stringify([
      server.log,
      (await database.admin.query("select * from audit.events")).rows,
      (await database.admin.query("select * from audit.tallies")).rows,
    ]);
    for (const hidden of [secret, secret.slice(10), digest.toString("hex"), digest.toString("base64")]) {
      expect(seen).not.toContain(hidden);
    }
    const { rows } = await database.admin.query(
      "select encode(digest, 'hex') as digest from auth.api_keys where id = $1",
      [apiKey.id],
    );
    expect(rows).toEqual([{ digest: createHash("sha256").update(digest).digest("hex") }]);
  });

  test("has a secret of its own, also beside another in one request", async () => {
    const { body } = await ask(
      owner.headers,
      `mutation {
         a: createApiKey(input: {name: "Twin", scopes: ["chat"]}) { secret apiKey { id } }
         b: createApiKey(input: {name: "Twin", scopes: ["chat"]}) { secret apiKey { id } }
       }`,
    );
    const { a, b } = body.data;
    expect(a.secret).not.toBe(b.secret);
    expect(a.apiKey.id).not.toBe(b.apiKey.id);
    for (const { secret } of [a, b]) expect((await ask(bearing(secret), WHO)).status).toBe(200);
  });

  test("opens psql: the door takes sha256 of it", async () => {
    const { secret } = await create({});
    const client = await database.app.connect();
    try {
      await client.query("begin");
      await client.query(`select context.enter(sha256('${secret}'))`);
      const { rows } = await client.query("select context.permissions() as may");
      expect(rows).toEqual([{ may: ["chat"] }]);
      await client.query("rollback");
    } finally {
      client.release();
    }
  });

  test("cannot be for somebody else, whatever the body says", async () => {
    for (const field of ["userId", "tenantId", "createdBy", "digests", "beginnings", "digest"]) {
      const answer = await ask(owner.headers, CREATE, {
        input: { name: "x", scopes: ["chat"], [field]: owner.login.user.id },
      });
      expect(codes(answer)).toEqual(["INVALID_INPUT"]);
    }
  });

  test("gets no scope that its maker lacks, and the refusal names it", async () => {
    const tenant = { tenantId: owner.login.tenant!.id, slug: "acme" };
    const viewer = await createMember(database, { tenant, role: "viewer" });
    expect(viewer.tenantId).toBe(tenant.tenantId);
    const key = await create({ scopes: ["manage_api_keys"] });
    const answer = await ask(bearing(key.secret), CREATE, { input: { name: "x", scopes: ["view_audit"] } });
    expect(answer.body.errors).toMatchObject([
      { extensions: { code: "PERMISSION_DENIED", permission: "view_audit" } },
    ]);
    expect(answer.body.data.createApiKey).toBeNull();
    const unknown = await ask(owner.headers, CREATE, { input: { name: "x", scopes: ["fly"] } });
    expect(unknown.body.errors).toMatchObject([{ extensions: { code: "INVALID_INPUT", field: "scopes" } }]);
  });
});

describe("a key that is none", () => {
  test("for a typo is refused before anything is asked or counted", async () => {
    const { secret } = await create({});
    const counted = async () =>
      (await database.admin.query("select * from audit.tallies where action = 'access.unknown_credential'"))
        .rows;
    const before = await counted();
    for (const typo of [
      secret.slice(0, -1),
      `${secret}a`,
      secret.replace(/.$/, (last) => (last === "a" ? "b" : "a")),
    ]) {
      expect(codes(await ask(bearing(typo), WHO))).toEqual(["API_KEY_INVALID"]);
      expect(codes(await ask({ "X-API-Key": typo }, WHO))).toEqual(["API_KEY_INVALID"]);
    }
    expect(await counted()).toEqual(before);
  });
});

describe("rotating and revoking", () => {
  const ROTATE = `mutation ($id: ID!, $overlap: Int) {
    rotateApiKey(input: {id: $id, overlap: $overlap}) { secret apiKey { id replaces kind } }
  }`;
  const REVOKE = "mutation ($id: ID!) { revokeApiKey(input: {id: $id}) { apiKey { id revokedAt } } }";

  test("both keys work while they overlap, and the old one ends", async () => {
    const old = await create({});
    const { body } = await ask(owner.headers, ROTATE, { id: old.id, overlap: 3600 });
    const fresh = body.data.rotateApiKey;
    expect(fresh.apiKey).toMatchObject({ replaces: old.id, kind: "SECRET" });
    expect(fresh.secret).not.toBe(old.secret);
    for (const secret of [old.secret, fresh.secret])
      expect((await ask(bearing(secret), WHO)).status).toBe(200);
    await database.admin.query("update auth.api_keys set expires_at = now() where id = $1", [old.id]);
    expect(codes(await ask(bearing(old.secret), WHO))).toEqual(["CREDENTIAL_EXPIRED"]);
    expect(codes(await ask(owner.headers, ROTATE, { id: old.id }))).toEqual(["API_KEY_OVER"]);
  });

  test("a publishable key stays one", async () => {
    const old = await create({
      kind: "PUBLISHABLE",
      roleId: roles.member,
      origins: ["https://shop.example"],
    });
    expect(old.secret).toMatch(/^rh_pk_/);
    const { body } = await ask(owner.headers, ROTATE, { id: old.id });
    expect(body.data.rotateApiKey.secret).toMatch(/^rh_pk_/);
    expect(
      (await ask({ ...bearing(body.data.rotateApiKey.secret), Origin: "https://shop.example" }, WHO)).status,
    ).toBe(200);
  });

  test("a revoked key is dead with the next request, for good", async () => {
    const key = await create({});
    expect((await ask(bearing(key.secret), WHO)).status).toBe(200);
    const { body } = await ask(owner.headers, REVOKE, { id: key.id });
    expect(body.data.revokeApiKey.apiKey.revokedAt).toBeTruthy();
    const answer = await ask(bearing(key.secret), WHO);
    expect([answer.status, codes(answer)]).toEqual([401, ["API_KEY_REVOKED"]]);
    expect(codes(await ask(owner.headers, REVOKE, { id: key.id }))).toEqual(["API_KEY_OVER"]);
  });

  test("what is not there to be seen is not found, next door too", async () => {
    const other = await signUp(server, { tenant: { name: "Globex", slug: "globex" } });
    const key = await create({});
    for (const [query, id] of [
      [ROTATE, key.id],
      [REVOKE, key.id],
      [REVOKE, owner.login.user.id],
      [
        'mutation ($id: ID!) { updateApiKey(input: {id: $id, patch: {name: "x"}}) { apiKey { id } } }',
        key.id,
      ],
      ["query ($id: ID!) { apiKey(id: $id) { name } }", key.id],
    ] as const) {
      const answer = await ask(other.headers, query, { id });
      expect(codes(answer), query).toEqual(["NOT_FOUND"]);
    }
    expect((await ask(bearing(key.secret), WHO)).status).toBe(200);
  });

  test("a key does not rotate itself", async () => {
    const key = await create({ scopes: ["chat", "manage_api_keys"] });
    expect(codes(await ask(bearing(key.secret), ROTATE, { id: key.id, overlap: 60 }))).toEqual([
      "SESSION_REQUIRED",
    ]);
  });
});

describe("where a key may be used from", () => {
  test("a publishable key opens from its own pages, and the trail has it where it was shown elsewhere", async () => {
    const key = await create({
      kind: "PUBLISHABLE",
      roleId: roles.member,
      origins: ["https://shop.example"],
    });
    expect(
      (await ask({ ...bearing(key.secret), Origin: "https://shop.example" }, WHO)).body.data.myPermissions,
    ).toEqual(["chat"]);
    for (const origin of [{ Origin: "https://shop.example.evil.example" }, { Origin: "null" }, {}]) {
      const answer = await ask({ ...bearing(key.secret), ...origin } as Record<string, string>, WHO);
      expect([answer.status, codes(answer)]).toEqual([401, ["API_KEY_ORIGIN_REFUSED"]]);
    }
    const { rows } = await database.admin.query(
      "select detail from audit.events where action = 'access.refused' and detail ->> 'credential' = $1",
      [key.id],
    );
    expect(rows).toMatchObject([{ detail: { code: "RH401", detail: "key_origin" } }]);
  });

  test("a list of addresses is compared with the address that a trusted proxy saw", async () => {
    const key = await create({ addresses: ["198.51.100.0/24"] });
    const from = (ip: string) => ask({ ...bearing(key.secret), "X-Forwarded-For": ip }, WHO);
    expect((await from("198.51.100.7")).status).toBe(200);
    expect(codes(await from("203.0.113.7"))).toEqual(["API_KEY_ADDRESS_REFUSED"]);
    // What the client wrote before the proxy's own entry counts for nothing.
    expect(codes(await from("198.51.100.7, 203.0.113.7"))).toEqual(["API_KEY_ADDRESS_REFUSED"]);
  });
});

describe("how often a key may be used, and was", () => {
  test("its own limit holds whatever is asked, and other keys do not feel it", async () => {
    const [narrow, other] = [await create({ requestsPerMinute: 3 }), await create({})];
    const statuses: number[] = [];
    for (const query of [WHO, "{ me { id } }", `{ a: myPermissions b: myPermissions }`, WHO]) {
      statuses.push((await ask(bearing(narrow.secret), query)).status);
    }
    expect(statuses).toEqual([200, 200, 200, 429]);
    expect((await ask(bearing(other.secret), WHO)).status).toBe(200);
  });

  test("uses are counted without a write for each, and nothing is lost when the server stops", async () => {
    const key = await create({});
    const second = await startTestServer(database, {});
    for (let n = 0; n < 5; n++) await second.post("/graphql", { query: WHO }, bearing(key.secret));
    const used = async () =>
      (
        await database.admin.query(
          "select used_count::integer as count, last_used_at from auth.api_keys where id = $1",
          [key.id],
        )
      ).rows[0];
    expect(await used()).toEqual({ count: 0, last_used_at: null });
    await second.close();
    expect(await used()).toEqual({ count: 5, last_used_at: expect.any(Date) });
    const { rows } = await database.admin.query("select action from audit.events where row_id = $1", [
      key.id,
    ]);
    expect(rows).toEqual([{ action: "insert" }]);
    const { body } = await ask(
      owner.headers,
      "query ($id: ID!) { apiKey(id: $id) { usedCount lastUsedAt } }",
      { id: key.id },
    );
    expect(body.data.apiKey).toEqual({ usedCount: 5, lastUsedAt: expect.any(String) });
  });
});

test("keys come in pages, newest first where that is asked", async () => {
  const made = [await create({ name: "one" }), await create({ name: "two" })];
  const { body } = await ask(
    owner.headers,
    "{ apiKeys(first: 2, orderBy: ID_DESC) { totalCount nodes { id name } pageInfo { hasNextPage } } }",
  );
  expect(body.data.apiKeys.nodes.map(({ id }: { id: string }) => id)).toEqual([made[1]!.id, made[0]!.id]);
  expect(body.data.apiKeys.pageInfo.hasNextPage).toBe(true);
  expect(body.data.apiKeys.totalCount).toBeGreaterThan(2);
});
