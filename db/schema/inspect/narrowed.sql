-- What mends are made of: each of these lets no row through that the expression did not let through before.

-- An expression without the alternatives named: parts of an OR, at whatever depth, that are one of them. Null if nothing
-- can be true any more.
create or replace function inspect.without(expression text, alternatives text[]) returns text
    language plpgsql immutable parallel safe security invoker
    set search_path = ''
as $$
declare
    joined text;
    parts  text[];
begin
    select max(part.connective), array_agg(case when part.connective is not null then inspect.without(part.condition, alternatives) end order by part.place)
        into joined, parts
    from inspect.conditions(expression) as part;
    if joined is null then
        return case when inspect.unwrap(expression) <> all (alternatives) then inspect.unwrap(expression) end;
    elsif joined = 'and' and array_position(parts, null) is not null then
        return null;
    end if;
    return (
        select string_agg(case when cardinality(parts) > 1 then '(' || part || ')' else part end, ' ' || joined || ' ' order by place)
        from unnest(parts) with ordinality as kept (part, place)
        where part is not null
    );
end
$$;
comment on function inspect.without(text, text[]) is 'An expression without some alternatives of its ORs; null if nothing can be true any more.';

-- The conditions that all have to hold for an expression to be true.
create or replace function inspect.required(expression text) returns text[]
    language sql immutable parallel safe security invoker
    set search_path = ''
as $$
    select coalesce(array_agg(case when connective = 'or' then inspect.unwrap(expression) else condition end order by place)
        filter (where connective is distinct from 'or' or place = 1), '{}')
    from inspect.conditions(expression)
$$;
comment on function inspect.required(text) is 'The conditions that all have to hold for an expression to be true.';

-- An expression that also demands the conditions named, in their order; those that it demands already are not said twice.
create or replace function inspect.requiring(expression text, conditions text[]) returns text
    language sql immutable parallel safe security invoker
    set search_path = ''
as $$
    select case count(*) when 1 then min(demanded) else string_agg('(' || demanded || ')', ' and ' order by place) end
    from (
        select demanded, min(place) as place
        from unnest(conditions || array_remove(inspect.required(expression), 'true')) with ordinality as every (demanded, place)
        group by demanded
    ) as once
$$;
comment on function inspect.requiring(text, text[]) is 'An expression that also demands the conditions named.';

-- SQL that gives a policy these expressions; null leaves a side as it is.
create or replace function inspect.alter_policy(policy_name text, on_table text, using_expression text, check_expression text) returns text
    language sql immutable parallel safe security invoker
    set search_path = ''
as $$
    select format('alter policy %I on %s', policy_name, on_table)
        || coalesce(' using (' || using_expression || ')', '') || coalesce(' with check (' || check_expression || ')', '') || ';'
$$;
comment on function inspect.alter_policy(text, text, text, text) is 'SQL that gives a policy these expressions; null leaves a side as it is.';

-- SQL that takes alternatives out of a policy: the policy goes with the last of them, if it is one that opens. Null where
-- nothing can be taken out, or where a restrictive policy would let nothing through any more.
create or replace function inspect.close_alternatives(policy oid, alternatives text[]) returns text
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    with sides as (
        select polname, polpermissive, polrelid::regclass::text as on_table,
            pg_catalog.pg_get_expr(polqual, polrelid) as using_, pg_catalog.pg_get_expr(polwithcheck, polrelid) as check_
        from pg_catalog.pg_policy where oid = policy
    ),
    narrowed as (
        select *, inspect.without(using_, alternatives) as new_using, inspect.without(check_, alternatives) as new_check
        from sides
    )
    select case
        when coalesce(using_, check_) is not null and case when using_ is null then new_check else new_using end is null
            then case when polpermissive then format('drop policy %I on %s;', polname, on_table) end
        when polpermissive or check_ is null or new_check is not null
            then inspect.alter_policy(
                polname, on_table,
                case when new_using <> inspect.without(using_, '{}') then new_using end,
                case when check_ is not null and new_check is distinct from inspect.without(check_, '{}') then coalesce(new_check, 'false') end
            )
    end
    from narrowed
$$;
comment on function inspect.close_alternatives(oid, text[]) is 'SQL that takes alternatives out of a policy''s ORs; null if there is none.';

-- An expression in which every call stands by itself: asked once for a query or for every row, it says the same.
create or replace function inspect.asked_once(expression text) returns text
    language sql immutable strict parallel safe security invoker
    set search_path = ''
as $$
    select regexp_replace(
        inspect.unwrap(expression),
        '\(\s*SELECT ((?:"[^"]+"|[\w.])+\((?:[^()'']|''(?:[^'']|'''')*'')*\)) AS (?:"[^"]+"|\w+)\)', '\1', 'g'
    )
$$;
comment on function inspect.asked_once(text) is 'An expression in which every call stands by itself, for comparing; not for running.';

-- Whether an expression cannot be true without the other, as far as the form of both tells: taken apart at every AND and OR.
create or replace function inspect.implies(expression text, other text) returns boolean
    language plpgsql stable parallel safe security invoker
    set search_path = ''
as $$
declare
    mine   text[];
    theirs text[];
    joined text;
    wanted text;
    part   text;
begin
    select max(found.connective), array_agg(found.condition) into joined, mine from inspect.conditions(expression) as found;
    select max(found.connective), array_agg(found.condition) into wanted, theirs from inspect.conditions(other) as found;
    if inspect.asked_once(expression) = inspect.asked_once(other) or inspect.unwrap(other) = 'true' or inspect.unwrap(expression) = 'false' then
        return true;
    end if;
    if wanted = 'and' then
        foreach part in array theirs loop
            if not inspect.implies(expression, part) then
                return false;
            end if;
        end loop;
        return true;
    end if;
    if joined = 'or' then
        foreach part in array mine loop
            if not inspect.implies(part, other) then
                return false;
            end if;
        end loop;
        return true;
    end if;
    if wanted = 'or' then
        foreach part in array theirs loop
            if inspect.implies(expression, part) then
                return true;
            end if;
        end loop;
    end if;
    if joined = 'and' then
        foreach part in array mine loop
            if inspect.implies(part, other) then
                return true;
            end if;
        end loop;
    end if;
    return false;
end
$$;
comment on function inspect.implies(text, text) is 'Whether an expression cannot be true without the other, as far as their form tells.';
