-- Gives a table of the application's what ours have, in one call; idempotent. Call it in the migration that makes the table,
-- last, and again in each that changes its columns, keys or indexes.
--
-- target:     the table, in schema app
-- read:       the permission that reading takes; null: every member reads (with owner: nobody but the owner)
-- write:      the permission that adding, changing and removing take; null: nobody does (with owner: the owner, their own)
-- owner:      the column that says whose a row is; one's own rows one reads and writes without a permission
-- readable:   columns that callers see; null: all
-- insertable: columns that callers give a new row; null: all but tenant, key, owner, created_at and updated_at
-- updatable:  columns that callers change; null: as insertable
-- kept:       columns whose values the trail keeps; null: keys, numbers, flags and times, and not what people wrote
create or replace function tenancy.protect(
    target regclass, read text default null, write text default null, owner text default null,
    readable text[] default null, insertable text[] default null, updatable text[] default null, kept text[] default null
)
    returns void
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    protection constant tenancy.protected_tables := tenancy.resolve(target, read, write, owner, readable, insertable, updatable, kept);
    broken     bigint;
    account    text;
begin
    perform tenancy.describe_known(target, owner)
    from pg_catalog.pg_class where oid = target and relowner = 'rowhouse_owner'::regrole;

    select count(*), string_agg(format(e'%s. %s: %s.\n%s', place, rule, finding, mend), e'\n' order by place)
    into broken, account
    from (
        select row_number() over () as place, rule, finding, regexp_replace(mend, '^', '   ', 'gm') as mend
        from tenancy.broken_rules(target, protection)
    ) as listed;
    if broken > 0 then
        raise exception using
            errcode = 'RH400',
            message = format('%s cannot be protected: it breaks %s of the rules for a tenant''s table', protection.name, broken),
            detail = account,
            hint = 'docs/your-own-tables.md says what each rule is for.';
    end if;

    insert into tenancy.protected_tables select (protection).*
    on conflict on constraint protected_tables_pkey do update set
        read_permission = excluded.read_permission, write_permission = excluded.write_permission,
        owner_column = excluded.owner_column, readable = excluded.readable,
        insertable = excluded.insertable, updatable = excluded.updatable, kept = excluded.kept;
    perform tenancy.apply(protection);
end
$$;
comment on function tenancy.protect(regclass, text, text, text, text[], text[], text[], text[]) is
    'Gives a table of the application''s row security, the wall, policies, grants, the trail and the desk''s policy in one call, or says which rules it breaks and how to mend it.';
