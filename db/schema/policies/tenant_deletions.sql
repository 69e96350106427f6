select context.close_table('auth.tenant_deletions');

-- The definer's reach: tenants that are to be erased.
grant select, insert, update, delete on auth.tenant_deletions to rowhouse_definer;
create policy "deletion keeps which tenants it waits for" on auth.tenant_deletions
    for all to rowhouse_definer using (true) with check (true);
comment on policy "deletion keeps which tenants it waits for" on auth.tenant_deletions is
    'context.close_tenant() and auth.begin_erasure() put them here, auth.resume_tenant() and auth.restore_tenant() take them out, jobs.erase_tenant() erases.';
