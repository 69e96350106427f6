#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { knownFailure, UsageError } from "./commands/failures.ts";

/** A command of `rowhouse`: what it is for, and a module that does it. */
type Command = { readonly summary: string; readonly help: string } & (
  | {
      /** Resolves when the command is done; commands that serve resolve when they are told to stop. */
      readonly run: () => Promise<void>;
    }
  | {
      /** Takes arguments of its own; resolves to its exit status. Status 1 is findings, a failure is 2. */
      readonly examine: (args: string[]) => Promise<0 | 1>;
    }
);

const commands: Record<string, Command> = {
  start: {
    summary: "run the server",
    help: `Starts the HTTP server and, unless WORKER=off, the background jobs.

Without DATABASE_URL it runs a PostgreSQL of its own under STATE_DIR (.rowhouse) and migrates it. In
development the first start makes two demo companies. With DATABASE_URL it uses that server, which
"rowhouse migrate" must have prepared.

SIGINT or SIGTERM: finishes the requests in flight and stops; a second one stops at once.`,
    run: async () => (await import("./commands/start.ts")).start(),
  },
  migrate: {
    summary: "prepare or update the database",
    help: `Makes roles, database and grants, sets the passwords of the login roles, applies the committed
migrations and prepares the job queue. Safe to repeat; two at once take turns.

DATABASE_URL names the database and a role that may create roles and databases. Without it, the
embedded PostgreSQL is migrated, running or not.`,
    run: async () => (await import("./commands/migrate.ts")).migrateDatabase(),
  },
  worker: {
    summary: "run background jobs only",
    help: `Runs the background jobs in a process of their own; start the web processes with WORKER=off.

SIGINT or SIGTERM: finishes the jobs in hand and stops; a second one stops at once.`,
    run: async () => (await import("./commands/worker.ts")).work(),
  },
  lint: {
    summary: "check a database against what can go wrong with row security",
    help: `Runs the checks of db/checks against a database, ours or any other on PostgreSQL 15 or newer, and
leaves nothing behind. docs/lints.md explains each check and how to mend what it finds.

  --database URL     the database; default: DATABASE_URL, or the embedded one
  --format FORMAT    table (default), json, sarif (2.1.0) or github (workflow commands)
  --fail-on LEVEL    error, warning (default) or info: findings from this level up give status 1
  --baseline FILE    accepted findings, each with reason and expiry; --baseline none: accept nothing.
                     Default: db/lint-baseline.json for the database of Rowhouse, else none
  --timing           tells on stderr how long each check took

What another database calls things is guessed, unless you say:
  --schemas LIST, --exposed-schemas LIST, --api-roles LIST, --tenant-column NAME, --context-schema NAME

Status: 0 healthy, 1 findings, 2 the checks could not run.`,
    examine: async (args) => (await import("./commands/lint.ts")).lintDatabase(args),
  },
  policies: {
    summary: "write down, compare and report who may do what",
    help: `rowhouse policies snapshot [--output FILE]
  writes all that decides about access as JSON in a stable order: policies, grants, row security, functions
  that decide, roles. Ours is db/policies.json.

rowhouse policies diff BEFORE [AFTER] [--fail-on widening|any|never] [--format text|json|markdown] [--output FILE]
  tells what changed between two states and whether somebody may do more (widening), less (tightening) or
  neither. A state is a snapshot's file or a postgres:// URL; without AFTER it is the database. What only a
  person can judge is marked for review and counts as widening.

rowhouse policies report [--html FILE] [--markdown FILE] [--proof FILE] [--title TEXT]
  writes an access review on one page: who can do what, on which conditions, every way around row security,
  the lints, and with --proof the outcome of "rowhouse prove --format json".

  --database URL     the database; default: DATABASE_URL, or the embedded one

What another database calls things is guessed, unless you say:
  --schemas LIST, --exposed-schemas LIST, --api-roles LIST, --tenant-column NAME, --context-schema NAME

Status: 0 done (diff: nothing that --fail-on names), 1 there is, 2 it could not run.`,
    examine: async (args) => (await import("./commands/policies.ts")).policies(args),
  },
  prove: {
    summary: "attack a database across its tenants",
    help: `Builds two tenants with rows in every tenant's table, tries every command across and within them as
everybody, and rolls all of it back. Then random sequences of statements look for what the matrix misses.
Each leak comes with a psql script that reproduces it. Sequences may move, and a statement may hold locks
until it is undone (2 s waiting, 10 s running at most): a quiet hour, or a copy, is kinder to a busy database.

  --database URL     the database; default: DATABASE_URL, or the embedded one. An administrator's: a superuser, or
                     BYPASSRLS and a member of the roles that are tried
  --format FORMAT    table (default), json, markdown or matrix: what --expect compares with
  --output FILE      writes there, not to stdout
  --expect FILE      a matrix from before: a cell that differs is told, and the status is 1
  --seed N           repeats a run; it is printed at the beginning
  --runs N           random sequences (200)
  --mutate           breaks one thing at a time in a clone of the database, and shows that prove or lint
                     notices: the score, and why each survivor is no leak. It copies the database, so nobody
                     else may be connected
  --sample N         only so many mutants, chosen by the seed
  --config FILE      for a database that is not Rowhouse's: how callers come in, as JSON
                     {"tenantColumn": "org_id", "apiRoles": ["web"], "shared": ["public.plans"],
                      "enter": ["select set_config('app.org', $tenant, true)"]}

What another database calls things is guessed, unless you say:
  --schemas LIST, --exposed-schemas LIST, --api-roles LIST, --tenant-column NAME, --context-schema NAME

Status: 0 nothing crosses, 1 leaks or not as expected (with --mutate: fewer than 95% noticed), 2 it could not run.`,
    examine: async (args) => (await import("./commands/prove.ts")).proveDatabase(args),
  },
};

