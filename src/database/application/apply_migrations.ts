import pg from "pg";
import { compileSchema, MigrationError } from "../migrations.ts";
import { accessDrift, describeDrift } from "../schema_state.ts";
import { describeRebuilt } from "./describe_rebuilt.ts";
import { applicationState } from "./history.ts";
import { type ApplicationMigration, fileOf } from "./migration_files.ts";

/**
 * Applies the application's migrations that the database lacks, in order, each in one transaction with its line in the
 * history: it is applied whole and written down, or nothing happened.
 *
 * @param owner connected to the database, acting as rowhouse_owner
 * @throws {MigrationError} if the history is another than the files', or a migration fails or breaks what is Rowhouse's
 */
export async function applyMigrations(
  owner: pg.Client,
  databaseUrl: string,
  files: readonly ApplicationMigration[],
  onStep: (step: string) => void,
): Promise<void> {
  const { pending, rebuilt, unknown } = await applicationState(owner, files);
  if (rebuilt[0]) throw new MigrationError(describeRebuilt(rebuilt.map(({ file }) => file)));
  if (unknown[0]) {
    const missing = unknown.map(({ number, name }) => `migrations/${fileOf(number, name)}`).join(", ");
    throw new MigrationError(`the database has had ${missing}, and here is no such file: bring it back`);
  }
  if (pending.length === 0) return;
  const schema = await compileSchema(databaseUrl);
  for (const migration of pending) {
    onStep(migration.file);
    await apply(owner, migration, schema);
  }
}

async function apply(owner: pg.Client, migration: ApplicationMigration, schema: string): Promise<void> {
  const { number, name, hash, file } = migration;
  try {
    // Without a search path every name says where it is, and nothing of ours is found by accident.
    await owner.query("begin; set local search_path = ''");
    const { rows } = await owner.query<{ id: string }>("select pg_current_xact_id()::text as id");
    await owner.query(migration.text);
    await owner.query("reset role");
    const after = await owner.query<{ id: string | null }>(
      "select pg_current_xact_id_if_assigned()::text as id",
    );
    if (after.rows[0]?.id !== rows[0]?.id) {
      throw new MigrationError(`${file} ends its transaction; leave out begin, commit and rollback`);
    }
    await requireProtected(owner, file);
    await requireOursUnchanged(owner, file, schema);
    await owner.query("insert into tenancy.migrations (number, name, hash) values ($1, $2, $3)", [
      number,
      name,
      hash,
    ]);
    await owner.query("commit");
  } catch (error) {
    await owner.query("rollback; reset role");
    if (!(error instanceof pg.DatabaseError)) throw error;
    throw new MigrationError(describe(error, migration), { cause: error });
  }
}

/** No table of the API may be open, whatever is granted on it. */
async function requireProtected(owner: pg.Client, file: string): Promise<void> {
  const { rows } = await owner.query<{ name: string }>(
    `select pg_class.oid::regclass::text as name from pg_catalog.pg_class
     where relnamespace = 'app'::regnamespace and relkind in ('r', 'p') and not (relrowsecurity and relforcerowsecurity)
     order by 1`,
  );
  if (rows.length === 0) return;
  const mend = rows.map(({ name }) => `  select tenancy.protect('${name}', …);`).join("\n");
  throw new MigrationError(`${file} leaves tables without row security. End it with\n${mend}`);
}

/**
 * Replays db/schema, sees whether that changes anything of who may do what, and takes the replay back. What would is
 * something of Rowhouse's that the migration changed, or a protected table that it changed behind its protection: the next
 * upgrade would undo it without a word.
 */
async function requireOursUnchanged(owner: pg.Client, file: string, schema: string): Promise<void> {
  await owner.query("savepoint replay; select context.record_access()");
  await owner.query(schema);
  const drift = await accessDrift(owner);
  await owner.query("rollback to savepoint replay; release savepoint replay");
  if (drift.length === 0) return;
  // Seen from the replay: what the migration added is missing again.
  const seen = { missing: "added", added: "missing", changed: "changed" } as const;
  const lines = describeDrift(drift.map(({ object, change }) => ({ object, change: seen[change] })));
  throw new MigrationError(
    `${file} changes what Rowhouse, or tenancy.protect(), says about who may do what:\n${lines
      .map((line) => `  - ${line}`)
      .join(
        "\n",
      )}\nLeave what is Rowhouse's as it is. Where a table's columns change, call tenancy.protect() again, last; it has options`,
  );
}

/** The database's own words, and the line that it stopped at. */
function describe(error: pg.DatabaseError, { file, text }: ApplicationMigration): string {
  const line = error.position ? text.slice(0, Number(error.position) - 1).split("\n").length : null;
  return [
    `${file}${line === null ? "" : `, line ${line}`}: ${error.message}`,
    error.detail,
    error.hint,
    "Nothing of it was applied",
  ]
    .filter((part) => part)
    .join("\n");
}
