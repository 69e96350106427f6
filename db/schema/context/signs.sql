-- The signs of an embedding, a bit each. How many differ between two is close to the angle between them, and counting is
-- fast enough to ask every passage of a tenant: no index leaves one out.
set local role rowhouse_definer;
create or replace function context.signs(embedding real[]) returns bit varying
    language sql immutable strict parallel safe security invoker
    set search_path = ''
as $$
    select string_agg(case when part.value > 0 then '1' else '0' end, '' order by part.place)::bit varying
    from unnest(embedding) with ordinality as part (value, place)
$$;
comment on function context.signs(real[]) is 'The signs of an embedding, one bit a dimension.';
reset role;
