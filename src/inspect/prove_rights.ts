import type pg from "pg";

/** Which columns of a relation a role may write. */
export interface Rights {
  readonly select: readonly string[];
  readonly insert: readonly string[];
  readonly update: readonly string[];
}

const NONE: Rights = { select: [], insert: [], update: [] };

/** The column rights of some roles: an attempt that names an ungranted column says nothing of the policies. */
export async function readRights(
  client: pg.ClientBase,
  roles: readonly string[],
  schemas: readonly string[],
) {
  const { rows } = await client.query<Rights & { role: string; relation: number }>(
    `select rolname as role, relation.oid::int4 as relation,
       ${["select", "insert", "update"]
         .map(
           (right) => `coalesce(array_agg(attname::text order by attnum) filter (
             where has_column_privilege(pg_roles.oid, relation.oid, attnum, '${right}')), '{}') as "${right}"`,
         )
         .join(", ")}
     from pg_catalog.pg_roles
     cross join pg_catalog.pg_class as relation
     join pg_catalog.pg_attribute on attrelid = relation.oid and attnum > 0 and not attisdropped
     where rolname = any($1) and relnamespace::regnamespace::text = any($2) and relkind in ('r', 'p', 'v', 'm', 'f')
     group by 1, 2`,
    [roles, schemas],
  );
  const all = new Map(rows.map((row) => [`${row.role} ${row.relation}`, row]));
  return (role: string, relation: number): Rights => all.get(`${role} ${relation}`) ?? NONE;
}

export type RightsOf = Awaited<ReturnType<typeof readRights>>;