const overview = `rowhouse: the multi-tenant backend for chatbot platforms

Usage: rowhouse <command>

${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(12)}${summary}`)
  .join("\n")}
  help        show this, or more about a command: rowhouse help start
  --version   show the version

Settings come from the environment or from .env; .env.example documents them all.`;

process.exitCode = await main(process.argv.slice(2));
// A connection that somebody forgot must not keep a finished process: it has five seconds.
setTimeout(() => process.exit(), 5_000).unref();

async function main(args: string[]): Promise<number> {
  const chosen = Object.hasOwn(commands, args[0] ?? "") ? commands[args[0]!]! : undefined;
  if (chosen && "examine" in chosen && !args.includes("--help") && !args.includes("-h")) {
    try {
      return await chosen.examine(args.slice(1));
    } catch (error) {
      if (error instanceof UsageError) return misused(error.message, `rowhouse help ${args[0]}`);
      return failed(error, 2);
    }
  }

  let words: string[];
  let flags: { help?: boolean; version?: boolean };
  try {
    const parsed = parseArgs({
      args,
      allowPositionals: true,
      options: { help: { type: "boolean", short: "h" }, version: { type: "boolean", short: "v" } },
    });
    words = parsed.positionals;
    flags = parsed.values;
  } catch (error) {
    return misused((error as Error).message);
  }

  if (flags.version) {
    const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
    console.log((JSON.parse(manifest) as { version: string }).version);
    return 0;
  }
  const wantsHelp = flags.help || words[0] === "help" || words.length === 0;
  const [name, ...rest] = words[0] === "help" ? words.slice(1) : words;
  if (name === undefined) {
    console.log(overview);
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) return misused(`there is no command "${name}"`);
  if (rest.length > 0 && "run" in command) return misused(`"${name}" takes no argument "${rest[0]}"`);
  if (wantsHelp || "examine" in command) {
    console.log(`rowhouse ${name}: ${command.summary}\n\n${command.help}`);
    return 0;
  }

  try {
    await command.run();
    return 0;
  } catch (error) {
    return failed(error, 1);
  }
}

function failed(error: unknown, status: number): number {
  const known = knownFailure(error);
  if (known === null) console.error(error);
  else console.error(`rowhouse: ${known}`);
  return status;
}

function misused(problem: string, help?: string): number {
  console.error(
    `rowhouse: ${problem}; ${help ? `"${help}" explains it` : '"rowhouse help" lists the commands'}`,
  );
  return 2;
}
