-- Every policy as it was declared, one row each.
create or replace view inspect.policy_list with (security_invoker = true) as
    select
        policy.oid as policy,
        relation.relation,
        relation.table_name,
        policy.polname::text as policy_name,
        policy.polpermissive as permissive,
        case policy.polcmd
            when '*' then 'all' when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete'
        end as command,
        array(
            select case target when 0 then 'public' else pg_catalog.pg_get_userbyid(target)::text end
            from unnest(policy.polroles) as target order by 1
        ) as roles,
        policy.polroles as role_oids,
        inspect.expression(policy.polqual, policy.polrelid) as using_expression,
        inspect.expression(policy.polwithcheck, policy.polrelid) as check_expression,
        -- PostgreSQL checks new rows of UPDATE and ALL policies by USING where no check was written.
        case when policy.polcmd in ('*', 'a', 'w')
            then inspect.expression(coalesce(policy.polwithcheck, policy.polqual), policy.polrelid)
        end as effective_check,
        inspect.permissions_in(concat_ws(
            ' ', inspect.expression(policy.polqual, policy.polrelid), inspect.expression(policy.polwithcheck, policy.polrelid)
        )) as permissions,
        pg_catalog.obj_description(policy.oid, 'pg_policy') as comment
    from pg_catalog.pg_policy as policy
    join inspect.tables as relation on relation.relation = policy.polrelid;
comment on view inspect.policy_list is 'Every policy as it was declared. What policies mean together is in inspect.policies.';
comment on column inspect.policy_list.policy is 'The policy''s oid.';
comment on column inspect.policy_list.relation is 'The table''s oid.';
comment on column inspect.policy_list.table_name is 'The table.';
comment on column inspect.policy_list.policy_name is 'The policy''s name.';
comment on column inspect.policy_list.permissive is 'True: one of those of which one must hold. False: restrictive, must hold whatever the others say.';
comment on column inspect.policy_list.command is 'all, select, insert, update or delete.';
comment on column inspect.policy_list.roles is 'Whom it is for; public is everybody. Members who inherit a role are held by its policies.';
comment on column inspect.policy_list.role_oids is 'The same as oids; 0 is public.';
comment on column inspect.policy_list.using_expression is 'Which rows are there; can be run as it stands.';
comment on column inspect.policy_list.check_expression is 'Which new rows may be written, as declared.';
comment on column inspect.policy_list.effective_check is 'Which new rows may be written: USING where an update or all policy declares no check.';
comment on column inspect.policy_list.permissions is 'The permissions that it asks for.';
comment on column inspect.policy_list.comment is 'Why it is there.';
