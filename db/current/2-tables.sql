-- Tables. Who may do what with their rows is in db/schema/policies, one file per table.
--
-- The rule for a tenant's table: `tenant_id` first in the primary key and in every unique and foreign
-- key, so that no row can point into another tenant or reveal by a violation that something is there.

-- The defaults below call these two.
--!include context/tenant_id.sql
--!include context/user_id.sql

-- context: the door ------------------------------------------------------------------------------

create table context.seal_keys (
    id         text primary key default left(replace(gen_random_uuid()::text, '-', ''), 8),
    key        bytea not null default extensions.gen_random_bytes(32) check (octet_length(key) = 32),
    created_at timestamptz not null default now(),
    retired_at timestamptz check (retired_at >= created_at)
);
insert into context.seal_keys default values;

create table context.errors (
    code    text primary key check (code ~ '^RH[0-9A-Z]{3}$'),
    name    text not null unique check (name ~ '^[a-z_]+$'),
    status  integer not null check (status between 400 and 599),
    meaning text not null
);

-- app: tenants, people, roles ----------------------------------------------------------------------

create table app.tenants (
    id         uuid primary key default uuidv7(),
    slug       text not null unique check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    name       text not null check (length(name) between 1 and 200 and name !~ '[[:cntrl:]]'),
    status     text not null default 'active' check (status in ('active', 'suspended', 'closed')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table app.users (
    id         uuid primary key default uuidv7(),
    email      text not null unique check (email = lower(email) and email ~ '^[^@[:space:][:cntrl:]]+@[^@[:space:][:cntrl:]]+$' and length(email) <= 254),
    name       text not null check (length(name) between 1 and 200 and name !~ '[[:cntrl:]]'),
    locale     text not null default 'en' check (locale ~ '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$' and length(locale) <= 35),
    status     text not null default 'active' check (status in ('active', 'banned')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table app.permissions (
    name        text primary key check (name ~ '^[a-z]+(_[a-z]+)*$'),
    description text not null
);

create table app.roles (
    tenant_id   uuid not null default context.tenant_id() references app.tenants,
    id          uuid not null default uuidv7(),
    name        text not null check (length(name) between 1 and 60 and name !~ '[[:cntrl:]]'),
    description text not null default '' check (length(description) <= 500),
    permissions text[] not null default '{}' check (array_position(permissions, null) is null),
    built_in    boolean not null default false,
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, name)
);

create table app.memberships (
    tenant_id    uuid not null default context.tenant_id() references app.tenants,
    id           uuid not null default uuidv7(),
    user_id      uuid not null references app.users,
    role_id      uuid not null,
    is_owner     boolean not null default false,
    status       text not null default 'active' check (status in ('active', 'suspended', 'removed')),
    display_name text not null check (length(display_name) between 1 and 200 and display_name !~ '[[:cntrl:]]'),
    avatar_url   text check (avatar_url ~ '^https://[^[:space:][:cntrl:]]+$' and length(avatar_url) <= 2000),
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, user_id),
    foreign key (tenant_id, role_id) references app.roles (tenant_id, id)
);
create index memberships_by_user on app.memberships (user_id);
create index memberships_by_role on app.memberships (tenant_id, role_id);

-- app: the chat ------------------------------------------------------------------------------------

create table app.conversations (
    tenant_id  uuid not null default context.tenant_id() references app.tenants,
    id         uuid not null default uuidv7(),
    user_id    uuid not null default context.user_id(),
    title      text not null default '' check (length(title) <= 200 and title !~ '[[:cntrl:]]'),
    status     text not null default 'open' check (status in ('open', 'archived')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, user_id, id),
    foreign key (tenant_id, user_id) references app.memberships (tenant_id, user_id)
);

create table app.messages (
    tenant_id       uuid not null default context.tenant_id() references app.tenants,
    id              uuid not null default uuidv7(),
    conversation_id uuid not null,
    user_id         uuid not null default context.user_id(),
    role            text not null default 'user' check (role in ('user', 'assistant')),
    content         text not null check (length(content) between 1 and 32000),
    created_at      timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, user_id, conversation_id)
        references app.conversations (tenant_id, user_id, id) on delete cascade
);
create index messages_by_conversation on app.messages (tenant_id, user_id, conversation_id, id);
create index messages_in_conversation on app.messages (tenant_id, conversation_id, id);

create table app.user_preferences (
    tenant_id  uuid not null default context.tenant_id() references app.tenants,
    id         uuid not null default uuidv7(),
    user_id    uuid not null default context.user_id(),
    language   text not null default 'en' check (language ~ '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$' and length(language) <= 35),
    tone       text not null default 'neutral' check (tone in ('neutral', 'friendly', 'formal', 'concise')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, user_id),
    foreign key (tenant_id, user_id) references app.memberships (tenant_id, user_id)
);

-- auth: credentials and sessions -------------------------------------------------------------------

create table auth.registrations (
    id            uuid primary key default uuidv7(),
    email         text not null check (email = lower(email) and email ~ '^[^@[:space:][:cntrl:]]+@[^@[:space:][:cntrl:]]+$' and length(email) <= 254),
    name          text not null check (length(name) between 1 and 200 and name !~ '[[:cntrl:]]'),
    password_hash text not null check (password_hash like '$argon2id$%'),
    tenant_slug   text check (tenant_slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    tenant_name   text check (length(tenant_name) between 1 and 200 and tenant_name !~ '[[:cntrl:]]'),
    digest        bytea not null unique check (octet_length(digest) = 32),
    created_at    timestamptz not null default now(),
    expires_at    timestamptz not null default now() + interval '24 hours',
    check ((tenant_slug is null) = (tenant_name is null))
);
create index registrations_by_email on auth.registrations (email, created_at);
create index registrations_by_expiry on auth.registrations (expires_at);

create table auth.passwords (
    user_id    uuid primary key references app.users,
    hash       text not null check (hash like '$argon2id$%'),
    changed_at timestamptz not null default now()
);

create table auth.sessions (
    id              uuid primary key,
    user_id         uuid not null references app.users,
    tenant_id       uuid,
    handle_digest   bytea not null unique check (octet_length(handle_digest) = 32),
    counter         integer not null default 0 check (counter >= 0),
    rotated_at      timestamptz not null default now(),
    user_agent      text,
    ip              inet,
    created_at      timestamptz not null default now(),
    idle_expires_at timestamptz not null default now() + interval '7 days',
    expires_at      timestamptz not null default now() + interval '30 days',
    ended_at        timestamptz,
    end_reason      text check (end_reason in ('logout', 'expired', 'reuse', 'revoked')),
    check ((ended_at is null) = (end_reason is null)),
    foreign key (tenant_id, user_id) references app.memberships (tenant_id, user_id)
);
create index sessions_by_member on auth.sessions (tenant_id, user_id);
create index sessions_by_user on auth.sessions (user_id, created_at);
create index sessions_by_expiry on auth.sessions (least(idle_expires_at, expires_at)) where ended_at is null;

create table auth.api_keys (
    tenant_id  uuid not null references app.tenants,
    id         uuid not null default uuidv7(),
    user_id    uuid not null,
    name       text not null check (length(name) between 1 and 100),
    digest     bytea not null unique check (octet_length(digest) = 32),
    scopes     text[] not null check (array_position(scopes, null) is null),
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, user_id) references app.memberships (tenant_id, user_id)
);
create index api_keys_by_member on auth.api_keys (tenant_id, user_id);

create table auth.login_throttles (
    key           bytea primary key check (octet_length(key) = 32),
    attempts      integer not null check (attempts > 0),
    last_at       timestamptz not null default now(),
    blocked_until timestamptz not null default now()
);
create index login_throttles_by_age on auth.login_throttles (last_at);

create table auth.signing_keys (
    id          text primary key,
    algorithm   text not null check (algorithm in ('EdDSA', 'ES256', 'RS256')),
    public_jwk  jsonb not null check (not public_jwk ?| array['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']),
    private_jwk text not null,
    created_at  timestamptz not null default now(),
    active_from timestamptz not null default now(),
    expires_at  timestamptz check (expires_at >= active_from)
);

-- jobs ---------------------------------------------------------------------------------------------

create table jobs.heartbeats (
    worker  text primary key check (length(worker) between 1 and 200),
    seen_at timestamptz not null default now()
);

-- audit: the trail ---------------------------------------------------------------------------------

create table audit.events (
    tenant_id       uuid not null,
    id              uuid not null default uuidv7(),
    at              timestamptz not null default clock_timestamp(),
    transaction_id  xid8 not null default pg_current_xact_id(),
    action          text not null check (action ~ '^[a-z_]+(\.[a-z_]+)*$'),
    table_name      text,
    row_key         jsonb,
    old_row         jsonb,
    new_row         jsonb,
    detail          jsonb,
    actor_kind      text not null check (actor_kind in ('session', 'api_key', 'sign_in', 'system')),
    actor_id        uuid,
    credential_id   uuid,
    impersonator_id uuid,
    request_id      text,
    ip              inet,
    user_agent      text,
    database_role   text not null default session_user,
    primary key (tenant_id, id, at),
    check ((table_name is null) = (action not in ('insert', 'update', 'delete'))),
    check ((table_name is null) = (row_key is null)),
    check ((old_row is not null) = (action in ('update', 'delete'))),
    check ((new_row is not null) = (action in ('insert', 'update')))
) partition by range (at);
create index events_by_row on audit.events (tenant_id, table_name, row_key, at);
create index events_by_actor on audit.events (tenant_id, actor_id, at);
create index events_by_time on audit.events (tenant_id, at);
create table audit.events_default partition of audit.events default;
