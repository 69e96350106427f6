--! Previous: -
--! Hash: sha1:65bea420ff3492aece112068b1649e1332bdc0ad
--! Message: tenancy

--! split: 1-schemas.sql
-- Schemas, and who may enter them. What each is for: db/README.md.

create schema app;
create schema auth;
create schema context;
create schema audit;
create schema inspect;
create schema jobs;

comment on schema app is 'The API: everything here is exposed through GraphQL, subject to grants and row security.';
comment on schema auth is 'Credentials and sessions. No role but the definer touches its tables.';
comment on schema context is 'The door: it turns a credential into a sealed context that every policy reads.';
comment on schema audit is 'The trail: who changed what, and when. Only grows.';
comment on schema inspect is 'The DBA''s desk: what the policies really allow.';
comment on schema jobs is 'What the worker may call.';

-- Nothing is executable or usable by everybody; each function file grants what it means to.
alter default privileges revoke execute on functions from public;
set local role rowhouse_definer;
alter default privileges revoke execute on functions from public;
reset role;

grant usage on schema app, context to rowhouse_app;
grant usage on schema auth, context to rowhouse_auth;
grant usage on schema jobs, context to rowhouse_worker;
grant usage on schema audit, inspect to rowhouse_auditor;
grant usage on schema audit to rowhouse_app;
grant usage on schema app, auth, context, audit, jobs to rowhouse_definer;

create schema extensions;
comment on schema extensions is 'Extensions live here, out of every search path.';
create extension pgcrypto with schema extensions;
grant usage on schema extensions to rowhouse_definer;

-- What /readyz and the drift check ask about the history of this database.
grant usage on schema graphile_migrate to rowhouse_definer;
grant select on graphile_migrate.migrations to rowhouse_definer;

--! split: 2-tables.sql
-- Tables. Who may do what with their rows is in db/schema/policies, one file per table.
--
-- The rule for a tenant's table: `tenant_id` first in the primary key and in every unique and foreign
-- key, so that no row can point into another tenant or reveal by a violation that something is there.

-- The defaults below call these two.
--! Included context/tenant_id.sql
-- The caller's tenant, or null outside the door. In plpgsql so that it may exist before context.claims().
create or replace function context.tenant_id() returns uuid
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
begin
    return context.claims() ->> 'tenant';
end
$$;
grant execute on function context.tenant_id() to rowhouse_app, rowhouse_worker, rowhouse_definer, rowhouse_owner;
comment on function context.tenant_id() is 'The caller''s tenant, or null outside the door.';
--! EndIncluded context/tenant_id.sql
--! Included context/user_id.sql
-- The caller, or null outside the door. In plpgsql so that it may exist before context.claims().
create or replace function context.user_id() returns uuid
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
begin
    return context.claims() ->> 'user';
