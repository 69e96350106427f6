import { createHash, randomBytes } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import {
  asDatabase,
  type Connections,
  connectionsTo,
  derivePasswords,
} from "../../src/database/credentials.ts";
import { grantDatabase } from "../../src/database/migrate.ts";

/** A migrated database without the application's own migrations, and one with them. */
export const TEMPLATE = "rowhouse_template";
export const APPLICATION_TEMPLATE = "rowhouse_application_template";

/** The master key of every test: 32 bytes that are no secret. */
export const testMasterKey: Buffer = createHash("sha256").update("the tests' master key").digest();

/** A migrated database of its own, without rows but those that migrations make. */
export interface TestDatabase {
  readonly name: string;
  /** The superuser's connection string. */
  readonly adminUrl: string;
  readonly appUrl: string;
  readonly authUrl: string;
  readonly workerUrl: string;
  /** The login roles' connection strings, as `startServer` takes them. */
  readonly connections: Connections;
  readonly admin: pg.Pool;
  readonly app: pg.Pool;
  readonly auth: pg.Pool;
  readonly worker: pg.Pool;
  /** Ends the pools and drops the database, whoever is still connected. */
  drop(): Promise<void>;
}

/** Settings with which a command of ours works on this database. */
export const commandSettings = ({ adminUrl }: Pick<TestDatabase, "adminUrl">): Record<string, string> => ({
  NODE_ENV: "test",
  DATABASE_URL: adminUrl,
  MASTER_KEY: testMasterKey.toString("base64"),
});

/**
 * Clones a template: `const database = await createDatabase()` in `beforeAll`, `drop()` in `afterAll`.
 *
 * @param given.application whether it has the application's own migrations (`migrations/`) too; tests that list all that
 *   Rowhouse has leave them out
 */
export async function createDatabase({ application = true } = {}): Promise<TestDatabase> {
  const serverUrl = inject("adminUrl");
  const name = `test_${randomBytes(6).toString("hex")}`;
  await once(serverUrl, async (client) => {
    // Two clones at once would each find the other connected to the template.
    await client.query("select pg_advisory_lock(hashtext('clone'))");
    await client.query(
      `create database ${name} template ${application ? APPLICATION_TEMPLATE : TEMPLATE} strategy file_copy`,
    );
  });
  const adminUrl = asDatabase(serverUrl, name);
  await once(adminUrl, (client) => grantDatabase(client, name));

  const connections = connectionsTo(adminUrl, derivePasswords(testMasterKey));
  const pools = {
    admin: pool(adminUrl),
    app: pool(connections.app),
    auth: pool(connections.auth),
    worker: pool(connections.worker),
  };
  return {
    name,
    adminUrl,
    appUrl: connections.app,
    authUrl: connections.auth,
    workerUrl: connections.worker,
    connections,
    ...pools,
    async drop() {
      await Promise.all(Object.values(pools).map((one) => one.end()));
      await once(serverUrl, (client) => client.query(`drop database ${name} with (force)`));
    },
  };
}

function pool(connectionString: string): pg.Pool {
  const made = new pg.Pool({ connectionString, max: 10 });
  // Tests that end connections on purpose see it in the query that fails; and a database is dropped while the pool's last
  // connections are still taking their leave, of which the pool hears no more.
  made.on("error", () => {});
  made.on("connect", (client) => void client.on("error", () => {}));
  return made;
}

async function once<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
