-- Every table, view, materialised view and foreign table of the inspected schemas.
create or replace view inspect.tables with (security_invoker = true) as
    select
        relation.oid as relation,
        format('%I.%I', namespace.nspname, relation.relname) as table_name,
        namespace.nspname::text as schema_name,
        case relation.relkind
            when 'r' then 'table' when 'p' then 'partitioned table' when 'v' then 'view'
            when 'm' then 'materialised view' when 'f' then 'foreign table'
        end as kind,
        pg_catalog.pg_get_userbyid(relation.relowner)::text as owner_name,
        relation.relrowsecurity as row_security,
        relation.relforcerowsecurity as forced,
        (
            select format('%I.%I', parent_namespace.nspname, parent.relname)
            from pg_catalog.pg_inherits
            join pg_catalog.pg_class as parent on parent.oid = inhparent
            join pg_catalog.pg_namespace as parent_namespace on parent_namespace.oid = parent.relnamespace
            where inhrelid = relation.oid
            order by inhseqno
            limit 1
        ) as child_of,
        relation.relispartition as is_partition,
        exists (
            select from pg_catalog.pg_attribute
            where attrelid = relation.oid and attname = (select inspect.tenant_column()) and not attisdropped
        ) as has_tenant,
        pg_catalog.obj_description(relation.oid, 'pg_class') as comment
    from pg_catalog.pg_class as relation
    join pg_catalog.pg_namespace as namespace on namespace.oid = relation.relnamespace
    where relation.relkind in ('r', 'p', 'v', 'm', 'f') and namespace.nspname = any((select inspect.schemas())::text[]);
comment on view inspect.tables is
    'What is inspected: every table, view, materialised view and foreign table of inspect.schemas().';
comment on column inspect.tables.relation is 'The relation''s oid.';
comment on column inspect.tables.table_name is 'Schema and name, whatever the search path.';
comment on column inspect.tables.schema_name is 'The schema.';
comment on column inspect.tables.kind is 'table, partitioned table, view, materialised view or foreign table.';
comment on column inspect.tables.owner_name is 'Whose it is. Without force, row security does not hold the owner.';
comment on column inspect.tables.row_security is 'Whether row security is enabled.';
comment on column inspect.tables.forced is 'Whether row security holds its owner too.';
comment on column inspect.tables.child_of is 'The table that it is a partition or child of. Asked directly, it has only its own policies.';
comment on column inspect.tables.is_partition is 'Whether it is a partition (and not a plain child).';
comment on column inspect.tables.has_tenant is 'Whether it has the tenant column.';
comment on column inspect.tables.comment is 'What its comment says.';
