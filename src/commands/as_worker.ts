import pg from "pg";
import { loadEnvironmentFile, readConfig } from "../config.ts";
import { joinDatabase, requireMigrated } from "./database.ts";

/** Works as rowhouse_worker on the database of the settings, which has to be migrated. */
export async function asWorker<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  loadEnvironmentFile();
  const database = await joinDatabase(readConfig(), () => {});
  try {
    await requireMigrated(database, (sentence) => console.error(`rowhouse: ${sentence}`));
    const client = new pg.Client({ connectionString: database.connections.worker });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  } finally {
    await database.close();
  }
}
