-- The words of an expression as pg_get_expr() prints it, so that nothing that stands in a literal or in a quoted name is
-- taken for SQL.
--
-- kind is literal, number, name (qualified and quoted as it is printed), call (a name that a parenthesis follows), space, or
-- symbol. before is the token before it, spaces left out.
create or replace function inspect.tokens(expression text)
    returns table (place bigint, kind text, token text, before text)
    language sql immutable strict parallel safe security invoker
    set search_path = ''
as $$
    with found as (
        select match.place, match.token[1] as token
        from regexp_matches(
            expression,
            '([EBX]?''(?:[^'']|'''')*''|(?:"(?:[^"]|"")*"|[\w$]+)(?:\.(?:"(?:[^"]|"")*"|[\w$]+))*|\s+|.)', 'g'
        ) with ordinality as match (token, place)
    ),
    named as (
        select found.place, found.token,
            case
                when found.token ~ '^[EBX]?''' then 'literal'
                when found.token ~ '^\d' then 'number'
                when found.token ~ '^["\w$]' then case when lead(found.token) over (order by found.place) = '(' then 'call' else 'name' end
                when found.token ~ '^\s' then 'space'
                else 'symbol'
            end as kind,
            count(*) filter (where found.token !~ '^\s') over (order by found.place) as number
        from found
    )
    select named.place, named.kind, named.token, previous.token
    from named
    left join named as previous
        on previous.kind <> 'space' and previous.number = named.number - case when named.kind = 'space' then 0 else 1 end
$$;
comment on function inspect.tokens(text) is 'The words of an expression of the catalogue: what is a literal, a name, a call.';

-- The names and keywords of an expression, in no order.
create or replace function inspect.names(expression text) returns text[]
    language sql immutable strict parallel safe security invoker
    set search_path = ''
as $$
    select coalesce(array_agg(distinct token), '{}') from inspect.tokens(expression) where kind = 'name'
$$;
comment on function inspect.names(text) is 'The names and keywords of an expression of the catalogue.';

-- Whether an expression speaks of a column of the table: then its answer depends on the row. Aliases that PostgreSQL gives
-- to scalar subselects, and types, are no columns.
create or replace function inspect.mentions_row(expression text, relation oid) returns boolean
    language sql stable strict parallel safe security invoker
    set search_path = ''
as $$
    select exists (
        select from inspect.tokens(expression) as word
        join pg_catalog.pg_attribute on attrelid = relation and attnum > 0 and not attisdropped
            and (word.token = quote_ident(attname) or right(word.token, length(quote_ident(attname)) + 1) = '.' || quote_ident(attname))
        where word.kind = 'name' and coalesce(word.before, '') not in ('AS', ':')
    )
$$;
comment on function inspect.mentions_row(text, oid) is 'Whether an expression speaks of a column of the table.';
