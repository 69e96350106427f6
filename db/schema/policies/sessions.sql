select context.close_table('auth.sessions');

-- The definer's reach: the door, sign-in and expiry.
grant select, insert, update, delete on auth.sessions to rowhouse_definer;
create policy "the door and sign-in keep the sessions" on auth.sessions
    for all to rowhouse_definer using (true) with check (true);
comment on policy "the door and sign-in keep the sessions" on auth.sessions is
    'context.enter() finds a session by the digest of its handle; auth.* open, rotate and end it; jobs.expire_sessions() ends what is over.';
