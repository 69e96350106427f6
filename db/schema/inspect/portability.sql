-- What would stop, or take a step, to distribute the tables by tenant with Citus.
--
-- blocks: has to be changed first. step: the distribution does it, mechanically. note: good to know.
create or replace view inspect.portability with (security_invoker = true) as
    with tables as (
        select relation.*, tenant.atttypid as tenant_type, tenant.attnotnull as tenant_not_null
        from inspect.tables as relation
        left join pg_catalog.pg_attribute as tenant
            on tenant.attrelid = relation.relation and tenant.attname = (select inspect.tenant_column()) and not tenant.attisdropped
        where relation.kind in ('table', 'partitioned table') and not relation.is_partition
    )
    select key.table_name as object, 'key'::text as kind, 'blocks'::text as severity,
        format('%s key %s does not hold %s', key.kind, key.key_name, inspect.tenant_column()) as finding,
        format('put %s into it: (%s, %s)', inspect.tenant_column(), inspect.tenant_column(), array_to_string(key.columns, ', ')) || ', or keep the table on the coordinator' as remedy
    from inspect.keys as key join tables on tables.table_name = key.table_name
    where key.kind <> 'foreign' and key.tenant_place is null
    union all
    select key.table_name, 'foreign key', 'blocks',
        format('foreign key %s to %s does not pair the tenant columns', key.key_name, key.refers_to),
        'a foreign key between distributed tables has to hold the tenant on both sides'
    from inspect.keys as key join tables on tables.table_name = key.table_name
    where key.kind = 'foreign' and not key.within_tenant
    union all
    select key.table_name, 'foreign key', 'step',
        format('foreign key %s refers to %s, which has no tenant', key.key_name, key.refers_to),
        format('make %s a reference table first', key.refers_to)
    from inspect.keys as key
    join inspect.tables as target on target.table_name = key.refers_to and not target.has_tenant
    where key.kind = 'foreign'
    union all
    select tables.table_name, 'foreign key', 'blocks',
        format('foreign key %s points from a table of no tenant into a distributed one', constrained.conname),
        'drop it, or give the table the tenant'
    from pg_catalog.pg_constraint as constrained
    join tables on tables.relation = constrained.conrelid and not tables.has_tenant
    join tables as target on target.relation = constrained.confrelid and target.has_tenant
    where constrained.contype = 'f'
    union all
    select table_name, 'tenant column', 'blocks',
        format('%s is %s here, and %s in most tables', inspect.tenant_column(), format_type(tenant_type, null), format_type(usual, null)),
        'tables are colocated only if their tenant columns have one type'
    from tables, (select mode() within group (order by tenant_type) as usual from tables where has_tenant) as types
    where tenant_type <> usual
    union all
    select table_name, 'tenant column', 'blocks', inspect.tenant_column() || ' may be null', 'a row without tenant has no shard: set not null, or keep the table on the coordinator'
    from tables where has_tenant and not tenant_not_null
    union all
    select policy.table_name || ': ' || policy.policy_name, 'policy', 'blocks', 'the policy reads another table', 'let it read the row''s own columns and functions only'
    from inspect.policy_list as policy join tables on tables.relation = policy.relation and tables.has_tenant
    where concat_ws(' ', policy.using_expression, policy.check_expression) ~* '\mfrom\s+["\w]'
    union all
    select table_name, 'policy', 'step',
        format('%s policies call functions in scalar subselects', count(*)),
        'Citus refuses the subselect and the bare call works there: unwrap (select f()) when the table is distributed'
    from (
        select policy.table_name from inspect.policy_list as policy join tables on tables.relation = policy.relation and tables.has_tenant
        where concat_ws(' ', policy.using_expression, policy.check_expression) ~ '\( SELECT '
            and concat_ws(' ', policy.using_expression, policy.check_expression) !~* '\mfrom\s+["\w]'
    ) as wrapped
    group by table_name
    union all
    select tables.table_name, 'trigger', case when trigger.tgtype & 1 = 0 and trigger.tgtype & 32 = 0 or trigger.tgnewtable is not null or trigger.tgoldtable is not null then 'blocks' else 'step' end,
        format('trigger %s', trigger.tgname),
        case when trigger.tgnewtable is not null or trigger.tgoldtable is not null then 'transition tables do not work on shards: make it a row trigger'
            when trigger.tgtype & 1 = 0 and trigger.tgtype & 32 = 0 then 'a statement trigger fires once for each shard: make it a row trigger'
            when trigger.tgdeferrable then 'set citus.enable_unsafe_triggers; deferred, it may touch colocated rows only'
            else 'set citus.enable_unsafe_triggers; it may touch colocated tables only' end
    from pg_catalog.pg_trigger as trigger
    join tables on tables.relation = trigger.tgrelid and tables.has_tenant
    where not trigger.tgisinternal
    union all
    select relation.table_name, 'inheritance', 'blocks', 'a child of ' || relation.child_of || ' that is no partition', 'use partitions'
    from inspect.tables as relation where relation.child_of is not null and not relation.is_partition
    union all
    select relation.table_name, 'rule', 'blocks', 'rule ' || rule.rulename, 'use a trigger or a function'
    from pg_catalog.pg_rewrite as rule join inspect.tables as relation on relation.relation = rule.ev_class
    where rule.rulename <> '_RETURN'
    union all
    select function.function_name, 'function', 'blocks', 'it sets a session variable with set_config()', 'only execute ''set local …'' reaches the workers'
    from inspect.functions as function join pg_catalog.pg_proc as routine on routine.oid = function.routine
    where routine.prosrc ~* '\mset_config\s*\(' and function.schema_name <> 'inspect'
    union all
    select table_name, 'table', 'note', 'it has no ' || inspect.tenant_column(), 'it becomes a reference table, or stays on the coordinator'
    from tables where not has_tenant;
comment on view inspect.portability is
    'What stands between this schema and a distribution by tenant on Citus: blocks, step or note.';
comment on column inspect.portability.object is 'The table, policy or function.';
comment on column inspect.portability.kind is 'key, foreign key, tenant column, policy, trigger, inheritance, rule, function or table.';
comment on column inspect.portability.severity is 'blocks: change it first. step: the distribution does it. note: good to know.';
comment on column inspect.portability.finding is 'What is there.';
comment on column inspect.portability.remedy is 'What to do.';
