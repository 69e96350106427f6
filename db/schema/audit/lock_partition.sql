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
    -- How many different values there are of what has no statistics: of two filters the planner then takes the index of the one that
    -- finds less. Constants, because what is counted would tell of other tenants. Without them it takes each for one of two hundred,
    -- and may look for a request among all that was ever inserted.
    perform pg_catalog.pg_restore_attribute_stats(
        'schemaname', 'audit', 'relname', relation.relname::text, 'attname', usual.name, 'inherited', false,
        'null_frac', 0::real, 'avg_width', 16, 'n_distinct', usual.different::real)
    from pg_catalog.pg_class as relation
    cross join (values
        -- More actions than there are: one looks for the rare ones, and the frequent ones are found at once by whatever index.
        ('action', 500), ('severity', 5), ('actor_kind', 6), ('table_name', 20),
        -- A share of the rows
        ('row_id', -0.2), ('request_id', -0.2)
    ) as usual (name, different)
    where relation.oid = partition;
end
$$;
comment on function audit.lock_partition(regclass) is
    'Shuts the direct way into a partition: no grants, row security without a policy, no rewriting, no values in the statistics, but how many there usually are. Planned for its largest tenant.';
