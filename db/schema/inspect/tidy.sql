-- An expression for people: without the outermost parentheses, the aliases that PostgreSQL gives to scalar
-- subselects, the casts of literals to text, and and line breaks. Not to be run.
create or replace function inspect.tidy(expression text) returns text
    language sql immutable parallel safe security invoker
    set search_path = ''
as $$
    select inspect.unwrap(
        regexp_replace(
            regexp_replace(
                regexp_replace(expression, '''::text\M', '''', 'g'),
                '\(\s*SELECT ((?:"[^"]+"|[\w.])+\((?:[^()'']|''(?:[^'']|'''')*'')*\)) AS (?:"[^"]+"|\w+)\)', '(select \1)', 'g'
            ),
            '\s+', ' ', 'g'
        )
    )
$$;
comment on function inspect.tidy(text) is 'An expression as a person would have written it; for reading, not for running.';
