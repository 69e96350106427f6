import pg from "pg";
import type { Config } from "../config.ts";
import { asDatabase, type Connections, connections, rolePasswords } from "../database/credentials.ts";
import { type EmbeddedEvent, runningEmbedded, startEmbedded } from "../database/embedded.ts";
import { migrate } from "../database/migrate.ts";
import { pendingMigrations } from "../database/migrations.ts";
import { CommandError } from "./failures.ts";

/** A database that a command works with, and how to let go of it. */
export interface OpenDatabase {
  /** The administrator's connection: DATABASE_URL, or the embedded server's superuser. */
  readonly adminUrl: string;
  readonly connections: Connections;
  /** Stops the embedded server, if this process started it. */
  close(): Promise<void>;
}

/** The database's name on the embedded server. */
const EMBEDDED_DATABASE = "rowhouse";

/** DATABASE_URL's server, or an embedded one that this process runs from now on. */
export async function openDatabase(
  config: Config,
  onEvent: (event: EmbeddedEvent) => void,
): Promise<OpenDatabase> {
  if (config.database.url) return opened(config, config.database.url, async () => {});
  const server = await startEmbedded({ stateDir: config.stateDir, onEvent });
  return opened(config, asDatabase(server.adminUrl, EMBEDDED_DATABASE), () => server.stop());
}

/** The same, but joins the embedded server of a `rowhouse start` that is running already. */
export async function joinDatabase(
  config: Config,
  onEvent: (event: EmbeddedEvent) => void,
): Promise<OpenDatabase> {
  const running = config.database.url ? null : runningEmbedded(config.stateDir);
  if (running) return opened(config, asDatabase(running, EMBEDDED_DATABASE), async () => {});
  return openDatabase(config, onEvent);
}

function opened(config: Config, adminUrl: string, close: () => Promise<void>): OpenDatabase {
  return { adminUrl, connections: connections(config, adminUrl), close };
}

/** Prepares the database; `db/current` is applied too, unless this is production. */
export async function prepare(
  config: Config,
  database: OpenDatabase,
  onStep: (step: string) => void,
): Promise<void> {
  await migrate({
    adminUrl: database.adminUrl,
    passwords: rolePasswords(config),
    current: config.environment !== "production",
    onStep,
  });
}

/**
 * Refuses to go on with a database that lacks migrations: changing it is for `rowhouse migrate`.
 *
 * @throws {CommandError}
 */
export async function requireMigrated(database: OpenDatabase): Promise<void> {
  const client = new pg.Client({ connectionString: database.connections.app });
  await client.connect();
  try {
    const pending = await pendingMigrations(client);
    if (pending.length === 0) return;
    throw new CommandError(`the database lacks ${pending.join(", ")}; run "rowhouse migrate"`);
  } finally {
    await client.end();
  }
}
