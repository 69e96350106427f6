import { join } from "node:path";
import { Logger, runMigrations } from "graphile-worker";
import pg from "pg";
import { readSource } from "../whole_file.ts";
import { applyMigrations } from "./application/apply_migrations.ts";
import { applicationFolder, readMigrations } from "./application/migration_files.ts";
import { actingAs, asDatabase, type Passwords, scramVerifier } from "./credentials.ts";
import { MigrationError, projectRoot, runCommitted, runCurrent } from "./migrations.ts";
import { accessDrift, type Drift, describeState, schemaState } from "./schema_state.ts";
import { settleAccess } from "./settle_access.ts";

export interface MigrateOptions {
  /** A role that may create roles and databases, and the name of the database to prepare. */
  readonly adminUrl: string;
  readonly passwords: Passwords;
  /** Whether to apply `db/current`, the migration that is not committed yet, too. Never in production. */
  readonly current?: boolean;
  /** Where the application's own migrations are; null: they are left out. Default: `migrations/`, beside `db/`. */
  readonly application?: string | null;
  /** Told each step, as a sentence without a full stop. */
  readonly onStep?: (step: string) => void;
}

/** `ROWHOUSE` on a phone's keys: whoever holds this advisory lock is migrating. */
const MIGRATE_LOCK = "76946873";
const APPLICATION = "rowhouse-migrate";

/**
 * Prepares a PostgreSQL server for Rowhouse: roles, database, passwords, migrations, the worker's own
 * tables. Idempotent; concurrent runs wait for one another.
 *
 * @throws {MigrationError} if the server is too old or a migration fails
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  const { passwords, current = false, application = applicationFolder, onStep = () => {} } = options;
  const own = application === null ? null : readMigrations(application);
  const adminUrl = named(options.adminUrl);
  const database = decodeURIComponent(new URL(adminUrl).pathname.slice(1));

  const keeper = await connectToServer(adminUrl, database);
  try {
    await requireVersion(keeper);
    // Roles belong to the whole server, so the lock is held in a database that all runs share.
    await keeper.query("select pg_advisory_lock($1)", [MIGRATE_LOCK]);

    onStep("roles");
    await makeRoles(keeper, passwords);
    const known = await keeper.query("select from pg_database where datname = $1", [database]);
    if (known.rowCount === 0) {
      onStep(`database ${database}`);
      await keeper.query(
        `create database ${pg.escapeIdentifier(database)} encoding 'UTF8' template template0`,
      );
    }

    const admin = await connect(adminUrl);
    try {
      onStep("who may connect and create");
      await grantDatabase(admin, database);
      const owner = await connect(actingAs(adminUrl, "rowhouse_owner"));
      try {
        onStep("what is there already");
        const drift = await comparable(owner, application);
        await migrateSchema(adminUrl, current, onStep);
        if (own !== null) await applyMigrations(owner, adminUrl, own, onStep);
        await settleAccess(owner, adminUrl, drift, onStep);
      } finally {
        await owner.end();
      }
      onStep("the job queue");
      await migrateWorker(admin, adminUrl, database);
      await closeSideDoors(admin, onStep);
    } finally {
      await connectionsGone(admin, database);
      await admin.end();
    }
    onStep("done");
  } finally {
    await keeper.end();
  }
}

/** The roles, which belong to the server and not to a database, with the passwords of those that log in. */
async function makeRoles(client: pg.Client, passwords: Passwords): Promise<void> {
  await client.query(readSource(join(projectRoot, "db", "roles.sql")));
  for (const [role, password] of Object.entries(passwords)) {
    await client.query(
      `alter role ${pg.escapeIdentifier(role)} password ${pg.escapeLiteral(scramVerifier(password))}`,
    );
  }
}

/** The roles alone, for a database that comes from elsewhere with grants to them. */
export async function prepareRoles(adminUrl: string, passwords: Passwords): Promise<void> {
  const url = named(adminUrl);
  const client = await connectToServer(url, decodeURIComponent(new URL(url).pathname.slice(1)));
  try {
    await requireVersion(client);
    await makeRoles(client, passwords);
  } finally {
    await client.end();
  }
}

async function migrateSchema(
  adminUrl: string,
  current: boolean,
  onStep: (step: string) => void,
): Promise<void> {
  onStep("committed migrations");
  await runCommitted(adminUrl, onStep);
  if (current) {
    onStep("the current migration");
    await runCurrent(adminUrl, onStep);
  }
}

