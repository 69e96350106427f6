-- An expression whose calls of some functions stand in scalar subselects, so that they are made once for a query. Calls that
-- stand in a subselect already, or whose arguments depend on the row, stay as they are.
create or replace function inspect.ask_once(expression text, functions oid[], relation oid) returns text
    language plpgsql stable strict parallel safe security invoker
    set search_path = ''
as $$
declare
    names     text[] := array(select asked::regproc::text from unnest(functions) as asked);
    kinds     text[];
    words     text[];
    written   text := '';
    place     integer := 1;
    finish    integer;
    depth     integer := 0;
    subselect integer;
    open      integer;
begin
    select array_agg(found.kind order by found.place), array_agg(found.token order by found.place) into kinds, words
    from inspect.tokens(expression) as found;
    while place <= cardinality(words) loop
        finish := place;
        if kinds[place] = 'call' and words[place] = any (names) and subselect is null then
            -- To the parenthesis that closes the call.
            open := 0;
            loop
                finish := finish + 1;
                open := open + case words[finish] when '(' then 1 when ')' then -1 else 0 end;
                exit when open = 0;
            end loop;
        elsif words[place] = '(' then
            depth := depth + 1;
            if subselect is null and array_to_string(words[place + 1:place + 2], '') ~ '^\s*(SELECT|WITH|VALUES)$' then
                subselect := depth;
            end if;
        elsif words[place] = ')' then
            subselect := nullif(subselect, depth);
            depth := depth - 1;
        end if;
        written := written || case
            when finish > place and not inspect.mentions_row(array_to_string(words[place:finish], ''), relation)
                then '(select ' || array_to_string(words[place:finish], '') || ')'
            else array_to_string(words[place:finish], '')
        end;
        place := finish + 1;
    end loop;
    return written;
end
$$;
comment on function inspect.ask_once(text, oid[], oid) is
    'An expression whose calls of some functions stand in scalar subselects: asked once for a query, not for every row.';
