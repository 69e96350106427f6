-- How every policy file begins: whatever the table allowed before, it now allows nothing, to anybody. What
-- follows in the file is therefore the whole truth.
create or replace function context.close_table(target regclass) returns void
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    policy name;
begin
    for policy in select polname from pg_catalog.pg_policy where polrelid = target loop
        execute format('drop policy %I on %s', policy, target);
    end loop;
    execute format('alter table %s enable row level security', target);
    execute format('alter table %s force row level security', target);
    execute format(
        'revoke all on %s from public, rowhouse_app, rowhouse_auth, rowhouse_worker, rowhouse_definer, rowhouse_auditor',
        target
    );
    perform context.keep_no_values(target);
    perform context.plan_for_largest(target, 'tenant_id');
end
$$;
comment on function context.close_table(regclass) is
    'Drops every policy, forces row security, revokes every grant of a table, keeps its values out of the statistics and has it be planned for its largest tenant: the beginning of each policy file.';
