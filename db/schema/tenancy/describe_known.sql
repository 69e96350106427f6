-- Says of the columns and keys that every tenant's table has what they are, where nothing is said of them yet.
create or replace function tenancy.describe_known(target regclass, owner text) returns void
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    place record;
begin
    for place in
        select attname as name, coalesce(
            case attname
                when 'tenant_id' then 'The tenant that it belongs to.'
                when 'id' then 'Its key.'
                when 'created_at' then 'When it was made.'
                when 'updated_at' then 'When it was last changed.'
            end,
            case when attname = owner then 'Whose it is; it never changes hands.' end
        ) as meaning
        from pg_catalog.pg_attribute
        where attrelid = target and attnum > 0 and not attisdropped and pg_catalog.col_description(target, attnum) is null
    loop
        if place.meaning is not null then
            execute format('comment on column %s.%I is %L', target, place.name, place.meaning);
        end if;
    end loop;
    for place in
        select conname as name, case confrelid when 'app.tenants'::regclass then 'It belongs to a company.'
            when 'app.memberships'::regclass then 'It belongs to a member of its company.' end as meaning
        from pg_catalog.pg_constraint
        where conrelid = target and contype = 'f' and pg_catalog.obj_description(oid, 'pg_constraint') is null
    loop
        if place.meaning is not null then
            execute format('comment on constraint %I on %s is %L', place.name, target, place.meaning);
        end if;
    end loop;
end
$$;
comment on function tenancy.describe_known(regclass, text) is
    'Comments on the columns and keys that every tenant''s table has, where they have no comment.';
