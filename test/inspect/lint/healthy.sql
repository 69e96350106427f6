-- A small database beside ours in which nothing is wrong: schema sample, its owner, and the role that requests run as.
-- The files in broken/ each add tables to it with these two functions, and then break exactly one thing.

create role sample_owner nologin;
create role sample_app login;
create schema sample authorization sample_owner;
alter default privileges for role sample_owner revoke execute on functions from public;
grant usage on schema sample to sample_app;
create schema workshop;
-- Whoever serves requests changes no schema.
create function workshop.refuse_ddl() returns event_trigger language plpgsql as
    $$begin if session_user in ('sample_app') then raise insufficient_privilege; end if; end$$;
create event trigger sample_refuses_ddl on ddl_command_start execute function workshop.refuse_ddl();

-- A tenant's table as it should be.
create function workshop.make(name text, columns text default '') returns void language plpgsql as $$
begin
    execute format(
        'create table sample.%1$I (
            tenant_id uuid not null default context.tenant_id(),
            id        uuid not null default gen_random_uuid(),
            note      text not null default '''',
            %2$s
            primary key (tenant_id, id)
        );
        alter table sample.%1$I owner to sample_owner;
        comment on table sample.%1$I is ''Notes of a tenant.'';
        alter table sample.%1$I enable row level security;
        alter table sample.%1$I force row level security;
        grant select (tenant_id, id, note), insert (note), update (note), delete on sample.%1$I to sample_app;
        create policy "nothing crosses the wall" on sample.%1$I as restrictive for all to sample_app
            using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
            with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
        comment on policy "nothing crosses the wall" on sample.%1$I is ''Whatever else is permitted, it is permitted inside.'';
        create policy "members keep notes" on sample.%1$I for all to sample_app
            using (tenant_id = (select context.tenant_id())) with check (tenant_id = (select context.tenant_id()));
        comment on policy "members keep notes" on sample.%1$I is ''Notes are shared by all members of a tenant.''',
        name, columns
    );
    perform context.keep_no_values(format('sample.%I', name)::regclass);
    perform audit.track(format('sample.%I', name)::regclass);
end
$$;

-- A table that is closed to everybody, and says so.
create function workshop.make_closed(name text) returns void language plpgsql as $$
begin
    execute format(
        'create table sample.%1$I (id uuid primary key default gen_random_uuid(), note text not null);
        alter table sample.%1$I owner to sample_owner;
        comment on table sample.%1$I is ''Closed: only maintenance reads it.'';
        alter table sample.%1$I enable row level security;
        alter table sample.%1$I force row level security',
        name
    );
    perform audit.track(format('sample.%I', name)::regclass, tenant => '');
end
$$;

-- A function as it should be: its owner's, pinned, commented, executable by nobody.
create function workshop.make_function(name text, result text, body text, security text default 'invoker') returns void language plpgsql as $$
begin
    set local role sample_owner;
    execute format(
        'create function sample.%1$I() returns %2$s language sql stable security %4$s set search_path = '''' as %3$L;
        comment on function sample.%1$I() is ''Answers a question.''',
        name, result, body, security
    );
    reset role;
end
$$;
