-- The defaults that an insert would add to the values given. Sequences are left alone.
create or replace function inspect.defaults_of(target regclass, given jsonb) returns jsonb
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    column_default record;
    value          jsonb;
    defaults       jsonb := '{}';
begin
    for column_default in
        select attribute.attname as name, inspect.expression(pg_attrdef.adbin, pg_attrdef.adrelid) as expression
        from pg_catalog.pg_attrdef
        join pg_catalog.pg_attribute as attribute on attribute.attrelid = adrelid and attribute.attnum = adnum
        where adrelid = target and attribute.attgenerated = '' and attribute.attidentity = '' and not given ? attribute.attname
    loop
        continue when column_default.expression ~* '\mnextval\(';
        execute format('select to_jsonb(%s)', column_default.expression) into value;
        defaults := defaults || jsonb_build_object(column_default.name, value);
    end loop;
    return defaults;
end
$$;
comment on function inspect.defaults_of(regclass, jsonb) is 'The defaults that an insert would add to the values given; sequences are left alone.';
