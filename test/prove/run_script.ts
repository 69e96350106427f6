import pg from "pg";

/** What a statement of a script answered. */
export interface Answer {
  readonly sql: string;
  /** The SQLSTATE of a refusal; null if there was none. */
  readonly code: string | null;
  readonly count: number;
  readonly rows: readonly Record<string, unknown>[];
}

/** Runs a script the way psql does, statement by statement and on after an error; returns what followed the attempt. */
export async function runScript(url: string, script: string): Promise<Answer[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const answers: Answer[] = [];
  try {
    const [, attempt = ""] = script.split("-- The attempt:\n");
    for (const sql of statements(script.slice(0, script.length - attempt.length))) await client.query(sql);
    for (const sql of statements(attempt)) {
      try {
        const { rows, rowCount } = await client.query<Record<string, unknown>>(sql);
        answers.push({ sql, code: null, count: rowCount ?? 0, rows });
      } catch (error) {
        if (!(error instanceof pg.DatabaseError)) throw error;
        answers.push({ sql, code: error.code ?? null, count: 0, rows: [] });
      }
    }
  } finally {
    await client.end();
  }
  return answers;
}

const statements = (text: string): string[] =>
  text
    .replaceAll(/^--.*$/gm, "")
    .split(/;\n/)
    .map((sql) => sql.trim())
    .filter((sql) => sql !== "");
