select context.close_table('auth.recovery_codes');

-- The definer's reach: sign-in.
grant select, insert, update, delete on auth.recovery_codes to rowhouse_definer;
create policy "sign-in keeps recovery codes" on auth.recovery_codes
    for all to rowhouse_definer using (true) with check (true);
comment on policy "sign-in keeps recovery codes" on auth.recovery_codes is
    'auth.confirm_totp() and auth.add_passkey() make ten, auth.take_code() uses each up once; they go with the last second factor (auth.remove_totp(), context.remove_passkey_of_caller()).';
