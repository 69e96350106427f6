/** Privileges of an aclitem[] as {grantee: {privilege: true}}; whoever may pass one on has "<privilege> with grant option". */
const granted = (acl: string, owner: string): string => `
  coalesce((
    select jsonb_object_agg(grantee, privileges)
    from (
      select case grantee when 0 then 'public' else pg_get_userbyid(grantee)::text end as grantee,
        jsonb_object_agg(lower(privilege_type) || case when is_grantable then ' with grant option' else '' end, true) as privileges
      from aclexplode(${acl}) where grantee <> ${owner}
      group by grantee
    ) as every
  ), '{}')`;

/** One row, one column: the snapshot, unsorted. */
export const SNAPSHOT_QUERY = `
  with relations as (
    select relation.*, class.relacl, class.relowner, class.reloptions
    from inspect.tables as relation join pg_catalog.pg_class as class on class.oid = relation.relation
    where not (
      relation.is_partition and relation.row_security and relation.forced
      and not exists (select from aclexplode(class.relacl) where grantee <> class.relowner)
      and not exists (select from pg_catalog.pg_policy where polrelid = relation.relation)
    )
  ),
  column_grants as (
    select relation, grantee, jsonb_object_agg(privilege, columns) as privileges
    from (
      select attrelid as relation, case grantee when 0 then 'public' else pg_get_userbyid(grantee)::text end as grantee,
        lower(privilege_type) || case when is_grantable then ' with grant option' else '' end as privilege,
        jsonb_agg(attname order by attname) as columns
      from pg_catalog.pg_attribute cross join aclexplode(attacl)
      where attrelid in (select relation from relations) and not attisdropped
      group by attrelid, grantee, privilege_type, is_grantable
    ) as every
    group by relation, grantee
  ),
  relation_grants as (
    select relation, jsonb_object_agg(grantee, privileges) as grants
    from (
      -- A privilege on the whole table says more than one on its columns.
      select relation, grantee, coalesce(by_column.privileges, '{}') || coalesce(whole.privileges, '{}') as privileges
      from (
        select relations.relation, granted.key as grantee, granted.value as privileges
        from relations cross join jsonb_each(${granted("relacl", "relowner")}) as granted
      ) as whole
      full join column_grants as by_column using (relation, grantee)
    ) as every
    group by relation
  ),
  routines as (
    select function.*, routine.prosrc, routine.prosqlbody, routine.proowner
    from inspect.functions as function join pg_catalog.pg_proc as routine on routine.oid = function.routine
    where function.security = 'definer' or function.leakproof or cardinality(function.used_by_policies) > 0
  ),
  schemas as (
    select nspname::text as name, nspowner, nspacl from pg_catalog.pg_namespace where nspname = any (inspect.schemas())
  ),
  named as (
    select owner_name as role from relations union select owner_name from routines
    union select pg_get_userbyid(nspowner) from schemas
    union select jsonb_object_keys(grants) from relation_grants
    union select unnest(executable_by) from routines
    union select unnest(roles) from inspect.policy_list
    union select jsonb_object_keys(${granted("nspacl", "nspowner")}) from schemas
  ),
  -- And whoever may act as one of them.
  acting as (
    select role.oid, role.rolname from pg_catalog.pg_roles as role
    where not role.rolsuper and exists (
      select from named join pg_catalog.pg_roles as target on target.rolname = named.role
      where not target.rolsuper and pg_has_role(role.oid, target.oid, 'MEMBER')
    )
  )
  select jsonb_build_object(
    'format', 1,
    'schemas', coalesce((
      select jsonb_object_agg(name, jsonb_build_object('owner', pg_get_userbyid(nspowner), 'grants', ${granted("nspacl", "nspowner")}))
      from schemas
    ), '{}'),
    'relations', coalesce((
      select jsonb_object_agg(table_name, jsonb_build_object(
        'kind', kind, 'owner', owner_name, 'rowSecurity', row_security, 'forced', forced,
        'securityInvoker', case when kind = 'view' then coalesce(
          (select setting ~ '=(true|on|yes|1)$' from unnest(reloptions) as setting where setting like 'security_invoker=%'), false) end,
        'definition', case
          when kind = 'materialised view' or kind = 'view' and not coalesce(
            (select setting ~ '=(true|on|yes|1)$' from unnest(reloptions) as setting where setting like 'security_invoker=%'), false)
          then encode(sha256(convert_to(pg_get_viewdef(relations.relation), 'UTF8')), 'hex') end,
        'grants', coalesce(relation_grants.grants, '{}'),
        'policies', coalesce((
          select jsonb_object_agg(policy_name, jsonb_build_object(
            'permissive', permissive, 'command', command, 'roles', to_jsonb(roles),
            'using', using_expression, 'check', check_expression, 'comment', policy.comment))
          from inspect.policy_list as policy where policy.relation = relations.relation
        ), '{}')
      ))
      from relations left join relation_grants using (relation)
    ), '{}'),
    'functions', coalesce((
      select jsonb_object_agg(function_name, jsonb_build_object(
        'owner', owner_name, 'security', security, 'searchPath', search_path, 'leakproof', leakproof,
        'executableBy', to_jsonb(executable_by), 'usedByPolicies', cardinality(used_by_policies) > 0,
        'body', encode(sha256(convert_to(language || ' ' || coalesce(pg_get_function_sqlbody(routine), prosrc), 'UTF8')), 'hex')))
      from routines
    ), '{}'),
    'roles', coalesce((
      select jsonb_object_agg(rolname, jsonb_build_object(
        'login', rolcanlogin, 'superuser', rolsuper, 'bypassRls', rolbypassrls, 'createRole', rolcreaterole, 'replication', rolreplication,
        'memberOf', coalesce((
          select jsonb_object_agg(granted, gives) from (
            select pg_get_userbyid(roleid)::text as granted, to_jsonb(array_remove(array[
              case when bool_or(admin_option) then 'admin' end,
              case when bool_or(coalesce((to_jsonb(membership) ->> 'inherit_option')::boolean, rolinherit)) then 'inherit' end,
              case when bool_or(coalesce((to_jsonb(membership) ->> 'set_option')::boolean, true)) then 'set' end
            ], null)) as gives
            from pg_catalog.pg_auth_members as membership
            where member = role.oid
            group by roleid
          ) as every
        ), '{}')))
      from pg_catalog.pg_roles as role
      where role.oid in (select oid from acting) or rolsuper and rolname in (select owner_name from relations)
    ), '{}'),
    'defaultPrivileges', coalesce((
      select jsonb_object_agg(place, grants) from (
        select format('%s of %s%s', case defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
            when 'T' then 'types' when 'n' then 'schemas' else 'large objects' end,
          pg_get_userbyid(defaclrole), coalesce(' in ' || nspname, '')) as place,
          ${granted("defaclacl", "defaclrole")} as grants
        from pg_catalog.pg_default_acl left join pg_catalog.pg_namespace as home on home.oid = defaclnamespace
        where nspname is null and pg_get_userbyid(defaclrole) in (select role from named) or nspname = any (inspect.schemas())
      ) as every
    ), '{}')
  ) as snapshot`;
