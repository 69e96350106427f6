-- Whether a refresh token with this counter was replaced before (RFC 9700 section 4.14.2). The newest is none. Its parent
-- is none until ten seconds after the child was first used.
--
-- Until then nobody knows whether the child arrived: a phone loses the answer in a tunnel and comes back with the parent,
-- a second or six days later. The ten seconds are for the browser that restores ten tabs at once: all of them bring the
-- same token, and one is faster.
create or replace function auth.is_replay(known auth.sessions, counter integer) returns boolean
    language sql stable parallel restricted security invoker
    return counter <> known.counter
        and not (
            counter = known.counter - 1
            and (known.acknowledged_at is null or known.acknowledged_at > now() - interval '10 seconds')
        );
grant execute on function auth.is_replay(auth.sessions, integer) to rowhouse_definer;
comment on function auth.is_replay(auth.sessions, integer) is
    'Whether a refresh token with this counter was replaced, and whoever holds its child has been using it for more than ten seconds.';
