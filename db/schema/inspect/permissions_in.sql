-- The permissions that an expression asks for: the literals that it passes to functions of the context schema.
create or replace function inspect.permissions_in(expression text) returns text[]
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select array(
        select distinct replace(literal[1], '''''', '''')
        from regexp_matches(
            expression,
            '(?<![\w"])"?' || regexp_replace(inspect.context_schema(), '(\W)', '\\\1', 'g')
                || '"?\.(?:"[^"]+"|\w+)\(((?:[^()'']|''(?:[^'']|'''')*''|\((?:[^()'']|''(?:[^'']|'''')*'')*\))*)\)',
            'g'
        ) as call
        cross join regexp_matches(call[1], '''((?:[^'']|'''')*)''', 'g') as literal
        order by 1
    )
$$;
comment on function inspect.permissions_in(text) is
    'The literals that an expression passes to functions of the context schema: the permissions that it asks for.';