/** What somebody changed since the last run; refuses a database that was built from other migrations than ours. */
async function comparable(owner: pg.Client, application: string | null): Promise<Drift[]> {
  const state = await schemaState(owner, application);
  if (state.rebuilt.length > 0) throw new MigrationError(describeState(state)!);
  return accessDrift(owner);
}

/**
 * Who may do what with the database as a whole, and that no login role has settings of its own there: a role may
 * give itself some. Not part of a template: a clone needs it again.
 *
 * @param client connected to that database as its administrator
 */
export async function grantDatabase(client: pg.ClientBase, database: string): Promise<void> {
  const name = pg.escapeIdentifier(database);
  await client.query(`
    revoke all on database ${name} from public;
    revoke all on schema public from public;
    revoke all on database ${name} from rowhouse_app, rowhouse_auth, rowhouse_worker, rowhouse_auditor;
    grant connect on database ${name} to rowhouse_app, rowhouse_auth, rowhouse_worker, rowhouse_auditor;
    grant connect, create on database ${name} to rowhouse_owner;
    alter role rowhouse_app in database ${name} reset all;
    alter role rowhouse_auth in database ${name} reset all;
    alter role rowhouse_worker in database ${name} reset all;
  `);
}

/**
 * Takes from everybody what a caller's own SQL needs nothing of, and refuses schema changes by those who serve
 * requests (db/side_doors.sql). PostgreSQL lets only a superuser do this; elsewhere `rowhouse lint` names what is open.
 */
async function closeSideDoors(client: pg.ClientBase, onStep: (step: string) => void): Promise<void> {
  const { rows } = await client.query<{ superuser: boolean; listed: boolean }>(
    `select rolsuper as superuser, to_regclass('inspect.side_doors') is not null as listed
     from pg_roles where rolname = current_user`,
  );
  if (!rows[0]?.listed) return; // nothing was ever committed: there is no schema yet
  if (!rows[0].superuser) {
    onStep("side doors stay open: only a superuser may close them (rowhouse lint names them)");
    return;
  }
  onStep("side doors");
  await client.query(readSource(join(projectRoot, "db", "side_doors.sql")));
}

/** graphile-worker's tables belong to the role that runs the jobs; nobody else may enter its schema. */
async function migrateWorker(admin: pg.Client, adminUrl: string, database: string): Promise<void> {
  const name = pg.escapeIdentifier(database);
  await admin.query("create schema if not exists graphile_worker authorization rowhouse_worker");
  // Its first migration says `create schema if not exists`, which asks for the right even where the
  // schema exists. A right left behind by a crash is taken back by the next run's grantDatabase.
  await admin.query(`grant create on database ${name} to rowhouse_worker`);
  try {
    await runMigrations({
      connectionString: actingAs(adminUrl, "rowhouse_worker"),
      schema: "graphile_worker",
      logger: new Logger(() => () => {}),
    });
  } finally {
    await admin.query(`revoke create on database ${name} from rowhouse_worker`);
  }
}

/**
 * Waits until nobody but `admin` itself is connected to the database: graphile-migrate lets go of its
 * connections a moment after it is done, and a template, or a server about to stop, must have none.
 */
export async function connectionsGone(admin: pg.Client, database: string): Promise<void> {
  for (const deadline = Date.now() + 5_000; Date.now() < deadline; ) {
    const others = await admin.query(
      `select from pg_stat_activity
       where datname = $1 and usename = current_user and pid <> pg_backend_pid() and application_name in ($2, '')`,
      [database, APPLICATION],
    );
    if (others.rowCount === 0) return;
    await admin.query("select pg_sleep(0.05)");
  }
}

async function requireVersion(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ number: number; name: string }>(
    "select current_setting('server_version_num')::int as number, current_setting('server_version') as name",
  );
  if ((rows[0]?.number ?? 0) < 180000) {
    throw new MigrationError(`Rowhouse needs PostgreSQL 18 or newer; this server is ${rows[0]?.name}`);
  }
}

/** The database `postgres` is on nearly every server; where it is not, the target has to exist already. */
async function connectToServer(adminUrl: string, database: string): Promise<pg.Client> {
  try {
    return await connect(asDatabase(adminUrl, "postgres"));
  } catch (error) {
    const { code } = error as pg.DatabaseError;
    // 3D000: no such database; 42501: not allowed into it; 28000: refused by pg_hba.conf.
    if (database === "postgres" || !["3D000", "42501", "28000"].includes(code ?? "")) throw error;
    return await connect(adminUrl);
  }
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  return client;
}

function named(adminUrl: string): string {
  const url = new URL(adminUrl);
  if (url.pathname.length < 2) url.pathname = "/rowhouse";
  url.searchParams.set("application_name", APPLICATION);
  return url.href;
}
