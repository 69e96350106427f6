import { readdirSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { readSource } from "../whole_file.ts";
import { describeRebuilt } from "./application/describe_rebuilt.ts";
import { applicationState } from "./application/history.ts";
import { applicationFolder, readMigrations } from "./application/migration_files.ts";
import { projectRoot } from "./migrations.ts";

/** How a database's history compares with the migrations in `db/committed`, and with the application's own in `migrations`. */
export interface SchemaState {
  /** Migrations that it lacks, in order: ours by name, the application's own as `migrations/000001-widgets.sql`. */
  readonly pending: readonly string[];
  /** Migrations that it was built from in another version than the file here. */
  readonly rebuilt: readonly string[];
}

/** A policy, a grant, a function, … that is not as `rowhouse migrate` left it. */
export interface Drift {
  readonly object: string;
  readonly change: "missing" | "changed" | "added";
}

/**
 * Compares the migrations that the database has had with those in `db/committed` and the application's own, by name and by
 * hash. Any role that may sign people in or serve requests can ask.
 *
 * @param application where the application's own are; null leaves them out
 */
export async function schemaState(
  client: Pick<pg.Pool, "query">,
  application: string | null = applicationFolder,
): Promise<SchemaState> {
  const ours = await stateOfOurs(client);
  if (application === null) return ours;
  const theirs = await applicationState(client, readMigrations(application));
  const names = (migrations: readonly { file: string }[]) => migrations.map(({ file }) => file);
  return {
    pending: [...ours.pending, ...names(theirs.pending)],
    rebuilt: [...ours.rebuilt, ...names(theirs.rebuilt)],
  };
}

/** Asks `context.applied_migrations()`. */
async function stateOfOurs(client: Pick<pg.Pool, "query">): Promise<SchemaState> {
  const committed = committedMigrations();
  const names = committed.map(({ name }) => name);
  const applied = await appliedMigrations(client);
  if (applied === null) {
    // Nothing of ours, or ours from before it could tell which version of a migration it was built from.
    return (await hasTheDoor(client)) ? { pending: [], rebuilt: names } : { pending: names, rebuilt: [] };
  }
  const hashIn = (name: string): string | undefined => applied.get(name.replace(/^(\d+).*$/, "$1.sql"));
  return {
    pending: names.filter((name) => hashIn(name) === undefined),
    rebuilt: committed
      .filter(({ name, hash }) => hashIn(name) !== undefined && hashIn(name) !== hash)
      .map(({ name }) => name),
  };
}

/** What is wrong with the state, and what to do, as a sentence without a full stop; null where nothing is. */
export function describeState({ pending, rebuilt }: SchemaState): string | null {
  const ours = rebuilt.filter((name) => !name.startsWith("migrations/"));
  if (ours.length === 0 && rebuilt.length > 0) return describeRebuilt(rebuilt);
  if (ours.length > 0) {
    return (
      `the database was built from another version of ${ours.join(", ")} than the one in db/committed. A migration ` +
      "that changed cannot be applied again: go back to the version of Rowhouse that built it, or build a new database " +
      "(the embedded one: stop Rowhouse and remove .rowhouse/postgres, whose data is then gone)"
    );
  }
  return pending.length > 0 ? `the database lacks ${pending.join(", ")}; run "rowhouse migrate"` : null;
}

/** What is no longer as `rowhouse migrate` left it; nothing where it never got so far. */
export async function accessDrift(client: Pick<pg.Pool, "query">): Promise<Drift[]> {
  try {
    const { rows } = await client.query<Drift>("select object, change from context.access_drift()");
    return rows;
  } catch (error) {
    if (!isAbsent(error)) throw error;
    return (await hasTheDoor(client))
      ? [{ object: "function context.access_drift()", change: "missing" }]
      : [];
  }
}

/** `policy "…" on app.users is missing`, a line each; the rest is counted. */
export function describeDrift(drift: readonly Drift[], most = 10): string[] {
  const lines = drift.slice(0, most).map(({ object, change }) => `${object} is ${change}`);
  return drift.length > most ? [...lines, `${drift.length - most} more`] : lines;
}

async function appliedMigrations(client: Pick<pg.Pool, "query">): Promise<Map<string, string> | null> {
  // The table itself is for the owner, who can ask also where the function is not there (yet, or any more).
  for (const source of ["context.applied_migrations()", "graphile_migrate.migrations"]) {
    try {
      const { rows } = await client.query<{ filename: string; hash: string }>(
        `select filename, hash from ${source}`,
      );
      return new Map(rows.map(({ filename, hash }) => [filename, hash]));
    } catch (error) {
      if (!isAbsent(error) && !(error instanceof pg.DatabaseError && error.code === "42501")) throw error;
    }
  }
  return null;
}

/** No such schema, table or function. */
function isAbsent(error: unknown): boolean {
  return error instanceof pg.DatabaseError && ["3F000", "42P01", "42883"].includes(error.code ?? "");
}

async function hasTheDoor(client: Pick<pg.Pool, "query">): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(
    `select exists (
       select from pg_catalog.pg_proc join pg_catalog.pg_namespace as home on home.oid = pronamespace
       where nspname = 'context' and proname = 'enter'
     ) as found`,
  );
  return rows[0]?.found ?? false;
}

let read: { name: string; hash: string }[] | null = null;

/** The files of `db/committed`, in order, with the hash in their header. They do not change while a process runs. */
function committedMigrations(): { name: string; hash: string }[] {
  const folder = join(projectRoot, "db", "committed");
  read ??= readdirSync(folder)
    .filter((name) => /^\d+.*\.sql$/.test(name))
    .sort()
    .map((name) => ({ name, hash: /^--! Hash: (\S+)$/m.exec(readSource(join(folder, name)))?.[1] ?? "" }));
  return read;
}
