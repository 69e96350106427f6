-- The same rows in the way that such a backend is usually written: keys without the tenant, one policy that compares the
-- tenant with a plain setting, and a trigger that keeps each change as JSON. `plain` is the API, `plain_private` the rest.
--
-- plain_app is under the policies. plain_owner owns the tables, so they are not there for it.
do $$
begin
    execute format('grant connect on database %I to plain_app, plain_owner', current_database());
end
$$;

create schema plain authorization plain_owner;
create schema plain_private authorization plain_owner;
grant usage on schema plain to plain_app;

create table plain.tenants as select id, slug, name from app.tenants;
alter table plain.tenants owner to plain_owner, add primary key (id);

create table plain.users as select id, email, name from app.users;
alter table plain.users owner to plain_owner, add primary key (id), add unique (email);

create table plain.conversations as
    select id, tenant_id, user_id, title, status, created_at, updated_at from app.conversations order by id;
alter table plain.conversations
    owner to plain_owner,
    alter id set default uuidv7(),
    alter tenant_id set default current_setting('app.tenant_id')::uuid,
    alter user_id set default current_setting('app.user_id')::uuid,
    alter title set default '',
    alter status set default 'open',
    alter created_at set default now(),
    alter updated_at set default now(),
    alter tenant_id set not null,
    alter user_id set not null,
    alter title set not null,
    alter status set not null,
    alter created_at set not null,
    alter updated_at set not null,
    add primary key (id),
    add foreign key (tenant_id) references plain.tenants (id),
    add foreign key (user_id) references plain.users (id),
    add check (length(title) <= 200),
    add check (status in ('open', 'archived'));
create index on plain.conversations (tenant_id, id);
create index on plain.conversations (tenant_id, updated_at);
create index on plain.conversations (user_id);

create table plain.messages as
    select id, tenant_id, conversation_id, user_id, role, content, created_at from app.messages order by id;
alter table plain.messages
    owner to plain_owner,
    alter id set default uuidv7(),
    alter tenant_id set default current_setting('app.tenant_id')::uuid,
    alter user_id set default current_setting('app.user_id')::uuid,
    alter role set default 'user',
    alter created_at set default now(),
    alter tenant_id set not null,
    alter conversation_id set not null,
    alter user_id set not null,
    alter role set not null,
    alter content set not null,
    alter created_at set not null,
    add primary key (id),
    add foreign key (tenant_id) references plain.tenants (id),
    add foreign key (conversation_id) references plain.conversations (id) on delete cascade,
    add check (role in ('user', 'assistant'));
create index on plain.messages (tenant_id);
create index on plain.messages (conversation_id, id);

grant select on plain.tenants, plain.users to plain_app;
grant select, insert, update, delete on plain.conversations, plain.messages to plain_app;

alter table plain.conversations enable row level security;
create policy tenant on plain.conversations using (tenant_id = current_setting('app.tenant_id')::uuid);
alter table plain.messages enable row level security;
create policy tenant on plain.messages using (tenant_id = current_setting('app.tenant_id')::uuid);

create table plain_private.passwords as select user_id, hash from auth.passwords;
alter table plain_private.passwords owner to plain_owner, add primary key (user_id);

create table plain_private.sessions (
    id uuid primary key default uuidv7(),
    tenant_id uuid not null references plain.tenants (id),
    user_id uuid not null references plain.users (id),
    refresh_digest bytea not null unique,
    expires_at timestamptz not null default now() + interval '7 days',
    ended_at timestamptz,
    created_at timestamptz not null default now()
);
alter table plain_private.sessions owner to plain_owner;

create table plain_private.members as select tenant_id, user_id from app.memberships;
alter table plain_private.members owner to plain_owner, add primary key (user_id, tenant_id);

create table plain_private.audit_log (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    user_id text default current_setting('app.user_id', true),
    table_name text not null,
    action text not null,
    row jsonb not null
);
alter table plain_private.audit_log owner to plain_owner;

create function plain_private.audit() returns trigger
    language plpgsql security definer set search_path = ''
as $$
begin
    insert into plain_private.audit_log (table_name, action, row) values (tg_table_name, tg_op, to_jsonb(new));
    return new;
end
$$;
alter function plain_private.audit() owner to plain_owner;
create trigger audit after insert or update on plain.conversations
    for each row execute function plain_private.audit();
create trigger audit after insert or update on plain.messages
    for each row execute function plain_private.audit();
