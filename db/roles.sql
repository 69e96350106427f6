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
            'alter role %I with %s noinherit',
            wanted.name, case when wanted.may_login then 'login' else 'nologin' end
        );
        if exists (
            select from pg_catalog.pg_roles
            where rolname = wanted.name
                and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)
        ) then
            raise exception 'role % may do more than a Rowhouse role should; Rowhouse refuses to use it', wanted.name
                using hint = 'None of superuser, bypassrls, createrole, createdb and replication belongs here.';
        end if;
    end loop;
end
$$;

-- Migrations run as the owner, the job queue's own as the worker. A superuser may `set role` to anyone.
do $$
begin
    if not (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
        execute format('grant rowhouse_owner, rowhouse_worker to %I with inherit false, set true', current_user);
    end if;
end
$$;

-- The owner becomes the definer (and never inherits it) to create the functions that the definer owns.
grant rowhouse_definer to rowhouse_owner with inherit false, set true;

-- A second net under the limits that the server sets for each request: names are always qualified, and
-- nothing that lost its client goes on for long. A role may alter its own settings, so what else was set goes.
alter role rowhouse_app reset all;
alter role rowhouse_auth reset all;
alter role rowhouse_worker reset all;
alter role rowhouse_app set search_path = '';
alter role rowhouse_app set statement_timeout = '60s';
alter role rowhouse_app set idle_in_transaction_session_timeout = '60s';
-- Its statements are many and short; compiling one costs more than running it.
alter role rowhouse_app set jit = off;
-- Whose tenant it is, and how much is in it, is not known when a statement is planned. A planner that guesses "one row"
-- collects a tenant's half million to sort them; told to avoid sorts, it walks the index of the list's order and stops at
-- the page's end, whatever the statistics say. So every order that the API offers has its index.
alter role rowhouse_app set enable_sort = off;
alter role rowhouse_app set enable_incremental_sort = off;
-- So with all else that collects: what belongs to the rows of a page is then looked up for each of them by its key, where a
-- hash join, or a loop over what was read once and kept, reads all that the tenant has of it.
alter role rowhouse_app set enable_hashjoin = off;
alter role rowhouse_app set enable_mergejoin = off;
alter role rowhouse_app set enable_material = off;
alter role rowhouse_app set enable_bitmapscan = off;
alter role rowhouse_auth set search_path = '';
alter role rowhouse_auth set statement_timeout = '60s';
alter role rowhouse_auth set idle_in_transaction_session_timeout = '60s';
alter role rowhouse_worker set search_path = '';
alter role rowhouse_worker set idle_in_transaction_session_timeout = '10min';

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
    'Granted to people: reads audit and inspect across tenants, names users, and reviews who has access by functions of audit; it writes nothing but that it exported or reviewed.';
