-- Lets the erasure of a tenant reach a table: rows of the tenant that is being erased, and no others. Called for every table
-- with a tenant_id when the policies are in place; for a table of one's own, in the migration that makes it. Where a policy
-- of the table's own lets the definer do that already, it stays the only one.
create or replace function context.open_to_erasure(target regclass) returns void
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    wanted record;
begin
    execute format('grant select, delete on %s to rowhouse_definer', target);
    for wanted in select * from (values
        ('r', 'select', 'the erasure finds what its tenant owns',
            'jobs.erase_tenant(): a delete has to find its rows. No tenant is there to be found but the one whose erasure has begun.'),
        ('d', 'delete', 'an erased tenant takes along what it owns',
            'jobs.erase_tenant(), once the grace is over and nothing brings the tenant back.')
    ) as policy (letter, command, name, why) loop
        execute format('drop policy if exists %I on %s', wanted.name, target);
        continue when exists (
            select from pg_catalog.pg_policy as own
            where own.polrelid = target and own.polpermissive and own.polcmd in (wanted.letter::"char", '*')
                and own.polroles @> array['rowhouse_definer'::regrole::oid]
                and pg_catalog.pg_get_expr(own.polqual, own.polrelid) ~ '^true$|tenant_in_erasure'
        );
        execute format(
            'create policy %I on %s for %s to rowhouse_definer using (tenant_id = (select context.tenant_in_erasure()))',
            wanted.name, target, wanted.command);
        execute format('comment on policy %I on %s is %L', wanted.name, target, wanted.why);
    end loop;
end
$$;
comment on function context.open_to_erasure(regclass) is
    'Lets jobs.erase_tenant() delete the rows of the tenant that is being erased from a table.';
