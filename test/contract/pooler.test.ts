import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { requireSuitablePooler, UnsuitablePooler } from "../../src/database/pooler.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";

// PgBouncer in transaction mode, as it is on the PATH.

/** Versions before 1.21 know no such setting, and keep none. */
const [, minor] = /PgBouncer 1\.(\d+)/.exec(execFileSync("pgbouncer", ["--version"]).toString()) ?? [];
const NO_PREPARED_STATEMENTS: Record<string, string> =
  Number(minor) >= 21 ? { max_prepared_statements: "0" } : {};

let database: TestDatabase;
let folder: string;
let pgbouncer: ChildProcess | null = null;

beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rowhouse-pgbouncer-"));
});
afterEach(async () => {
  if (pgbouncer) {
    const gone = once(pgbouncer, "close");
    pgbouncer.kill("SIGTERM");
    await gone;
    pgbouncer = null;
  }
  rmSync(folder, { recursive: true, force: true });
});

/** Starts PgBouncer before the test's database; its connection string for rowhouse_app. */
async function startPgBouncer(settings: Record<string, string> = {}): Promise<string> {
  const { hostname, port, username, password } = new URL(database.appUrl);
  const own = await freePort();
  const ini = {
    listen_addr: "127.0.0.1",
    listen_port: own,
    unix_socket_dir: "",
    auth_type: "trust",
    auth_file: join(folder, "users.txt"),
    pool_mode: "transaction",
    ...settings,
  };
  writeFileSync(join(folder, "users.txt"), `"${username}" "${decodeURIComponent(password)}"\n`);
  writeFileSync(
    join(folder, "pgbouncer.ini"),
    [
      "[databases]",
      `* = host=${hostname} port=${port}`,
      "[pgbouncer]",
      ...Object.entries(ini).map(([name, value]) => `${name} = ${value}`),
    ].join("\n"),
  );
  for (const file of ["", "users.txt", "pgbouncer.ini"]) chmodSync(join(folder, file), 0o755);
  // It refuses to run as root.
  const args = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  pgbouncer = spawn("pgbouncer", [...args, join(folder, "pgbouncer.ini")], { stdio: "ignore" });
  const url = Object.assign(new URL(database.appUrl), { hostname: "127.0.0.1", port: String(own) }).href;
  await expect.poll(() => answers(url), { timeout: 10_000 }).toBe(true);
  return url;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

async function answers(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString });
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query("select 1");
    return true;
  } catch {
    return false;
  } finally {
    await client.end();
  }
}

test("PostgreSQL itself suits", async () => {
  await requireSuitablePooler(database.appUrl);
});

test("PgBouncer that refuses our settings is said to, with what to change", async () => {
  const refusal = requireSuitablePooler(await startPgBouncer());
  await expect(refusal).rejects.toThrow(UnsuitablePooler);
  await expect(refusal).rejects.toThrow("ignore_startup_parameters = options");
});

test("PgBouncer that keeps no prepared statements is said to, with what to change", async () => {
  const refusal = requireSuitablePooler(
    await startPgBouncer({ ignore_startup_parameters: "options", ...NO_PREPARED_STATEMENTS }),
  );
  await expect(refusal).rejects.toThrow(UnsuitablePooler);
  await expect(refusal).rejects.toThrow("max_prepared_statements");
});

test("PgBouncer in session mode suits", async () => {
  await requireSuitablePooler(
    await startPgBouncer({ ignore_startup_parameters: "options", pool_mode: "session" }),
  );
});
