select context.close_table('auth.passkey_challenges');

-- The definer's reach: what authenticators are asked to sign.
grant select, insert, delete on auth.passkey_challenges to rowhouse_definer;
create policy "sign-in keeps the challenges of passkeys" on auth.passkey_challenges
    for all to rowhouse_definer using (true) with check (true);
comment on policy "sign-in keeps the challenges of passkeys" on auth.passkey_challenges is
    'auth.ask_passkey() makes them, auth.take_passkey_challenge() uses them up; jobs.expire_exchange_codes() forgets what is over.';
