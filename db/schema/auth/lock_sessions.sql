-- Whoever ends all sessions of a person, and whoever makes one out of another, wait for each other here. Without that a
-- sibling that is being opened would be seen by nobody who ends "all", and would outlive them. Taken before any row is.
set local role rowhouse_definer;
create or replace function auth.lock_sessions(person uuid) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    select pg_advisory_xact_lock(hashtextextended('sessions of ' || person, 0))
$$;
comment on function auth.lock_sessions(uuid) is
    'Holds a person''s sessions together until the transaction ends: none is made of another meanwhile, and all can be ended.';
reset role;
