-- An expression without the parentheses that enclose all of it.
create or replace function inspect.unwrap(expression text) returns text
    language plpgsql immutable strict parallel safe security invoker
    set search_path = ''
as $$
declare
    inner_text text := trim(both e' \n\t' from expression);
    depth      integer;
    place      integer;
    match      text[];
begin
    loop
        exit when inner_text !~ '^\(.*\)$';
        depth := 0;
        place := 0;
        -- The parenthesis that the first one opens has to close at the very end.
        for match in
            select tokens from regexp_matches(inner_text, '(''(?:[^'']|'''')*''|"(?:[^"]|"")*"|[()]|[^''"()]+)', 'g') as tokens
        loop
            place := place + length(match[1]);
            depth := depth + case match[1] when '(' then 1 when ')' then -1 else 0 end;
            exit when depth = 0;
        end loop;
        -- The parentheses of a subselect are part of it.
        exit when place < length(inner_text) or inner_text ~* '^\(\s*(select|values|with)\M';
        inner_text := trim(both e' \n\t' from substr(inner_text, 2, length(inner_text) - 2));
    end loop;
    return inner_text;
end
$$;
comment on function inspect.unwrap(text) is 'An expression without the parentheses that enclose all of it.';
