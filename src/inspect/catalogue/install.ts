import { join } from "node:path";
import pg from "pg";
import { projectRoot } from "../../database/migrations.ts";
import { readSource } from "../../whole_file.ts";
import { guessSettings, type InspectSettings } from "./settings.ts";

/** A database that cannot be inspected, and why. */
export class InspectError extends Error {
  override readonly name = "InspectError";
}

/** Sources that speak of our own roles and tables: another database does without them. */
const OURS_ONLY = new Set([
  "inspect/grants.sql",
  "inspect/why.sql",
  "inspect/holders.sql",
  "inspect/rows_at.sql",
  "inspect/document_of.sql",
  "inspect/who_could_have_read.sql",
]);

/**
 * Runs `work` in a transaction that is rolled back, on a connection where the schema `inspect` exists:
 * ours where it is installed, else made in that transaction, so that nothing stays behind. Names are
 * qualified by everything that the catalogue prints there, because the search path is empty.
 *
 * @param url any database on PostgreSQL 15 or newer; the role reads catalogues and, where the schema is
 *   not installed, may create schemas
 * @throws {InspectError} if the server is too old, read-only, or the role may not create schemas
 */
export async function withInspect<T>(
  url: string,
  work: (client: pg.Client, settings: Required<InspectSettings>) => Promise<T>,
  given: InspectSettings = {},
): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: "rowhouse-inspect" });
  await client.connect();
  try {
    await client.query("begin");
    const settings = await openInspect(client, given);
    return await work(client, settings);
  } finally {
    await client.query("rollback").catch(() => {});
    await client.end();
  }
}

/**
 * The same in a transaction that is open already and that its owner rolls back.
 *
 * @throws {InspectError} as withInspect
 */
export async function openInspect(
  client: pg.ClientBase,
  given: InspectSettings = {},
): Promise<Required<InspectSettings>> {
  await client.query("set local search_path = ''");
  const installed = await isInstalled(client);
  if (!installed) await install(client);
  const settings = { ...(installed ? await defaults(client) : await guessSettings(client)), ...given };
  await applySettings(client, settings);
  return settings;
}

/** Sets the names for this transaction. */
export async function applySettings(
  client: pg.ClientBase,
  settings: Required<InspectSettings>,
): Promise<void> {
  await client.query(
    `select set_config('inspect.schemas', $1, true), set_config('inspect.exposed_schemas', $2, true),
       set_config('inspect.tenant_column', $3, true), set_config('inspect.api_roles', $4, true),
       set_config('inspect.context_schema', $5, true)`,
    [
      asList(settings.schemas),
      asList(settings.exposedSchemas),
      settings.tenantColumn,
      asList(settings.apiRoles),
      settings.contextSchema,
    ],
  );
}

/** Names as inspect.names_in() reads them: quoted where they would not come back as they are. */
const asList = (names: readonly string[]): string =>
  names.map((name) => (/[,"]|^\s|\s$/.test(name) ? `"${name.replaceAll('"', '""')}"` : name)).join(", ");

async function isInstalled(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{
    version: number;
    schema: boolean;
    ours: boolean;
    read_only: boolean;
  }>(
    `select current_setting('server_version_num')::int as version,
       to_regnamespace('inspect') is not null as schema,
       to_regprocedure('inspect.context_schema()') is not null as ours,
       pg_is_in_recovery() or current_setting('transaction_read_only')::boolean as read_only`,
  );
  const { version, schema, ours, read_only } = rows[0]!;
  if (version < 150000) throw new InspectError("inspecting needs PostgreSQL 15 or newer");
  if (ours) return true;
  if (schema) {
    throw new InspectError("this database has a schema inspect that is not Rowhouse's; nothing was touched");
  }
  if (read_only) {
    throw new InspectError(
      "this server is read-only (a standby?) and inspect is not installed: use its primary",
    );
  }
  return false;
}

/**
 * Makes the schema `inspect` in the transaction that is open.
 *
 * @throws {InspectError} if the role may not create schemas
 */
export async function install(client: pg.ClientBase): Promise<void> {
  try {
    await client.query("create schema inspect");
  } catch (cause) {
    if ((cause as pg.DatabaseError).code !== "42501") throw cause;
    throw new InspectError(
      "this role may not create schemas here; grant it CREATE on the database (nothing stays behind)",
      { cause },
    );
  }
  for (const source of sources()) await client.query(readSource(source));
}

/** The files of the schema `inspect` that suit any database, in load order. */
function sources(): string[] {
  const folder = join(projectRoot, "db", "schema");
  const contents = readSource(join(folder, "all.sql"));
  return [...contents.matchAll(/^--!include (inspect\/\S+)$/gm)]
    .map(([, name]) => name!)
    .filter((name) => !OURS_ONLY.has(name))
    .map((name) => join(folder, name));
}

async function defaults(client: pg.ClientBase): Promise<Required<InspectSettings>> {
  const { rows } = await client.query<Required<InspectSettings>>(
    `select inspect.schemas() as schemas, inspect.exposed_schemas() as "exposedSchemas",
       inspect.tenant_column() as "tenantColumn", inspect.api_roles() as "apiRoles",
       inspect.context_schema() as "contextSchema"`,
  );
  return rows[0]!;
}
