import pg from "pg";
import { loadEnvironmentFile, readConfig } from "../../config.ts";
import { joinDatabase, requireMigrated } from "../database.ts";
import { CommandError } from "../failures.ts";

/**
 * Works with the administrator's own connection, who has to see every row: an archive without the rows that row security hides
 * would look whole.
 */
export async function asAdministrator<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  loadEnvironmentFile();
  const database = await joinDatabase(readConfig(), () => {});
  try {
    await requireMigrated(database, (sentence) => console.error(`rowhouse: ${sentence}`));
    const client = new pg.Client({ connectionString: database.adminUrl });
    // What ends the connection is told by the query that fails.
    client.on("error", () => {});
    try {
      await client.connect();
      const { rows } = await client.query<{ mighty: boolean }>(
        "select rolsuper as mighty from pg_roles where rolname = current_user",
      );
      if (!rows[0]?.mighty) {
        throw new CommandError("this role does not see all rows; DATABASE_URL has to be a superuser's");
      }
      return await work(client);
    } finally {
      await client.end();
    }
  } finally {
    await database.close();
  }
}
