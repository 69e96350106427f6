select context.close_table('context.access_as_migrated');

-- The definer's reach: readiness.
grant select, insert, delete on context.access_as_migrated to rowhouse_definer;
create policy "migrations remember how access is decided" on context.access_as_migrated
    for all to rowhouse_definer using (true) with check (true);
comment on policy "migrations remember how access is decided" on context.access_as_migrated is
    'context.record_access() writes, context.access_drift() reads; both belong to the definer.';
