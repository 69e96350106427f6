-- title: A role that requests run as may change the schema
-- level: info
-- rationale: "drop owned by" the role itself is one statement that any role may run: it takes all its grants and every policy that names
--   only it, and nothing in PostgreSQL's grants prevents it. An event trigger does.
-- mend: An event trigger on ddl_command_start, of a superuser, that refuses the roles requests run as.
select 'role ' || role::regrole as object,
    format('no event trigger keeps it from dropping what it owns and is granted (%s policies name it)',
        (select count(*) from inspect.checked_policies() where roles @> array[role])) as detail,
    format('create or replace function public.refuse_ddl() returns event_trigger language plpgsql as %L; '
        'create event trigger refuse_ddl on ddl_command_start execute function public.refuse_ddl();',
        format('begin if session_user in (%1$s) then raise insufficient_privilege; end if; end',
            (select string_agg(quote_literal(rolname), ', ') from pg_roles where oid = any((select inspect.api_role_ids())::oid[])))) as mend
from unnest((select inspect.api_role_ids())) as role
where not exists (
    select from pg_event_trigger
    join pg_roles on pg_roles.oid = evtowner and rolsuper
    join pg_proc as guard on guard.oid = evtfoid
    where evtevent = 'ddl_command_start' and evtenabled in ('O', 'A') and evttags is null
        and position(quote_literal(role::regrole::text) in prosrc) > 0
)
