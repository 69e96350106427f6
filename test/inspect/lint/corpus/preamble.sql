-- What every schema of the corpus finds there: an owner who cannot sign in, the role that requests run as, a context, and
-- corpus.make(), which makes a tenant's table as it should be. Schemas call their own schema "shop".
create role corpus_owner nologin;
create role corpus_web login;
create role corpus_report nologin;
alter default privileges for role corpus_owner revoke execute on functions from public;
do $$ begin execute format('revoke all on database %I from public', current_database()); end $$;

grant usage on language plpgsql to corpus_owner;

create schema ctx authorization corpus_owner;
grant usage on schema ctx to corpus_web;
set local role corpus_owner;
create function ctx.tenant_id() returns uuid language sql stable set search_path = '' as $$ select nullif(current_setting('ctx.sealed', true), '')::uuid $$;
create function ctx.unverified_tenant_id() returns uuid language sql stable set search_path = '' as $$ select nullif(current_setting('ctx.tenant', true), '')::uuid $$;
create function ctx.user_id() returns uuid language sql stable set search_path = '' as $$ select nullif(current_setting('ctx.user', true), '')::uuid $$;
create function ctx.may(what text) returns boolean language sql stable set search_path = '' as $$ select what = current_setting('ctx.may', true) $$;
create function ctx.role_of(tenant uuid, person uuid) returns text language sql stable set search_path = '' as $$ select 'member' $$;
grant execute on all functions in schema ctx to corpus_web;
reset role;

create schema corpus;
create function corpus.refuse_ddl() returns event_trigger language plpgsql as
    $$ begin if session_user in ('corpus_web') then raise insufficient_privilege; end if; end $$;
create event trigger corpus_refuses_ddl on ddl_command_start execute function corpus.refuse_ddl();

create function corpus.make(name text, columns text default '') returns void language plpgsql as $body$
declare
    written record;
begin
    execute format($sql$
        create table %1$s (
            tenant_id uuid not null default ctx.tenant_id(),
            id        uuid not null default gen_random_uuid(),
            note      text not null default '',
            %2$s
            primary key (tenant_id, id)
        );
        alter table %1$s owner to corpus_owner;
        comment on table %1$s is 'Notes of a tenant.';
        alter table %1$s enable row level security;
        alter table %1$s force row level security;
        grant insert (note), update (note), delete on %1$s to corpus_web;
        create policy wall on %1$s as restrictive for all to corpus_web
            using (tenant_id = (select ctx.tenant_id()) and tenant_id = (select ctx.unverified_tenant_id()))
            with check (tenant_id = (select ctx.tenant_id()) and tenant_id = (select ctx.unverified_tenant_id()));
        comment on policy wall on %1$s is 'Whatever else is permitted, it is permitted inside.';
        create policy notes on %1$s for all to corpus_web
            using (tenant_id = (select ctx.tenant_id())) with check (tenant_id = (select ctx.tenant_id()));
        comment on policy notes on %1$s is 'Notes are shared by all members of a tenant.'
    $sql$, name, columns);
    for written in select attname, typcategory from pg_attribute join pg_type on pg_type.oid = atttypid where attrelid = name::regclass and attnum > 0 loop
        execute format('grant select (%I) on %s to corpus_web', written.attname, name);
        if written.typcategory in ('S', 'U') then
            execute format('alter table %s alter column %I set statistics 0', name, written.attname);
        end if;
    end loop;
end
$body$;
