-- Whether somebody proved who they are in the last ten minutes, by signing in or by stepping up (auth.finish_step_up). For
-- functions of auth that change what an account is worth: a password, an address, a second factor.
create or replace function auth.is_fresh(session auth.sessions) returns boolean
    language sql stable parallel safe security invoker
    return session.authenticated_at > now() - interval '10 minutes';
grant execute on function auth.is_fresh(auth.sessions) to rowhouse_definer;
comment on function auth.is_fresh(auth.sessions) is
    'Whether the person proved who they are in the last ten minutes: signed in, or stepped up.';
