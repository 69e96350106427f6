-- The six roles of Rowhouse (db/README.md, "Who is who").
--
-- Roles belong to the whole server, not to one database, so they are made here, outside migrations.
-- This file is idempotent: `rowhouse migrate` runs it before every migration, as a role that may
-- create roles. Passwords of the three login roles are set by `rowhouse migrate`, never here.
--
-- Nobody holds BYPASSRLS, and nobody is a superuser.

do $$
declare
    wanted record;
begin
    for wanted in
        select * from (values
            ('rowhouse_owner',   false),
            ('rowhouse_definer', false),
            ('rowhouse_app',     true),
            ('rowhouse_auth',    true),
            ('rowhouse_worker',  true),
            ('rowhouse_auditor', false)
        ) as roles (name, may_login)
    loop
        if not exists (select from pg_catalog.pg_roles where rolname = wanted.name) then
            execute format('create role %I', wanted.name);
        end if;
        execute format(
            'alter role %I with %s noinherit nocreatedb nocreaterole noreplication connection limit -1',
            wanted.name, case when wanted.may_login then 'login' else 'nologin' end
        );
        if exists (
            select from pg_catalog.pg_roles
            where rolname = wanted.name and (rolsuper or rolbypassrls)
        ) then
            raise exception 'role % is a superuser or holds BYPASSRLS; Rowhouse refuses to use it', wanted.name;
        end if;
    end loop;
end
$$;

-- Migrations run as the owner. The owner becomes the definer (and never inherits it) to create the
-- functions that the definer owns.
do $$
begin
    execute format('grant rowhouse_owner to %I with inherit false, set true', current_user);
exception
    when others then
        -- a superuser may be `set role` to anything without being a member
        if not (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
            raise;
        end if;
end
$$;
grant rowhouse_definer to rowhouse_owner with inherit false, set true;

comment on role rowhouse_owner is
    'Owns schemas and tables; migrations run as it. Row security is forced, so it reads no rows.';
comment on role rowhouse_definer is
    'Owns the SECURITY DEFINER functions. What they may reach is written as policies "to rowhouse_definer".';
comment on role rowhouse_app is
    'What a request may do: column grants and row security. Without the door it sees nothing.';
comment on role rowhouse_auth is
    'Signs people in: may execute auth.* functions and touch no table.';
comment on role rowhouse_worker is
    'Runs jobs: owns graphile_worker, may execute jobs.* and enters tenants only through the door.';
comment on role rowhouse_auditor is
    'Granted to people: reads audit and inspect across tenants, and nothing else.';
