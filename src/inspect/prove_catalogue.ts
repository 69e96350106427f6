import type pg from "pg";

/** A column, as far as somebody who wants to write a value must know it. */
export interface Column {
  readonly name: string;
  /** As `format_type` prints it: a cast to it works under an empty search path. */
  readonly type: string;
  /** The type below any domain, without its modifiers: `character varying`, `uuid`, `text[]`. */
  readonly base: string;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
  /** PostgreSQL writes it, whatever one says. */
  readonly generated: boolean;
  readonly identity: boolean;
  /** The values of an enum; empty for every other type. */
  readonly labels: readonly string[];
}

export interface ForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  /** The table that it points to. */
  readonly target: number;
  readonly targetColumns: readonly string[];
}

export interface UniqueKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly primary: boolean;
}

/** A check of a column's table or of its domain. */
export interface Check {
  readonly name: string;
  readonly columns: readonly string[];
  readonly definition: string;
}

/** Something with rows. */
export interface Relation {
  readonly oid: number;
  /** Quoted and qualified. */
  readonly name: string;
  readonly schema: string;
  readonly kind: "table" | "view" | "materialised view" | "foreign table" | "sequence";
  /** The table that it is a partition or child of. */
  readonly parent: number | null;
  /** Of a partition, its bound: `FOR VALUES FROM (…) TO (…)`. */
  readonly bound: string | null;
  /** Of a partitioned table, the columns that choose the partition. */
  readonly partitionKey: readonly string[];
  readonly columns: readonly Column[];
  readonly foreignKeys: readonly ForeignKey[];
  readonly uniqueKeys: readonly UniqueKey[];
  readonly checks: readonly Check[];
}

/** A SECURITY DEFINER function. */
export interface DefinerFunction {
  readonly oid: number;
  /** Quoted and qualified, without arguments. */
  readonly name: string;
  /** `name(types)`. */
  readonly signature: string;
  readonly procedure: boolean;
  /** Types of the input arguments, in order. */
  readonly argumentTypes: readonly string[];
  /** Their names; empty where they have none. */
  readonly argumentNames: readonly string[];
  /** How many of the last ones may be left out. */
  readonly defaults: number;
}

export interface Catalogue {
  readonly relations: ReadonlyMap<number, Relation>;
  readonly functions: readonly DefinerFunction[];
}

/** Everything in these schemas that could be attacked. Read afresh, so that new tables are in it. */
export async function readCatalogue(
  client: pg.ClientBase,
  schemas: readonly string[],
  functionSchemas: readonly string[] = schemas,
): Promise<Catalogue> {
  const relations = await client.query<Relation>(RELATIONS, [schemas]);
  const functions = await client.query<DefinerFunction>(FUNCTIONS, [functionSchemas]);
  return {
    relations: new Map(relations.rows.map((relation) => [Number(relation.oid), relation])),
    functions: functions.rows,
  };
}

const names = (numbers: string, relation: string): string => `
  (select coalesce(json_agg(attname order by place), '[]') from unnest(${numbers}) with ordinality as part (number, place)
   join pg_catalog.pg_attribute on attrelid = ${relation} and attnum = part.number)`;

const RELATIONS = `
select relation.oid::int4 as oid, relation.oid::regclass::text as name, relnamespace::regnamespace::text as schema,
  case relkind when 'v' then 'view' when 'm' then 'materialised view' when 'f' then 'foreign table'
    when 'S' then 'sequence' else 'table' end as kind,
  (select inhparent::int4 from pg_catalog.pg_inherits where inhrelid = relation.oid and relkind in ('r', 'p', 'f') limit 1) as parent,
  case when relispartition then pg_get_expr(relpartbound, relation.oid) end as bound,
  coalesce((select ${names("partattrs::int2[]", "partrelid")} from pg_catalog.pg_partitioned_table where partrelid = relation.oid), '[]') as "partitionKey",
  (select coalesce(json_agg(json_build_object(
      'name', attname, 'type', format_type(atttypid, atttypmod),
      'base', case typtype when 'd' then format_type(typbasetype, null) else format_type(atttypid, null) end,
      'notNull', attnotnull or typnotnull, 'hasDefault', atthasdef or attidentity <> '' or typdefault is not null,
      'generated', attgenerated <> '', 'identity', attidentity <> '',
      'labels', (select coalesce(json_agg(enumlabel order by enumsortorder), '[]') from pg_catalog.pg_enum where enumtypid = pg_type.oid)
    ) order by attnum), '[]')
   from pg_catalog.pg_attribute join pg_catalog.pg_type on pg_type.oid = atttypid
   where attrelid = relation.oid and attnum > 0 and not attisdropped) as columns,
  (select coalesce(json_agg(json_build_object(
      'name', conname, 'columns', ${names("conkey", "conrelid")}, 'target', confrelid::int4,
      'targetColumns', ${names("confkey", "confrelid")}
    ) order by cardinality(conkey) desc, conname), '[]')
   from pg_catalog.pg_constraint where conrelid = relation.oid and contype = 'f' and conparentid = 0) as "foreignKeys",
  (select coalesce(json_agg(json_build_object(
      'name', indexrelid::regclass::text,
      'columns', ${names("indkey::int2[]", "indrelid")}, 'primary', indisprimary
    ) order by indisprimary desc, indexrelid), '[]')
   from pg_catalog.pg_index where indrelid = relation.oid and indisunique and indpred is null and indexprs is null) as "uniqueKeys",
  (select coalesce(json_agg(one), '[]') from (
     select json_build_object('name', conname, 'columns', ${names("conkey", "conrelid")},
       'definition', pg_get_constraintdef(pg_constraint.oid)) as one
     from pg_catalog.pg_constraint where conrelid = relation.oid and contype = 'c'
     union all
     select json_build_object('name', conname, 'columns', json_build_array(attname),
       'definition', pg_get_constraintdef(pg_constraint.oid))
     from pg_catalog.pg_attribute join pg_catalog.pg_constraint on contypid = atttypid and contype = 'c'
     where attrelid = relation.oid and attnum > 0 and not attisdropped
   ) as all_checks) as checks
from pg_catalog.pg_class as relation
where relnamespace::regnamespace::text = any($1) and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
order by relation.oid`;

const FUNCTIONS = `
select pg_proc.oid::int4 as oid,
  quote_ident(nspname) || '.' || quote_ident(proname) as name,
  quote_ident(nspname) || '.' || quote_ident(proname) || '(' || pg_get_function_identity_arguments(pg_proc.oid) || ')' as signature,
  prokind = 'p' as procedure,
  (select coalesce(json_agg(format_type(type, null) order by place), '[]')
   from unnest(proargtypes::oid[]) with ordinality as argument (type, place)) as "argumentTypes",
  (select coalesce(json_agg(coalesce(name, '') order by place), '[]') from (
     select place, name, row_number() over (order by place) as input
     from unnest(coalesce(proargnames, array_fill(null::text, array[pronargs::int])), coalesce(proargmodes, array_fill('i'::"char", array[pronargs::int])))
       with ordinality as argument (name, mode, place)
     where mode in ('i', 'b', 'v')
   ) as inputs where input <= pronargs) as "argumentNames",
  pronargdefaults as defaults
from pg_catalog.pg_proc join pg_catalog.pg_namespace on pg_namespace.oid = pronamespace
where nspname = any($1) and prosecdef and prokind in ('f', 'p')
  and prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
order by 3`;
