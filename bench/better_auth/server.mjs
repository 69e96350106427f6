// Better Auth on Node's HTTP server, and one route of an application's own that takes its API keys. Passwords by the same
// argon2id as ours, access tokens signed with EdDSA, no rate limits, no log. A package of its own, so that what it depends
// on is not what we depend on.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import { apiKey } from "@better-auth/api-key";
import { verify } from "@node-rs/argon2";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { bearer, jwt } from "better-auth/plugins";
import pg from "pg";
import { answerParent } from "../peers/child.ts";

const DAY = 24 * 60 * 60;

answerParent(async ({ databaseUrl, poolSize, secret, passwordHash, people }) => {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: poolSize });
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${server.address().port}`;

  const options = {
    baseURL: url,
    secret,
    database: pool,
    telemetry: { enabled: false },
    logger: { disabled: true },
    rateLimit: { enabled: false },
    emailAndPassword: {
      enabled: true,
      password: { hash: async () => passwordHash, verify: ({ hash, password }) => verify(hash, password) },
    },
    user: { additionalFields: { tenantId: { type: "string", input: false } } },
    // Each refresh moves the session's end, as ours does.
    session: { expiresIn: 7 * DAY, updateAge: 0 },
    plugins: [
      bearer(),
      jwt({ jwt: { expirationTime: "15m", definePayload: ({ user }) => ({ tid: user.tenantId }) } }),
      apiKey({ rateLimit: { enabled: false } }),
    ],
  };
  await (await getMigrations(options)).runMigrations();
  await insertPeople(pool, people, passwordHash);
  const auth = betterAuth(options);

  /** One conversation of the tenant whose key this is. */
  async function readConversation(authorization, id) {
    const { valid, key } = await auth.api.verifyApiKey({
      body: { key: authorization.slice("Bearer ".length) },
    });
    if (!valid) return { status: 401, body: "" };
    const { rows } = await pool.query({
      name: "read",
      text: `select conversation.id, conversation.title, conversation.updated_at as "updatedAt"
        from plain.conversations as conversation join "user" as person on person."tenantId" = conversation.tenant_id::text
        where person.id = $1 and conversation.id = $2`,
      values: [key.referenceId, id],
    });
    return rows[0] ? { status: 200, body: JSON.stringify(rows[0]) } : { status: 404, body: "" };
  }

  async function ofBetterAuth(request) {
    const content = await buffer(request);
    const answer = await auth.handler(
      new Request(url + request.url, {
        method: request.method,
        headers: request.headers,
        body: content.length > 0 ? content : undefined,
      }),
    );
    return { status: answer.status, body: await answer.text(), headers: answer.headers };
  }

  server.on("request", async (request, response) => {
    try {
      const [, id] = /^\/conversations\/(.+)$/.exec(request.url) ?? [];
      const { status, body, headers } = id
        ? await readConversation(request.headers.authorization, id)
        : await ofBetterAuth(request);
      if (headers) response.setHeaders(headers);
      const content = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
      response.writeHead(status, content).end(body);
    } catch (error) {
      console.error(error);
      response.writeHead(500).end();
    }
  });
  return { url };
});

/** The same people, each with the password, a session and an API key of Better Auth's. */
async function insertPeople(pool, people, passwordHash) {
  const of = (field) => people.map((person) => person[field]);
  await pool.query(
    `insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt", "tenantId")
     select id, email, email, true, now(), now(), tenant
     from unnest($1::text[], $2::text[], $3::text[]) as person (id, email, tenant)`,
    [of("userId"), of("email"), of("tenantId")],
  );
  await pool.query(
    `insert into account (id, "accountId", "providerId", "userId", password, "createdAt", "updatedAt")
     select id, id, 'credential', id, $1, now(), now() from "user"`,
    [passwordHash],
  );
  await pool.query(
    `insert into session (id, token, "userId", "expiresAt", "createdAt", "updatedAt")
     select token, token, owner, now() + interval '7 days', now(), now()
     from unnest($1::text[], $2::text[]) as opened (token, owner)`,
    [of("sessionToken"), of("userId")],
  );
  await pool.query(
    `insert into apikey (id, key, "referenceId", "configId", enabled, "rateLimitEnabled", "requestCount", "createdAt", "updatedAt")
     select key, key, owner, 'default', true, false, 0, now(), now()
     from unnest($1::text[], $2::text[]) as made (key, owner)`,
    [of("apiKey").map((key) => createHash("sha256").update(key).digest("base64url")), of("userId")],
  );
  await pool.query("vacuum (analyze)");
}
