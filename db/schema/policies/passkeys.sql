select context.close_table('auth.passkeys');

-- The definer's reach: signing in with a passkey, listing, renaming and removing.
grant select, insert, update, delete on auth.passkeys to rowhouse_definer;
create policy "sign-in keeps the passkeys" on auth.passkeys
    for all to rowhouse_definer using (true) with check (true);
comment on policy "sign-in keeps the passkeys" on auth.passkeys is
    'auth.add_passkey() makes them, auth.begin_passkey() and auth.use_passkey() find the one that is shown; context.passkeys_of_caller() shows the caller''s own, context.rename_passkey_of_caller() and context.remove_passkey_of_caller() change them.';
