import pg from "pg";
import { loadEnvironmentFile, readConfig } from "../../config.ts";
import { joinDatabase } from "../database.ts";
import { CommandError } from "../failures.ts";
import { connectionOf } from "../inspected.ts";

/**
 * Works with a connection that reads all of the trail and changes nothing: of a superuser, or of a member of rowhouse_auditor.
 * It is not asked whether the migrations are as they were: what is verified may be a copy, or not ours any more.
 *
 * @param given the value of --database; DATABASE_URL or the embedded server where there is none
 */
export async function asAuditor<T>(
  given: string | undefined,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  if (given !== undefined) return reading(connectionOf("--database", given), work);
  loadEnvironmentFile();
  const database = await joinDatabase(readConfig(), () => {});
  try {
    return await reading(database.adminUrl, work);
  } finally {
    await database.close();
  }
}

async function reading<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString });
  // What ends the connection is told by the query that fails.
  client.on("error", () => {});
  await client.connect();
  try {
    await client.query("set default_transaction_read_only = on; set statement_timeout = 0; set jit = off");
    const { rows } = await client.query<{ mighty: boolean; auditor: boolean }>(
      `select rolsuper as mighty, pg_has_role(oid, to_regrole('rowhouse_auditor'), 'member') as auditor
       from pg_roles where rolname = current_user`,
    );
    if (!rows[0]?.mighty) {
      if (!rows[0]?.auditor) {
        throw new CommandError(
          "this login does not see all of the trail: it takes a superuser, or a member of rowhouse_auditor",
        );
      }
      await client.query("set role rowhouse_auditor");
    }
    return await work(client);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && ["3F000", "42P01"].includes(error.code ?? ""))) throw error;
    throw new CommandError(`${error.message}; this is no database of Rowhouse with a sealed trail`, {
      cause: error,
    });
  } finally {
    await client.end();
  }
}