end
$$;
grant execute on function context.user_id() to rowhouse_app, rowhouse_worker, rowhouse_definer, rowhouse_owner;
comment on function context.user_id() is 'The caller''s user, or null outside the door.';
--! EndIncluded context/user_id.sql

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
    slug       text not null check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    name       text not null check (length(name) between 1 and 200 and name !~ '[[:cntrl:]]'),
    status     text not null default 'active' check (status in ('active', 'suspended', 'closed')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table app.users (
    id         uuid primary key default uuidv7(),
    email      text not null check (email = lower(email) and email ~ '^[^@[:space:][:cntrl:]]+@[^@[:space:][:cntrl:]]+$' and length(email) <= 254),
    name       text not null check (length(name) between 1 and 200 and name !~ '[[:cntrl:]]'),
    locale     text not null default 'en' check (locale ~ '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$' and length(locale) <= 35),
    status     text not null default 'active' check (status in ('active', 'banned')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

-- Unique by an expression on purpose: lower() is not leakproof, so under row security PostgreSQL never looks for an address
-- or a slug before it has asked the policy, and no error, count or plan tells whether it is there.
create unique index users_by_email on app.users (lower(email));
create unique index tenants_by_slug on app.tenants (lower(slug));

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

--! split: 3-behaviour.sql
-- How it behaves: functions, triggers, policies, grants, comments.
--! Included all.sql
-- The contents page: how the database behaves today, in load order. Idempotent: replaying it changes nothing.
--
-- Functions first, because policies and triggers call them; then policies, one file per table; then the trail.

-- The definer may create functions while this page is read, and at no other time.
grant create on schema app, auth, context, audit, jobs, inspect to rowhouse_definer;

-- The door
--! Included context/holder.sql
-- What the door needs to know of whoever holds a credential.
do $$
begin
    if to_regtype('context.holder') is null then
        create type context.holder as (
            kind              text,
            credential_id     uuid,
            user_id           uuid,
            user_status       text,
            tenant_id         uuid,
            tenant_status     text,
            membership_status text,
            is_owner          boolean,
            permissions       text[],
            user_agent        text,
            ended             boolean,
            expired           boolean
        );
    end if;
end
$$;
comment on type context.holder is 'Who holds a credential, and the live state of all that it depends on.';
--! EndIncluded context/holder.sql
--! Included context/find_session.sql
-- The session with this handle, with the live state of all that it depends on.
set local role rowhouse_definer;
create or replace function context.find_session(digest bytea) returns setof context.holder
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select
        'session', session.id,
        person.id, person.status,
        session.tenant_id, tenant.status, membership.status,
        coalesce(membership.is_owner, false), coalesce(role.permissions, '{}'),
        session.user_agent,
        session.ended_at is not null,
        least(session.idle_expires_at, session.expires_at) <= statement_timestamp()
    from auth.sessions as session
    join app.users as person on person.id = session.user_id
    left join app.tenants as tenant on tenant.id = session.tenant_id
    left join app.memberships as membership
        on membership.tenant_id = session.tenant_id and membership.user_id = session.user_id
    left join app.roles as role
        on role.tenant_id = membership.tenant_id and role.id = membership.role_id
    where session.handle_digest = digest
$$;
comment on function context.find_session(bytea) is
    'The session whose handle has this digest (sha256 of sha256), live or not, with its user, tenant, membership and role.';
reset role;
--! EndIncluded context/find_session.sql
--! Included context/find_api_key.sql
-- The API key with this digest, with the live state of all that it depends on.
-- What a key may do is what its owner's role may do, within the key's scopes.
set local role rowhouse_definer;
create or replace function context.find_api_key(digest bytea) returns setof context.holder
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select
        'api_key', api_key.id,
        person.id, person.status,
        api_key.tenant_id, tenant.status, membership.status,
        false, array(select unnest(role.permissions) intersect select unnest(api_key.scopes) order by 1),
        null::text,
        api_key.revoked_at is not null,
        coalesce(api_key.expires_at <= statement_timestamp(), false)
    from auth.api_keys as api_key
    join app.users as person on person.id = api_key.user_id
    join app.tenants as tenant on tenant.id = api_key.tenant_id
    join app.memberships as membership
        on membership.tenant_id = api_key.tenant_id and membership.user_id = api_key.user_id
    join app.roles as role
        on role.tenant_id = membership.tenant_id and role.id = membership.role_id
    where api_key.digest = find_api_key.digest
$$;
comment on function context.find_api_key(bytea) is
    'The API key with this digest (sha256 of sha256), live or not. Its permissions are its owner''s role within its scopes.';
reset role;
--! EndIncluded context/find_api_key.sql
--! Included context/refuse.sql
-- Raises RH403. The detail is the permission that was missing, or `broken_seal`.
create or replace function context.refuse(missing text) returns void
    language plpgsql immutable parallel safe security invoker
    set search_path = ''
as $$
begin
    raise exception using
        errcode = 'RH403',
        message = case missing
            when 'broken_seal' then 'this context was not made by the door for this transaction'
            else format('permission denied: %s', missing)
        end,
        detail = missing,
        hint = case missing
            when 'broken_seal' then 'Enter with context.enter() in this transaction.'
            else 'Ask an administrator of your tenant for a role with this permission.'
        end;
end
$$;
grant execute on function context.refuse(text) to rowhouse_app, rowhouse_worker, rowhouse_definer, rowhouse_owner;
comment on function context.refuse(text) is
    'Raises RH403: the detail names the missing permission, or broken_seal.';
--! EndIncluded context/refuse.sql
--! Included context/claims.sql
-- Opens the seal: what the door established for this transaction, or null if nobody entered.
--
-- Everybody may write the variable rowhouse.context; nobody but the definer can write one that opens.
-- A value that is forged, edited, copied from another transaction or backend, or too old raises RH403. (Transactions
-- that one message of the simple protocol begins share a timestamp; what is copied there is one's own.)
-- It is parallel restricted because the seal is bound to the leader's process.
set local role rowhouse_definer;
create or replace function context.claims() returns jsonb
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
declare
    value  text := nullif(current_setting('rowhouse.context', true), '');
    -- <key id, 8 characters> . <HMAC-SHA256, 64 hexadecimal digits> . <payload>
    key_id text := left(value, 8);
    seal   text := substr(value, 10, 64);
    body   text := substr(value, 75);
    claims jsonb;
begin
    if value is null then
        return null;
    end if;
    -- Digests of the two seals are compared, so that the time tells nothing of the right one.
    if (
        select sha256(convert_to(seal, 'UTF8')) = sha256(convert_to(encode(extensions.hmac(convert_to(body, 'UTF8'), sealing.key, 'sha256'), 'hex'), 'UTF8'))
        from context.seal_keys as sealing
        where sealing.id = key_id
    ) is not true then
        perform context.refuse('broken_seal');
    end if;
    claims := body::jsonb;
    if (claims ->> 'transaction')::numeric <> extract(epoch from transaction_timestamp())
        or (claims ->> 'backend')::integer <> pg_backend_pid()
        or (claims ->> 'expires')::numeric < extract(epoch from clock_timestamp())
    then
        perform context.refuse('broken_seal');
    end if;
    return claims;
end
$$;
grant execute on function context.claims() to rowhouse_app, rowhouse_auth, rowhouse_worker, rowhouse_owner;
comment on function context.claims() is
    'What the door established for this transaction, or null. Raises RH403 for a value that the door did not write.';
reset role;
--! EndIncluded context/claims.sql
--! Included context/seal.sql
-- Writes the sealed context of this transaction. Only the definer's own functions call it.
--
-- claims: kind, credential, user, tenant, role, permissions, owner, request_id, ip, user_agent.
-- `set local` through `execute` rather than set_config(): only that form reaches the workers of Citus.
set local role rowhouse_definer;
create or replace function context.seal(claims jsonb) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    sealing context.seal_keys;
    body    text := (claims || jsonb_build_object(
        'transaction', extract(epoch from transaction_timestamp()),
        'backend', pg_backend_pid(),
        'expires', extract(epoch from clock_timestamp()) + 60
    ))::text;
begin
    select * into strict sealing
    from context.seal_keys
    where retired_at is null
    order by created_at desc, id
    limit 1;

    execute format(
        'set local rowhouse.context = %L',
        sealing.id
            || '.' || encode(extensions.hmac(convert_to(body, 'UTF8'), sealing.key, 'sha256'), 'hex')
            || '.' || body
    );
end
$$;
comment on function context.seal(jsonb) is
    'Writes the sealed context: payload plus HMAC-SHA256 under the newest seal key, bound to this transaction and backend for 60 seconds.';
reset role;
--! EndIncluded context/seal.sql
--! Included context/enter.sql
-- The one door. The first statement of every transaction on behalf of a caller.
--
-- credential: sha256 of the secret (a session's handle or an API key); the secret itself never comes here.
--             From psql: select context.enter(sha256('rh_sk_…'));
-- facts:      request_id, ip, user_agent, and tenant_id if the credential names one (a token's `tid`).
--
-- Everything is looked up afresh, so that a sign-out, a ban, a suspension or a changed role bites on the
-- next transaction. Raises RH401 (the detail says why) and then nothing of an earlier context is left.
set local role rowhouse_definer;
create or replace function context.enter(credential bytea, facts jsonb default '{}') returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    holder context.holder;
    reason text;
begin
    select * into holder from context.find_session(sha256(credential));
    if not found then
        select * into holder from context.find_api_key(sha256(credential));
    end if;

    reason := case
        when holder.credential_id is null then 'unknown'
        when holder.ended then 'ended'
        when holder.expired then 'expired'
        when holder.user_agent is distinct from facts ->> 'user_agent' and holder.user_agent is not null
            then 'fingerprint_mismatch'
        when (facts ->> 'tenant_id')::uuid is distinct from holder.tenant_id and facts ->> 'tenant_id' is not null
            then 'other_tenant'
        when holder.user_status <> 'active' then 'user_' || holder.user_status
        when holder.tenant_id is null then null
        when holder.tenant_status <> 'active' then 'tenant_' || holder.tenant_status
        when holder.membership_status <> 'active' then 'membership_' || holder.membership_status
    end;
    if reason is not null then
        raise exception using
            errcode = 'RH401',
            message = 'this credential does not open the door',
            detail = reason,
            hint = 'Sign in again.';
    end if;

    perform context.seal(jsonb_build_object(
        'kind', holder.kind,
        'credential', holder.credential_id,
        'user', holder.user_id,
        'tenant', holder.tenant_id,
        'owner', holder.is_owner,
        'permissions', holder.permissions,
        'request_id', facts ->> 'request_id',
        'ip', facts ->> 'ip',
        'user_agent', facts ->> 'user_agent'
    ));
end
$$;
grant execute on function context.enter(bytea, jsonb) to rowhouse_app, rowhouse_worker;
comment on function context.enter(bytea, jsonb) is
    'The one door: turns a credential digest into the sealed context of this transaction, from live rows. Raises RH401.';
reset role;
--! EndIncluded context/enter.sql
--! Included context/act.sql
-- Names the actor for the trail while somebody signs in: identity functions have no credential yet.
-- It carries no permission, so it opens no policy.
set local role rowhouse_definer;
create or replace function context.act(person uuid, tenant uuid, facts jsonb) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    select context.seal(jsonb_build_object(
        'kind', 'sign_in',
        'user', person,
        'tenant', tenant,
        'owner', false,
        'permissions', '[]'::jsonb,
        'request_id', facts ->> 'request_id',
        'ip', facts ->> 'ip',
        'user_agent', facts ->> 'user_agent'
    ))
$$;
comment on function context.act(uuid, uuid, jsonb) is
    'Seals a context without any permission, so that the trail can name who is signing in.';
reset role;
--! EndIncluded context/act.sql
--! Included context/tenant_id.sql
-- The caller's tenant, or null outside the door. In plpgsql so that it may exist before context.claims().
create or replace function context.tenant_id() returns uuid
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
begin
    return context.claims() ->> 'tenant';
end
$$;
grant execute on function context.tenant_id() to rowhouse_app, rowhouse_worker, rowhouse_definer, rowhouse_owner;
comment on function context.tenant_id() is 'The caller''s tenant, or null outside the door.';
--! EndIncluded context/tenant_id.sql
--! Included context/user_id.sql
-- The caller, or null outside the door. In plpgsql so that it may exist before context.claims().
create or replace function context.user_id() returns uuid
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
begin
    return context.claims() ->> 'user';
end
$$;
grant execute on function context.user_id() to rowhouse_app, rowhouse_worker, rowhouse_definer, rowhouse_owner;
comment on function context.user_id() is 'The caller''s user, or null outside the door.';
--! EndIncluded context/user_id.sql
--! Included context/permissions.sql
create or replace function context.permissions() returns text[]
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select array(select jsonb_array_elements_text(context.claims() -> 'permissions'))
$$;
grant execute on function context.permissions() to rowhouse_app, rowhouse_definer, rowhouse_worker;
comment on function context.permissions() is 'What the caller may do in their tenant; empty outside the door.';
--! EndIncluded context/permissions.sql
--! Included context/may.sql
create or replace function context.may(permission text) returns boolean
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select coalesce(context.claims() -> 'permissions' ? permission, false)
$$;
grant execute on function context.may(text) to rowhouse_app, rowhouse_definer, rowhouse_worker;
comment on function context.may(text) is 'Whether the caller holds the permission; false outside the door.';
--! EndIncluded context/may.sql
--! Included context/is_owner.sql
create or replace function context.is_owner() returns boolean
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select coalesce((context.claims() ->> 'owner')::boolean, false)
$$;
grant execute on function context.is_owner() to rowhouse_app, rowhouse_definer;
comment on function context.is_owner() is
    'Whether the caller is an owner of their tenant, signed in themselves: an API key never is.';
--! EndIncluded context/is_owner.sql
--! Included context/actor.sql
-- Who is acting, for triggers: they run after a statement may have thrown its own context away
-- (`… returning set_config('rowhouse.context', '', true)`), and must not take that for the system.
--
-- The system acts without the door only as somebody who may become the owner (an operator, a migration), as an
-- auditor, who can change nothing, or as the two roles that hold nothing but functions. Anybody else without a
-- context is refused.
create or replace function context.actor() returns jsonb
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
declare
    actor jsonb := context.claims();
begin
    if actor is null
        and not pg_has_role(session_user, 'rowhouse_owner', 'member')
        and not pg_has_role(session_user, 'rowhouse_auditor', 'member')
        and session_user not in ('rowhouse_auth', 'rowhouse_worker')
    then
        perform context.refuse('broken_seal');
    end if;
    return actor;
end
$$;
grant execute on function context.actor() to rowhouse_definer;
comment on function context.actor() is
    'Who is acting, for triggers: the claims, or null for the system. A caller who threw their context away gets RH403.';
--! EndIncluded context/actor.sql
--! Included context/is_caller.sql
-- Whether somebody came in through the door with a credential (and is not just signing in, or a migration).
create or replace function context.is_caller() returns boolean
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select coalesce(context.actor() ->> 'kind' in ('session', 'api_key'), false)
$$;
grant execute on function context.is_caller() to rowhouse_definer;
comment on function context.is_caller() is 'Whether a credential opened the door in this transaction.';
--! EndIncluded context/is_caller.sql
--! Included context/tenant_where.sql
-- For policies that hide: `tenant_id = (select context.tenant_where('chat'))`. In a scalar subselect it
-- runs once per query and the comparison can use an index that begins with tenant_id.
create or replace function context.tenant_where(permission text) returns uuid
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
declare
    claims jsonb := context.claims();
begin
    return case when claims -> 'permissions' ? permission then claims ->> 'tenant' end;
end
$$;
grant execute on function context.tenant_where(text) to rowhouse_app, rowhouse_worker;
comment on function context.tenant_where(text) is
    'The caller''s tenant if they hold the permission there, else null: a policy that compares with it hides.';
--! EndIncluded context/tenant_where.sql
--! Included context/tenant_requiring.sql
-- For policies that refuse aloud: an insert without the permission gets RH403 naming it, where
-- context.tenant_where() would only hide. Outside the door it is null, like everything here.
create or replace function context.tenant_requiring(permission text) returns uuid
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
declare
    claims jsonb := context.claims();
begin
    if claims is not null and not claims -> 'permissions' ? permission then
        perform context.refuse(permission);
    end if;
    return claims ->> 'tenant';
end
$$;
grant execute on function context.tenant_requiring(text) to rowhouse_app, rowhouse_worker;
comment on function context.tenant_requiring(text) is
    'The caller''s tenant if they hold the permission there, else RH403 naming it: a policy that compares with it refuses.';
--! EndIncluded context/tenant_requiring.sql
--! Included context/tenant_holding.sql
-- For policies about a row's own permissions: `tenant_id = (select context.tenant_holding(permissions))`. It runs
-- for each row and answers both questions from one look at the context, so that nobody can change tenants between.
create or replace function context.tenant_holding(permissions text[]) returns uuid
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
declare
    claims jsonb := context.claims();
begin
    return case when claims -> 'permissions' ?& permissions then claims ->> 'tenant' end;
end
$$;
grant execute on function context.tenant_holding(text[]) to rowhouse_app;
comment on function context.tenant_holding(text[]) is
    'The caller''s tenant if they hold all of these permissions there, else null: a policy that compares with it hides.';
--! EndIncluded context/tenant_holding.sql
--! Included context/explained_row.sql
-- For the policies that let inspect.why() read one row: the row's id, or null in everybody else's context.
create or replace function context.explained_row() returns uuid
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
begin
    return context.claims() -> 'explains' ->> 'id';
end
$$;
grant execute on function context.explained_row() to rowhouse_definer;
comment on function context.explained_row() is
    'The id of the one row that inspect.why() explains in this context; null in every other.';
--! EndIncluded context/explained_row.sql
--! Included context/readiness.sql
-- What /readyz asks of the database. It knows no tenant, so it needs no door.
set local role rowhouse_definer;
create or replace function context.readiness()
    returns table (migrations text[], worker_seen_at timestamptz)
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select
        array(select filename from graphile_migrate.migrations order by filename),
        (select max(seen_at) from jobs.heartbeats)
$$;
grant execute on function context.readiness() to rowhouse_app, rowhouse_auth;
comment on function context.readiness() is
    'The migrations that this database has had, and when a worker was last seen.';
reset role;
--! EndIncluded context/readiness.sql
--! Included context/close_table.sql
-- How every policy file begins: whatever the table allowed before, it now allows nothing, to anybody. What
-- follows in the file is therefore the whole truth.
create or replace function context.close_table(target regclass) returns void
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    policy name;
begin
    for policy in select polname from pg_catalog.pg_policy where polrelid = target loop
        execute format('drop policy %I on %s', policy, target);
    end loop;
    execute format('alter table %s enable row level security', target);
    execute format('alter table %s force row level security', target);
    execute format(
        'revoke all on %s from public, rowhouse_app, rowhouse_auth, rowhouse_worker, rowhouse_definer, rowhouse_auditor',
        target
    );
end
$$;
comment on function context.close_table(regclass) is
    'Drops every policy, forces row security and revokes every grant of a table: the beginning of each policy file.';
--! EndIncluded context/close_table.sql

-- The trail
--! Included audit/platform.sql
-- Rows of the trail that belong to no tenant carry the nil UUID (RFC 9562 section 5.9).
create or replace function audit.platform() returns uuid
    language sql immutable parallel safe security invoker
    set search_path = ''
    return '00000000-0000-0000-0000-000000000000'::uuid;
grant execute on function audit.platform() to rowhouse_definer, rowhouse_auditor;
comment on function audit.platform() is 'The tenant_id of events that belong to no tenant: the nil UUID.';
--! EndIncluded audit/platform.sql
--! Included audit/redact.sql
create or replace function audit.redact(value jsonb, secrets text[]) returns jsonb
    language sql immutable parallel safe security invoker
    set search_path = ''
as $$
    select case
        when cardinality(secrets) = 0 or value is null then value
        else value || (
            select coalesce(jsonb_object_agg(name, '[redacted]'), '{}')
            from unnest(secrets) as secret (name)
            where value -> name <> 'null'
        )
    end
$$;
grant execute on function audit.redact(jsonb, text[]) to rowhouse_definer;
comment on function audit.redact(jsonb, text[]) is
    'The row with each secret value replaced by "[redacted]"; nulls stay, so that the trail tells set from unset.';
--! EndIncluded audit/redact.sql
--! Included audit/record_event.sql
-- Writes one row of the trail that is not a row change: a sign-in, a refusal, an end of a session.
-- The actor comes from the sealed context; a statement outside the door is the system's.
set local role rowhouse_definer;
create or replace function audit.record_event(action text, tenant uuid, detail jsonb default null) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    actor jsonb := context.actor();
begin
    insert into audit.events (
        tenant_id, action, detail,
        actor_kind, actor_id, credential_id, request_id, ip, user_agent
    ) values (
        coalesce(tenant, audit.platform()), record_event.action, record_event.detail,
        coalesce(actor ->> 'kind', 'system'), (actor ->> 'user')::uuid, (actor ->> 'credential')::uuid,
        actor ->> 'request_id', (actor ->> 'ip')::inet, actor ->> 'user_agent'
    );
end
$$;
comment on function audit.record_event(text, uuid, jsonb) is
    'Writes an event that is not a row change; the actor comes from the sealed context.';
reset role;
--! EndIncluded audit/record_event.sql
--! Included audit/record_change.sql
-- The trigger behind audit.track(): one row of the trail for each changed row, in the same transaction.
--
-- Arguments: the column that holds the tenant ('' for a table of no tenant), the key columns, and the
-- columns whose values the trail must never hold (both as comma-separated lists).
-- Row level, not statement level: only row triggers reach colocated tables on Citus.
set local role rowhouse_definer;
create or replace function audit.record_change() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    actor    jsonb := context.actor();
    old_row  jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
    new_row  jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
    this_row jsonb := coalesce(new_row, old_row);
    secrets  text[] := string_to_array(tg_argv[2], ',');
    tenant   uuid := coalesce((this_row ->> tg_argv[0])::uuid, audit.platform());
begin
    -- Whoever entered another tenant, none, or as somebody else between a change and its record would put the
    -- change on another's account. Of the tables of no tenant, callers change only app.users, and there themselves.
    if actor ->> 'credential' is not null
        and (
            case when tg_argv[0] = '' then this_row ->> 'id' is distinct from actor ->> 'user'
            else tenant is distinct from (actor ->> 'tenant')::uuid end
        )
    then
        perform context.refuse('broken_seal');
    end if;
    insert into audit.events (
        tenant_id, action, table_name, row_key, old_row, new_row,
        actor_kind, actor_id, credential_id, request_id, ip, user_agent
    ) values (
        tenant,
        lower(tg_op),
        tg_table_schema || '.' || tg_table_name,
        (select jsonb_object_agg(name, this_row -> name) from unnest(string_to_array(tg_argv[1], ',')) as key (name)),
        audit.redact(old_row, secrets),
        audit.redact(new_row, secrets),
        coalesce(actor ->> 'kind', 'system'), (actor ->> 'user')::uuid, (actor ->> 'credential')::uuid,
        actor ->> 'request_id', (actor ->> 'ip')::inet, actor ->> 'user_agent'
    );
    return null;
end
$$;
grant execute on function audit.record_change() to rowhouse_owner;
comment on function audit.record_change() is
    'Trigger of every tracked table: writes who, when, what, old and new values, secrets redacted.';
reset role;
--! EndIncluded audit/record_change.sql
--! Included audit/refuse_change.sql
-- Privileges already keep everybody but the owner from the trail; this keeps the owner from slips.
create or replace function audit.refuse_change() returns trigger
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
begin
    raise exception using
        errcode = 'RH405',
        message = format('%s of %s.%s is refused: the trail only grows', tg_op, tg_table_schema, tg_table_name),
        hint = 'Rows that a tracked table no longer needs are deleted one by one, so that the trail records it.';
end
$$;
comment on function audit.refuse_change() is
    'Trigger: refuses to rewrite the trail, and to truncate a table that it watches (RH405).';
--! EndIncluded audit/refuse_change.sql
--! Included audit/track.sql
-- Puts a table under audit; idempotent. Its key columns are read from its primary key.
--
-- target:  the table
-- tenant:  the column that holds the tenant; '' for a table of no tenant
-- secrets: columns whose values the trail must never hold
create or replace function audit.track(target regclass, tenant text default 'tenant_id', secrets text[] default '{}')
    returns void
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    columns text[] := array(
        select attname from pg_catalog.pg_attribute
        where attrelid = target and attnum > 0 and not attisdropped
    );
    key     text[] := array(
        select attribute.attname
        from pg_catalog.pg_index as index
        cross join unnest(index.indkey) with ordinality as part (attnum, place)
        join pg_catalog.pg_attribute as attribute
            on attribute.attrelid = index.indrelid and attribute.attnum = part.attnum
        where index.indrelid = target and index.indisprimary
        order by part.place
    );
begin
    if cardinality(key) = 0 then
        raise exception using errcode = 'RH400', message = format('%s has no primary key, so the trail could not name its rows', target);
    end if;
    if not (array_remove(array[tenant], '') || secrets) <@ columns then
        raise exception using errcode = 'RH400', message = format('%s lacks a column named in audit.track()', target);
    end if;
    execute format(
        'create or replace trigger audit_changes after insert or update or delete on %s '
        'for each row execute function audit.record_change(%L, %L, %L)',
        target, tenant, array_to_string(key, ','), array_to_string(secrets, ',')
    );
    execute format(
        'create or replace trigger audit_truncate before truncate on %s '
        'for each statement execute function audit.refuse_change()',
        target
    );
end
$$;
comment on function audit.track(regclass, text, text[]) is
    'Puts a table under audit: every insert, update and delete is recorded, truncate is refused.';
--! EndIncluded audit/track.sql
--! Included audit/lock_partition.sql
-- A partition that is queried directly ignores its parent's policies and triggers: it gets its own.
create or replace function audit.lock_partition(partition regclass) returns void
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
begin
    execute format('alter table %s enable row level security', partition);
    execute format('alter table %s force row level security', partition);
    execute format('revoke all on %s from public, rowhouse_app, rowhouse_auth, rowhouse_worker, rowhouse_definer, rowhouse_auditor', partition);
    execute format(
        'create or replace trigger only_grows before update or delete or truncate on %s '
        'for each statement execute function audit.refuse_change()',
        partition
    );
end
$$;
comment on function audit.lock_partition(regclass) is
    'Shuts the direct way into a partition: no grants, row security without a policy, no rewriting.';
--! EndIncluded audit/lock_partition.sql
--! Included audit/create_partition.sql
-- Makes the trail's partition for the month of `day`; false if it was there already, or if events of that
-- month are in the default partition: they stay there, because the trail is not rewritten.
--
-- Owned by the owner of audit.events, because only it may add a partition: the one definer function that
-- rowhouse_definer does not own. Nobody may read or write a partition directly.
create or replace function audit.create_partition(day date) returns boolean
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    month timestamptz := date_trunc('month', day::timestamp) at time zone 'UTC';
    name  text := 'events_' || to_char(day, 'YYYY_MM');
begin
    if to_regclass(format('audit.%I', name)) is not null then
        return false;
    end if;
    begin
        execute format(
            'create table audit.%I partition of audit.events for values from (%L) to (%L)',
            name, month, (month at time zone 'UTC' + interval '1 month') at time zone 'UTC'
        );
    exception
        when check_violation then
            raise warning 'audit.% is not made: the default partition holds events of its month', name;
            return false;
    end;
    perform audit.lock_partition(format('audit.%I', name)::regclass);
    return true;
end
$$;
grant execute on function audit.create_partition(date) to rowhouse_definer;
comment on function audit.create_partition(date) is
    'Makes the partition for the month of a day (months are UTC); false if it was there already, or if its events are in the default partition.';
--! EndIncluded audit/create_partition.sql
--! Included audit/create_partitions.sql
-- Makes sure that this month and the three after it have a partition; returns how many were made.
set local role rowhouse_definer;
create or replace function audit.create_partitions() returns integer
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    select count(*) filter (where audit.create_partition(day::date))::integer
    from generate_series(
        date_trunc('month', now() at time zone 'UTC'),
        date_trunc('month', now() at time zone 'UTC') + interval '3 months',
        interval '1 month'
    ) as day
$$;
grant execute on function audit.create_partitions() to rowhouse_owner;
comment on function audit.create_partitions() is
    'Makes the missing partitions of this month and the next three; returns how many.';
reset role;
--! EndIncluded audit/create_partitions.sql

-- Identity
--! Included auth/normalise_email.sql
-- One spelling of an address: trimmed, NFC, lower case. The check on app.users.email holds us to it.
create or replace function auth.normalise_email(email text) returns text
    language sql immutable parallel safe security invoker
    set search_path = ''
as $$
    select lower(normalize(btrim(email), nfc))
$$;
grant execute on function auth.normalise_email(text) to rowhouse_definer;
comment on function auth.normalise_email(text) is 'One spelling of an e-mail address: trimmed, NFC, lower case.';
--! EndIncluded auth/normalise_email.sql
--! Included auth/network.sql
-- The network an address belongs to: /24 of IPv4, /64 of IPv6 (what one subscriber usually holds).
create or replace function auth.network(ip inet) returns text
    language sql immutable parallel safe security invoker
    set search_path = ''
as $$
    select coalesce(network(set_masklen(ip, case family(ip) when 4 then 24 else 64 end))::text, 'unknown')
$$;
grant execute on function auth.network(inet) to rowhouse_definer;
comment on function auth.network(inet) is 'The /24 (IPv4) or /64 (IPv6) of an address, as text; "unknown" for none.';
--! EndIncluded auth/network.sql
--! Included auth/throttle.sql
-- Counts one attempt against a key and says how many seconds the next must wait; 0 lets this one pass.
-- The count rises before the password is checked, so that attempts at the same time count too.
--
-- free:    attempts that cost no wait; each further one doubles it, from one second to a quarter of an hour.
set local role rowhouse_definer;
create or replace function auth.throttle(subject text, free integer) returns integer
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    known auth.login_throttles;
begin
    insert into auth.login_throttles as throttle (key, attempts)
        values (sha256(convert_to(subject, 'UTF8')), 1)
        on conflict (key) do update set
            attempts = case
                when throttle.blocked_until > now() then throttle.attempts
                when throttle.last_at < now() - interval '1 day' then 1
                else throttle.attempts + 1
            end
        returning * into known;
    if known.blocked_until > now() then
        return ceil(extract(epoch from known.blocked_until - now()));
    end if;
    update auth.login_throttles set
        last_at = now(),
        blocked_until = case
            when known.attempts < free then now()
            else now() + least(interval '1 second' * 2 ^ least(known.attempts - free, 20), interval '15 minutes')
        end
    where key = known.key;
    return 0;
end
$$;
comment on function auth.throttle(text, integer) is
    'Counts an attempt against a subject; returns the seconds it must wait, or 0 if it may go on.';
reset role;
--! EndIncluded auth/throttle.sql
--! Included auth/list_tenants.sql
-- The tenants a person may sign in to, as the JSON array `tenants` of a token response.
set local role rowhouse_definer;
create or replace function auth.list_tenants(person uuid) returns jsonb
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select coalesce(
        jsonb_agg(jsonb_build_object('id', tenant.id, 'slug', tenant.slug, 'name', tenant.name) order by tenant.slug),
        '[]'
    )
    from app.memberships as membership
    join app.tenants as tenant on tenant.id = membership.tenant_id
    where membership.user_id = person and membership.status = 'active' and tenant.status = 'active'
$$;
comment on function auth.list_tenants(uuid) is 'The tenants a person may sign in to: [{id, slug, name}].';
reset role;
--! EndIncluded auth/list_tenants.sql
--! Included auth/create_tenant.sql
-- A tenant with its three built-in roles and its first owner. Returns the tenant's id.
set local role rowhouse_definer;
create or replace function auth.create_tenant(slug text, name text, owner uuid) returns uuid
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tenant uuid := uuidv7();
    admin  uuid := uuidv7();
begin
    insert into app.tenants (id, slug, name) values (tenant, create_tenant.slug, create_tenant.name);
    insert into app.roles (tenant_id, id, name, description, permissions, built_in) values
        (tenant, admin, 'admin', 'Runs the tenant: people, roles, settings, every chat, the audit trail.',
            array(select permission.name from app.permissions as permission order by permission.name), true),
        (tenant, uuidv7(), 'member', 'Chats, and sees the own chats only.',
            array['chat', 'read_documents'], true),
        (tenant, uuidv7(), 'viewer', 'Sees analytics and no chat.',
            array['view_analytics'], true);
    insert into app.memberships (tenant_id, user_id, role_id, is_owner, display_name)
        select tenant, person.id, admin, true, person.name
        from app.users as person where person.id = owner;
    return tenant;
end
$$;
comment on function auth.create_tenant(text, text, uuid) is
    'Makes a tenant with the roles admin, member and viewer and its first owner; returns its id.';
reset role;
--! EndIncluded auth/create_tenant.sql
--! Included auth/register.sql
-- Keeps a registration until its address is verified. No user exists before that, so nobody can sit on
-- somebody else's address and wait. The caller of the API hears the same in every case.
--
-- digest: sha256 of the link's secret. Returns what to mail:
--   verify   the verification link
--   exists   a note that the address has an account already
--   nothing  three links in an hour are enough for any address
set local role rowhouse_definer;
create or replace function auth.register(
    email text, name text, password_hash text, tenant_slug text, tenant_name text, digest bytea, facts jsonb
) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    address text := auth.normalise_email(email);
begin
    perform context.act(null, null, facts);
    -- Two registrations of one address at once take turns, so that the limit below is exact.
    perform pg_advisory_xact_lock(hashtext('auth.register'), hashtext(address));
    if (
        select count(*) >= 3 from auth.registrations as recent
        where recent.email = address and recent.created_at > now() - interval '1 hour'
    ) then
        return 'nothing';
    end if;
    insert into auth.registrations (email, name, password_hash, tenant_slug, tenant_name, digest)
        values (address, btrim(register.name), register.password_hash, register.tenant_slug,
            btrim(register.tenant_name), sha256(register.digest));
    if exists (select from app.users as person where lower(person.email) = address) then
        return 'exists';
    end if;
    return 'verify';
end
$$;
grant execute on function auth.register(text, text, text, text, text, bytea, jsonb) to rowhouse_auth;
comment on function auth.register(text, text, text, text, text, bytea, jsonb) is
    'Keeps a registration until its link is followed; returns what to mail: verify, exists or nothing.';
reset role;
--! EndIncluded auth/register.sql
--! Included auth/verify_email.sql
-- Follows a verification link: the user, the password and the tenant come into being together.
--
-- digest:      sha256 of the link's secret
-- tenant_slug: another slug than the registered one, for when that was taken meanwhile
-- Returns the outcome: verified, invalid_token, slug_taken (the link stays good).
set local role rowhouse_definer;
create or replace function auth.verify_email(digest bytea, tenant_slug text, facts jsonb) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    registration auth.registrations;
    person       uuid := uuidv7();
begin
    perform context.act(null, null, facts);
    -- Two links of one address at once take turns, and with registrations of it: each would wait for the other's row.
    perform pg_advisory_xact_lock(hashtext('auth.register'), hashtext(pending.email))
    from auth.registrations as pending where pending.digest = sha256(verify_email.digest);
    select * into registration
    from auth.registrations as pending
    where pending.digest = sha256(verify_email.digest) and pending.expires_at > now()
    for update;
    if not found or exists (select from app.users as known where lower(known.email) = registration.email) then
        return 'invalid_token';
    end if;
    if verify_email.tenant_slug is not null and registration.tenant_slug is not null then
        registration.tenant_slug := verify_email.tenant_slug;
    end if;

    perform context.act(person, null, facts);
    begin
        insert into app.users (id, email, name) values (person, registration.email, registration.name);
        insert into auth.passwords (user_id, hash) values (person, registration.password_hash);
        if registration.tenant_slug is not null then
            perform auth.create_tenant(registration.tenant_slug, registration.tenant_name, person);
        end if;
    exception
        when unique_violation then
            -- Most likely a slug that was taken meanwhile. Nothing stays behind.
            return case
                when exists (select from app.tenants as tenant where lower(tenant.slug) = registration.tenant_slug)
                    then 'slug_taken'
                else 'invalid_token'
            end;
    end;
    delete from auth.registrations as other where other.email = registration.email;
    return 'verified';
end
$$;
grant execute on function auth.verify_email(bytea, text, jsonb) to rowhouse_auth;
comment on function auth.verify_email(bytea, text, jsonb) is
    'Follows a verification link: makes the user, the password and the tenant at once. Outcome: verified, invalid_token or slug_taken.';
reset role;
--! EndIncluded auth/verify_email.sql
--! Included auth/begin_login.sql
-- The first half of a login: what the password is to be checked against, if it may be tried at all.
--
-- An unknown address counts and waits like a known one. Attempts are counted per address and network, so
-- that a stranger's guesses do not lock the owner out; above 100 a day an address also waits from every
-- network that it has not signed in from in the last 30 days.
set local role rowhouse_definer;
create or replace function auth.begin_login(email text, facts jsonb)
    returns table (user_id uuid, password_hash text, retry_after integer)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    address text := auth.normalise_email(email);
    network text := auth.network((facts ->> 'ip')::inet);
begin
    select person.id, password.hash into user_id, password_hash
    from app.users as person
    join auth.passwords as password on password.user_id = person.id
    where lower(person.email) = address;

    retry_after := auth.throttle(address || ' ' || network, 5);
    if retry_after = 0 and not exists (
        select from auth.sessions as session
        where session.user_id = begin_login.user_id
            and session.created_at > now() - interval '30 days'
            and auth.network(session.ip) = network
    ) then
        retry_after := auth.throttle(address, 100);
    end if;
    if retry_after > 0 then
        perform context.act(null, null, facts);
        perform audit.record_event('auth.login_throttled', null,
            jsonb_build_object('email', address, 'retry_after', retry_after));
        user_id := null;
        password_hash := null;
    end if;
    return next;
end
$$;
grant execute on function auth.begin_login(text, jsonb) to rowhouse_auth;
comment on function auth.begin_login(text, jsonb) is
    'Counts a login attempt and returns the hash to check the password against, or the seconds to wait.';
reset role;
--! EndIncluded auth/begin_login.sql
--! Included auth/finish_login.sql
-- The second half of a login. The server checked the password; here it becomes a session, or a failure
-- in the trail. Nothing raises, because a failure must be committed too.
--
-- verified:     whether the password was right (the server's word: argon2id runs there)
-- session:      the id of the session to make; handle: sha256 of its secret handle
-- tenant_slug:  which tenant; null takes the membership that was used last
-- Returns the outcome (ok, invalid_credentials, user_banned, not_a_member, tenant_suspended) and, for ok,
-- {user, tenant, tenants} as JSON. Why it failed is told only to who knew the password.
set local role rowhouse_definer;
create or replace function auth.finish_login(
    email text, verified boolean, session uuid, handle bytea, tenant_slug text, facts jsonb
) returns table (outcome text, result jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    address text := auth.normalise_email(email);
    person  app.users;
    place   record;
begin
    select * into person from app.users as known where lower(known.email) = address;

    select membership.tenant_id, tenant.slug, tenant.name, tenant.status into place
    from app.memberships as membership
    join app.tenants as tenant on tenant.id = membership.tenant_id
    where membership.user_id = person.id and membership.status = 'active'
        and (finish_login.tenant_slug is null or tenant.slug = finish_login.tenant_slug)
    order by
        tenant.status = 'active' desc,
        (select max(past.created_at) from auth.sessions as past
            where past.user_id = person.id and past.tenant_id = membership.tenant_id) desc nulls last,
        membership.id
    limit 1;

    outcome := case
        when person.id is null or verified is not true then 'invalid_credentials'
        when person.status = 'banned' then 'user_banned'
        when place is null and finish_login.tenant_slug is not null then 'not_a_member'
        when place is not null and place.status <> 'active' then 'tenant_suspended'
        else 'ok'
    end;

    perform context.act(person.id, place.tenant_id, facts);
    if outcome <> 'ok' then
        -- A wrong password says nothing of a tenant yet, so such a failure belongs to the platform.
        perform audit.record_event(
            'auth.login_failed',
            case when outcome in ('user_banned', 'tenant_suspended') then place.tenant_id end,
            jsonb_build_object('outcome', outcome, 'email', address)
        );
        return next;
        return;
    end if;

    delete from auth.login_throttles
    where key = sha256(convert_to(address || ' ' || auth.network((facts ->> 'ip')::inet), 'UTF8'));
    insert into auth.sessions (id, user_id, tenant_id, handle_digest, user_agent, ip) values (
        finish_login.session, person.id, place.tenant_id, sha256(handle),
        facts ->> 'user_agent', (facts ->> 'ip')::inet
    );
    perform audit.record_event('auth.login', place.tenant_id, jsonb_build_object('session', finish_login.session));
    result := jsonb_build_object(
        'user', jsonb_build_object('id', person.id, 'email', person.email, 'name', person.name, 'locale', person.locale),
        'tenant', case when place is not null then
            jsonb_build_object('id', place.tenant_id, 'slug', place.slug, 'name', place.name) end,
        'tenants', auth.list_tenants(person.id)
    );
    return next;
end
$$;
grant execute on function auth.finish_login(text, boolean, uuid, bytea, text, jsonb) to rowhouse_auth;
comment on function auth.finish_login(text, boolean, uuid, bytea, text, jsonb) is
    'Turns a checked password into a session, or into a failure in the trail. Never raises for a refusal, so that both commit.';
reset role;
--! EndIncluded auth/finish_login.sql
--! Included auth/refresh_session.sql
-- Rotates a refresh token (RFC 9700 section 4.14.2). The server has checked the token's HMAC; the counter in it
-- says which of the session's tokens it is.
--
-- The newest token moves the session on. Its parent is accepted again for ten seconds and only while the
-- child is unused, and yields the same child: two tabs that refresh at once both live. Anything older is
-- a replay: the session ends, and the trail says so. Nothing raises, because that end must be committed.
--
-- Outcomes: ok, ended, expired, reused, fingerprint_mismatch, user_banned, tenant_suspended, membership_ended.
set local role rowhouse_definer;
create or replace function auth.refresh_session(session uuid, counter integer, facts jsonb)
    returns table (outcome text, next_counter integer, user_id uuid, tenant_id uuid, expires_in integer)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    known auth.sessions;
    holder context.holder;
begin
    select * into known from auth.sessions as candidate where candidate.id = refresh_session.session for update;
    if not found then
        outcome := 'ended';
        return next;
        return;
    end if;
    perform context.act(known.user_id, known.tenant_id, facts);
    -- The handle's digest is the key the door uses; the same live checks hold here.
    select * into holder from context.find_session(known.handle_digest);

    outcome := case
        when holder.ended then 'ended'
        when holder.expired then 'expired'
        when holder.user_status <> 'active' then 'user_banned'
        when holder.tenant_id is not null and holder.tenant_status <> 'active' then 'tenant_suspended'
        when holder.tenant_id is not null and holder.membership_status <> 'active' then 'membership_ended'
        when known.user_agent is not null and known.user_agent is distinct from facts ->> 'user_agent'
            then 'fingerprint_mismatch'
        when refresh_session.counter = known.counter then 'ok'
        when refresh_session.counter = known.counter - 1 and known.rotated_at > now() - interval '10 seconds' then 'ok'
        else 'reused'
    end;

    if outcome = 'ok' and refresh_session.counter = known.counter then
        update auth.sessions as rotating set
            counter = known.counter + 1,
            rotated_at = now(),
            idle_expires_at = now() + interval '7 days'
        where rotating.id = known.id
        returning * into known;
    elsif outcome = 'reused' then
        update auth.sessions as stolen set ended_at = now(), end_reason = 'reuse' where stolen.id = known.id;
        perform audit.record_event('auth.refresh_reused', known.tenant_id, jsonb_build_object(
            'session', known.id, 'presented', refresh_session.counter, 'current', known.counter));
    elsif outcome <> 'ok' then
        perform audit.record_event('auth.refresh_failed', known.tenant_id,
            jsonb_build_object('session', known.id, 'outcome', outcome));
    end if;

    if outcome = 'ok' then
        next_counter := known.counter;
        user_id := known.user_id;
        tenant_id := known.tenant_id;
        expires_in := floor(extract(epoch from least(known.idle_expires_at, known.expires_at) - now()));
    end if;
    return next;
end
$$;
grant execute on function auth.refresh_session(uuid, integer, jsonb) to rowhouse_auth;
comment on function auth.refresh_session(uuid, integer, jsonb) is
    'Rotates a refresh token, row locked. A replayed token ends the session. Never raises for a refusal, so that the end commits.';
reset role;
--! EndIncluded auth/refresh_session.sql
--! Included auth/end_sessions.sql
-- Signs out: the session with this handle, the user's others, or all of them. Returns how many ended.
-- handle: sha256 of the session's secret handle. scope: current, others, all.
set local role rowhouse_definer;
create or replace function auth.end_sessions(handle bytea, scope text, facts jsonb) returns integer
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    current auth.sessions;
    ended   integer;
begin
    if scope is null or scope not in ('current', 'others', 'all') then
        raise exception using errcode = 'RH400', message = 'scope is one of current, others, all';
    end if;
    select * into current from auth.sessions as session
    where session.handle_digest = sha256(handle) and session.ended_at is null;
    if not found then
        return 0;
    end if;
    perform context.act(current.user_id, current.tenant_id, facts);
    update auth.sessions as session set ended_at = now(), end_reason = 'logout'
    where session.user_id = current.user_id and session.ended_at is null
        and (scope = 'all' or (session.id = current.id) = (scope = 'current'));
    get diagnostics ended = row_count;
    perform audit.record_event('auth.logout', current.tenant_id,
        jsonb_build_object('session', current.id, 'scope', scope, 'ended', ended));
    return ended;
end
$$;
grant execute on function auth.end_sessions(bytea, text, jsonb) to rowhouse_auth;
comment on function auth.end_sessions(bytea, text, jsonb) is
    'Ends the session with this handle (current), the user''s other ones (others) or every one (all); returns how many.';
reset role;
--! EndIncluded auth/end_sessions.sql
--! Included auth/record_refusal.sql
-- Writes a refusal into the trail. The refused transaction rolled back, so the server reports it in one
-- of its own, for the credential that was refused (sha256 of the secret; null for none).
set local role rowhouse_definer;
create or replace function auth.record_refusal(credential bytea, code text, detail text, facts jsonb) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    holder context.holder;
begin
    select * into holder from context.find_session(sha256(credential));
    if not found then
        select * into holder from context.find_api_key(sha256(credential));
    end if;
    perform context.act(holder.user_id, holder.tenant_id, facts);
    perform audit.record_event('access.refused', holder.tenant_id, jsonb_strip_nulls(jsonb_build_object(
        'code', code, 'detail', record_refusal.detail, 'credential', holder.credential_id)));
end
$$;
grant execute on function auth.record_refusal(bytea, text, text, jsonb) to rowhouse_auth;
comment on function auth.record_refusal(bytea, text, text, jsonb) is
    'Writes a refusal into the trail, in a transaction of its own, under the refused credential.';
reset role;
--! EndIncluded auth/record_refusal.sql
--! Included auth/list_signing_keys.sql
-- Every token signing key that still counts: those that verify, and the one that signs (the newest active).
set local role rowhouse_definer;
create or replace function auth.list_signing_keys() returns setof auth.signing_keys
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select * from auth.signing_keys
    where expires_at is null or expires_at > now()
    order by active_from desc, created_at desc, id
$$;
grant execute on function auth.list_signing_keys() to rowhouse_auth;
comment on function auth.list_signing_keys() is
    'The signing keys that still verify, newest first; the private half is encrypted under the master key.';
reset role;
--! EndIncluded auth/list_signing_keys.sql
--! Included auth/install_signing_key.sql
-- Installs a token signing key if the newest of its algorithm is older than max_age; true if it did.
--
-- The first key signs at once. A later one signs after `lead`, so that everybody who caches the key set
-- knows it by then; the ones before it verify for an hour longer, four times the life of a token.
set local role rowhouse_definer;
create or replace function auth.install_signing_key(
    id text, algorithm text, public_jwk jsonb, private_jwk text, max_age interval, lead interval
) returns boolean
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    start timestamptz := now();
begin
    perform pg_advisory_xact_lock(hashtext('auth.signing_keys'));
    delete from auth.signing_keys as old where old.expires_at < now() - interval '1 day';
    if exists (
        select from auth.signing_keys as known
        where known.algorithm = install_signing_key.algorithm
            and known.created_at > now() - max_age and known.expires_at is null
    ) then
        return false;
    end if;
    if exists (select from auth.signing_keys as known where known.active_from <= now() and (known.expires_at is null or known.expires_at > now() + lead)) then
        start := now() + lead;
    end if;
    update auth.signing_keys as older set expires_at = greatest(start, older.active_from) + interval '1 hour'
    where older.expires_at is null;
    insert into auth.signing_keys (id, algorithm, public_jwk, private_jwk, active_from)
        values (install_signing_key.id, install_signing_key.algorithm, install_signing_key.public_jwk,
            install_signing_key.private_jwk, start);
    return true;
end
$$;
grant execute on function auth.install_signing_key(text, text, jsonb, text, interval, interval) to rowhouse_auth;
comment on function auth.install_signing_key(text, text, jsonb, text, interval, interval) is
    'Installs a token signing key if the newest of its algorithm is older than max_age; true if it did.';
reset role;
--! EndIncluded auth/install_signing_key.sql

-- Jobs
--! Included jobs/beat.sql
set local role rowhouse_definer;
create or replace function jobs.beat(worker text) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    insert into jobs.heartbeats (worker) values (beat.worker)
    on conflict (worker) do update set seen_at = clock_timestamp()
$$;
grant execute on function jobs.beat(text) to rowhouse_worker;
comment on function jobs.beat(text) is 'A worker says that it is alive; /readyz looks for it.';
reset role;
--! EndIncluded jobs/beat.sql
--! Included jobs/create_audit_partitions.sql
set local role rowhouse_definer;
create or replace function jobs.create_audit_partitions() returns integer
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    select audit.create_partitions()
$$;
grant execute on function jobs.create_audit_partitions() to rowhouse_worker;
comment on function jobs.create_audit_partitions() is
    'Makes the trail''s partitions for this month and the next three; returns how many were missing.';
reset role;
--! EndIncluded jobs/create_audit_partitions.sql
--! Included jobs/expire_registrations.sql
-- Forgets verification links that were not followed within their 24 hours.
set local role rowhouse_definer;
create or replace function jobs.expire_registrations() returns integer
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    forgotten integer;
begin
    delete from auth.registrations where expires_at <= now();
    get diagnostics forgotten = row_count;
    return forgotten;
end
$$;
grant execute on function jobs.expire_registrations() to rowhouse_worker;
comment on function jobs.expire_registrations() is
    'Forgets registrations whose verification link has expired and returns how many.';
reset role;
--! EndIncluded jobs/expire_registrations.sql
--! Included jobs/expire_sessions.sql
-- Ends sessions whose idle or absolute time is over, and forgets ended ones after 90 days.
-- The door refuses an expired session anyway; this makes the end visible and audited.
set local role rowhouse_definer;
create or replace function jobs.expire_sessions() returns integer
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    ended integer;
begin
    update auth.sessions set ended_at = now(), end_reason = 'expired'
    where ended_at is null and least(idle_expires_at, expires_at) <= now();
    get diagnostics ended = row_count;
    delete from auth.sessions where ended_at < now() - interval '90 days';
    delete from jobs.heartbeats where seen_at < now() - interval '1 day';
    delete from auth.login_throttles where last_at < now() - interval '7 days';
    return ended;
end
$$;
grant execute on function jobs.expire_sessions() to rowhouse_worker;
comment on function jobs.expire_sessions() is
    'Ends sessions past their time and returns how many; forgets old ones, old throttles and old heartbeats.';
reset role;
--! EndIncluded jobs/expire_sessions.sql
--! Included jobs/install_signing_key.sql
-- The worker's way to auth.install_signing_key(), for rotation.
set local role rowhouse_definer;
create or replace function jobs.install_signing_key(
    id text, algorithm text, public_jwk jsonb, private_jwk text, max_age interval, lead interval
) returns boolean
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    select auth.install_signing_key(id, algorithm, public_jwk, private_jwk, max_age, lead)
$$;
grant execute on function jobs.install_signing_key(text, text, jsonb, text, interval, interval) to rowhouse_worker;
comment on function jobs.install_signing_key(text, text, jsonb, text, interval, interval) is
    'Installs a new token signing key if the newest of its algorithm is older than max_age; true if it did.';
reset role;
--! EndIncluded jobs/install_signing_key.sql
--! Included jobs/rotate_seal_key.sql
-- A new seal key once the newest is older than `max_age`; the ones before it stop sealing at once and are
-- forgotten an hour later. A seal lives for 60 seconds, so every open transaction outlives its key's use.
set local role rowhouse_definer;
create or replace function jobs.rotate_seal_key(max_age interval default '30 days') returns boolean
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    perform pg_advisory_xact_lock(hashtext('context.seal_keys'));
    delete from context.seal_keys where retired_at < now() - interval '1 hour';
    if exists (select from context.seal_keys where retired_at is null and created_at > now() - max_age) then
        return false;
    end if;
    update context.seal_keys set retired_at = greatest(now(), created_at) where retired_at is null;
    insert into context.seal_keys default values;
    return true;
end
$$;
grant execute on function jobs.rotate_seal_key(interval) to rowhouse_worker;
comment on function jobs.rotate_seal_key(interval) is
    'Replaces the seal key when it is older than max_age; true if it did.';
reset role;
--! EndIncluded jobs/rotate_seal_key.sql

-- Rules of the rows that compare before with after
--! Included app/touch_updated_at.sql
create or replace function app.touch_updated_at() returns trigger
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
begin
    new.updated_at := now();
    return new;
end
$$;
comment on function app.touch_updated_at() is 'Trigger: updated_at is the time of the last change, whatever the caller says.';

create or replace trigger touch_updated_at before update on app.tenants
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update on app.users
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update on app.roles
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update on app.memberships
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update on app.conversations
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update on app.user_preferences
    for each row execute function app.touch_updated_at();
--! EndIncluded app/touch_updated_at.sql
--! Included app/check_role_permissions.sql
-- A role holds only permissions of the catalogue, each once, in order; nobody puts in what they do not hold.
set local role rowhouse_definer;
create or replace function app.check_role_permissions() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    unknown text;
    missing text;
begin
    select name into unknown from unnest(new.permissions) as wanted (name)
    where not exists (select from app.permissions as permission where permission.name = wanted.name)
    order by name limit 1;
    if unknown is not null then
        raise exception using
            errcode = 'RH400',
            message = format('there is no permission %s', to_json(unknown)),
            hint = 'The catalogue is app.permissions.';
    end if;
    if context.is_caller() then
        -- Whoever entered another of their tenants in the middle of the statement shows what they hold there.
        if context.tenant_id() is distinct from new.tenant_id then
            perform context.refuse('broken_seal');
        end if;
        select name into missing from unnest(new.permissions) as wanted (name)
        where not context.may(name) order by name limit 1;
        if missing is not null then
            perform context.refuse(missing);
        end if;
    end if;
    new.permissions := array(select distinct name from unnest(new.permissions) as wanted (name) order by name);
    return new;
end
$$;
grant execute on function app.check_role_permissions() to rowhouse_owner;
comment on function app.check_role_permissions() is
    'Trigger: a role holds only permissions of the catalogue (RH400) and only what its maker holds (RH403 naming the first missing one).';
reset role;

create or replace trigger check_role_permissions before insert or update of permissions on app.roles
    for each row execute function app.check_role_permissions();
--! EndIncluded app/check_role_permissions.sql
--! Included app/guard_membership.sql
-- What a policy cannot say, because it compares the row with what it was and with its role:
-- members may change their own name and picture, but role, status and ownership want `manage_users`;
-- nobody gives a role that holds more than they do, or touches somebody who holds more;
-- only an owner makes or unmakes an owner.
set local role rowhouse_definer;
create or replace function app.guard_membership() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    missing text;
begin
    if not context.is_caller() then
        return new;
    end if;
    -- Whoever entered another of their tenants in the middle of the statement shows what they hold there.
    if context.tenant_id() is distinct from old.tenant_id then
        perform context.refuse('broken_seal');
    end if;
    if (new.role_id, new.status, new.is_owner) is distinct from (old.role_id, old.status, old.is_owner) then
        if not context.may('manage_users') then
            perform context.refuse('manage_users');
        end if;
        select held.permission into missing
        from app.roles as role cross join unnest(role.permissions) as held (permission)
        where role.tenant_id = old.tenant_id and role.id in (old.role_id, new.role_id)
            and not context.may(held.permission)
        order by held.permission limit 1;
        if missing is not null then
            perform context.refuse(missing);
        end if;
    end if;
    if (old.is_owner or new.is_owner) and not context.is_owner()
        and (new.role_id, new.status, new.is_owner) is distinct from (old.role_id, old.status, old.is_owner)
    then
        perform context.refuse('owner');
    end if;
    return new;
end
$$;
grant execute on function app.guard_membership() to rowhouse_owner;
comment on function app.guard_membership() is
    'Trigger: role, status and ownership of a member change only at the hands of somebody who holds at least as much (RH403 names what is missing).';
reset role;

create or replace trigger guard_membership before update on app.memberships
    for each row execute function app.guard_membership();
--! EndIncluded app/guard_membership.sql
--! Included app/keep_an_owner.sql
-- A tenant always keeps one active owner. Checked at commit; the tenant's row is locked meanwhile, so that
-- two owners who demote each other take turns and the second is refused. Under a snapshot that could not
-- see the first one's commit it refuses outright.
set local role rowhouse_definer;
create or replace function app.keep_an_owner() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception using
            errcode = 'RH400',
            message = 'ownership changes only in transactions that read committed';
    end if;
    perform from app.tenants as tenant where tenant.id = old.tenant_id for no key update;
    if not exists (
        select from app.memberships as membership
        where membership.tenant_id = old.tenant_id and membership.is_owner and membership.status = 'active'
    ) then
        raise exception using
            errcode = 'RH409',
            message = 'a tenant always keeps one active owner',
            hint = 'Make somebody else an owner first.';
    end if;
    return null;
end
$$;
grant execute on function app.keep_an_owner() to rowhouse_owner;
comment on function app.keep_an_owner() is
    'Deferred trigger: refuses (RH409) to take away the last active owner of a tenant.';
reset role;

do $$
begin
    if not exists (
        select from pg_catalog.pg_trigger where tgrelid = 'app.memberships'::regclass and tgname = 'keep_an_owner'
    ) then
        create constraint trigger keep_an_owner after update or delete on app.memberships
            deferrable initially deferred
            for each row when (old.is_owner and old.status = 'active')
            execute function app.keep_an_owner();
    end if;
end
$$;
--! EndIncluded app/keep_an_owner.sql

-- The API's own calls
--! Included app/audit_events.sql
-- The trail as the API shows it. security_invoker: the policies of audit.events decide, not the view's owner.
-- No security_barrier: there is no condition here to guard, and a barrier would keep a page from its index.
create or replace view app.audit_events with (security_invoker = true) as
    select
        tenant_id, id, at, action, table_name, row_key, old_row, new_row, detail,
        actor_kind, actor_id, credential_id, request_id, ip, user_agent
    from audit.events;
revoke all on app.audit_events from public, rowhouse_app;
grant select on app.audit_events to rowhouse_app;
comment on view app.audit_events is
    'The tenant''s audit trail, newest last; needs view_audit. Secrets and what people said are redacted.';
--! EndIncluded app/audit_events.sql
--! Included app/me.sql
create or replace function app.me() returns app.users
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select * from app.users where id = (select context.user_id())
$$;
grant execute on function app.me() to rowhouse_app;
comment on function app.me() is 'The caller.';
--! EndIncluded app/me.sql
--! Included app/my_tenant.sql
create or replace function app.my_tenant() returns app.tenants
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select * from app.tenants where id = (select context.tenant_id())
$$;
grant execute on function app.my_tenant() to rowhouse_app;
comment on function app.my_tenant() is 'The tenant that the caller''s credential is for.';
--! EndIncluded app/my_tenant.sql
--! Included app/my_membership.sql
create or replace function app.my_membership() returns app.memberships
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select * from app.memberships
    where tenant_id = (select context.tenant_id()) and user_id = (select context.user_id())
$$;
grant execute on function app.my_membership() to rowhouse_app;
comment on function app.my_membership() is 'The caller''s membership in the tenant of their credential.';
--! EndIncluded app/my_membership.sql
--! Included app/my_permissions.sql
create or replace function app.my_permissions() returns text[]
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select context.permissions()
$$;
grant execute on function app.my_permissions() to rowhouse_app;
comment on function app.my_permissions() is 'What the caller may do: the permissions of their role, within the scopes of their credential.';
--! EndIncluded app/my_permissions.sql
--! Included app/my_conversations.sql
-- Inlined by the planner (so no `set`): the comparison with the caller is then an index condition on
-- (tenant_id, user_id, id), which the policy's own `or` could not be.
create or replace function app.my_conversations() returns setof app.conversations
    language sql stable parallel restricted security invoker
begin atomic
    select * from app.conversations
    where tenant_id = (select context.tenant_id()) and user_id = (select context.user_id());
end;
grant execute on function app.my_conversations() to rowhouse_app;
comment on function app.my_conversations() is
    'The caller''s own conversations; for administrators too, who see everybody''s under conversations.';
--! EndIncluded app/my_conversations.sql
--! Included app/my_preferences.sql
create or replace function app.my_preferences() returns app.user_preferences
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select * from app.user_preferences
    where tenant_id = (select context.tenant_id()) and user_id = (select context.user_id())
$$;
grant execute on function app.my_preferences() to rowhouse_app;
comment on function app.my_preferences() is 'The caller''s preferences in this tenant; null until they are set.';
--! EndIncluded app/my_preferences.sql
--! Included app/set_my_preferences.sql
-- One call whether or not there are preferences yet; what is left out stays as it is.
create or replace function app.set_my_preferences(language text default null, tone text default null)
    returns app.user_preferences
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    insert into app.user_preferences as mine (language, tone)
    values (coalesce(set_my_preferences.language, 'en'), coalesce(set_my_preferences.tone, 'neutral'))
    on conflict (tenant_id, user_id) do update set
        language = coalesce(set_my_preferences.language, mine.language),
        tone = coalesce(set_my_preferences.tone, mine.tone)
    returning mine.*
$$;
grant execute on function app.set_my_preferences(text, text) to rowhouse_app;
comment on function app.set_my_preferences(text, text) is
    'Sets the caller''s preferences in this tenant; what is left out stays as it is.';
--! EndIncluded app/set_my_preferences.sql

-- Policies: who may do what, table by table
--! Included policies/tenants.sql
select context.close_table('app.tenants');

grant select on app.tenants to rowhouse_app;
grant update (name) on app.tenants to rowhouse_app;

create policy "nothing crosses the wall" on app.tenants
    as restrictive for all to rowhouse_app
    using (id = (select context.tenant_id()))
    with check (id = (select context.tenant_id()));
comment on policy "nothing crosses the wall" on app.tenants is
    'Whatever the policies below permit, they permit inside the caller''s tenant. Restrictive, so it stands before every query as one indexed equality.';

create policy "members see their own tenant" on app.tenants
    for select to rowhouse_app
    using (id = (select context.tenant_id()));
comment on policy "members see their own tenant" on app.tenants is
    'Whoever is signed in to a tenant may know its name. That other tenants exist is nobody''s business.';

create policy "managers of the tenant rename it" on app.tenants
    for update to rowhouse_app
    using (id = (select context.tenant_requiring('manage_tenant')))
    with check (id = (select context.tenant_requiring('manage_tenant')));
comment on policy "managers of the tenant rename it" on app.tenants is
    'Only the name. The slug is in links, and the status is the operator''s, so neither column is granted.';

-- The definer's reach: the door, sign-in and the lock on a tenant's owners.
grant select, insert on app.tenants to rowhouse_definer;
grant update (updated_at) on app.tenants to rowhouse_definer;
create policy "the door reads every tenant" on app.tenants
    for select to rowhouse_definer using (true);
comment on policy "the door reads every tenant" on app.tenants is
    'context.enter() must see that a tenant is active before there is a context; sign-in looks tenants up by slug.';
create policy "registration creates tenants" on app.tenants
    for insert to rowhouse_definer with check (true);
comment on policy "registration creates tenants" on app.tenants is
    'auth.create_tenant(), when the address of the first owner is verified.';
create policy "the owners check locks the tenant" on app.tenants
    for update to rowhouse_definer using (true) with check (false);
comment on policy "the owners check locks the tenant" on app.tenants is
    'app.keep_an_owner() locks the row, which PostgreSQL counts as an update; the check lets no update through.';
--! EndIncluded policies/tenants.sql
--! Included policies/users.sql
select context.close_table('app.users');

grant select on app.users to rowhouse_app;
grant update (name, locale) on app.users to rowhouse_app;

create policy "people see themselves" on app.users
    for select to rowhouse_app
    using (id = (select context.user_id()));
comment on policy "people see themselves" on app.users is
    'A user is one person across tenants. What colleagues may know of them is in app.memberships.';

create policy "people change their own name and language" on app.users
    for update to rowhouse_app
    using (id = (select context.user_id()))
    with check (id = (select context.user_id()));
comment on policy "people change their own name and language" on app.users is
    'The address changes only by proving the new one; the status is the operator''s. Neither column is granted.';

-- The definer's reach: the door and sign-in.
grant select, insert on app.users to rowhouse_definer;
create policy "the door reads every user" on app.users
    for select to rowhouse_definer using (true);
comment on policy "the door reads every user" on app.users is
    'context.enter() must see that a user is active; sign-in looks users up by their address.';
create policy "registration creates users" on app.users
    for insert to rowhouse_definer with check (true);
comment on policy "registration creates users" on app.users is
    'auth.verify_email(), once the address is proven.';
--! EndIncluded policies/users.sql
--! Included policies/permissions.sql
select context.close_table('app.permissions');

grant select on app.permissions to rowhouse_app;

create policy "everybody inside reads the catalogue" on app.permissions
    for select to rowhouse_app
    using ((select context.user_id()) is not null);
comment on policy "everybody inside reads the catalogue" on app.permissions is
    'The names are the same for all tenants and no secret, but outside the door there is nothing to see at all.';

-- The definer's reach: checking roles, and making the built-in ones.
grant select on app.permissions to rowhouse_definer;
create policy "role checks read the catalogue" on app.permissions
    for select to rowhouse_definer using (true);
comment on policy "role checks read the catalogue" on app.permissions is
    'app.check_role_permissions() and auth.create_tenant().';

-- The owner's reach: migrations write the catalogue.
create policy "migrations keep the catalogue" on app.permissions
    for all to rowhouse_owner using (true) with check (true);
comment on policy "migrations keep the catalogue" on app.permissions is
    'db/schema/app/catalogue_permissions.sql is the list; nobody else writes here.';
--! EndIncluded policies/permissions.sql
--! Included policies/roles.sql
select context.close_table('app.roles');

grant select on app.roles to rowhouse_app;
grant insert (name, description, permissions) on app.roles to rowhouse_app;
grant update (name, description, permissions) on app.roles to rowhouse_app;
grant delete on app.roles to rowhouse_app;

create policy "nothing crosses the wall" on app.roles
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()))
    with check (tenant_id = (select context.tenant_id()));
comment on policy "nothing crosses the wall" on app.roles is
    'Whatever the policies below permit, they permit inside the caller''s tenant. Restrictive, so it stands before every query as one indexed equality.';

create policy "members see the roles of their tenant" on app.roles
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_id()));
comment on policy "members see the roles of their tenant" on app.roles is
    'What a colleague''s role means is no secret among colleagues.';

create policy "managers of roles add roles" on app.roles
    for insert to rowhouse_app
    with check (tenant_id = (select context.tenant_requiring('manage_roles')) and not built_in);
comment on policy "managers of roles add roles" on app.roles is
    'Within what they hold themselves: the trigger check_role_permissions refuses more.';

create policy "managers of roles change roles they hold" on app.roles
    for update to rowhouse_app
    using (
        tenant_id = (select context.tenant_requiring('manage_roles'))
        and not built_in and tenant_id = (select context.tenant_holding(permissions))
    )
    with check (tenant_id = (select context.tenant_requiring('manage_roles')) and not built_in);
comment on policy "managers of roles change roles they hold" on app.roles is
    'The built-in three stay as documented. A role that holds more than the caller is out of their reach; the check leaves that to the trigger check_role_permissions, which names what is missing.';

create policy "managers of roles remove roles they hold" on app.roles
    for delete to rowhouse_app
    using (
        tenant_id = (select context.tenant_requiring('manage_roles'))
        and not built_in and tenant_id = (select context.tenant_holding(permissions))
    );
comment on policy "managers of roles remove roles they hold" on app.roles is
    'A role that somebody still has cannot be removed: the foreign key of app.memberships keeps it.';

-- The definer's reach: the door, and the roles a new tenant begins with.
grant select, insert on app.roles to rowhouse_definer;
create policy "the door reads every role" on app.roles
    for select to rowhouse_definer using (true);
comment on policy "the door reads every role" on app.roles is
    'context.enter() takes the permissions from here, afresh each time; app.guard_membership() compares roles.';
create policy "registration creates the built-in roles" on app.roles
    for insert to rowhouse_definer with check (built_in);
comment on policy "registration creates the built-in roles" on app.roles is
    'auth.create_tenant() makes admin, member and viewer.';
--! EndIncluded policies/roles.sql
--! Included policies/memberships.sql
select context.close_table('app.memberships');

grant select on app.memberships to rowhouse_app;
grant update (role_id, is_owner, status, display_name, avatar_url) on app.memberships to rowhouse_app;

create policy "nothing crosses the wall" on app.memberships
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()))
    with check (tenant_id = (select context.tenant_id()));
comment on policy "nothing crosses the wall" on app.memberships is
    'Whatever the policies below permit, they permit inside the caller''s tenant. Restrictive, so it stands before every query as one indexed equality.';

create policy "members see their colleagues" on app.memberships
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_id()));
comment on policy "members see their colleagues" on app.memberships is
    'Name, picture, role and status: what a colleague should see. The address is in app.users, which shows only oneself.';

