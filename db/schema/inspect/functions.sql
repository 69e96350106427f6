-- Every function of the inspected schemas: as whom it runs, and who may run it.
create or replace view inspect.functions with (security_invoker = true) as
    select
        routine.oid as routine,
        format('%I.%I(%s)', namespace.nspname, routine.proname, pg_catalog.pg_get_function_identity_arguments(routine.oid)) as function_name,
        namespace.nspname::text as schema_name,
        case routine.prokind when 'f' then 'function' when 'p' then 'procedure' when 'a' then 'aggregate' else 'window' end as kind,
        language.lanname::text as language,
        pg_catalog.pg_get_userbyid(routine.proowner)::text as owner_name,
        case routine.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end as volatility,
        case when routine.prosecdef then 'definer' else 'invoker' end as security,
        coalesce(
            (select nullif(trim(both '"' from substr(setting, 13)), '') from unnest(routine.proconfig) as setting where setting like 'search_path=%'),
            case when exists (select from unnest(routine.proconfig) as setting where setting like 'search_path=%') then '(empty)'
                when routine.prosqlbody is not null then '(bound)' end
        ) as search_path,
        routine.proleakproof as leakproof,
        array(
            select case entry.grantee when 0 then 'public' else pg_catalog.pg_get_userbyid(entry.grantee)::text end
            from aclexplode(coalesce(routine.proacl, acldefault('f', routine.proowner))) as entry
            where entry.privilege_type = 'EXECUTE' and entry.grantee <> routine.proowner
            order by 1
        ) as executable_by,
        array(
            select format('%I on %s', policy.polname, policy.polrelid::regclass)
            from pg_catalog.pg_depend
            join pg_catalog.pg_policy as policy on policy.oid = objid
            where classid = 'pg_catalog.pg_policy'::regclass
                and refclassid = 'pg_catalog.pg_proc'::regclass and refobjid = routine.oid
            group by policy.polname, policy.polrelid
            order by 1
        ) as used_by_policies,
        array(
            select format('%I on %s', trigger.tgname, trigger.tgrelid::regclass)
            from pg_catalog.pg_trigger as trigger
            where trigger.tgfoid = routine.oid and not trigger.tgisinternal and trigger.tgparentid = 0
            order by 1
        ) as used_by_triggers,
        pg_catalog.obj_description(routine.oid, 'pg_proc') as comment
    from pg_catalog.pg_proc as routine
    join pg_catalog.pg_namespace as namespace on namespace.oid = routine.pronamespace
    join pg_catalog.pg_language as language on language.oid = routine.prolang
    -- The desk's own functions that run as their owner are no exception.
    where (namespace.nspname = any((select inspect.schemas())::text[]) or namespace.nspname = 'inspect' and routine.prosecdef)
        and not exists (
            select from pg_catalog.pg_depend
            where classid = 'pg_catalog.pg_proc'::regclass and objid = routine.oid and deptype = 'e'
        );
comment on view inspect.functions is
    'Functions and procedures of the inspected schemas (extensions'' own are left out): volatility, security, search path, and who may execute them.';
comment on column inspect.functions.routine is 'The function''s oid.';
comment on column inspect.functions.function_name is 'Schema, name and arguments.';
comment on column inspect.functions.schema_name is 'The schema.';
comment on column inspect.functions.kind is 'function, procedure, aggregate or window.';
comment on column inspect.functions.language is 'The language it is written in.';
comment on column inspect.functions.owner_name is 'Whose it is; a definer function runs with their rights.';
comment on column inspect.functions.volatility is 'immutable, stable or volatile.';
comment on column inspect.functions.security is 'definer: runs as its owner; invoker: as its caller.';
comment on column inspect.functions.search_path is 'The pinned search path; (empty); (bound) for a body bound when it was made; null: the caller''s.';
comment on column inspect.functions.leakproof is 'Declared leakproof: it may run before the policies.';
comment on column inspect.functions.executable_by is 'Who may execute it besides its owner; public is everybody.';
comment on column inspect.functions.used_by_policies is 'The policies that call it.';
comment on column inspect.functions.used_by_triggers is 'The triggers that it is.';
comment on column inspect.functions.comment is 'What its comment says.';
