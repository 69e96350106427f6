-- Every table that holds what a tenant owns, whoever made it: those with a column tenant_id, and no partition of one. The trail is
-- none of them, because it outlives what it tells of. A table comes before all that it refers to, so that rows can go in
-- this order, and be brought in the other; of tables that refer to one another in a circle, no order is right.
create or replace function context.tenant_tables() returns setof regclass
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
declare
    left_over oid[];
    free      oid[];
begin
    left_over := array(
        select kind.oid
        from pg_catalog.pg_class as kind
        join pg_catalog.pg_namespace as place on place.oid = kind.relnamespace
        join pg_catalog.pg_attribute as part on part.attrelid = kind.oid
        where kind.relkind in ('r', 'p') and not kind.relispartition and kind.relpersistence <> 't'
            and place.nspname not in ('audit', 'information_schema') and place.nspname not like 'pg\_%'
            and part.attname = 'tenant_id' and part.atttypid = 'uuid'::regtype and not part.attisdropped
        order by place.nspname, kind.relname
    );
    while cardinality(left_over) > 0 loop
        free := array(
            select each from unnest(left_over) with ordinality as known (each, place)
            where not exists (
                select from pg_catalog.pg_constraint as link
                where link.contype = 'f' and link.confrelid = each and link.conrelid <> each
                    and link.conrelid = any (left_over)
            )
            order by place
        );
        if free = '{}' then
            free := left_over;
        end if;
        return query select each::regclass from unnest(free) as each;
        left_over := array(
            select each from unnest(left_over) with ordinality as known (each, place)
            where each <> all (free) order by place
        );
    end loop;
end
$$;
grant execute on function context.tenant_tables() to rowhouse_definer, rowhouse_owner;
comment on function context.tenant_tables() is
    'Every table with a column tenant_id but the trail, each before the tables that it refers to.';
