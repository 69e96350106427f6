-- Lets the erasure of a tenant reach a table: rows of the tenant that is being erased, and no others. Called for every table
-- with a tenant_id when the policies are in place; for a table of one's own, in the migration that makes it.
create or replace function context.open_to_erasure(target regclass) returns void
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
begin
    execute format('grant select, delete on %s to rowhouse_definer', target);
    execute format('drop policy if exists "the erasure finds what its tenant owns" on %s', target);
    execute format(
        'create policy "the erasure finds what its tenant owns" on %s for select to rowhouse_definer '
        'using (tenant_id = (select context.tenant_in_erasure()))', target);
    execute format(
        'comment on policy "the erasure finds what its tenant owns" on %s is %L', target,
        'jobs.erase_tenant(): a delete has to find its rows. No tenant is there to be found but the one whose erasure has begun.');
    execute format('drop policy if exists "an erased tenant takes along what it owns" on %s', target);
    execute format(
        'create policy "an erased tenant takes along what it owns" on %s for delete to rowhouse_definer '
        'using (tenant_id = (select context.tenant_in_erasure()))', target);
    execute format(
        'comment on policy "an erased tenant takes along what it owns" on %s is %L', target,
        'jobs.erase_tenant(), once the grace is over and nothing brings the tenant back.');
end
$$;
comment on function context.open_to_erasure(regclass) is
    'Lets jobs.erase_tenant() delete the rows of the tenant that is being erased from a table.';
