import pg from "pg";
import { type Config, loadEnvironmentFile, readConfig } from "../../config.ts";
import { actingAs } from "../../database/credentials.ts";
import { joinDatabase, requireMigrated } from "../database.ts";
import { CommandError, UsageError } from "../failures.ts";

/** A connection that may call what only an operator may, and the settings that it came from. */
export interface Operator {
  readonly client: pg.Client;
  readonly config: Config;
}

/**
 * Works with the administrator's connection, DATABASE_URL or the embedded one, in the role of rowhouse_owner: it may
 * execute the operator's functions of the schema auth, and reads no row. The trail names the login (`database_role`).
 */
export async function asOperator<T>(work: (operator: Operator) => Promise<T>): Promise<T> {
  loadEnvironmentFile();
  const config = readConfig();
  const database = await joinDatabase(config, () => {});
  try {
    await requireMigrated(database, (sentence) => console.error(`rowhouse: ${sentence}`));
    const client = new pg.Client({ connectionString: actingAs(database.adminUrl, "rowhouse_owner") });
    // What ends the connection is told by the query that fails.
    client.on("error", () => {});
    try {
      await client.connect();
      return await work({ client, config });
    } catch (error) {
      if (!(error instanceof pg.DatabaseError && error.code === "42501")) throw error;
      throw new CommandError(
        `${error.message}; DATABASE_URL has to be the login of whoever runs "rowhouse migrate"`,
        { cause: error },
      );
    } finally {
      await client.end();
    }
  } finally {
    await database.close();
  }
}

/** The one address or id that a verb is about. */
export function onePerson(verb: string, positionals: readonly string[]): string {
  const [named, ...more] = positionals;
  if (named === undefined || more.length > 0) {
    throw new UsageError(`"user ${verb}" wants one e-mail address or id`);
  }
  return named;
}

/** The id of whoever has this address or id; null, and told, where nobody has. */
export async function findPerson(client: pg.Client, named: string): Promise<string | null> {
  const { rows } = await client.query<{ id: string | null }>("select auth.find_person($1) as id", [named]);
  const id = rows[0]?.id ?? null;
  if (id === null) console.error(`rowhouse: nobody has the address or id "${named}"`);
  return id;
}

/** Times that a change gives way to others before it is given up. */
const PATIENCE = 5;

/**
 * Changes something by one function, and answers its row. Where PostgreSQL lets it give way to somebody who was changing the
 * same at the same moment, nothing of it was done, and it is done again.
 */
export async function change<Row extends pg.QueryResultRow>(
  client: pg.Client,
  text: string,
  values: unknown[],
): Promise<Row> {
  for (let tries = 1; ; tries++) {
    try {
      const { rows } = await client.query<Row>(text, values);
      return rows[0]!;
    } catch (error) {
      const gaveWay = error instanceof pg.DatabaseError && error.code === "40P01";
      if (!gaveWay || tries === PATIENCE) throw error;
    }
  }
}

/** `1 session`, `2 sessions`. */
export const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;