create policy "members change themselves, managers of users everybody" on app.memberships
    for update to rowhouse_app
    using (
        tenant_id = (select context.tenant_id())
        and case
            when user_id = (select context.user_id()) then true
            else tenant_id = (select context.tenant_requiring('manage_users'))
        end
    )
    with check (
        tenant_id = (select context.tenant_id())
        and case
            when user_id = (select context.user_id()) then true
            else tenant_id = (select context.tenant_requiring('manage_users'))
        end
    );
comment on policy "members change themselves, managers of users everybody" on app.memberships is
    'Oneself: display name and picture; role, status and ownership want manage_users and stay within what the caller holds, says the trigger guard_membership. One policy with a case, so that a missing permission is named and not just nothing found. Members are never deleted, because what they did must keep its author.';

-- The definer's reach: the door, and the first owner of a new tenant.
grant select, insert on app.memberships to rowhouse_definer;
create policy "the door reads every membership" on app.memberships
    for select to rowhouse_definer using (true);
comment on policy "the door reads every membership" on app.memberships is
    'context.enter() must see that a membership is active; app.keep_an_owner() looks for owners.';
create policy "registration creates the first owner" on app.memberships
    for insert to rowhouse_definer with check (is_owner);
comment on policy "registration creates the first owner" on app.memberships is
    'auth.create_tenant(). Everybody else comes by invitation.';
