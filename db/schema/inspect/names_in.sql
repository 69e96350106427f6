-- The names of a list that commas separate, as a setting or a search path holds them: "quoted" ones lose their quotes,
-- the others are taken as they stand, in upper case too.
create or replace function inspect.names_in(list text) returns text[]
    language sql immutable strict parallel safe security invoker
    set search_path = ''
as $$
    select coalesce(array_agg(
        case when name[1] like '"%"' then replace(substr(name[1], 2, length(name[1]) - 2), '""', '"') else name[1] end
        order by place
    ), '{}')
    from regexp_matches(list, '("(?:[^"]|"")*"|[^\s,](?:[^,]*[^\s,])?)\s*(?:,|$)', 'g') with ordinality as found (name, place)
$$;
comment on function inspect.names_in(text) is 'The names of a list that commas separate; quoted ones lose their quotes.';
