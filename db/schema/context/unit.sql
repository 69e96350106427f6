-- An embedding at length one, so that the sum of products of two is their cosine; null for one without a direction.
set local role rowhouse_definer;
create or replace function context.unit(embedding real[]) returns real[]
    language sql immutable strict parallel safe security invoker
    set search_path = ''
as $$
    select array_agg((part.value / total.length)::real order by part.place)
    from (select sqrt(sum(each::float8 * each)) as length from unnest(embedding) as each) as total
    cross join unnest(embedding) with ordinality as part (value, place)
    where total.length > 0 and total.length < 'infinity'
$$;
comment on function context.unit(real[]) is 'An embedding at length one; null for one that is nought or not finite.';
reset role;