--! EndIncluded policies/memberships.sql
--! Included policies/conversations.sql
select context.close_table('app.conversations');

grant select on app.conversations to rowhouse_app;
grant insert (title) on app.conversations to rowhouse_app;
grant update (title, status) on app.conversations to rowhouse_app;
grant delete on app.conversations to rowhouse_app;

create policy "nothing crosses the wall" on app.conversations
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()))
    with check (tenant_id = (select context.tenant_id()));
comment on policy "nothing crosses the wall" on app.conversations is
    'Whatever the policies below permit, they permit inside the caller''s tenant. Restrictive, so it stands before every query as one indexed equality.';

create policy "members read their own conversations" on app.conversations
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_where('chat')) and user_id = (select context.user_id()));
comment on policy "members read their own conversations" on app.conversations is
    'A conversation is between one person and the machine; colleagues do not read along.';

create policy "holders of view_all_chats read every conversation" on app.conversations
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_where('view_all_chats')));
comment on policy "holders of view_all_chats read every conversation" on app.conversations is
    'Administrators answer for what the machine says in the company''s name. They read; they do not write.';

create policy "members begin conversations of their own" on app.conversations
    for insert to rowhouse_app
    with check (tenant_id = (select context.tenant_requiring('chat')) and user_id = (select context.user_id()));
comment on policy "members begin conversations of their own" on app.conversations is
    'Tenant and user are defaults from the context and not granted for input.';

create policy "members rename and archive their own conversations" on app.conversations
    for update to rowhouse_app
    using (tenant_id = (select context.tenant_requiring('chat')) and user_id = (select context.user_id()))
    with check (tenant_id = (select context.tenant_requiring('chat')) and user_id = (select context.user_id()));
comment on policy "members rename and archive their own conversations" on app.conversations is
    'Title and status; a conversation never changes hands.';

create policy "members delete their own conversations" on app.conversations
    for delete to rowhouse_app
    using (tenant_id = (select context.tenant_requiring('chat')) and user_id = (select context.user_id()));
comment on policy "members delete their own conversations" on app.conversations is
    'With its messages, by the foreign key within the tenant. The trail keeps that it was there.';

-- The definer's reach: the desk.
grant select on app.conversations to rowhouse_definer;
create policy "the desk explains one row" on app.conversations
    for select to rowhouse_definer
    using (id = (select context.explained_row()));
comment on policy "the desk explains one row" on app.conversations is
    'inspect.why() seals the key of the one row that an auditor asks about, and answers with yes and no only.';
--! EndIncluded policies/conversations.sql
--! Included policies/messages.sql
select context.close_table('app.messages');

grant select on app.messages to rowhouse_app;
grant insert (conversation_id, content) on app.messages to rowhouse_app;

create policy "nothing crosses the wall" on app.messages
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()))
    with check (tenant_id = (select context.tenant_id()));
comment on policy "nothing crosses the wall" on app.messages is
    'Whatever the policies below permit, they permit inside the caller''s tenant. Restrictive, so it stands before every query as one indexed equality.';

create policy "members read the messages of their conversations" on app.messages
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_where('chat')) and user_id = (select context.user_id()));
comment on policy "members read the messages of their conversations" on app.messages is
    'user_id is the conversation''s user; the foreign key (tenant_id, user_id, conversation_id) holds it to that.';

create policy "holders of view_all_chats read every message" on app.messages
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_where('view_all_chats')));
comment on policy "holders of view_all_chats read every message" on app.messages is
    'As for conversations: administrators read, they do not write.';

create policy "members write into their own conversations" on app.messages
    for insert to rowhouse_app
    with check (
        tenant_id = (select context.tenant_requiring('chat'))
        and user_id = (select context.user_id())
        and role = 'user'
    );
comment on policy "members write into their own conversations" on app.messages is
    'Only as themselves: the role is not granted for input, so nobody puts words into the machine''s mouth. What was said is neither edited nor deleted singly.';

-- The definer's reach: the desk.
grant select on app.messages to rowhouse_definer;
create policy "the desk explains one row" on app.messages
    for select to rowhouse_definer
    using (id = (select context.explained_row()));
comment on policy "the desk explains one row" on app.messages is
    'inspect.why() seals the key of the one row that an auditor asks about, and answers with yes and no only.';
--! EndIncluded policies/messages.sql
--! Included policies/user_preferences.sql
select context.close_table('app.user_preferences');

grant select on app.user_preferences to rowhouse_app;
grant insert (language, tone) on app.user_preferences to rowhouse_app;
grant update (language, tone) on app.user_preferences to rowhouse_app;
grant delete on app.user_preferences to rowhouse_app;

create policy "nothing crosses the wall" on app.user_preferences
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()))
    with check (tenant_id = (select context.tenant_id()));
comment on policy "nothing crosses the wall" on app.user_preferences is
    'Whatever the policies below permit, they permit inside the caller''s tenant. Restrictive, so it stands before every query as one indexed equality.';

create policy "people keep their own preferences" on app.user_preferences
    for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and user_id = (select context.user_id()))
    with check (tenant_id = (select context.tenant_id()) and user_id = (select context.user_id()));
comment on policy "people keep their own preferences" on app.user_preferences is
    'Language and tone, per tenant. No permission is needed to have a taste, and nobody else''s is to be seen.';

-- The definer's reach: the desk.
grant select on app.user_preferences to rowhouse_definer;
create policy "the desk explains one row" on app.user_preferences
    for select to rowhouse_definer
    using (id = (select context.explained_row()));
comment on policy "the desk explains one row" on app.user_preferences is
    'inspect.why() seals the key of the one row that an auditor asks about, and answers with yes and no only.';
--! EndIncluded policies/user_preferences.sql
--! Included policies/passwords.sql
select context.close_table('auth.passwords');

-- The definer's reach: sign-in.
grant select, insert on auth.passwords to rowhouse_definer;
create policy "sign-in reads and sets passwords" on auth.passwords
    for all to rowhouse_definer using (true) with check (true);
comment on policy "sign-in reads and sets passwords" on auth.passwords is
    'auth.begin_login() hands out the argon2id hash of one address; auth.verify_email() stores it. Nobody else reads here.';
--! EndIncluded policies/passwords.sql
--! Included policies/sessions.sql
select context.close_table('auth.sessions');

-- The definer's reach: the door, sign-in and expiry.
grant select, insert, update, delete on auth.sessions to rowhouse_definer;
create policy "the door and sign-in keep the sessions" on auth.sessions
    for all to rowhouse_definer using (true) with check (true);
comment on policy "the door and sign-in keep the sessions" on auth.sessions is
    'context.enter() finds a session by the digest of its handle; auth.* open, rotate and end it; jobs.expire_sessions() ends what is over.';
--! EndIncluded policies/sessions.sql
--! Included policies/registrations.sql
select context.close_table('auth.registrations');

-- The definer's reach: registration.
grant select, insert, update, delete on auth.registrations to rowhouse_definer;
create policy "registration keeps what is not verified yet" on auth.registrations
    for all to rowhouse_definer using (true) with check (true);
comment on policy "registration keeps what is not verified yet" on auth.registrations is
    'auth.register() and auth.verify_email(); jobs.expire_registrations() forgets links that nobody followed.';
--! EndIncluded policies/registrations.sql
--! Included policies/api_keys.sql
select context.close_table('auth.api_keys');

-- The definer's reach: the door.
grant select on auth.api_keys to rowhouse_definer;
create policy "the door finds a key by its digest" on auth.api_keys
    for select to rowhouse_definer using (true);
comment on policy "the door finds a key by its digest" on auth.api_keys is
    'context.enter() with sha256 of a key. Nothing issues keys yet.';
--! EndIncluded policies/api_keys.sql
--! Included policies/login_throttles.sql
select context.close_table('auth.login_throttles');

-- The definer's reach: sign-in.
grant select, insert, update, delete on auth.login_throttles to rowhouse_definer;
create policy "sign-in counts attempts" on auth.login_throttles
    for all to rowhouse_definer using (true) with check (true);
comment on policy "sign-in counts attempts" on auth.login_throttles is
    'auth.throttle(); the keys are digests, so the table does not say whose attempts they were.';
--! EndIncluded policies/login_throttles.sql
--! Included policies/signing_keys.sql
select context.close_table('auth.signing_keys');

-- The definer's reach: issuing tokens, and rotation.
grant select, insert, update, delete on auth.signing_keys to rowhouse_definer;
create policy "token issuing keeps its keys" on auth.signing_keys
    for all to rowhouse_definer using (true) with check (true);
comment on policy "token issuing keeps its keys" on auth.signing_keys is
    'auth.list_signing_keys() and auth.install_signing_key(). The private halves are encrypted under a master key that is not in the database.';
--! EndIncluded policies/signing_keys.sql
--! Included policies/seal_keys.sql
select context.close_table('context.seal_keys');

-- The definer's reach: the seal.
grant select, insert, update, delete on context.seal_keys to rowhouse_definer;
create policy "only the seal uses its keys" on context.seal_keys
    for all to rowhouse_definer using (true) with check (true);
comment on policy "only the seal uses its keys" on context.seal_keys is
    'context.seal() and context.claims(). Whoever reads a key can forge any context, so nobody else does.';
--! EndIncluded policies/seal_keys.sql
--! Included policies/errors.sql
select context.close_table('context.errors');

grant select on context.errors to rowhouse_app, rowhouse_auth, rowhouse_worker;
create policy "the servers read the vocabulary" on context.errors
    for select to rowhouse_app, rowhouse_auth, rowhouse_worker using (true);
comment on policy "the servers read the vocabulary" on context.errors is
    'Codes, names and HTTP statuses: documentation, the same for everybody.';

create policy "migrations keep the vocabulary" on context.errors
    for all to rowhouse_owner using (true) with check (true);
comment on policy "migrations keep the vocabulary" on context.errors is
    'db/schema/errors.sql is the list; nobody else writes here.';
--! EndIncluded policies/errors.sql
--! Included policies/heartbeats.sql
select context.close_table('jobs.heartbeats');

-- The definer's reach: readiness.
grant select, insert, update, delete on jobs.heartbeats to rowhouse_definer;
create policy "workers say that they are alive" on jobs.heartbeats
    for all to rowhouse_definer using (true) with check (true);
comment on policy "workers say that they are alive" on jobs.heartbeats is
    'jobs.beat() writes, context.readiness() reads.';
--! EndIncluded policies/heartbeats.sql
--! Included policies/events.sql
select context.close_table('audit.events');

-- Nobody holds update, delete or truncate; the trigger only_grows refuses even the owner.
create or replace trigger only_grows before update or delete or truncate on audit.events
    for each statement execute function audit.refuse_change();
select audit.lock_partition(inhrelid::regclass) from pg_catalog.pg_inherits where inhparent = 'audit.events'::regclass;

grant select on audit.events to rowhouse_app;
create policy "nothing crosses the wall" on audit.events
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()))
    with check (tenant_id = (select context.tenant_id()));
comment on policy "nothing crosses the wall" on audit.events is
    'Whatever the policies below permit, they permit inside the caller''s tenant. Restrictive, so it stands before every query as one indexed equality.';

create policy "holders of view_audit read the trail of their tenant" on audit.events
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_where('view_audit')));
comment on policy "holders of view_audit read the trail of their tenant" on audit.events is
    'Through the view app.audit_events. Events of the platform carry the nil tenant and match nobody.';

grant select on audit.events to rowhouse_auditor;
create policy "auditors read the whole trail" on audit.events
    for select to rowhouse_auditor using (true);
comment on policy "auditors read the whole trail" on audit.events is
    'rowhouse_auditor is granted to people who answer for all tenants; it may do nothing else.';

-- The definer's reach: writing the trail.
grant insert on audit.events to rowhouse_definer;
create policy "the trail is written by its triggers" on audit.events
    for insert to rowhouse_definer with check (true);
comment on policy "the trail is written by its triggers" on audit.events is
    'audit.record_change() and audit.record_event(). The definer cannot read it back, but for the one row that the desk explains.';

-- The definer's reach: the desk.
grant select on audit.events to rowhouse_definer;
create policy "the desk explains one row" on audit.events
    for select to rowhouse_definer
    using (id = (select context.explained_row()));
comment on policy "the desk explains one row" on audit.events is
    'inspect.why() seals the key of the one row that an auditor asks about, and answers with yes and no only.';
--! EndIncluded policies/events.sql

-- What is documented in the database itself
--! Included comments.sql
-- Comments on tables and columns; they are also the descriptions in GraphQL. Policies and functions carry
-- theirs in their own files.

comment on table app.tenants is 'A company: everything else belongs to exactly one.';
comment on column app.tenants.slug is 'The short name in links and at sign-in; lower case, digits and hyphens.';
comment on column app.tenants.status is 'active, suspended or closed; only an active tenant can be entered.';

comment on table app.users is 'A person who signs in, once for all their tenants.';
comment on column app.users.email is 'Proven before the user exists; trimmed, NFC, lower case.';
comment on column app.users.locale is 'Language tag (BCP 47) of mails and messages.';
comment on column app.users.status is 'active or banned; a banned user is refused on the next request.';

comment on table app.permissions is 'The catalogue of what can be permitted.';

comment on table app.roles is 'A named set of permissions in one tenant; admin, member and viewer are built in.';
comment on column app.roles.permissions is 'Names from the catalogue, in order. Nobody can put in what they do not hold.';
comment on column app.roles.built_in is 'Built-in roles cannot be changed or removed.';

comment on table app.memberships is 'A person in a tenant, as colleagues see them. Never deleted, so that what they did keeps its author.';
comment on column app.memberships.is_owner is 'Owners answer for the tenant; there is always one who is active.';
comment on column app.memberships.status is 'active, suspended or removed; only active members are let in.';
comment on column app.memberships.display_name is 'The name that colleagues see.';
comment on column app.memberships.avatar_url is 'The picture that colleagues see; https only.';

comment on table app.conversations is 'A conversation of one member with the machine.';
comment on column app.conversations.user_id is 'Whose conversation it is; it never changes hands.';
comment on column app.conversations.status is 'open or archived.';

comment on table app.messages is 'What was said in a conversation; never edited.';
comment on column app.messages.user_id is 'The conversation''s user, also in messages of the assistant.';
comment on column app.messages.role is 'user or assistant.';

comment on table app.user_preferences is 'How the machine should speak to a member, per tenant.';
comment on column app.user_preferences.language is 'Language tag (BCP 47) of answers.';
comment on column app.user_preferences.tone is 'neutral, friendly, formal or concise.';

comment on table auth.registrations is 'Registrations whose address is not proven yet.';
comment on table auth.passwords is 'Password hashes (argon2id, PHC string format).';
comment on table auth.sessions is 'Sign-ins: one session is one person in one tenant on one device.';
comment on column auth.sessions.handle_digest is 'sha256 of sha256 of the secret handle that access tokens carry as sid.';
comment on column auth.sessions.counter is 'Number of the newest refresh token.';
comment on column auth.sessions.user_agent is 'The fingerprint: requests and refreshes must come from the same user agent.';
comment on table auth.api_keys is 'Keys for programs; what one may do is its owner''s role within its scopes.';
comment on column auth.api_keys.digest is 'sha256 of sha256 of the key.';
comment on table auth.login_throttles is 'Counters of login attempts; the key is a digest of address and network. Not audited: the sign-in that moved them is an event of its own.';
comment on table auth.signing_keys is 'Keys that sign access tokens (JWK); the private half is encrypted under the master key.';

comment on table context.seal_keys is 'Keys of the seal (HMAC-SHA256). Whoever reads one can forge any context.';
comment on table context.errors is 'Every SQLSTATE of class RH: name, HTTP status, meaning. Not audited: only migrations write it.';
comment on table jobs.heartbeats is 'When each worker was last seen. Not audited: a clock.';

comment on table audit.events is 'The trail, partitioned by month (UTC). It only grows. Not audited: it is the trail.';
comment on column audit.events.tenant_id is 'The tenant; the nil UUID for events of no tenant.';
comment on column audit.events.action is 'insert, update or delete of a row, or a named event such as auth.login.';
comment on column audit.events.row_key is 'The primary key of the changed row.';
comment on column audit.events.old_row is 'The row before, secrets redacted.';
comment on column audit.events.new_row is 'The row after, secrets redacted.';
comment on column audit.events.actor_kind is 'How the actor came in: session, api_key, sign_in (before there is a session) or system.';
comment on column audit.events.actor_id is 'The user, from the sealed context; null for the system.';
comment on column audit.events.credential_id is 'The session or API key.';
comment on column audit.events.database_role is 'The PostgreSQL role that was connected.';
comment on column audit.events.transaction_id is 'The writing transaction; rows of one transaction belong together.';
--! EndIncluded comments.sql
--! Included errors.sql
-- The vocabulary of refusals. Every SQLSTATE of class RH that this database raises is here, once.
-- The HTTP status and the name are what a caller sees (RFC 9457 problem, GraphQL extensions.code).

merge into context.errors as known
using (values
    ('RH400', 'invalid_input',      400, 'The input breaks a rule of the data; the message says which.'),
    ('RH401', 'session_ended',      401, 'The credential is unknown, expired, signed out, or its user, membership or tenant is no longer active.'),
    ('RH403', 'permission_denied',  403, 'The caller lacks a permission (named in the detail), or the context is forged, foreign or expired (detail: broken_seal).'),
    ('RH404', 'not_found',          404, 'There is no such row that the caller may see.'),
    ('RH405', 'trail_immutable',    403, 'The audit trail and the tables it watches cannot be rewritten or truncated.'),
    ('RH409', 'last_owner',         409, 'A tenant always keeps one active owner.')
) as wanted (code, name, status, meaning)
on known.code = wanted.code
when matched then update set name = wanted.name, status = wanted.status, meaning = wanted.meaning
when not matched then insert values (wanted.code, wanted.name, wanted.status, wanted.meaning)
when not matched by source then delete;
--! EndIncluded errors.sql

-- The months that the trail needs first; a job adds the next ones
select audit.create_partitions();

-- What is audited, and then the catalogue, whose changes already are
--! Included audit/tracked_tables.sql
-- What is audited: one line a table. A table that is missing here fails a check.

select audit.track('app.tenants', tenant => 'id');
select audit.track('app.users', tenant => '');
select audit.track('app.permissions', tenant => '');
select audit.track('app.roles');
select audit.track('app.memberships');
select audit.track('app.conversations');
-- What people say stays out of a trail that cannot forget; that they said it is recorded.
select audit.track('app.messages', secrets => '{content}');
select audit.track('app.user_preferences');

select audit.track('auth.passwords', tenant => '', secrets => '{hash}');
select audit.track('auth.sessions', secrets => '{handle_digest}');
select audit.track('auth.api_keys', secrets => '{digest}');
select audit.track('auth.signing_keys', tenant => '', secrets => '{private_jwk}');
select audit.track('auth.registrations', tenant => '', secrets => '{password_hash,digest}');
select audit.track('context.seal_keys', tenant => '', secrets => '{key}');

-- Not audited, and why:
--   auth.login_throttles  counters; the sign-in that moved them is an event of its own
--   jobs.heartbeats       a clock
--   context.errors        written by migrations only
--   audit.events          the trail itself: it can only grow
--! EndIncluded audit/tracked_tables.sql
--! Included app/catalogue_permissions.sql
-- The catalogue of permissions. A tenant's roles are made of these (app.roles.permissions).
merge into app.permissions as known
using (values
    ('chat',             'Hold conversations of one''s own.'),
    ('view_all_chats',   'Read every conversation of the tenant.'),
    ('view_analytics',   'See usage figures of the tenant.'),
    ('read_documents',   'Read the tenant''s documents, and get answers from them.'),
    ('manage_documents', 'Add, change and remove the tenant''s documents.'),
    ('configure_model',  'Choose the chat''s model and its settings.'),
    ('manage_users',     'Invite people, change their roles, suspend and remove them.'),
    ('manage_roles',     'Make, change and remove roles, within what one holds.'),
    ('manage_api_keys',  'See and revoke every API key of the tenant.'),
    ('manage_tenant',    'Change the tenant''s name and settings.'),
    ('view_audit',       'Read the tenant''s audit trail.')
) as wanted (name, description)
on known.name = wanted.name
when matched and known.description <> wanted.description then update set description = wanted.description
when not matched then insert values (wanted.name, wanted.description);
--! EndIncluded app/catalogue_permissions.sql

-- The DBA's desk
--! Included inspect/settings.sql
-- What the desk looks at. Ours are the defaults; on another database, name yours for the session:
--
--   set inspect.schemas = 'public, api';         -- what is inspected
--   set inspect.exposed_schemas = 'api';         -- what callers reach
--   set inspect.tenant_column = 'org_id';
--   set inspect.api_roles = 'authenticated, anon';
--   set inspect.context_schema = 'auth';         -- the functions that policies ask who is calling
--
-- Lists are separated by commas. A setting that is empty means its default.

create or replace function inspect.schemas() returns text[]
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select regexp_split_to_array(trim(both from coalesce(nullif(current_setting('inspect.schemas', true), ''), 'app, auth, context, audit, jobs')), '\s*,\s*')
$$;
comment on function inspect.schemas() is 'The schemas that are inspected: the setting inspect.schemas.';

create or replace function inspect.exposed_schemas() returns text[]
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select regexp_split_to_array(trim(both from coalesce(nullif(current_setting('inspect.exposed_schemas', true), ''), 'app')), '\s*,\s*')
$$;
comment on function inspect.exposed_schemas() is 'The schemas that callers reach: the setting inspect.exposed_schemas.';

