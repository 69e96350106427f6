-- Which rules for a tenant's table this one breaks, and how to mend each; none where it can be protected.
create or replace function tenancy.broken_rules(target regclass, protection tenancy.protected_tables)
    returns table (rule text, finding text, mend text)
    language sql stable parallel unsafe security invoker
    set search_path = ''
as $$
    with this as (
        select pg_class.*, protection.name as label, nspname
        from pg_catalog.pg_class join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace
        where pg_class.oid = target
    ),
    columns as (
        select attname::text as name, attnum as place, atttypid::regtype as type, attnotnull as filled,
            pg_catalog.pg_get_expr(adbin, adrelid) as preset, pg_catalog.col_description(target, attnum) as comment
        from pg_catalog.pg_attribute left join pg_catalog.pg_attrdef on adrelid = attrelid and adnum = attnum
        where attrelid = target and attnum > 0 and not attisdropped
    ),
    tenant as (select place from columns where name = 'tenant_id'),
    indexes as (
        select index.*, indexrelid::regclass as name, indkey::smallint[] as places, (indkey::smallint[])[0] as first
        from pg_catalog.pg_index as index where indrelid = target
    ),
    constraints as (
        select pg_constraint.*, pg_catalog.pg_get_constraintdef(oid) as definition, confrelid::regclass as referenced,
            array(select name from unnest(conkey) with ordinality as part (number, position) join columns on place = number order by position) as names,
            array(
                select attname::text from unnest(confkey) with ordinality as part (number, position)
                join pg_catalog.pg_attribute on attrelid = confrelid and attnum = number order by position
            ) as referenced_names
        from pg_catalog.pg_constraint where conrelid = target
    ),
    -- The lists that GraphQL makes of it: each order that a tag names, or else the key, and each filter with each order.
    orders as (
        select coalesce(match[1], 'id') as name
        from this left join lateral regexp_matches(pg_catalog.obj_description(target, 'pg_class'), '^@orders (\S+)$', 'gn') as match on true
    ),
    filters as (
        select null as name
        union all
        select name from columns where comment ~ '(?n)^@behavior .*\+filterBy'
    ),
    lists as (
        select array_remove(array[
            'tenant_id', filters.name, nullif(orders.name, coalesce(filters.name, '')),
            case when orders.name <> 'id' and not exists (
                select from constraints where contype = 'u' and names = array['tenant_id', orders.name]
            ) then 'id' end
        ], null) as needed
        from orders cross join filters
    ),
    broken as (
        select 1 as position, 'schema' as rule, format('it is in the schema %s, and the API shows the schema app', nspname) as finding,
            format('alter table %s set schema app;', label) as mend
        from this where nspname <> 'app'
        union all
        select 2, 'kind', 'it is no ordinary table that lasts (a view, a partition, partitioned, unlogged or temporary)',
            format('create table %s (…);', label)
        from this where relkind <> 'r' or relpersistence <> 'p' or relispartition
        union all
        select 3, 'owner', format('it belongs to %s, and not to rowhouse_owner', relowner::regrole),
            format('alter table %s owner to rowhouse_owner;', label)
        from this where relowner <> 'rowhouse_owner'::regrole

        -- Whose a row is.
        union all
        select 4, 'tenant', 'it has no column tenant_id',
            format('alter table %s add column tenant_id uuid not null default context.tenant_id() references app.tenants;', label)
        from this where not exists (select from tenant)
        union all
        select 5, 'tenant', 'tenant_id has to be uuid, not null, and context.tenant_id() by default',
            format('alter table %1$s alter column tenant_id type uuid using tenant_id::uuid, alter column tenant_id set not null, alter column tenant_id set default context.tenant_id();', label)
        from this, columns where name = 'tenant_id' and (type <> 'uuid'::regtype or not filled or preset is distinct from 'context.tenant_id()')
        union all
        select 6, 'tenant', 'tenant_id does not refer to app.tenants',
            format('alter table %s add foreign key (tenant_id) references app.tenants;', label)
        from this where exists (select from tenant)
            and not exists (select from constraints where contype = 'f' and names = '{tenant_id}' and referenced = 'app.tenants'::regclass)

        -- Keys.
        union all
        select 7, 'key', 'its primary key is not (tenant_id, id)',
            format('alter table %s%s add primary key (tenant_id, id);', label,
                (select format(' drop constraint %I,', conname) from constraints where contype = 'p'))
        from this where not exists (select from constraints where contype = 'p' and names = '{tenant_id, id}')
        union all
        select 8, 'key', 'id has to be a uuid with a default',
            format('alter table %s alter column id drop default, alter column id type uuid using uuidv7(), alter column id set default uuidv7();', label)
        from this, columns where name = 'id' and (type <> 'uuid'::regtype or preset is null)
        union all
        select 9, 'unique key', format('%s is unique across tenants, so that it tells of rows next door', indexes.name), coalesce(
                (
                    select format('alter table %s drop constraint %I, add constraint %2$I unique (%s);', label, conname,
                        array_to_string('{tenant_id}' || array_remove(names, 'tenant_id'), ', '))
                    from constraints where conindid = indexrelid and contype = 'u'
                ),
                format('-- make %s anew with tenant_id as its first column', indexes.name))
        from this, indexes where (indisunique or indisexclusion) and not indisprimary and first is distinct from (select place from tenant)
        union all
        select 10, 'unique key', format('%s spans the rows of several people, so that it tells of rows that are hidden', indexes.name),
            format('-- make %s anew with %I among its columns, or protect the table without owner', indexes.name, protection.owner_column)
        from this, indexes where indisunique and not indisprimary and first = (select place from tenant)
            and exists (select from columns where name = protection.owner_column and place <> all (places))
            and not exists (select from columns where name = 'id' and place = any (places))

        -- What it refers to.
        union all
        select 11, 'foreign key', format('%s (%s) does not begin with the tenant on both sides', conname, definition),
            format('alter table %s drop constraint %I; -- and refer with (tenant_id, …) to a key (tenant_id, …) of %s', label, conname,
                case referenced when 'app.users'::regclass then 'app.memberships (tenant_id, user_id)' else referenced::text end)
        from this, constraints where contype = 'f'
            and not (names[1] = 'tenant_id' and (referenced_names[1] = 'tenant_id' or referenced = 'app.tenants'::regclass))
        union all
        select 12, 'foreign key', format('%s refers to %s, which the API does not show', conname, referenced),
            format('alter table %s drop constraint %I;', label, conname)
        from this, constraints join pg_catalog.pg_class as other on other.oid = confrelid
        where contype = 'f' and other.relnamespace <> 'app'::regnamespace
        union all
        select 13, 'foreign key', format('%s would empty tenant_id when the row that it refers to goes', conname),
            format('-- make %s anew with on delete set null (%s)', conname, array_to_string(names[2:], ', '))
        from this, constraints where contype = 'f' and confdeltype in ('n', 'd') and confdelsetcols is null
        union all
        select 14, 'foreign key', format('no index begins with the columns of %s', conname),
            format('create index on %s (%s);', label, array_to_string(names, ', '))
        from this, constraints where contype = 'f' and not exists (
            select from indexes where indpred is null and conkey <@ places[0:cardinality(conkey) - 1]
        )

        -- Indexes.
        union all
        select 15, 'index', format('%s does not begin with tenant_id, so that it reads the rows of every tenant', indexes.name),
            format('-- make %s anew with tenant_id as its first column', indexes.name)
        from this, indexes where not indisunique and not indisexclusion and first is distinct from (select place from tenant)
        union all
        select 16, 'index', format('%s is over %s, whose comparison is not leakproof: behind row security it is of no use', indexes.name,
                string_agg(format('%s (%s)', attname, format_type(atttypid, atttypmod)), ', ')),
            format('-- make the column text, uuid, integer, bigint, boolean or timestamptz; or drop index %s;', indexes.name)
        from this, indexes join pg_catalog.pg_attribute on attrelid = indexrelid
        where atttypid <> all ('{uuid, text, integer, bigint, boolean, timestamptz}'::regtype[])
        group by indexes.name
        union all
        select 17, 'time', format('%I has no time zone', columns.name), format('alter table %s alter column %I type timestamptz;', label, columns.name)
        from this, columns where type = 'timestamp'::regtype
        union all
        select 18, 'list', format('no index serves its list by %s', array_to_string(needed[2:], ', ')),
            format('create index on %s (%s);', label, array_to_string(needed, ', '))
        from this, lists where not exists (
            select from indexes where indpred is null and places[0:cardinality(needed) - 1] = array(
                select place from unnest(needed) with ordinality as part (name, position) join columns using (name) order by position
            )
        ) and needed <@ array(select columns.name from columns)
        union all
        select 19, 'list', format('%I is no column that is never null, and a list is ordered by no other', orders.name),
            format('alter table %s alter column %I set not null;', label, orders.name)
        from this, orders where not exists (select from columns where columns.name = orders.name and filled)

        -- What is said of it.
        union all
        select 20, 'comment', 'it has no comment, which is its description in the API', format('comment on table %s is ''What a row is.'';', label)
        from this where pg_catalog.obj_description(target, 'pg_class') is null
        union all
        select 21, 'comment', format('the column %I has no comment, which is its description in the API', columns.name),
            format('comment on column %s.%I is ''What it holds.'';', label, columns.name)
        from this, columns where comment is null and columns.name = any (protection.readable)
            and columns.name <> all ('{tenant_id, id, created_at, updated_at}') and columns.name is distinct from protection.owner_column
        union all
        select 22, 'comment', format('%s (%s) has no comment: the sentence for whoever breaks it', conname, definition),
            format('comment on constraint %I on %s is ''What is wanted.'';', conname, label)
        from this, constraints where contype in ('c', 'u', 'f', 'x') and pg_catalog.obj_description(constraints.oid, 'pg_constraint') is null
            and not (contype = 'f' and referenced in ('app.tenants'::regclass, 'app.memberships'::regclass))

        -- What the call says.
        union all
        select 23, 'permission', format('there is no permission %s', to_json(wanted.name)),
            format('select tenancy.permission(%L, ''What it lets one do.'');', wanted.name)
        from (select distinct unnest(array[protection.read_permission, protection.write_permission]) as name) as wanted
        where wanted.name is not null and not exists (select from app.permissions where permissions.name = wanted.name)
        union all
        select 24, 'owner of rows', format('%I has to be uuid, not null, and context.user_id() by default', protection.owner_column),
            format('alter table %1$s alter column %2$I type uuid, alter column %2$I set not null, alter column %2$I set default context.user_id();', label, protection.owner_column)
        from this where protection.owner_column is not null and not exists (
            select from columns
            where columns.name = protection.owner_column and type = 'uuid'::regtype and filled and preset = 'context.user_id()'
        )
        union all
        select 25, 'owner of rows', format('(tenant_id, %I) does not refer to a member', protection.owner_column),
            format('alter table %s add foreign key (tenant_id, %I) references app.memberships (tenant_id, user_id);', label, protection.owner_column)
        from this where protection.owner_column is not null and not exists (
            select from constraints
            where contype = 'f' and referenced = 'app.memberships'::regclass
                and names = array['tenant_id', protection.owner_column] and referenced_names = '{tenant_id, user_id}'
        )
        union all
        select 26, 'column', format('there is no column %I', named.name), '-- correct the call'
        from (select distinct unnest(protection.readable || protection.insertable || protection.updatable || protection.kept) as name) as named
        where named.name not in (select columns.name from columns)
        union all
        select 27, 'input', format('%I is no input: it is the row''s, not the caller''s', named.name), '-- leave it out of insertable and updatable'
        from (select distinct unnest(protection.insertable || protection.updatable) as name) as named
        where named.name in ('tenant_id', 'id', 'created_at', 'updated_at') or named.name = protection.owner_column
    )
    select rule, finding, mend from broken order by position, finding
$$;
comment on function tenancy.broken_rules(regclass, tenancy.protected_tables) is
    'The rules for a tenant''s table that this one breaks, each with what to do.';
