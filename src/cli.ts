#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { inspect, type ParseArgsConfig, parseArgs } from "node:util";
import { knownFailure, UsageError, withoutPasswords } from "./commands/failures.ts";
import { listenForSignals } from "./commands/signals.ts";

/** A command of `rowhouse`: what it is for, and a module that does it. */
type Command = { readonly summary: string; readonly help: string } & (
  | {
      /** What it takes beside --help. */
      readonly options?: ParseArgsConfig["options"];
      /** Resolves when the command is done; commands that serve resolve when they are told to stop. */
      readonly run: (options: Readonly<Record<string, string | undefined>>) => Promise<void>;
    }
  | {
      /** Takes arguments of its own; resolves to its exit status. Status 1 is findings, a failure is 2. */
      readonly examine: (args: string[]) => Promise<number>;
    }
);

const commands: Record<string, Command> = {
  start: {
    summary: "run the server",
    help: `Starts the HTTP server and, unless WORKER=off, the background jobs.

Without DATABASE_URL it runs a PostgreSQL of its own under STATE_DIR (.rowhouse) and migrates it. In
development the first start makes two demo companies. With DATABASE_URL it uses that server, which
"rowhouse migrate" must have prepared.

  --processes N   so many web processes behind the one port, or "auto": as many as can run at the same time.
                  Default: PROCESSES, or 1. The jobs run once, in the process that starts them

SIGINT, SIGTERM or SIGHUP: finishes the requests in flight and stops; a second one, or one before it listens, stops
it at once. Under npm the end of npm stops it too. With several processes and without a terminal, SIGHUP replaces them
one after the other and loses no request.`,
    options: { processes: { type: "string" } },
    run: async ({ processes }) => (await import("./commands/start.ts")).start({ processes }),
  },
  migrate: {
    summary: "prepare or update the database",
    help: `Makes roles, database and grants, sets the passwords of the login roles, applies the committed
migrations, then those of your own in migrations/, and prepares the job queue. Safe to repeat; two at once take turns.

DATABASE_URL names the database and a role that may create roles and databases. Without it, the
embedded PostgreSQL is migrated, running or not.`,
    run: async () => (await import("./commands/migrate.ts")).migrateDatabase(),
  },
  worker: {
    summary: "run background jobs only",
    help: `Runs the background jobs in a process of their own; start the web processes with WORKER=off.

SIGINT, SIGTERM or SIGHUP: finishes the jobs in hand and stops; a second one, or one before it works, stops it at once.`,
    run: async () => (await import("./commands/worker.ts")).work(),
  },
  jobs: {
    summary: "list the job queue; retry what failed",
    help: `rowhouse jobs list [--format table|json]
  lists what is in the queue: waiting, running, retrying (it failed and is tried again later) or failed (for good).

rowhouse jobs retry ID… | --failed
  gives jobs that failed for good all their attempts again, beginning now: those named, or all of them.

Status: 0 done, 1 a job that was named has not failed for good, 2 it could not run.`,
    examine: async (args) => (await import("./commands/jobs.ts")).jobs(args),
  },
  mail: {
    summary: "list mails that were not sent; retry what was given up",
    help: `rowhouse mail list [--format table|json]
  lists mails that wait to be delivered (pending) and those that were given up (dead): the mail server refused them for
  good, or could not be reached for about a day.

rowhouse mail retry ID… | --dead
  gives mails that were given up all their attempts again: those named, or all of them. A running server delivers them.

Status: 0 done, 1 a mail that was named was not given up, 2 it could not run.`,
    examine: async (args) => (await import("./commands/mail.ts")).mail(args),
  },
  user: {
    summary: "list, invite, ban, reset and import people",
    help: `What an operator does to people; docs/identity/people.md is the handbook. WHO is an e-mail address or an id.

rowhouse user list [--tenant SLUG] [--status active|banned|deleted] [--search TEXT] [--limit N] [--format table|json]
  lists people, the newest first (50, unless you say).

rowhouse user show WHO [--format text|json]
  shows their companies, how they come in, their sessions and keys, and nothing secret.

rowhouse user invite ADDRESS [--name TEXT] [--locale en|de]
  mails a link by which they make their account, where REGISTRATION is open or invited. It works for a week.

rowhouse user ban WHO --reason TEXT
rowhouse user unban WHO [--reason TEXT]
  shuts somebody out at once, sessions and API keys, and lets them in again. The reason is in the trail.

rowhouse user reset WHO [--second-factor] [--reason TEXT]
  ends their sessions, takes the password away and mails a link to a new one, which works for a day. With
  --second-factor also what they show beside a password, for people who lost everything.

rowhouse user import FILE|- [--tenant SLUG] [--role NAME] [--dry-run] [--keep-going] [--format text|json]
  imports people of another system with their hashes (argon2, bcrypt, scrypt, PBKDF2), a JSON object a line:
  {"email", "emailVerified", "name"?, "passwordHash"?, "tenant"?, "role"?, "locale"?, "createdAt"?}
  If a line will not do, nobody is imported; with --keep-going, everybody else is. Run it again as often as you
  like: who is there already is left alone. --dry-run only says what would become of the lines.

Status: 0 done, 1 not done (nobody of that name, or they are so already) or lines that will not do, 2 it could not run.`,
    examine: async (args) => (await import("./commands/user.ts")).user(args),
  },
  tenant: {
    summary: "list, create, suspend, limit, export, import and erase tenants",
    help: `What an operator does to tenants; docs/organisations/tenants.md is the handbook. WHICH is a slug or an id.

rowhouse tenant list [--status active|suspended|closed] [--search TEXT] [--limit N] [--json]
rowhouse tenant show WHICH [--json]
  lists tenants, the newest first (50, unless you say); shows how one stands and what it uses of its limits.

rowhouse tenant create SLUG --owner WHO [--name TEXT] [--json]
  makes a tenant that somebody owns who has an account: WHO is an e-mail address or an id.

rowhouse tenant suspend WHICH --reason TEXT
rowhouse tenant resume WHICH [--reason TEXT]
  shuts a tenant at once, and opens it again; resume also brings back one that its owner deleted, until it is erased.

rowhouse tenant limit WHICH [--seats N|none] [--keys N|none] [--requests N|none] [--requests-per-day N|none]
    [--storage MIB|none] [--grace DAYS] [--every-way] [--json]
  sets what its plan allows: active members, API keys, requests a minute of each key, requests a day of all
  together, mebibytes of documents, days from deletion to erasure.
  --every-way lets its members sign in by every way again, where its admins shut the one that they had.

rowhouse tenant export WHICH FILE|-
  writes all that it owns as JSON Lines, as of one moment, while it is in use. No passwords, keys, sessions or trail.

rowhouse tenant import FILE [--json]
  brings a tenant in from such an archive with the ids that it had: all of it, or nothing.

rowhouse tenant erase WHICH --reason TEXT --yes [--json]
  closes it and erases all that it owns, now. It can be broken off and run again. Nothing brings it back. Refused
  while a legal hold stands over it.

export and import take a superuser's DATABASE_URL, because row security hides rows from everybody else.

Status: 0 done, 1 not done (no such tenant, it stands so already, or the archive will not do), 2 it could not run.`,
    examine: async (args) => (await import("./commands/tenant.ts")).tenant(args),
  },
  documents: {
    summary: "move the bytes of documents to object storage, and back",
    help: `rowhouse documents move --to s3|postgres
  takes the bytes of every document's versions to the bucket of the settings (S3_ENDPOINT, S3_BUCKET, …), or back into the
  database, while everything is in use. It can be broken off and run again: it goes on with what is left. New ones go where
  DOCUMENT_STORAGE says. docs/documents/storage.md is the handbook.

Status: 0 all are there, 1 some have not the bytes that were brought and stay where they are, 2 it could not go on.`,
    examine: async (args) => (await import("./commands/documents.ts")).documents(args),
  },
  model: {
    summary: "what models cost",
    help: `What a model costs, for the whole installation; docs/chat/budgets.md is the handbook.

rowhouse model price list [--json]
rowhouse model price set MODEL --input N --output N [--cached-input N] [--reasoning N] [--json]
rowhouse model price remove MODEL
  A price is in micro-units for a million tokens: millionths of the one currency in which all prices and budgets are. A
  model at 0.25 for a million tokens of input and 2 for as many of output has --input 250000 --output 2000000. Cached
  input costs what input does, and reasoning what output does, unless it is said. What was spent stays as it was priced.
  Where nobody set a budget, a model without a price answers, and its cost is unknown; where there is one, it is refused.

--json prints objects with model, input_micros, cached_input_micros, output_micros, reasoning_micros and updated_at.
DATABASE_URL says which database: the login of whoever runs "rowhouse migrate".
Status: 0 done, 1 not done (there was no price), 2 it could not run.`,
    examine: async (args) => (await import("./commands/model.ts")).model(args),
  },
  support: {
    summary: "enter a company to help, for a reason and a limited time",
    help: `What an operator does inside a company; docs/organisations/support.md tells what its admins see of it.

rowhouse support enter SLUG --reason TEXT [--as ADDRESS] [--minutes N] [--write] [--operator NAME]
  lets you into the company and prints what opens the door, on stdout: an Authorization: Bearer for GraphQL, or in a file
  for "rowhouse psql --credential FILE". For an hour unless you say, at most 480 minutes, and only to look unless the company
  allows more and you say --write. --as a member: what they see; else settings, people, usage and the trail, and no chat.
  Its owners get a mail, and every row of the trail names this access.

rowhouse support list [--tenant SLUG] [--running] [--format table|json]
  lists who was let in where, as whom and why, the newest first.

rowhouse support end ID
  ends it before its time.

Status: 0 done, 1 not done (no such company or member, it lets nobody in, or it is over already), 2 it could not run.`,
    examine: async (args) => (await import("./commands/support.ts")).support(args),
  },
  audit: {
    summary: "verify, export and sign the audit trail; review access; say what goes, and what must not",
    help: `The sealed trail; docs/audit/sealing.md is the handbook. TENANT is a slug or an id, or "platform" for what belongs to none.

rowhouse audit verify [--tenant TENANT] [--key KEY]… [--checkpoints FILE|s3]… [--database URL] [--json]
  verifies that every event is what was sealed, that all of them lead to what was signed, and that each checkpoint is one
  of the same tree. Names what is wrong, the first bad leaf first. --key: a key that you have from elsewhere; without it
  those of the database are believed. --checkpoints: signed notes that were kept elsewhere; s3: in the bucket AUDIT_ANCHOR_S3.

rowhouse audit verify FILE --key KEY… [--checkpoints FILE]… [--proof FILE] [--json]
  verifies an export with nothing but the file and the key; one of csv or ocsf with FILE.proof, which lies beside it.

rowhouse audit export TENANT FILE|- [--format jsonl|csv|ocsf|proof] [--from TIME] [--to TIME] [--after INDEX] [--database URL]
rowhouse audit export TENANT FILE --resume [--format jsonl|csv|ocsf] [--database URL]
rowhouse audit export TENANT FOLDER --tiles [--database URL]
  writes the trail as far as its last checkpoint, in the order of its leaves: as JSON Lines (jsonl), as CSV or as OCSF with
  FILE.proof beside it (docs/audit/export.md), or as a log that can be served as it lies (C2SP tlog-tiles), in which values
  of people are commitments. --after: the leaves behind that one. --resume goes on with a file that was cut off. That it was
  exported is in the trail before a byte is written.

rowhouse audit checkpoint [TENANT] [--database URL]
  prints the last checkpoint of a tree, or of each: keep it where nobody of this database can write.

rowhouse audit key [rotate] [--tenant TENANT] [--database URL]
  prints the public keys, the newest last; named for the tree of a tenant with --tenant. rotate has a new one sign.

rowhouse audit erase TENANT-ID EVENT-ID FIELD… --reason TEXT --yes
  erases values of a sealed event for good, such as ip or new_row.email. Every proof holds as before.

rowhouse audit report TENANT --from DAY [--to DAY] [--time-zone ZONE] [--out FILE|-] [--json] [--key KEY]…
  [--checkpoints FILE|s3]… [--database URL]
  makes an access review to read, print and sign: people, roles, keys, what changed, who came in, what to look at, and whether
  the trail is what was sealed. One HTML file that needs nothing else; --json the same facts. --to is not part of it, and now
  unless you say. That it was made is in the trail (docs/audit/report.md).

rowhouse audit retention [--least MONTHS] [--platform MONTHS|none]
  shows or sets below how many months no tenant's trail may be kept, and for how many the trail is that belongs to no tenant,
  or to one that was erased. A tenant decides about its own.

rowhouse audit drop --tenant TENANT --before YYYY-MM --reason TEXT --yes
  has all go that its trail holds from before that month, whatever is kept. The reason and the database role stay.

rowhouse audit hold place TENANT [--user WHO] --reason TEXT
rowhouse audit hold release ID --reason TEXT
rowhouse audit hold list [--tenant TENANT] [--standing] [--format table|json]
  says that nothing of its trail may go, nor what its people, or one of them, said and brought, until it is released. place
  prints the id. docs/audit/retention.md says what a hold stops.

Status: 0 done and sound, 1 something is wrong with the trail, there is no such thing, or a legal hold stands over it, 2 it could
not run.`,
    examine: async (args) => (await import("./commands/audit.ts")).audit(args),
  },
  new: {
    summary: "write the next migration of your own: a table, or a blank one",
    help: `rowhouse new table NAME [--own]
  writes migrations/00000N-NAME.sql: a table of the tenants' with its comments, permissions and protection, to start
  from. It works as it stands. With --own each row is somebody's: theirs without a permission, others' with one.

rowhouse new migration NAME
  writes one with nothing in it, such as add-colour.

"rowhouse migrate" applies them after Rowhouse's own, each in one transaction. docs/your-own-tables.md goes on from here.

Status: 0 done, 2 it could not be written.`,
    examine: async (args) => (await import("./commands/new.ts")).newMigration(args),
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

Status: 0 healthy, 1 findings (or a database of Rowhouse that other migrations built), 2 the checks could not run.`,
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
everybody, and rolls all of it back. It also asks what can be learned of a row without reading it (by errors,
by explain, by what the planner expects), with another row in its place the second time; and what a role could
define anew or leave behind on a connection. Then random sequences of statements look for what the matrix misses.
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
  --until-noticed    lets each mutant go as soon as somebody notices it: the same score, sooner
  --config FILE      for a database that is not Rowhouse's: how callers come in, as JSON
                     {"tenantColumn": "org_id", "apiRoles": ["web"], "shared": ["public.plans"],
                      "enter": ["select set_config('app.org', $tenant, true)"]}
                     "sealed": true where nobody can choose the context with SQL of their own; "reset": what
                     your pool does between two requests on a connection, for example ["discard all"]

What another database calls things is guessed, unless you say:
  --schemas LIST, --exposed-schemas LIST, --api-roles LIST, --tenant-column NAME, --context-schema NAME

Status: 0 nothing crosses, 1 leaks or not as expected (with --mutate: fewer than 95% noticed), 2 it could not run.`,
    examine: async (args) => (await import("./commands/prove.ts")).proveDatabase(args),
  },
  psql: {
    summary: "a psql session, as an administrator, an auditor or a person",
    help: `Opens psql on DATABASE_URL's database, or the embedded one, running or not.

rowhouse psql [options] [-- psql's own arguments, such as -c 'select 1' or -f file.sql]

  --as ROLE          administrator (default), auditor (rowhouse_auditor) or app (rowhouse_app, outside the door)
  --credential FILE  a person, by the access token or API key in a file: comes in through the door, in a transaction
  --user-agent TEXT  the user agent that the access token's session is bound to
  --email ADDRESS    a person, by their address, in development only: with a session of theirs that ends with psql
  --tenant SLUG      in which tenant, if they belong to several

A person sees exactly what the API would show them. After commit or rollback, type :enter to come in again.

Status: psql's own, 2 if it could not be opened.`,
    examine: async (args) => (await import("./commands/psql.ts")).openPsql(args),
  },
  backup: {
    summary: "make a backup in a new folder",
    help: `rowhouse backup FOLDER

With pg_dump of the server's version or newer on the PATH: dumps the database, while it is in use. Else, for the
embedded database: copies its data while nobody uses it, so stop Rowhouse first. The folder appears when it is whole; one
that is there already is left alone.

A backup of the embedded database holds its secrets.json too, without which it cannot be opened. With DATABASE_URL keep
MASTER_KEY yourself.

Status: 0 done, 2 it could not be made, and nothing was left behind.`,
    examine: async (args) => (await import("./commands/backup.ts")).backup(args),
  },
  restore: {
    summary: "bring a backup back",
    help: `rowhouse restore FOLDER [--replace]

A copy goes back to the embedded database, of the same version of PostgreSQL; a dump to DATABASE_URL's server or the
embedded one, into a new database that takes its name when it is whole. Every file is checked against the backup's
manifest first. Where there is a database already, it is an error; with --replace it is put aside, under another name,
and where is printed. Stop Rowhouse first.

Status: 0 done, 2 it could not be restored, and nothing was changed.`,
    examine: async (args) => (await import("./commands/backup.ts")).restore(args),
  },
  keys: {
    summary: "tell what each master key is still needed for; list and rotate signing keys",
    help: `Counts the signing keys, second factors, mails and live sessions under MASTER_KEY and MASTER_KEY_PREVIOUS, and says
whether the previous one may go.

  keys reencrypt   first take what is encrypted to the current key; it can be interrupted, and goes on where it was
  keys list        the keys of access tokens: which signs, which verify, and until when
  keys rotate      publish the next key now; it signs in an hour, and the one before verifies for an hour longer

DATABASE_URL has to be a superuser's, because row security hides rows from everybody else.

Status: 0 the previous key may go, or there is none; 1 it is still needed; 2 it could not be told.`,
    examine: async (args) => (await import("./commands/keys.ts")).showKeys(args),
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

// Whoever reads what we print may leave early (`rowhouse lint | head`). What is left to say is for nobody; what is
// left to do is done, and the status is the command's own.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}
listenForSignals();
process.exitCode = await main(process.argv.slice(2));
// A connection that somebody forgot must not keep a finished process: it has five seconds.
setTimeout(() => process.exit(), 5_000).unref();

async function main(args: string[]): Promise<number> {
  const chosen = Object.hasOwn(commands, args[0] ?? "") ? commands[args[0]!]! : undefined;
  const options = chosen && "run" in chosen ? chosen.options : {};
  if (chosen && "examine" in chosen && !args.includes("--help") && !args.includes("-h")) {
    try {
      return await chosen.examine(args.slice(1));
    } catch (error) {
      if (error instanceof UsageError) return misused(error.message, `rowhouse help ${args[0]}`);
      return failed(error, 2);
    }
  }

  let words: string[];
  let flags: { help?: boolean; version?: boolean; [more: string]: unknown };
  try {
    const parsed = parseArgs({
      args,
      allowPositionals: true,
      options: {
        ...options,
        help: { type: "boolean", short: "h" },
        version: { type: "boolean", short: "v" },
      },
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
    await command.run(flags as Record<string, string | undefined>);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) return misused(error.message, `rowhouse help ${name}`);
    return failed(error, 1);
  }
}

function failed(error: unknown, status: number): number {
  const known = knownFailure(error);
  console.error(withoutPasswords(known === null ? inspect(error) : `rowhouse: ${known}`));
  return status;
}

function misused(problem: string, help?: string): number {
  const advice = help ? `"${help}" explains it` : '"rowhouse help" lists the commands';
  console.error(`rowhouse: ${withoutPasswords(problem)}; ${advice}`);
  return 2;
}