create or replace function inspect.tenant_column() returns text
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select trim(both from coalesce(nullif(current_setting('inspect.tenant_column', true), ''), 'tenant_id'))
$$;
comment on function inspect.tenant_column() is 'The column that says whose a row is: the setting inspect.tenant_column.';

create or replace function inspect.api_roles() returns text[]
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select regexp_split_to_array(trim(both from coalesce(nullif(current_setting('inspect.api_roles', true), ''), 'rowhouse_app')), '\s*,\s*')
$$;
comment on function inspect.api_roles() is 'The roles that callers'' statements run as: the setting inspect.api_roles.';

create or replace function inspect.context_schema() returns text
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select trim(both from coalesce(nullif(current_setting('inspect.context_schema', true), ''), 'context'))
$$;
comment on function inspect.context_schema() is
    'The schema of the functions that tell policies who is calling: the setting inspect.context_schema.';
--! EndIncluded inspect/settings.sql
--! Included inspect/checked_tables.sql
-- What the checks in db/checks look at, prepared once: tables, policies, functions and grants of the configured
-- schemas, without what belongs to extensions. Names come qualified, because the search path here is empty.

create or replace function inspect.api_role_ids() returns oid[]
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select coalesce(array_agg(oid), '{}') from pg_catalog.pg_roles where rolname = any(inspect.api_roles()::text[])
$$;
comment on function inspect.api_role_ids() is
    'The roles that requests run as, by number; configured names that do not exist are left out.';

create or replace function inspect.of_extension(class regclass, object oid) returns boolean
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select exists (
        select from pg_catalog.pg_depend
        where classid = class and objid = object and deptype = 'e'
    )
$$;
comment on function inspect.of_extension(regclass, oid) is
    'Whether an object came with an extension: then its shape is not ours to judge.';

-- exposed: in a schema that the API shows, or reachable by a grant to a role that requests run as.
-- tenant:  the number of the tenant column, null if the table has none.
create or replace function inspect.checked_tables()
    returns table (
        id oid, name text, schema text, owner oid, partition boolean, exposed boolean, tenant smallint,
        secured boolean, forced boolean, comment text
    )
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select
        class.oid, class.oid::regclass::text, namespace.nspname::text, class.relowner, class.relispartition,
        namespace.nspname = any(inspect.exposed_schemas()::text[]) or exists (
            select from unnest(inspect.api_role_ids()) as role
            where pg_catalog.has_any_column_privilege(role, class.oid, 'select, insert, update')
                or pg_catalog.has_table_privilege(role, class.oid, 'delete')
        ),
        tenant.attnum, class.relrowsecurity, class.relforcerowsecurity, pg_catalog.obj_description(class.oid, 'pg_class')
    from pg_catalog.pg_class as class
    join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
    left join pg_catalog.pg_attribute as tenant
        on tenant.attrelid = class.oid and tenant.attname = inspect.tenant_column() and not tenant.attisdropped
    where namespace.nspname = any(inspect.schemas()::text[])
        and class.relkind in ('r', 'p')
        and not inspect.of_extension('pg_catalog.pg_class', class.oid)
$$;
comment on function inspect.checked_tables() is
    'Tables and partitions of the configured schemas, and what the checks want to know of each.';

-- The predicate that keeps a table's rows in their tenant, as SQL; through the context's own function, if there is one.
create or replace function inspect.tenant_predicate(relation oid) returns text
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select case
        -- Looked up in the catalogue, because a name wants USAGE on its schema.
        when exists (
            select from pg_catalog.pg_proc
            join pg_catalog.pg_namespace on pg_namespace.oid = pronamespace
            where nspname = inspect.context_schema() and proname = 'tenant_id' and pronargs = 0
        )
            then format('%I = (select %I.tenant_id())', attname, inspect.context_schema())
        else format(
            '%I = (select nullif(pg_catalog.current_setting(%L, true), %L)::%s)',
            attname, inspect.context_schema() || '.tenant_id', '', pg_catalog.format_type(atttypid, atttypmod)
        )
    end
    from pg_catalog.pg_attribute
    where attrelid = relation and attname = inspect.tenant_column() and not attisdropped
$$;
comment on function inspect.tenant_predicate(oid) is
    'The predicate that keeps the rows of a table in their tenant, as SQL for the mending of a policy.';
--! EndIncluded inspect/checked_tables.sql
--! Included inspect/checked_policies.sql
-- served:  the policy lets in somebody else than the table's owner or an owner of SECURITY DEFINER functions,
--          whose reach is written as policies on purpose.
-- closing: SQL that shuts the hole at once: the tenant's rows only, or no policy where there is no tenant column.
create or replace function inspect.checked_policies()
    returns table (
        id oid, relation oid, name text, on_table text, label text, command text, permissive boolean,
        roles oid[], served boolean, using_ text, check_ text, comment text,
        exposed boolean, tenant smallint, secured boolean, closing text
    )
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    with definers as (
        select distinct proowner as id
        from pg_catalog.pg_proc
        where prosecdef
            and pronamespace::regnamespace::text = any(inspect.schemas()::text[])
            and proowner <> all(inspect.api_role_ids())
    ),
    policies as (
        select
            policy.*, checked.name as table_name, checked.owner, checked.exposed, checked.tenant, checked.secured,
            inspect.tenant_predicate(policy.polrelid) as predicate,
            case policy.polcmd
                when 'r' then 'SELECT' when 'a' then 'INSERT' when 'w' then 'UPDATE' when 'd' then 'DELETE' else 'ALL'
            end as command
        from pg_catalog.pg_policy as policy
        join inspect.checked_tables() as checked on checked.id = policy.polrelid
    )
    select
        oid, polrelid, polname::text, table_name, format('policy "%s" on %s', polname, table_name), command, polpermissive,
        polroles,
        exists (
            select from unnest(polroles) as role
            where role = 0 or (role <> owner and not exists (select from definers where definers.id = role))
        ),
        pg_catalog.pg_get_expr(polqual, polrelid), pg_catalog.pg_get_expr(polwithcheck, polrelid),
        pg_catalog.obj_description(oid, 'pg_policy'),
        exposed, tenant, secured,
        case
            when predicate is null then format('drop policy %I on %s;', polname, table_name)
            else format('alter policy %I on %s', polname, table_name)
                || case when command <> 'INSERT' then format(' using (%s)', predicate) else '' end
                || case when command in ('INSERT', 'UPDATE', 'ALL') then format(' with check (%s)', predicate) else '' end
                || ';'
        end
    from policies
$$;
comment on function inspect.checked_policies() is
    'Policies of the configured schemas in words of SQL, and the statement that would close each.';

-- Reads the parse tree, where names cannot mislead: a call outside every subselect, without a column among its
-- arguments, gives the same answer for every row and is yet made for each.
create or replace function inspect.calls_per_row(tree pg_node_tree) returns setof oid
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    with tokens as materialized (
        select place, match[1] as token,
            sum(case when match[1] like '{%' then 1 when match[1] = '}' then -1 else 0 end) over (order by place) as depth
        from regexp_matches(tree::text, '(\\.|\{[A-Z_]*|\}|:funcid \d+)', 'g') with ordinality as found (match, place)
    ),
    nodes as materialized (
        select opened.place, opened.token,
            (select min(closed.place) from tokens as closed where closed.place > opened.place and closed.depth = opened.depth - 1) as until,
            lead(opened.token) over (order by opened.place) as next
        from tokens as opened
    )
    select distinct proc.oid
    from nodes as call
    join pg_catalog.pg_proc as proc on call.next = ':funcid ' || proc.oid and proc.provolatile <> 'i'
    where call.token = '{FUNCEXPR'
        and not exists (
            select from nodes as subselect
            where subselect.token = '{SUBLINK' and call.place between subselect.place and subselect.until
        )
        and not exists (
            select from nodes as part
            where part.token = '{VAR' and part.place between call.place and call.until
        )
$$;
comment on function inspect.calls_per_row(pg_node_tree) is
    'Functions that a policy calls once per row although their answer is the same for every row.';
--! EndIncluded inspect/checked_policies.sql
--! Included inspect/checked_functions.sql
create or replace function inspect.checked_functions()
    returns table (id oid, name text, schema text, owner oid, exposed boolean, definer boolean, path text, bound boolean)
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select
        proc.oid, proc.oid::regprocedure::text, namespace.nspname::text, proc.proowner,
        namespace.nspname = any(inspect.exposed_schemas()::text[]), proc.prosecdef,
        (select substr(setting, 13) from unnest(proc.proconfig) as setting where setting like 'search\_path=%'),
        proc.prosqlbody is not null
    from pg_catalog.pg_proc as proc
    join pg_catalog.pg_namespace as namespace on namespace.oid = proc.pronamespace
    where namespace.nspname = any(inspect.schemas()::text[])
        and proc.prokind in ('f', 'p')
        and not inspect.of_extension('pg_catalog.pg_proc', proc.oid)
$$;
comment on function inspect.checked_functions() is
    'Functions and procedures of the configured schemas: whose rights they run with and which search path they pin.';

-- One row for each privilege that somebody other than the owner holds. grantee is '' for a grant to everybody.
create or replace function inspect.checked_grants()
    returns table (
        id oid, name text, kind "char", partition boolean, owner oid, column_name text,
        grantee_id oid, grantee text, privilege text
    )
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    with relations as (
        select class.*
        from pg_catalog.pg_class as class
        where class.relnamespace::regnamespace::text = any(inspect.schemas()::text[])
            and class.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
            and not inspect.of_extension('pg_catalog.pg_class', class.oid)
    )
    select
        relations.oid, relations.oid::regclass::text, relations.relkind, relations.relispartition, relations.relowner, null::text,
        item.grantee, case when item.grantee = 0 then 'public' else item.grantee::regrole::text end, item.privilege_type
    from relations
    cross join aclexplode(relations.relacl) as item
    where item.grantee <> relations.relowner
    union all
    select
        relations.oid, relations.oid::regclass::text, relations.relkind, relations.relispartition, relations.relowner,
        attribute.attname::text, item.grantee,
        case when item.grantee = 0 then 'public' else item.grantee::regrole::text end, item.privilege_type
    from relations
    join pg_catalog.pg_attribute as attribute on attribute.attrelid = relations.oid and not attribute.attisdropped
    cross join aclexplode(attribute.attacl) as item
    where item.grantee <> relations.relowner
$$;
comment on function inspect.checked_grants() is
    'Every privilege on a relation of the configured schemas, or on a column of one, that is not its owner''s.';

-- Takes a privilege on some columns away and leaves it on all the others that the role may use it on now.
create or replace function inspect.narrow_grant(relation oid, role oid, privilege text, without text[]) returns text
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select format('revoke %s on %s from %s;', privilege, relation::regclass, who.name)
        || coalesce(
            format(' grant %s (', privilege)
                || string_agg(quote_ident(attname), ', ' order by attnum) filter (where attname <> all(without))
                || format(') on %s to %s;', relation::regclass, who.name),
            '')
    from (select case when role = 0 then 'public' else role::regrole::text end as name) as who
    left join pg_catalog.pg_attribute on attrelid = relation and attnum > 0 and not attisdropped
        and case when role = 0
            then exists (
                select from pg_catalog.pg_class, aclexplode(relacl) as item
                where pg_class.oid = relation and item.grantee = 0 and item.privilege_type = upper(privilege)
            ) or exists (
                select from aclexplode(attacl) as item where item.grantee = 0 and item.privilege_type = upper(privilege)
            )
            else pg_catalog.has_column_privilege(role, relation, attnum, privilege)
        end
    group by who.name
$$;
comment on function inspect.narrow_grant(oid, oid, text, text[]) is
    'SQL that takes a privilege away on the named columns and keeps it on the rest.';
--! EndIncluded inspect/checked_functions.sql
--! Included inspect/expression.sql
-- The SQL of a policy, a check or a default as the catalogue holds it. Every name is qualified, whatever the
-- caller's search path, so that the text means the same everywhere.
create or replace function inspect.expression(node pg_node_tree, relation oid) returns text
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select pg_catalog.pg_get_expr(node, relation)
$$;
comment on function inspect.expression(pg_node_tree, oid) is
    'The SQL of a stored expression, every name qualified. It can be run as it stands.';
--! EndIncluded inspect/expression.sql
--! Included inspect/unwrap.sql
-- An expression without the parentheses that enclose all of it.
create or replace function inspect.unwrap(expression text) returns text
    language plpgsql immutable strict parallel safe security invoker
    set search_path = ''
as $$
declare
    inner_text text := trim(both e' \n\t' from expression);
    depth      integer;
    place      integer;
    match      text[];
begin
    loop
        exit when inner_text !~ '^\(.*\)$';
        depth := 0;
        place := 0;
        -- The parenthesis that the first one opens has to close at the very end.
        for match in
            select tokens from regexp_matches(inner_text, '(''(?:[^'']|'''')*''|"(?:[^"]|"")*"|[()]|[^''"()]+)', 'g') as tokens
        loop
            place := place + length(match[1]);
            depth := depth + case match[1] when '(' then 1 when ')' then -1 else 0 end;
            exit when depth = 0;
        end loop;
        -- The parentheses of a subselect are part of it.
        exit when place < length(inner_text) or inner_text ~* '^\(\s*(select|values|with)\M';
        inner_text := trim(both e' \n\t' from substr(inner_text, 2, length(inner_text) - 2));
    end loop;
    return inner_text;
end
$$;
comment on function inspect.unwrap(text) is 'An expression without the parentheses that enclose all of it.';
--! EndIncluded inspect/unwrap.sql
--! Included inspect/conditions.sql
-- Takes an expression of the catalogue apart at its outermost AND or OR. pg_get_expr() puts every AND and OR
-- in parentheses of its own, so counting parentheses outside literals and quoted names is exact.
--
-- One row for each condition; connective is 'and', 'or', or null for an expression that is neither.
create or replace function inspect.conditions(expression text)
    returns table (place integer, connective text, condition text)
    language plpgsql immutable strict parallel safe security invoker
    set search_path = ''
as $$
declare
    tokens text[] := array(
        select match[1] from regexp_matches(
            inspect.unwrap(expression), '(''(?:[^'']|'''')*''|"(?:[^"]|"")*"|[()]|\s+(?:AND|OR)\s+|[^''"()\s]+|\s+)', 'g'
        ) with ordinality as tokens (match, position) order by position
    );
    token  text;
    depth  integer := 0;
begin
    place := 1;
    condition := '';
    connective := null;
    foreach token in array tokens loop
        if depth = 0 and token ~ '^\s+(AND|OR)\s+$' then
            connective := lower(trim(both e' \n\t' from token));
        end if;
        depth := depth + case token when '(' then 1 when ')' then -1 else 0 end;
    end loop;
    depth := 0;
    foreach token in array tokens loop
        if depth = 0 and lower(trim(both e' \n\t' from token)) = connective then
            condition := inspect.unwrap(condition);
            return next;
            place := place + 1;
            condition := '';
        else
            condition := condition || token;
            depth := depth + case token when '(' then 1 when ')' then -1 else 0 end;
        end if;
    end loop;
    condition := inspect.unwrap(condition);
    return next;
end
$$;
comment on function inspect.conditions(text) is
    'The conditions of an expression of the catalogue, split at its outermost AND or OR.';
--! EndIncluded inspect/conditions.sql
--! Included inspect/tidy.sql
-- An expression for people: without the outermost parentheses, the aliases that PostgreSQL gives to scalar
-- subselects, the casts of literals to text, and and line breaks. Not to be run.
create or replace function inspect.tidy(expression text) returns text
    language sql immutable parallel safe security invoker
    set search_path = ''
