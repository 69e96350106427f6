import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { ownProcesses } from "../../../src/database/own_processes.ts";
import { percentile } from "../../measure.ts";
import type { Caller } from "../callers.ts";
import type { Task, Window } from "../contestant.ts";
import type { Load } from "../load/load.ts";
import { MIXED, NESTED, type Operation, PAGE } from "../operations.ts";
import { statements } from "./statements.ts";

/** How many callers have a script of their own: each connection parses each of them once. */
const CALLERS = 12;

/** Whether it can be run, on the PATH or where Debian puts it. */
export function findPgbench(): string | null {
  const installed = "/usr/lib/postgresql";
  const versions = listed(installed).sort((a, b) => Number(b) - Number(a));
  for (const program of ["pgbench", ...versions.map((version) => join(installed, version, "bin/pgbench"))]) {
    try {
      execFileSync(program, ["--version"], { stdio: "ignore" });
      return program;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return null;
}

/** What pgbench runs: the statements of the hand-written server without row security, with the values in them. */
export interface Scripts {
  readonly read: readonly string[];
  readonly list: readonly string[];
  readonly nested: readonly string[];
  readonly create: readonly string[];
}

export function scriptsFor(callers: readonly Caller[]): Scripts {
  const sql = statements(false);
  const some = callers.slice(0, CALLERS);
  const filled = (statement: string, values: (caller: Caller, n: number) => (string | number)[]): string[] =>
    some.map((caller, n) => fill(statement, [caller.tenantId, ...values(caller, n)]));
  return {
    read: filled(sql.read, ({ conversations }, n) => [conversations[n]!.id]),
    list: filled(sql.list, () => [PAGE]),
    nested: filled(sql.nested, () => [NESTED, NESTED]),
    create: filled(sql.create, ({ tenant, userId }) => [`Made for ${tenant}`, userId]),
  };
}

/** @throws unless each statement that reads finds as many rows as it should */
export async function checkScripts(databaseUrl: string, scripts: Scripts): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    for (const [operation, rows] of Object.entries({ read: 1, list: PAGE, nested: NESTED })) {
      for (const script of scripts[operation as "read"]) {
        const { rowCount } = await client.query(script);
        if (rowCount !== rows)
          throw new Error(`pgbench's "${operation}" finds ${rowCount} rows, not ${rows}`);
      }
    }
  } finally {
    await client.end();
  }
}

/** PostgreSQL alone. What counts begins a second after its connections are there, when all statements are prepared. */
export async function runPgbench(
  program: string,
  options: { databaseUrl: string; folder: string; scripts: Scripts },
  { operation, connections, seconds }: Task,
  window: Window,
): Promise<Load> {
  const folder = join(options.folder, "pgbench");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const files = scriptFiles(folder, options.scripts, operation);
  const url = new URL(options.databaseUrl);
  const child = spawn(
    program,
    [
      "--no-vacuum",
      "--protocol=prepared",
      "--progress=1",
      "--log",
      `--log-prefix=${join(folder, "log")}`,
      `--client=${connections}`,
      `--jobs=${Math.min(2, connections)}`,
      `--time=${Math.ceil(seconds) + 2}`,
      `--host=${url.hostname}`,
      `--port=${url.port}`,
      `--username=${url.username}`,
      ...files.map(({ file, weight }) => `--file=${file}@${weight}`),
      url.pathname.slice(1),
    ],
    { env: { ...process.env, PGPASSWORD: url.password }, stdio: ["ignore", "ignore", "pipe"] },
  );
  const done = ended(child);
  const complaints = text(child.stderr);
  // The first line of progress comes after the first second.
  await Promise.race([once(child.stderr, "data"), done]);
  const began = Date.now();
  window.begin();
  await Promise.race([delay(seconds * 1_000), done]);
  window.end();
  const until = Date.now();
  await done;
  if (child.exitCode !== 0) throw new Error(`pgbench failed: ${await complaints}`);

  const transactions = readLog(folder);
  const times = transactions
    .filter(({ at }) => at >= began && at < until)
    .map(({ took }) => took)
    .sort((a, b) => a - b);
  return {
    requests: times.length,
    created: transactions.filter(({ script }) => files[script]?.creates).length,
    took: until - began,
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
  };
}

interface Transaction {
  /** Which of the scripts it ran. */
  readonly script: number;
  /** Milliseconds; `at` since 1970, when it ended. */
  readonly took: number;
  readonly at: number;
}

/** A line for each transaction: client, number, microseconds, script, seconds since 1970, microseconds. */
function readLog(folder: string): Transaction[] {
  return listed(folder)
    .filter((name) => name.startsWith("log"))
    .flatMap((name) => readFileSync(join(folder, name), "utf8").split("\n"))
    .filter((line) => line !== "")
    .map((line) => {
      const [, , took = 0, script = 0, seconds = 0, microseconds = 0] = line.split(" ").map(Number);
      return { script, took: took / 1_000, at: seconds * 1_000 + microseconds / 1_000 };
    });
}

function scriptFiles(folder: string, scripts: Scripts, operation: Operation) {
  const parts: ["read" | "list" | "nested" | "create", number][] =
    operation === "mixed"
      ? [
          ["read", MIXED - 1],
          ["create", 1],
        ]
      : [[operation as "read", 1]];
  return parts.flatMap(([part, weight]) =>
    scripts[part].map((script, n) => {
      const file = join(folder, `${part}_${n}.sql`);
      writeFileSync(file, `${script.replaceAll(/\s+/g, " ")};\n`);
      return { file, weight, creates: part === "create" };
    }),
  );
}

/** The statement with its values in place of its parameters. */
function fill(statement: string, values: readonly (string | number)[]): string {
  return statement.replaceAll(/\$(\d+)/g, (_, n) => {
    const value = values[Number(n) - 1]!;
    return typeof value === "number" ? String(value) : pg.escapeLiteral(value);
  });
}

async function ended(child: ChildProcess): Promise<void> {
  const gone = once(child, "close");
  const own = {
    async stop() {
      child.kill("SIGKILL");
      await gone;
    },
  };
  ownProcesses.add(own);
  await gone;
  ownProcesses.delete(own);
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
