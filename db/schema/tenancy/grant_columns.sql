-- Grants what is there of the columns that were named; a column that is gone by now is no error in a replay.
create or replace function tenancy.grant_columns(target regclass, privilege text, columns text[], wanted text[]) returns void
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    list constant text := (
        select string_agg(quote_ident(name), ', ' order by place)
        from unnest(columns) with ordinality as present (name, place) where name = any (wanted)
    );
begin
    if list is not null then
        execute format('grant %s (%s) on %s to rowhouse_app', privilege, list, target);
    end if;
end
$$;
comment on function tenancy.grant_columns(regclass, text, text[], text[]) is
    'Grants a privilege on those of the wanted columns that the table has.';
