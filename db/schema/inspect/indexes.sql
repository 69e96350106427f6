-- Every index of the inspected tables, seen from row security: the planner may use an index before the policies only if
-- its operators are leakproof. And the indexes that are missing.
create or replace view inspect.indexes with (security_invoker = true) as
    with parts as (
        select
            index.indexrelid, index.indrelid, part.place, part.attnum, class.opcfamily, class.opcintype,
            coalesce(quote_ident(attribute.attname), pg_catalog.pg_get_indexdef(index.indexrelid, part.place::integer, true)) as column_name,
            array(
                select distinct operator.oprname || '(' || format_type(operator.oprleft, null) || ',' || format_type(operator.oprright, null) || ')'
                from pg_catalog.pg_amop
                join pg_catalog.pg_operator as operator on operator.oid = amopopr
                join pg_catalog.pg_proc as routine on routine.oid = operator.oprcode
                where amopfamily = class.opcfamily and amoplefttype = class.opcintype and amoppurpose = 's'
                    and (amoprighttype = class.opcintype or class.opcmethod not in (select oid from pg_catalog.pg_am where amname in ('btree', 'hash')))
                    and not routine.proleakproof
                order by 1
            ) as leaky
        from pg_catalog.pg_index as index
        cross join unnest(string_to_array(index.indkey::text, ' ')::smallint[]) with ordinality as part (attnum, place)
        join pg_catalog.pg_opclass as class
            on class.oid = (string_to_array(index.indclass::text, ' ')::oid[])[part.place]
        left join pg_catalog.pg_attribute as attribute
            on attribute.attrelid = index.indrelid and attribute.attnum = part.attnum and part.attnum <> 0
        where part.place <= index.indnkeyatts
    ),
    existing as (
        select
            relation.relation, relation.table_name, format('%I.%I', index_namespace.nspname, index_class.relname) as index_name,
            array(select column_name from parts where parts.indexrelid = index.indexrelid order by place) as columns,
            array(select attnum from parts where parts.indexrelid = index.indexrelid order by place) as attnums,
            array(select column_name || ' ' || array_to_string(leaky, ' ') from parts where parts.indexrelid = index.indexrelid and cardinality(leaky) > 0 order by place) as not_leakproof,
            array(
                select distinct routine.oid::regprocedure::text
                from regexp_matches(index.indexprs::text || coalesce(index.indpred::text, ''), ':(?:opfuncid|funcid) (\d+)', 'g') as called
                join pg_catalog.pg_proc as routine on routine.oid = called[1]::oid
                where not routine.proleakproof
            ) as leaky_functions,
            relation.row_security, relation.has_tenant, index.indpred is null as total, index.indisvalid
        from pg_catalog.pg_index as index
        join inspect.tables as relation on relation.relation = index.indrelid
        join pg_catalog.pg_class as index_class on index_class.oid = index.indexrelid
        join pg_catalog.pg_namespace as index_namespace on index_namespace.oid = index_class.relnamespace
    )
    select
        existing.table_name,
        existing.index_name,
        'index'::text as kind,
        existing.columns,
        existing.columns[1] = quote_ident(inspect.tenant_column()) as begins_with_tenant,
        existing.not_leakproof,
        case
            when not existing.indisvalid then 'the index is invalid and not used'
            when existing.row_security and cardinality(existing.not_leakproof) > 0
                then 'under row security the planner cannot use ' || array_to_string(existing.not_leakproof, ', ') || ': not leakproof'
            when existing.row_security and cardinality(existing.leaky_functions) > 0
                then 'under row security the planner cannot use its expression: ' || array_to_string(existing.leaky_functions, ', ') || ' is not leakproof'
        end as risk
    from existing
    union all
    -- A foreign key without an index of its own columns: every delete at the other end reads the whole table.
    select
        relation.table_name, null, 'missing for foreign key',
        array(
            select quote_ident(attname) from unnest(key.conkey) with ordinality as part (attnum, place)
            join pg_catalog.pg_attribute on attrelid = key.conrelid and pg_attribute.attnum = part.attnum order by place
        ),
        null, null,
        format('foreign key %s has no index that begins with its columns', quote_ident(key.conname))
    from pg_catalog.pg_constraint as key
    join inspect.tables as relation on relation.relation = key.conrelid
    where key.contype = 'f' and key.conparentid = 0
        and not exists (
            select from existing
            where existing.relation = key.conrelid and existing.total
                and existing.attnums[1:cardinality(key.conkey)] @> key.conkey
                and existing.attnums[1:cardinality(key.conkey)] <@ key.conkey
        )
    union all
    -- A column that a policy compares and no index begins with: each query under row security reads the whole table.
    select distinct on (relation.table_name, attribute.attname)
        relation.table_name, null, 'missing for policy', array[quote_ident(attribute.attname)], null::boolean, null::text[],
        format('no index begins with %s, which the policy "%s" compares', quote_ident(attribute.attname), policy.policy_name)
    from inspect.policy_list as policy
    join inspect.tables as relation on relation.relation = policy.relation
    join pg_catalog.pg_attribute as attribute
        on attribute.attrelid = policy.relation and attribute.attnum > 0 and not attribute.attisdropped
    where policy.using_expression ~ ('(?<![\w."])' || regexp_replace(quote_ident(attribute.attname), '(\W)', '\\\1', 'g') || ' = [(]?')
        and attribute.attname = (select inspect.tenant_column())
        and not exists (
            select from existing where existing.relation = policy.relation and existing.total and existing.attnums[1] = attribute.attnum
        );
comment on view inspect.indexes is
    'Indexes of the inspected tables, which of their operators row security keeps from being used, and indexes that are missing for a policy or a foreign key.';
comment on column inspect.indexes.table_name is 'The table.';
comment on column inspect.indexes.index_name is 'The index; null where it is missing.';
comment on column inspect.indexes.kind is 'index, missing for foreign key, or missing for policy.';
comment on column inspect.indexes.columns is 'Its columns in order; those it should have where it is missing.';
comment on column inspect.indexes.begins_with_tenant is 'Whether the tenant column comes first.';
comment on column inspect.indexes.not_leakproof is 'Columns whose search operators are not all leakproof, and those operators.';
comment on column inspect.indexes.risk is 'What is wrong, if anything.';
