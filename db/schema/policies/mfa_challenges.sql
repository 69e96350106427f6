select context.close_table('auth.mfa_challenges');

-- The definer's reach: sign-in.
grant select, insert, update, delete on auth.mfa_challenges to rowhouse_definer;
create policy "sign-in keeps what waits for a second factor" on auth.mfa_challenges
    for all to rowhouse_definer using (true) with check (true);
comment on policy "sign-in keeps what waits for a second factor" on auth.mfa_challenges is
    'auth.open_session() asks, auth.finish_mfa() and auth.confirm_totp() answer; what is over is forgotten after an hour.';

-- Rows go one by one, also for the owner: a truncate would take every company's sign-ins at once.
create or replace trigger never_truncated before truncate on auth.mfa_challenges
    for each statement execute function audit.refuse_change();
