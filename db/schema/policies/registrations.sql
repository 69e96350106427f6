select context.close_table('auth.registrations');

-- The definer's reach: registration.
grant select, insert, delete on auth.registrations to rowhouse_definer;
create policy "registration keeps what is not verified yet" on auth.registrations
    for all to rowhouse_definer using (true) with check (true);
comment on policy "registration keeps what is not verified yet" on auth.registrations is
    'auth.register(), auth.invite(), auth.upgrade_guest() and auth.verify_email(); a registration goes with its mail.';
