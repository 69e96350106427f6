-- Two ways in of one person that are taken away at once take turns, or each would count on the other.
set local role rowhouse_definer;
create or replace function auth.lock_ways_in(person uuid) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    select pg_advisory_xact_lock(hashtextextended('ways in of ' || person, 0))
$$;
comment on function auth.lock_ways_in(uuid) is
    'Holds a person''s ways in together until the transaction ends: two that are taken away at once take turns.';
reset role;
