select context.close_table('auth.login_throttles');

-- The definer's reach: sign-in.
grant select, insert, update, delete on auth.login_throttles to rowhouse_definer;
create policy "sign-in counts attempts" on auth.login_throttles
    for all to rowhouse_definer using (true) with check (true);
comment on policy "sign-in counts attempts" on auth.login_throttles is
    'auth.throttle(); the keys are digests, so the table does not say whose attempts they were.';
