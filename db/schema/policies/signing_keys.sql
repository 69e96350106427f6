select context.close_table('auth.signing_keys');

-- The definer's reach: issuing tokens, and rotation.
grant select, insert, update, delete on auth.signing_keys to rowhouse_definer;
create policy "token issuing keeps its keys" on auth.signing_keys
    for all to rowhouse_definer using (true) with check (true);
comment on policy "token issuing keeps its keys" on auth.signing_keys is
    'auth.list_signing_keys() and auth.install_signing_key(). The private halves are encrypted under a master key that is not in the database.';
