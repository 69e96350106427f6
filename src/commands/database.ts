import pg from "pg";
import type { Config } from "../config.ts";
import { connectionsNeeded } from "../database/connections_needed.ts";
import { asDatabase, type Connections, connections, rolePasswords } from "../database/credentials.ts";
import { type EmbeddedEvent, runningEmbedded, startEmbedded } from "../database/embedded.ts";
import { migrate } from "../database/migrate.ts";
import { accessDrift, describeDrift, describeState, schemaState } from "../database/schema_state.ts";
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
  const server = await startEmbedded({
    stateDir: config.stateDir,
    connections: connectionsNeeded(config),
    onEvent,
  });
  return opened(config, asDatabase(server.adminUrl, EMBEDDED_DATABASE), () => server.stop());
}

/** The same, but joins the embedded server of a `rowhouse start` that is running already. */
export async function joinDatabase(
  config: Config,
  onEvent: (event: EmbeddedEvent) => void,
): Promise<OpenDatabase> {
  return existingDatabase(config) ?? openDatabase(config, onEvent);
}

/** The same, but only where there is a server already: DATABASE_URL's, or an embedded one; null where there is none. */
export function existingDatabase(config: Config): OpenDatabase | null {
  if (config.database.url) return opened(config, config.database.url, async () => {});
  const running = runningEmbedded(config.stateDir);
  if (running === null) return null;
  return opened(config, asDatabase(running, EMBEDDED_DATABASE), async () => {});
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
 * Refuses to go on with a database that lacks migrations or was built from others: changing it is for `rowhouse
 * migrate`. What somebody changed of who may do what since then is told, a sentence each; /readyz says it too.
 *
 * @throws {CommandError}
 */
export async function requireMigrated(
  database: Pick<OpenDatabase, "connections">,
  warn: (sentence: string) => void,
): Promise<void> {
  const client = new pg.Client({ connectionString: database.connections.app });
  try {
    await client.connect();
    const problem = describeState(await schemaState(client));
    if (problem !== null) throw new CommandError(problem);
    for (const line of describeDrift(await accessDrift(client))) {
      warn(`${line}: not as the migrations left it; run "rowhouse migrate"`);
    }
  } catch (error) {
    // 42501: what the login roles may do went away with something that somebody dropped.
    if (!(error instanceof pg.DatabaseError && error.code === "42501")) throw error;
    throw new CommandError(`${error.message}; run "rowhouse migrate", which gives back what is missing`, {
      cause: error,
    });
  } finally {
    await client.end();
  }
}
