import type pg from "pg";

/** How a SQLSTATE of ours looks to a caller. */
export interface CataloguedError {
  /** The problem's `code`. */
  readonly name: string;
  readonly status: number;
  readonly meaning: string;
}

/** SQLSTATE → what callers see, as `db/schema/errors.sql` has it. */
export type ErrorCatalogue = ReadonlyMap<string, CataloguedError>;

/** Reads the vocabulary of refusals from the database, which is the one place that has it. */
export async function readCatalogue(pool: Pick<pg.Pool, "query">): Promise<ErrorCatalogue> {
  const { rows } = await pool.query<CataloguedError & { code: string }>(
    "select code, name, status, meaning from context.errors",
  );
  return new Map(rows.map(({ code, name, status, meaning }) => [code, { name, status, meaning }]));
}
