// Koa and pg by hand: a route and a statement for each operation, JWTs by jose, passwords by argon2id. With row security
// each request is a transaction that sets the tenant; without, the tenant is a condition of each statement.
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import Router from "@koa/router";
import { importJWK, SignJWT } from "jose";
import Koa from "koa";
import pg from "pg";
import { verifyPassword } from "../../../src/auth/passwords.ts";
import { answerParent } from "../child.ts";
import { type Bearer, bearerCheck } from "./bearer.ts";
import type { Settings, Started } from "./settings.ts";
import { statements } from "./statements.ts";

const LIFETIME = 15 * 60;

answerParent(async (settings: Settings): Promise<Started> => {
  const { databaseUrl, poolSize, issuer, publicJwk, rowSecurity } = settings;
  const pool = new pg.Pool({ connectionString: databaseUrl, max: poolSize });
  const bearerOf = await bearerCheck(publicJwk, issuer);
  const issue = await tokenIssuer(settings);
  const sql = statements(rowSecurity);

  /** Runs one statement as the bearer. */
  async function query<Row extends pg.QueryResultRow>(
    { userId, tenantId }: Bearer,
    name: keyof typeof sql,
    values: unknown[],
  ): Promise<Row[]> {
    if (!rowSecurity)
      return (await pool.query<Row>({ name, text: sql[name], values: [tenantId, ...values] })).rows;
    const client = await pool.connect();
    try {
      await client.query("begin");
      await client.query({
        name: "settings",
        text: "select set_config('app.tenant_id', $1, true), set_config('app.user_id', $2, true)",
        values: [tenantId, userId],
      });
      const { rows } = await client.query<Row>({ name, text: sql[name], values });
      await client.query("commit");
      return rows;
    } catch (error) {
      await client.query("rollback");
      throw error;
    } finally {
      client.release();
    }
  }

  const app = new Koa<{ bearer: Bearer }>();
  const signingIn = new Router()
    .post("/auth/login", async (ctx) => {
      const { email, password } = (await json(ctx.req)) as Record<string, string>;
      const { rows } = await pool.query({ name: "login", text: sql.login, values: [email] });
      const [user] = rows;
      if (!(await verifyPassword(user?.hash ?? null, password ?? ""))) ctx.throw(401);
      const { token, digest } = refreshToken();
      await pool.query({
        name: "open",
        text: sql.openSession,
        values: [user.tenant_id, user.id, digest],
      });
      ctx.body = { ...(await issue(user.id, user.tenant_id)), refresh_token: token };
    })
    .post("/auth/refresh", async (ctx) => {
      const { refresh_token } = (await json(ctx.req)) as Record<string, string>;
      const { token, digest } = refreshToken();
      const { rows } = await pool.query({
        name: "refresh",
        text: sql.refresh,
        values: [digestOf(refresh_token ?? ""), digest],
      });
      const [session] = rows;
      if (!session) ctx.throw(401);
      ctx.body = { ...(await issue(session.user_id, session.tenant_id)), refresh_token: token };
    });
  const conversations = new Router<{ bearer: Bearer }>()
    .get("/conversations/:id", async (ctx) => {
      const [row] = await query(ctx.state.bearer, "read", [ctx.params.id]);
      if (!row) ctx.throw(404);
      ctx.body = row;
    })
    .get("/conversations", async (ctx) => {
      const { first, messages } = ctx.query;
      ctx.body =
        messages === undefined
          ? await query(ctx.state.bearer, "list", [Number(first)])
          : await query(ctx.state.bearer, "nested", [Number(first), Number(messages)]);
    })
    .post("/conversations", async (ctx) => {
      const { title } = (await json(ctx.req)) as { title: string };
      const { bearer } = ctx.state;
      const [row] = await query(bearer, "create", rowSecurity ? [title] : [title, bearer.userId]);
      ctx.body = row;
    });
  app.use(signingIn.routes());
  app.use(async (ctx, next) => {
    try {
      ctx.state.bearer = await bearerOf(ctx.get("Authorization"));
    } catch {
      ctx.throw(401);
    }
    await next();
  });
  app.use(conversations.routes());

  const server = createServer(app.callback());
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
});

async function tokenIssuer({ privateJwk, issuer }: Settings) {
  const key = await importJWK(privateJwk, "EdDSA");
  return async (userId: string, tenantId: string) => ({
    access_token: await new SignJWT({ tid: tenantId })
      .setProtectedHeader({ alg: "EdDSA", typ: "at+jwt" })
      .setIssuer(issuer)
      .setAudience(issuer)
      .setSubject(userId)
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime(`${LIFETIME}s`)
      .sign(key),
    token_type: "Bearer",
    expires_in: LIFETIME,
  });
}

function refreshToken(): { token: string; digest: Buffer } {
  const token = randomBytes(32).toString("base64url");
  return { token, digest: digestOf(token) };
}

function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
