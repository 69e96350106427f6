-- An expression taken apart down to what is neither AND nor OR. The place tells how: 2.1 is the first part of the
-- second; connective is how a part stands to its neighbours.
create or replace function inspect.leaves(expression text, prefix text default '')
    returns table (place text, connective text, condition text)
    language plpgsql immutable strict parallel safe security invoker
    set search_path = ''
as $$
declare
    part record;
begin
    for part in select parts.* from inspect.conditions(expression) as parts order by parts.place loop
        if part.connective is null then
            place := coalesce(nullif(rtrim(prefix, '.'), ''), '1');
            connective := null;
            condition := part.condition;
            return next;
        else
            return query
                select leaf.place, coalesce(leaf.connective, part.connective), leaf.condition
                from inspect.leaves(part.condition, prefix || part.place || '.') as leaf;
        end if;
    end loop;
end
$$;
comment on function inspect.leaves(text, text) is 'The conditions of an expression, taken apart at every AND and OR.';
