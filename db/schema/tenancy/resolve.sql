-- What was asked of tenancy.protect(), with what was left open filled in. As a value of the table's own row type, so that
-- what is decided now is what a replay does later, whatever columns come by then.
create or replace function tenancy.resolve(
    target regclass, read text, write text, owner text,
    readable text[], insertable text[], updatable text[], kept text[]
)
    returns tenancy.protected_tables
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    with columns as (
        select attname::text as name, attnum as place,
            attgenerated = '' and attidentity <> 'a' and attname not in ('tenant_id', 'id', 'created_at', 'updated_at')
                and attname is distinct from owner as is_input,
            atttypid = any ('{uuid, smallint, integer, bigint, boolean, date, timestamptz}'::regtype[]) as says_nothing
        from pg_catalog.pg_attribute
        where attrelid = target and attnum > 0 and not attisdropped
    )
    select
        format('%I.%I', nspname, relname), read, write, owner,
        coalesce(readable, array(select name from columns order by place)),
        case when write is null and owner is null then '{}'
            else coalesce(insertable, array(select name from columns where is_input order by place)) end,
        case when write is null and owner is null then '{}'
            else coalesce(updatable, insertable, array(select name from columns where is_input order by place)) end,
        coalesce(kept, array(select name from columns where says_nothing order by place))
    from pg_catalog.pg_class join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace
    where pg_class.oid = target
$$;
comment on function tenancy.resolve(regclass, text, text, text, text[], text[], text[], text[]) is
    'The protection that tenancy.protect() was asked for, with its defaults filled in.';
