select context.close_table('auth.totp_factors');

-- The definer's reach: sign-in.
grant select, insert, update, delete on auth.totp_factors to rowhouse_definer;
create policy "sign-in keeps second factors" on auth.totp_factors
    for all to rowhouse_definer using (true) with check (true);
comment on policy "sign-in keeps second factors" on auth.totp_factors is
    'auth.enrol_totp(), confirm_totp() and remove_totp(); auth.take_code() notes the step that was used. Nobody else reads here.';
