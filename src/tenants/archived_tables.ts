import type pg from "pg";

/** A table of which an archive holds what the tenant has in it. */
export interface ArchivedTable {
  /** Schema and name, quoted where SQL wants it: `app.messages`. */
  readonly name: string;
  /** All but generated ones, which the other database generates. */
  readonly columns: readonly string[];
  /** Of these, which say who somebody is: their values are ids of `app.users`. */
  readonly people: readonly string[];
  /** The column that says whose a row is. */
  readonly tenant: "tenant_id" | "id";
}

/** Where credentials, sessions, queues and the trail are: nothing that a tenant takes along. */
const KEPT_HERE = ["auth", "context", "audit", "jobs", "graphile_worker"];

/**
 * The tables of an archive, each after all that it refers to: the tenant itself, then whatever has a `tenant_id`, a
 * developer's own tables among them. Its people come before them and are no table here, because they are not the tenant's.
 */
export async function archivedTables(client: Pick<pg.Client, "query">): Promise<ArchivedTable[]> {
  const { rows } = await client.query<ArchivedTable>(
    `with recursive person (relation, part) as (
       select 'app.users'::regclass::oid, attnum from pg_attribute
       where attrelid = 'app.users'::regclass and attname = 'id'
       union
       select link.conrelid, link.conkey[place]
       from person
       join pg_constraint as link on link.contype = 'f' and link.confrelid = person.relation
       cross join lateral generate_subscripts(link.confkey, 1) as place
       where link.confkey[place] = person.part
     ),
     owned (relation, place) as (
       select 'app.tenants'::regclass, 9223372036854775807
       union all
       select relation, place from context.tenant_tables() with ordinality as known (relation, place)
     )
     select format('%I.%I', home.nspname, kind.relname) as name,
       case when kind.oid = 'app.tenants'::regclass then 'id' else 'tenant_id' end as tenant,
       array(select attname::text from pg_attribute
         where attrelid = kind.oid and attnum > 0 and not attisdropped and attgenerated = '' order by attnum) as columns,
       array(select attname::text from person join pg_attribute on attrelid = relation and attnum = part
         where relation = kind.oid order by attnum) as people
     from owned
     join pg_class as kind on kind.oid = owned.relation
     join pg_namespace as home on home.oid = kind.relnamespace
     where home.nspname <> all ($1)
     order by owned.place desc`,
    [KEPT_HERE],
  );
  return rows;
}

/** The table of people: in an archive are those who are, or were, members. */
export const PEOPLE = "app.users";

export async function columnsOfPeople(client: Pick<pg.Client, "query">): Promise<string[]> {
  const { rows } = await client.query<{ columns: string[] }>(
    `select array(select attname::text from pg_attribute
       where attrelid = 'app.users'::regclass and attnum > 0 and not attisdropped and attgenerated = ''
       order by attnum) as columns`,
  );
  return rows[0]!.columns;
}

/** A name as SQL wants it. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
