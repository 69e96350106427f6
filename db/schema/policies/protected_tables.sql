select context.close_table('tenancy.protected_tables');

-- The owner's reach: migrations protect tables, and so does a replay of db/schema.
create policy "migrations remember what they protect" on tenancy.protected_tables
    for all to rowhouse_owner using (true) with check (true);
comment on policy "migrations remember what they protect" on tenancy.protected_tables is
    'tenancy.protect() writes what it was asked for; tenancy.protect_again() does it anew after an upgrade.';
