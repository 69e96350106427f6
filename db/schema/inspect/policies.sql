-- What row security says, table by table: for each role that a policy or a grant names, the effective predicate.
create or replace view inspect.policies with (security_invoker = true) as
    select
        relation.table_name,
        role.rolname::text as role_name,
        command.name as command,
        security.state as row_security,
        case
            when command.name = 'insert' then null
            when security.state <> 'holds' then 'true'
            else inspect.effective(relation.relation, role.oid, command.name, 'using')
        end as using_expression,
        case
            when command.name not in ('insert', 'update') then null
            when security.state <> 'holds' then 'true'
            else inspect.effective(relation.relation, role.oid, command.name, 'check')
        end as check_expression,
        case
            when command.name = 'select' then null
            when security.state <> 'holds' then 'true'
            else inspect.effective(relation.relation, role.oid, 'select', 'using')
        end as reading_expression,
        declared.permissions,
        declared.policies,
        declared.comments,
        case
            when security.state = 'off' then 'row security is off: grants alone decide'
            when security.state = 'bypassed' then 'the role is not held by row security at all'
            when security.state = 'not forced' then 'owners are not held by row security until it is forced'
            when not declared.any_permissive then 'no permissive policy: nothing is there, and nothing can be written'
            when command.name = 'insert' then 'with RETURNING or ON CONFLICT the new row must also satisfy reading_expression; ON CONFLICT DO UPDATE also the update''s using and check'
            when command.name = 'update' then 'with WHERE or RETURNING on columns of the table both old and new row must also satisfy reading_expression'
            when command.name = 'delete' then 'with WHERE or RETURNING on columns of the table the row must also satisfy reading_expression'
            else 'SELECT … FOR UPDATE or FOR SHARE must also satisfy the update''s using_expression'
        end as note
    from inspect.tables as relation
    cross join pg_catalog.pg_roles as role
    cross join (values ('select', 'r', 1), ('insert', 'a', 2), ('update', 'w', 3), ('delete', 'd', 4)) as command (name, letter, place)
    cross join lateral (select inspect.row_security_of(relation.relation, role.oid) as state) as security
    cross join lateral (
        select
            coalesce(array_agg(declaration.policy_name order by declaration.permissive, declaration.policy_name), '{}') as policies,
            coalesce(array_agg(declaration.comment order by declaration.permissive, declaration.policy_name), '{}') as comments,
            array(
                select distinct permission
                from inspect.policy_list as asking cross join unnest(asking.permissions) as permission
                where asking.policy = any (array_agg(declaration.policy))
                order by 1
            ) as permissions,
            coalesce(bool_or(declaration.permissive), false) as any_permissive
        from inspect.policy_list as declaration
        where declaration.relation = relation.relation
            and declaration.command in ('all', command.name)
            and exists (
                select from unnest(declaration.role_oids) as target
                where target = 0 or pg_catalog.pg_has_role(role.oid, target, 'USAGE')
            )
    ) as declared
    where relation.kind in ('table', 'partitioned table')
        and not role.rolsuper and role.rolname !~ '^pg_'
        and (
            exists (
                select from inspect.policy_list as declaration cross join unnest(declaration.role_oids) as target
                where declaration.relation = relation.relation and target <> 0 and pg_catalog.pg_has_role(role.oid, target, 'USAGE')
            )
            or pg_catalog.has_any_column_privilege(role.oid, relation.relation, 'select, insert, update')
            or pg_catalog.has_table_privilege(role.oid, relation.relation, 'delete')
        );
comment on view inspect.policies is
    'Table × role × command: the predicate that row security puts there. What grants leave of it is in inspect.access. Superusers are in inspect.bypasses.';
comment on column inspect.policies.table_name is 'The table.';
comment on column inspect.policies.role_name is 'A role that a policy or a grant reaches, directly or by inheritance.';
comment on column inspect.policies.command is 'select, insert, update or delete.';
comment on column inspect.policies.row_security is 'holds, off, bypassed or not forced: see inspect.row_security_of().';
comment on column inspect.policies.using_expression is 'Which rows the command finds.';
comment on column inspect.policies.check_expression is 'Which new rows it may leave behind; others raise 42501.';
comment on column inspect.policies.reading_expression is 'What rows must satisfy as well where the statement also reads them; see note.';
comment on column inspect.policies.permissions is 'The permissions that the policies ask for.';
comment on column inspect.policies.policies is 'The policies that say so, restrictive ones first.';
comment on column inspect.policies.comments is 'Why they are there, in the same order.';
comment on column inspect.policies.note is 'What PostgreSQL adds to it.';
