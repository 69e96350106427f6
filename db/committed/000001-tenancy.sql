--! Previous: -
--! Hash: sha1:2b14de329850c173eae2567c5375da7a05a082bb
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

--! split: 3-behaviour.sql
-- How it behaves: functions, triggers, policies, grants, comments.
--! Included all.sql
-- The contents page: how the database behaves today, in load order. Idempotent: replaying it changes nothing.
--
-- Functions first, because policies and triggers call them; then policies, one file per table; then the trail.

-- The definer may create functions while this page is read, and at no other time.
grant create on schema app, auth, context, audit, jobs to rowhouse_definer;

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
-- A value that is forged, edited, copied from another transaction or backend, or too old raises RH403.
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
-- The system acts without the door only as somebody who may become the owner (an operator, a migration) or as
-- the two roles that hold nothing but functions. Anybody else without a context is refused.
create or replace function context.actor() returns jsonb
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
declare
    actor jsonb := context.claims();
begin
    if actor is null
        and not pg_has_role(session_user, 'rowhouse_owner', 'member')
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
    if exists (select from app.users as person where person.email = address) then
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
    if not found or exists (select from app.users as known where known.email = registration.email) then
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
                when exists (select from app.tenants as tenant where tenant.slug = registration.tenant_slug)
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
    where person.email = address;

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
    select * into person from app.users as known where known.email = address;

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
    'The built-in three stay as documented. A role that holds more than the caller is out of their reach.';

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
    'audit.record_change() and audit.record_event(). The definer cannot read it back.';
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
comment on table auth.login_throttles is 'Counters of login attempts; the key is a digest of address and network.';
comment on table auth.signing_keys is 'Keys that sign access tokens (JWK); the private half is encrypted under the master key.';

comment on table context.seal_keys is 'Keys of the seal (HMAC-SHA256). Whoever reads one can forge any context.';
comment on table context.errors is 'Every SQLSTATE of class RH: name, HTTP status, meaning.';
comment on table jobs.heartbeats is 'When each worker was last seen.';

comment on table audit.events is 'The trail, partitioned by month (UTC). It only grows.';
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

revoke create on schema app, auth, context, audit, jobs from rowhouse_definer;
--! EndIncluded all.sql
