import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { decodeJwt } from "jose";
import pg from "pg";
import { digest } from "../auth/session_secrets.ts";
import { type Config, environmentWith, loadEnvironmentFile, readConfig } from "../config.ts";
import { clientEnvironment } from "../database/client_programs.ts";
import { actingAs } from "../database/credentials.ts";
import { ownProcesses } from "../database/own_processes.ts";
import { joinDatabase, type OpenDatabase } from "./database.ts";
import { CommandError, UsageError } from "./failures.ts";
import { oneOf, parseArguments } from "./inspected.ts";

/** What a session is told to be in the trail and in the list of one's sessions. */
const USER_AGENT = "rowhouse psql";

/** Whoever is at the prompt: a connection, and for a person what comes in through the door. */
interface Visitor {
  readonly url: string;
  /** In a few words, for the greeting. */
  readonly name: string;
  readonly door?: { readonly credential: Buffer; readonly facts: Record<string, string> };
  leave(): Promise<void>;
}

/** `rowhouse psql`: psql as an administrator, an auditor, the application, or a person. Its status is psql's. */
export async function openPsql(args: string[]): Promise<number> {
  const { values, positionals } = parseArguments(args, {
    as: { type: "string" },
    credential: { type: "string" },
    "user-agent": { type: "string" },
    email: { type: "string" },
    tenant: { type: "string" },
  });
  const role = oneOf("as", ["administrator", "auditor", "app"] as const, values.as);
  const ways = [role, values.credential, values.email].filter((way) => way !== undefined);
  if (ways.length > 1)
    throw new UsageError("--as, --credential and --email are three ways to come in: choose one");
  if (values.tenant !== undefined && values.email === undefined)
    throw new UsageError("--tenant belongs to --email");
  requirePsql();

  loadEnvironmentFile();
  const config = readConfig();
  const database = await joinDatabase(config, ({ message }) => console.error(message));
  try {
    const visitor =
      values.email !== undefined
        ? await asPerson(config, database, values.email, values.tenant)
        : values.credential !== undefined
          ? asBearer(database, values.credential, values["user-agent"])
          : asRole(database, role ?? "administrator");
    try {
      return await run(visitor, positionals);
    } finally {
      await visitor.leave();
    }
  } finally {
    await database.close();
  }
}

function requirePsql(): void {
  if (spawnSync("psql", ["--version"], { stdio: "ignore" }).error === undefined) return;
  throw new CommandError(
    "psql is not installed here (it comes with PostgreSQL's client: apt-get install postgresql-client, brew install libpq)",
  );
}

function asRole({ adminUrl, connections }: OpenDatabase, role: "administrator" | "auditor" | "app"): Visitor {
  const leave = async (): Promise<void> => {};
  switch (role) {
    case "administrator":
      return { url: adminUrl, name: "an administrator: row security does not bind you", leave };
    case "auditor":
      return {
        url: actingAs(adminUrl, "rowhouse_auditor"),
        name: "rowhouse_auditor: the trail and the desk",
        leave,
      };
    case "app":
      return { url: connections.app, name: "rowhouse_app: without context.enter(…) you see nothing", leave };
  }
}

/** With an access token or an API key from a file: not from an argument, which everybody on the machine can read. */
function asBearer({ connections }: OpenDatabase, file: string, userAgent: string | undefined): Visitor {
  let secret: string;
  try {
    secret = readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new UsageError(
      `--credential names a file with an access token, an API key or an access for support: ${(cause as Error).message}`,
    );
  }
  const { handle, facts } = /^rh_(sk|pk|su)_/.test(secret)
    ? { handle: secret, facts: {} }
    : claimsOf(secret, file);
  return {
    url: connections.app,
    name: "the bearer of this credential",
    door: {
      credential: digest(handle),
      facts: { ...facts, ...(userAgent !== undefined && { user_agent: userAgent }) },
    },
    leave: async () => {},
  };
}

/** What the door needs of an access token. Its signature is not looked at: the handle in it is the secret. */
function claimsOf(token: string, file: string): { handle: string; facts: Record<string, string> } {
  let claims: { sid?: unknown; tid?: unknown; exp?: number };
  try {
    claims = decodeJwt(token);
  } catch {
    throw new UsageError(`${file} holds no access token, no API key and no access for support`);
  }
  if (typeof claims.sid !== "string") throw new UsageError(`the token in ${file} is no access token of ours`);
  if (claims.exp !== undefined && claims.exp * 1000 < Date.now())
    throw new UsageError(`the token in ${file} has expired`);
  return { handle: claims.sid, facts: typeof claims.tid === "string" ? { tenant_id: claims.tid } : {} };
}

