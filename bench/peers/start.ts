import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JWK } from "jose";
import type pg from "pg";
import type { TokenAuthority } from "../../src/auth/access_token.ts";
import { hashPassword } from "../../src/auth/passwords.ts";
import type { Defer } from "../../src/commands/closing.ts";
import { asRole } from "../../src/database/credentials.ts";
import { BENCH_KEY, type BenchServer } from "../server.ts";
import { accessTokens, type Caller, ISSUER, PASSWORD } from "./callers.ts";
import { type Child, startChild } from "./child.ts";
import type { Contestant } from "./contestant.ts";
import { checkScripts, findPgbench, runPgbench, scriptsFor } from "./contestants/pgbench.ts";
import type { Settings, Started } from "./contestants/settings.ts";
import type { DialectName } from "./load/dialects.ts";
import type { Load, Order } from "./load/load.ts";
import { OPERATIONS, type Operation, SIGNING_IN } from "./operations.ts";
import { privateMemoryOf } from "./processes.ts";
import { type SchemaName, watchWrites } from "./writes.ts";

/** Connections of everybody's pool. */
export const POOL_SIZE = 16;

/** Seconds of each turn before those that count. */
const LEAD = 0.2;

/** What the contestants of one database have in common. */
export interface Fixture {
  readonly server: BenchServer;
  readonly callers: readonly Caller[];
  readonly authority: TokenAuthority;
  /** The process that asks and checks; it knows the callers. */
  readonly load: Child;
}

/** What the contestants in the plain schema need besides. */
export interface PlainAccess {
  readonly password: string;
  readonly publicJwk: JWK;
  readonly privateJwk: JWK;
}

const WITHOUT_SIGNING_IN = OPERATIONS.filter((operation) => !["refresh", "login"].includes(operation));

/** Ours, in production mode: its log at info, into a file; its limits on, and so high that nobody meets them. */
export async function startOurs(
  fixture: Fixture,
  port: number,
  defer: Defer,
  name = "ours",
): Promise<Contestant> {
  const { child, url } = await startOursAlone(fixture.server, port, defer);
  return served(
    fixture,
    child,
    { url },
    {
      name,
      dialect: "ours",
      schema: "app",
      application: "rowhouse",
      operations: [...OPERATIONS, ...SIGNING_IN],
    },
  );
}

/** The same, for somebody who asks it something of their own. */
export async function startOursAlone(
  server: BenchServer,
  port: number,
  defer: Defer,
  settings: Record<string, string> = {},
): Promise<{ child: Child; url: string }> {
  const child = startChild(new URL("contestants/ours.ts", import.meta.url), join(server.folder, "ours.log"), {
    ROWHOUSE_ENV: "production",
    DATABASE_URL: throughPort(server.adminUrl, port),
    DATABASE_POOL_SIZE: String(POOL_SIZE),
    MASTER_KEY: BENCH_KEY.toString("base64"),
    PUBLIC_URL: ISSUER,
    HOST: "127.0.0.1",
    PORT: "0",
    STATE_DIR: server.folder,
    LOG_LEVEL: "info",
    RATE_LIMIT: "1000000",
    RATE_LIMIT_SIGN_IN: "1000000",
    ...settings,
  });
  defer(() => child.close());
  const { url } = await child.ask<Started>({});
  return { child, url };
}

/** Stock PostGraphile, or the hand-written server. */
export async function startPlain(
  fixture: Fixture,
  plain: PlainAccess,
  port: number,
  name: "stock" | "hand-rls" | "hand",
  defer: Defer,
): Promise<Contestant> {
  const { server } = fixture;
  const script = name === "stock" ? "stock" : "by_hand";
  const child = startChild(
    new URL(`contestants/${script}.ts`, import.meta.url),
    join(server.folder, `${name}.log`),
  );
  defer(() => child.close());
  const url = new URL(plainUrl(server.adminUrl, plain, port, name === "hand" ? "plain_owner" : "plain_app"));
  url.searchParams.set("application_name", name);
  const settings: Settings = {
    databaseUrl: url.href,
    poolSize: POOL_SIZE,
    issuer: ISSUER,
    publicJwk: plain.publicJwk,
    privateJwk: plain.privateJwk,
    rowSecurity: name === "hand-rls",
  };
  const started = await child.ask<Started>(settings);
  return served(fixture, child, started, {
    name,
    dialect: name === "stock" ? "stock" : "rest",
    schema: "plain",
    application: name,
    operations: name === "hand" ? OPERATIONS : WITHOUT_SIGNING_IN,
  });
}

