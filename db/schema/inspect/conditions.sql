-- Takes an expression of the catalogue apart at its outermost AND or OR. pg_get_expr() puts every AND and OR
-- in parentheses of its own, so counting parentheses outside literals and quoted names is exact.
--
-- One row for each condition; connective is 'and', 'or', or null for an expression that is neither.
create or replace function inspect.conditions(expression text)
    returns table (place integer, connective text, condition text)
    language plpgsql immutable strict parallel safe security invoker
    set search_path = ''
as $$
declare
    tokens text[] := array(
        select match[1] from regexp_matches(
            inspect.unwrap(expression), '(''(?:[^'']|'''')*''|"(?:[^"]|"")*"|[()]|\s+(?:AND|OR)\s+|[^''"()\s]+|\s+)', 'g'
        ) with ordinality as tokens (match, position) order by position
    );
    token  text;
    depth  integer := 0;
begin
    place := 1;
    condition := '';
    connective := null;
    foreach token in array tokens loop
        if depth = 0 and token ~ '^\s+(AND|OR)\s+$' then
            connective := lower(trim(both e' \n\t' from token));
        end if;
        depth := depth + case token when '(' then 1 when ')' then -1 else 0 end;
    end loop;
    depth := 0;
    foreach token in array tokens loop
        if depth = 0 and lower(trim(both e' \n\t' from token)) = connective then
            condition := inspect.unwrap(condition);
            return next;
            place := place + 1;
            condition := '';
        else
            condition := condition || token;
            depth := depth + case token when '(' then 1 when ')' then -1 else 0 end;
        end if;
    end loop;
    condition := inspect.unwrap(condition);
    return next;
end
$$;
comment on function inspect.conditions(text) is
    'The conditions of an expression of the catalogue, split at its outermost AND or OR.';
