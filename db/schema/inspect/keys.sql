-- Every key of every table that has tenants, and whether the tenant is part of it. A key without it is felt across
-- tenants: a duplicate tells that a row exists elsewhere, and a foreign key may point there.
create or replace view inspect.keys with (security_invoker = true) as
    with keys as (
        select
            relation.relation, relation.table_name, constrained.conname::text as key_name,
            case constrained.contype when 'p' then 'primary' when 'u' then 'unique' when 'f' then 'foreign' else 'exclusion' end as kind,
            constrained.conkey as attnums, constrained.confrelid as target, constrained.confkey as target_attnums,
            constrained.confdeltype, constrained.confupdtype
        from pg_catalog.pg_constraint as constrained
        join inspect.tables as relation on relation.relation = constrained.conrelid
        where constrained.contype in ('p', 'u', 'f', 'x') and constrained.conparentid = 0
        union all
        select
            relation.relation, relation.table_name, index_class.relname::text, 'unique index',
            (string_to_array(index.indkey::text, ' ')::smallint[])[1:index.indnkeyatts], 0, null, null, null
        from pg_catalog.pg_index as index
        join inspect.tables as relation on relation.relation = index.indrelid
        join pg_catalog.pg_class as index_class on index_class.oid = index.indexrelid
        where index.indisunique and not index_class.relispartition
            and not exists (select from pg_catalog.pg_constraint where conindid = index.indexrelid and contype in ('p', 'u', 'x'))
    ),
    placed as (
        select
            keys.*,
            tenant.attnum as tenant_attnum,
            array_position(keys.attnums, tenant.attnum) as tenant_place,
            array(
                select coalesce(quote_ident(attname), '(expression)')
                from unnest(keys.attnums) with ordinality as part (attnum, place)
                left join pg_catalog.pg_attribute as attribute on attribute.attrelid = keys.relation and attribute.attnum = part.attnum
                order by place
            ) as columns,
            (
                select attname from pg_catalog.pg_attribute
                where attrelid = keys.target and attnum = keys.target_attnums[array_position(keys.attnums, tenant.attnum)]
            ) as tenant_points_to,
            exists (
                select from pg_catalog.pg_attribute
                where attrelid = keys.target and attname = (select inspect.tenant_column()) and not attisdropped
            ) as target_has_tenant
        from keys
        join pg_catalog.pg_attribute as tenant
            on tenant.attrelid = keys.relation and tenant.attname = (select inspect.tenant_column()) and not tenant.attisdropped
    )
    select
        placed.table_name,
        placed.key_name,
        placed.kind,
        placed.columns,
        case when target.oid is not null then format('%I.%I', target_namespace.nspname, target.relname) end as refers_to,
        placed.tenant_place,
        case
            when placed.kind = 'foreign' and not placed.target_has_tenant then true
            when placed.kind = 'foreign' then coalesce(placed.tenant_points_to = (select inspect.tenant_column()), false)
            else placed.tenant_place is not null
        end as within_tenant,
        case
            when placed.kind = 'foreign' and not placed.target_has_tenant and placed.tenant_place is null
                then 'refers to a table of no tenant: it tells whether a row is there'
            when placed.kind = 'foreign' and not placed.target_has_tenant then null
            when placed.kind = 'foreign' and placed.tenant_points_to is distinct from inspect.tenant_column()
                then 'may point at, and tell of, another tenant''s row'
                    || case when placed.confdeltype in ('c', 'n', 'd') or placed.confupdtype in ('c', 'n', 'd')
                        then '; its action reaches across tenants, even where row security is forced' else '' end
            when placed.kind <> 'foreign' and placed.tenant_place is null
                then 'a duplicate tells that another tenant has such a row'
            when placed.tenant_place > 1 then 'holds the tenant, but does not begin with it: its index does not lead to a tenant''s rows'
        end as risk
    from placed
    left join pg_catalog.pg_class as target on target.oid = placed.target
    left join pg_catalog.pg_namespace as target_namespace on target_namespace.oid = target.relnamespace;
comment on view inspect.keys is
    'Primary, unique, exclusion and foreign keys of the tables that have the tenant column; risk is null where all is well.';
comment on column inspect.keys.table_name is 'The table.';
comment on column inspect.keys.key_name is 'The constraint or unique index.';
comment on column inspect.keys.kind is 'primary, unique, unique index, exclusion or foreign.';
comment on column inspect.keys.columns is 'Its columns in order.';
comment on column inspect.keys.refers_to is 'Where a foreign key points.';
comment on column inspect.keys.tenant_place is 'The place of the tenant column among them, from 1; null where it is missing.';
comment on column inspect.keys.within_tenant is 'Whether the key keeps to one tenant.';
comment on column inspect.keys.risk is 'What is wrong with it, if anything.';
