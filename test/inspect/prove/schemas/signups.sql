-- Somebody else's application in the shape that Supabase suggests: people in a schema of their own, claims in a setting, a
-- trigger that gives everybody who signs up a profile and a team, memberships that a definer function looks up. With holes.
create schema auth;
create table auth.users (id uuid primary key default gen_random_uuid(), email text not null unique check (email ~ '^[^@]+@[^@]+$'));
create function auth.uid() returns uuid language sql stable
    as $$ select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;

create table public.profiles (id uuid primary key references auth.users on delete cascade, username text not null);
create table public.teams (id uuid primary key default gen_random_uuid(), name text not null, personal boolean not null default false);
create table public.members (
    team_id uuid not null references public.teams on delete cascade,
    user_id uuid not null references auth.users on delete cascade,
    role    text not null default 'member' check (role in ('member', 'owner')),
    primary key (team_id, user_id)
);
create type public.post_status as enum ('draft', 'published');
create table public.posts (
    id        uuid primary key default gen_random_uuid(),
    team_id   uuid not null references public.teams,
    author_id uuid not null references public.profiles,
    title     text not null,
    status    public.post_status not null default 'published'
);
create table public.comments (
    id        uuid primary key default gen_random_uuid(),
    post_id   uuid not null references public.posts on delete cascade,
    author_id uuid not null references public.profiles,
    body      text not null
);

-- Whoever signs up gets a profile, and a team of their own: a second tenant.
create function public.welcome() returns trigger language plpgsql security definer set search_path = '' as $$
declare
    team uuid;
begin
    insert into public.profiles values (new.id, split_part(new.email, '@', 1));
    insert into public.teams (name, personal) values (new.email, true) returning id into team;
    insert into public.members values (team, new.id, 'owner');
    return new;
end
$$;
create trigger welcome after insert on auth.users for each row execute function public.welcome();
create function public.my_teams() returns setof uuid language sql stable security definer set search_path = ''
    as $$ select team_id from public.members where user_id = auth.uid() $$;

alter table public.profiles enable row level security;
alter table public.teams enable row level security;
alter table public.members enable row level security;
alter table public.posts enable row level security;
grant usage on schema public, auth to schemas_web;
grant select on public.teams, public.members to schemas_web;
grant select, update (username) on public.profiles to schemas_web;
grant select, insert, update, delete on public.posts, public.comments to schemas_web;
create policy own on public.profiles to schemas_web using (id = auth.uid());
create policy own on public.teams to schemas_web using (id in (select public.my_teams()));
create policy own on public.members to schemas_web using (team_id in (select public.my_teams()));
create policy own on public.posts to schemas_web using (team_id in (select public.my_teams())) with check (team_id in (select public.my_teams()));
-- Holes: what is published is so for everybody, comments are nobody's, a view asks as its owner, a function believes its argument.
create policy published on public.posts for select to schemas_web using (status = 'published');
create view public.authors as select profiles.id, username, posts.team_id from public.profiles join public.posts on author_id = profiles.id;
grant select on public.authors to schemas_web;
create function public.email_of(person uuid) returns text language sql stable security definer set search_path = ''
    as $$ select email from auth.users where id = person $$;