const BETTER_AUTH = new URL("../better_auth/", import.meta.url);

/** Better Auth with tables of its own beside the plain ones; fetched first where it is not there. */
export async function startBetterAuth(
  fixture: Fixture,
  plain: PlainAccess,
  port: number,
  defer: Defer,
): Promise<Contestant> {
  if (!existsSync(new URL("node_modules", BETTER_AUTH))) {
    execFileSync("npm", ["ci", "--no-audit", "--no-fund"], {
      cwd: fileURLToPath(BETTER_AUTH),
      stdio: "ignore",
    });
  }
  const { server, callers } = fixture;
  await server.admin.query("create schema better_auth authorization plain_owner");
  const url = new URL(plainUrl(server.adminUrl, plain, port, "plain_owner"));
  url.searchParams.set("application_name", "better-auth");
  url.searchParams.set("options", "-c search_path=better_auth");
  const child = startChild(new URL("server.mjs", BETTER_AUTH), join(server.folder, "better-auth.log"));
  defer(() => child.close());
  const started = await child.ask<Started>({
    databaseUrl: url.href,
    poolSize: POOL_SIZE,
    secret: randomBytes(32).toString("base64url"),
    passwordHash: await hashPassword(PASSWORD),
    people: callers.map(({ userId, email, tenantId, apiKey, refreshTokens }) => ({
      userId,
      email,
      tenantId,
      apiKey,
      sessionToken: refreshTokens.byHand,
    })),
  });
  return served(fixture, child, started, {
    name: "better-auth",
    dialect: "betterAuth",
    schema: "plain",
    application: "better-auth",
    operations: SIGNING_IN,
  });
}

/** PostgreSQL alone; null where there is no pgbench. */
export async function preparePgbench(
  { server, callers }: Fixture,
  plain: PlainAccess,
  port: number,
): Promise<Contestant | null> {
  const program = findPgbench();
  if (program === null) return null;
  const scripts = scriptsFor(callers);
  const databaseUrl = plainUrl(server.adminUrl, plain, port, "plain_owner");
  await checkScripts(databaseUrl, scripts);
  return {
    name: "pgbench",
    operations: new Set(WITHOUT_SIGNING_IN),
    web: null,
    database: server.pid,
    load: (task, window) =>
      runPgbench(program, { databaseUrl, folder: server.folder, scripts }, task, window),
    beforeWrites: () => watchWrites(server.admin, "plain"),
    backendMemory: () => backendMemory(server.admin, "pgbench"),
  };
}

function served(
  { server, callers, authority, load }: Fixture,
  child: Child,
  { url }: Started,
  traits: {
    name: string;
    dialect: DialectName;
    schema: SchemaName;
    application: string;
    operations: readonly Operation[];
  },
): Contestant {
  const { name, dialect, schema, application, operations } = traits;
  return {
    name,
    operations: new Set(operations),
    web: child.pid,
    database: server.pid,
    async load({ operation, connections, seconds }, window) {
      // New tokens each time: they live for 15 minutes.
      const order = {
        contestant: name,
        url,
        dialect,
        operation,
        connections,
        accessTokens: await accessTokens(authority, callers),
      };
      // Pools close what was idle while the others had their turns.
      const first = await load.ask<Load>({ ...order, seconds: LEAD } satisfies Order);
      window.begin();
      const counted = await load.ask<Load>({ ...order, seconds } satisfies Order);
      window.end();
      return { ...counted, created: first.created + counted.created };
    },
    beforeWrites: () => watchWrites(server.admin, schema),
    backendMemory: () => backendMemory(server.admin, application),
  };
}

async function backendMemory(admin: pg.Pool, application: string): Promise<number> {
  const { rows } = await admin.query<{ pid: number }>(
    "select pid from pg_stat_activity where application_name = $1",
    [application],
  );
  return rows.reduce((sum, { pid }) => sum + privateMemoryOf(pid), 0);
}

function plainUrl(adminUrl: string, { password }: PlainAccess, port: number, role: string): string {
  return throughPort(asRole(adminUrl, role, password), port);
}

function throughPort(databaseUrl: string, port: number): string {
  const url = new URL(databaseUrl);
  url.port = String(port);
  return url.href;
}
