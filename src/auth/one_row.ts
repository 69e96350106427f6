import type pg from "pg";

/** Asks for the one row that a function of db/schema/auth answers with. */
export type AskOne = <Row extends pg.QueryResultRow>(
  name: string,
  text: string,
  values: unknown[],
) => Promise<Row>;

/** @param auth connected as rowhouse_auth */
export function askingOne(auth: Pick<pg.Pool, "query">): AskOne {
  // A statement's name is that of the function: the server parses each of them once a connection.
  return async <Row extends pg.QueryResultRow>(name: string, text: string, values: unknown[]) => {
    const { rows } = await auth.query<Row>({ name, text, values });
    if (!rows[0]) throw new Error(`no answer to ${text}`);
    return rows[0];
  };
}
