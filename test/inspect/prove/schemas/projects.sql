-- Somebody else's application with keys of several columns, three levels deep: domains, enums, generated columns, checks,
-- triggers that number and that record. With holes.
create domain public.slug as text check (value ~ '^[a-z][a-z0-9-]{2,30}$');
create domain public.hours as numeric(4, 1) check (value between 0 and 24);
create type public.state as enum ('planned', 'running', 'done');
create table public.organisations (org_id uuid primary key default gen_random_uuid(), slug public.slug not null unique);
create table public.people (id uuid primary key default gen_random_uuid(), name text not null);
create table public.projects (
    org_id uuid not null references public.organisations,
    id     uuid not null default gen_random_uuid(),
    name   text not null,
    code   text generated always as (upper(left(name, 3))) stored,
    state  public.state not null default 'planned',
    starts date not null,
    ends   date not null,
    primary key (org_id, id),
    check (ends > starts)
);
create table public.tasks (
    org_id     uuid not null,
    project_id uuid not null,
    number     integer not null,
    title      text not null,
    spent      public.hours not null default 0,
    parent     integer,
    assignee   uuid references public.people,
    primary key (org_id, project_id, number),
    foreign key (org_id, project_id) references public.projects on delete cascade,
    foreign key (org_id, project_id, parent) references public.tasks
);
create table public.activity (id bigserial primary key, org_id uuid not null, at timestamptz not null default now(), what text not null);

-- Every project begins with a task, and every change is recorded.
create function public.begin_project() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    insert into public.tasks (org_id, project_id, number, title) values (new.org_id, new.id, 1, 'Begin ' || new.name);
    return null;
end
$$;
create trigger begin_project after insert on public.projects for each row execute function public.begin_project();
create function public.record_activity() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    insert into public.activity (org_id, what) values (new.org_id, tg_op || ' ' || to_jsonb(new));
    return null;
end
$$;
create trigger record_activity after insert or update on public.projects for each row execute function public.record_activity();
create trigger record_activity after insert or update on public.tasks for each row execute function public.record_activity();

alter table public.projects enable row level security;
alter table public.tasks enable row level security;
alter table public.activity enable row level security;
grant usage on schema public to schemas_web;
grant select, insert (org_id, name, starts, ends), update (name, state), delete on public.projects to schemas_web;
grant select, insert, update (title, spent), delete on public.tasks to schemas_web;
grant select on public.activity to schemas_web;
create policy own on public.projects to schemas_web using (org_id = (select current_setting('app.org', true)::uuid));
-- Holes: everybody reads what is recorded, tasks that are assigned to nobody are everybody's, totals are one view of all.
create policy own on public.tasks to schemas_web using (org_id = (select current_setting('app.org', true)::uuid) or assignee is null);
create policy everybody on public.activity to schemas_web using (true);
create materialized view public.totals as select org_id, project_id, sum(spent) as spent from public.tasks group by org_id, project_id;
grant select on public.totals to schemas_web;
