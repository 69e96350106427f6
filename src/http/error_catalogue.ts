import type pg from "pg";
import type { Code } from "./codes.ts";

/** How a SQLSTATE of ours looks to a caller. */
export interface CataloguedError {
  /** The problem's `code`. */
  readonly name: Code;
  readonly status: number;
  readonly meaning: string;
}

/** What the database says about a constraint, to whoever broke it. */
export interface Rule {
  /** A sentence: the comment of the constraint. */
  readonly sentence: string | null;
  /** The field of the API that it is about, if it is one. */
  readonly field: string | null;
}

/** What callers are told of the database's refusals, in its own words. */
export interface ErrorCatalogue {
  /**
   * As `db/schema/errors.sql` has it: by SQLSTATE, and by SQLSTATE and detail (`RH401 user_banned`) where a detail has a
   * name of its own.
   */
  readonly refusals: ReadonlyMap<string, CataloguedError>;
  /** By `schema.table.constraint`, as `db/schema/constraints.sql` has it. */
  readonly rules: ReadonlyMap<string, Rule>;
}

/** Of a server that asks no database on behalf of a caller. */
export const NO_CATALOGUE: ErrorCatalogue = { refusals: new Map(), rules: new Map() };

/** What an error with this SQLSTATE and detail is called outside; undefined for one that is not ours. */
export function catalogued(
  catalogue: ErrorCatalogue,
  code: unknown,
  detail: unknown,
): CataloguedError | undefined {
  return catalogue.refusals.get(`${code} ${detail}`) ?? catalogue.refusals.get(String(code));
}

/** Reads the vocabulary of refusals from the database, which is the one place that has it. */
export async function readCatalogue(pool: Pick<pg.Pool, "query">): Promise<ErrorCatalogue> {
  const refusals = await pool.query<CataloguedError & { error: string }>(
    "select rtrim(code || ' ' || detail) as error, name, status, meaning from context.errors",
  );
  const rules = await pool.query<{ key: string; sentence: string | null; column: string | null }>(rulesQuery);
  return {
    refusals: new Map(refusals.rows.map(({ error, ...refusal }) => [error, refusal])),
    rules: new Map(
      rules.rows.map(({ key, sentence, column }) => [key, { sentence, field: column && fieldNamed(column) }]),
    ),
  };
}

/** A column as the API calls it. */
export function fieldNamed(column: string): string {
  return column.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * Every constraint, and every unique index that is none, of the schemas that a request writes to. A key's field is its only
 * column that callers give; which tenant and which user they are is not theirs to say. Lines of a comment that begin with @ are GraphQL's
 * smart tags, and no part of the sentence.
 */
const rulesQuery = String.raw`
  with rule as (
    select con.conrelid as relation, con.conname as name, con.conkey as columns,
      obj_description(con.oid, 'pg_constraint') as sentence
    from pg_catalog.pg_constraint as con
    where con.conrelid <> 0
    union all
    select idx.indrelid, index.relname, idx.indkey::int2[], obj_description(idx.indexrelid, 'pg_class')
    from pg_catalog.pg_index as idx join pg_catalog.pg_class as index on index.oid = idx.indexrelid
    where idx.indisunique and not exists (select from pg_catalog.pg_constraint as con where con.conindid = idx.indexrelid)
  )
  select format('%s.%s.%s', space.nspname, class.relname, rule.name) as key,
    regexp_replace(rule.sentence, '^(@[^\n]*\n)+', '') as sentence,
    case count(col.attname) when 1 then min(col.attname::text) end as column
  from rule
  join pg_catalog.pg_class as class on class.oid = rule.relation
  join pg_catalog.pg_namespace as space on space.oid = class.relnamespace
  left join pg_catalog.pg_attribute as col
    on col.attrelid = class.oid and col.attnum = any(rule.columns) and col.attname not in ('tenant_id', 'user_id')
  where space.nspname in ('app', 'auth')
  group by key, rule.sentence`;