/**
 * As somebody else, by their address: a session of theirs is begun and ended. In development only: elsewhere a person
 * comes in with a credential of their own, and an administrator asks `inspect.why()`.
 */
async function asPerson(
  config: Config,
  { adminUrl, connections }: OpenDatabase,
  email: string,
  slug: string | undefined,
): Promise<Visitor> {
  if (config.environment === "production") {
    throw new CommandError(
      "--email is for development. In production come in with --credential; inspect.why() tells what somebody else may see",
    );
  }
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  const handle = randomBytes(32).toString("base64url");
  const credential = digest(handle);
  let session: { id: string; tenant: string | null };
  try {
    const { rows } = await admin.query<{ id: string; tenant_id: string | null; slug: string | null }>(
      `select person.id, tenant.id as tenant_id, tenant.slug
       from app.users as person
       left join app.memberships as membership on membership.user_id = person.id and membership.status = 'active'
       left join app.tenants as tenant on tenant.id = membership.tenant_id
       where person.email = lower(trim($1)) and (tenant.slug = $2 or $2 is null)
       order by tenant.slug`,
      [email, slug ?? null],
    );
    if (rows.length > 1) {
      throw new UsageError(
        `${email} belongs to ${rows.map((row) => row.slug).join(", ")}: say which with --tenant`,
      );
    }
    const person = rows[0];
    if (!person) throw new CommandError(`there is no ${email}${slug === undefined ? "" : ` in ${slug}`}`);
    const begun = await admin.query<{ id: string }>(
      `insert into auth.sessions (id, user_id, tenant_id, handle_digest, user_agent, expires_at)
       values (gen_random_uuid(), $1, $2, $3, $4, now() + interval '12 hours') returning id`,
      [person.id, person.tenant_id, digest(credential), USER_AGENT],
    );
    session = { id: begun.rows[0]!.id, tenant: person.slug };
  } catch (error) {
    await admin.end();
    throw error;
  }
  return {
    url: connections.app,
    name: session.tenant === null ? `${email}, in no tenant` : `${email} in ${session.tenant}`,
    door: { credential, facts: { user_agent: USER_AGENT } },
    async leave() {
      try {
        await admin.query(
          "update auth.sessions set ended_at = now(), end_reason = 'logout' where id = $1 and ended_at is null",
          [session.id],
        );
      } finally {
        await admin.end();
      }
    },
  };
}

async function run({ url, name, door }: Visitor, args: readonly string[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "rowhouse-psql-"));
  try {
    const startup = join(folder, "psqlrc");
    writeFileSync(startup, startupFile(name, door), { mode: 0o600 });
    const child = spawn("psql", args, {
      stdio: "inherit",
      env: environmentWith({ ...clientEnvironment(url), PSQLRC: startup }),
    });
    // Ctrl-C is for psql: it ends a statement there, not the session.
    const own = { stop: async () => void child.kill("SIGTERM") };
    ownProcesses.add(own);
    try {
      return await new Promise((done, failed) => {
        child.once("error", failed);
        child.once("exit", (code) => done(code ?? 1));
      });
    } finally {
      ownProcesses.delete(own);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What psql reads before its first prompt: the person's own file, and for a visitor the way in through the door. */
function startupFile(name: string, door: Visitor["door"]): string {
  const theirs = join(homedir(), ".psqlrc");
  const lines = [
    ...(existsSync(theirs) ? [`\\i ${quoted(theirs)}`] : []),
    `\\warn ${quoted(`You are ${name}.`)}`,
  ];
  if (door) {
    const facts = `${pg.escapeLiteral(JSON.stringify(door.facts))}::jsonb`;
    const enter = `begin; select context.enter(decode('${door.credential.toString("hex")}', 'hex'), ${facts});`;
    lines.push(
      `\\set enter ${quoted(enter)}`,
      "\\o /dev/null",
      ":enter",
      "\\o",
      `\\warn ${quoted("You are inside, in a transaction. After commit or rollback, :enter comes in again.")}`,
    );
  }
  return `${["\\set QUIET 1", ...lines, "\\unset QUIET"].join("\n")}\n`;
}

/** In psql's single quotes, where a backslash escapes. */
function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}
