import pg from "pg";
import type { Cell } from "../../../src/inspect/prove/attempts/attempt.ts";

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

/** Whether a leak's script, run by itself, shows the leak that it tells of. */
export async function shows(url: string, leak: Cell): Promise<boolean> {
  const answers = await runScript(url, leak.script!);
  const after = answers.findIndex(({ sql }) => /^reset/.test(sql));
  const tried = answers
    .slice(0, after < 0 ? undefined : after)
    .filter(({ sql }) => !/^(savepoint|rollback|analyze)/.test(sql));
  const [first, last] = [tried[0], tried.at(-1)];
  if (first === undefined || last === undefined) return false;
  if (leak.script!.includes("savepoint as_it_is")) {
    const [asItIs, otherwise] = answers.filter(({ sql }) => /^(explain|select 1)/.test(sql));
    return (
      asItIs!.code !== otherwise!.code || JSON.stringify(asItIs!.rows) !== JSON.stringify(otherwise!.rows)
    );
  }
  if (leak.detail.startsWith("the answer tells"))
    return first.code !== last.code || first.count !== last.count;
  if (/^select count/.test(last.sql)) return Number(last.rows[0]?.count) > 0;
  return last.code === null && (last.count > 0 || /^(truncate|drop owned|create)/.test(last.sql));
}
