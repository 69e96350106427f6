import pg from "pg";
import type { Config } from "../config.ts";
import { connectionsNeeded } from "../database/connections_needed.ts";
import { isDirect } from "../database/pooler.ts";

/**
 * What an operator should know before several processes do what one did: a sentence each.
 *
 * @param connectionString connects as rowhouse_app
 */
export async function cautions(
  config: Pick<Config, "processes" | "redisUrl" | "worker" | "database">,
  connectionString: string,
): Promise<string[]> {
  const sentences: string[] = [];
  if (config.redisUrl === null) {
    sentences.push(
      `REDIS_URL is not set: each of the ${config.processes} processes counts requests by itself, so rate limits are up to ${config.processes} times as wide`,
    );
  }
  const needed = connectionsNeeded(config);
  const allowed = await connectionsAllowed(connectionString);
  if (allowed !== null && needed > allowed) {
    sentences.push(
      `the processes may open ${needed} connections, and PostgreSQL allows ${allowed}: lower DATABASE_POOL_SIZE, or raise max_connections`,
    );
  }
  return sentences;
}

/** How many connections the server allows to those who are no superusers; null behind a pooler, which shares them out. */
async function connectionsAllowed(connectionString: string): Promise<number | null> {
  const client = new pg.Client({ connectionString });
  try {
    await client.connect();
    if (!(await isDirect(client))) return null;
    const { rows } = await client.query<{ allowed: number }>(
      `select current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer
         - coalesce(current_setting('reserved_connections', true)::integer, 0) as allowed`,
    );
    return rows[0]?.allowed ?? null;
  } finally {
    await client.end();
  }
}