as $$
    select inspect.unwrap(
        regexp_replace(
            regexp_replace(
                regexp_replace(expression, '''::text\M', '''', 'g'),
                '\(\s*SELECT ((?:"[^"]+"|[\w.])+\((?:[^()'']|''(?:[^'']|'''')*'')*\)) AS (?:"[^"]+"|\w+)\)', '(select \1)', 'g'
            ),
            '\s+', ' ', 'g'
        )
    )
$$;
comment on function inspect.tidy(text) is 'An expression as a person would have written it; for reading, not for running.';
--! EndIncluded inspect/tidy.sql
--! Included inspect/permissions_in.sql
-- The permissions that an expression asks for: the literals that it passes to functions of the context schema.
create or replace function inspect.permissions_in(expression text) returns text[]
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select array(
        select distinct replace(literal[1], '''''', '''')
        from regexp_matches(
            expression,
            '(?<![\w"])"?' || regexp_replace(inspect.context_schema(), '(\W)', '\\\1', 'g')
                || '"?\.(?:"[^"]+"|\w+)\(((?:[^()'']|''(?:[^'']|'''')*''|\((?:[^()'']|''(?:[^'']|'''')*'')*\))*)\)',
            'g'
        ) as call
        cross join regexp_matches(call[1], '''((?:[^'']|'''')*)''', 'g') as literal
        order by 1
    )
$$;
comment on function inspect.permissions_in(text) is
    'The literals that an expression passes to functions of the context schema: the permissions that it asks for.';
--! EndIncluded inspect/permissions_in.sql
--! Included inspect/in_words.sql
-- A condition in words, for people who do not read SQL. Functions it does not know stay as they are.
create or replace function inspect.in_words(expression text) returns text
    language plpgsql stable parallel safe security invoker
    set search_path = ''
as $$
declare
    context text := '"?' || regexp_replace(inspect.context_schema(), '(\W)', '\\\1', 'g') || '"?\.';
    words   text := expression;
    parts   text[];
    joined  text;
begin
    if expression is null then
        return null;
    end if;
    select array_agg(condition order by place), max(connective) into parts, joined from inspect.conditions(expression);
    if joined is not null then
        return (
            select string_agg(
                case when (select max(inside.connective) from inspect.conditions(part) as inside) is null
                    then inspect.in_words(part) else '(' || inspect.in_words(part) || ')' end,
                ' ' || joined || ' ' order by place
            )
            from unnest(parts) with ordinality as conditions (part, place)
        );
    end if;
    words := inspect.tidy(words);
    if lower(words) = 'true' then
        return 'always';
    elsif lower(words) = 'false' then
        return 'never';
    end if;
    words := regexp_replace(words, '\(select (' || context || '[^()]+\([^()]*\))\)', '\1', 'gi');
    words := regexp_replace(words, context || 'tenant_where\(''([^'']+)''\)', 'the caller''s tenant, where they hold "\1"', 'g');
    words := regexp_replace(words, context || 'tenant_requiring\(''([^'']+)''\)', 'the caller''s tenant, where they must hold "\1"', 'g');
    words := regexp_replace(words, context || 'tenant_holding\((?:\w+\.)?(\w+)\)', 'the caller''s tenant, where they hold all of \1', 'g');
    words := regexp_replace(words, context || 'may\(''([^'']+)''\)', 'the caller holds "\1"', 'g');
    words := regexp_replace(words, context || '(tenant_id|org_id|current_tenant|tenant)\(\)', 'the caller''s tenant', 'g');
    words := regexp_replace(words, context || '(user_id|uid|current_user_id)\(\)', 'the caller', 'g');
    words := regexp_replace(words, context || 'permissions\(\)', 'what the caller holds', 'g');
    words := regexp_replace(words, context || 'is_owner\(\)', 'the caller owns the tenant', 'g');
    words := regexp_replace(words, '^NOT (\w+)$', 'not \1');
    words := regexp_replace(words, ' IS NOT NULL$', ' is known');
    words := regexp_replace(words, ' IS NULL$', ' is not known');
    words := regexp_replace(words, ' <@ ', ' is within ', 'g');
    words := regexp_replace(words, ' @> ', ' contains ', 'g');
    words := regexp_replace(words, ' <> ', ' is not ', 'g');
    words := regexp_replace(words, ' = ', ' is ', 'g');
    return words;
end
$$;
comment on function inspect.in_words(text) is 'A condition in words: "tenant_id is the caller''s tenant, where they hold "chat""';
--! EndIncluded inspect/in_words.sql
--! Included inspect/tables.sql
-- Every table, view, materialised view and foreign table of the inspected schemas.
create or replace view inspect.tables with (security_invoker = true) as
    select
        relation.oid as relation,
        format('%I.%I', namespace.nspname, relation.relname) as table_name,
        namespace.nspname::text as schema_name,
        case relation.relkind
            when 'r' then 'table' when 'p' then 'partitioned table' when 'v' then 'view'
            when 'm' then 'materialised view' when 'f' then 'foreign table'
        end as kind,
        pg_catalog.pg_get_userbyid(relation.relowner)::text as owner_name,
        relation.relrowsecurity as row_security,
        relation.relforcerowsecurity as forced,
        (
            select format('%I.%I', parent_namespace.nspname, parent.relname)
            from pg_catalog.pg_inherits
            join pg_catalog.pg_class as parent on parent.oid = inhparent
            join pg_catalog.pg_namespace as parent_namespace on parent_namespace.oid = parent.relnamespace
            where inhrelid = relation.oid
            order by inhseqno
            limit 1
        ) as child_of,
        relation.relispartition as is_partition,
        exists (
            select from pg_catalog.pg_attribute
            where attrelid = relation.oid and attname = inspect.tenant_column() and not attisdropped
        ) as has_tenant,
        pg_catalog.obj_description(relation.oid, 'pg_class') as comment
    from pg_catalog.pg_class as relation
    join pg_catalog.pg_namespace as namespace on namespace.oid = relation.relnamespace
    where relation.relkind in ('r', 'p', 'v', 'm', 'f') and namespace.nspname = any (inspect.schemas());
comment on view inspect.tables is
    'What is inspected: every table, view, materialised view and foreign table of inspect.schemas().';
comment on column inspect.tables.relation is 'The relation''s oid.';
comment on column inspect.tables.table_name is 'Schema and name, whatever the search path.';
comment on column inspect.tables.schema_name is 'The schema.';
comment on column inspect.tables.kind is 'table, partitioned table, view, materialised view or foreign table.';
comment on column inspect.tables.owner_name is 'Whose it is. Without force, row security does not hold the owner.';
comment on column inspect.tables.row_security is 'Whether row security is enabled.';
comment on column inspect.tables.forced is 'Whether row security holds its owner too.';
comment on column inspect.tables.child_of is 'The table that it is a partition or child of. Asked directly, it has only its own policies.';
comment on column inspect.tables.is_partition is 'Whether it is a partition (and not a plain child).';
comment on column inspect.tables.has_tenant is 'Whether it has the tenant column.';
comment on column inspect.tables.comment is 'What its comment says.';
--! EndIncluded inspect/tables.sql
--! Included inspect/policy_list.sql
-- Every policy as it was declared, one row each.
create or replace view inspect.policy_list with (security_invoker = true) as
    select
        policy.oid as policy,
        relation.relation,
        relation.table_name,
        policy.polname::text as policy_name,
        policy.polpermissive as permissive,
        case policy.polcmd
            when '*' then 'all' when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete'
        end as command,
        array(
            select case target when 0 then 'public' else pg_catalog.pg_get_userbyid(target)::text end
            from unnest(policy.polroles) as target order by 1
        ) as roles,
        policy.polroles as role_oids,
        inspect.expression(policy.polqual, policy.polrelid) as using_expression,
        inspect.expression(policy.polwithcheck, policy.polrelid) as check_expression,
        -- PostgreSQL checks new rows of UPDATE and ALL policies by USING where no check was written.
        case when policy.polcmd in ('*', 'a', 'w')
            then inspect.expression(coalesce(policy.polwithcheck, policy.polqual), policy.polrelid)
        end as effective_check,
        inspect.permissions_in(concat_ws(
            ' ', inspect.expression(policy.polqual, policy.polrelid), inspect.expression(policy.polwithcheck, policy.polrelid)
        )) as permissions,
        pg_catalog.obj_description(policy.oid, 'pg_policy') as comment
    from pg_catalog.pg_policy as policy
    join inspect.tables as relation on relation.relation = policy.polrelid;
comment on view inspect.policy_list is 'Every policy as it was declared. What policies mean together is in inspect.policies.';
comment on column inspect.policy_list.policy is 'The policy''s oid.';
comment on column inspect.policy_list.relation is 'The table''s oid.';
comment on column inspect.policy_list.table_name is 'The table.';
comment on column inspect.policy_list.policy_name is 'The policy''s name.';
comment on column inspect.policy_list.permissive is 'True: one of those of which one must hold. False: restrictive, must hold whatever the others say.';
comment on column inspect.policy_list.command is 'all, select, insert, update or delete.';
comment on column inspect.policy_list.roles is 'Whom it is for; public is everybody. Members who inherit a role are held by its policies.';
comment on column inspect.policy_list.role_oids is 'The same as oids; 0 is public.';
comment on column inspect.policy_list.using_expression is 'Which rows are there; can be run as it stands.';
comment on column inspect.policy_list.check_expression is 'Which new rows may be written, as declared.';
comment on column inspect.policy_list.effective_check is 'Which new rows may be written: USING where an update or all policy declares no check.';
comment on column inspect.policy_list.permissions is 'The permissions that it asks for.';
comment on column inspect.policy_list.comment is 'Why it is there.';
--! EndIncluded inspect/policy_list.sql
--! Included inspect/row_security_of.sql
-- Whether row security holds a role on a table, in PostgreSQL's own order (utils/misc/rls.c).
create or replace function inspect.row_security_of(target oid, caller oid) returns text
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select case
        when not relation.relrowsecurity then 'off'
        when role.rolsuper or role.rolbypassrls then 'bypassed'
        when pg_catalog.pg_has_role(caller, relation.relowner, 'USAGE') and not relation.relforcerowsecurity then 'not forced'
        else 'holds'
    end
    from pg_catalog.pg_class as relation, pg_catalog.pg_roles as role
    where relation.oid = target and role.oid = caller
$$;
comment on function inspect.row_security_of(oid, oid) is
    'holds; off (the table has none); bypassed (superuser or BYPASSRLS); not forced (the role owns the table or inherits its owner).';
--! EndIncluded inspect/row_security_of.sql
--! Included inspect/effective.sql
-- What row security lets a role do with a table, as PostgreSQL computes it (rewrite/rowsecurity.c): one permissive
-- policy must hold and every restrictive one. No permissive policy: nothing. A role is held by policies for itself, for
-- roles whose rights it inherits, and for public.
--
-- command is select, insert, update or delete; kind is using (rows that are there) or check (new rows).
-- Null where the command has no such side: there is nothing to see for an insert, and nothing new in a delete.
create or replace function inspect.effective(target oid, caller oid, command text, kind text) returns text
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    with applicable as (
        select
            policy.polpermissive as permissive,
            policy.polname as name,
            inspect.unwrap(inspect.expression(
                case kind when 'check' then coalesce(policy.polwithcheck, policy.polqual) else policy.polqual end,
                policy.polrelid
            )) as condition
        from pg_catalog.pg_policy as policy
        where policy.polrelid = target
            and policy.polcmd in ('*', case command when 'select' then 'r' when 'insert' then 'a' when 'update' then 'w' else 'd' end)
            and exists (
                select from unnest(policy.polroles) as role
                where role = 0 or pg_catalog.pg_has_role(caller, role, 'USAGE')
            )
    ),
    one_of as (
        select string_agg(distinct ('(' || condition || ')') collate "C", ' OR ') as condition, count(distinct condition) as number
        from applicable where permissive
    ),
    all_of as (
        select string_agg(distinct ('(' || condition || ')') collate "C", ' AND ') as condition, count(distinct condition) as number
        from applicable where not permissive
    )
    select case
        when command = 'insert' and kind = 'using' or command in ('select', 'delete') and kind = 'check' then null
        -- A policy without an expression for this side counts for nothing, as in PostgreSQL.
        when one_of.condition is null then 'false'
        when all_of.condition is null then case one_of.number when 1 then inspect.unwrap(one_of.condition) else one_of.condition end
        when one_of.condition = '(true)' then case all_of.number when 1 then inspect.unwrap(all_of.condition) else all_of.condition end
        when one_of.condition = all_of.condition then inspect.unwrap(one_of.condition)
        when one_of.number = 1 then all_of.condition || ' AND ' || one_of.condition
        else all_of.condition || ' AND (' || one_of.condition || ')'
    end
    from one_of, all_of
$$;
comment on function inspect.effective(oid, oid, text, text) is
    'The predicate that row security puts before a role''s command on a table: permissive policies with OR, restrictive ones with AND.';
--! EndIncluded inspect/effective.sql
--! Included inspect/policies.sql
-- What row security says, table by table: for each role that a policy or a grant names, the effective predicate.
create or replace view inspect.policies with (security_invoker = true) as
    select
        relation.table_name,
        role.rolname::text as role_name,
        command.name as command,
        security.state as row_security,
        case
            when command.name = 'insert' then null
            when security.state <> 'holds' then 'true'
            else inspect.effective(relation.relation, role.oid, command.name, 'using')
        end as using_expression,
        case
            when command.name not in ('insert', 'update') then null
            when security.state <> 'holds' then 'true'
            else inspect.effective(relation.relation, role.oid, command.name, 'check')
        end as check_expression,
        case
            when command.name = 'select' then null
            when security.state <> 'holds' then 'true'
            else inspect.effective(relation.relation, role.oid, 'select', 'using')
        end as reading_expression,
        declared.permissions,
        declared.policies,
        declared.comments,
        case
            when security.state = 'off' then 'row security is off: grants alone decide'
            when security.state = 'bypassed' then 'the role is not held by row security at all'
            when security.state = 'not forced' then 'owners are not held by row security until it is forced'
            when not declared.any_permissive then 'no permissive policy: nothing is there, and nothing can be written'
            when command.name = 'insert' then 'with RETURNING or ON CONFLICT the new row must also satisfy reading_expression; ON CONFLICT DO UPDATE also the update''s using and check'
            when command.name = 'update' then 'with WHERE or RETURNING on columns of the table both old and new row must also satisfy reading_expression'
            when command.name = 'delete' then 'with WHERE or RETURNING on columns of the table the row must also satisfy reading_expression'
            else 'SELECT … FOR UPDATE or FOR SHARE must also satisfy the update''s using_expression'
        end as note
    from inspect.tables as relation
    cross join pg_catalog.pg_roles as role
    cross join (values ('select', 'r', 1), ('insert', 'a', 2), ('update', 'w', 3), ('delete', 'd', 4)) as command (name, letter, place)
    cross join lateral (select inspect.row_security_of(relation.relation, role.oid) as state) as security
    cross join lateral (
        select
            coalesce(array_agg(declaration.policy_name order by declaration.permissive, declaration.policy_name), '{}') as policies,
            coalesce(array_agg(declaration.comment order by declaration.permissive, declaration.policy_name), '{}') as comments,
            array(
                select distinct permission
                from inspect.policy_list as asking cross join unnest(asking.permissions) as permission
                where asking.policy = any (array_agg(declaration.policy))
                order by 1
            ) as permissions,
            coalesce(bool_or(declaration.permissive), false) as any_permissive
        from inspect.policy_list as declaration
        where declaration.relation = relation.relation
            and declaration.command in ('all', command.name)
            and exists (
                select from unnest(declaration.role_oids) as target
                where target = 0 or pg_catalog.pg_has_role(role.oid, target, 'USAGE')
            )
    ) as declared
    where relation.kind in ('table', 'partitioned table')
        and not role.rolsuper and role.rolname !~ '^pg_'
        and (
            exists (
                select from inspect.policy_list as declaration cross join unnest(declaration.role_oids) as target
                where declaration.relation = relation.relation and target <> 0 and pg_catalog.pg_has_role(role.oid, target, 'USAGE')
            )
            or pg_catalog.has_any_column_privilege(role.oid, relation.relation, 'select, insert, update')
            or pg_catalog.has_table_privilege(role.oid, relation.relation, 'delete')
        );
comment on view inspect.policies is
    'Table × role × command: the predicate that row security puts there. What grants leave of it is in inspect.access. Superusers are in inspect.bypasses.';
comment on column inspect.policies.table_name is 'The table.';
comment on column inspect.policies.role_name is 'A role that a policy or a grant reaches, directly or by inheritance.';
comment on column inspect.policies.command is 'select, insert, update or delete.';
comment on column inspect.policies.row_security is 'holds, off, bypassed or not forced: see inspect.row_security_of().';
comment on column inspect.policies.using_expression is 'Which rows the command finds.';
comment on column inspect.policies.check_expression is 'Which new rows it may leave behind; others raise 42501.';
comment on column inspect.policies.reading_expression is 'What rows must satisfy as well where the statement also reads them; see note.';
comment on column inspect.policies.permissions is 'The permissions that the policies ask for.';
comment on column inspect.policies.policies is 'The policies that say so, restrictive ones first.';
comment on column inspect.policies.comments is 'Why they are there, in the same order.';
comment on column inspect.policies.note is 'What PostgreSQL adds to it.';
--! EndIncluded inspect/policies.sql
--! Included inspect/access.sql
-- What is really possible: grants and row security together, and what default privileges give on tables to come.
create or replace view inspect.access with (security_invoker = true) as
    with commands (name, on_columns, place) as (
        values ('select', true, 1), ('insert', true, 2), ('update', true, 3), ('delete', false, 4),
            ('truncate', false, 5), ('references', true, 6), ('trigger', false, 7), ('maintain', false, 8)
    ),
    allowed as (
        select
            relation.*, role.oid as role, role.rolname::text as role_name, command.name as command,
            -- The privilege MAINTAIN came with PostgreSQL 17.
            case when command.name <> 'maintain' or current_setting('server_version_num')::integer >= 170000
                then pg_catalog.has_table_privilege(role.oid, relation.relation, command.name)
            end as whole_table,
            case when command.on_columns
                then array(
                    select attname::text from pg_catalog.pg_attribute
                    where attrelid = relation.relation and attnum > 0 and not attisdropped
                        and pg_catalog.has_column_privilege(role.oid, relation.relation, attnum, command.name)
                    order by attnum
                )
            end as columns,
            pg_catalog.has_schema_privilege(role.oid, relation.schema_name, 'usage') as may_enter
        from inspect.tables as relation
        cross join pg_catalog.pg_roles as role
        cross join commands as command
        where not role.rolsuper and role.rolname !~ '^pg_'
    )
    select
        allowed.table_name,
        allowed.kind,
        allowed.role_name,
        allowed.command,
        case when allowed.whole_table then null else allowed.columns end as columns,
        case
            when pg_catalog.pg_get_userbyid(relation.relowner) = allowed.role_name then 'owner'
            when pg_catalog.pg_has_role(allowed.role, relation.relowner, 'USAGE') then 'inherits the owner'
            else (
                select string_agg(distinct case
                    when entry.grantee = 0 then 'public'
                    when entry.grantee = allowed.role then 'granted'
                    else 'inherits ' || pg_catalog.pg_get_userbyid(entry.grantee)
                end, ', ')
                from (
                    select grantee, privilege_type from aclexplode(relation.relacl)
                    union all
                    select grantee, privilege_type from pg_catalog.pg_attribute cross join aclexplode(attacl)
                    where attrelid = allowed.relation and not attisdropped
                ) as entry
                where lower(entry.privilege_type) = allowed.command
                    and (entry.grantee = 0 or pg_catalog.pg_has_role(allowed.role, entry.grantee, 'USAGE'))
            )
        end as because,
        case
            when not allowed.may_enter then 'none'
            when allowed.command in ('truncate', 'references', 'trigger', 'maintain') then 'outside row security'
            when allowed.kind in ('view', 'materialised view', 'foreign table') then 'as the relation says'
            when rules.row_security <> 'holds' then 'every row'
            when 'false' in (rules.using_expression, rules.check_expression) then 'none'
            when rules.row_security is null then 'none'
            when coalesce(rules.using_expression, 'true') = 'true' and coalesce(rules.check_expression, 'true') = 'true' then 'every row'
            else 'rows that satisfy the policies'
        end as reach,
        rules.using_expression,
        rules.check_expression,
        case
            when not allowed.may_enter then 'no USAGE on the schema: the grant is asleep, but views and functions of others may wake it'
            when allowed.command = 'truncate' then 'TRUNCATE asks no policy'
            when allowed.command = 'references' then 'a foreign key tells whether a row exists, whatever the policies say'
            when allowed.command = 'trigger' then 'a trigger runs inside other people''s statements'
            when allowed.command = 'maintain' then 'locks and rewrites, but reads nothing out'
            when allowed.kind = 'materialised view' then 'it holds what its owner saw when it was refreshed; row security does not apply'
            when allowed.kind = 'foreign table' then 'row security does not apply; the other server decides'
            when allowed.kind = 'view' and coalesce('security_invoker=true' = any (relation.reloptions) or 'security_invoker=on' = any (relation.reloptions), false)
                then 'asks as its caller: see the tables under it'
            when allowed.kind = 'view' then 'asks as its owner, ' || allowed.owner_name || ': their policies apply, not the caller''s'
            when allowed.child_of is not null then 'asked directly it has only its own policies, not those of ' || allowed.child_of
            else rules.note
        end as note
    from allowed
    join pg_catalog.pg_class as relation on relation.oid = allowed.relation
    left join inspect.policies as rules
        on rules.table_name = allowed.table_name and rules.role_name = allowed.role_name and rules.command = allowed.command
    where coalesce(allowed.whole_table, false) or cardinality(allowed.columns) > 0
    union all
    select
        coalesce(quote_ident(namespace.nspname) || '.*', '*.*'),
        'table to come',
        case entry.grantee when 0 then 'public' else pg_catalog.pg_get_userbyid(entry.grantee)::text end,
        lower(entry.privilege_type),
        null,
        'default privileges of ' || pg_catalog.pg_get_userbyid(defaults.defaclrole),
        'every row',
        null,
        null,
        'every table that ' || pg_catalog.pg_get_userbyid(defaults.defaclrole) || ' will make is open like this until row security is enabled on it'
    from pg_catalog.pg_default_acl as defaults
    left join pg_catalog.pg_namespace as namespace on namespace.oid = defaults.defaclnamespace
    cross join aclexplode(defaults.defaclacl) as entry
    where defaults.defaclobjtype = 'r' and entry.grantee <> defaults.defaclrole
        and (namespace.nspname is null or namespace.nspname = any (inspect.schemas()));
comment on view inspect.access is
    'Table × role × command: what is really possible, with grants, columns, inheritance and row security together. No line: not possible. Superusers are in inspect.bypasses.';
comment on column inspect.access.table_name is 'The table; schema.* stands for tables to come, by default privileges.';
comment on column inspect.access.kind is 'table, partitioned table, view, materialised view, foreign table, or table to come.';
comment on column inspect.access.role_name is 'Who.';
comment on column inspect.access.command is 'select, insert, update, delete, truncate, references, trigger or maintain.';
comment on column inspect.access.columns is 'The columns that are granted; null for the whole table.';
comment on column inspect.access.because is 'owner, granted, public, inherits <role>, or default privileges.';
comment on column inspect.access.reach is 'every row; rows that satisfy the policies; none; outside row security; as the relation says (views and the like).';
comment on column inspect.access.using_expression is 'Which rows the command finds.';
comment on column inspect.access.check_expression is 'Which new rows it may leave behind.';
comment on column inspect.access.note is 'What else to know.';
--! EndIncluded inspect/access.sql
--! Included inspect/keys.sql
-- Every key of every table that has tenants, and whether the tenant is part of it. A key without it is felt across
-- tenants: a duplicate tells that a row exists elsewhere, and a foreign key may point there.
create or replace view inspect.keys with (security_invoker = true) as
    with keys as (
        select
            relation.relation, relation.table_name, constrained.conname::text as key_name,
            case constrained.contype when 'p' then 'primary' when 'u' then 'unique' when 'f' then 'foreign' else 'exclusion' end as kind,
            constrained.conkey as attnums, constrained.confrelid as target, constrained.confkey as target_attnums,
            constrained.confdeltype, constrained.confupdtype
        from pg_catalog.pg_constraint as constrained
        join inspect.tables as relation on relation.relation = constrained.conrelid
        where constrained.contype in ('p', 'u', 'f', 'x') and constrained.conparentid = 0
        union all
        select
            relation.relation, relation.table_name, index_class.relname::text, 'unique index',
            (string_to_array(index.indkey::text, ' ')::smallint[])[1:index.indnkeyatts], 0, null, null, null
        from pg_catalog.pg_index as index
        join inspect.tables as relation on relation.relation = index.indrelid
        join pg_catalog.pg_class as index_class on index_class.oid = index.indexrelid
        where index.indisunique and not index_class.relispartition
            and not exists (select from pg_catalog.pg_constraint where conindid = index.indexrelid and contype in ('p', 'u', 'x'))
    ),
    placed as (
        select
            keys.*,
            tenant.attnum as tenant_attnum,
            array_position(keys.attnums, tenant.attnum) as tenant_place,
            array(
                select coalesce(quote_ident(attname), '(expression)')
                from unnest(keys.attnums) with ordinality as part (attnum, place)
                left join pg_catalog.pg_attribute as attribute on attribute.attrelid = keys.relation and attribute.attnum = part.attnum
                order by place
            ) as columns,
            (
                select attname from pg_catalog.pg_attribute
                where attrelid = keys.target and attnum = keys.target_attnums[array_position(keys.attnums, tenant.attnum)]
            ) as tenant_points_to,
            exists (
                select from pg_catalog.pg_attribute
                where attrelid = keys.target and attname = inspect.tenant_column() and not attisdropped
            ) as target_has_tenant
        from keys
        join pg_catalog.pg_attribute as tenant
            on tenant.attrelid = keys.relation and tenant.attname = inspect.tenant_column() and not tenant.attisdropped
    )
    select
        placed.table_name,
        placed.key_name,
        placed.kind,
        placed.columns,
        case when target.oid is not null then format('%I.%I', target_namespace.nspname, target.relname) end as refers_to,
        placed.tenant_place,
        case
            when placed.kind = 'foreign' and not placed.target_has_tenant then true
            when placed.kind = 'foreign' then coalesce(placed.tenant_points_to = inspect.tenant_column(), false)
            else placed.tenant_place is not null
        end as within_tenant,
        case
            when placed.kind = 'foreign' and not placed.target_has_tenant and placed.tenant_place is null
                then 'refers to a table of no tenant: it tells whether a row is there'
            when placed.kind = 'foreign' and not placed.target_has_tenant then null
            when placed.kind = 'foreign' and placed.tenant_points_to is distinct from inspect.tenant_column()
                then 'may point at, and tell of, another tenant''s row'
                    || case when placed.confdeltype in ('c', 'n', 'd') or placed.confupdtype in ('c', 'n', 'd')
                        then '; its action reaches across tenants, even where row security is forced' else '' end
            when placed.kind <> 'foreign' and placed.tenant_place is null
                then 'a duplicate tells that another tenant has such a row'
            when placed.tenant_place > 1 then 'holds the tenant, but does not begin with it: its index does not lead to a tenant''s rows'
        end as risk
    from placed
    left join pg_catalog.pg_class as target on target.oid = placed.target
    left join pg_catalog.pg_namespace as target_namespace on target_namespace.oid = target.relnamespace;
comment on view inspect.keys is
    'Primary, unique, exclusion and foreign keys of the tables that have the tenant column; risk is null where all is well.';
comment on column inspect.keys.table_name is 'The table.';
comment on column inspect.keys.key_name is 'The constraint or unique index.';
comment on column inspect.keys.kind is 'primary, unique, unique index, exclusion or foreign.';
comment on column inspect.keys.columns is 'Its columns in order.';
comment on column inspect.keys.refers_to is 'Where a foreign key points.';
comment on column inspect.keys.tenant_place is 'The place of the tenant column among them, from 1; null where it is missing.';
comment on column inspect.keys.within_tenant is 'Whether the key keeps to one tenant.';
comment on column inspect.keys.risk is 'What is wrong with it, if anything.';
--! EndIncluded inspect/keys.sql
--! Included inspect/indexes.sql
-- Every index of the inspected tables, seen from row security: the planner may use an index before the policies only if
-- its operators are leakproof. And the indexes that are missing.
create or replace view inspect.indexes with (security_invoker = true) as
    with parts as (
        select
            index.indexrelid, index.indrelid, part.place, part.attnum, class.opcfamily, class.opcintype,
            coalesce(quote_ident(attribute.attname), pg_catalog.pg_get_indexdef(index.indexrelid, part.place::integer, true)) as column_name,
            array(
                select distinct operator.oprname || '(' || format_type(operator.oprleft, null) || ',' || format_type(operator.oprright, null) || ')'
                from pg_catalog.pg_amop
                join pg_catalog.pg_operator as operator on operator.oid = amopopr
                join pg_catalog.pg_proc as routine on routine.oid = operator.oprcode
                where amopfamily = class.opcfamily and amoplefttype = class.opcintype and amoppurpose = 's'
                    and (amoprighttype = class.opcintype or class.opcmethod not in (select oid from pg_catalog.pg_am where amname in ('btree', 'hash')))
                    and not routine.proleakproof
                order by 1
            ) as leaky
        from pg_catalog.pg_index as index
        cross join unnest(string_to_array(index.indkey::text, ' ')::smallint[]) with ordinality as part (attnum, place)
        join pg_catalog.pg_opclass as class
            on class.oid = (string_to_array(index.indclass::text, ' ')::oid[])[part.place]
        left join pg_catalog.pg_attribute as attribute
            on attribute.attrelid = index.indrelid and attribute.attnum = part.attnum and part.attnum <> 0
        where part.place <= index.indnkeyatts
    ),
    existing as (
        select
            relation.relation, relation.table_name, format('%I.%I', index_namespace.nspname, index_class.relname) as index_name,
            array(select column_name from parts where parts.indexrelid = index.indexrelid order by place) as columns,
            array(select attnum from parts where parts.indexrelid = index.indexrelid order by place) as attnums,
            array(select column_name || ' ' || array_to_string(leaky, ' ') from parts where parts.indexrelid = index.indexrelid and cardinality(leaky) > 0 order by place) as not_leakproof,
            array(
                select distinct routine.oid::regprocedure::text
                from regexp_matches(index.indexprs::text || coalesce(index.indpred::text, ''), ':(?:opfuncid|funcid) (\d+)', 'g') as called
                join pg_catalog.pg_proc as routine on routine.oid = called[1]::oid
                where not routine.proleakproof
            ) as leaky_functions,
            relation.row_security, relation.has_tenant, index.indpred is null as total, index.indisvalid
        from pg_catalog.pg_index as index
        join inspect.tables as relation on relation.relation = index.indrelid
        join pg_catalog.pg_class as index_class on index_class.oid = index.indexrelid
        join pg_catalog.pg_namespace as index_namespace on index_namespace.oid = index_class.relnamespace
    )
    select
        existing.table_name,
        existing.index_name,
        'index'::text as kind,
        existing.columns,
        existing.columns[1] = quote_ident(inspect.tenant_column()) as begins_with_tenant,
        existing.not_leakproof,
        case
            when not existing.indisvalid then 'the index is invalid and not used'
            when existing.row_security and cardinality(existing.not_leakproof) > 0
                then 'under row security the planner cannot use ' || array_to_string(existing.not_leakproof, ', ') || ': not leakproof'
            when existing.row_security and cardinality(existing.leaky_functions) > 0
                then 'under row security the planner cannot use its expression: ' || array_to_string(existing.leaky_functions, ', ') || ' is not leakproof'
        end as risk
    from existing
    union all
    -- A foreign key without an index of its own columns: every delete at the other end reads the whole table.
    select
        relation.table_name, null, 'missing for foreign key',
        array(
            select quote_ident(attname) from unnest(key.conkey) with ordinality as part (attnum, place)
            join pg_catalog.pg_attribute on attrelid = key.conrelid and pg_attribute.attnum = part.attnum order by place
        ),
        null, null,
        format('foreign key %s has no index that begins with its columns', quote_ident(key.conname))
    from pg_catalog.pg_constraint as key
    join inspect.tables as relation on relation.relation = key.conrelid
    where key.contype = 'f' and key.conparentid = 0
        and not exists (
            select from existing
            where existing.relation = key.conrelid and existing.total
                and existing.attnums[1:cardinality(key.conkey)] @> key.conkey
                and existing.attnums[1:cardinality(key.conkey)] <@ key.conkey
        )
    union all
    -- A column that a policy compares and no index begins with: each query under row security reads the whole table.
    select distinct on (relation.table_name, attribute.attname)
        relation.table_name, null, 'missing for policy', array[quote_ident(attribute.attname)], null::boolean, null::text[],
        format('no index begins with %s, which the policy "%s" compares', quote_ident(attribute.attname), policy.policy_name)
    from inspect.policy_list as policy
    join inspect.tables as relation on relation.relation = policy.relation
    join pg_catalog.pg_attribute as attribute
        on attribute.attrelid = policy.relation and attribute.attnum > 0 and not attribute.attisdropped
    where policy.using_expression ~ ('(?<![\w."])' || regexp_replace(quote_ident(attribute.attname), '(\W)', '\\\1', 'g') || ' = [(]?')
        and attribute.attname = inspect.tenant_column()
        and not exists (
            select from existing where existing.relation = policy.relation and existing.total and existing.attnums[1] = attribute.attnum
        );
comment on view inspect.indexes is
    'Indexes of the inspected tables, which of their operators row security keeps from being used, and indexes that are missing for a policy or a foreign key.';
comment on column inspect.indexes.table_name is 'The table.';
comment on column inspect.indexes.index_name is 'The index; null where it is missing.';
comment on column inspect.indexes.kind is 'index, missing for foreign key, or missing for policy.';
comment on column inspect.indexes.columns is 'Its columns in order; those it should have where it is missing.';
comment on column inspect.indexes.begins_with_tenant is 'Whether the tenant column comes first.';
comment on column inspect.indexes.not_leakproof is 'Columns whose search operators are not all leakproof, and those operators.';
comment on column inspect.indexes.risk is 'What is wrong, if anything.';
--! EndIncluded inspect/indexes.sql
--! Included inspect/functions.sql
-- Every function of the inspected schemas: as whom it runs, and who may run it.
create or replace view inspect.functions with (security_invoker = true) as
    select
        routine.oid as routine,
        format('%I.%I(%s)', namespace.nspname, routine.proname, pg_catalog.pg_get_function_identity_arguments(routine.oid)) as function_name,
        namespace.nspname::text as schema_name,
        case routine.prokind when 'f' then 'function' when 'p' then 'procedure' when 'a' then 'aggregate' else 'window' end as kind,
        language.lanname::text as language,
        pg_catalog.pg_get_userbyid(routine.proowner)::text as owner_name,
        case routine.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end as volatility,
        case when routine.prosecdef then 'definer' else 'invoker' end as security,
        coalesce(
            (select nullif(trim(both '"' from substr(setting, 13)), '') from unnest(routine.proconfig) as setting where setting like 'search_path=%'),
            case when exists (select from unnest(routine.proconfig) as setting where setting like 'search_path=%') then '(empty)'
                when routine.prosqlbody is not null then '(bound)' end
        ) as search_path,
        routine.proleakproof as leakproof,
        array(
            select case entry.grantee when 0 then 'public' else pg_catalog.pg_get_userbyid(entry.grantee)::text end
            from aclexplode(coalesce(routine.proacl, acldefault('f', routine.proowner))) as entry
            where entry.privilege_type = 'EXECUTE' and entry.grantee <> routine.proowner
            order by 1
        ) as executable_by,
        array(
            select format('%I on %s', policy.polname, policy.polrelid::regclass)
            from pg_catalog.pg_depend
            join pg_catalog.pg_policy as policy on policy.oid = objid
            where classid = 'pg_catalog.pg_policy'::regclass
                and refclassid = 'pg_catalog.pg_proc'::regclass and refobjid = routine.oid
            group by policy.polname, policy.polrelid
            order by 1
        ) as used_by_policies,
        array(
            select format('%I on %s', trigger.tgname, trigger.tgrelid::regclass)
            from pg_catalog.pg_trigger as trigger
            where trigger.tgfoid = routine.oid and not trigger.tgisinternal and trigger.tgparentid = 0
            order by 1
        ) as used_by_triggers,
        pg_catalog.obj_description(routine.oid, 'pg_proc') as comment
    from pg_catalog.pg_proc as routine
    join pg_catalog.pg_namespace as namespace on namespace.oid = routine.pronamespace
    join pg_catalog.pg_language as language on language.oid = routine.prolang
    -- The desk's own functions that run as their owner are no exception.
    where (namespace.nspname = any (inspect.schemas()) or namespace.nspname = 'inspect' and routine.prosecdef)
        and not exists (
            select from pg_catalog.pg_depend
            where classid = 'pg_catalog.pg_proc'::regclass and objid = routine.oid and deptype = 'e'
        );
comment on view inspect.functions is
    'Functions and procedures of the inspected schemas (extensions'' own are left out): volatility, security, search path, and who may execute them.';
comment on column inspect.functions.routine is 'The function''s oid.';
comment on column inspect.functions.function_name is 'Schema, name and arguments.';
comment on column inspect.functions.schema_name is 'The schema.';
comment on column inspect.functions.kind is 'function, procedure, aggregate or window.';
comment on column inspect.functions.language is 'The language it is written in.';
comment on column inspect.functions.owner_name is 'Whose it is; a definer function runs with their rights.';
comment on column inspect.functions.volatility is 'immutable, stable or volatile.';
comment on column inspect.functions.security is 'definer: runs as its owner; invoker: as its caller.';
comment on column inspect.functions.search_path is 'The pinned search path; (empty); (bound) for a body bound when it was made; null: the caller''s.';
comment on column inspect.functions.leakproof is 'Declared leakproof: it may run before the policies.';
comment on column inspect.functions.executable_by is 'Who may execute it besides its owner; public is everybody.';
comment on column inspect.functions.used_by_policies is 'The policies that call it.';
comment on column inspect.functions.used_by_triggers is 'The triggers that it is.';
comment on column inspect.functions.comment is 'What its comment says.';
--! EndIncluded inspect/functions.sql
--! Included inspect/audit_coverage.sql
-- Whether changes of a table leave a trace: which commands a trigger of the trail watches.
--
-- A trigger of the trail is one whose function is in a schema, or whose name or function's name has a word, of an audit:
-- audit, history, journal, log, trail, track, version.
create or replace view inspect.audit_coverage with (security_invoker = true) as
    with trails as (
        select
            trigger.tgrelid as relation, trigger.tgname::text as trigger_name,
            format('%I.%I', namespace.nspname, routine.proname) as function_name,
            trigger.tgtype::integer as type,
            trigger.tgenabled <> 'D' as enabled,
            array_remove(string_to_array(encode(trigger.tgargs, 'escape'), '\000'), '') as arguments
        from pg_catalog.pg_trigger as trigger
        join pg_catalog.pg_proc as routine on routine.oid = trigger.tgfoid
        join pg_catalog.pg_namespace as namespace on namespace.oid = routine.pronamespace
        where not trigger.tgisinternal
            and concat_ws(' ', namespace.nspname, routine.proname, trigger.tgname) ~* '(\m|_)(audit\w*|history|journal|log(ged|s)?|trail|track\w*|version\w*)(\M|_)'
    )
    select
        relation.table_name,
        coalesce(bool_or(trails.enabled and trails.type & 4 > 0), false) as inserts,
        coalesce(bool_or(trails.enabled and trails.type & 16 > 0), false) as updates,
        coalesce(bool_or(trails.enabled and trails.type & 8 > 0), false) as deletes,
        coalesce(bool_or(trails.enabled and trails.type & 32 > 0), false) as truncates,
        coalesce(array_agg(distinct trails.function_name) filter (where trails.function_name is not null), '{}') as functions,
        case
            when count(trails.trigger_name) = 0 then 'no trace of any change'
            when not bool_or(trails.enabled) then 'its triggers are disabled'
            when bool_and(not (trails.enabled and trails.type & 4 > 0)) then 'inserts leave no trace'
            when bool_and(not (trails.enabled and trails.type & 16 > 0)) then 'updates leave no trace'
            when bool_and(not (trails.enabled and trails.type & 8 > 0)) then 'deletes leave no trace'
            when bool_and(not (trails.enabled and trails.type & 32 > 0)) then 'a truncate leaves no trace'
        end as gap
    from inspect.tables as relation
    left join trails on trails.relation = relation.relation
    where relation.kind in ('table', 'partitioned table') and not relation.is_partition
    group by relation.table_name;
comment on view inspect.audit_coverage is
    'Which changes of each table a trigger of the trail sees (a truncate may be seen by being refused). gap is null where all four are watched.';
comment on column inspect.audit_coverage.table_name is 'The table.';
comment on column inspect.audit_coverage.inserts is 'Whether inserts are watched.';
comment on column inspect.audit_coverage.updates is 'Whether updates are watched.';
comment on column inspect.audit_coverage.deletes is 'Whether deletes are watched.';
comment on column inspect.audit_coverage.truncates is 'Whether truncates are watched or refused.';
comment on column inspect.audit_coverage.functions is 'The functions that watch.';
comment on column inspect.audit_coverage.gap is 'What leaves no trace, if anything.';
--! EndIncluded inspect/audit_coverage.sql
--! Included inspect/bypasses.sql
-- Every way around row security that this database has, and whether it is meant to be there.
--
-- accepted is true where the way is closed by something else or belongs to the design, and because says which;
-- false where somebody should look. Nothing here is hidden because it is accepted.
create or replace view inspect.bypasses with (security_invoker = true) as
    -- Asked once: it is much work in a large schema.
    with accesses as materialized (
        select table_name, kind, role_name, command, because, reach, note from inspect.access
    ),
    roles as (
        select oid, rolname::text as role_name, rolsuper, rolbypassrls, rolcreaterole, rolreplication, rolcanlogin
        from pg_catalog.pg_roles
    ),
    -- Memberships in PostgreSQL 16 and newer carry their own options; before, the member's INHERIT decided, and SET was free.
    memberships as (
        select
            membership.member, membership.roleid,
            coalesce((to_jsonb(membership) ->> 'inherit_option')::boolean, member.rolinherit) as inherits,
            coalesce((to_jsonb(membership) ->> 'set_option')::boolean, true) as may_set,
            membership.admin_option
        from pg_catalog.pg_auth_members as membership
        join pg_catalog.pg_roles as member on member.oid = membership.member
    ),
    owners as (
        select owner_name, count(*) as tables, bool_and(forced or not row_security) as forced, bool_and(row_security) as secured
        from inspect.tables
        where kind in ('table', 'partitioned table')
        group by owner_name
    ),
    definers as (
        select
            function.*,
            owner.rolsuper or owner.rolbypassrls as unbound,
            exists (
                select from inspect.tables as owned
                where owned.kind in ('table', 'partitioned table') and owned.row_security and not owned.forced
                    and pg_catalog.pg_has_role(owner.oid, (select relowner from pg_catalog.pg_class where oid = owned.relation), 'USAGE')
            ) as owns_unforced
        from inspect.functions as function
        join roles as owner on owner.role_name = function.owner_name
        where function.security = 'definer'
    ),
    -- What the owners of definer functions reach, table by table.
    reach as (
        select role_name, string_agg(table_name || ' (' || commands || ')', ', ' order by table_name) as reach
        from (
            select access.role_name, access.table_name, string_agg(access.command, ', ' order by access.command) as commands
            from accesses as access
            where access.role_name in (select owner_name from definers)
                and access.reach in ('every row', 'rows that satisfy the policies') and access.kind <> 'table to come'
            group by access.role_name, access.table_name
        ) as lines
        group by role_name
    )
    select
        'superuser'::text as kind, 'every table'::text as object, role_name as who,
        'row security and grants do not hold a superuser'::text as why,
        oid = 10 as accepted,
        case when oid = 10 then 'the server''s own; nothing that serves requests signs in as it' end as because
    from roles where rolsuper
    union all
    select 'bypassrls', 'every table', role_name, 'the role attribute BYPASSRLS: no policy holds it', false, null
    from roles where rolbypassrls and not rolsuper
    union all
    select 'createrole', 'every role', role_name,
        case when current_setting('server_version_num')::integer < 160000
            then 'may make itself a member of any role that is no superuser' else 'may make itself a member of the roles that it administers' end,
        false, null
    from roles where rolcreaterole and not rolsuper
    union all
    select 'replication', 'every table', role_name, 'a replication connection copies every row of every database', false, null
    from roles where rolreplication and not rolsuper
    union all
    select 'predefined role', granted.rolname::text, member.role_name,
        case granted.rolname
            when 'pg_execute_server_program' then 'runs programs as the server: everything'
            when 'pg_read_server_files' then 'reads the server''s files, tables included'
            when 'pg_write_server_files' then 'writes the server''s files, tables included'
            when 'pg_read_all_data' then 'reads every table that row security does not guard'
            when 'pg_write_all_data' then 'writes every table that row security does not guard'
            when 'pg_maintain' then 'locks and rewrites every table'
            else 'creates subscriptions, which write tables'
        end, false, null
    from pg_catalog.pg_roles as granted
    join roles as member on not member.rolsuper and member.oid <> granted.oid and pg_catalog.pg_has_role(member.oid, granted.oid, 'MEMBER')
    where granted.rolname in ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files',
        'pg_read_all_data', 'pg_write_all_data', 'pg_maintain', 'pg_create_subscription')
        and member.role_name !~ '^pg_'
    union all
    select 'row security off', relation.table_name, string_agg(distinct access.role_name, ', '),
        'the table has no row security: grants alone decide, and every row is there', false, null
    from inspect.tables as relation
    join accesses as access on access.table_name = relation.table_name and access.because <> 'owner'
    where relation.kind in ('table', 'partitioned table') and not relation.row_security
    group by relation.table_name
    union all
    select 'owner', owner_name || '''s ' || tables || ' tables', owner_name,
        case when not forced then 'row security is not forced: the owner sees every row'
            else 'row security is forced, but an owner can change that' end,
        forced and not role.rolcanlogin,
        case when forced and not role.rolcanlogin then 'forced, and nobody signs in as it' end
    from owners join roles as role on role.role_name = owner_name
    where not role.rolsuper
    union all
    select 'owner', owner_name || '''s ' || tables || ' tables', owner_name, 'the tables belong to a superuser', false, null
    from owners join roles as role on role.role_name = owner_name
    where role.rolsuper
    union all
    select 'membership', granted.role_name, member.role_name,
        format('%s %s', member.role_name, concat_ws(' and ',
            case when path.inherits then 'has the rights of ' || granted.role_name || ' always' end,
            case when path.may_set then 'may become ' || granted.role_name end,
            case when path.admin_option then 'may make others members' end)),
        not path.inherits and not path.admin_option and not member.rolcanlogin,
        case when not path.inherits and not path.admin_option and not member.rolcanlogin
            then 'not inherited: a deliberate SET ROLE, by a role that nobody signs in as' end
    from memberships as path
    join roles as granted on granted.oid = path.roleid
    join roles as member on member.oid = path.member
    where not member.rolsuper and granted.role_name !~ '^pg_' and (path.inherits or path.may_set or path.admin_option)
        -- A role that has nothing here is no way to anything here.
        and (
            granted.role_name in (select owner_name from owners) or granted.role_name in (select owner_name from definers)
            or granted.rolsuper or granted.rolbypassrls
            or exists (select from accesses as access where access.role_name = granted.role_name)
        )
    union all
    select 'definer function', definer.function_name,
        coalesce(nullif(array_to_string(definer.executable_by, ', '), ''), case when cardinality(definer.used_by_triggers) > 0
            then 'triggers: ' || array_to_string(definer.used_by_triggers, ', ') else definer.owner_name || ' only' end),
        format('runs as %s, who reaches %s', definer.owner_name,
            case when definer.unbound then 'every row of every table' else coalesce(reach.reach, 'no table') end),
        not definer.unbound and not definer.owns_unforced and definer.search_path is not null,
        case
            when definer.unbound then 'its owner is not held by row security'
            when definer.owns_unforced then 'its owner owns tables whose row security is not forced'
            when definer.search_path is null then 'it takes its caller''s search path, so its caller chooses what it calls'
            when definer.owner_name in (select owner_name from owners)
                then format('row security holds %s too; but it may change its tables, so read the function', definer.owner_name)
            else format('row security holds %s: the policies "to %s" are all that it reaches', definer.owner_name, definer.owner_name)
        end
    from definers as definer left join reach on reach.role_name = definer.owner_name
    union all
    select
        case relation.kind when 'view' then 'view of its owner' else relation.kind end,
        relation.table_name,
        coalesce(string_agg(distinct access.role_name, ', ') filter (where access.because <> 'owner'), relation.owner_name || ' only'),
        case relation.kind
            when 'view' then 'it asks with the rights and policies of its owner, ' || relation.owner_name
            when 'materialised view' then 'it holds rows as its owner saw them; it has no row security'
            else 'another server''s rows; it has no row security'
        end, false, null
    from inspect.tables as relation
    join pg_catalog.pg_class as class on class.oid = relation.relation
    left join accesses as access on access.table_name = relation.table_name
    where relation.kind in ('materialised view', 'foreign table')
        or relation.kind = 'view' and not coalesce(
            (select setting ~ '=(true|on|yes|1)$' from unnest(class.reloptions) as setting where setting like 'security_invoker=%'), false
        )
    group by relation.kind, relation.table_name, relation.owner_name
    union all
    select 'grant on a partition', relation.table_name, string_agg(distinct access.role_name, ', '),
        'asked directly it ignores the policies of ' || relation.child_of,
        relation.row_security,
        case when relation.row_security then 'it has row security of its own' end
    from inspect.tables as relation
    join accesses as access on access.table_name = relation.table_name
        and access.because not in ('owner', 'inherits the owner') and access.command in ('select', 'insert', 'update', 'delete')
    where relation.child_of is not null
    group by relation.table_name, relation.child_of, relation.row_security
    union all
    select 'grant of ' || access.command, access.table_name, access.role_name, access.note, false, null
    from accesses as access
    where access.command in ('truncate', 'references', 'trigger') and access.because not in ('owner', 'inherits the owner')
    union all
    select 'referential action', key.table_name || ' → ' || key.refers_to, 'whoever may delete or update there', key.risk, false, null
    from inspect.keys as key
    where key.kind = 'foreign' and key.risk like '%action%'
    union all
    select 'publication', published.schemaname || '.' || published.tablename, published.pubname,
        'a subscriber receives every row'
            || coalesce(' where ' || (to_jsonb(published) ->> 'rowfilter'), ''),
        false, null
    from pg_catalog.pg_publication_tables as published
    where published.schemaname = any (inspect.schemas())
    union all
    select 'rule', relation.table_name || ': ' || rule.rulename, 'whoever the rule rewrites',
        'a rule''s own statements run with the rights of the table''s owner', false, null
    from pg_catalog.pg_rewrite as rule join inspect.tables as relation on relation.relation = rule.ev_class
    where rule.rulename <> '_RETURN'
    union all
    select 'leakproof function', function.function_name, coalesce(nullif(array_to_string(function.executable_by, ', '), ''), function.owner_name),
        'declared leakproof, it runs before the policies and sees rows that they hide', false, null
    from inspect.functions as function where function.leakproof
    union all
    select 'untrusted language', function.function_name, coalesce(nullif(array_to_string(function.executable_by, ', '), ''), function.owner_name),
        'written in ' || function.language || ', it can do whatever the server''s process can', false, null
    from inspect.functions as function
    join pg_catalog.pg_language as language on language.lanname = function.language
    where not language.lanpltrusted and language.lanname not in ('internal')
    union all
    select 'default privileges', access.table_name, access.role_name, access.note, false, null
    from accesses as access where access.kind = 'table to come';
comment on view inspect.bypasses is
    'Every way around row security: who it is for, what it passes, and whether it belongs to the design.';
comment on column inspect.bypasses.kind is 'superuser, bypassrls, createrole, replication, predefined role, row security off, owner, membership, definer function, view of its owner, materialised view, foreign table, grant on a partition, grant of truncate|references|trigger, referential action, publication, rule, leakproof function, untrusted language, default privileges.';
comment on column inspect.bypasses.object is 'What is passed, or what passes it.';
comment on column inspect.bypasses.who is 'Who can go this way.';
comment on column inspect.bypasses.why is 'Why it is a way around.';
comment on column inspect.bypasses.accepted is 'True where it belongs to the design or something else closes it.';
comment on column inspect.bypasses.because is 'What closes it, or what does not.';
--! EndIncluded inspect/bypasses.sql
--! Included inspect/portability.sql
-- What would stop, or take a step, to distribute the tables by tenant with Citus.
--
-- blocks: has to be changed first. step: the distribution does it, mechanically. note: good to know.
create or replace view inspect.portability with (security_invoker = true) as
    with tables as (
        select relation.*, tenant.atttypid as tenant_type, tenant.attnotnull as tenant_not_null
        from inspect.tables as relation
        left join pg_catalog.pg_attribute as tenant
            on tenant.attrelid = relation.relation and tenant.attname = inspect.tenant_column() and not tenant.attisdropped
        where relation.kind in ('table', 'partitioned table') and not relation.is_partition
    )
    select key.table_name as object, 'key'::text as kind, 'blocks'::text as severity,
        format('%s key %s does not hold %s', key.kind, key.key_name, inspect.tenant_column()) as finding,
        format('put %s into it: (%s, %s)', inspect.tenant_column(), inspect.tenant_column(), array_to_string(key.columns, ', ')) || ', or keep the table on the coordinator' as remedy
    from inspect.keys as key join tables on tables.table_name = key.table_name
    where key.kind <> 'foreign' and key.tenant_place is null
    union all
    select key.table_name, 'foreign key', 'blocks',
        format('foreign key %s to %s does not pair the tenant columns', key.key_name, key.refers_to),
        'a foreign key between distributed tables has to hold the tenant on both sides'
    from inspect.keys as key join tables on tables.table_name = key.table_name
    where key.kind = 'foreign' and not key.within_tenant
    union all
    select key.table_name, 'foreign key', 'step',
        format('foreign key %s refers to %s, which has no tenant', key.key_name, key.refers_to),
        format('make %s a reference table first', key.refers_to)
    from inspect.keys as key
    join inspect.tables as target on target.table_name = key.refers_to and not target.has_tenant
    where key.kind = 'foreign'
    union all
    select tables.table_name, 'foreign key', 'blocks',
        format('foreign key %s points from a table of no tenant into a distributed one', constrained.conname),
        'drop it, or give the table the tenant'
    from pg_catalog.pg_constraint as constrained
    join tables on tables.relation = constrained.conrelid and not tables.has_tenant
    join tables as target on target.relation = constrained.confrelid and target.has_tenant
    where constrained.contype = 'f'
    union all
    select table_name, 'tenant column', 'blocks',
        format('%s is %s here, and %s in most tables', inspect.tenant_column(), format_type(tenant_type, null), format_type(usual, null)),
        'tables are colocated only if their tenant columns have one type'
    from tables, (select mode() within group (order by tenant_type) as usual from tables where has_tenant) as types
    where tenant_type <> usual
    union all
    select table_name, 'tenant column', 'blocks', inspect.tenant_column() || ' may be null', 'a row without tenant has no shard: set not null, or keep the table on the coordinator'
    from tables where has_tenant and not tenant_not_null
    union all
    select policy.table_name || ': ' || policy.policy_name, 'policy', 'blocks', 'the policy reads another table', 'let it read the row''s own columns and functions only'
    from inspect.policy_list as policy join tables on tables.relation = policy.relation and tables.has_tenant
    where concat_ws(' ', policy.using_expression, policy.check_expression) ~* '\mfrom\s+["\w]'
    union all
    select table_name, 'policy', 'step',
        format('%s policies call functions in scalar subselects', count(*)),
        'Citus refuses the subselect and the bare call works there: unwrap (select f()) when the table is distributed'
    from (
        select policy.table_name from inspect.policy_list as policy join tables on tables.relation = policy.relation and tables.has_tenant
        where concat_ws(' ', policy.using_expression, policy.check_expression) ~ '\( SELECT '
            and concat_ws(' ', policy.using_expression, policy.check_expression) !~* '\mfrom\s+["\w]'
    ) as wrapped
    group by table_name
    union all
    select tables.table_name, 'trigger', case when trigger.tgtype & 1 = 0 and trigger.tgtype & 32 = 0 or trigger.tgnewtable is not null or trigger.tgoldtable is not null then 'blocks' else 'step' end,
        format('trigger %s', trigger.tgname),
        case when trigger.tgnewtable is not null or trigger.tgoldtable is not null then 'transition tables do not work on shards: make it a row trigger'
            when trigger.tgtype & 1 = 0 and trigger.tgtype & 32 = 0 then 'a statement trigger fires once for each shard: make it a row trigger'
            when trigger.tgdeferrable then 'set citus.enable_unsafe_triggers; deferred, it may touch colocated rows only'
            else 'set citus.enable_unsafe_triggers; it may touch colocated tables only' end
    from pg_catalog.pg_trigger as trigger
    join tables on tables.relation = trigger.tgrelid and tables.has_tenant
    where not trigger.tgisinternal
    union all
    select relation.table_name, 'inheritance', 'blocks', 'a child of ' || relation.child_of || ' that is no partition', 'use partitions'
    from inspect.tables as relation where relation.child_of is not null and not relation.is_partition
    union all
    select relation.table_name, 'rule', 'blocks', 'rule ' || rule.rulename, 'use a trigger or a function'
    from pg_catalog.pg_rewrite as rule join inspect.tables as relation on relation.relation = rule.ev_class
    where rule.rulename <> '_RETURN'
    union all
    select function.function_name, 'function', 'blocks', 'it sets a session variable with set_config()', 'only execute ''set local …'' reaches the workers'
    from inspect.functions as function join pg_catalog.pg_proc as routine on routine.oid = function.routine
    where routine.prosrc ~* '\mset_config\s*\(' and function.schema_name <> 'inspect'
    union all
    select table_name, 'table', 'note', 'it has no ' || inspect.tenant_column(), 'it becomes a reference table, or stays on the coordinator'
    from tables where not has_tenant;
comment on view inspect.portability is
    'What stands between this schema and a distribution by tenant on Citus: blocks, step or note.';
comment on column inspect.portability.object is 'The table, policy or function.';
comment on column inspect.portability.kind is 'key, foreign key, tenant column, policy, trigger, inheritance, rule, function or table.';
comment on column inspect.portability.severity is 'blocks: change it first. step: the distribution does it. note: good to know.';
comment on column inspect.portability.finding is 'What is there.';
comment on column inspect.portability.remedy is 'What to do.';
--! EndIncluded inspect/portability.sql
--! Included inspect/key_condition.sql
-- The comparison that finds one row by its primary key, whose values are in the parameter $1 (jsonb). Other columns are
-- no way to find a row here: asking by content would tell the content.
create or replace function inspect.key_condition(target regclass, key jsonb) returns text
    language plpgsql stable parallel safe security invoker
    set search_path = ''
as $$
declare
    columns text[] := array(
        select attribute.attname
        from pg_catalog.pg_index as index
        join pg_catalog.pg_attribute as attribute
            on attribute.attrelid = index.indrelid and attribute.attnum = any (index.indkey)
        where index.indrelid = target and index.indisprimary
        order by array_position(index.indkey::smallint[], attribute.attnum)
    );
    asked   text[] := array(select jsonb_object_keys(key) order by 1);
begin
    if cardinality(columns) = 0 then
        raise exception using errcode = 'RH400', message = format('%s has no primary key, so one row cannot be named', target);
    end if;
    -- Where the key holds the tenant beside an id, the id alone will do.
    if not (asked <@ columns and cardinality(asked) > 0) then
        raise exception using
            errcode = 'RH400',
            message = format('name the row of %s by its primary key: {"%s": …}', target, array_to_string(columns, '": …, "'));
    end if;
    return (
        select string_agg(format('%I = ((jsonb_populate_record(null::%s, $1)).%I)', name, target, name), ' and ')
        from unnest(asked) as name
    );
end
$$;
comment on function inspect.key_condition(regclass, jsonb) is
    'SQL that finds a row by columns of its primary key, whose values are in the parameter $1.';
--! EndIncluded inspect/key_condition.sql
--! Included inspect/leaves.sql
-- An expression taken apart down to what is neither AND nor OR. The place tells how: 2.1 is the first part of the
-- second; connective is how a part stands to its neighbours.
create or replace function inspect.leaves(expression text, prefix text default '')
    returns table (place text, connective text, condition text)
    language plpgsql immutable strict parallel safe security invoker
    set search_path = ''
as $$
declare
    part record;
begin
    for part in select parts.* from inspect.conditions(expression) as parts order by parts.place loop
        if part.connective is null then
            place := coalesce(nullif(rtrim(prefix, '.'), ''), '1');
            connective := null;
            condition := part.condition;
            return next;
        else
            return query
                select leaf.place, coalesce(leaf.connective, part.connective), leaf.condition
                from inspect.leaves(part.condition, prefix || part.place || '.') as leaf;
        end if;
    end loop;
end
$$;
comment on function inspect.leaves(text, text) is 'The conditions of an expression, taken apart at every AND and OR.';
--! EndIncluded inspect/leaves.sql
--! Included inspect/evaluate.sql
-- What a condition says of a row, under the settings of this session: true, false or null, or how it raises.
--
-- target:    the table
-- key:       the primary key of a row that is there, or null for a row that is not (an insert)
-- new_row:   for a row that is not there: its values. With a key: values that change it
-- condition: from the catalogue, so it can be run as it stands
--
-- refusal is the SQLSTATE, and for refusals of ours the detail. Never the message of others: it could quote the row.
create or replace function inspect.evaluate(
    target regclass, key jsonb, new_row jsonb, condition text,
    out present boolean, out value boolean, out refusal text
)
    language plpgsql stable parallel unsafe security invoker
    set search_path = ''
as $$
declare
    alias  name := (select relname from pg_catalog.pg_class where oid = target);
    source text;
    detail text;
begin
    source := case
        when key is null then format('jsonb_populate_record(null::%s, $2) as %I', target, alias)
        when new_row is null then format('%s as %I', target, alias)
        else format(
            '(select (jsonb_populate_record(%1$I, $2)).* from %2$s as %1$I where %3$s) as %1$I',
            alias, target, inspect.key_condition(target, key)
        )
    end;
    execute format(
        'select true, (%s)::boolean from %s%s', condition, source,
        case when key is not null and new_row is null then ' where ' || inspect.key_condition(target, key) else '' end
    ) into present, value using key, new_row;
    present := coalesce(present, false);
exception
    when others then
        get stacked diagnostics detail = pg_exception_detail;
        present := null;
        value := null;
        refusal := sqlstate || case when sqlstate like 'RH%' then ' ' || detail else '' end;
end
$$;
comment on function inspect.evaluate(regclass, jsonb, jsonb, text) is
    'What a condition says of one row under the settings of this session, or how it raises.';
--! EndIncluded inspect/evaluate.sql
--! Included inspect/defaults_of.sql
-- The defaults that an insert would add to the values given. Sequences are left alone.
create or replace function inspect.defaults_of(target regclass, given jsonb) returns jsonb
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    column_default record;
    value          jsonb;
    defaults       jsonb := '{}';
begin
    for column_default in
        select attribute.attname as name, inspect.expression(pg_attrdef.adbin, pg_attrdef.adrelid) as expression
        from pg_catalog.pg_attrdef
        join pg_catalog.pg_attribute as attribute on attribute.attrelid = adrelid and attribute.attnum = adnum
        where adrelid = target and attribute.attgenerated = '' and attribute.attidentity = '' and not given ? attribute.attname
    loop
        continue when column_default.expression ~* '\mnextval\(';
        execute format('select to_jsonb(%s)', column_default.expression) into value;
        defaults := defaults || jsonb_build_object(column_default.name, value);
    end loop;
    return defaults;
end
$$;
comment on function inspect.defaults_of(regclass, jsonb) is 'The defaults that an insert would add to the values given; sequences are left alone.';
--! EndIncluded inspect/defaults_of.sql
--! Included inspect/explain.sql
-- Why a role may, or may not, do something with a row: each policy that applies, each of its conditions with its value, and
-- the verdict. It asks under the settings of this session (whoever the context says is calling) and reads the row as its
-- caller, who therefore must see it: somebody whom row security does not hold.
--
-- target:  the table
-- key:     columns of the primary key with their values; for an insert, the values of the new row
-- command: select, insert, update or delete
-- caller:  the database role; by default the first of inspect.api_roles()
-- change:  for an update, the values that change
--
-- side is grant, using (rows that the command finds), reading (what they must satisfy because a statement with WHERE or
-- RETURNING reads them too), check (new rows), or verdict, the last line. Raises RH400 for a question that makes no sense.
create or replace function inspect.explain(
    target regclass, key jsonb, command text default 'select', caller name default null, change jsonb default null
)
    returns table (side text, policy text, place text, condition text, value boolean, verdict text, explanation text)
    language plpgsql stable parallel unsafe security invoker
    set search_path = ''
as $$
declare
    asked     text := lower(command);
    role      name := coalesce(caller, (inspect.api_roles())[1]);
    role_oid  oid := (select oid from pg_catalog.pg_roles where rolname = role);
    state     text;
    applying  record;
    leaf      record;
    result    record;
    new_row   jsonb;
    sides     text[];
    any_one   boolean;
    all_hold  boolean;
    number    integer;
    refused   text;
    failed    text;
begin
    if asked not in ('select', 'insert', 'update', 'delete') or asked is null then
        raise exception using errcode = 'RH400', message = format('%s is no command of rows: select, insert, update or delete', command);
    end if;
    if (select relkind from pg_catalog.pg_class where oid = target) not in ('r', 'p') then
        raise exception using errcode = 'RH400', message = format('%s is no table: ask about the tables under it', target);
    end if;
    if role_oid is null then
        raise exception using errcode = 'RH400', message = format('there is no role %s', role);
    end if;
    if jsonb_typeof(key) is distinct from 'object' then
        raise exception using errcode = 'RH400', message = 'name the row by an object: {"id": "…"}';
    end if;

    -- Grants come first: without one, no policy is asked.
    side := 'grant';
    condition := format('grant %s on %s to %s', asked, target, role);
    value := pg_catalog.has_schema_privilege(role_oid, (select relnamespace from pg_catalog.pg_class where oid = target), 'usage')
        and case when asked = 'delete' then pg_catalog.has_table_privilege(role_oid, target, asked)
            else pg_catalog.has_any_column_privilege(role_oid, target, asked) end;
    verdict := case when value then 'granted' else 'refused' end;
    explanation := case when value
        then format('%s may %s (see inspect.access for the columns)', role, asked)
        else format('%s holds no grant for it, so the statement raises 42501 whatever the policies say', role) end;
    return next;
    if not value then
        failed := 'no grant';
    end if;

    state := inspect.row_security_of(target, role_oid);
    if failed is null and state <> 'holds' then
        side := 'verdict'; condition := null; value := true; verdict := 'allowed';
        explanation := format('row security does not hold %s here: %s', role, state);
        return next;
        return;
    end if;

    if asked = 'insert' then
        new_row := key || inspect.defaults_of(target, key);
        sides := '{check}';
    else
        -- Raises for a key that is none.
        perform inspect.key_condition(target, key);
        select * into result from inspect.evaluate(target, key, null, 'true');
        if result.present is not true then
            side := 'verdict'; condition := null; value := false; verdict := 'no such row';
            explanation := coalesce('the row cannot be read: ' || result.refusal, format(
                'there is no such row, or %s may not see it: an explanation needs somebody whom row security does not hold', current_user));
            return next;
            return;
        end if;
        sides := case asked when 'select' then '{using}'::text[] when 'delete' then '{using,reading}' else '{using,reading,check}' end;
    end if;

    foreach side in array sides loop
        any_one := false;
        all_hold := true;
        number := 0;
        for applying in
            select
                declared.polname as name, declared.polpermissive as permissive,
                inspect.expression(
                    case side when 'check' then coalesce(declared.polwithcheck, declared.polqual) else declared.polqual end,
                    declared.polrelid
                ) as expression,
                pg_catalog.obj_description(declared.oid, 'pg_policy') as comment
            from pg_catalog.pg_policy as declared
            where declared.polrelid = target
                and declared.polcmd in ('*', case when side = 'reading' then 'r' else
                    case asked when 'select' then 'r' when 'insert' then 'a' when 'update' then 'w' else 'd' end end)
                and exists (select from unnest(declared.polroles) as held where held = 0 or pg_catalog.pg_has_role(role_oid, held, 'USAGE'))
            order by declared.polpermissive, declared.polname
        loop
            continue when applying.expression is null;
            number := number + 1;
            policy := applying.name;
            select * into result from inspect.evaluate(
                target, case when asked <> 'insert' then key end,
                case when asked = 'insert' then new_row when side = 'check' then coalesce(change, '{}') end,
                applying.expression
            );
            if result.refusal is not null then
                refused := coalesce(refused, format('the policy "%s" raises %s', applying.name, result.refusal));
            elsif applying.permissive then
                any_one := any_one or coalesce(result.value, false);
            else
                all_hold := all_hold and coalesce(result.value, false);
            end if;
            verdict := case when result.refusal is not null then 'raises' when result.value then 'holds' else 'does not hold' end;
            for leaf in select * from inspect.leaves(applying.expression) loop
                place := leaf.place;
                condition := inspect.tidy(leaf.condition);
                select * into result from inspect.evaluate(
                    target, case when asked <> 'insert' then key end,
                    case when asked = 'insert' then new_row when side = 'check' then coalesce(change, '{}') end,
                    leaf.condition
                );
                value := result.value;
                explanation := format('%s: %s', inspect.in_words(leaf.condition),
                    case when result.refusal is not null then 'raises ' || result.refusal
                        when result.value then 'yes' when not result.value then 'no'
                        else 'unknown, which counts as no' end);
                return next;
            end loop;
            if not applying.permissive and verdict = 'does not hold' then
                failed := coalesce(failed, format('the restrictive policy "%s" does not hold (%s)', applying.name, side));
            end if;
        end loop;
        if not any_one and refused is null then
            failed := coalesce(failed, case
                when number = 0 then format('no policy lets %s %s (%s)', role, asked, side)
                else format('no permissive policy holds (%s)', side) end);
        end if;
    end loop;

    side := 'verdict'; policy := null; place := null; condition := null;
    value := refused is null and failed is null;
    verdict := case
        when failed = 'no grant' then 'refused'
        when refused is not null then 'refused'
        when failed is null then case asked when 'select' then 'visible' else 'allowed' end
        when asked = 'insert' or failed like '%(check)' then 'refused'
        else 'invisible'
    end;
    explanation := coalesce(case when failed = 'no grant' then failed else refused end, failed,
        'a permissive policy holds and every restrictive one does');
    return next;
end
$$;
comment on function inspect.explain(regclass, jsonb, text, name, jsonb) is
    'Why a role may, or may not, do something with a row, under the settings of this session: policies, conditions, values, verdict. Its caller must be able to read the row.';
--! EndIncluded inspect/explain.sql
--! Included inspect/who_can.sql
-- Who can? Asked for a table: the database roles that can do something with it, under which condition, and what permissions
-- that takes. Asked for a permission (in our database): the roles of each tenant that hold it, and how many members that is.
--
-- what:    a table, with its schema; or the name of a permission
-- command: for a table, one command only; by default each
create or replace function inspect.who_can(what text, command text default null)
    returns table (who text, may text, condition text, in_words text, permissions text[], members bigint)
    language plpgsql stable parallel unsafe security invoker
    set search_path = ''
as $$
begin
    if exists (select from inspect.tables where table_name = what) then
        return query
            select
                access.role_name, access.command,
                inspect.tidy(case
                    when access.using_expression is null or access.using_expression = access.check_expression then coalesce(access.check_expression, access.reach)
                    when access.check_expression is null then access.using_expression
                    else format('using (%s) with check (%s)', access.using_expression, access.check_expression)
                end),
                concat_ws('; new rows: ',
                    coalesce(inspect.in_words(access.using_expression), case when access.check_expression is null then access.reach end),
                    case when access.check_expression is distinct from access.using_expression then inspect.in_words(access.check_expression) end),
                coalesce(rules.permissions, '{}'),
                null::bigint
            from inspect.tables as relation
            join inspect.access as access on access.table_name = relation.table_name
            left join inspect.policies as rules
                on rules.table_name = access.table_name and rules.role_name = access.role_name and rules.command = access.command
            where relation.table_name = what
                and access.command = coalesce(lower(who_can.command), access.command) and access.reach <> 'none'
            order by access.role_name, access.command;
    elsif to_regprocedure('inspect.holders(text)') is not null then
        return query execute
            'select format(''%s: %s'', slug, role_name), $1, null::text, null::text, array[$1], members from inspect.holders($1)'
            using what;
        if not found then
            raise exception using errcode = 'RH400', message = format('%s is neither a table (with its schema) nor a permission that any role holds', what);
        end if;
    else
        raise exception using errcode = 'RH400', message = format('there is no table %s; name it with its schema', what);
    end if;
end
$$;
comment on function inspect.who_can(text, text) is
    'Who can do what with a table, and on which condition; or which roles of which tenants hold a permission, and how many members that is.';
--! EndIncluded inspect/who_can.sql
--! Included inspect/grants.sql
-- Who may sit at the desk. Only in our database: elsewhere the desk is gone when the transaction ends.
--
-- What follows this file (why.sql, holders.sql) belongs to the definer and grants for itself.
grant select on all tables in schema inspect to rowhouse_auditor;

do $$
declare
    routine regprocedure;
begin
    for routine in
        select oid from pg_catalog.pg_proc
        where pronamespace = 'inspect'::regnamespace and proowner = 'rowhouse_owner'::regrole
    loop
        execute format('grant execute on function %s to rowhouse_auditor, rowhouse_definer', routine);
    end loop;
end
$$;

-- inspect.why() and inspect.holders() run as the definer, who therefore runs what the desk and the policies call.
grant usage on schema inspect to rowhouse_definer;
grant execute on function context.tenant_where(text), context.tenant_requiring(text) to rowhouse_definer;
--! EndIncluded inspect/grants.sql
--! Included inspect/why.sql
-- Who can see this row, and why? For a given person in a given tenant, as if they had come through the door.
--
-- target:  a table of the schemas app and audit, as text: auditors may not enter those schemas to name it
-- key:     its primary key, for example {"id": "…"}; for an insert, the values of the new row
-- as_user: the person; null is somebody who has not come through the door
-- tenant:  the tenant that they are signed in to
-- command: select, insert, update or delete
-- change:  for an update, the values that change
--
-- On a large table give the whole key, tenant_id too: each condition looks the row up.
--
-- It says yes and no, never what is in a row. The context that it seals names the one row that it is about; policies let
-- the definer read that row and no other ("the desk explains one row"), and it is gone before the answer is given. Each use
-- is recorded as inspect.why, and in the server's log, which no rollback takes back. Raises RH400.
set local role rowhouse_definer;
create or replace function inspect.why(
    target text, key jsonb, as_user uuid, tenant uuid, command text default 'select', change jsonb default null
)
    returns table (side text, policy text, place text, condition text, value boolean, verdict text, explanation text)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    found_table regclass := to_regclass(target);
    holder      record;
    reason      text;
    claims      jsonb := '{}';
    lines       jsonb := '[]';
begin
    if (select relnamespace::regnamespace::text from pg_catalog.pg_class where oid = found_table and relkind in ('r', 'p')) in ('app', 'audit') is not true then
        raise exception using errcode = 'RH400', message = format('%s is no table of app or audit', target);
    end if;
    raise log 'inspect.why: % asks about % of % % for user % in tenant %', session_user, command, found_table,
        case when lower(command) <> 'insert' then key end, as_user, tenant;
    perform audit.record_event('inspect.why', tenant, jsonb_build_object(
        'table', found_table::text, 'key', case when lower(command) <> 'insert' then key end, 'command', lower(command), 'as_user', as_user
    ));

    if as_user is not null then
        select
            person.status as user_status, company.status as tenant_status, membership.status as membership_status,
            coalesce(membership.is_owner, false) as is_owner, coalesce(role.permissions, '{}') as permissions
        into holder
        from app.users as person
        left join app.tenants as company on company.id = why.tenant
        left join app.memberships as membership on membership.tenant_id = why.tenant and membership.user_id = person.id
        left join app.roles as role on role.tenant_id = membership.tenant_id and role.id = membership.role_id
        where person.id = as_user;
        if not found then
            raise exception using errcode = 'RH400', message = 'there is no such user';
        end if;
        reason := case
            when holder.user_status <> 'active' then 'user_' || holder.user_status
            when tenant is null then null
            when holder.tenant_status is null then 'no such tenant'
            when holder.membership_status is null then 'not a member of the tenant'
            when holder.tenant_status <> 'active' then 'tenant_' || holder.tenant_status
            when holder.membership_status <> 'active' then 'membership_' || holder.membership_status
        end;
        if reason is not null then
            side := 'door'; value := false; verdict := 'refused';
            explanation := format('the door does not open: %s (RH401)', reason);
            return next;
            return;
        end if;
        claims := jsonb_build_object(
            'kind', 'session', 'user', as_user, 'tenant', tenant,
            'owner', holder.is_owner, 'permissions', to_jsonb(holder.permissions)
        );
    end if;

    -- Everything in this block is undone: the context that was before is the context that is after.
    begin
        perform context.seal(claims || jsonb_build_object('explains', case when lower(command) <> 'insert' then key end));
        select coalesce(jsonb_agg(to_jsonb(line) order by number), '[]') into lines
        from inspect.explain(found_table, key, command, 'rowhouse_app', change) with ordinality
            as line (side, policy, place, condition, value, verdict, explanation, number);
        raise exception using errcode = 'UNDO1', message = 'the context is taken back';
    exception
        when sqlstate 'UNDO1' then null;
    end;

    return query
        select said.side, said.policy, said.place, said.condition, said.value, said.verdict, said.explanation
        from jsonb_to_recordset(lines) as said (
            side text, policy text, place text, condition text, value boolean, verdict text, explanation text, number bigint
        )
        order by said.number;
end
$$;
grant execute on function inspect.why(text, jsonb, uuid, uuid, text, jsonb) to rowhouse_auditor;
comment on function inspect.why(text, jsonb, uuid, uuid, text, jsonb) is
    'Why a person may, or may not, do something with a row: policies, conditions, values, verdict. Says nothing of the row''s content; each use is recorded.';
reset role;
--! EndIncluded inspect/why.sql
--! Included inspect/holders.sql
-- Who holds a permission: tenant by tenant, which roles, and how many active members have them.
set local role rowhouse_definer;
create or replace function inspect.holders(permission text)
    returns table (tenant uuid, slug text, role_name text, members bigint, owners bigint)
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select
        company.id, company.slug, role.name,
        count(membership.id) filter (where membership.status = 'active' and person.status = 'active'),
        count(membership.id) filter (where membership.status = 'active' and person.status = 'active' and membership.is_owner)
    from app.roles as role
    join app.tenants as company on company.id = role.tenant_id
    left join app.memberships as membership on membership.tenant_id = role.tenant_id and membership.role_id = role.id
    left join app.users as person on person.id = membership.user_id
    where holders.permission = any (role.permissions)
    group by company.id, company.slug, role.id, role.name
    order by company.slug, role.name
$$;
grant execute on function inspect.holders(text) to rowhouse_auditor;
comment on function inspect.holders(text) is
    'The roles that hold a permission, tenant by tenant, with the number of active members and owners who have them.';
reset role;
--! EndIncluded inspect/holders.sql

revoke create on schema app, auth, context, audit, jobs, inspect from rowhouse_definer;
--! EndIncluded all.sql
