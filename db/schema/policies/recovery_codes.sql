select context.close_table('auth.recovery_codes');

-- The definer's reach: sign-in.
grant select, insert, update, delete on auth.recovery_codes to rowhouse_definer;
create policy "sign-in keeps recovery codes" on auth.recovery_codes
    for all to rowhouse_definer using (true) with check (true);
comment on policy "sign-in keeps recovery codes" on auth.recovery_codes is
    'auth.confirm_totp() makes ten, auth.take_code() uses each up once. Nobody else reads here.';
