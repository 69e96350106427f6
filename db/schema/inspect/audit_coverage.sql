-- Whether changes of a table leave a trace: which commands a trigger of the trail watches.
--
-- A trigger of the trail is one whose function is in a schema, or whose name or function's name has a word, of an audit:
-- audit, history, journal, log, trail, track, version.
create or replace view inspect.audit_coverage with (security_invoker = true) as
    with trails as (
        select
            trigger.tgrelid as relation, trigger.tgname::text as trigger_name,
            format('%I.%I', namespace.nspname, routine.proname) as function_name,
            trigger.tgtype::integer as type,
            trigger.tgenabled <> 'D' as enabled,
            array_remove(string_to_array(encode(trigger.tgargs, 'escape'), '\000'), '') as arguments
        from pg_catalog.pg_trigger as trigger
        join pg_catalog.pg_proc as routine on routine.oid = trigger.tgfoid
        join pg_catalog.pg_namespace as namespace on namespace.oid = routine.pronamespace
        where not trigger.tgisinternal
            and concat_ws(' ', namespace.nspname, routine.proname, trigger.tgname) ~* '(\m|_)(audit\w*|history|journal|log(ged|s)?|trail|track\w*|version\w*)(\M|_)'
    )
    select
        relation.table_name,
        coalesce(bool_or(trails.enabled and trails.type & 4 > 0), false) as inserts,
        coalesce(bool_or(trails.enabled and trails.type & 16 > 0), false) as updates,
        coalesce(bool_or(trails.enabled and trails.type & 8 > 0), false) as deletes,
        coalesce(bool_or(trails.enabled and trails.type & 32 > 0), false) as truncates,
        coalesce(array_agg(distinct trails.function_name) filter (where trails.function_name is not null), '{}') as functions,
        case
            when count(trails.trigger_name) = 0 then 'no trace of any change'
            when not bool_or(trails.enabled) then 'its triggers are disabled'
            when bool_and(not (trails.enabled and trails.type & 4 > 0)) then 'inserts leave no trace'
            when bool_and(not (trails.enabled and trails.type & 16 > 0)) then 'updates leave no trace'
            when bool_and(not (trails.enabled and trails.type & 8 > 0)) then 'deletes leave no trace'
            when bool_and(not (trails.enabled and trails.type & 32 > 0)) then 'a truncate leaves no trace'
        end as gap
    from inspect.tables as relation
    left join trails on trails.relation = relation.relation
    where relation.kind in ('table', 'partitioned table') and not relation.is_partition
    group by relation.table_name;
comment on view inspect.audit_coverage is
    'Which changes of each table a trigger of the trail sees (a truncate may be seen by being refused). gap is null where all four are watched.';
comment on column inspect.audit_coverage.table_name is 'The table.';
comment on column inspect.audit_coverage.inserts is 'Whether inserts are watched.';
comment on column inspect.audit_coverage.updates is 'Whether updates are watched.';
comment on column inspect.audit_coverage.deletes is 'Whether deletes are watched.';
comment on column inspect.audit_coverage.truncates is 'Whether truncates are watched or refused.';
comment on column inspect.audit_coverage.functions is 'The functions that watch.';
comment on column inspect.audit_coverage.gap is 'What leaves no trace, if anything.';
