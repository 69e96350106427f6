import pg from "pg";
import { withSettings } from "./session_settings.ts";

/** A pooler stands before the database that we cannot work behind; the message says what to change. */
export class UnsuitablePooler extends Error {
  override readonly name = "UnsuitablePooler";
}

/** Looks at a pooler: by turns of two connections, because the first ones may meet the same server by chance. */
const TURNS = 5;
/** Milliseconds for each connection and answer. */
const PATIENCE = 10_000;

/**
 * Makes sure that what stands at the other end is PostgreSQL, or a pooler that keeps prepared statements: the door is one
 * on each connection. PgBouncer does in transaction mode from 1.21 on, with `max_prepared_statements`; without, statements
 * get lost among its servers, now and then and under load only, so it is better to hear of it before.
 *
 * @throws {UnsuitablePooler}
 */
export async function requireSuitablePooler(connectionString: string): Promise<void> {
  const one = await connect(connectionString);
  try {
    if (await isDirect(one)) return;
    const other = await connect(connectionString);
    try {
      await requirePreparedStatements(one, other);
    } finally {
      await other.end();
    }
  } finally {
    await one.end();
  }
}

/** Whether PostgreSQL itself is at the other end. A pooler stands for its client's backend with a number of its own. */
export async function isDirect(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  return rows[0]?.pid === (client as unknown as { processID: number | null }).processID;
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: withSettings(connectionString),
    connectionTimeoutMillis: PATIENCE,
    query_timeout: PATIENCE,
    application_name: "rowhouse",
  });
  // What breaks is said by the query that needs it.
  client.on("error", () => {});
  try {
    await client.connect();
    return client;
  } catch (error) {
    if (/unsupported startup parameter/.test((error as Error).message)) {
      throw new UnsuitablePooler(
        "PgBouncer refuses the settings that connections begin with; set ignore_startup_parameters = options in pgbouncer.ini",
      );
    }
    throw error;
  }
}

/** Two connections that use one name for two statements: each has to get its own answer, whichever server it meets. */
async function requirePreparedStatements(...clients: readonly pg.Client[]): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [index, client] of clients.entries()) {
      const statement = { name: "rowhouse_pooler", text: `select ${index} as answer` };
      const answer = await client.query<{ answer: number }>(statement).then(
        ({ rows }) => rows[0]?.answer,
        (error: pg.DatabaseError) => error,
      );
      // 26000: not there; 42P05: there already, from somebody else.
      const lost =
        answer instanceof Error ? ["26000", "42P05"].includes(answer.code ?? "") : answer !== index;
      if (lost) {
        throw new UnsuitablePooler(
          "the pooler before the database does not keep prepared statements; Rowhouse needs PgBouncer 1.21 or newer with max_prepared_statements = 200, or session mode",
        );
      }
      if (answer instanceof Error) throw answer;
    }
  }
}
