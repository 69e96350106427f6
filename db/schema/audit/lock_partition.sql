-- A partition that is queried directly ignores its parent's policies and triggers: it gets its own.
create or replace function audit.lock_partition(partition regclass) returns void
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
begin
    execute format('alter table %s enable row level security', partition);
    execute format('alter table %s force row level security', partition);
    execute format('revoke all on %s from public, rowhouse_app, rowhouse_auth, rowhouse_worker, rowhouse_definer, rowhouse_auditor', partition);
    execute format(
        'create or replace trigger only_grows before update or delete or truncate on %s '
        'for each statement execute function audit.refuse_change()',
        partition
    );
    perform context.keep_no_values(partition);
    perform context.plan_for_largest(partition, 'tenant_id');
end
$$;
comment on function audit.lock_partition(regclass) is
    'Shuts the direct way into a partition: no grants, row security without a policy, no rewriting, no values in the statistics. Planned for its largest tenant.';
