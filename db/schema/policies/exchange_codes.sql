select context.close_table('auth.exchange_codes');

-- The definer's reach: signing in with a provider, and expiry.
grant select, insert, delete on auth.exchange_codes to rowhouse_definer;
create policy "signing in with a provider keeps its codes" on auth.exchange_codes
    for all to rowhouse_definer using (true) with check (true);
comment on policy "signing in with a provider keeps its codes" on auth.exchange_codes is
    'auth.keep_code() gives them out, auth.take_exchange_code() takes them back; jobs.expire_exchange_codes() forgets those that nobody brought.';
