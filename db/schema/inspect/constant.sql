-- What an expression says whatever the row and whoever asks: true, false, or null where it depends on one of them. Sees
-- through AND, OR and NOT, two sides that are the same, and IS NULL of a column of the table that may not be null.
create or replace function inspect.constant(expression text, relation oid default null) returns boolean
    language plpgsql stable parallel safe security invoker
    set search_path = ''
as $$
declare
    leaf   text := inspect.unwrap(expression);
    joined text;
    said   boolean[];
    sides  text[];
begin
    select max(part.connective), array_agg(case when part.connective is not null then inspect.constant(part.condition, constant.relation) end)
        into joined, said
    from inspect.conditions(leaf) as part;
    if joined = 'and' then
        return case when false = any (said) then false when true = all (said) then true end;
    elsif joined = 'or' then
        return case when true = any (said) then true when false = all (said) then false end;
    elsif leaf in ('true', 'false') then
        return leaf::boolean;
    elsif leaf ~ '^NOT ' then
        return not inspect.constant(substr(leaf, 5), constant.relation);
    elsif leaf ~ '^(.+) = \1$' then
        -- A call may answer differently the second time.
        return case when not exists (select from inspect.tokens(leaf) where kind = 'call') then true end;
    end if;
    sides := regexp_match(leaf, '^(-?\d+) = (-?\d+)$');
    if sides is not null then
        return sides[1]::numeric = sides[2]::numeric;
    end if;
    sides := regexp_match(leaf, '^(.+) IS( NOT)? NULL$');
    if exists (
        select from pg_catalog.pg_attribute
        where attrelid = constant.relation and attnum > 0 and attnotnull and not attisdropped and quote_ident(attname) = sides[1]
    ) then
        return sides[2] is not null;
    end if;
    return null;
end
$$;
comment on function inspect.constant(text, oid) is
    'What an expression says whatever the row and whoever asks: true, false, or null where it depends.';
