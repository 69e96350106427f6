-- Takes what people wrote, and who they are, out of the planner's statistics. Estimates are shown to whoever may say
-- `explain`, and no policy stands before them: with the common values of all tenants in them, a guess that hits is
-- estimated higher than one that misses, letter by letter.
--
-- Keys, numbers, flags and times keep theirs; every other column, and every expression in an index, has none.
create or replace function context.keep_no_values(target regclass) returns void
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    kept    constant regtype[] := '{uuid, smallint, integer, bigint, boolean, date, timestamptz, xid8}';
    place   record;
begin
    for place in
        select attrelid::regclass as relation, relname as name, nspname as schema, relkind as kind, attname as column, attnum as number
        from pg_catalog.pg_attribute
        join pg_catalog.pg_class as relation on relation.oid = attrelid
        join pg_catalog.pg_namespace as schema on schema.oid = relnamespace
        left join pg_catalog.pg_index as index on index.indexrelid = attrelid
        where (attrelid = target or index.indrelid = target and index.indkey[attnum - 1] = 0)
            and attnum > 0 and not attisdropped
            and atttypid <> all (kept) and attstattarget is distinct from 0
    loop
        if place.kind in ('i', 'I') then
            execute format('alter index %s alter column %s set statistics 0', place.relation, place.number);
        else
            execute format('alter table %s alter column %I set statistics 0', place.relation, place.column);
        end if;
        perform pg_catalog.pg_clear_attribute_stats(place.schema, place.name, place.column, inherited)
        from unnest('{false, true}'::boolean[]) as inherited;
    end loop;
end
$$;
comment on function context.keep_no_values(regclass) is
    'Keeps what people wrote and who they are out of the planner''s statistics, which everybody may look at.';
