-- The comparison that finds one row by its primary key, whose values are in the parameter $1 (jsonb). Other columns are
-- no way to find a row here: asking by content would tell the content.
create or replace function inspect.key_condition(target regclass, key jsonb) returns text
    language plpgsql stable parallel safe security invoker
    set search_path = ''
as $$
declare
    columns text[] := array(
        select attribute.attname
        from pg_catalog.pg_index as index
        join pg_catalog.pg_attribute as attribute
            on attribute.attrelid = index.indrelid and attribute.attnum = any (index.indkey)
        where index.indrelid = target and index.indisprimary
        order by array_position(index.indkey::smallint[], attribute.attnum)
    );
    asked   text[] := array(select jsonb_object_keys(key) order by 1);
begin
    if cardinality(columns) = 0 then
        raise exception using errcode = 'RH400', message = format('%s has no primary key, so one row cannot be named', target);
    end if;
    -- Where the key holds the tenant beside an id, the id alone will do.
    if not (asked <@ columns and cardinality(asked) > 0) then
        raise exception using
            errcode = 'RH400',
            message = format('name the row of %s by its primary key: {"%s": …}', target, array_to_string(columns, '": …, "'));
    end if;
    return (
        select string_agg(format('%I = ((jsonb_populate_record(null::%s, $1)).%I)', name, target, name), ' and ')
        from unnest(asked) as name
    );
end
$$;
comment on function inspect.key_condition(regclass, jsonb) is
    'SQL that finds a row by columns of its primary key, whose values are in the parameter $1.';
