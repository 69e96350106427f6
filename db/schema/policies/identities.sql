select context.close_table('auth.identities');

-- The definer's reach: signing in with a provider, listing and unlinking.
grant select, insert, update, delete on auth.identities to rowhouse_definer;
create policy "sign-in keeps the identities" on auth.identities
    for all to rowhouse_definer using (true) with check (true);
comment on policy "sign-in keeps the identities" on auth.identities is
    'auth.exchange_code() finds and makes them, auth.link_identity() adds one; context.identities_of_caller() shows the caller''s own, context.unlink_identity_of_caller() takes one away.';
