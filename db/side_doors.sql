-- What only a superuser can close, closed by `rowhouse migrate` after every migration; idempotent. Where it may not
-- (a hosted server), `rowhouse lint` says what stays open: check 0095 and 0096.

-- What PostgreSQL gives to everybody, and a caller's own SQL needs nothing of: inspect.side_doors has the list and the
-- reasons. The roles that hold only functions keep it, and so do people who look after the server; auditors keep the
-- statistics and the list of large objects, which `rowhouse lint` reads.
do $$
declare
    door record;
begin
    for door in select object, name, kind from inspect.side_doors where open loop
        execute format(
            'revoke all on %1$s %2$s from public; grant %3$s on %1$s %2$s to rowhouse_owner, rowhouse_definer, rowhouse_worker, pg_monitor%4$s',
            case door.object when 'view' then 'table' else door.object end,
            door.name,
            case door.object when 'function' then 'execute' when 'view' then 'select' else 'usage' end,
            case when door.kind = 'statistics' or door.name = 'pg_largeobject_metadata' then ', rowhouse_auditor' else '' end
        );
    end loop;
end
$$;

-- A request's SQL changes rows and never the schema: one `drop owned by rowhouse_app` would take every policy that names
-- it. Functions of the definer may not do it for them either; the one that adds partitions belongs to the owner, and only
-- the worker calls it. In the schema public, because ours belong to the owner, and whoever may replace this function acts
-- as the superuser who changes the schema next.
create or replace function public.rowhouse_refuse_ddl() returns event_trigger
    language plpgsql security invoker
    set search_path = ''
as $$
begin
    if session_user in ('rowhouse_app', 'rowhouse_auth') or current_user in ('rowhouse_app', 'rowhouse_auth', 'rowhouse_worker') then
        raise exception using
            errcode = 'insufficient_privilege',
            message = format('%s may not change the schema: %s', session_user, lower(tg_tag)),
            hint = 'Schema changes are migrations: rowhouse migrate.';
    end if;
end
$$;
revoke all on function public.rowhouse_refuse_ddl() from public;
comment on function public.rowhouse_refuse_ddl() is
    'The event trigger that keeps those who serve requests from changing the schema, dropping grants and policies included.';
drop event trigger if exists rowhouse_refuses_ddl;
create event trigger rowhouse_refuses_ddl on ddl_command_start execute function public.rowhouse_refuse_ddl();
comment on event trigger rowhouse_refuses_ddl is
    'Whoever serves requests changes rows, never the schema: drop owned, grant, create and the rest are refused.';
