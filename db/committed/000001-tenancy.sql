--! Previous: -
--! Hash: sha1:cc8580f8be0aa16e898a4029754d50517dc8abba
--! Message: tenancy

--! split: 1-schemas.sql
-- Schemas. What each is for: db/README.md; who may enter them: db/schema/schemas.sql.

create schema app;
create schema auth;
create schema context;
create schema audit;
create schema inspect;
create schema jobs;
create schema tenancy;

comment on schema app is 'The API: everything here is exposed through GraphQL, subject to grants and row security.';
comment on schema auth is 'Credentials and sessions. No role but the definer touches its tables.';
comment on schema context is 'The door: it turns a credential into a sealed context that every policy reads.';
comment on schema audit is 'The trail: who changed what, and when. Only grows.';
comment on schema inspect is 'The DBA''s desk: what the policies really allow.';
comment on schema jobs is 'What the worker may call.';
comment on schema tenancy is 'What an application''s own migrations call, to have tables like ours. Nobody who serves requests may enter.';

-- Nothing is executable or usable by everybody; each function file grants what it means to.
alter default privileges revoke execute on functions from public;
set local role rowhouse_definer;
alter default privileges revoke execute on functions from public;
reset role;

create schema extensions;
comment on schema extensions is 'Extensions live here, out of every search path.';
create extension pgcrypto with schema extensions;

--! split: 2-tables.sql
-- Tables. Who may do what with their rows is in db/schema/policies, one file per table.
--
-- The rule for a tenant's table: `tenant_id` first in the primary key and in every unique and foreign
-- key, so that no row can point into another tenant or reveal by a violation that something is there.

-- The defaults below call these two, and they open the seal.
grant usage, create on schema context to rowhouse_definer;
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
            expired           boolean,
            fingerprint       text,
            bound_ip          inet,
            key_thumbprint    text,
            teams             text
        );
    end if;
end
$$;
comment on type context.holder is 'Who holds a credential, and the live state of all that it depends on.';
--! EndIncluded context/holder.sql
--! Included context/body.sql
-- What the door writes under the seal, with everything that policies ask for at a fixed place:
--
--     1 –  36  tenant          blank for who has none
--    37 –  72  user
--    73 – 108  credential
--   109 – 118  expiry          seconds since 1970
--   119 – 135  transaction     its beginning, seconds since 1970 with six decimals
--   136 – 145  backend         its process
--         146  owner           t or f
--   147 – 154  kind            session, guest, api_key, support, sign_in
--   155 –      permissions     {chat,view_audit}, and a blank: no name of one has any
--              teams           {uuid,uuid}, and a blank; then those of them that the user leads, {uuid}, and a blank
--              detail          JSON: request_id, ip, user_agent; explains; writes, of support that may
--
-- These functions are bound when they are made, and without a `set`, so that the planner inlines them.
create or replace function context.body_of(holder context.holder, detail jsonb) returns text
    language sql stable parallel restricted security invoker
    return rpad(coalesce(holder.tenant_id::text, ''), 36)
        || rpad(coalesce(holder.user_id::text, ''), 36)
        || rpad(coalesce(holder.credential_id::text, ''), 36)
        || (extract(epoch from statement_timestamp())::bigint + 60)::text
        || extract(epoch from transaction_timestamp())::text
        || rpad(pg_backend_pid()::text, 10)
        || case when holder.is_owner then 't' else 'f' end
        || rpad(coalesce(holder.kind, ''), 8)
        || holder.permissions::text || ' ' || holder.teams || ' ' || detail::text;
grant execute on function context.body_of(context.holder, jsonb) to rowhouse_definer;
comment on function context.body_of(context.holder, jsonb) is
    'What the seal is set under: who holds the credential, and for which transaction, at fixed places.';

create or replace function context.tenant_in(body text) returns uuid
    language sql immutable parallel safe security invoker
    return nullif(substr(body, 1, 36), repeat(' ', 36))::uuid;
comment on function context.tenant_in(text) is 'The tenant that a body names.';

create or replace function context.user_in(body text) returns uuid
    language sql immutable parallel safe security invoker
    return nullif(substr(body, 37, 36), repeat(' ', 36))::uuid;
comment on function context.user_in(text) is 'The user that a body names.';

create or replace function context.credential_in(body text) returns uuid
    language sql immutable parallel safe security invoker
    return nullif(substr(body, 73, 36), repeat(' ', 36))::uuid;
comment on function context.credential_in(text) is 'The session or API key that a body names.';

create or replace function context.kind_in(body text) returns text
    language sql immutable parallel safe security invoker
    return nullif(rtrim(substr(body, 147, 8)), '');
comment on function context.kind_in(text) is 'What kind of credential a body names.';

create or replace function context.is_owner_in(body text) returns boolean
    language sql immutable parallel safe security invoker
    return substr(body, 146, 1) = 't';
comment on function context.is_owner_in(text) is 'Whether a body says that the user owns the tenant.';

create or replace function context.permissions_in(body text) returns text[]
    language sql immutable parallel safe security invoker
    return split_part(substr(body, 155), ' ', 1)::text[];
comment on function context.permissions_in(text) is 'The permissions that a body names.';

create or replace function context.teams_in(body text) returns uuid[]
    language sql immutable parallel safe security invoker
    return split_part(substr(body, 155), ' ', 2)::uuid[];
comment on function context.teams_in(text) is 'The teams that a body names: those of the user.';

create or replace function context.led_teams_in(body text) returns uuid[]
    language sql immutable parallel safe security invoker
    return split_part(substr(body, 155), ' ', 3)::uuid[];
comment on function context.led_teams_in(text) is 'The teams that a body names as led by the user.';

create or replace function context.detail_in(body text) returns jsonb
    language sql immutable parallel safe security invoker
    return regexp_replace(substr(body, 155), '^(\S* ){3}', '')::jsonb;
comment on function context.detail_in(text) is 'What a body says of the request.';

grant execute on function
    context.tenant_in(text), context.user_in(text), context.credential_in(text), context.kind_in(text),
    context.is_owner_in(text), context.permissions_in(text), context.teams_in(text), context.led_teams_in(text),
    context.detail_in(text)
    to rowhouse_app, rowhouse_auth, rowhouse_worker, rowhouse_definer, rowhouse_owner;
--! EndIncluded context/body.sql
--! Included context/open_seal.sql
-- Opens the seal: what the door wrote for this transaction (body.sql), or null if nobody entered.
--
-- permission: null too for a caller who does not hold it; '' asks for none
--
-- Everybody may write the variable rowhouse.context; nobody but the definer can write one that opens. A value that is
-- forged, edited, copied from another transaction or backend, or older than 60 seconds raises RH403. (Transactions
-- that one message of the simple protocol begins share a timestamp; what is copied there is one's own.)
-- It is parallel restricted because the seal is bound to the leader's process.
--
-- One statement, because what a policy pays is mostly how many there are.
set local role rowhouse_definer;
create or replace function context.open_seal(permission text default '') returns text
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
declare
    value  constant text := nullif(current_setting('rowhouse.context', true), '');
    opened text;
begin
    -- Digests of the two seals are compared, so that the time tells nothing of the right one.
    select substr(value, 73) into opened
    from context.seal_keys as sealing
    where sealing.id = left(value, 8)
        and sha256(convert_to(substr(value, 9, 64), 'UTF8'))
            = sha256(convert_to(context.mac(substr(value, 73), sealing.key), 'UTF8'))
        and substr(value, 191, 17) = extract(epoch from transaction_timestamp())::text
        and substr(value, 208, 10) = rpad(pg_backend_pid()::text, 10)
        and substr(value, 181, 10) >= extract(epoch from clock_timestamp())::bigint::text;
    if opened is null and value is not null then
        perform context.refuse('broken_seal');
    end if;
    return case when permission = '' or permission = any (context.permissions_in(opened)) then opened end;
end
$$;
grant execute on function context.open_seal(text) to rowhouse_app, rowhouse_auth, rowhouse_worker, rowhouse_owner;
comment on function context.open_seal(text) is
    'Checks the seal and gives what the door wrote under it; null if nobody entered, or if the caller does not hold the permission; RH403 for what the door did not write.';
reset role;
--! EndIncluded context/open_seal.sql
revoke create on schema context from rowhouse_definer;
--! Included context/tenant_id.sql
-- The caller's tenant, or null outside the door.
--
-- Like its sisters it is bound when it is made, and without a `set`, so that a policy calls context.open_seal() at once.
create or replace function context.tenant_id() returns uuid
    language sql stable parallel restricted security invoker
    return context.tenant_in(context.open_seal());
grant execute on function context.tenant_id() to rowhouse_app, rowhouse_worker, rowhouse_definer, rowhouse_owner;
comment on function context.tenant_id() is 'The caller''s tenant, or null outside the door.';
--! EndIncluded context/tenant_id.sql
--! Included context/user_id.sql
-- The caller, or null outside the door.
create or replace function context.user_id() returns uuid
    language sql stable parallel restricted security invoker
    return context.user_in(context.open_seal());
grant execute on function context.user_id() to rowhouse_app, rowhouse_worker, rowhouse_definer, rowhouse_owner;
comment on function context.user_id() is 'The caller''s user, or null outside the door.';
--! EndIncluded context/user_id.sql
-- The checks below call this one.
--! Included app/is_blank.sql
-- Whether there is nothing to read: only spaces of any kind, and characters that leave no mark. Listed by code point, so that
-- no collation has a say.
--
-- Its body is bound when it is made, and without a `set`, so that a check costs no call.
create or replace function app.is_blank(value text) returns boolean
    language sql immutable parallel safe security invoker
    return value !~ '[^\u0001-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]';
grant execute on function app.is_blank(text) to rowhouse_app, rowhouse_owner, rowhouse_definer;
comment on function app.is_blank(text) is
    'Whether a text has nothing to read: only spaces and characters that leave no mark.';
--! EndIncluded app/is_blank.sql
--! Included app/is_name.sql
-- What is a name: of a person, a company, a role, a key, a conversation. One line that shows something. It holds
-- no control character, no line separator and nothing that turns the direction of the text around it (Unicode 5.23,
-- "Bidirectional embeddings, overrides and isolates"), and at least one character that is neither a space of any kind nor invisible.
-- Lengths are the tables' own. Characters are listed by code point, so that no collation has a say.
--
-- Its body is bound when it is made, and without a `set`, so that a check costs no call.
create or replace function app.is_name(name text) returns boolean
    language sql immutable parallel safe security invoker
    return name !~ '[\u0001-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]'
        and not app.is_blank(name);
grant execute on function app.is_name(text) to rowhouse_app, rowhouse_owner, rowhouse_definer;
comment on function app.is_name(text) is
    'Whether this is a name: one line with at least one character that can be seen.';
--! EndIncluded app/is_name.sql

-- context: the door ------------------------------------------------------------------------------

create table context.seal_keys (
    id         text primary key default left(replace(gen_random_uuid()::text, '-', ''), 8),
    key        bytea not null default extensions.gen_random_bytes(32) check (octet_length(key) = 32),
    created_at timestamptz not null default now(),
    retired_at timestamptz check (retired_at >= created_at)
);
insert into context.seal_keys default values;

create table context.errors (
    code    text not null check (code ~ '^RH[0-9A-Z]{3}$'),
    detail  text not null default '' check (detail ~ '^[a-z_]*$'),
    name    text not null unique check (name ~ '^[a-z_]+$'),
    status  integer not null check (status between 400 and 599),
    meaning text not null,
    primary key (code, detail)
);

create table context.access_as_migrated (
    object text primary key,
    digest text not null
);

-- One row for each Idempotency-Key that was used in the last day: of all requests with the key, `attempt` is the one
-- that changed something. `key` and `request` are digests, and `answer` is encrypted with a key that is nowhere here.
create table context.idempotency_keys (
    tenant_id     uuid not null,
    user_id       uuid not null,
    key           bytea not null check (octet_length(key) = 32),
    request       bytea not null check (octet_length(request) = 32),
    credential_id uuid not null,
    attempt       uuid not null,
    answer        text check (length(answer) <= 200000),
    created_at    timestamptz not null default now(),
    finished_at   timestamptz,
    primary key (tenant_id, user_id, key),
    check (answer is null or finished_at is not null)
);
create index idempotency_keys_by_age on context.idempotency_keys (created_at);

-- app: tenants, people, roles ----------------------------------------------------------------------

create table app.tenants (
    id         uuid primary key default uuidv7(),
    slug       text not null check (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    name       text not null check (length(name) <= 200 and app.is_name(name)),
    status     text not null default 'active' check (status in ('active', 'suspended', 'closed')),
    requires_second_factor boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    session_idle_minutes     integer not null default 10080 check (session_idle_minutes between 30 and 129600),
    session_lifetime_minutes integer not null default 43200 check (session_lifetime_minutes between 60 and 525600),
    single_session           boolean not null default false,
    fingerprint              text not null default 'family' check (fingerprint in ('off', 'family', 'exact')),
    fingerprint_network      boolean not null default false,
    allows_guests            boolean not null default false,
    support_access           text not null default 'read' check (support_access in ('off', 'read', 'write')),
    seats                    integer check (seats > 0),
    brand_name               text check (length(brand_name) <= 200 and app.is_name(brand_name)),
    brand_color              text check (brand_color ~ '^#[0-9a-f]{6}$'),
    accent_color             text check (accent_color ~ '^#[0-9a-f]{6}$'),
    logo_url                 text check (logo_url ~ '^https://[^[:space:][:cntrl:]]+$' and length(logo_url) <= 2000),
    language                 text not null default 'en' check (language ~ '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$' and length(language) <= 35),
    sign_in_ways             text[] check (cardinality(sign_in_ways) between 1 and 50 and array_position(sign_in_ways, null) is null and array_to_string(sign_in_ways, ' ') ~ '^[a-z0-9-]{1,40}( [a-z0-9-]{1,40})*$'),
    key_limit                integer check (key_limit >= 0),
    requests_per_minute      integer check (requests_per_minute between 1 and 1000000),
    requests_per_day         integer check (requests_per_day between 1 and 1000000000),
    deletion_grace_days      integer not null default 30 check (deletion_grace_days between 0 and 365)
);

create table app.users (
    id         uuid primary key default uuidv7(),
    email      text check (email = lower(email) and email ~ '^[^@[:space:][:cntrl:]]+@[^@[:space:][:cntrl:]]+$' and length(email) <= 254),
    is_guest   boolean not null default false,
    name       text not null check (length(name) <= 200 and app.is_name(name)),
    locale     text not null default 'en' check (locale ~ '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$' and length(locale) <= 35),
    status     text not null default 'active' check (status in ('active', 'banned', 'deleted')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    -- Said twice on purpose: whoever forgets an address makes an error, and not a guest.
    constraint users_is_guest_check check (is_guest = (email is null))
);
-- Guests come and go (jobs.expire_guests); accounts stay.
create index users_who_are_guests on app.users (created_at, id) where is_guest;

-- Unique by an expression on purpose: lower() is not leakproof, so under row security PostgreSQL never looks for an address
-- or a slug before it has asked the policy, and no error, count or plan tells whether it is there.
create unique index users_by_email on app.users (lower(email));
create unique index tenants_by_slug on app.tenants (lower(slug));

create table app.permissions (
    name           text primary key check (name ~ '^[a-z]+(_[a-z]+)*$'),
    description    text not null,
    -- The application's own (tenancy.permission), with the built-in roles that hold it beside admin.
    of_application boolean not null default false,
    held_by        text[] not null default '{}' check (held_by <@ '{member,viewer}'::text[])
);

create table app.roles (
    tenant_id   uuid not null default context.tenant_id() references app.tenants,
    id          uuid not null default uuidv7(),
    name        text not null check (length(name) <= 60 and app.is_name(name)),
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
    display_name text not null check (length(display_name) <= 200 and app.is_name(display_name)),
    avatar_url   text check (avatar_url ~ '^https://[^[:space:][:cntrl:]]+$' and length(avatar_url) <= 2000),
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, user_id),
    foreign key (tenant_id, role_id) references app.roles (tenant_id, id)
);
-- With the tenant in it, so that looking a person up by id reads no row of theirs next door.
create index memberships_by_user on app.memberships (user_id, tenant_id);
create index memberships_by_role on app.memberships (tenant_id, role_id, id);
create index memberships_by_status on app.memberships (tenant_id, status, id);
-- A tenant has few: whether one is left is asked at every change of theirs.
create index memberships_of_owners on app.memberships (tenant_id, id) where is_owner and status = 'active';

-- app: teams and temporary grants --------------------------------------------------------------------

create table app.teams (
    tenant_id   uuid not null default context.tenant_id() references app.tenants,
    id          uuid not null default uuidv7(),
    name        text not null check (length(name) <= 100 and app.is_name(name)),
    description text not null default '' check (length(description) <= 500),
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, name)
);

create table app.team_members (
    tenant_id  uuid not null default context.tenant_id() references app.tenants,
    id         uuid not null default uuidv7(),
    team_id    uuid not null,
    user_id    uuid not null,
    role       text not null default 'member' check (role in ('lead', 'member')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, team_id, user_id),
    foreign key (tenant_id, team_id) references app.teams (tenant_id, id) on delete cascade,
    foreign key (tenant_id, user_id) references app.memberships (tenant_id, user_id) on delete cascade
);
create index team_members_by_team on app.team_members (tenant_id, team_id, id);
create index team_members_by_user on app.team_members (tenant_id, user_id, id);

-- A permission for a time. Who gave it is no foreign key: it may have been a key of the tenant's own.
create table app.grants (
    tenant_id  uuid not null default context.tenant_id() references app.tenants,
    id         uuid not null default uuidv7(),
    user_id    uuid not null,
    permission text not null,
    reason     text not null check (length(reason) <= 500 and not app.is_blank(reason)),
    granted_by uuid not null default context.user_id(),
    created_at timestamptz not null default now(),
    ends_at    timestamptz not null,
    primary key (tenant_id, id),
    constraint grants_ends_at_check check (ends_at > created_at and ends_at <= created_at + 7776000 * interval '1 second'),
    foreign key (tenant_id, user_id) references app.memberships (tenant_id, user_id) on delete cascade
);
create index grants_by_user on app.grants (tenant_id, user_id, id);

-- Whom a company asked to join it. An address as mail software reads it in one way only: ASCII, in lower case.
create table app.invitations (
    tenant_id   uuid not null default context.tenant_id() references app.tenants,
    id          uuid not null default uuidv7(),
    email       text not null check (email ~ '^[a-z0-9.!#$%&''*+/=?^_`{|}~-]{1,64}@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?[.])+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$' and length(email) <= 254),
    role_id     uuid not null,
    invited_by  uuid not null,
    status      text not null default 'pending' check (status in ('pending', 'accepted', 'revoked', 'expired')),
    times_sent  integer not null default 1 check (times_sent > 0),
    sent_at     timestamptz not null default now(),
    expires_at  timestamptz not null,
    accepted_by uuid,
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, role_id) references app.roles (tenant_id, id) on delete cascade,
    foreign key (tenant_id, invited_by) references app.memberships (tenant_id, user_id),
    foreign key (tenant_id, accepted_by) references app.memberships (tenant_id, user_id),
    check ((status = 'accepted') = (accepted_by is not null))
);
create unique index invitations_pending_by_address on app.invitations (tenant_id, email) where status = 'pending';
create index invitations_by_status on app.invitations (tenant_id, status, id);
create index invitations_by_role on app.invitations (tenant_id, role_id, id);
create index invitations_by_inviter on app.invitations (tenant_id, invited_by, id);
create index invitations_by_guest on app.invitations (tenant_id, accepted_by, id);

-- The teams that an invitation promises, beside its role. A team that is no more by then is not joined.
create table app.invitation_teams (
    tenant_id     uuid not null default context.tenant_id() references app.tenants,
    id            uuid not null default uuidv7(),
    invitation_id uuid not null,
    team_id       uuid not null,
    role          text not null default 'member' check (role in ('lead', 'member')),
    created_at    timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, invitation_id, team_id),
    foreign key (tenant_id, invitation_id) references app.invitations (tenant_id, id) on delete cascade,
    foreign key (tenant_id, team_id) references app.teams (tenant_id, id) on delete cascade
);
create index invitation_teams_by_invitation on app.invitation_teams (tenant_id, invitation_id, id);
create index invitation_teams_by_team on app.invitation_teams (tenant_id, team_id, id);

-- Domains whose people may join by themselves, once the company has proved in the DNS that the domain is theirs.
create table app.domains (
    tenant_id          uuid not null default context.tenant_id() references app.tenants,
    id                 uuid not null default uuidv7(),
    domain             text not null check (domain ~ '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?[.])+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$' and length(domain) <= 230),
    challenge          text not null default encode(extensions.gen_random_bytes(20), 'hex') check (challenge ~ '^[0-9a-f]{40}$'),
    role_id            uuid not null,
    admits             boolean not null default false,
    verified_at        timestamptz,
    check_requested_at timestamptz,
    checked_at         timestamptz,
    failures           integer not null default 0 check (failures between 0 and 3),
    created_at         timestamptz not null default now(),
    updated_at         timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, domain),
    foreign key (tenant_id, role_id) references app.roles (tenant_id, id)
);
create index domains_by_role on app.domains (tenant_id, role_id, id);

-- app: the chat ------------------------------------------------------------------------------------

create table app.conversations (
    tenant_id  uuid not null default context.tenant_id() references app.tenants,
    id         uuid not null default uuidv7(),
    user_id    uuid not null default context.user_id(),
    title      text not null default '' check (length(title) <= 200 and (title = '' or app.is_name(title))),
    status     text not null default 'open' check (status in ('open', 'archived')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    -- Whose team's it is, if one's; it never changes. Without its team it is its member's alone.
    team_id    uuid,
    primary key (tenant_id, id),
    unique (tenant_id, user_id, id),
    foreign key (tenant_id, user_id) references app.memberships (tenant_id, user_id) on delete cascade,
    foreign key (tenant_id, team_id) references app.teams (tenant_id, id) on delete set null (team_id)
);
create index conversations_by_change on app.conversations (tenant_id, updated_at, id);
create index conversations_of_member_by_change on app.conversations (tenant_id, user_id, updated_at, id);
create index conversations_of_team on app.conversations (tenant_id, team_id, id);
create index conversations_of_team_by_change on app.conversations (tenant_id, team_id, updated_at, id);

create table app.messages (
    tenant_id       uuid not null default context.tenant_id() references app.tenants,
    id              uuid not null default uuidv7(),
    conversation_id uuid not null,
    user_id         uuid not null default context.user_id(),
    role            text not null default 'user' check (role in ('user', 'assistant')),
    content         text not null check (length(content) between 1 and 32000),
    created_at      timestamptz not null default now(),
    -- The conversation's, by the trigger place_message: policies ask each row, and look nowhere else.
    team_id         uuid,
    primary key (tenant_id, id),
    foreign key (tenant_id, user_id, conversation_id)
        references app.conversations (tenant_id, user_id, id) on delete cascade,
    foreign key (tenant_id, team_id) references app.teams (tenant_id, id) on delete set null (team_id)
);
create index messages_of_team on app.messages (tenant_id, team_id, id);
create index messages_by_conversation on app.messages (tenant_id, user_id, conversation_id, id);
create index messages_in_conversation on app.messages (tenant_id, conversation_id, id);

-- What is null is not chosen: the company's choice holds, and after that the built-in one (app.my_preferences).
create table app.user_preferences (
    tenant_id         uuid not null default context.tenant_id() references app.tenants,
    id                uuid not null default uuidv7(),
    user_id           uuid not null default context.user_id(),
    language          text check (language ~ '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$' and length(language) <= 35),
    tone              text check (tone in ('neutral', 'friendly', 'formal', 'concise')),
    model             text check (model ~ '^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$'),
    temperature       double precision check (temperature between 0 and 2),
    max_answer_tokens integer check (max_answer_tokens between 16 and 100000),
    notify_answers    boolean,
    notify_weekly     boolean,
    created_at        timestamptz not null default now(),
    updated_at        timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, user_id),
    foreign key (tenant_id, user_id) references app.memberships (tenant_id, user_id) on delete cascade
);

-- app: webhooks ------------------------------------------------------------------------------------

create table app.webhook_event_types (
    name        text primary key check (name ~ '^[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*$'),
    description text not null
);

create table app.webhook_endpoints (
    tenant_id       uuid not null default context.tenant_id() references app.tenants,
    id              uuid not null default uuidv7(),
    -- Without TLS only to the machine itself, which the sender refuses wherever WEBHOOK_INTERNAL is not on.
    url             text not null check (length(url) <= 2000 and url ~ '^(https://[A-Za-z0-9.-]+|https://\[[0-9A-Fa-f:.]+\]|http://(localhost|127\.0\.0\.1|\[::1\]))(:[0-9]{1,5})?([/?][!"$-~]*)?$'),
    description     text not null default '' check (length(description) <= 200 and (description = '' or app.is_name(description))),
    events          text[] not null default '{}' check (cardinality(events) <= 50 and array_position(events, null) is null),
    active          boolean not null default true,
    disabled_reason text check (disabled_reason in ('gone', 'failing')),
    failing_since   timestamptz,
    last_sequence   integer not null default 0 check (last_sequence >= 0),
    lent_until      timestamptz,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (tenant_id, id),
    check (disabled_reason is null or not active)
);

-- The outbox: an event for one endpoint, written in the transaction of what it tells of, and what came of sending it.
create table app.webhook_deliveries (
    tenant_id       uuid not null default context.tenant_id() references app.tenants,
    id              uuid not null default uuidv7(),
    endpoint_id     uuid not null,
    type            text not null check (length(type) <= 100),
    data            jsonb not null,
    sequence        integer check (sequence > 0),
    state           text not null default 'pending' check (state in ('pending', 'delivered', 'dead')),
    attempts        integer not null default 0 check (attempts >= 0),
    next_attempt_at timestamptz default now(),
    response_status integer check (response_status between 100 and 999),
    failure         text check (failure in ('status', 'redirect', 'timeout', 'connection', 'tls', 'address', 'secret', 'disabled')),
    created_at      timestamptz not null default now(),
    settled_at      timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, endpoint_id) references app.webhook_endpoints (tenant_id, id) on delete cascade,
    check ((state = 'pending') = (settled_at is null)),
    check ((state = 'pending') = (next_attempt_at is not null))
);
create index webhook_deliveries_of_endpoint on app.webhook_deliveries (tenant_id, endpoint_id, id);
create index webhook_deliveries_by_state on app.webhook_deliveries (tenant_id, state, id);
create index webhook_deliveries_failed on app.webhook_deliveries (tenant_id, endpoint_id, id) where state = 'dead';
create index webhook_deliveries_due on app.webhook_deliveries (tenant_id, endpoint_id, next_attempt_at) where state = 'pending';
create index webhook_deliveries_of_tests on app.webhook_deliveries (tenant_id, endpoint_id) where state = 'pending' and type = 'webhook.test';
create index webhook_deliveries_by_age on app.webhook_deliveries (created_at, tenant_id);

create table app.tenant_preferences (
    tenant_id         uuid not null default context.tenant_id() references app.tenants,
    id                uuid not null default uuidv7(),
    language          text check (language ~ '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$' and length(language) <= 35),
    tone              text check (tone in ('neutral', 'friendly', 'formal', 'concise')),
    model             text check (model ~ '^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$'),
    temperature       double precision check (temperature between 0 and 2),
    max_answer_tokens integer check (max_answer_tokens between 16 and 100000),
    notify_answers    boolean,
    notify_weekly     boolean,
    created_at        timestamptz not null default now(),
    updated_at        timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id)
);

-- auth: credentials and sessions -------------------------------------------------------------------

create table auth.mail_tokens (
    id             uuid primary key default uuidv7(),
    purpose        text not null check (purpose in ('register', 'reset_password', 'sign_in', 'change_email', 'restore_account', 'restore_tenant', 'invitation')),
    email          text not null check (email = lower(email) and email ~ '^[^@[:space:][:cntrl:]]+@[^@[:space:][:cntrl:]]+$' and length(email) <= 254),
    user_id        uuid,
    link_digest    bytea not null unique check (octet_length(link_digest) = 32),
    code_digest    bytea not null check (octet_length(code_digest) = 32),
    browser_digest bytea check (octet_length(browser_digest) = 32),
    network        text not null,
    tries          integer not null default 0 check (tries between 0 and 5),
    created_at     timestamptz not null default now(),
    expires_at     timestamptz not null,
    used_at        timestamptz,
    invited_to     uuid,
    invitation     uuid,
    restores       uuid,
    check (purpose <> 'register' or user_id is null),
    check ((purpose = 'invitation') = (invitation is not null)),
    check ((invitation is null) = (invited_to is null)),
    check ((purpose = 'restore_tenant') = (restores is not null)),
    check (purpose not in ('change_email', 'restore_account', 'restore_tenant') or user_id is not null)
);
create index mail_tokens_by_address on auth.mail_tokens (email, purpose, created_at);
create index mail_tokens_by_tenant on auth.mail_tokens (invited_to, created_at) where invited_to is not null;
create index mail_tokens_by_restored_tenant on auth.mail_tokens (restores) where restores is not null;
create index mail_tokens_by_invitation on auth.mail_tokens (invitation, created_at) where invitation is not null;
create index mail_tokens_by_user on auth.mail_tokens (user_id);
create index mail_tokens_by_expiry on auth.mail_tokens (expires_at);

create table auth.registrations (
    token_id    uuid primary key references auth.mail_tokens on delete cascade,
    name        text not null check (length(name) <= 200 and app.is_name(name)),
    tenant_slug text check (tenant_slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    tenant_name text check (length(tenant_name) <= 200 and app.is_name(tenant_name)),
    invited     boolean not null default false,
    -- The guest who becomes the account; null for a new person.
    guest_id    uuid,
    check ((tenant_slug is null) = (tenant_name is null))
);

create table auth.mails (
    id              uuid primary key,
    template        text not null check (template in ('verify_email', 'account_exists', 'reset_password', 'no_account', 'sign_in', 'change_email', 'email_taken', 'password_changed', 'email_changed', 'invitation', 'password_removed', 'passkey_added', 'passkey_removed', 'second_factor_added', 'second_factor_removed', 'recovery_code_used', 'new_device', 'api_key_created', 'identity_linked', 'identity_unlinked', 'deletion_asked', 'deletion_withdrawn', 'deletion_postponed', 'account_deleted', 'guest_upgrade', 'webhook_disabled', 'support_opened', 'tenant_invitation', 'tenant_deletion_asked', 'tenant_deletion_withdrawn')),
    recipient       text not null check (length(recipient) <= 254),
    locale          text not null check (length(locale) <= 35),
    secret          text,
    request_id      text,
    state           text not null default 'pending' check (state in ('pending', 'sent', 'dead')),
    attempts        integer not null default 0 check (attempts >= 0),
    next_attempt_at timestamptz not null default now(),
    last_error      text check (length(last_error) <= 500),
    created_at      timestamptz not null default now(),
    settled_at      timestamptz,
    check ((state = 'pending') = (settled_at is null)),
    check (state <> 'sent' or secret is null)
);
create index mails_due on auth.mails (next_attempt_at) where state = 'pending';
create index mails_by_end on auth.mails (settled_at) where settled_at is not null;

create table auth.passwords (
    user_id    uuid primary key references app.users,
    hash       text not null check (hash ~ '^\$(argon2(id|i|d)|2[aby]|scrypt|pbkdf2-sha(1|256|512)|firebase-scrypt)\$'),
    changed_at timestamptz not null default now()
);

create table auth.identities (
    id           uuid primary key default uuidv7(),
    user_id      uuid not null references app.users,
    provider     text not null check (provider ~ '^[a-z0-9-]{1,40}$'),
    issuer       text not null check (length(issuer) between 1 and 500),
    subject      text not null check (length(subject) between 1 and 255),
    created_at   timestamptz not null default now(),
    last_used_at timestamptz not null default now(),
    unique (issuer, subject)
);
create index identities_by_user on auth.identities (user_id, id);

create table auth.exchange_codes (
    digest     bytea primary key check (octet_length(digest) = 32),
    challenge  text not null check (challenge ~ '^[A-Za-z0-9_-]{43}$'),
    provider   text not null check (provider ~ '^[a-z0-9-]{1,40}$'),
    issuer     text not null check (length(issuer) between 1 and 500),
    subject    text not null check (length(subject) between 1 and 255),
    email      text check (email = lower(email) and email ~ '^[^@[:space:][:cntrl:]]+@[^@[:space:][:cntrl:]]+$' and length(email) <= 254),
    name       text check (length(name) <= 200 and app.is_name(name)),
    expires_at timestamptz not null default now() + interval '1 minute'
);
create index exchange_codes_by_expiry on auth.exchange_codes (expires_at);

create table auth.sessions (
    id              uuid primary key,
    user_id         uuid not null references app.users,
    tenant_id       uuid,
    handle_digest   bytea not null unique check (octet_length(handle_digest) = 32),
    methods         text[] not null default '{}' check (methods <@ '{pwd,otp,hwk,swk,user,mfa,email,fed}'),
    counter         integer not null default 0 check (counter >= 0),
    rotated_at      timestamptz not null default now(),
    acknowledged_at timestamptz default now(),
    last_seen_at    timestamptz not null default now(),
    user_agent      text,
    ip              inet,
    key_thumbprint  text check (key_thumbprint ~ '^[A-Za-z0-9_-]{43}$'),
    way             text check (way ~ '^[a-z0-9-]{1,40}$'),
    created_at      timestamptz not null default now(),
    authenticated_at timestamptz not null default now(),
    idle_expires_at timestamptz not null default now() + interval '7 days',
    expires_at      timestamptz not null default now() + interval '30 days',
    ended_at        timestamptz,
    end_reason      text check (end_reason in ('logout', 'expired', 'reuse', 'revoked', 'replaced', 'password_changed', 'account_deleted', 'upgraded', 'tenant_deleted')),
    check ((ended_at is null) = (end_reason is null)),
    foreign key (tenant_id, user_id) references app.memberships (tenant_id, user_id)
);
-- When a member was last in a tenant: logging in returns there.
create index sessions_by_member on auth.sessions (tenant_id, user_id, created_at);
create index sessions_by_user on auth.sessions (user_id, created_at);
create index sessions_by_expiry on auth.sessions (least(idle_expires_at, expires_at)) where ended_at is null;
create index sessions_by_end on auth.sessions (ended_at) where ended_at is not null;
-- Who proved nothing is a guest: how many of them a tenant has is asked whenever another comes.
create index sessions_of_guests on auth.sessions (tenant_id) where methods = '{}' and ended_at is null;

-- Keys for programs. A key is somebody's (user_id), or the tenant's own: then it acts as itself, within a role (role_id).
create table auth.api_keys (
    tenant_id           uuid not null default context.tenant_id() references app.tenants,
    id                  uuid not null default uuidv7(),
    kind                text not null default 'secret' check (kind in ('secret', 'publishable')),
    user_id             uuid,
    role_id             uuid,
    created_by          uuid,
    name                text not null check (length(name) <= 100 and app.is_name(name)),
    beginning           text not null default '' check (beginning ~ '^(rh_[ps]k_[0-9A-Za-z]{4})?$'),
    digest              bytea not null check (octet_length(digest) = 32),
    scopes              text[] not null check (array_position(scopes, null) is null),
    requests_per_minute integer check (requests_per_minute between 1 and 1000000),
    opens_guests        boolean not null default false,
    origins             text[] check (cardinality(origins) between 1 and 20 and array_to_string(origins, ' ') ~ '^https?://[a-z0-9.-]+(:[0-9]{1,5})?( https?://[a-z0-9.-]+(:[0-9]{1,5})?)*$'),
    addresses           inet[] check (cardinality(addresses) between 1 and 50 and array_position(addresses, null) is null),
    replaces            uuid,
    used_count          bigint not null default 0 check (used_count >= 0),
    last_used_at        timestamptz,
    created_at          timestamptz not null default now(),
    expires_at          timestamptz,
    revoked_at          timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, user_id) references app.memberships (tenant_id, user_id),
    foreign key (tenant_id, role_id) references app.roles (tenant_id, id),
    foreign key (tenant_id, replaces) references auth.api_keys (tenant_id, id),
    check ((user_id is null) <> (role_id is null)),
    -- What stands in a web page is nobody's own: it would show their chats to every visitor.
    check (kind = 'secret' or (role_id is not null and scopes = '{chat}' and origins is not null)),
    constraint api_keys_opens_guests_check check (kind = 'publishable' or not opens_guests)
);
-- The digest first, so that the door finds a key by it alone; with the tenant in it, it leads a caller to no row next door.
create index api_keys_by_digest on auth.api_keys (digest, tenant_id, id);
create index api_keys_by_member on auth.api_keys (tenant_id, user_id, id);
create index api_keys_by_role on auth.api_keys (tenant_id, role_id, id);
create index api_keys_by_replaced on auth.api_keys (tenant_id, replaces, id);

-- What webhooks are signed with. A secret that was replaced signs beside its successor until it expires.
create table auth.webhook_secrets (
    tenant_id   uuid not null,
    id          uuid not null,
    endpoint_id uuid not null,
    secret      text not null check (length(secret) <= 500),
    created_at  timestamptz not null default now(),
    expires_at  timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, endpoint_id) references app.webhook_endpoints (tenant_id, id) on delete cascade
);
create index webhook_secrets_of_endpoint on auth.webhook_secrets (tenant_id, endpoint_id, id);

-- The operator inside a tenant: for a reason, for hours and not days, and never without the tenant's admins seeing it.
create table auth.support_accesses (
    tenant_id  uuid not null references app.tenants,
    id         uuid not null default uuidv7(),
    user_id    uuid,
    operator   text not null default session_user check (length(operator) <= 100 and app.is_name(operator)),
    reason     text not null check (length(reason) <= 500 and app.is_name(reason)),
    may_write  boolean not null default false,
    digest     bytea not null check (octet_length(digest) = 32),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null default now() + interval '1 hour',
    ended_at   timestamptz,
    end_reason text check (end_reason in ('operator', 'tenant', 'turned_off')),
    primary key (tenant_id, id),
    foreign key (tenant_id, user_id) references app.memberships (tenant_id, user_id),
    check (expires_at > created_at and expires_at <= created_at + interval '8 hours'),
    check ((ended_at is null) = (end_reason is null))
);
-- The digest first, as of API keys: the door finds one by it alone.
create index support_accesses_by_digest on auth.support_accesses (digest, tenant_id, id);
create index support_accesses_by_member on auth.support_accesses (tenant_id, user_id, id);

create table auth.totp_factors (
    id           uuid primary key,
    user_id      uuid not null unique references app.users,
    seed         text not null check (seed like 'v1.%'),
    last_step    bigint,
    created_at   timestamptz not null default now(),
    confirmed_at timestamptz,
    check ((confirmed_at is null) = (last_step is null))
);

create table auth.recovery_codes (
    id         uuid primary key default uuidv7(),
    user_id    uuid not null references app.users,
    digest     bytea not null check (octet_length(digest) = 32),
    created_at timestamptz not null default now(),
    used_at    timestamptz,
    unique (user_id, digest)
);

-- Sign-ins whose first factor was right. The digest is that of the handle of the session that was not opened.
create table auth.mfa_challenges (
    digest      bytea primary key check (octet_length(digest) = 32),
    user_id     uuid not null references app.users,
    purpose     text not null check (purpose in ('verify', 'enrol')),
    tenant_slug text,
    methods     text[] not null,
    way         text check (way ~ '^[a-z0-9-]{1,40}$'),
    tries       integer not null default 0 check (tries between 0 and 5),
    created_at  timestamptz not null default now(),
    expires_at  timestamptz not null default now() + interval '10 minutes'
);
create index mfa_challenges_by_user on auth.mfa_challenges (user_id);
create index mfa_challenges_by_expiry on auth.mfa_challenges (expires_at);

-- Keys of people's authenticators (WebAuthn). The id of a credential is the authenticator's, and one of one person only.
create table auth.passkeys (
    id              uuid primary key default uuidv7(),
    user_id         uuid not null references app.users,
    credential_id   bytea not null unique check (octet_length(credential_id) between 1 and 1023),
    public_key      bytea not null check (octet_length(public_key) between 1 and 2000),
    counter         bigint not null check (counter between 0 and 4294967295),
    transports      text[] not null default '{}' check (cardinality(transports) <= 10 and array_position(transports, null) is null),
    aaguid          uuid not null,
    backup_eligible boolean not null,
    backed_up       boolean not null,
    name            text not null check (length(name) <= 100 and app.is_name(name)),
    created_at      timestamptz not null default now(),
    last_used_at    timestamptz,
    check (backup_eligible or not backed_up)
);
create index passkeys_by_user on auth.passkeys (user_id, id);

-- What an authenticator was asked to sign. Bound to who asked: the handle's digest of a session, or an mfaToken's.
create table auth.passkey_challenges (
    digest     bytea primary key check (octet_length(digest) = 32),
    purpose    text not null check (purpose in ('register', 'sign_in', 'second_factor', 'step_up')),
    bound_to   bytea check (octet_length(bound_to) = 32),
    expires_at timestamptz not null default now() + interval '5 minutes',
    check ((purpose = 'sign_in') = (bound_to is null))
);
create index passkey_challenges_by_expiry on auth.passkey_challenges (expires_at);

-- Accounts that their owners want to be gone. From due_at on they are erased; once that has begun, nothing brings one back.
create table auth.deletions (
    user_id  uuid primary key references app.users,
    asked_at timestamptz not null default now(),
    due_at   timestamptz not null check (due_at > asked_at),
    began_at timestamptz
);
create index deletions_by_due on auth.deletions (due_at, user_id);

-- Tenants that are to be erased. From due_at on their rows go; once that has begun, nothing brings one back. What went is
-- counted here, table by table, and `digest` runs on over it, so that the erasure can be broken off and goes on.
create table auth.tenant_deletions (
    id       uuid primary key references app.tenants on delete cascade,
    asked_by uuid,
    reason   text not null default '' check (length(reason) <= 500),
    asked_at timestamptz not null default now(),
    due_at   timestamptz not null check (due_at >= asked_at),
    began_at timestamptz,
    counts   jsonb not null default '{}',
    digest   bytea not null default sha256('') check (octet_length(digest) = 32)
);
create index tenant_deletions_by_due on auth.tenant_deletions (due_at, id);

create table auth.request_counts (
    id    uuid primary key references app.tenants on delete cascade,
    day   date not null,
    count bigint not null check (count >= 0)
) with (fillfactor = 70);

create table auth.login_throttles (
    key           bytea primary key check (octet_length(key) = 32),
    attempts      integer not null check (attempts > 0),
    began_at      timestamptz not null default now(),
    blocked_until timestamptz not null default now()
);
create index login_throttles_by_age on auth.login_throttles (began_at);

create table auth.signing_keys (
    id          text primary key,
    algorithm   text not null check (algorithm in ('EdDSA', 'ES256', 'RS256', 'HS256')),
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
    row_id          text,
    old_row         jsonb,
    new_row         jsonb,
    detail          jsonb,
    actor_kind      text not null check (actor_kind in ('session', 'guest', 'api_key', 'support', 'sign_in', 'system')),
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
    check ((table_name is null) = (row_id is null)),
    check ((old_row is not null) = (action in ('update', 'delete'))),
    check ((new_row is not null) = (action in ('insert', 'update')))
) partition by range (at);
-- The trail is read newest first by whatever one looks for: each ends with the time, and the id for what happened at once.
create index events_by_time on audit.events (tenant_id, at, id);
create index events_by_action on audit.events (tenant_id, action, at, id);
create index events_by_record on audit.events (tenant_id, table_name, row_id, at, id);
create index events_by_actor on audit.events (tenant_id, actor_id, at, id);
create index events_by_kind on audit.events (tenant_id, actor_kind, at, id);
create index events_by_request on audit.events (tenant_id, request_id, at, id);
create table audit.events_default partition of audit.events default;

create table audit.tallies (
    hour    timestamptz not null,
    action  text not null check (action ~ '^[a-z_]+(\.[a-z_]+)*$'),
    subject text not null check (length(subject) between 1 and 100),
    count   bigint not null default 1 check (count > 0),
    last_at timestamptz not null default now(),
    primary key (hour, action, subject)
) with (fillfactor = 70);

-- What the application's own migrations were and made (docs/your-own-tables.md).
create table tenancy.migrations (
    number     integer primary key check (number > 0),
    name       text not null check (name ~ '^[a-z][a-z0-9-]*$'),
    -- sha256 of the hash before it and the file's text: no migration changes, moves or goes unnoticed.
    hash       text not null check (hash ~ '^[0-9a-f]{64}$'),
    applied_at timestamptz not null default now()
);

create table tenancy.protected_tables (
    name             text primary key,
    read_permission  text references app.permissions,
    write_permission text references app.permissions,
    owner_column     text,
    readable         text[] not null,
    insertable       text[] not null,
    updatable        text[] not null,
    kept             text[] not null
);
create index protected_tables_by_read on tenancy.protected_tables (read_permission);
create index protected_tables_by_write on tenancy.protected_tables (write_permission);

--! split: 3-behaviour.sql
-- How it behaves: functions, triggers, policies, grants, comments.
--! Included all.sql
-- The contents page: how the database behaves today, in load order. Idempotent: replaying it changes nothing.
--
-- Functions first, because policies and triggers call them; then policies, one file per table; then the trail.

-- Who may enter
--! Included schemas.sql
-- Who may enter which schema: all of it, so that a replay gives back what was lost and takes away what was added.
revoke all on schema app, auth, context, audit, jobs, inspect, tenancy
    from public, rowhouse_app, rowhouse_auth, rowhouse_worker, rowhouse_auditor, rowhouse_definer;

grant usage on schema app, context to rowhouse_app;
grant usage on schema auth, context to rowhouse_auth;
grant usage on schema jobs, context to rowhouse_worker;
grant usage on schema app, audit, inspect, context to rowhouse_auditor;
grant usage on schema audit, auth to rowhouse_app;
grant usage on schema app, auth, context, audit, jobs, tenancy to rowhouse_definer;
grant usage on schema extensions to rowhouse_definer;

-- What /readyz and rowhouse migrate ask about the history of this database.
grant usage on schema graphile_migrate to rowhouse_definer;
grant select on graphile_migrate.migrations, graphile_migrate.current to rowhouse_definer;
--! EndIncluded schemas.sql

-- The definer may create functions while this page is read, and at no other time.
grant create on schema app, auth, context, audit, jobs, inspect, tenancy to rowhouse_definer;

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
            expired           boolean,
            fingerprint       text,
            bound_ip          inet,
            key_thumbprint    text,
            teams             text
        );
    end if;
end
$$;
comment on type context.holder is 'Who holds a credential, and the live state of all that it depends on.';
--! EndIncluded context/holder.sql
--! Included context/body.sql
-- What the door writes under the seal, with everything that policies ask for at a fixed place:
--
--     1 –  36  tenant          blank for who has none
--    37 –  72  user
--    73 – 108  credential
--   109 – 118  expiry          seconds since 1970
--   119 – 135  transaction     its beginning, seconds since 1970 with six decimals
--   136 – 145  backend         its process
--         146  owner           t or f
--   147 – 154  kind            session, guest, api_key, support, sign_in
--   155 –      permissions     {chat,view_audit}, and a blank: no name of one has any
--              teams           {uuid,uuid}, and a blank; then those of them that the user leads, {uuid}, and a blank
--              detail          JSON: request_id, ip, user_agent; explains; writes, of support that may
--
-- These functions are bound when they are made, and without a `set`, so that the planner inlines them.
create or replace function context.body_of(holder context.holder, detail jsonb) returns text
    language sql stable parallel restricted security invoker
    return rpad(coalesce(holder.tenant_id::text, ''), 36)
        || rpad(coalesce(holder.user_id::text, ''), 36)
        || rpad(coalesce(holder.credential_id::text, ''), 36)
        || (extract(epoch from statement_timestamp())::bigint + 60)::text
        || extract(epoch from transaction_timestamp())::text
        || rpad(pg_backend_pid()::text, 10)
        || case when holder.is_owner then 't' else 'f' end
        || rpad(coalesce(holder.kind, ''), 8)
        || holder.permissions::text || ' ' || holder.teams || ' ' || detail::text;
grant execute on function context.body_of(context.holder, jsonb) to rowhouse_definer;
comment on function context.body_of(context.holder, jsonb) is
    'What the seal is set under: who holds the credential, and for which transaction, at fixed places.';

create or replace function context.tenant_in(body text) returns uuid
    language sql immutable parallel safe security invoker
    return nullif(substr(body, 1, 36), repeat(' ', 36))::uuid;
comment on function context.tenant_in(text) is 'The tenant that a body names.';

create or replace function context.user_in(body text) returns uuid
    language sql immutable parallel safe security invoker
    return nullif(substr(body, 37, 36), repeat(' ', 36))::uuid;
comment on function context.user_in(text) is 'The user that a body names.';

create or replace function context.credential_in(body text) returns uuid
    language sql immutable parallel safe security invoker
    return nullif(substr(body, 73, 36), repeat(' ', 36))::uuid;
comment on function context.credential_in(text) is 'The session or API key that a body names.';

create or replace function context.kind_in(body text) returns text
    language sql immutable parallel safe security invoker
    return nullif(rtrim(substr(body, 147, 8)), '');
comment on function context.kind_in(text) is 'What kind of credential a body names.';

create or replace function context.is_owner_in(body text) returns boolean
    language sql immutable parallel safe security invoker
    return substr(body, 146, 1) = 't';
comment on function context.is_owner_in(text) is 'Whether a body says that the user owns the tenant.';

create or replace function context.permissions_in(body text) returns text[]
    language sql immutable parallel safe security invoker
    return split_part(substr(body, 155), ' ', 1)::text[];
comment on function context.permissions_in(text) is 'The permissions that a body names.';

create or replace function context.teams_in(body text) returns uuid[]
    language sql immutable parallel safe security invoker
    return split_part(substr(body, 155), ' ', 2)::uuid[];
comment on function context.teams_in(text) is 'The teams that a body names: those of the user.';

create or replace function context.led_teams_in(body text) returns uuid[]
    language sql immutable parallel safe security invoker
    return split_part(substr(body, 155), ' ', 3)::uuid[];
comment on function context.led_teams_in(text) is 'The teams that a body names as led by the user.';

create or replace function context.detail_in(body text) returns jsonb
    language sql immutable parallel safe security invoker
    return regexp_replace(substr(body, 155), '^(\S* ){3}', '')::jsonb;
comment on function context.detail_in(text) is 'What a body says of the request.';

grant execute on function
    context.tenant_in(text), context.user_in(text), context.credential_in(text), context.kind_in(text),
    context.is_owner_in(text), context.permissions_in(text), context.teams_in(text), context.led_teams_in(text),
    context.detail_in(text)
    to rowhouse_app, rowhouse_auth, rowhouse_worker, rowhouse_definer, rowhouse_owner;
--! EndIncluded context/body.sql
--! Included context/session_holders.sql
-- Sessions by the digest of their handle (sha256 of sha256), live or not, with the live state of all that they depend on.
-- A session ends when its own time is over, or earlier, by limits that its tenant has set since: shorter ones bite at once.
-- Whoever has the role guest came as a guest, whether or not they have an account by now: the kind says so, and what takes
-- a session of a member is not for them. Who has no account is out at once where the tenant wants no guests any more.
-- What somebody may do is what their role may do and what they were granted for a time that has not ended; the clock ends it,
-- and no job.
-- A view, so that whoever asks for one row has the join planned into their own statement.
create or replace view context.session_holders with (security_invoker = true) as
    select
        session.handle_digest as digest,
        row(
            case when role.built_in and role.name = 'guest' then 'guest' else 'session' end, session.id,
            person.id, person.status,
            session.tenant_id, tenant.status,
            case when person.is_guest and not tenant.allows_guests then 'unwelcome' else membership.status end,
            coalesce(membership.is_owner, false), held.permissions,
            session.user_agent,
            session.ended_at is not null,
            least(
                session.idle_expires_at, session.expires_at,
                session.rotated_at + tenant.session_idle_minutes * interval '1 minute',
                session.authenticated_at + tenant.session_lifetime_minutes * interval '1 minute'
            ) <= statement_timestamp(),
            tenant.fingerprint,
            case when tenant.fingerprint_network then session.ip end,
            session.key_thumbprint,
            team.list
        )::context.holder as holder,
        least(
            session.idle_expires_at, session.expires_at,
            session.rotated_at + tenant.session_idle_minutes * interval '1 minute',
            session.authenticated_at + tenant.session_lifetime_minutes * interval '1 minute'
        ) as ends_at
    from auth.sessions as session
    join app.users as person on person.id = session.user_id
    left join app.tenants as tenant on tenant.id = session.tenant_id
    left join app.memberships as membership
        on membership.tenant_id = session.tenant_id and membership.user_id = session.user_id
    left join app.roles as role
        on role.tenant_id = membership.tenant_id and role.id = membership.role_id
    cross join lateral (
        select case count(*)
            when 0 then coalesce(role.permissions, '{}')
            else array(select unnest(role.permissions) union select unnest(array_agg(live.permission)) order by 1)
        end as permissions
        from app.grants as live
        where live.tenant_id = session.tenant_id and live.user_id = session.user_id and live.ends_at > statement_timestamp()
    ) as held
    cross join lateral (
        select format('{%s} {%s}',
            string_agg(mine.team_id::text, ','), string_agg(mine.team_id::text, ',') filter (where mine.role = 'lead')
        ) as list
        from app.team_members as mine
        where mine.tenant_id = session.tenant_id and mine.user_id = session.user_id
            -- Visitors are in no team, whoever put them there.
            and (role.built_in and role.name = 'guest') is not true
    ) as team;
grant select on context.session_holders to rowhouse_definer;
comment on view context.session_holders is
    'Sessions by the digest of their handle, live or not, with the live state of their user, tenant, membership and role.';
--! EndIncluded context/session_holders.sql
--! Included context/api_key_holders.sql
-- API keys by their digest (sha256 of sha256), live or not, with the live state of all that they depend on, and what ties
-- them to a place (context.fault_of_key).
--
-- What a key may do is what its owner may do just now, by their role or for a time, within the key's scopes. It is in its
-- owner's teams, and leads none: who is in a team is for people to say. A key of the tenant's own has no owner who
-- could leave: it acts as itself, which is no member, within the role that it names.
create or replace view context.api_key_holders with (security_invoker = true) as
    select
        api_key.digest,
        row(
            'api_key', api_key.id,
            coalesce(api_key.user_id, api_key.id), case when api_key.user_id is null then 'active' else person.status end,
            api_key.tenant_id, tenant.status, case when api_key.user_id is null then 'active' else membership.status end,
            false, granted.permissions,
            null,
            api_key.revoked_at is not null,
            coalesce(api_key.expires_at <= statement_timestamp(), false),
            null, null, null,
            team.list
        )::context.holder as holder,
        api_key.origins,
        api_key.addresses
    from auth.api_keys as api_key
    join app.tenants as tenant on tenant.id = api_key.tenant_id
    left join app.users as person on person.id = api_key.user_id
    left join app.memberships as membership
        on membership.tenant_id = api_key.tenant_id and membership.user_id = api_key.user_id
    left join app.roles as role
        on role.tenant_id = api_key.tenant_id and role.id = coalesce(api_key.role_id, membership.role_id)
    cross join lateral (
        select array(
            (
                select unnest(role.permissions)
                union
                select live.permission from app.grants as live
                where live.tenant_id = api_key.tenant_id and live.user_id = api_key.user_id
                    and live.ends_at > statement_timestamp()
            )
            intersect select unnest(api_key.scopes)
            order by 1
        ) as permissions
        -- Once, and not wherever the holder is looked at.
        offset 0
    ) as granted
    cross join lateral (
        select format('{%s} {}', string_agg(mine.team_id::text, ',')) as list
        from app.team_members as mine
        where mine.tenant_id = api_key.tenant_id and mine.user_id = api_key.user_id
    ) as team;
grant select on context.api_key_holders to rowhouse_definer;
comment on view context.api_key_holders is
    'API keys by their digest, live or not, with the live state of their owner, tenant, membership and role. A key''s permissions are those of its owner''s role, or of its own, within its scopes.';
--! EndIncluded context/api_key_holders.sql
--! Included context/support_holders.sql
-- Accesses of the operator's support by the digest of their credential (sha256 of sha256), live or not, with the live state of
-- all that they depend on: a company that turns support off, or down to reading, is heard at once.
--
-- As a member, support holds what the member's role holds; in its own name it sees settings, people, roles, usage and the
-- trail, and no chat or document. Either way it can hand nothing out: no role, no key, no setting, no membership.
create or replace view context.support_holders with (security_invoker = true) as
    select
        access.digest,
        row(
            'support', access.id,
            coalesce(access.user_id, access.id), case when access.user_id is null then 'active' else person.status end,
            access.tenant_id, tenant.status, case when access.user_id is null then 'active' else membership.status end,
            false, granted.permissions,
            null,
            access.ended_at is not null or tenant.support_access = 'off',
            access.expires_at <= statement_timestamp(),
            null, null, null,
            team.list
        )::context.holder as holder,
        access.may_write and tenant.support_access = 'write' as writes
    from auth.support_accesses as access
    join app.tenants as tenant on tenant.id = access.tenant_id
    left join app.users as person on person.id = access.user_id
    left join app.memberships as membership
        on membership.tenant_id = access.tenant_id and membership.user_id = access.user_id
    left join app.roles as role
        on role.tenant_id = membership.tenant_id and role.id = membership.role_id
    cross join lateral (
        select array(
            select unnest(case when access.user_id is null then '{configure_model,view_analytics,view_audit}' else role.permissions end)
            except select unnest('{manage_users,manage_roles,manage_teams,manage_api_keys,manage_webhooks,manage_tenant}'::text[])
            order by 1
        ) as permissions
        offset 0
    ) as granted
    cross join lateral (
        select format('{%s} {}', string_agg(mine.team_id::text, ',')) as list
        from app.team_members as mine
        where mine.tenant_id = access.tenant_id and mine.user_id = access.user_id
    ) as team;
grant select on context.support_holders to rowhouse_definer;
comment on view context.support_holders is
    'Accesses for support by the digest of their credential, live or not, with the live state of their company and of the member they act as. What hands out rights is never among their permissions.';
--! EndIncluded context/support_holders.sql
--! Included context/refuse.sql
-- Raises RH403. The detail is the permission that was missing, or `broken_seal`, `session`, `account`.
create or replace function context.refuse(missing text) returns void
    language plpgsql immutable parallel safe security invoker
    set search_path = ''
as $$
begin
    raise exception using
        errcode = 'RH403',
        message = case missing
            when 'broken_seal' then 'this context was not made by the door for this transaction'
            when 'session' then 'this takes somebody who is signed in, and not an API key'
            when 'account' then 'this takes somebody with an account, and not a guest'
            else format('permission denied: %s', missing)
        end,
        detail = missing,
        hint = case missing
            when 'broken_seal' then 'Enter with context.enter() in this transaction.'
            when 'session' then 'Sign in.'
            when 'account' then 'Sign up: POST /auth/guest/upgrade.'
            else 'Ask an administrator of your tenant for a role with this permission.'
        end;
end
$$;
grant execute on function context.refuse(text) to rowhouse_app, rowhouse_worker, rowhouse_definer, rowhouse_owner;
comment on function context.refuse(text) is
    'Raises RH403: the detail names the missing permission, or broken_seal.';
--! EndIncluded context/refuse.sql
--! Included context/mac.sql
-- The seal of a body: HMAC-SHA256 (RFC 2104), in hexadecimal.
--
-- Its body is bound when it is made, and without a `set`, so that the planner inlines it.
create or replace function context.mac(body text, key bytea) returns text
    language sql immutable parallel safe security invoker
    return encode(extensions.hmac(convert_to(body, 'UTF8'), key, 'sha256'), 'hex');
grant execute on function context.mac(text, bytea) to rowhouse_definer;
comment on function context.mac(text, bytea) is 'The HMAC-SHA256 of a body under a key of the seal: 64 hexadecimal digits.';
--! EndIncluded context/mac.sql
--! Included context/open_seal.sql
-- Opens the seal: what the door wrote for this transaction (body.sql), or null if nobody entered.
--
-- permission: null too for a caller who does not hold it; '' asks for none
--
-- Everybody may write the variable rowhouse.context; nobody but the definer can write one that opens. A value that is
-- forged, edited, copied from another transaction or backend, or older than 60 seconds raises RH403. (Transactions
-- that one message of the simple protocol begins share a timestamp; what is copied there is one's own.)
-- It is parallel restricted because the seal is bound to the leader's process.
--
-- One statement, because what a policy pays is mostly how many there are.
set local role rowhouse_definer;
create or replace function context.open_seal(permission text default '') returns text
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
declare
    value  constant text := nullif(current_setting('rowhouse.context', true), '');
    opened text;
begin
    -- Digests of the two seals are compared, so that the time tells nothing of the right one.
    select substr(value, 73) into opened
    from context.seal_keys as sealing
    where sealing.id = left(value, 8)
        and sha256(convert_to(substr(value, 9, 64), 'UTF8'))
            = sha256(convert_to(context.mac(substr(value, 73), sealing.key), 'UTF8'))
        and substr(value, 191, 17) = extract(epoch from transaction_timestamp())::text
        and substr(value, 208, 10) = rpad(pg_backend_pid()::text, 10)
        and substr(value, 181, 10) >= extract(epoch from clock_timestamp())::bigint::text;
    if opened is null and value is not null then
        perform context.refuse('broken_seal');
    end if;
    return case when permission = '' or permission = any (context.permissions_in(opened)) then opened end;
end
$$;
grant execute on function context.open_seal(text) to rowhouse_app, rowhouse_auth, rowhouse_worker, rowhouse_owner;
comment on function context.open_seal(text) is
    'Checks the seal and gives what the door wrote under it; null if nobody entered, or if the caller does not hold the permission; RH403 for what the door did not write.';
reset role;
--! EndIncluded context/open_seal.sql
--! Included context/claims.sql
-- What the door established for this transaction, to be read: by people, and by whoever needs all of it.
create or replace function context.claims() returns jsonb
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
declare
    body constant text := context.open_seal();
begin
    return context.detail_in(body) || jsonb_build_object(
        'kind', context.kind_in(body),
        'credential', context.credential_in(body),
        'user', context.user_in(body),
        'tenant', context.tenant_in(body),
        'owner', context.is_owner_in(body),
        'permissions', context.permissions_in(body),
        'teams', context.teams_in(body)
    );
end
$$;
grant execute on function context.claims() to rowhouse_app, rowhouse_auth, rowhouse_worker, rowhouse_definer, rowhouse_owner;
comment on function context.claims() is
    'What the door established for this transaction, as JSON, or null. Raises RH403 for a value that the door did not write.';
--! EndIncluded context/claims.sql
--! Included context/stated.sql
-- What a request says of itself, as the seal holds it for the trail. Whatever else comes with the facts does not get under it.
--
-- Its body is bound when it is made, and without a `set`, so that the planner inlines it.
create or replace function context.stated(facts jsonb) returns jsonb
    language sql immutable parallel safe security invoker
    return jsonb_build_object(
        'request_id', facts -> 'request_id', 'ip', facts -> 'ip', 'user_agent', facts -> 'user_agent'
    );
grant execute on function context.stated(jsonb) to rowhouse_definer;
comment on function context.stated(jsonb) is 'Of a request''s facts what the trail records: request_id, ip, user_agent.';
--! EndIncluded context/stated.sql
--! Included context/seal.sql
-- Writes the sealed context of this transaction: <key id, 8 characters> <seal, 64> <body> (context.body_of). Only the
-- definer's own functions call it.
--
-- On Citus it has to be `execute format('set local …')`, which reaches the workers and takes 20 µs more.
set local role rowhouse_definer;
create or replace function context.seal(body text) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    perform set_config('rowhouse.context', sealing.id || context.mac(body, sealing.key) || body, true)
    from context.seal_keys as sealing
    where sealing.retired_at is null
    order by sealing.created_at desc, sealing.id
    limit 1;
    if not found then
        raise no_data_found using message = 'there is no key to seal with';
    end if;
end
$$;
comment on function context.seal(text) is
    'Writes the sealed context: a body and its HMAC-SHA256 under the newest seal key.';
reset role;
--! EndIncluded context/seal.sql
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
--! Included context/device.sql
-- What a user agent is, in words for people: "Firefox on Windows". No versions, so that it stays the same when a browser
-- updates itself; that is also what a session is bound to (context.from_elsewhere).
--
-- Browsers name one another for old times' sake: Edge says that it is Chrome, Chrome that it is Safari, all of them that
-- they are Mozilla. So the order decides. A program that is no browser has the name that it begins with.
create or replace function context.device(user_agent text) returns text
    language sql immutable parallel safe security invoker strict
    set search_path = ''
as $$
    select concat_ws(' on ',
        case
            when user_agent ~ '\mEdg(e|A|iOS)?/' then 'Edge'
            when user_agent ~ '\m(OPR|Opera|OPT|OPiOS)/' then 'Opera'
            when user_agent ~ '\mSamsungBrowser/' then 'Samsung Internet'
            when user_agent ~ '\mVivaldi/' then 'Vivaldi'
            when user_agent ~ '\mYaBrowser/' then 'Yandex Browser'
            when user_agent ~ '\m(Firefox|FxiOS)/' then 'Firefox'
            when user_agent ~ '\m(Chrome|CriOS|HeadlessChrome|Chromium)/' then 'Chrome'
            when user_agent ~ '\mVersion/.*\mSafari/' then 'Safari'
            when user_agent ~ '^Mozilla/' then 'A browser'
            else coalesce(substring(user_agent from '^[A-Za-z][A-Za-z0-9._-]{0,59}'), 'A program')
        end,
        case
            when user_agent ~ '\m(iPhone|iPad|iPod|iOS)\M' then 'iOS'
            when user_agent ~ '\mAndroid\M' then 'Android'
            when user_agent ~ '\mWindows\M' then 'Windows'
            when user_agent ~ '\mCrOS\M' then 'ChromeOS'
            when user_agent ~ '\m(Macintosh|Mac OS X|macOS)\M' then 'macOS'
            when user_agent ~ '\m(Linux|X11)\M' then 'Linux'
        end
    )
$$;
grant execute on function context.device(text) to rowhouse_definer;
comment on function context.device(text) is
    'A user agent in words, without versions: "Firefox on Windows"; a program''s name where it is no browser.';
--! EndIncluded context/device.sql
--! Included context/from_elsewhere.sql
-- Whether a request comes from another browser, program or network than the session's, as far as the tenant cares
-- (app.tenants.fingerprint, fingerprint_network). It catches a token that was copied without care, no more: whoever
-- copies it with its user agent passes.
--
-- The same text is the same browser, and nearly always it is the same: context.device() is asked for the rest only.
-- Its body is bound when it is made, and without a `set`, so that the planner inlines it.
create or replace function context.from_elsewhere(holder context.holder, facts jsonb) returns boolean
    language sql immutable parallel safe security invoker
    return holder.user_agent is not null
        and holder.user_agent is distinct from facts ->> 'user_agent'
        and case holder.fingerprint
            when 'off' then false
            when 'exact' then true
            else context.device(holder.user_agent) is distinct from context.device(facts ->> 'user_agent')
        end
        or holder.bound_ip is not null
        and auth.network(holder.bound_ip) is distinct from auth.network((facts ->> 'ip')::inet);
grant execute on function context.from_elsewhere(context.holder, jsonb) to rowhouse_definer;
comment on function context.from_elsewhere(context.holder, jsonb) is
    'Whether a request comes from another browser, program or network than its session is bound to.';
--! EndIncluded context/from_elsewhere.sql
--! Included context/fault_of.sql
-- Why whoever holds this credential may not go on, or null if they may. The door, refreshing and signing out ask the
-- same question here. Each answer has a row of its own in context.errors, or shares the one of RH401.
--
-- Its body is bound when it is made, and without a `set`, so that it costs the door nothing: the planner inlines it.
create or replace function context.fault_of(holder context.holder, facts jsonb) returns text
    language sql immutable parallel safe security invoker
    return case
        when holder.credential_id is null then 'unknown'
        -- Of whom nothing is left, no session is, and no key.
        when holder.ended or holder.user_status = 'deleted' then case holder.kind when 'api_key' then 'revoked' when 'support' then 'support_ended' else 'ended' end
        when holder.expired then 'expired'
        when holder.key_thumbprint is not null and facts ->> 'key_thumbprint' is distinct from holder.key_thumbprint
            then 'key_mismatch'
        when context.from_elsewhere(holder, facts) then 'fingerprint_mismatch'
        when (facts ->> 'tenant_id')::uuid is distinct from holder.tenant_id and facts ->> 'tenant_id' is not null
            then 'other_tenant'
        when holder.user_status <> 'active' then 'user_' || holder.user_status
        when holder.tenant_id is null then null
        when holder.tenant_status <> 'active' then 'tenant_' || holder.tenant_status
        when holder.membership_status <> 'active' then 'membership_' || holder.membership_status
    end;
grant execute on function context.fault_of(context.holder, jsonb) to rowhouse_definer;
comment on function context.fault_of(context.holder, jsonb) is
    'Why a credential does not open the door (the detail of RH401), judged in this order; null if it does.';
--! EndIncluded context/fault_of.sql
--! Included context/fault_of_key.sql
-- Why an API key may not be used from here, or null if it may. A browser says which page asks, and cannot be made to lie by
-- that page; whoever is no browser can say anything, so for those the list of addresses is the one that counts.
--
-- Its body is bound when it is made, and without a `set`, so that it costs the door nothing: the planner inlines it.
create or replace function context.fault_of_key(origins text[], addresses inet[], facts jsonb) returns text
    language sql immutable parallel safe security invoker
    return case
        when origins is not null and not coalesce(facts ->> 'origin' = any (origins), false) then 'key_origin'
        when addresses is not null and not coalesce((facts ->> 'ip')::inet <<= any (addresses), false) then 'key_address'
    end;
grant execute on function context.fault_of_key(text[], inet[], jsonb) to rowhouse_definer;
comment on function context.fault_of_key(text[], inet[], jsonb) is
    'Why an API key does not open the door from this page or address (the detail of RH401); null if it does.';
--! EndIncluded context/fault_of_key.sql
--! Included context/refuse_repetition.sql
-- Refuses a request whose Idempotency-Key is known: it was used for another one, is in use, or its request is over.
create or replace function context.refuse_repetition(because text) returns void
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
begin
    case because
        when 'reused' then
            raise exception using
                errcode = 'RH422',
                message = 'this Idempotency-Key was used for another request',
                hint = 'Make a new key for each thing to be done once.';
        when 'in_progress' then
            raise exception using
                errcode = 'RH423',
                message = 'a request with this Idempotency-Key is under way',
                hint = 'Ask again in a moment, with the same key.';
        when 'replayed' then
            raise exception using
                errcode = 'RH424',
                message = 'a request with this Idempotency-Key has made its changes',
                hint = 'Read what there is now; a new key would do it again.';
    end case;
end
$$;
grant execute on function context.refuse_repetition(text) to rowhouse_definer;
comment on function context.refuse_repetition(text) is
    'Raises RH422 (reused), RH423 (in_progress) or RH424 (replayed) for an Idempotency-Key that is known.';
--! EndIncluded context/refuse_repetition.sql
--! Included context/claim_idempotency_key.sql
-- Takes an Idempotency-Key for one attempt of a request, in the transaction that makes the request's changes: the
-- claim and the changes commit together or not at all. Every other attempt is refused at the door, before its
-- statement runs, so that of all requests with one key at most one commits anything.
--
-- claim: key and request (sha256 in hexadecimal), attempt (a uuid that the server made for this request). The later
-- transactions of the same attempt, which read what the answer shows, come through.
--
-- Raises RH422 for another request under the same key, RH423 while the first is under way, RH424 once it is over.
set local role rowhouse_definer;
create or replace function context.claim_idempotency_key(claim jsonb) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    body    constant text := context.open_seal();
    tenant  constant uuid := coalesce(context.tenant_in(body), audit.platform());
    person  constant uuid := context.user_in(body);
    wanted  bytea := decode(claim ->> 'key', 'hex');
    earlier context.idempotency_keys;
begin
    select * into earlier from context.idempotency_keys as known
    where known.tenant_id = tenant and known.user_id = person and known.key = wanted;
    if not found then
        -- Whoever holds this lock is about to claim the key or to give it up; nobody waits to learn which.
        if not pg_try_advisory_xact_lock(hashtextextended(format('%s %s %s', tenant, person, claim ->> 'key'), 0)) then
            perform context.refuse_repetition('in_progress');
        end if;
        insert into context.idempotency_keys (tenant_id, user_id, key, request, credential_id, attempt)
        values (tenant, person, wanted, decode(claim ->> 'request', 'hex'), context.credential_in(body), (claim ->> 'attempt')::uuid)
        on conflict do nothing;
        if found then
            return;
        end if;
        -- Claimed and committed between the look and the lock.
        select * into strict earlier from context.idempotency_keys as known
        where known.tenant_id = tenant and known.user_id = person and known.key = wanted;
    end if;

    case
        when earlier.attempt = (claim ->> 'attempt')::uuid then
            return;
        when earlier.request <> decode(claim ->> 'request', 'hex') then
            perform context.refuse_repetition('reused');
        when earlier.finished_at is null and earlier.created_at > now() - interval '60 seconds' then
            perform context.refuse_repetition('in_progress');
        else
            perform context.refuse_repetition('replayed');
    end case;
end
$$;
comment on function context.claim_idempotency_key(jsonb) is
    'Takes an Idempotency-Key together with the changes of its request; refuses every other attempt (RH422, RH423, RH424).';
reset role;
--! EndIncluded context/claim_idempotency_key.sql
--! Included context/enter.sql
-- The one door. The first statement of every transaction on behalf of a caller.
--
-- credential: sha256 of the secret (a session's handle, an API key or an access for support); the secret itself never comes here.
--             From psql: select context.enter(sha256('rh_sk_…'));
-- facts:      request_id, ip, user_agent; tenant_id if the credential names one (a token's `tid`); origin, the page that
--             asks, for an API key; key_thumbprint, of the key whose possession the request proved (DPoP); idempotency if the request is to make its changes once (context.claim_idempotency_key).
--
-- Everything is looked up afresh, so that a sign-out, a ban, a suspension or a changed role bites on the
-- next transaction. Raises RH401 (the detail says why) and then nothing of an earlier context is left.
set local role rowhouse_definer;
create or replace function context.enter(credential bytea, facts jsonb default '{}') returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    fault text;
    body  text;
begin
    select context.fault_of(found.holder, facts), context.body_of(found.holder, context.stated(facts))
    into fault, body
    from context.session_holders as found where found.digest = sha256(credential);
    if not found then
        select
            coalesce(context.fault_of(found.holder, facts), context.fault_of_key(found.origins, found.addresses, facts)),
            context.body_of(found.holder, context.stated(facts))
        into fault, body
        from context.api_key_holders as found where found.digest = sha256(credential);
        if not found then
            select
                context.fault_of(found.holder, facts),
                context.body_of(found.holder, context.stated(facts) || jsonb_build_object('writes', found.writes))
            into fault, body
            from context.support_holders as found where found.digest = sha256(credential);
            if not found then
                fault := 'unknown';
            end if;
        end if;
    end if;
    if fault is not null then
        raise exception using
            errcode = 'RH401',
            message = 'this credential does not open the door',
            detail = fault,
            hint = 'Sign in again.';
    end if;

    perform context.seal(body);
    if facts ? 'idempotency' then
        perform context.claim_idempotency_key(facts -> 'idempotency');
    end if;
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
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    perform context.seal(context.body_of(
        row('sign_in', null, person, null, tenant, null, null, false, '{}', null, false, false, null, null, null, '{} {}')::context.holder,
        context.stated(facts)
    ));
end
$$;
comment on function context.act(uuid, uuid, jsonb) is
    'Seals a context without any permission, so that the trail can name who is signing in.';
reset role;
--! EndIncluded context/act.sql
--! Included context/tenant_id.sql
-- The caller's tenant, or null outside the door.
--
-- Like its sisters it is bound when it is made, and without a `set`, so that a policy calls context.open_seal() at once.
create or replace function context.tenant_id() returns uuid
    language sql stable parallel restricted security invoker
    return context.tenant_in(context.open_seal());
grant execute on function context.tenant_id() to rowhouse_app, rowhouse_worker, rowhouse_definer, rowhouse_owner;
comment on function context.tenant_id() is 'The caller''s tenant, or null outside the door.';
--! EndIncluded context/tenant_id.sql
--! Included context/user_id.sql
-- The caller, or null outside the door.
create or replace function context.user_id() returns uuid
    language sql stable parallel restricted security invoker
    return context.user_in(context.open_seal());
grant execute on function context.user_id() to rowhouse_app, rowhouse_worker, rowhouse_definer, rowhouse_owner;
comment on function context.user_id() is 'The caller''s user, or null outside the door.';
--! EndIncluded context/user_id.sql
--! Included context/unverified_tenant_id.sql
-- What the variable says the caller's tenant is, before anybody has checked the seal: never enough by itself. The wall
-- compares it with what context.tenant_id() says after the check, which PostgreSQL does before it reads a row (db/README.md,
-- "The wall"). A value that is no UUID is null, so that refusing is left to the check.
create or replace function context.unverified_tenant_id() returns uuid
    language sql stable parallel safe security invoker
begin atomic
    select case when pg_catalog.pg_input_is_valid(claimed, 'uuid') then claimed::uuid end
    from (select substr(current_setting('rowhouse.context', true), 73, 36)) as variable (claimed);
end;
grant execute on function context.unverified_tenant_id() to rowhouse_app, rowhouse_definer;
comment on function context.unverified_tenant_id() is
    'What the context says the caller''s tenant is, its seal unchecked. Only the wall uses it, beside context.tenant_id().';
--! EndIncluded context/unverified_tenant_id.sql
--! Included context/unverified_user_id.sql
-- What the variable says the caller's user is, before anybody has checked the seal: never enough by itself. The wall
-- compares it with what context.user_id() says after the check, which PostgreSQL does before it reads a row (db/README.md,
-- "The wall"). A value that is no UUID is null, so that refusing is left to the check.
create or replace function context.unverified_user_id() returns uuid
    language sql stable parallel safe security invoker
begin atomic
    select case when pg_catalog.pg_input_is_valid(claimed, 'uuid') then claimed::uuid end
    from (select substr(current_setting('rowhouse.context', true), 109, 36)) as variable (claimed);
end;
grant execute on function context.unverified_user_id() to rowhouse_app, rowhouse_definer;
comment on function context.unverified_user_id() is
    'What the context says the caller''s user is, its seal unchecked. Only the wall uses it, beside context.user_id().';
--! EndIncluded context/unverified_user_id.sql
--! Included context/permissions.sql
-- What the caller may do.
create or replace function context.permissions() returns text[]
    language sql stable parallel restricted security invoker
    return coalesce(context.permissions_in(context.open_seal()), '{}');
grant execute on function context.permissions() to rowhouse_app, rowhouse_definer, rowhouse_worker;
comment on function context.permissions() is 'What the caller may do in their tenant; empty outside the door.';
--! EndIncluded context/permissions.sql
--! Included context/may.sql
-- Whether the caller holds a permission.
create or replace function context.may(permission text) returns boolean
    language sql stable parallel restricted security invoker
    return context.open_seal(permission) is not null;
grant execute on function context.may(text) to rowhouse_app, rowhouse_definer, rowhouse_worker;
comment on function context.may(text) is 'Whether the caller holds the permission; false outside the door.';
--! EndIncluded context/may.sql
--! Included context/is_owner.sql
-- Whether the caller owns their tenant.
create or replace function context.is_owner() returns boolean
    language sql stable parallel restricted security invoker
    return coalesce(context.is_owner_in(context.open_seal()), false);
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
create or replace function context.actor() returns text
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
declare
    body constant text := context.open_seal();
begin
    if body is null
        and not pg_has_role(session_user, 'rowhouse_owner', 'member')
        and not pg_has_role(session_user, 'rowhouse_auditor', 'member')
        and session_user not in ('rowhouse_auth', 'rowhouse_worker')
    then
        perform context.refuse('broken_seal');
    end if;
    return body;
end
$$;
grant execute on function context.actor() to rowhouse_definer;
comment on function context.actor() is
    'Who is acting, for triggers: what the door wrote (body.sql), or null for the system. A caller who threw their context away gets RH403.';
--! EndIncluded context/actor.sql
--! Included context/is_caller.sql
-- Whether somebody came in through the door with a credential (and is not just signing in, or a migration).
create or replace function context.is_caller() returns boolean
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select coalesce(context.kind_in(context.actor()) in ('session', 'guest', 'api_key', 'support'), false)
$$;
grant execute on function context.is_caller() to rowhouse_definer;
comment on function context.is_caller() is 'Whether a credential opened the door in this transaction.';
--! EndIncluded context/is_caller.sql
--! Included context/require_session.sql
-- The session that the caller came in with. What is about sessions is nothing for an API key, which has none: RH403.
-- A guest has one like everybody.
create or replace function context.require_session() returns uuid
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
declare
    body constant text := context.open_seal();
begin
    if coalesce(context.kind_in(body) not in ('session', 'guest'), true) then
        perform context.refuse('session');
    end if;
    return context.credential_in(body);
end
$$;
grant execute on function context.require_session() to rowhouse_app, rowhouse_definer;
comment on function context.require_session() is 'The caller''s session; RH403 for an API key, and outside the door.';
--! EndIncluded context/require_session.sql
--! Included context/teams.sql
-- For policies about what belongs to a team: `team_id = any ((select context.teams('chat'))::uuid[])`. In a scalar subselect
-- it runs once per query, and the comparison can use an index; the wall says in which tenant.
create or replace function context.teams(permission text default '') returns uuid[]
    language sql stable parallel restricted security invoker
    return context.teams_in(context.open_seal(permission));
grant execute on function context.teams(text) to rowhouse_app, rowhouse_definer;
comment on function context.teams(text) is
    'The teams that the caller is in, if they hold the permission; else null: a policy that compares with it hides.';

create or replace function context.led_teams() returns uuid[]
    language sql stable parallel restricted security invoker
    return context.led_teams_in(context.open_seal());
grant execute on function context.led_teams() to rowhouse_app, rowhouse_definer;
comment on function context.led_teams() is
    'The teams that the caller leads, signed in themselves: a key leads none. Null outside the door.';
--! EndIncluded context/teams.sql
--! Included context/may_give.sql
-- Whether the caller may give others a permission, for good or for a time: they hold it now, and by their role. What somebody
-- was granted for a time they cannot pass on, or it would outlast its end in the hands of a friend, or in their own.
set local role rowhouse_definer;
create or replace function context.may_give(permission text) returns boolean
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
begin
    return context.may(permission) and exists (
        select from app.roles as role
        where role.tenant_id = context.tenant_id() and may_give.permission = any (role.permissions) and role.id in (
            select membership.role_id from app.memberships as membership
            where membership.tenant_id = context.tenant_id() and membership.user_id = context.user_id()
            union all
            select own.role_id from auth.api_keys as own
            where own.tenant_id = context.tenant_id() and own.id = context.user_id()
        )
    );
end
$$;
comment on function context.may_give(text) is
    'Whether the caller holds the permission by their role, and not for a time only: what nobody may give who does not.';
reset role;
--! EndIncluded context/may_give.sql
--! Included context/holdings.sql
-- Who can do what, and why: a row for each way in which somebody, or a key, comes by a permission just now. The door works the
-- same out for one holder (session_holders.sql, api_key_holders.sql); a test compares the two.
create or replace view context.holdings with (security_invoker = true) as
    with members as (
        select membership.tenant_id, membership.id, membership.user_id, membership.role_id, membership.is_owner, membership.display_name
        from app.memberships as membership
        join app.users as person on person.id = membership.user_id
        join app.tenants as tenant on tenant.id = membership.tenant_id
        where membership.status = 'active' and person.status = 'active' and (tenant.allows_guests or not person.is_guest)
    ),
    held as (
        select member.tenant_id, member.id, member.user_id, member.display_name, own.permission, role.id as role_id, null::uuid as grant_id
        from members as member
        join app.roles as role on role.tenant_id = member.tenant_id and role.id = member.role_id
        cross join unnest(role.permissions) as own (permission)
        union all
        select member.tenant_id, member.id, member.user_id, member.display_name, live.permission, null, live.id
        from members as member
        join app.grants as live on live.tenant_id = member.tenant_id and live.user_id = member.user_id
        where live.ends_at > statement_timestamp()
    ),
    keys as (
        select key.tenant_id, key.id, key.user_id, key.role_id, key.name, key.scopes from auth.api_keys as key
        where key.revoked_at is null and (key.expires_at is null or key.expires_at > statement_timestamp())
    )
    select tenant_id, id as holder_id, user_id, null::uuid as api_key_id, display_name as name, permission, role_id, grant_id
    from held
    union all
    -- No permission of the catalogue, but what a refusal names.
    select tenant_id, id, user_id, null, display_name, 'owner', null, null from members where is_owner
    union all
    select held.tenant_id, key.id, held.user_id, key.id, key.name, held.permission, held.role_id, held.grant_id
    from keys as key
    join held on held.tenant_id = key.tenant_id and held.user_id = key.user_id and held.permission = any (key.scopes)
    union all
    select key.tenant_id, key.id, null, key.id, key.name, own.permission, role.id, null
    from keys as key
    join app.roles as role on role.tenant_id = key.tenant_id and role.id = key.role_id
    cross join unnest(role.permissions) as own (permission)
    where key.user_id is null and own.permission = any (key.scopes);
grant select on context.holdings to rowhouse_definer;
comment on view context.holdings is
    'Every way in which a member or a key comes by a permission just now: owner, role, grant, and the scopes of a key.';
--! EndIncluded context/holdings.sql
--! Included context/tenant_where.sql
-- For policies that hide: `tenant_id = (select context.tenant_where('chat'))`. In a scalar subselect it
-- runs once per query and the comparison can use an index that begins with tenant_id.
create or replace function context.tenant_where(permission text) returns uuid
    language sql stable parallel restricted security invoker
    return context.tenant_in(context.open_seal(permission));
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
    body constant text := context.open_seal();
begin
    if not permission = any (context.permissions_in(body)) then
        perform context.refuse(permission);
    end if;
    return context.tenant_in(body);
end
$$;
grant execute on function context.tenant_requiring(text) to rowhouse_app, rowhouse_worker;
comment on function context.tenant_requiring(text) is
    'The caller''s tenant if they hold the permission there, else RH403 naming it: a policy that compares with it refuses.';
--! EndIncluded context/tenant_requiring.sql
--! Included context/user_where.sql
-- For policies that hide what is not the caller's own: `user_id = (select context.user_where('chat'))`. In which tenant, the
-- wall says. One that refuses aloud asks for the tenant too (context.tenant_requiring): a refusal that waited for a row of
-- the caller's tenant would tell that there is one.
create or replace function context.user_where(permission text) returns uuid
    language sql stable parallel restricted security invoker
    return context.user_in(context.open_seal(permission));
grant execute on function context.user_where(text) to rowhouse_app;
comment on function context.user_where(text) is
    'The caller if they hold the permission in their tenant, else null: a policy that compares with it hides.';
--! EndIncluded context/user_where.sql
--! Included context/key_keeper.sql
-- Whose API keys the caller may see and keep as their own: somebody who is signed in, their own; a guest has none. A key
-- does not, unless manage_api_keys is among its scopes: else whoever stole one could make another, and the theft would
-- outlive the key.
create or replace function context.key_keeper() returns uuid
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
declare
    body constant text := context.open_seal();
begin
    return case
        when context.kind_in(body) = 'session' or 'manage_api_keys' = any (context.permissions_in(body))
            then context.user_in(body)
    end;
end
$$;
grant execute on function context.key_keeper() to rowhouse_app, rowhouse_definer;
comment on function context.key_keeper() is
    'The caller, if they may keep API keys of their own: signed in, or by a key with manage_api_keys. Else null.';
--! EndIncluded context/key_keeper.sql
--! Included context/member_tenant.sql
-- For policies about what colleagues see of each other: the caller's tenant if the caller is somebody, signed in or by a key of
-- theirs. A key of the tenant's own is nobody (its user is itself), and a guest is no colleague: what stands in a web page
-- for every visitor must not list who works there. The operator who is inside for support sees whom they are to help.
create or replace function context.member_tenant() returns uuid
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
declare
    body constant text := context.open_seal();
begin
    return case
        when context.kind_in(body) = 'support'
            or context.kind_in(body) <> 'guest' and context.user_in(body) is distinct from context.credential_in(body)
            then context.tenant_in(body)
    end;
end
$$;
grant execute on function context.member_tenant() to rowhouse_app, rowhouse_definer;
comment on function context.member_tenant() is
    'The caller''s tenant if the caller is a member of it; null for a guest, and for a key that is the tenant''s own: a policy that compares with it hides.';
--! EndIncluded context/member_tenant.sql
--! Included context/tenant_holding.sql
-- For policies about a row's own permissions: `tenant_id = (select context.tenant_holding(permissions))`. It runs
-- for each row and answers both questions from one look at the context, so that nobody can change tenants between.
create or replace function context.tenant_holding(permissions text[]) returns uuid
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
declare
    body constant text := context.open_seal();
begin
    return case when permissions <@ context.permissions_in(body) then context.tenant_in(body) end;
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
    return context.detail_in(context.open_seal()) -> 'explains' ->> 'id';
end
$$;
grant execute on function context.explained_row() to rowhouse_definer;
comment on function context.explained_row() is
    'The id of the one row that inspect.why() explains in this context; null in every other.';
--! EndIncluded context/explained_row.sql
--! Included context/request_limit.sql
-- How many requests a minute the caller's API key is good for: what it says, and no more than what its tenant's plan
-- gives each key; null where neither says anything, and for a session. It is asked
-- together with the door, once a minute and process, and the rate limiter keeps to it: counting here would be a write for
-- each request, and those of one key would wait for one another's.
set local role rowhouse_definer;
create or replace function context.request_limit() returns integer
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select least(mine.requests_per_minute, place.requests_per_minute)
    from context.open_seal() as body, auth.api_keys as mine
    join app.tenants as place on place.id = mine.tenant_id
    where context.kind_in(body) = 'api_key'
        and mine.tenant_id = context.tenant_in(body) and mine.id = context.credential_in(body)
$$;
grant execute on function context.request_limit() to rowhouse_app;
comment on function context.request_limit() is
    'Requests a minute that the caller''s API key is good for; null without such a limit.';
reset role;
--! EndIncluded context/request_limit.sql
--! Included auth/is_fresh.sql
-- Whether somebody proved who they are in the last ten minutes, by signing in or by stepping up (auth.finish_step_up). For
-- functions of auth that change what an account is worth: a password, an address, a second factor.
create or replace function auth.is_fresh(session auth.sessions) returns boolean
    language sql stable parallel safe security invoker
    return session.authenticated_at > now() - interval '10 minutes';
grant execute on function auth.is_fresh(auth.sessions) to rowhouse_definer;
comment on function auth.is_fresh(auth.sessions) is
    'Whether the person proved who they are in the last ten minutes: signed in, or stepped up.';
--! EndIncluded auth/is_fresh.sql
--! Included context/require_fresh_sign_in.sql
-- For what should not be done with a session that somebody left open, or took: RH440 unless the caller proved who they are in
-- the last ten minutes. A key never did, nor did the operator who is inside for support, so they are refused as such (RH403, session); nor did a guest (RH403, account). For
-- triggers; functions of auth, which have no context, ask auth.is_fresh().
set local role rowhouse_definer;
create or replace function context.require_fresh_sign_in() returns void
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
declare
    body constant text := context.open_seal();
begin
    if context.kind_in(body) in ('api_key', 'support') then
        perform context.refuse('session');
    elsif context.kind_in(body) = 'guest' then
        perform context.refuse('account');
    end if;
    if not exists (
        select from auth.sessions as own where own.id = context.credential_in(body) and auth.is_fresh(own)
    ) then
        raise exception using
            errcode = 'RH440',
            message = 'this takes somebody who proved in the last ten minutes who they are',
            hint = 'POST /auth/step-up, and try again.';
    end if;
end
$$;
grant execute on function context.require_fresh_sign_in() to rowhouse_app;
comment on function context.require_fresh_sign_in() is
    'Raises RH440 unless the caller signed in or stepped up in the last ten minutes; RH403 for an API key.';
reset role;
--! EndIncluded context/require_fresh_sign_in.sql
--! Included context/stays_owned.sql
-- Whether a tenant has an active owner who stays. Who asked for their account to be deleted owns it for as long as the grace
-- lasts, and is not counted on.
--
-- without: somebody whom to leave out
set local role rowhouse_definer;
create or replace function context.stays_owned(tenant uuid, without uuid default null) returns boolean
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select exists (
        select from app.memberships as membership
        where membership.tenant_id = stays_owned.tenant and membership.is_owner and membership.status = 'active'
            and membership.user_id is distinct from without
            and not exists (select from auth.deletions as leaving where leaving.user_id = membership.user_id)
    )
$$;
comment on function context.stays_owned(uuid, uuid) is
    'Whether a tenant has an active owner who is not about to be deleted.';
reset role;
--! EndIncluded context/stays_owned.sql
--! Included context/require_role.sql
-- Refuses to hand out a role that holds more than the caller does: RH403 names the first permission that is missing. A role
-- that there is not in the caller's tenant is left to the foreign key, which says the same of one next door. What the caller
-- was granted for a time only does not count (context.may_give), and nobody with an account becomes a guest.
set local role rowhouse_definer;
create or replace function context.require_role(role_id uuid) returns void
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
declare
    missing text;
begin
    select held.permission into missing
    from app.roles as role cross join unnest(role.permissions) as held (permission)
    where role.tenant_id = context.tenant_id() and role.id = require_role.role_id
        and not context.may_give(held.permission)
    order by held.permission limit 1;
    if missing is not null then
        perform context.refuse(missing);
    end if;
    if exists (
        select from app.roles as role
        where role.tenant_id = context.tenant_id() and role.id = require_role.role_id and role.built_in and role.name = 'guest'
    ) then
        raise exception using
            errcode = 'RH400',
            message = 'a member does not become a guest',
            column = 'role_id',
            constraint = 'memberships_guest_role',
            hint = 'Give them a role of your own with little in it.';
    end if;
end
$$;
comment on function context.require_role(uuid) is
    'Raises RH403, naming what is missing, for a role that holds more than the caller does by their own, and RH400 for that of guests.';
reset role;
--! EndIncluded context/require_role.sql
--! Included context/require_teams.sql
-- Refuses to promise a team to somebody who is not in it yet, unless the caller could bring them in: they lead it, or hold
-- manage_teams by their role, because a promise outlasts what was given for a time (context.may_give). A team that there is not
-- in the caller's tenant is left to the foreign key, which says the same of one next door.
set local role rowhouse_definer;
create or replace function context.require_teams(team_ids uuid[]) returns void
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
begin
    if not team_ids <@ coalesce(context.led_teams(), '{}') and not context.may_give('manage_teams') then
        perform context.refuse('manage_teams');
    end if;
    if cardinality(team_ids) > 100 then
        raise exception using
            errcode = 'RH400',
            message = 'nobody is in more than a hundred teams',
            column = 'team_ids',
            constraint = 'team_members_limit';
    end if;
end
$$;
comment on function context.require_teams(uuid[]) is
    'Raises RH403 (manage_teams) unless the caller leads each of these teams or may give what manages all, and RH400 for more than a hundred.';
reset role;
--! EndIncluded context/require_teams.sql
--! Included context/require_inviter.sql
-- The member who lets people in, with manage_users: RH403 otherwise. A key that is the tenant's own is nobody who could
-- answer for them. A session takes somebody who proved lately who they are (RH440), because it gives what outlasts it; a key
-- has its scopes for a consent, as in app.guard_membership().
create or replace function context.require_inviter() returns uuid
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
begin
    if not context.may('manage_users') then
        perform context.refuse('manage_users');
    end if;
    if context.member_tenant() is null then
        perform context.refuse('session');
    end if;
    if context.kind_in(context.actor()) = 'session' then
        perform context.require_fresh_sign_in();
    end if;
    return context.user_id();
end
$$;
grant execute on function context.require_inviter() to rowhouse_definer;
comment on function context.require_inviter() is
    'The caller, a member with manage_users, who signed in lately; RH403 for anybody else, RH440 for who did not.';
--! EndIncluded context/require_inviter.sql
--! Included context/require_days.sql
-- How long an invitation may be good.
create or replace function context.require_days(days integer) returns void
    language plpgsql immutable parallel safe security invoker
    set search_path = ''
as $$
begin
    if days is null or days not between 1 and 30 then
        raise exception using
            errcode = 'RH400',
            message = 'an invitation is good for 1 to 30 days',
            column = 'days';
    end if;
end
$$;
grant execute on function context.require_days(integer) to rowhouse_definer;
comment on function context.require_days(integer) is 'Raises RH400 unless an invitation may be good for so many days.';
--! EndIncluded context/require_days.sql
--! Included context/readiness.sql
-- What /readyz asks of the database. It knows no tenant, so it needs no door.
set local role rowhouse_definer;
create or replace function context.readiness()
    returns table (worker_seen_at timestamptz)
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select max(seen_at) from jobs.heartbeats
$$;
grant execute on function context.readiness() to rowhouse_app, rowhouse_auth;
comment on function context.readiness() is
    'When a worker was last seen; null where none ever was.';
reset role;
--! EndIncluded context/readiness.sql
--! Included context/applied_migrations.sql
-- Which migrations this database has had, and from which text: the hash is that of the file's.
set local role rowhouse_definer;
create or replace function context.applied_migrations() returns table (filename text, hash text)
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select filename, hash from graphile_migrate.migrations order by filename
$$;
grant execute on function context.applied_migrations() to rowhouse_app, rowhouse_auth, rowhouse_owner, rowhouse_auditor;
comment on function context.applied_migrations() is
    'The migrations that this database has had, each with the hash of the text it was built from.';
reset role;
--! EndIncluded context/applied_migrations.sql
--! Included context/application_migrations.sql
-- Which of the application's own migrations this database has had. A hash is over the text and the hash before it.
set local role rowhouse_definer;
create or replace function context.application_migrations() returns table (number integer, name text, hash text)
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select number, name, hash from tenancy.migrations order by number
$$;
grant execute on function context.application_migrations() to rowhouse_app, rowhouse_auth, rowhouse_owner, rowhouse_auditor;
comment on function context.application_migrations() is
    'The application''s own migrations that this database has had, each with the hash of its text and of all before it.';
reset role;
--! EndIncluded context/application_migrations.sql
--! Included context/access_state.sql
-- All that decides who may do what, an entry each: policies, row security, grants, functions, views and triggers of our
-- schemas, with a digest of how each is now; and which migrations made it so. Partitions are left out: there is another every month.
set local role rowhouse_definer;
create or replace function context.access_state() returns table (object text, digest text)
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    with schemas as (
        select oid, nspname, nspowner, nspacl from pg_catalog.pg_namespace
        where nspname in ('app', 'auth', 'context', 'audit', 'inspect', 'jobs', 'tenancy')
    ),
    relations as (
        select relation.* from pg_catalog.pg_class as relation
        join schemas on schemas.oid = relnamespace
        where relkind in ('r', 'p', 'v', 'm', 'S') and not relispartition
    ),
    routines as (
        select routine.* from pg_catalog.pg_proc as routine
        join schemas on schemas.oid = pronamespace
        where prokind in ('f', 'p')
    ),
    -- Whoever holds privileges on what, in an order that no dump or restore changes.
    grants as (
        select name, string_agg(concat_ws(' ', place, coalesce(rolname, 'public'), privilege_type, is_grantable), ','
            order by place, rolname, privilege_type) as list
        from (
            select format('schema %I', nspname) as name, 0 as place, coalesce(nspacl, acldefault('n', nspowner)) as acl
            from schemas
            union all
            select oid::regclass::text, 0, coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner))
            from relations
            union all
            select attrelid::regclass::text, attnum, attacl
            from pg_catalog.pg_attribute join relations on relations.oid = attrelid
            where attacl is not null and not attisdropped
            union all
            select 'function ' || oid::regprocedure, 0, coalesce(proacl, acldefault('f', proowner)) from routines
        ) as holding
        cross join aclexplode(acl) as entry
        left join pg_catalog.pg_roles as role on role.oid = entry.grantee
        group by name
    )
    select format('grants on %s', name), md5(list) from grants
    union all
    select format('policy "%s" on %s', polname, polrelid::regclass), md5(concat_ws('|',
        polcmd, polpermissive,
        (select string_agg(coalesce(rolname, 'public'), ',' order by rolname)
         from unnest(polroles) as id left join pg_catalog.pg_roles as role on role.oid = id),
        pg_catalog.pg_get_expr(polqual, polrelid), '|', pg_catalog.pg_get_expr(polwithcheck, polrelid)))
    from pg_catalog.pg_policy join relations on relations.oid = polrelid
    union all
    select format('row security of %s', oid::regclass), md5(concat_ws('|', relrowsecurity, relforcerowsecurity, pg_get_userbyid(relowner)))
    from relations where relkind in ('r', 'p')
    union all
    select format('view %s', oid::regclass), md5(concat_ws('|', pg_catalog.pg_get_viewdef(oid), reloptions, pg_get_userbyid(relowner)))
    from relations where relkind in ('v', 'm')
    union all
    select format('function %s', oid::regprocedure), md5(concat_ws('|', pg_catalog.pg_get_functiondef(oid), pg_get_userbyid(proowner)))
    from routines
    union all
    select format('trigger %I on %s', tgname, tgrelid::regclass), md5(concat_ws('|', pg_catalog.pg_get_triggerdef(pg_trigger.oid), tgenabled))
    from pg_catalog.pg_trigger join relations on relations.oid = tgrelid
    where not tgisinternal
    union all
    -- What was remembered after other migrations than these is out of date, not damaged.
    select 'migrations', md5(
        coalesce((select string_agg(hash, ',' order by filename) from graphile_migrate.migrations), '')
        || coalesce((select string_agg(content, '' order by filename) from graphile_migrate.current), '')
        || coalesce((select string_agg(hash, ',' order by number) from tenancy.migrations), '')
    )
$$;
comment on function context.access_state() is
    'All that decides who may do what in this database, an entry each with a digest of how it is now.';
reset role;
--! EndIncluded context/access_state.sql
--! Included context/record_access.sql
-- Remembers how access is decided now. rowhouse migrate calls it when the migrations are through.
set local role rowhouse_definer;
create or replace function context.record_access() returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    delete from context.access_as_migrated;
    insert into context.access_as_migrated (object, digest) select object, digest from context.access_state();
$$;
grant execute on function context.record_access() to rowhouse_owner;
comment on function context.record_access() is
    'Remembers how access is decided after a migration, for context.access_drift() to compare with.';
reset role;
--! EndIncluded context/record_access.sql
--! Included context/access_drift.sql
-- What is no longer as the migrations left it. /readyz asks it, and rowhouse migrate before and after it mends.
set local role rowhouse_definer;
create or replace function context.access_drift() returns table (object text, change text)
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select
        object,
        case when migrated.digest is null then 'added' when present.digest is null then 'missing' else 'changed' end
    from context.access_as_migrated as migrated
    full join context.access_state() as present using (object)
    where migrated.digest is distinct from present.digest
    order by object
$$;
grant execute on function context.access_drift() to rowhouse_app, rowhouse_auth, rowhouse_owner;
comment on function context.access_drift() is
    'Policies, row security, grants, functions, views and triggers that are missing, changed or added since rowhouse migrate.';
reset role;
--! EndIncluded context/access_drift.sql
--! Included context/keep_no_values.sql
-- Takes what people wrote, and who they are, out of the planner's statistics. Estimates are shown to whoever may say
-- `explain`, and no policy stands before them: with the common values of all tenants in them, a guess that hits is
-- estimated higher than one that misses, letter by letter.
--
-- Keys, numbers, flags and times keep theirs; every other column, and every expression in an index, has none.
create or replace function context.keep_no_values(target regclass) returns void
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    kept    constant regtype[] := '{uuid, smallint, integer, bigint, boolean, date, timestamptz, xid8}';
    place   record;
begin
    for place in
        select attrelid::regclass as relation, relname as name, nspname as schema, relkind as kind, attname as column, attnum as number
        from pg_catalog.pg_attribute
        join pg_catalog.pg_class as relation on relation.oid = attrelid
        join pg_catalog.pg_namespace as schema on schema.oid = relnamespace
        left join pg_catalog.pg_index as index on index.indexrelid = attrelid
        where (attrelid = target or index.indrelid = target and index.indkey[attnum - 1] = 0)
            and attnum > 0 and not attisdropped
            and atttypid <> all (kept) and attstattarget is distinct from 0
    loop
        if place.kind in ('i', 'I') then
            execute format('alter index %s alter column %s set statistics 0', place.relation, place.number);
        else
            execute format('alter table %s alter column %I set statistics 0', place.relation, place.column);
        end if;
        perform pg_catalog.pg_clear_attribute_stats(place.schema, place.name, place.column, inherited)
        from unnest('{false, true}'::boolean[]) as inherited;
    end loop;
end
$$;
comment on function context.keep_no_values(regclass) is
    'Keeps what people wrote and who they are out of the planner''s statistics, which everybody may look at.';
--! EndIncluded context/keep_no_values.sql
--! Included context/plan_for_largest.sql
-- Has the planner take every value of a key for the most common one. It plans before it knows whose rows it will read, and
-- so thinks of the mean of thousands of small tenants. To it, any index that begins with the tenant and holds what is
-- wanted is then as good as the key: one row's look-up reads a large tenant's whole index. What suits the largest costs a
-- small one nothing.
--
-- One distinct value would be all of the table; PostgreSQL takes the share of the most common one instead, where it has it.
create or replace function context.plan_for_largest(target regclass, key name) returns void
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
begin
    if exists (select from pg_catalog.pg_attribute where attrelid = target and attname = key) then
        execute format('alter table %s alter column %I set (n_distinct = 1, n_distinct_inherited = 1)', target, key);
    end if;
end
$$;
comment on function context.plan_for_largest(regclass, name) is
    'Has statements be planned as for the most common value of a key, such as the largest tenant, if the table has it.';
--! EndIncluded context/plan_for_largest.sql
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
    perform context.keep_no_values(target);
    perform context.plan_for_largest(target, 'tenant_id');
end
$$;
comment on function context.close_table(regclass) is
    'Drops every policy, forces row security, revokes every grant of a table, keeps its values out of the statistics and has it be planned for its largest tenant: the beginning of each policy file.';
--! EndIncluded context/close_table.sql
--! Included context/tenant_tables.sql
-- Every table that holds what a tenant owns, whoever made it: those with a column tenant_id, and no partition of one. The trail is
-- none of them, because it outlives what it tells of. A table comes before all that it refers to, so that rows can go in
-- this order, and be brought in the other; of tables that refer to one another in a circle, no order is right.
create or replace function context.tenant_tables() returns setof regclass
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
declare
    left_over oid[];
    free      oid[];
begin
    left_over := array(
        select kind.oid
        from pg_catalog.pg_class as kind
        join pg_catalog.pg_namespace as place on place.oid = kind.relnamespace
        join pg_catalog.pg_attribute as part on part.attrelid = kind.oid
        where kind.relkind in ('r', 'p') and not kind.relispartition and kind.relpersistence <> 't'
            and place.nspname not in ('audit', 'information_schema') and place.nspname not like 'pg\_%'
            and part.attname = 'tenant_id' and part.atttypid = 'uuid'::regtype and not part.attisdropped
        order by place.nspname, kind.relname
    );
    while cardinality(left_over) > 0 loop
        free := array(
            select each from unnest(left_over) with ordinality as known (each, place)
            where not exists (
                select from pg_catalog.pg_constraint as link
                where link.contype = 'f' and link.confrelid = each and link.conrelid <> each
                    and link.conrelid = any (left_over)
            )
            order by place
        );
        if free = '{}' then
            free := left_over;
        end if;
        return query select each::regclass from unnest(free) as each;
        left_over := array(
            select each from unnest(left_over) with ordinality as known (each, place)
            where each <> all (free) order by place
        );
    end loop;
end
$$;
grant execute on function context.tenant_tables() to rowhouse_definer, rowhouse_owner;
comment on function context.tenant_tables() is
    'Every table with a column tenant_id but the trail, each before the tables that it refers to.';
--! EndIncluded context/tenant_tables.sql
--! Included context/tenant_in_erasure.sql
-- The tenant that is being erased at the moment: one after the other, so that a policy can compare with it.
set local role rowhouse_definer;
create or replace function context.tenant_in_erasure() returns uuid
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select leaving.id from auth.tenant_deletions as leaving
    where leaving.began_at is not null
    order by leaving.began_at, leaving.id
    limit 1
$$;
comment on function context.tenant_in_erasure() is
    'The tenant that jobs.erase_tenant() is at; null while there is none.';
reset role;
--! EndIncluded context/tenant_in_erasure.sql
--! Included context/open_to_erasure.sql
-- Lets the erasure of a tenant reach a table: rows of the tenant that is being erased, and no others. Called for every table
-- with a tenant_id when the policies are in place; for a table of one's own, in the migration that makes it. Where a policy
-- of the table's own lets the definer do that already, it stays the only one.
create or replace function context.open_to_erasure(target regclass) returns void
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    wanted record;
begin
    execute format('grant select, delete on %s to rowhouse_definer', target);
    for wanted in select * from (values
        ('r', 'select', 'the erasure finds what its tenant owns',
            'jobs.erase_tenant(): a delete has to find its rows. No tenant is there to be found but the one whose erasure has begun.'),
        ('d', 'delete', 'an erased tenant takes along what it owns',
            'jobs.erase_tenant(), once the grace is over and nothing brings the tenant back.')
    ) as policy (letter, command, name, why) loop
        execute format('drop policy if exists %I on %s', wanted.name, target);
        continue when exists (
            select from pg_catalog.pg_policy as own
            where own.polrelid = target and own.polpermissive and own.polcmd in (wanted.letter::"char", '*')
                and own.polroles @> array['rowhouse_definer'::regrole::oid]
                and pg_catalog.pg_get_expr(own.polqual, own.polrelid) ~ '^true$|tenant_in_erasure'
        );
        execute format(
            'create policy %I on %s for %s to rowhouse_definer using (tenant_id = (select context.tenant_in_erasure()))',
            wanted.name, target, wanted.command);
        execute format('comment on policy %I on %s is %L', wanted.name, target, wanted.why);
    end loop;
end
$$;
comment on function context.open_to_erasure(regclass) is
    'Lets jobs.erase_tenant() delete the rows of the tenant that is being erased from a table.';
--! EndIncluded context/open_to_erasure.sql

-- The trail
--! Included audit/platform.sql
-- Rows of the trail that belong to no tenant carry the nil UUID (RFC 9562 section 5.9).
create or replace function audit.platform() returns uuid
    language sql immutable parallel safe security invoker
    return '00000000-0000-0000-0000-000000000000'::uuid;
grant execute on function audit.platform() to rowhouse_definer, rowhouse_auditor;
comment on function audit.platform() is 'The tenant_id of events that belong to no tenant: the nil UUID.';
--! EndIncluded audit/platform.sql
--! Included context/finish_attempt.sql
-- Says that the attempt which claimed a key is over, and keeps its answer for the next one who asks with it.
-- answer: encrypted by the server; null where it must not be repeated (it says that something was away).
set local role rowhouse_definer;
create or replace function context.finish_attempt(key bytea, attempt uuid, answer text) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    update context.idempotency_keys as mine
    set answer = finish_attempt.answer, finished_at = clock_timestamp()
    where mine.tenant_id = coalesce(context.tenant_id(), audit.platform())
        and mine.user_id = context.user_id()
        and mine.key = finish_attempt.key
        and mine.attempt = finish_attempt.attempt
        and mine.finished_at is null
$$;
grant execute on function context.finish_attempt(bytea, uuid, text) to rowhouse_app;
comment on function context.finish_attempt(bytea, uuid, text) is
    'Ends the caller''s own attempt under an Idempotency-Key and keeps its (encrypted) answer. Once only.';
reset role;
--! EndIncluded context/finish_attempt.sql
--! Included context/recall_answer.sql
-- The answer that the caller had to a request with this key; null where none was kept, or another credential of
-- theirs had it: an API key that may do little does not read what its owner's session was told.
set local role rowhouse_definer;
create or replace function context.recall_answer(key bytea) returns text
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select mine.answer from context.idempotency_keys as mine
    where mine.tenant_id = coalesce(context.tenant_id(), audit.platform())
        and mine.user_id = context.user_id()
        and mine.key = recall_answer.key
        and mine.credential_id = context.credential_in(context.open_seal())
$$;
grant execute on function context.recall_answer(bytea) to rowhouse_app;
comment on function context.recall_answer(bytea) is
    'The (encrypted) answer to the caller''s earlier request with this Idempotency-Key, under the same credential.';
reset role;
--! EndIncluded context/recall_answer.sql
--! Included audit/redact.sql
-- A row as the trail may hold it: only the values of the columns in `kept`. Of the others it says that there is
-- something ("[redacted]"), nothing (null), or, compared with the row before, something else ("[changed]"). A column
-- that nobody decided about is in neither list, so a new one stays out of the trail until somebody does.
--
-- A loop over the few names, because each query in a function of the trail costs every write as much as all of this.
create or replace function audit.redact(value jsonb, kept text[], withheld text[], before jsonb default null) returns jsonb
    language plpgsql immutable parallel safe security invoker
    set search_path = ''
as $$
declare
    hidden   text[] := withheld;
    redacted jsonb := value;
    name     text;
begin
    if value - kept - withheld <> '{}' then
        hidden := array(select jsonb_object_keys(value - kept));
    end if;
    foreach name in array hidden loop
        if value -> name <> 'null' then
            redacted := redacted || jsonb_build_object(
                name, case when before -> name <> value -> name then '[changed]' else '[redacted]' end);
        end if;
    end loop;
    return redacted;
end
$$;
grant execute on function audit.redact(jsonb, text[], text[], jsonb) to rowhouse_definer;
comment on function audit.redact(jsonb, text[], text[], jsonb) is
    'The row with each value that is not kept replaced by "[redacted]", or "[changed]" if it differs from the row before; nulls stay, so that the trail tells set from unset.';
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
    actor  constant text := context.actor();
    stated constant jsonb := context.detail_in(actor);
begin
    insert into audit.events (
        tenant_id, action, detail,
        actor_kind, actor_id, credential_id, impersonator_id, request_id, ip, user_agent
    ) values (
        coalesce(tenant, audit.platform()), record_event.action, record_event.detail,
        coalesce(context.kind_in(actor), 'system'), context.user_in(actor), context.credential_in(actor),
        case when context.kind_in(actor) = 'support' then context.credential_in(actor) end,
        stated ->> 'request_id', (stated ->> 'ip')::inet, stated ->> 'user_agent'
    );
end
$$;
comment on function audit.record_event(text, uuid, jsonb) is
    'Writes an event that is not a row change; the actor comes from the sealed context.';
reset role;
--! EndIncluded audit/record_event.sql
--! Included audit/tally.sql
-- Counts what would fill the trail with the same row over and over: one row for an hour, an action and a subject.
-- Returns how often it happened to this subject in this hour, this time included.
set local role rowhouse_definer;
create or replace function audit.tally(action text, subject text) returns bigint
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    insert into audit.tallies as counted (hour, action, subject)
    values (date_trunc('hour', now(), 'UTC'), tally.action, tally.subject)
    on conflict (hour, action, subject) do update set count = counted.count + 1, last_at = now()
    returning counted.count
$$;
comment on function audit.tally(text, text) is
    'Counts an action of a subject in this hour and returns how many there were by now.';
reset role;
--! EndIncluded audit/tally.sql
--! Included audit/tally_stranger.sql
-- Counts what somebody without any credential of ours did, by the network they came from. A stranger writes no row
-- of the trail, which nobody may shrink, and only so many rows here: after a hundred networks in one hour the further
-- ones are counted together.
set local role rowhouse_definer;
create or replace function audit.tally_stranger(action text, network text) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    this_hour timestamptz := date_trunc('hour', now(), 'UTC');
begin
    if not exists (
        select from audit.tallies as counted
        where counted.hour = this_hour and counted.action = tally_stranger.action and counted.subject = network
    ) and (
        select count(*) >= 100 from (
            select from audit.tallies as counted
            where counted.hour = this_hour and counted.action = tally_stranger.action
            limit 100
        ) as networks
    ) then
        network := 'elsewhere';
    end if;
    perform audit.tally(tally_stranger.action, network);
end
$$;
comment on function audit.tally_stranger(text, text) is
    'Counts what somebody without a credential did, by network; after a hundred networks in an hour, as "elsewhere".';
reset role;
--! EndIncluded audit/tally_stranger.sql
--! Included audit/record_change.sql
-- The trigger behind audit.track(): one row of the trail for each changed row, in the same transaction.
--
-- Arguments: the column that holds the tenant ('' for a table of no tenant), the key columns, the columns whose
-- values the trail keeps, those whose values it must never hold, and those whose change alone is no event (lists with
-- commas). What is in none of them is not kept.
-- Row level, not statement level: only row triggers reach colocated tables on Citus.
set local role rowhouse_definer;
create or replace function audit.record_change() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    actor    constant text := context.actor();
    stated   constant jsonb := context.detail_in(actor);
    old_row  constant jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
    new_row  constant jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
    this_row constant jsonb := coalesce(new_row, old_row);
    key      constant text[] := string_to_array(tg_argv[1], ',');
    kept     text[] := string_to_array(tg_argv[2], ',');
    withheld constant text[] := string_to_array(tg_argv[3], ',');
    clocks   constant text[] := string_to_array(tg_argv[4], ',');
    tenant   constant uuid := coalesce((this_row ->> tg_argv[0])::uuid, audit.platform());
begin
    -- Whoever entered another tenant, none, or as somebody else between a change and its record would put the
    -- change on another's account. Of the tables of no tenant, callers change only what is theirs: the row says whose it is.
    if context.credential_in(actor) is not null
        and (
            case when tg_argv[0] = '' then coalesce(this_row ->> 'user_id', this_row ->> 'id')::uuid is distinct from context.user_in(actor)
            else tenant is distinct from context.tenant_in(actor) end
        )
    then
        perform context.refuse('broken_seal');
    end if;
    -- Here, because nothing that counts is changed without a record.
    if context.kind_in(actor) = 'support' and not coalesce((stated ->> 'writes')::boolean, false) then
        raise exception using
            errcode = 'RH413',
            message = 'support may look at this company and change nothing',
            hint = 'Its admins can allow more: the setting support_access; then enter with --write.';
    end if;
    if tg_op = 'UPDATE' and old_row - clocks = new_row - clocks and clocks <> '{}' then
        return null;
    end if;
    -- A tenant that is erased has one certificate, and not an event for each of its rows.
    if tg_op = 'DELETE' and context.credential_in(actor) is null and exists (
        select from auth.tenant_deletions as leaving where leaving.id = tenant and leaving.began_at is not null
    ) then
        return null;
    end if;
    -- Whoever is being erased is not written down once more: the trail says which rows went, and not what was in them. No
    -- caller does that, so no caller's write waits for the question.
    if tg_op <> 'INSERT' and context.credential_in(actor) is null and exists (
        select from auth.deletions as leaving
        where leaving.began_at is not null
            and leaving.user_id = (this_row ->> case tg_table_name when 'users' then 'id' else 'user_id' end)::uuid
    ) then
        kept := array_remove(array[tg_argv[0], 'user_id', 'is_owner', 'status'] || key, '');
    end if;
    insert into audit.events (
        tenant_id, action, table_name, row_key, row_id, old_row, new_row,
        actor_kind, actor_id, credential_id, impersonator_id, request_id, ip, user_agent
    ) values (
        tenant,
        lower(tg_op),
        tg_table_schema || '.' || tg_table_name,
        (select jsonb_object_agg(name, this_row -> name) from unnest(key) as part (name)),
        -- Within its tenant the last column of a key tells rows apart.
        this_row ->> key[cardinality(key)],
        audit.redact(old_row, kept, withheld),
        audit.redact(new_row, kept, withheld, old_row),
        coalesce(context.kind_in(actor), 'system'), context.user_in(actor), context.credential_in(actor),
        case when context.kind_in(actor) = 'support' then context.credential_in(actor) end,
        stated ->> 'request_id', (stated ->> 'ip')::inet, stated ->> 'user_agent'
    );
    return null;
end
$$;
grant execute on function audit.record_change() to rowhouse_owner;
comment on function audit.record_change() is
    'Trigger of every tracked table: writes who, when, what, old and new values of the columns that the trail keeps.';
reset role;
--! EndIncluded audit/record_change.sql
--! Included audit/refuse_change.sql
-- Privileges already keep everybody but the owner from the trail and from truncating; this keeps the owner from slips.
create or replace function audit.refuse_change() returns trigger
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
begin
    raise exception using
        errcode = 'RH405',
        message = format('%s of %s.%s is refused: %s', tg_op, tg_table_schema, tg_table_name,
            case tg_table_schema when 'audit' then 'the trail only grows' else 'its rows go one by one' end),
        hint = 'Rows that a table no longer needs are deleted, so that what watches them sees each.';
end
$$;
comment on function audit.refuse_change() is
    'Trigger: refuses to rewrite the trail, and to truncate a table whose rows may only go one by one (RH405).';
--! EndIncluded audit/refuse_change.sql
--! Included audit/track.sql
-- Puts a table under audit; idempotent. Its key columns are read from its primary key.
--
-- target:   the table
-- kept:     columns whose values the trail holds; its key and its tenant are always among them
-- withheld: columns whose values the trail must never hold: secrets, what people said
-- tenant:   the column that holds the tenant; '' for a table of no tenant
-- clocks:   columns whose change alone is no event, because something else that is recorded moves them
--
-- A column in neither list is withheld too, until somebody decides.
create or replace function audit.track(
    target regclass, kept text[] default '{}', withheld text[] default '{}', tenant text default 'tenant_id',
    clocks text[] default '{}'
)
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
    implied text[] := array_remove(array[tenant], '') || key;
begin
    if cardinality(key) = 0 then
        raise exception using errcode = 'RH400', message = format('%s has no primary key, so the trail could not name its rows', target);
    end if;
    if not (implied || kept || withheld || clocks) <@ columns then
        raise exception using errcode = 'RH400', message = format('%s lacks a column named in audit.track()', target);
    end if;
    if (implied || kept) && withheld then
        raise exception using errcode = 'RH400', message = format('audit.track() is to keep and to withhold the same column of %s', target);
    end if;
    execute format(
        'create or replace trigger audit_changes after insert or update or delete on %s '
        'for each row execute function audit.record_change(%L, %L, %L, %L, %L)',
        target, tenant, array_to_string(key, ','),
        array_to_string(array(select distinct unnest(implied || kept) order by 1), ','), array_to_string(withheld, ','),
        array_to_string(clocks, ',')
    );
    execute format(
        'create or replace trigger audit_truncate before truncate on %s '
        'for each statement execute function audit.refuse_change()',
        target
    );
end
$$;
comment on function audit.track(regclass, text[], text[], text, text[]) is
    'Puts a table under audit: every insert, update and delete is recorded, truncate is refused. Only the values of the columns that are kept are in the trail.';
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
    perform context.keep_no_values(partition);
    perform context.plan_for_largest(partition, 'tenant_id');
end
$$;
comment on function audit.lock_partition(regclass) is
    'Shuts the direct way into a partition: no grants, row security without a policy, no rewriting, no values in the statistics. Planned for its largest tenant.';
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
    -- Two workers that start at once take turns; the second finds what the first has made.
    perform pg_advisory_xact_lock(hashtext('audit.create_partition'));
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
-- One spelling of an address: trimmed, in lower case. Both are of ASCII only, and nothing else is folded: in Unicode the sign
-- for kelvin becomes a k (by lower() and by normalization alike) and a Turkish İ an i, so that whoever proved an address with
-- one of them would be taken for somebody else. What has such letters stays as it is, and is nobody's address here.
create or replace function auth.normalise_email(email text) returns text
    language sql immutable parallel safe security invoker
    set search_path = ''
as $$
    select lower(btrim(email, E' \t\n\r') collate "C")
$$;
grant execute on function auth.normalise_email(text) to rowhouse_definer;
comment on function auth.normalise_email(text) is
    'One spelling of an e-mail address: trimmed, in lower case, of which no letter but those of ASCII knows any.';
--! EndIncluded auth/normalise_email.sql
--! Included auth/throttle.sql
-- Counts one attempt against a key and says how many seconds the next must wait; 0 lets this one pass.
-- The count rises before the password is checked, so that attempts at the same time count too; auth.forgive() takes it
-- back when the password was right. It begins anew a day after its first attempt.
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
        on conflict (key) do update set (attempts, began_at) = (
            select
                case
                    when throttle.blocked_until > now() then throttle.attempts
                    when over then 1
                    else throttle.attempts + 1
                end,
                case when over then now() else throttle.began_at end
            from (values (throttle.blocked_until <= now() and throttle.began_at <= now() - interval '1 day')) as day (over)
        )
        returning * into known;
    if known.blocked_until > now() then
        return ceil(extract(epoch from known.blocked_until - now()));
    end if;
    update auth.login_throttles set
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
--! Included auth/forgive.sql
-- Takes back an attempt that turned out to be right: the counter is as if it had not been made. It is not set to
-- zero, because who guesses from the same network would see that somebody had got in.
set local role rowhouse_definer;
create or replace function auth.forgive(subject text) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    delete from auth.login_throttles where key = sha256(convert_to(subject, 'UTF8')) and attempts = 1;
    update auth.login_throttles set attempts = attempts - 1, blocked_until = now()
    where key = sha256(convert_to(subject, 'UTF8'));
end
$$;
comment on function auth.forgive(text) is 'Takes back the attempt that auth.throttle() counted last.';
reset role;
--! EndIncluded auth/forgive.sql
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
-- A tenant with its four built-in roles and its first owner. Returns the tenant's id.
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
            array['chat', 'read_documents'] || array(select permission.name from app.permissions as permission where 'member' = any (held_by)), true),
        (tenant, uuidv7(), 'viewer', 'Sees analytics and no chat.',
            array['view_analytics'] || array(select permission.name from app.permissions as permission where 'viewer' = any (held_by)), true),
        (tenant, uuidv7(), 'guest', 'Visits: chats, sees the own chats only, and no colleague.',
            array['chat'], true);
    insert into app.memberships (tenant_id, user_id, role_id, is_owner, display_name)
        select tenant, person.id, admin, true, person.name
        from app.users as person where person.id = owner;
    return tenant;
end
$$;
comment on function auth.create_tenant(text, text, uuid) is
    'Makes a tenant with the roles admin, member, viewer and guest and its first owner; returns its id.';
reset role;
--! EndIncluded auth/create_tenant.sql
--! Included auth/free_slug.sql
-- The slug that a new tenant gets: the wish, or where another has it, the wish and six characters more. So following a
-- link never fails for a name, and never says that one is taken. Companies that want the same at once take turns.
set local role rowhouse_definer;
create or replace function auth.free_slug(wish text) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    free text := wish;
begin
    perform pg_advisory_xact_lock(hashtext('auth.free_slug'), hashtext(wish));
    while exists (select from app.tenants as tenant where lower(tenant.slug) = free) loop
        free := left(wish, 56) || '-' || encode(extensions.gen_random_bytes(3), 'hex');
    end loop;
    return free;
end
$$;
comment on function auth.free_slug(text) is
    'The wish if no tenant has this slug, else one like it; the caller''s transaction holds its turn.';
reset role;
--! EndIncluded auth/free_slug.sql
--! Included auth/shut_tenant.sql
-- Ends whatever opens a tenant: its sessions and its API keys, for good, also if the tenant comes back.
set local role rowhouse_definer;
create or replace function auth.shut_tenant(tenant uuid) returns table (sessions integer, keys integer)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    update auth.sessions as session set ended_at = now(), end_reason = 'tenant_deleted'
    where session.tenant_id = tenant and session.ended_at is null;
    get diagnostics sessions = row_count;
    update auth.api_keys as key set revoked_at = now()
    where key.tenant_id = tenant and key.revoked_at is null and (key.expires_at is null or key.expires_at > now());
    get diagnostics keys = row_count;
    return next;
end
$$;
comment on function auth.shut_tenant(uuid) is
    'Ends the sessions of a tenant and revokes its API keys; how many there were.';
reset role;
--! EndIncluded auth/shut_tenant.sql
--! Included auth/keys_in_use.sql
-- How many API keys a tenant has that are good. One that another has replaced is not counted beside it.
--
-- without: one that is about to be replaced
set local role rowhouse_definer;
create or replace function auth.keys_in_use(tenant uuid, without uuid default null) returns integer
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select count(*)::integer
    from auth.api_keys as key
    where key.tenant_id = tenant and key.revoked_at is null and (key.expires_at is null or key.expires_at > now())
        and key.id is distinct from without
        and not exists (
            select from auth.api_keys as newer
            where newer.tenant_id = key.tenant_id and newer.replaces = key.id and newer.revoked_at is null
                and (newer.expires_at is null or newer.expires_at > now())
        )
$$;
comment on function auth.keys_in_use(uuid, uuid) is
    'How many API keys of a tenant are good, not counting those that were replaced.';
reset role;
--! EndIncluded auth/keys_in_use.sql
--! Included auth/requests_today.sql
-- How many requests a tenant has made today, by UTC, as far as the web processes have told.
set local role rowhouse_definer;
create or replace function auth.requests_today(tenant uuid) returns bigint
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select coalesce((
        select known.count from auth.request_counts as known
        where known.id = tenant and known.day = (now() at time zone 'UTC')::date
    ), 0)
$$;
comment on function auth.requests_today(uuid) is 'How many requests a tenant has made today.';
reset role;
--! EndIncluded auth/requests_today.sql
--! Included auth/find_tenant.sql
-- Which tenant an operator means by a slug or an id; null if there is none.
set local role rowhouse_definer;
create or replace function auth.find_tenant(named text) returns uuid
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select tenant.id from app.tenants as tenant
    where lower(tenant.slug) = lower(btrim(named)) or tenant.id::text = lower(btrim(named))
    -- A slug may look like an id; who gives an id means that.
    order by tenant.id::text = lower(btrim(named)) desc
    limit 1
$$;
grant execute on function auth.find_tenant(text) to rowhouse_owner;
comment on function auth.find_tenant(text) is 'For the operator: the id of the tenant that has this slug or id.';
reset role;
--! EndIncluded auth/find_tenant.sql
--! Included auth/search_tenants.sql
-- Tenants, newest first, as `rowhouse tenant list` tells them. Each argument but the last may be null: then it leaves none out.
--
-- standing: active, suspended or closed; search: part of a slug or a name, in any case
set local role rowhouse_definer;
create or replace function auth.search_tenants(standing text, search text, most integer)
    returns table (
        id uuid, slug text, name text, status text, members bigint, seats integer, created_at timestamptz,
        erased_from timestamptz
    )
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select tenant.id, tenant.slug, tenant.name, tenant.status,
        (select count(*) from app.memberships as membership
            where membership.tenant_id = tenant.id and membership.status = 'active'),
        tenant.seats, tenant.created_at, leaving.due_at
    from app.tenants as tenant
    left join auth.tenant_deletions as leaving on leaving.id = tenant.id
    where (standing is null or tenant.status = standing)
        and (search is null or strpos(tenant.slug, lower(search)) > 0 or strpos(lower(tenant.name), lower(search)) > 0)
    order by tenant.created_at desc, tenant.id desc
    limit most
$$;
grant execute on function auth.search_tenants(text, text, integer) to rowhouse_owner;
comment on function auth.search_tenants(text, text, integer) is
    'For the operator: tenants by status and part of their slug or name, newest first.';
reset role;
--! EndIncluded auth/search_tenants.sql
--! Included auth/describe_tenant.sql
-- What an operator may know of a tenant, as JSON: how it stands, who owns it, and what it uses of what it may. Nothing that
-- people said in it.
set local role rowhouse_definer;
create or replace function auth.describe_tenant(tenant uuid) returns jsonb
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select jsonb_build_object(
        'id', known.id, 'slug', known.slug, 'name', known.name, 'status', known.status, 'createdAt', known.created_at,
        'owners', coalesce((
            select jsonb_agg(person.email order by person.email)
            from app.memberships as membership join app.users as person on person.id = membership.user_id
            where membership.tenant_id = known.id and membership.is_owner and membership.status = 'active'), '[]'),
        'members', (select count(*) from app.memberships as membership
            where membership.tenant_id = known.id and membership.status = 'active'),
        'keys', auth.keys_in_use(known.id),
        'requestsToday', auth.requests_today(known.id),
        'sessions', (select count(*) from auth.sessions as session where session.tenant_id = known.id
            and session.ended_at is null and least(session.idle_expires_at, session.expires_at) > now()),
        'limits', jsonb_build_object(
            'seats', known.seats, 'keys', known.key_limit, 'requestsPerMinute', known.requests_per_minute,
            'requestsPerDay', known.requests_per_day, 'graceDays', known.deletion_grace_days),
        'signInWays', known.sign_in_ways,
        'deletion', (
            select jsonb_build_object(
                'askedAt', leaving.asked_at, 'askedBy', leaving.asked_by, 'dueAt', leaving.due_at,
                'beganAt', leaving.began_at, 'counts', leaving.counts)
            from auth.tenant_deletions as leaving where leaving.id = known.id)
    )
    from app.tenants as known where known.id = tenant
$$;
grant execute on function auth.describe_tenant(uuid) to rowhouse_owner;
comment on function auth.describe_tenant(uuid) is
    'For the operator: how a tenant stands, who owns it, its limits and what it uses of them, as JSON.';
reset role;
--! EndIncluded auth/describe_tenant.sql
--! Included auth/found_tenant.sql
-- A tenant for somebody who has an account, at the operator's word. Outcomes: ok, with its id; slug_taken.
set local role rowhouse_definer;
create or replace function auth.found_tenant(slug text, name text, owner uuid) returns table (outcome text, id uuid)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if auth.free_slug(found_tenant.slug) <> found_tenant.slug then
        outcome := 'slug_taken';
        return next;
        return;
    end if;
    outcome := 'ok';
    id := auth.create_tenant(found_tenant.slug, found_tenant.name, owner);
    perform audit.record_event('tenant.created', id, jsonb_build_object('owner', owner));
    return next;
end
$$;
grant execute on function auth.found_tenant(text, text, uuid) to rowhouse_owner;
comment on function auth.found_tenant(text, text, uuid) is
    'For the operator: makes a tenant with its roles, owned by somebody who has an account. Outcome: ok or slug_taken.';
reset role;
--! EndIncluded auth/found_tenant.sql
--! Included auth/void_tenant_links.sql
-- Makes the links worthless that would bring a closed tenant back: it is back, or the operator wants it gone.
set local role rowhouse_definer;
create or replace function auth.void_tenant_links(tenant uuid) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    update auth.mail_tokens as token set used_at = now() where token.restores = tenant and token.used_at is null
$$;
comment on function auth.void_tenant_links(uuid) is
    'Makes the links worthless that owners were mailed to bring their closed tenant back.';
reset role;
--! EndIncluded auth/void_tenant_links.sql
--! Included auth/suspend_tenant.sql
-- Shuts a tenant for now. The door asks at every request, so its sessions and keys open nothing from the commit on, and are good
-- again when it is resumed. Outcomes: ok; already for one that is; closed for one that is to be erased.
set local role rowhouse_definer;
create or replace function auth.suspend_tenant(tenant uuid, reason text) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    standing text;
    outcome  text;
begin
    if app.is_blank(coalesce(reason, '')) or length(reason) > 500 then
        raise exception using errcode = 'RH400', message = 'a suspension has a reason, of at most 500 characters';
    end if;
    select known.status into strict standing from app.tenants as known where known.id = tenant for no key update;
    outcome := case standing when 'active' then 'ok' when 'suspended' then 'already' else standing end;
    if outcome = 'ok' then
        update app.tenants as known set status = 'suspended' where known.id = tenant;
    end if;
    perform audit.record_event('tenant.suspended', tenant, jsonb_build_object('reason', reason, 'outcome', outcome));
    return outcome;
end
$$;
grant execute on function auth.suspend_tenant(uuid, text) to rowhouse_owner;
comment on function auth.suspend_tenant(uuid, text) is
    'For the operator: shuts a tenant for now, with a reason for the trail. Outcome: ok, already or closed.';
reset role;
--! EndIncluded auth/suspend_tenant.sql
--! Included auth/resume_tenant.sql
-- Opens a tenant again that was suspended, or that was to be erased, as long as that has not begun. Sessions and keys that ended
-- stay so. Outcomes: ok; already for one that is open; begun for one whose rows are going.
set local role rowhouse_definer;
create or replace function auth.resume_tenant(tenant uuid, reason text default null) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    standing text;
    outcome  text := 'ok';
begin
    select known.status into strict standing from app.tenants as known where known.id = tenant for no key update;
    if standing = 'active' then
        outcome := 'already';
    else
        delete from auth.tenant_deletions as leaving where leaving.id = tenant and leaving.began_at is null;
        if exists (select from auth.tenant_deletions as leaving where leaving.id = tenant) then
            outcome := 'begun';
        else
            update app.tenants as known set status = 'active' where known.id = tenant;
            perform auth.void_tenant_links(tenant);
        end if;
    end if;
    perform audit.record_event('tenant.resumed', tenant,
        jsonb_strip_nulls(jsonb_build_object('reason', reason, 'from', standing, 'outcome', outcome)));
    return outcome;
end
$$;
grant execute on function auth.resume_tenant(uuid, text) to rowhouse_owner;
comment on function auth.resume_tenant(uuid, text) is
    'For the operator, and for auth.restore_tenant(): opens a tenant that was suspended, or that waits to be erased. Outcome: ok, already or begun.';
reset role;
--! EndIncluded auth/resume_tenant.sql
--! Included auth/limit_tenant.sql
-- What a tenant's plan allows: each name of `limits` is set, null for no limit, and what is not named stays. A limit below what is
-- in use takes nothing away; it lets nothing more in.
set local role rowhouse_definer;
create or replace function auth.limit_tenant(tenant uuid, limits jsonb) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    update app.tenants as known set
        seats = case when limits ? 'seats' then (limits ->> 'seats')::integer else known.seats end,
        key_limit = case when limits ? 'keys' then (limits ->> 'keys')::integer else known.key_limit end,
        requests_per_minute = case when limits ? 'requests' then (limits ->> 'requests')::integer else known.requests_per_minute end,
        requests_per_day = case when limits ? 'requests-per-day' then (limits ->> 'requests-per-day')::integer else known.requests_per_day end,
        deletion_grace_days = case when limits ? 'grace' then (limits ->> 'grace')::integer else known.deletion_grace_days end,
        sign_in_ways = case when limits ? 'ways' then null else known.sign_in_ways end
    where known.id = tenant;
end
$$;
grant execute on function auth.limit_tenant(uuid, jsonb) to rowhouse_owner;
comment on function auth.limit_tenant(uuid, jsonb) is
    'For the operator: sets seats, keys, requests a minute and a day, and days of grace of a tenant; with ways, lets its members sign in by every way again.';
reset role;
--! EndIncluded auth/limit_tenant.sql
--! Included auth/begin_erasure.sql
-- Has a tenant erased now, at the operator's word, without a grace: it is closed, and what opens it ends. The rows go step by
-- step, by jobs.erase_tenant(). Does nothing where that has begun.
set local role rowhouse_definer;
create or replace function auth.begin_erasure(tenant uuid, reason text) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if app.is_blank(coalesce(reason, '')) or length(reason) > 500 then
        raise exception using errcode = 'RH400', message = 'an erasure has a reason, of at most 500 characters';
    end if;
    perform from app.tenants as known where known.id = tenant for no key update;
    insert into auth.tenant_deletions as leaving (id, reason, due_at) values (tenant, begin_erasure.reason, now())
        on conflict (id) do update set due_at = least(leaving.due_at, greatest(now(), leaving.asked_at)), reason = begin_erasure.reason
        where leaving.began_at is null;
    update app.tenants as known set status = 'closed' where known.id = tenant and known.status <> 'closed';
    perform auth.shut_tenant(tenant);
    -- An owner's link does not undo what the operator wants.
    perform auth.void_tenant_links(tenant);
    perform audit.record_event('tenant.erasure_asked', null, jsonb_build_object('tenant', tenant, 'reason', reason));
end
$$;
grant execute on function auth.begin_erasure(uuid, text) to rowhouse_owner;
comment on function auth.begin_erasure(uuid, text) is
    'For the operator: closes a tenant and has it erased now, with a reason for the trail.';
reset role;
--! EndIncluded auth/begin_erasure.sql
--! Included auth/way_of.sql
-- By which way somebody came in who proved it by these methods (RFC 8176): password, link or passkey. With a provider they came
-- by that, which the methods do not tell; a guest came by none.
create or replace function auth.way_of(methods text[]) returns text
    language sql immutable parallel safe security invoker
    return case
        when 'pwd' = any (methods) then 'password'
        when 'email' = any (methods) then 'link'
        when methods && '{fed}' then null
        when methods && '{hwk,swk}' then 'passkey'
    end;
grant execute on function auth.way_of(text[]) to rowhouse_definer;
comment on function auth.way_of(text[]) is
    'The way in that these methods are of: password, link or passkey; null for a provider, and for a guest.';
--! EndIncluded auth/way_of.sql
--! Included auth/known_of.sql
-- What attackers know of a person: their address, their name, and the names of their companies.
set local role rowhouse_definer;
create or replace function auth.known_of(person uuid) returns text[]
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select array_remove(array[known.email, known.name], null) || array(
        select unnest(array[tenant.name, tenant.slug])
        from app.memberships as membership
        join app.tenants as tenant on tenant.id = membership.tenant_id
        where membership.user_id = known.id
    )
    from app.users as known
    where known.id = person
$$;
comment on function auth.known_of(uuid) is 'What attackers know of a person: address, name, companies.';
reset role;
--! EndIncluded auth/known_of.sql
--! Included auth/queue_mail.sql
-- Puts a mail into the queue, in the transaction of what it tells of: a mail that was promised is never lost, and there is
-- none about what did not happen. The server delivers it (auth.claim_mails), with the texts of the template.
--
-- secret: what the link and the code are, encrypted under the master key for this mail; null where the text has neither
set local role rowhouse_definer;
create or replace function auth.queue_mail(mail uuid, template text, recipient text, locale text, secret text, facts jsonb)
    returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    insert into auth.mails (id, template, recipient, locale, secret, request_id)
    values (mail, queue_mail.template, queue_mail.recipient, queue_mail.locale, queue_mail.secret, facts ->> 'request_id')
$$;
comment on function auth.queue_mail(uuid, text, text, text, text, jsonb) is
    'Puts a mail into the queue, in the caller''s transaction.';
reset role;
--! EndIncluded auth/queue_mail.sql
--! Included auth/notify.sql
-- Tells somebody by mail what happened to their account, in the transaction in which it did. The text says what and when,
-- and nothing that whoever did it has chosen. There is no link in it.
set local role rowhouse_definer;
create or replace function auth.notify(person uuid, template text) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    select auth.queue_mail(
        uuidv7(), notify.template, known.email, known.locale, null, context.detail_in(context.actor()))
    from app.users as known
    where known.id = person and known.status <> 'deleted'
$$;
comment on function auth.notify(uuid, text) is
    'Queues a mail that tells somebody what happened to their account.';
reset role;
--! EndIncluded auth/notify.sql
--! Included auth/make_mail_token.sql
-- Keeps what a link and its code will be compared with. Returns its id, or null where there were enough mails: of one
-- purpose an address gets three an hour from one network and ten from everywhere. So whoever asks for a stranger's
-- address does not use up the mails that its owner asks for, and nobody's mailbox is filled.
--
-- link, code: digests; what is kept are digests of these. browser: the digest of the cookie of the browser that asked,
-- where the link is good in no other.
set local role rowhouse_definer;
create or replace function auth.make_mail_token(
    purpose text, address text, person uuid, link bytea, code bytea, browser bytea, lifetime interval, facts jsonb
) returns uuid
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    here  text := auth.network((facts ->> 'ip')::inet);
    token   uuid;
begin
    -- Two for one address at once take turns, so that the limits are exact.
    perform pg_advisory_xact_lock(hashtext('auth.mail_tokens'), hashtext(address));
    if (
        select count(*) >= 10 or count(*) filter (where recent.network = here) >= 3
        from auth.mail_tokens as recent
        where recent.email = address and recent.purpose = make_mail_token.purpose
            and recent.created_at > now() - interval '1 hour'
    ) then
        return null;
    end if;
    insert into auth.mail_tokens (purpose, email, user_id, link_digest, code_digest, browser_digest, network, expires_at)
        values (make_mail_token.purpose, address, person, sha256(link), sha256(code), sha256(browser), here,
            now() + lifetime)
        returning id into token;
    return token;
end
$$;
comment on function auth.make_mail_token(text, text, uuid, bytea, bytea, bytea, interval, jsonb) is
    'Keeps the digests of a link and its code for one purpose and address; null where that address got enough mails.';
reset role;
--! EndIncluded auth/make_mail_token.sql
--! Included auth/find_mail_token.sql
-- The mail's row that a link or a code is of, locked; nothing if it is not good, or not any more. A link is good until it
-- is used or its time is over. A code is only good of the newest mail, and not after five wrong tries: there are a million
-- of them, and each wrong one counts although the attempt fails.
--
-- link:         the digest of the link's secret; or, instead,
-- email, codes: the address, and the code's digest under each master key that may have made it
--
-- What the answer is for, takes turns by address, with further mails of it.
set local role rowhouse_definer;
create or replace function auth.find_mail_token(purpose text, link bytea, email text, codes bytea[])
    returns auth.mail_tokens
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    address text := auth.normalise_email(email);
    found   auth.mail_tokens;
begin
    if link is not null then
        select token.email into address from auth.mail_tokens as token where token.link_digest = sha256(link);
    end if;
    perform pg_advisory_xact_lock(hashtext('auth.mail_tokens'), hashtext(address));
    if link is not null then
        select * into found from auth.mail_tokens as token
        where token.link_digest = sha256(link) and token.purpose = find_mail_token.purpose
            and token.used_at is null and token.expires_at > now()
            and (token.purpose in ('register', 'invitation') or exists (select from app.users as person where person.id = token.user_id))
        for update;
        return found;
    end if;

    select * into found from auth.mail_tokens as token
    where token.email = address and token.purpose = find_mail_token.purpose
    order by token.created_at desc, token.id desc
    limit 1
    for update;
    if found.used_at is not null or found.expires_at <= now() or found.tries >= 5 then
        return null;
    end if;
    -- Where there is no account to sign in to, a mail that says so went out, and no code is right.
    if found.purpose <> 'register' and not exists (select from app.users as person where person.id = found.user_id)
        or not exists (select from unnest(codes) as shown (digest) where sha256(shown.digest) = found.code_digest)
    then
        update auth.mail_tokens as token set tries = token.tries + 1 where token.id = found.id;
        return null;
    end if;
    return found;
end
$$;
comment on function auth.find_mail_token(text, bytea, text, bytea[]) is
    'The row of the mail that a link or a code is of, locked; null if it is not good. A wrong code is counted.';
reset role;
--! EndIncluded auth/find_mail_token.sql
--! Included auth/try_mail_token.sql
-- What stands between a stranger and a link or code: codes are counted per address like passwords, whether there is a
-- mail or not, and a right one takes its own attempt back. Ten wrong ones a day cost no wait.
--
-- outcome: ok, invalid_token, throttled (retry_after says for how many seconds)
set local role rowhouse_definer;
create or replace function auth.try_mail_token(purpose text, link bytea, email text, codes bytea[], facts jsonb)
    returns table (outcome text, retry_after integer, token auth.mail_tokens)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    network text := auth.network((facts ->> 'ip')::inet);
    counted text := 'mail code ' || purpose || ' ' || auth.normalise_email(email);
begin
    retry_after := case when link is null then auth.throttle(counted, 10) else 0 end;
    if retry_after > 0 then
        outcome := 'throttled';
        perform audit.tally_stranger('auth.mail_code_throttled', network);
        return next;
        return;
    end if;
    token := auth.find_mail_token(purpose, link, email, codes);
    if token.id is null then
        outcome := 'invalid_token';
        perform audit.tally_stranger('auth.' || purpose || '_failed', network);
    else
        outcome := 'ok';
        if link is null then
            perform auth.forgive(counted);
        end if;
    end if;
    return next;
end
$$;
comment on function auth.try_mail_token(text, bytea, text, bytea[], jsonb) is
    'Finds the mail that a link or a code is of; counts codes, so that they cannot be guessed. Outcome: ok, invalid_token or throttled.';
reset role;
--! EndIncluded auth/try_mail_token.sql
--! Included auth/weigh_mail_token.sql
-- Looks whether a link or a code is good, before a new password is thought about, and uses nothing up: whoever chose a
-- weak password chooses again with the same link.
--
-- about: what an attacker knows of the person, which a password must not be made of
set local role rowhouse_definer;
create or replace function auth.weigh_mail_token(purpose text, link bytea, email text, codes bytea[], facts jsonb)
    returns table (outcome text, retry_after integer, about text[])
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tried record;
    token auth.mail_tokens;
begin
    select * into strict tried from auth.try_mail_token(purpose, link, email, codes, facts);
    outcome := tried.outcome;
    retry_after := tried.retry_after;
    token := tried.token;
    if outcome = 'ok' then
        about := array[token.email] || (
            select array[pending.name, pending.tenant_name, pending.tenant_slug]
            from auth.registrations as pending where pending.token_id = token.id
        ) || auth.known_of(token.user_id);
        about := array_remove(about, null);
    end if;
    return next;
end
$$;
grant execute on function auth.weigh_mail_token(text, bytea, text, bytea[], jsonb) to rowhouse_auth;
comment on function auth.weigh_mail_token(text, bytea, text, bytea[], jsonb) is
    'Whether a link or a code is good, and what its password must not be made of. Uses nothing up.';
reset role;
--! EndIncluded auth/weigh_mail_token.sql
--! Included auth/void_mail_tokens.sql
-- Makes every link and code worthless that was mailed to an address, or on behalf of a person: when one of them was used,
-- the password changed or the address did. The rows stay until their time is over, for the limits on mails. A link that
-- keeps an account, or a company, from being deleted stays good: it opens nothing, and its owner may choose a new password
-- first. So do invitations: they open no account that there is.
set local role rowhouse_definer;
create or replace function auth.void_mail_tokens(address text, person uuid) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    update auth.mail_tokens as token set used_at = now()
    where (token.email = address or token.user_id = person) and token.used_at is null
        and token.purpose not in ('restore_account', 'restore_tenant', 'invitation')
$$;
comment on function auth.void_mail_tokens(text, uuid) is
    'Makes every link and code worthless that was mailed to this address or on behalf of this person.';
reset role;
--! EndIncluded auth/void_mail_tokens.sql
--! Included auth/claim_mails.sql
-- Mails that are due, for whoever asks to deliver, and for nobody else in the next two minutes: if the process dies with
-- them, another one has them then. So a mail may come twice, but is never lost.
set local role rowhouse_definer;
create or replace function auth.claim_mails(most integer)
    returns table (id uuid, template text, recipient text, locale text, secret text, request_id text, attempts integer, created_at timestamptz)
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    update auth.mails as mail
    set attempts = mail.attempts + 1, next_attempt_at = now() + interval '2 minutes'
    where mail.id in (
        select due.id from auth.mails as due
        where due.state = 'pending' and due.next_attempt_at <= now()
        order by due.next_attempt_at
        limit most
        for update skip locked
    )
    returning mail.id, mail.template, mail.recipient, mail.locale, mail.secret, mail.request_id, mail.attempts, mail.created_at
$$;
grant execute on function auth.claim_mails(integer) to rowhouse_auth;
comment on function auth.claim_mails(integer) is
    'Mails that are due, lent for two minutes to whoever asks.';
reset role;
--! EndIncluded auth/claim_mails.sql
--! Included auth/settle_mail.sql
-- How a delivery went. A mail that was sent forgets its secret at once. One that was not is tried again after 10 seconds,
-- four times as long each time, six hours at most; after ten tries (about a day), or where the mail server refused it
-- for good, it is dead: it stays to be seen and to be tried again by hand (jobs.list_mails, jobs.retry_mail).
--
-- failure: what went wrong; null: it was sent
set local role rowhouse_definer;
create or replace function auth.settle_mail(mail uuid, failure text, for_good boolean) returns text
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    update auth.mails as one set
        state = judged.state,
        settled_at = case when judged.state <> 'pending' then now() end,
        secret = case when judged.state <> 'sent' then one.secret end,
        last_error = left(failure, 500),
        next_attempt_at = now() + least(interval '10 seconds' * 4 ^ (one.attempts - 1), interval '6 hours')
    from (
        select known.id, case
            when failure is null then 'sent'
            when for_good or known.attempts >= 10 then 'dead'
            else 'pending'
        end as state
        from auth.mails as known where known.id = mail and known.state = 'pending'
    ) as judged
    where one.id = judged.id
    returning one.state
$$;
grant execute on function auth.settle_mail(uuid, text, boolean) to rowhouse_auth;
comment on function auth.settle_mail(uuid, text, boolean) is
    'Notes how a delivery went; returns the mail''s state: sent, pending (it is tried again) or dead. Null for a mail that was settled already.';
reset role;
--! EndIncluded auth/settle_mail.sql
--! Included auth/fault_of_newcomer.sql
-- Why an address that nobody has gets no account here, or null if it does. Every way in for somebody new asks here, at the
-- moment when the account would come into being: a link that was mailed while the house was open is no way around.
--
-- A company's invitation lets its person in whatever REGISTRATION says: whoever runs the house let that company in.
--
-- registration: what REGISTRATION says: open; invited, for those only whom an invitation waits for; closed, for nobody
set local role rowhouse_definer;
create or replace function auth.fault_of_newcomer(address text, registration text) returns text
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select case
        when registration = 'open' then null
        when exists (
            select from auth.mail_tokens as token
            join app.invitations as open on open.tenant_id = token.invited_to and open.id = token.invitation
            where token.email = address and token.purpose = 'invitation' and token.used_at is null
                and token.expires_at > now() and open.status = 'pending'
        ) then null
        when registration = 'invited' then case when not exists (
            select from auth.registrations as pending
            join auth.mail_tokens as token on token.id = pending.token_id
            where token.email = address and pending.invited and token.used_at is null and token.expires_at > now()
        ) then 'registration_invited' end
        else 'registration_closed'
    end
$$;
comment on function auth.fault_of_newcomer(text, text) is
    'Why an address gets no account: registration_invited or registration_closed; null if it gets one.';
reset role;
--! EndIncluded auth/fault_of_newcomer.sql
--! Included auth/held_by.sql
-- What a member may do in a tenant by their role, whoever asks: nothing, if they are not active there, banned, or about to
-- be deleted. For promises that are redeemed later, when whoever made them has no context. What they hold for a time only they
-- cannot promise (context.may_give).
set local role rowhouse_definer;
create or replace function auth.held_by(tenant uuid, person uuid) returns text[]
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select coalesce((
        select role.permissions
        from app.memberships as membership
        join app.users as known on known.id = membership.user_id
        join app.roles as role on role.tenant_id = membership.tenant_id and role.id = membership.role_id
        where membership.tenant_id = tenant and membership.user_id = person
            and membership.status = 'active' and known.status = 'active'
            and not exists (select from auth.deletions as leaving where leaving.user_id = known.id)
    ), '{}')
$$;
comment on function auth.held_by(uuid, uuid) is
    'The permissions of a member as they are now; none of who is suspended, removed, banned, about to be deleted or no member.';
reset role;
--! EndIncluded auth/held_by.sql
--! Included auth/forget_registrations.sql
-- Whoever has an account by now needs no registration any more: those that wait for this address are over, with every link
-- and code that was mailed to it.
set local role rowhouse_definer;
create or replace function auth.forget_registrations(address text, person uuid) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    delete from auth.registrations as pending
        using auth.mail_tokens as token where token.id = pending.token_id and token.email = address;
    select auth.void_mail_tokens(address, person);
$$;
comment on function auth.forget_registrations(text, uuid) is
    'Forgets the registrations of an address that has an account now, and voids what was mailed to it.';
reset role;
--! EndIncluded auth/forget_registrations.sql
--! Included auth/register.sql
-- Keeps a registration until its address is verified. No user exists before that, and there is no password yet: whoever
-- opens the mail chooses it. So nobody can sit on somebody else's address and wait, and a link that the wrong person
-- follows gives nothing to whoever registered. The caller of the API hears the same in every case, after the same work.
--
-- It is no event of the trail: the address may be anybody's, and the trail forgets nothing. It is counted, and gone
-- after 24 hours.
--
-- link, code: digests; mail: the id of the mail, secret: link and code, encrypted for it; locale: of its text
set local role rowhouse_definer;
create or replace function auth.register(
    email text, name text, tenant_slug text, tenant_name text,
    link bytea, code bytea, mail uuid, secret text, locale text, facts jsonb
) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    address text := auth.normalise_email(email);
    token   uuid;
begin
    perform audit.tally_stranger('auth.register', auth.network((facts ->> 'ip')::inet));
    token := auth.make_mail_token('register', address, null, link, code, null, interval '24 hours', facts);
    if token is null then
        return;
    end if;
    insert into auth.registrations (token_id, name, tenant_slug, tenant_name)
        values (token, btrim(register.name), register.tenant_slug, btrim(register.tenant_name));
    if exists (select from app.users as person where lower(person.email) = address) then
        perform auth.queue_mail(mail, 'account_exists', address, locale, null, facts);
    else
        perform auth.queue_mail(mail, 'verify_email', address, locale, secret, facts);
    end if;
end
$$;
grant execute on function auth.register(text, text, text, text, bytea, bytea, uuid, text, text, jsonb) to rowhouse_auth;
comment on function auth.register(text, text, text, text, bytea, bytea, uuid, text, text, jsonb) is
    'Keeps a registration, without a password, until its mail is followed; queues the mail, of which an address gets three an hour.';
reset role;
--! EndIncluded auth/register.sql
--! Included auth/has_second_factor.sql
-- Whether a password, a link or a provider's word alone is not enough for this person: they have an app that shows codes, or a
-- passkey.
set local role rowhouse_definer;
create or replace function auth.has_second_factor(person uuid) returns boolean
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select exists (select from auth.totp_factors as factor where factor.user_id = person and factor.confirmed_at is not null)
        or exists (select from auth.passkeys as passkey where passkey.user_id = person)
$$;
comment on function auth.has_second_factor(uuid) is 'Whether this person has a confirmed second factor or a passkey.';
reset role;
--! EndIncluded auth/has_second_factor.sql
--! Included auth/has_way_in.sql
-- Whether somebody can still come in: by a password, an account elsewhere or a passkey. Asked after one of them was taken
-- away, under auth.lock_ways_in().
set local role rowhouse_definer;
create or replace function auth.has_way_in(person uuid) returns boolean
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select exists (select from auth.passwords as password where password.user_id = person)
        or exists (select from auth.identities as identity where identity.user_id = person)
        or exists (select from auth.passkeys as passkey where passkey.user_id = person)
$$;
comment on function auth.has_way_in(uuid) is 'Whether this person has a password, an account elsewhere or a passkey.';
reset role;
--! EndIncluded auth/has_way_in.sql
--! Included auth/lock_ways_in.sql
-- Two ways in of one person that are taken away at once take turns, or each would count on the other.
set local role rowhouse_definer;
create or replace function auth.lock_ways_in(person uuid) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    select pg_advisory_xact_lock(hashtextextended('ways in of ' || person, 0))
$$;
comment on function auth.lock_ways_in(uuid) is
    'Holds a person''s ways in together until the transaction ends: two that are taken away at once take turns.';
reset role;
--! EndIncluded auth/lock_ways_in.sql
--! Included auth/live_session.sql
-- The session with this handle, locked, if it may go on as it is; else why not. For what somebody does with their own
-- account outside the door. Names the actor for the trail,
-- which has a refusal here as it has one of the door's.
--
-- handle: sha256 of the session's secret handle; guests: whether a guest will do, who has no account
-- Outcomes: ok; account_required for a guest; unknown; no_session for an API key; or what context.fault_of() says.
set local role rowhouse_definer;
create or replace function auth.live_session(handle bytea, facts jsonb, guests boolean default false)
    returns table (outcome text, session auth.sessions)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    holder context.holder;
begin
    select * into session from auth.sessions as known where known.handle_digest = sha256(handle) for update;
    if not found then
        outcome := case
            when exists (select from context.api_key_holders as key where key.digest = sha256(handle)) then 'no_session'
            else 'unknown'
        end;
        perform auth.record_refusal(handle, 'RH403', 'session', facts);
        return next;
        return;
    end if;
    select (known.holder).* into holder from context.session_holders as known where known.digest = sha256(handle);
    outcome := coalesce(context.fault_of(holder, facts), 'ok');
    if outcome = 'ok' and not guests and exists (
        select from app.users as person where person.id = session.user_id and person.is_guest
    ) then
        outcome := 'account_required';
        perform auth.record_refusal(handle, 'RH403', 'account', facts);
    elsif outcome <> 'ok' then
        perform auth.record_refusal(handle, 'RH401', outcome, facts);
    end if;
    perform context.act(session.user_id, session.tenant_id, facts);
    return next;
end
$$;
comment on function auth.live_session(bytea, jsonb, boolean) is
    'The session with this handle, locked, and whether it may go on; names the actor for the trail.';
reset role;
--! EndIncluded auth/live_session.sql
--! Included auth/lock_sessions.sql
-- Whoever ends all sessions of a person, and whoever makes one out of another, wait for each other here. Without that a
-- sibling that is being opened would be seen by nobody who ends "all", and would outlive them. Taken before any row is.
set local role rowhouse_definer;
create or replace function auth.lock_sessions(person uuid) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    select pg_advisory_xact_lock(hashtextextended('sessions of ' || person, 0))
$$;
comment on function auth.lock_sessions(uuid) is
    'Holds a person''s sessions together until the transaction ends: none is made of another meanwhile, and all can be ended.';
reset role;
--! EndIncluded auth/lock_sessions.sql
--! Included auth/upgrade_guest.sql
-- Mails a link and a code to an address with which a guest wants to have an account; good for an hour. What comes of it is
-- auth.verify_email()'s: the guest becomes the account, or there is none. Whether the address has an account already, the
-- guest does not learn: the mail says so, to its owner, and the guest stays one. Accounts are never joined.
--
-- browser: the digest of the cookie of the browser that asked; link, code: digests; mail: the id of the mail, secret: link
-- and code, encrypted for it; locale: of its text
-- Outcomes: ok; not_a_guest for who has an account; or why the session will not do.
set local role rowhouse_definer;
create or replace function auth.upgrade_guest(
    handle bytea, email text, name text, link bytea, code bytea, browser bytea, mail uuid, secret text, locale text, facts jsonb
) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    address text := auth.normalise_email(email);
    shown   record;
    guest   app.users;
    token   uuid;
begin
    select * into strict shown from auth.live_session(handle, facts, guests => true);
    if shown.outcome <> 'ok' then
        return shown.outcome;
    end if;
    select * into strict guest from app.users as known where known.id = (shown.session).user_id;
    if not guest.is_guest then
        return 'not_a_guest';
    end if;
    perform audit.tally_stranger('auth.register', auth.network((facts ->> 'ip')::inet));
    token := auth.make_mail_token('register', address, null, link, code, browser, interval '1 hour', facts);
    if token is null then
        return 'ok';
    end if;
    insert into auth.registrations (token_id, name, guest_id) values (token, btrim(upgrade_guest.name), guest.id);
    if exists (select from app.users as person where lower(person.email) = address) then
        perform auth.queue_mail(mail, 'account_exists', address, locale, null, facts);
    else
        perform auth.queue_mail(mail, 'guest_upgrade', address, locale, secret, facts);
    end if;
    perform audit.record_event('auth.guest_upgrade_requested', (shown.session).tenant_id,
        jsonb_build_object('session', (shown.session).id));
    return 'ok';
end
$$;
grant execute on function auth.upgrade_guest(bytea, text, text, bytea, bytea, bytea, uuid, text, text, jsonb) to rowhouse_auth;
comment on function auth.upgrade_guest(bytea, text, text, bytea, bytea, bytea, uuid, text, text, jsonb) is
    'Queues a mail to an address with which a guest wants to have an account, or one that says that it has one already.';
reset role;
--! EndIncluded auth/upgrade_guest.sql
--! Included auth/become_account.sql
-- Makes a guest the account that they asked for (auth.upgrade_guest): the same person, with address and password. Their role
-- stays guest, because who is in a company, the company says; its managers of users may give another from now on.
--
-- Every session of the guest ends: whoever held one of them has nothing of the account. What was mailed to another address
-- for the same guest is worth nothing, because there is no guest any more.
-- Outcomes: ok; other_browser; invalid_token for a guest who is gone, who has an account by now, or whose
-- tenant wants none any more.
set local role rowhouse_definer;
create or replace function auth.become_account(
    token auth.mail_tokens, registration auth.registrations, password_hash text, locale text,
    browser bytea, handle bytea, facts jsonb
) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    guest constant uuid := registration.guest_id;
    asked boolean := coalesce(token.browser_digest = sha256(browser), false);
    shown record;
    home  uuid;
    ended integer;
begin
    perform auth.lock_sessions(guest);
    if not asked and handle is not null then
        select * into strict shown from auth.live_session(handle, facts, guests => true);
        asked := shown.outcome = 'ok' and (shown.session).user_id = guest;
    end if;
    if not asked then
        perform audit.tally_stranger('auth.register_other_browser', auth.network((facts ->> 'ip')::inet));
        return 'other_browser';
    end if;
    perform from app.users as known
    where known.id = guest and known.is_guest and exists (
        select from app.memberships as own
        join app.tenants as place on place.id = own.tenant_id
        where own.user_id = known.id and place.allows_guests
    )
    for update of known;
    if not found then
        return 'invalid_token';
    end if;
    perform context.act(guest, null, facts);
    update app.users as known
        set email = token.email, is_guest = false, name = registration.name, locale = become_account.locale
        where known.id = guest;
    insert into auth.passwords (user_id, hash) values (guest, password_hash);
    update app.memberships as own set display_name = registration.name where own.user_id = guest
        returning own.tenant_id into strict home;
    update auth.sessions as session set ended_at = now(), end_reason = 'upgraded'
        where session.user_id = guest and session.ended_at is null;
    get diagnostics ended = row_count;
    perform audit.record_event('auth.guest_upgraded', home, jsonb_build_object('ended', ended));
    return 'ok';
end
$$;
comment on function auth.become_account(auth.mail_tokens, auth.registrations, text, text, bytea, bytea, jsonb) is
    'Makes a guest an account with the address that a mail proved, and ends their sessions. Outcome: ok, other_browser or invalid_token.';
reset role;
--! EndIncluded auth/become_account.sql
--! Included auth/verify_email.sql
-- Follows a registration's mail, by link or by code: the user, their password and the tenant come into being together.
-- The password is of whoever opened the mail.
--
-- A guest who asked for it stays the same person, with what they said, and signs in from now on; the guest's session is
-- over. There the mailbox alone is not enough: whoever opens the mail shows that they are who asked, by the browser that did or
-- by the guest's session. Else a guest could ask for a stranger's address, wait until they press the button, and have put
-- words into their mouth.
--
-- locale:  the language of whoever opened it
-- admits:  whom REGISTRATION lets in (auth.fault_of_newcomer)
-- browser: the digest of the browser's cookie; handle: sha256 of a session's handle; null where there is none
-- Returns the outcome: verified, invalid_token or throttled; other_browser, registration_closed and registration_invited,
-- which use nothing up. Whether the tenant's slug was taken by another meanwhile is no outcome: it gets one like it
-- (auth.free_slug), and its owner sees which when they sign in.
set local role rowhouse_definer;
create or replace function auth.verify_email(
    link bytea, email text, codes bytea[], password_hash text, locale text, facts jsonb, admits text default 'open',
    browser bytea default null, handle bytea default null
) returns table (outcome text, retry_after integer)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tried        record;
    token        auth.mail_tokens;
    registration auth.registrations;
    person       uuid := uuidv7();
begin
    select * into strict tried from auth.try_mail_token('register', link, email, codes, facts);
    outcome := tried.outcome;
    retry_after := tried.retry_after;
    token := tried.token;
    if outcome = 'ok' and exists (select from app.users as known where lower(known.email) = token.email) then
        outcome := 'invalid_token';
    end if;
    if outcome = 'ok' then
        outcome := coalesce(auth.fault_of_newcomer(token.email, admits), 'ok');
    end if;
    if outcome = 'ok' then
        select * into strict registration from auth.registrations as pending where pending.token_id = token.id;
        if registration.guest_id is not null then
            person := registration.guest_id;
            outcome := auth.become_account(token, registration, password_hash, locale, browser, handle, facts);
        else
            perform context.act(person, null, facts);
            insert into app.users (id, email, name, locale)
                values (person, token.email, registration.name, verify_email.locale);
            insert into auth.passwords (user_id, hash) values (person, password_hash);
            if registration.tenant_slug is not null then
                perform auth.create_tenant(auth.free_slug(registration.tenant_slug), registration.tenant_name, person);
            end if;
        end if;
    end if;
    if outcome = 'ok' then
        perform auth.forget_registrations(token.email, person);
        outcome := 'verified';
    end if;
    return next;
end
$$;
grant execute on function auth.verify_email(bytea, text, bytea[], text, text, jsonb, text, bytea, bytea) to rowhouse_auth;
comment on function auth.verify_email(bytea, text, bytea[], text, text, jsonb, text, bytea, bytea) is
    'Follows a registration''s link or code: makes the user, the password and the tenant at once, or an account of a guest. Outcome: verified, invalid_token, throttled, other_browser, registration_closed or registration_invited.';
reset role;
--! EndIncluded auth/verify_email.sql
--! Included auth/set_password.sql
-- What every change of a password does: the other sessions end, links and codes that were mailed die, the owner is told.
--
-- kept: the session that goes on, if one does; mail: the id of the notice
set local role rowhouse_definer;
create or replace function auth.set_password(person_id uuid, password_hash text, kept uuid, mail uuid, facts jsonb)
    returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    person    app.users;
    found_now integer;
    ended     integer := 0;
begin
    select * into strict person from app.users as known where known.id = person_id;
    -- First of all: a login that has checked the old one meanwhile waits here, or is over and its session ends below.
    insert into auth.passwords as known (user_id, hash) values (person.id, password_hash)
        on conflict (user_id) do update set hash = excluded.hash, changed_at = now();
    -- The same for a link that is being followed.
    perform auth.void_mail_tokens(person.email, person.id);
    -- And for a sibling of a session that is being opened. Whoever holds more than one of the three takes them in this order.
    perform auth.lock_sessions(person.id);
    -- And once more until there is none: whoever made another session of one of these held its row until now.
    loop
        update auth.sessions as session set ended_at = now(), end_reason = 'password_changed'
        where session.user_id = person.id and session.ended_at is null and session.id is distinct from kept;
        exit when not found;
        get diagnostics found_now = row_count;
        ended := ended + found_now;
    end loop;
    perform auth.queue_mail(mail, 'password_changed', person.email, person.locale, null, facts);
    perform audit.record_event('auth.password_changed', null, jsonb_build_object('ended', ended, 'kept', kept));
end
$$;
comment on function auth.set_password(uuid, text, uuid, uuid, jsonb) is
    'Sets a password, ends the other sessions, makes mailed links worthless and queues the notice.';
reset role;
--! EndIncluded auth/set_password.sql
--! Included auth/begin_password_change.sql
-- The first half of a change: what the old password is to be checked against, if it may be tried. Whoever found an open
-- session guesses as slowly as at the login. The count is the account's own, so that nobody outside can raise it.
--
-- outcome:       ok, throttled (retry_after says for how many seconds), or why the session will not do
-- password_hash: null where there is no password yet: then none is right (a reset sets one)
-- about:         what the new password must not be made of
set local role rowhouse_definer;
create or replace function auth.begin_password_change(handle bytea, facts jsonb)
    returns table (outcome text, retry_after integer, password_hash text, about text[])
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    shown  record;
    person uuid;
begin
    select * into strict shown from auth.live_session(handle, facts);
    outcome := shown.outcome;
    if outcome = 'ok' then
        person := (shown.session).user_id;
        retry_after := auth.throttle('password change ' || person, 5);
        outcome := case when retry_after > 0 then 'throttled' else 'ok' end;
    end if;
    if outcome = 'ok' then
        about := auth.known_of(person);
        select known.hash into password_hash from auth.passwords as known where known.user_id = person;
    end if;
    return next;
end
$$;
grant execute on function auth.begin_password_change(bytea, jsonb) to rowhouse_auth;
comment on function auth.begin_password_change(bytea, jsonb) is
    'Counts an attempt to change the password of a session''s owner and returns what the old one is to be checked against.';
reset role;
--! EndIncluded auth/begin_password_change.sql
--! Included auth/finish_password_change.sql
-- The second half of a change: the server checked the old password. Nothing raises, because a failure is committed too.
--
-- verified: whether the old password was right; known_hash: what it was checked against, which must still be the one
-- Outcomes: ok, invalid_credentials, or why the session will not do.
set local role rowhouse_definer;
create or replace function auth.finish_password_change(
    handle bytea, verified boolean, known_hash text, password_hash text, mail uuid, facts jsonb
) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    shown   record;
    session auth.sessions;
begin
    select * into strict shown from auth.live_session(handle, facts);
    if shown.outcome <> 'ok' then
        return shown.outcome;
    end if;
    session := shown.session;
    perform from auth.passwords as known
    where known.user_id = session.user_id and known.hash = known_hash
    for update;
    if not found or verified is not true then
        perform audit.record_event('auth.password_change_failed', session.tenant_id,
            jsonb_build_object('session', session.id, 'outcome', 'invalid_credentials'));
        return 'invalid_credentials';
    end if;
    perform auth.forgive('password change ' || session.user_id);
    perform auth.set_password(session.user_id, password_hash, session.id, mail, facts);
    return 'ok';
end
$$;
grant execute on function auth.finish_password_change(bytea, boolean, text, text, uuid, jsonb) to rowhouse_auth;
comment on function auth.finish_password_change(bytea, boolean, text, text, uuid, jsonb) is
    'Changes the password of a session''s owner, ends their other sessions and queues the notice; or tells the trail that the old one was wrong.';
reset role;
--! EndIncluded auth/finish_password_change.sql
--! Included auth/request_mail.sql
-- Mails a link and a code to an address, for a new password (reset_password, good for 30 minutes) or to come in with
-- (sign_in, 15 minutes). For an address without an account the same is done, and the mail says that there is none: so
-- the caller of the API learns nothing, and the owner of the address does.
--
-- browser: the digest of the cookie of the browser that asked, for a link that signs in
-- locale:  of the mail to an address without an account
set local role rowhouse_definer;
create or replace function auth.request_mail(
    purpose text, email text, link bytea, code bytea, browser bytea, mail uuid, secret text, locale text, facts jsonb
) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    address text := auth.normalise_email(email);
    person  app.users;
begin
    if purpose is null or purpose not in ('reset_password', 'sign_in') then
        raise exception using errcode = 'RH400', message = 'the purpose is reset_password or sign_in';
    end if;
    perform audit.tally_stranger('auth.' || purpose, auth.network((facts ->> 'ip')::inet));
    select * into person from app.users as known where lower(known.email) = address;
    if auth.make_mail_token(purpose, address, person.id, link, code, browser,
        case purpose when 'sign_in' then interval '15 minutes' else interval '30 minutes' end, facts) is null
    then
        return;
    end if;
    if person.id is null then
        perform auth.queue_mail(mail, 'no_account', address, locale, null, facts);
    else
        perform auth.queue_mail(mail, purpose, person.email, person.locale, secret, facts);
    end if;
end
$$;
grant execute on function auth.request_mail(text, text, bytea, bytea, bytea, uuid, text, text, jsonb) to rowhouse_auth;
comment on function auth.request_mail(text, text, bytea, bytea, bytea, uuid, text, text, jsonb) is
    'Queues a mail with a link and a code for a new password, or to sign in; or one that says that there is no account.';
reset role;
--! EndIncluded auth/request_mail.sql
--! Included auth/reset_password.sql
-- Sets a new password by a mail's link or code, and ends every session: whoever had the old one is out. An account that
-- had no password gets its first.
--
-- Outcomes: ok, invalid_token, throttled.
set local role rowhouse_definer;
create or replace function auth.reset_password(
    link bytea, email text, codes bytea[], password_hash text, mail uuid, facts jsonb
) returns table (outcome text, retry_after integer)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tried record;
    token auth.mail_tokens;
begin
    select * into strict tried from auth.try_mail_token('reset_password', link, email, codes, facts);
    outcome := tried.outcome;
    retry_after := tried.retry_after;
    if outcome = 'ok' then
        token := tried.token;
        perform context.act(token.user_id, null, facts);
        perform auth.set_password(token.user_id, password_hash, null, mail, facts);
    end if;
    return next;
end
$$;
grant execute on function auth.reset_password(bytea, text, bytea[], text, uuid, jsonb) to rowhouse_auth;
comment on function auth.reset_password(bytea, text, bytea[], text, uuid, jsonb) is
    'Sets a new password by a mailed link or code and ends every session. Outcome: ok, invalid_token or throttled.';
reset role;
--! EndIncluded auth/reset_password.sql
--! Included auth/begin_login.sql
-- The first half of a login: what the password is to be checked against, if it may be tried at all.
--
-- An unknown address counts, waits and is answered like a known one. Attempts are counted per address and network, so
-- that a stranger's guesses do not lock the owner out; above 100 a day the address waits from every network. Then only
-- the right password from a network that its owner signed in from in the last 30 days is let in. Whoever does not have
-- it cannot tell such a network from another: the password is checked, for as long, and the answer is to wait.
--
-- password_hash: null for an unknown address, and where no password will do
-- retry_after:   seconds that everybody waits who does not show the right password; 0: nobody waits
-- checked:       whether the password is to be checked; if not, everybody waits
set local role rowhouse_definer;
create or replace function auth.begin_login(email text, facts jsonb)
    returns table (user_id uuid, password_hash text, retry_after integer, checked boolean)
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
    checked := retry_after = 0;
    if checked then
        retry_after := auth.throttle(address, 100);
    end if;
    if retry_after > 0 then
        perform audit.tally_stranger('auth.login_throttled', network);
        if not checked or not exists (
            select from auth.sessions as session
            where session.user_id = begin_login.user_id
                and session.created_at > now() - interval '30 days'
                and auth.network(session.ip) = network
        ) then
            user_id := null;
            password_hash := null;
        end if;
    end if;
    return next;
end
$$;
grant execute on function auth.begin_login(text, jsonb) to rowhouse_auth;
comment on function auth.begin_login(text, jsonb) is
    'Counts a login attempt and returns the hash to check the password against, the seconds to wait unless it is right, and whether to check it at all.';
reset role;
--! EndIncluded auth/begin_login.sql
--! Included auth/ask_second_factor.sql
-- Keeps a sign-in whose first factor was right until the second is shown. What names it is the handle of the session that
-- was not opened: it opens no door, is good for ten minutes and five tries, and for nothing but this.
--
-- purpose: verify, to show a second factor; enrol, to set one up, where the tenant wants one and the person has none
set local role rowhouse_definer;
create or replace function auth.ask_second_factor(
    person uuid, purpose text, handle bytea, tenant_slug text, methods text[], tenant uuid, way text default null
) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    delete from auth.mfa_challenges as over where over.expires_at < now() - interval '1 hour';
    insert into auth.mfa_challenges (digest, user_id, purpose, tenant_slug, methods, way)
        values (sha256(handle), person, ask_second_factor.purpose, ask_second_factor.tenant_slug, ask_second_factor.methods, ask_second_factor.way);
    perform audit.record_event('auth.second_factor_asked', tenant,
        jsonb_build_object('purpose', purpose, 'methods', methods));
end
$$;
comment on function auth.ask_second_factor(uuid, text, bytea, text, text[], uuid, text) is
    'Keeps a sign-in whose first factor was right until a second is shown or set up.';
reset role;
--! EndIncluded auth/ask_second_factor.sql
--! Included auth/is_new_device.sql
-- Whether a person signs in from a kind of device (browser and platform, without versions) that none of their last hundred
-- sign-ins came from. The first of all is no news. Sessions are forgotten after 90 days, and devices with them.
set local role rowhouse_definer;
create or replace function auth.is_new_device(person uuid, user_agent text) returns boolean
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select coalesce(
        bool_and(context.device(past.user_agent) is distinct from context.device(is_new_device.user_agent)), false)
    from (
        select distinct recent.user_agent
        from (
            select session.user_agent from auth.sessions as session
            where session.user_id = person
            order by session.created_at desc
            limit 100
        ) as recent
    ) as past
$$;
comment on function auth.is_new_device(uuid, text) is
    'Whether none of a person''s last hundred sign-ins came from such a device; false for the first of all.';
reset role;
--! EndIncluded auth/is_new_device.sql
--! Included auth/offer_restore.sql
-- Whoever could sign in, were the account not to be deleted, may keep it: by the handle of the session that was not opened, for
-- ten minutes. It is shown where the link of the mail is shown, so a mail that was lost locks nobody out.
--
-- Older than the mail, so that the newest code stays that of the mail; of no code itself. Whoever is here holds the lock of the
-- sessions, which others take after the rows below: so nothing waits here. Where somebody else works on one, the account is
-- being erased or kept at this moment, and there is nothing to offer.
set local role rowhouse_definer;
create or replace function auth.offer_restore(person app.users, handle bytea) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    perform from auth.deletions as leaving
    where leaving.user_id = person.id and leaving.began_at is null
    for share skip locked;
    if not found then
        return;
    end if;
    delete from auth.mail_tokens as earlier
    where earlier.id in (
        select token.id from auth.mail_tokens as token
        where token.user_id = person.id and token.purpose = 'restore_account' and token.network = 'sign-in'
        for update skip locked
    );
    insert into auth.mail_tokens (purpose, email, user_id, link_digest, code_digest, network, created_at, expires_at)
    select
        'restore_account', person.email, person.id, sha256(handle), extensions.gen_random_bytes(32), 'sign-in',
        leaving.asked_at - interval '1 hour', now() + interval '10 minutes'
    from auth.deletions as leaving
    where leaving.user_id = person.id;
end
$$;
comment on function auth.offer_restore(app.users, bytea) is
    'Lets somebody who proved who they are keep an account that is to be deleted, for ten minutes.';
reset role;
--! EndIncluded auth/offer_restore.sql
--! Included auth/open_session.sql
-- The last step of every way in: whoever proved to be this person gets a session, if there is nothing against it. Nothing
-- raises, because a failure must be committed too.
--
-- session:      the id of the session to make; handle: sha256 of its secret handle
-- tenant_slug:  which tenant; null takes the membership that was used last
-- methods:      by what they proved it, in the words of RFC 8176: pwd, otp, …; a guest proves nothing
-- facts:        key_thumbprint of the key whose possession the request proved (RFC 9449): the session is bound to it from now on
-- sibling_of:   the session by which they did, if they prove nothing anew (auth.switch_tenant): its age is the new one's
-- way:          by which way they came in, where the methods do not tell: a provider's id
-- Returns the outcome (ok, user_banned, not_a_member, tenant_suspended, way_not_allowed; deletion_pending for who asked for the
-- account to be deleted: then the handle keeps it (auth.offer_restore); of a sibling also expired; mfa_required for who has a
-- second factor and did not show it, mfa_enrolment_required for who has none where the tenant wants one: then the handle is
-- that of the question, see auth.ask_second_factor) and, for ok, {user, tenant, tenants, expires_in} as JSON: seconds until
-- the session ends if nobody refreshes it.
set local role rowhouse_definer;
create or replace function auth.open_session(
    person_id uuid, session uuid, handle bytea, tenant_slug text, methods text[], facts jsonb,
    sibling_of uuid default null, way text default null
) returns table (outcome text, result jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    person app.users;
    place  app.tenants;
    proven timestamptz := now();
    idle   interval;
    life   interval;
    ended  integer;
    new_device boolean;
begin
    way := coalesce(open_session.way, auth.way_of(methods));
    if sibling_of is not null then
        select sibling.authenticated_at, coalesce(sibling.way, open_session.way) into strict proven, way
        from auth.sessions as sibling where sibling.id = sibling_of;
    end if;

    select tenant.* into place
    from app.memberships as membership
    join app.tenants as tenant on tenant.id = membership.tenant_id
    where membership.user_id = person_id and membership.status = 'active'
        and (open_session.tenant_slug is null or tenant.slug = open_session.tenant_slug)
    order by
        tenant.status = 'active' desc,
        (tenant.sign_in_ways is null or way = any (tenant.sign_in_ways)) desc,
        (select max(past.created_at) from auth.sessions as past
            where past.user_id = person_id and past.tenant_id = membership.tenant_id) desc nulls last,
        membership.id
    limit 1;
    idle := coalesce(place.session_idle_minutes * interval '1 minute', interval '7 days');
    life := coalesce(place.session_lifetime_minutes * interval '1 minute', interval '30 days');

    -- Who is let in while the account is marked to be deleted, or erased, would outlive that: they wait for each other, and what
    -- is asked of the person is asked after that. Where there is one session at a time, two who sign in wait too.
    if place.single_session then
        perform auth.lock_sessions(person_id);
    else
        perform pg_advisory_xact_lock_shared(hashtextextended('sessions of ' || person_id, 0));
    end if;
    select * into strict person from app.users as known where known.id = person_id;

    outcome := case
        when person.status <> 'active' then 'user_banned'
        when place.id is null and open_session.tenant_slug is not null then 'not_a_member'
        when place.status <> 'active' then 'tenant_suspended'
        when proven + life <= now() then 'expired'
        -- A guest comes by no way at all: whether guests are welcome is a question of its own.
        when place.sign_in_ways is not null and not person.is_guest and not coalesce(way = any (place.sign_in_ways), false)
            then 'way_not_allowed'
        when methods && '{otp,hwk,mfa}' then 'ok'
        when auth.has_second_factor(person.id) then 'mfa_required'
        -- A guest proved nothing and can reach nothing that a second factor would keep.
        when place.requires_second_factor and not person.is_guest then 'mfa_enrolment_required'
        else 'ok'
    end;
    -- Told only to who has shown everything that a session takes.
    if outcome in ('ok', 'mfa_enrolment_required')
        and exists (select from auth.deletions as leaving where leaving.user_id = person.id)
    then
        outcome := 'deletion_pending';
    end if;

    perform context.act(person.id, place.id, facts);
    if outcome in ('mfa_required', 'mfa_enrolment_required') then
        perform auth.ask_second_factor(
            person.id, case outcome when 'mfa_required' then 'verify' else 'enrol' end, handle, tenant_slug, methods, place.id, way
        );
        return next;
        return;
    elsif outcome <> 'ok' then
        if outcome = 'deletion_pending' then
            perform auth.offer_restore(person, handle);
        end if;
        perform audit.record_event(
            case when sibling_of is null then 'auth.login_failed' else 'auth.switch_failed' end, place.id,
            jsonb_strip_nulls(jsonb_build_object('outcome', outcome, 'methods', methods, 'from', sibling_of)));
        return next;
        return;
    end if;

    if place.single_session then
        update auth.sessions as other set ended_at = now(), end_reason = 'replaced'
        where other.tenant_id = place.id and other.user_id = person.id and other.ended_at is null;
        get diagnostics ended = row_count;
    end if;
    new_device := sibling_of is null and auth.is_new_device(person.id, facts ->> 'user_agent');
    insert into auth.sessions (
        id, user_id, tenant_id, handle_digest, methods, user_agent, ip, key_thumbprint, way, authenticated_at,
        idle_expires_at, expires_at
    ) values (
        open_session.session, person.id, place.id, sha256(handle), open_session.methods,
        facts ->> 'user_agent', (facts ->> 'ip')::inet, facts ->> 'key_thumbprint', way, proven, now() + idle,
        proven + life
    );
    perform audit.record_event(
        case when sibling_of is null then 'auth.login' else 'auth.switch' end, place.id,
        jsonb_strip_nulls(jsonb_build_object(
            'session', open_session.session, 'methods', methods, 'from', sibling_of, 'replaced', nullif(ended, 0))));
    if new_device then
        perform auth.notify(person.id, 'new_device');
    end if;
    result := jsonb_build_object(
        'user', jsonb_build_object(
            'id', person.id, 'email', person.email, 'name', person.name, 'locale', person.locale, 'guest', person.is_guest),
        'tenant', case when place.id is not null then
            jsonb_build_object('id', place.id, 'slug', place.slug, 'name', place.name) end,
        'tenants', auth.list_tenants(person.id),
        'expires_in', floor(extract(epoch from least(now() + idle, proven + life) - now()))::integer
    );
    return next;
end
$$;
comment on function auth.open_session(uuid, uuid, bytea, text, text[], jsonb, uuid, text) is
    'Makes a session for somebody who proved to be this person, or tells the trail why not. Never raises for a refusal, so that both commit.';
reset role;
--! EndIncluded auth/open_session.sql
--! Included auth/open_guest.sql
-- Lets a visitor in who shows a publishable key of the tenant and nothing else: a person without an address and without a
-- password, member with the role guest, and a session of their own. What the key holds for everybody who has its page, the
-- session holds for one.
--
-- key:     sha256 of the key. The door judges it, with its origins and addresses: RH401 as everywhere
-- name:    what they go by; locale: their language
-- most:    how many guests a tenant has at a time
-- session: the id of the session to make; handle: sha256 of its secret handle
-- Outcomes: publishable_key_required for any other credential; guests_not_allowed, by the tenant or of this key;
-- too_many_guests; or what auth.open_session() says.
set local role rowhouse_definer;
create or replace function auth.open_guest(
    key bytea, name text, locale text, most integer, session uuid, handle bytea, facts jsonb
) returns table (outcome text, result jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    opener auth.api_keys;
    place  app.tenants;
    person uuid := uuidv7();
begin
    perform context.enter(key, facts);
    select * into opener from auth.api_keys as known where known.digest = sha256(key);
    if opener.kind is distinct from 'publishable' then
        outcome := 'publishable_key_required';
        return next;
        return;
    end if;
    select * into strict place from app.tenants as tenant where tenant.id = opener.tenant_id;
    -- Visitors of one tenant take turns, so that the limit is exact.
    perform pg_advisory_xact_lock(hashtextextended('guests of ' || place.id, 0));
    outcome := case
        when not (place.allows_guests and opener.opens_guests) then 'guests_not_allowed'
        when (
            select count(*) >= most from auth.sessions as live
            where live.tenant_id = place.id and live.methods = '{}' and live.ended_at is null
        ) then 'too_many_guests'
    end;
    if outcome is not null then
        if audit.tally('auth.guest_refused', opener.id || ' ' || outcome) = 1 then
            perform audit.record_event('auth.guest_refused', place.id,
                jsonb_build_object('outcome', outcome, 'key', opener.id));
        end if;
        return next;
        return;
    end if;

    perform context.act(person, place.id, facts);
    insert into app.users (id, is_guest, name, locale)
        values (person, true, btrim(open_guest.name), open_guest.locale);
    insert into app.memberships (tenant_id, user_id, role_id, display_name)
        select place.id, person, role.id, btrim(open_guest.name)
        from app.roles as role
        where role.tenant_id = place.id and role.built_in and role.name = 'guest';
    perform audit.record_event('auth.guest_opened', place.id, jsonb_build_object('session', session, 'key', opener.id));
    return query select opened.outcome, opened.result
        from auth.open_session(person, session, handle, place.slug, '{}', facts) as opened;
end
$$;
grant execute on function auth.open_guest(bytea, text, text, integer, uuid, bytea, jsonb) to rowhouse_auth;
comment on function auth.open_guest(bytea, text, text, integer, uuid, bytea, jsonb) is
    'Makes a guest of the tenant whose publishable key is shown, and their session. Raises RH401 for a key that does not open the door.';
reset role;
--! EndIncluded auth/open_guest.sql
--! Included auth/fail_login.sql
-- A login that failed: an event of the trail where the address is somebody's, and a count where it is nobody's, because a
-- stranger writes no row of the trail. Either does the work of both and takes back what is not its own: whoever measures a
-- thousand answers would otherwise know who has an account (bench/enumeration.ts).
--
-- person: whose address it was; null: nobody's
set local role rowhouse_definer;
create or replace function auth.fail_login(person uuid, facts jsonb) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    perform context.act(person, null, facts);
    begin
        -- A wrong password says nothing of a tenant yet, so such a failure belongs to the platform. The throttle bounds
        -- how many of them there can be in a day.
        perform audit.record_event('auth.login_failed', null, jsonb_build_object('outcome', 'invalid_credentials'));
        if person is null then
            raise exception 'taken back';
        end if;
    exception when raise_exception then null;
    end;
    begin
        perform audit.tally_stranger('auth.login_unknown', auth.network((facts ->> 'ip')::inet));
        if person is not null then
            raise exception 'taken back';
        end if;
    exception when raise_exception then null;
    end;
end
$$;
comment on function auth.fail_login(uuid, jsonb) is
    'Writes a failed login into the trail, or counts it where the address is nobody''s; after the same work.';
reset role;
--! EndIncluded auth/fail_login.sql
--! Included auth/finish_login.sql
-- The second half of a login. The server checked the password; here it becomes a session, or a failure
-- in the trail. Nothing raises, because a failure must be committed too.
--
-- verified:     whether the password was right (the server's word: argon2id runs there)
-- session:      the id of the session to make; handle: sha256 of its secret handle
-- tenant_slug:  which tenant; null takes the membership that was used last
-- held_back:    whether everybody else had to wait (auth.begin_login): then the day's count did not move
-- known_hash:   what the password was checked against. If it was changed meanwhile, it was the wrong one; if it is being
--               changed now, the change waits for this login, and ends its session
-- new_hash:     the same password's hash under today's parameters, where the known one has yesterday's
-- Returns the outcome (ok, invalid_credentials, or what auth.open_session() says) and, for ok, {user, tenant, tenants} as
-- JSON. Why it failed is told only to who knew the password.
set local role rowhouse_definer;
create or replace function auth.finish_login(
    email text, verified boolean, session uuid, handle bytea, tenant_slug text, facts jsonb,
    held_back boolean default false, known_hash text default null, new_hash text default null
) returns table (outcome text, result jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    address text := auth.normalise_email(email);
    network text := auth.network((facts ->> 'ip')::inet);
    person  uuid;
begin
    select known.id into person from app.users as known where lower(known.email) = address;
    if verified and known_hash is not null then
        perform from auth.passwords as password
        where password.user_id = person and password.hash = known_hash
        for update;
        verified := found;
    end if;
    if person is null or verified is not true then
        perform auth.fail_login(person, facts);
        outcome := 'invalid_credentials';
        return next;
        return;
    end if;

    perform auth.forgive(address || ' ' || network);
    if not held_back then
        perform auth.forgive(address);
    end if;
    if new_hash is not null then
        perform context.act(person, null, facts);
        update auth.passwords as password set hash = new_hash where password.user_id = person and password.hash = known_hash;
    end if;
    return query select opened.outcome, opened.result
        from auth.open_session(person, session, handle, tenant_slug, array['pwd'], facts) as opened;
end
$$;
grant execute on function auth.finish_login(text, boolean, uuid, bytea, text, jsonb, boolean, text, text) to rowhouse_auth;
comment on function auth.finish_login(text, boolean, uuid, bytea, text, jsonb, boolean, text, text) is
    'Turns a checked password into a session, or into a failure in the trail. Never raises for a refusal, so that both commit.';
reset role;
--! EndIncluded auth/finish_login.sql
--! Included auth/note_oauth_failure.sql
-- Counts that somebody came back from a provider with something that does not hold. Who that was, nobody knows.
set local role rowhouse_definer;
create or replace function auth.note_oauth_failure(facts jsonb) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    perform audit.tally_stranger('auth.oauth_failed', auth.network((facts ->> 'ip')::inet));
end
$$;
grant execute on function auth.note_oauth_failure(jsonb) to rowhouse_auth;
comment on function auth.note_oauth_failure(jsonb) is
    'Counts, by network, that somebody came back from a provider with something that does not hold.';
reset role;
--! EndIncluded auth/note_oauth_failure.sql
--! Included auth/keep_code.sql
-- Keeps what a provider said of somebody under a one-time code, for a minute: the browser carries the code to the page that
-- asked, never a token. Nobody is found or made before that page brings the code back, together with the verifier that
-- stayed in it (RFC 7636).
--
-- issuer, subject: who the provider says that is
-- address:         null unless the provider proved it and is trusted to (the server's word; see src/auth/oauth)
-- code:            sha256 of the code; challenge: what its verifier has to fit (S256)
set local role rowhouse_definer;
create or replace function auth.keep_code(
    code bytea, challenge text, provider text, issuer text, subject text, address text, name text
) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    insert into auth.exchange_codes (digest, challenge, provider, issuer, subject, email, name) values (
        sha256(code), challenge, provider, issuer, subject, auth.normalise_email(address),
        case when app.is_name(name) then left(btrim(name), 200) end)
$$;
grant execute on function auth.keep_code(bytea, text, text, text, text, text, text) to rowhouse_auth;
comment on function auth.keep_code(bytea, text, text, text, text, text, text) is
    'Keeps what a provider said of somebody under a one-time code, for a minute.';
reset role;
--! EndIncluded auth/keep_code.sql
--! Included auth/take_exchange_code.sql
-- What a provider said of somebody, for the code that a browser brought back; nulls if the code is no good. It is gone with
-- the first try, right or wrong: who has another's code, but not the verifier, gets nothing and spoils it.
set local role rowhouse_definer;
create or replace function auth.take_exchange_code(code bytea, challenge text, facts jsonb) returns auth.exchange_codes
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    known auth.exchange_codes;
begin
    delete from auth.exchange_codes as used where used.digest = sha256(code) returning * into known;
    if known.digest is null or known.expires_at <= now() or known.challenge is distinct from take_exchange_code.challenge then
        perform audit.tally_stranger('auth.exchange_failed', auth.network((facts ->> 'ip')::inet));
        return null;
    end if;
    return known;
end
$$;
comment on function auth.take_exchange_code(bytea, text, jsonb) is
    'What is kept under a one-time code, which is gone whatever comes of it; null if it is no good.';
reset role;
--! EndIncluded auth/take_exchange_code.sql
--! Included auth/exchange_code.sql
-- Signs in with what a provider said, for the code that the browser brought back.
--
-- An identity is known by issuer and subject. One that is new joins the account of its address only where both sides
-- proved the address: ours always did, because a user exists only then. Where nobody has the address, an account comes
-- into being, without a password; a registration of it that waits for its mail is over.
--
-- admits: who gets an account here that has none (REGISTRATION; auth.fault_of_newcomer)
-- Outcomes: invalid_exchange_code; email_unproven; registration_closed; registration_invited; or what auth.open_session() says.
set local role rowhouse_definer;
create or replace function auth.exchange_code(
    code bytea, challenge text, session uuid, handle bytea, tenant_slug text, facts jsonb, admits text default 'open'
) returns table (outcome text, result jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    shown  auth.exchange_codes := auth.take_exchange_code(code, challenge, facts);
    person uuid;
    fault  text;
begin
    if shown.digest is null then
        outcome := 'invalid_exchange_code';
        return next;
        return;
    end if;
    -- Two first sign-ins of one identity at once take turns: one makes the account, the other finds it.
    perform pg_advisory_xact_lock(hashtext('auth.identities'), hashtext(shown.issuer || ' ' || shown.subject));
    update auth.identities as known set last_used_at = now()
    where known.issuer = shown.issuer and known.subject = shown.subject
    returning known.user_id into person;

    if person is null then
        if shown.email is null then
            perform audit.tally_stranger('auth.exchange_failed', auth.network((facts ->> 'ip')::inet));
            outcome := 'email_unproven';
            return next;
            return;
        end if;
        perform pg_advisory_xact_lock(hashtext('auth.mail_tokens'), hashtext(shown.email));
        select known.id into person from app.users as known where lower(known.email) = shown.email;
        fault := case when person is null then auth.fault_of_newcomer(shown.email, admits) end;
        if fault is not null then
            perform audit.tally_stranger('auth.exchange_failed', auth.network((facts ->> 'ip')::inet));
            outcome := fault;
            return next;
            return;
        elsif person is null then
            person := uuidv7();
            perform context.act(person, null, facts);
            insert into app.users (id, email, name)
                values (person, shown.email, coalesce(shown.name, split_part(shown.email, '@', 1)));
            perform auth.forget_registrations(shown.email, person);
        end if;
        perform context.act(person, null, facts);
        insert into auth.identities (issuer, subject, user_id, provider)
            values (shown.issuer, shown.subject, person, shown.provider);
    end if;
    return query select opened.outcome, opened.result
        from auth.open_session(person, session, handle, tenant_slug, array['fed'], facts, way => shown.provider) as opened;
end
$$;
grant execute on function auth.exchange_code(bytea, text, uuid, bytea, text, jsonb, text) to rowhouse_auth;
comment on function auth.exchange_code(bytea, text, uuid, bytea, text, jsonb, text) is
    'Turns a one-time code into a session of whom the provider vouched for; the code is gone whatever comes of it. Never raises for a refusal.';
reset role;
--! EndIncluded auth/exchange_code.sql
--! Included auth/link_identity.sql
-- Lets the account elsewhere that the code is about sign in whoever holds this session. Both stand in one request: a page
-- that somebody was lured to has a code, but not the verifier that makes it good.
--
-- handle: sha256 of the session's secret handle
-- A way in is added for good, so it wants a fresh sign-in.
-- Outcomes: ok; step_up_required; invalid_exchange_code; identity_taken; or what auth.live_session() says.
set local role rowhouse_definer;
create or replace function auth.link_identity(handle bytea, code bytea, challenge text, facts jsonb) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    live  record;
    shown auth.exchange_codes;
    whose uuid;
    owner uuid;
begin
    select * into strict live from auth.live_session(handle, facts);
    if live.outcome <> 'ok' then
        return live.outcome;
    elsif not auth.is_fresh(live.session) then
        return 'step_up_required';
    end if;
    owner := (live.session).user_id;
    shown := auth.take_exchange_code(code, challenge, facts);
    if shown.digest is null then
        return 'invalid_exchange_code';
    end if;
    perform pg_advisory_xact_lock(hashtext('auth.identities'), hashtext(shown.issuer || ' ' || shown.subject));
    select known.user_id into whose from auth.identities as known
    where known.issuer = shown.issuer and known.subject = shown.subject;
    if whose is null then
        insert into auth.identities (issuer, subject, user_id, provider)
            values (shown.issuer, shown.subject, owner, shown.provider);
        perform auth.notify(owner, 'identity_linked');
    elsif whose <> owner then
        perform audit.record_event('auth.link_failed', (live.session).tenant_id,
            jsonb_build_object('provider', shown.provider, 'outcome', 'identity_taken'));
        return 'identity_taken';
    end if;
    return 'ok';
end
$$;
grant execute on function auth.link_identity(bytea, bytea, text, jsonb) to rowhouse_auth;
comment on function auth.link_identity(bytea, bytea, text, jsonb) is
    'Links the account elsewhere that a one-time code is about to whoever holds this session. Never raises for a refusal.';
reset role;
--! EndIncluded auth/link_identity.sql
--! Included auth/consume_sign_in_link.sql
-- Signs in by a mail's link or code. A link is good in the browser that asked for it and in no other: a mail that was
-- forwarded, or read by somebody else, opens nothing, and nobody is signed in to an account that is not theirs by a link
-- that was slipped to them. In another browser the code is typed, which whoever reads the mail sees beside the link.
--
-- browser: the digest of the browser's cookie, if it has one
-- session, handle, tenant_slug: as for auth.open_session()
-- Outcomes: invalid_token, throttled (retry_after), other_browser, or what auth.open_session() says; with ok its result.
-- Nothing is used up by another browser, nor by asking for a tenant that one is no member of.
set local role rowhouse_definer;
create or replace function auth.consume_sign_in_link(
    link bytea, email text, codes bytea[], browser bytea, session uuid, handle bytea, tenant_slug text, facts jsonb
) returns table (outcome text, retry_after integer, result jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tried record;
    token auth.mail_tokens;
begin
    select * into strict tried from auth.try_mail_token('sign_in', link, email, codes, facts);
    outcome := tried.outcome;
    retry_after := tried.retry_after;
    token := tried.token;
    if outcome = 'ok' and link is not null and token.browser_digest is distinct from sha256(browser) then
        outcome := 'other_browser';
        perform audit.tally_stranger('auth.sign_in_other_browser', auth.network((facts ->> 'ip')::inet));
    end if;
    if outcome = 'ok' then
        select opened.outcome, opened.result into outcome, result
        from auth.open_session(token.user_id, session, handle, tenant_slug, array['email'], facts) as opened;
        if outcome <> 'not_a_member' then
            update auth.mail_tokens as sibling set used_at = now()
            where sibling.email = token.email and sibling.purpose = 'sign_in' and sibling.used_at is null;
        end if;
    end if;
    return next;
end
$$;
grant execute on function auth.consume_sign_in_link(bytea, text, bytea[], bytea, uuid, bytea, text, jsonb) to rowhouse_auth;
comment on function auth.consume_sign_in_link(bytea, text, bytea[], bytea, uuid, bytea, text, jsonb) is
    'Signs in by a mailed link, in the browser that asked for it, or by its code. Never raises for a refusal, so that it commits.';
reset role;
--! EndIncluded auth/consume_sign_in_link.sql
--! Included auth/request_email_change.sql
-- Mails a link and a code to an address that somebody wants to use from now on; good for an hour, and the newest only.
-- Whether it has an account already, the caller does not learn: the mail says so, to its owner.
--
-- browser: the digest of the cookie of the browser that asked, in which the link is good without a session
-- Outcomes: ok, or why the session will not do.
set local role rowhouse_definer;
create or replace function auth.request_email_change(
    handle bytea, email text, link bytea, code bytea, browser bytea, mail uuid, secret text, facts jsonb
) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    address text := auth.normalise_email(email);
    shown   record;
    person  app.users;
    owner   app.users;
    token   uuid;
begin
    select * into strict shown from auth.live_session(handle, facts);
    if shown.outcome <> 'ok' then
        return shown.outcome;
    elsif not auth.is_fresh(shown.session) then
        return 'step_up_required';
    end if;
    select * into strict person from app.users as known where known.id = (shown.session).user_id;
    select * into owner from app.users as known where lower(known.email) = address;
    token := auth.make_mail_token('change_email', address, person.id, link, code, browser, interval '1 hour', facts);
    if token is null then
        return 'ok';
    end if;
    update auth.mail_tokens as earlier set used_at = now()
    where earlier.user_id = person.id and earlier.purpose = 'change_email' and earlier.used_at is null
        and earlier.id <> token;
    if owner.id is null then
        perform auth.queue_mail(mail, 'change_email', address, person.locale, secret, facts);
    else
        perform auth.queue_mail(mail, 'email_taken', owner.email, owner.locale, null, facts);
    end if;
    perform audit.record_event('auth.email_change_requested', (shown.session).tenant_id,
        jsonb_build_object('session', (shown.session).id));
    return 'ok';
end
$$;
grant execute on function auth.request_email_change(bytea, text, bytea, bytea, bytea, uuid, text, jsonb) to rowhouse_auth;
comment on function auth.request_email_change(bytea, text, bytea, bytea, bytea, uuid, text, jsonb) is
    'Queues a mail to an address that the owner of a session wants to use, or one that says that it has an account already.';
reset role;
--! EndIncluded auth/request_email_change.sql
--! Included auth/confirm_email_change.sql
-- Changes somebody's address by the link or code that was mailed to the new one. The mailbox alone is not enough: whoever
-- confirms shows that they are who asked, by the browser that asked or by a session of theirs. Else one could ask for a
-- stranger's address, wait until they press the button, and have an account under their name.
--
-- browser: the digest of the browser's cookie; handle: sha256 of a session's handle; null where there is none
-- mail:    the id of the notice to the old address
-- Outcomes: ok, invalid_token (also for an address that has an account by now), throttled, other_browser.
set local role rowhouse_definer;
create or replace function auth.confirm_email_change(
    link bytea, email text, codes bytea[], browser bytea, handle bytea, mail uuid, facts jsonb
) returns table (outcome text, retry_after integer)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tried  record;
    shown  record;
    token  auth.mail_tokens;
    person app.users;
    asked  boolean;
begin
    select * into strict tried from auth.try_mail_token('change_email', link, email, codes, facts);
    outcome := tried.outcome;
    retry_after := tried.retry_after;
    token := tried.token;
    if outcome = 'ok' then
        asked := coalesce(token.browser_digest = sha256(browser), false);
        if not asked and handle is not null then
            select * into strict shown from auth.live_session(handle, facts);
            asked := shown.outcome = 'ok' and (shown.session).user_id = token.user_id;
        end if;
        if not asked then
            outcome := 'other_browser';
            perform audit.tally_stranger('auth.change_email_other_browser', auth.network((facts ->> 'ip')::inet));
        elsif exists (select from app.users as known where lower(known.email) = token.email) then
            outcome := 'invalid_token';
        end if;
    end if;
    if outcome = 'ok' then
        perform context.act(token.user_id, null, facts);
        select * into strict person from app.users as known where known.id = token.user_id for update;
        update app.users as known set email = token.email where known.id = person.id;
        -- What was mailed to the old address, or for this account to any, opens nothing any more.
        perform auth.void_mail_tokens(person.email, person.id);
        perform auth.void_mail_tokens(token.email, person.id);
        perform auth.queue_mail(mail, 'email_changed', person.email, person.locale, null, facts);
        perform audit.record_event('auth.email_changed', null, null);
    end if;
    return next;
end
$$;
grant execute on function auth.confirm_email_change(bytea, text, bytea[], bytea, bytea, uuid, jsonb) to rowhouse_auth;
comment on function auth.confirm_email_change(bytea, text, bytea[], bytea, bytea, uuid, jsonb) is
    'Changes an address by the link or code that was mailed to the new one, for whoever shows that they asked; queues the notice to the old one.';
reset role;
--! EndIncluded auth/confirm_email_change.sql
--! Included auth/is_replay.sql
-- Whether a refresh token with this counter was replaced before (RFC 9700 section 4.14.2). The newest is none. Its parent
-- is none until ten seconds after the child was first used.
--
-- Until then nobody knows whether the child arrived: a phone loses the answer in a tunnel and comes back with the parent,
-- a second or six days later. The ten seconds are for the browser that restores ten tabs at once: all of them bring the
-- same token, and one is faster.
create or replace function auth.is_replay(known auth.sessions, counter integer) returns boolean
    language sql stable parallel restricted security invoker
    return counter <> known.counter
        and not (
            counter = known.counter - 1
            and (known.acknowledged_at is null or known.acknowledged_at > now() - interval '10 seconds')
        );
grant execute on function auth.is_replay(auth.sessions, integer) to rowhouse_definer;
comment on function auth.is_replay(auth.sessions, integer) is
    'Whether a refresh token with this counter was replaced, and whoever holds its child has been using it for more than ten seconds.';
--! EndIncluded auth/is_replay.sql
--! Included auth/note_use.sql
-- Notes that the access token which came with a session's newest refresh token is in use: whoever holds it has it, so the
-- token before it has had its day (auth.is_replay). And, every five minutes at most, that the session was seen.
--
-- credential: sha256 of the session's handle
-- counter:    which of the session's refresh tokens the access token came with
--
-- The server calls this once a rotation when the door has let the request in; it is no part of the door. There it would
-- be lost where the request rolls back and impossible where its transaction only reads; and it would hold the session's
-- row until the request is over, so that two requests at once, and a refresh, would wait for each other.
--
-- A row that says it all is not written, and one that somebody holds is not waited for.
--
-- Returns whether it is noted. If not, the next request is to try again: the credential was not good, or the row was held.
set local role rowhouse_definer;
create or replace function auth.note_use(credential bytea, counter integer, facts jsonb) returns boolean
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    presented constant bytea := sha256(credential);
    fault     text;
    wanted    boolean;
begin
    select context.fault_of(known.holder, facts) into fault
    from context.session_holders as known where known.digest = presented;
    if not found or fault is not null then
        return false;
    end if;
    select
            session.counter = note_use.counter and session.acknowledged_at is null
            or session.last_seen_at < now() - interval '5 minutes'
        into wanted
    from auth.sessions as session where session.handle_digest = presented;
    if not wanted then
        return true;
    end if;

    perform from auth.sessions as session where session.handle_digest = presented for no key update skip locked;
    if not found then
        return false;
    end if;
    update auth.sessions as session set
        acknowledged_at = case when session.counter = note_use.counter then coalesce(session.acknowledged_at, now())
            else session.acknowledged_at end,
        last_seen_at = now()
    where session.handle_digest = presented and session.ended_at is null
        -- Another process may have noted it meanwhile.
        and (session.acknowledged_at is null or session.last_seen_at < now() - interval '5 minutes');
    return true;
end
$$;
grant execute on function auth.note_use(bytea, integer, jsonb) to rowhouse_auth;
comment on function auth.note_use(bytea, integer, jsonb) is
    'Notes the first use of a session''s newest tokens, and every five minutes that the session was seen; returns whether that is noted.';
reset role;
--! EndIncluded auth/note_use.sql
--! Included auth/end_replayed.sql
-- Ends a session of which a replaced refresh token was shown: a thief has it, or had it first. The trail says what
-- was shown, and what else was wrong with whoever showed it.
set local role rowhouse_definer;
create or replace function auth.end_replayed(known auth.sessions, counter integer, fault text) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    update auth.sessions as stolen set ended_at = now(), end_reason = 'reuse' where stolen.id = known.id;
    perform audit.record_event('auth.refresh_reused', known.tenant_id, jsonb_strip_nulls(jsonb_build_object(
        'session', known.id, 'presented', counter, 'current', known.counter, 'fault', fault)));
end
$$;
comment on function auth.end_replayed(auth.sessions, integer, text) is
    'Ends a session because a refresh token of it was replayed, and tells the trail what else was wrong.';
reset role;
--! EndIncluded auth/end_replayed.sql
--! Included auth/refresh_session.sql
-- Rotates a refresh token (RFC 9700 section 4.14.2). The server has checked the token's HMAC; the counter in it
-- says which of the session's tokens it is.
--
-- The newest token moves the session on. Its parent yields the same child until that was used (auth.is_replay), so that
-- a client which lost the answer gets it again, and two tabs which refresh at once both live. Anything older is a replay:
-- the session ends, and the trail says so. Nothing raises, because that end must be committed.
--
-- A replay is judged before all else that may be wrong with it. A thief has another browser more often than not, and
-- a ban that is lifted tomorrow does not make the token his.
--
-- A session that is bound to a key (RFC 9449) is refreshed by who proves to have it, and stays bound; one that is not is
-- not bound by a refresh either: whoever copied its token could claim it.
--
-- Outcomes: ok, reused, or what context.fault_of() says: ended, expired, key_mismatch, fingerprint_mismatch, user_banned, ….
set local role rowhouse_definer;
create or replace function auth.refresh_session(session uuid, counter integer, facts jsonb)
    returns table (outcome text, next_counter integer, user_id uuid, tenant_id uuid, expires_in integer, key_thumbprint text)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    known    auth.sessions;
    holder   context.holder;
    fault    text;
    replayed boolean;
begin
    select * into known from auth.sessions as candidate where candidate.id = refresh_session.session for update;
    if not found then
        perform audit.tally_stranger('auth.refresh_unknown', auth.network((facts ->> 'ip')::inet));
        outcome := 'ended';
        return next;
        return;
    end if;
    perform context.act(known.user_id, known.tenant_id, facts);
    -- The handle's digest is the key the door uses; the same live checks hold here.
    select (live.holder).* into holder from context.session_holders as live where live.digest = known.handle_digest;
    fault := context.fault_of(holder, facts);
    replayed := auth.is_replay(known, refresh_session.counter);
    outcome := case
        when fault = 'ended' then 'ended'
        when replayed then 'reused'
        else coalesce(fault, 'ok')
    end;

    if outcome = 'ok' and refresh_session.counter = known.counter then
        update auth.sessions as rotating set
            counter = known.counter + 1,
            rotated_at = now(),
            acknowledged_at = null,
            last_seen_at = now(),
            -- What an update of the browser made of it; a session that was begun without one stays without.
            user_agent = case when known.user_agent is not null then coalesce(facts ->> 'user_agent', known.user_agent) end,
            idle_expires_at = now() + coalesce(
                (select place.session_idle_minutes * interval '1 minute' from app.tenants as place where place.id = known.tenant_id),
                interval '7 days')
        where rotating.id = known.id
        returning * into known;
    elsif outcome = 'reused' then
        perform auth.end_replayed(known, refresh_session.counter, fault);
    elsif outcome <> 'ok' and audit.tally('auth.refresh_failed', known.id || ' ' || outcome) = 1 then
        -- A token of a session that is over can be shown for ever: an hour's first time is an event, all are counted.
        perform audit.record_event('auth.refresh_failed', known.tenant_id, jsonb_build_object(
            'session', known.id, 'outcome', outcome, 'replayed', replayed));
    end if;

    if outcome = 'ok' then
        next_counter := known.counter;
        user_id := known.user_id;
        tenant_id := known.tenant_id;
        key_thumbprint := known.key_thumbprint;
        select floor(extract(epoch from live.ends_at - now())) into expires_in
        from context.session_holders as live where live.digest = known.handle_digest;
    end if;
    return next;
end
$$;
grant execute on function auth.refresh_session(uuid, integer, jsonb) to rowhouse_auth;
comment on function auth.refresh_session(uuid, integer, jsonb) is
    'Rotates a refresh token, row locked. A replayed token ends the session, whatever else is wrong with it. Never raises for a refusal, so that the end commits.';
reset role;
--! EndIncluded auth/refresh_session.sql
--! Included auth/switch_tenant.sql
-- Opens a sibling of a session in another tenant of the same person: what they proved when they signed in is proven there
-- too, and no later. Nothing raises, because a failure must be committed too.
--
-- handle:   sha256 of the handle of the session that they are in
-- counter:  which of its refresh tokens was shown, if it was one; null for an access token
-- session:  the id of the session to make; opened: sha256 of its secret handle
--
-- The session that they are in has to be good in every respect, and stays. A replayed refresh token ends it as a theft.
-- Outcomes: what auth.open_session() says; unknown; no_session for an API key; account_required for a guest;
-- reused; what context.fault_of() says.
set local role rowhouse_definer;
create or replace function auth.switch_tenant(
    handle bytea, counter integer, session uuid, opened bytea, tenant_slug text, facts jsonb
) returns table (outcome text, result jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    current auth.sessions;
    holder  context.holder;
    fault   text;
    person  uuid;
begin
    select known.user_id into person from auth.sessions as known where known.handle_digest = sha256(handle);
    if not found then
        outcome := case when exists (select from context.api_key_holders as key where key.digest = sha256(handle))
            then 'no_session' else 'unknown' end;
        if outcome = 'unknown' then
            perform audit.tally_stranger('auth.switch_unknown', auth.network((facts ->> 'ip')::inet));
        end if;
        return next;
        return;
    end if;
    perform auth.lock_sessions(person);
    select * into strict current from auth.sessions as known where known.handle_digest = sha256(handle) for update;
    perform context.act(current.user_id, current.tenant_id, facts);
    select (known.holder).* into holder from context.session_holders as known where known.digest = current.handle_digest;
    fault := context.fault_of(holder, facts);
    outcome := case when fault is distinct from 'ended' and auth.is_replay(current, counter) then 'reused' else fault end;
    if outcome is null and exists (select from app.users as known where known.id = person and known.is_guest) then
        outcome := 'account_required';
    end if;

    if outcome = 'reused' then
        perform auth.end_replayed(current, counter, fault);
    elsif outcome is not null then
        if audit.tally('auth.switch_failed', current.id || ' ' || outcome) = 1 then
            perform audit.record_event('auth.switch_failed', current.tenant_id,
                jsonb_build_object('outcome', outcome, 'from', current.id));
        end if;
    else
        return query select tried.outcome, tried.result
            from auth.open_session(person, session, opened, tenant_slug, current.methods, facts, current.id) as tried;
        return;
    end if;
    return next;
end
$$;
grant execute on function auth.switch_tenant(bytea, integer, uuid, bytea, text, jsonb) to rowhouse_auth;
comment on function auth.switch_tenant(bytea, integer, uuid, bytea, text, jsonb) is
    'Opens a sibling session in another tenant of the person whose good session this is; no age and no proof is gained by it.';
reset role;
--! EndIncluded auth/switch_tenant.sql
--! Included auth/mail_invitation.sql
-- Queues the mail of an invitation. There is no link yet: the server makes it when it sends the mail (auth.arm_link),
-- so that nobody who can call the API's functions ever knows one, and nobody makes an account of another's address.
--
-- Of one invitation three mails an hour, of a tenant two hundred a day (RH473). Of all tenants together an address gets ten
-- an hour; what is beyond is not sent, and not told, because it would tell of the others.
set local role rowhouse_definer;
create or replace function auth.mail_invitation(invitation app.invitations) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    mail   constant uuid := uuidv7();
    locale text;
begin
    if (select count(*) >= 3 from auth.mail_tokens as sent
            where sent.invitation = mail_invitation.invitation.id and sent.created_at > now() - interval '1 hour')
        or (select count(*) >= 200 from auth.mail_tokens as sent
            where sent.invited_to = mail_invitation.invitation.tenant_id and sent.created_at > now() - interval '1 day')
    then
        raise exception using
            errcode = 'RH473',
            message = 'too many invitations were mailed lately',
            hint = 'An invitation is mailed three times an hour, and a company mails two hundred a day.';
    end if;
    insert into auth.mail_tokens (id, purpose, email, link_digest, code_digest, network, expires_at, invited_to, invitation)
        values (mail, 'invitation', mail_invitation.invitation.email, extensions.gen_random_bytes(32),
            extensions.gen_random_bytes(32), 'invitation', mail_invitation.invitation.expires_at,
            mail_invitation.invitation.tenant_id, mail_invitation.invitation.id);
    if (select count(*) > 10 from auth.mail_tokens as sent
        where sent.email = mail_invitation.invitation.email and sent.purpose = 'invitation'
            and sent.created_at > now() - interval '1 hour')
    then
        return;
    end if;
    select known.locale into locale from app.users as known
    where lower(known.email) = mail_invitation.invitation.email
        or known.id = mail_invitation.invitation.invited_by
    order by lower(known.email) = mail_invitation.invitation.email desc limit 1;
    perform auth.queue_mail(mail, 'tenant_invitation', mail_invitation.invitation.email, coalesce(locale, 'en'), null,
        context.claims());
end
$$;
comment on function auth.mail_invitation(app.invitations) is
    'Queues the mail of an invitation; RH473 where there were enough.';
reset role;
--! EndIncluded auth/mail_invitation.sql
--! Included auth/arm_link.sql
-- Gives the mail of an invitation, or of a company's deletion, its link, when it is about to be sent; one that was sent before by
-- this mail is good no more. False if what it is for is over meanwhile: then there is nothing to send.
--
-- link: the digest of the link's secret
set local role rowhouse_definer;
create or replace function auth.arm_link(mail uuid, link bytea) returns boolean
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    update auth.mail_tokens as token set link_digest = sha256(link)
    where token.id = mail and token.purpose in ('invitation', 'restore_tenant')
        and token.used_at is null and token.expires_at > now();
    return found;
end
$$;
grant execute on function auth.arm_link(uuid, bytea) to rowhouse_auth;
comment on function auth.arm_link(uuid, bytea) is
    'Gives the mail of an invitation or of a company''s deletion its link; false if that is over.';
reset role;
--! EndIncluded auth/arm_link.sql
--! Included auth/void_invitation.sql
-- Makes every link of an invitation worthless, and takes back the mails that are not sent yet. Under the turn of its address,
-- like all that is done with an invitation: first the turn, then the links, then the invitation.
set local role rowhouse_definer;
create or replace function auth.void_invitation(invitation uuid) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    with void as (
        update auth.mail_tokens as token set used_at = now()
        where token.invitation = void_invitation.invitation and token.used_at is null
        returning token.id
    )
    update auth.mails as mail set state = 'dead', settled_at = now(), last_error = 'the invitation is over'
    from void where mail.id = void.id and mail.state = 'pending'
$$;
comment on function auth.void_invitation(uuid) is
    'Makes every link of an invitation worthless, and takes back its mails that wait.';
reset role;
--! EndIncluded auth/void_invitation.sql
--! Included auth/accept_invitation.sql
-- Accepts an invitation by the link of its mail. Only the invited address can: somebody who has an account proves with a
-- session that it is theirs; somebody who has none gets one, with this password, because the link reached them there.
--
-- Everything is looked at as it is now: the tenant, the inviter, who must still hold what they promised, the teams that are
-- still there, of which they must still be who could bring somebody in, and the seats. A removed member comes back as what the invitation says, and their old sessions and keys stay over; a suspension is not
-- lifted by it, and nobody becomes an owner by it.
--
-- handle:        sha256 of the handle of a session, or null
-- person_name, password_hash, locale: of a new account, or null
--
-- Outcomes: ok, with {id, slug, name} of the tenant and the teams that they came into; invalid_token; another_person; sign_in_first; newcomer (name and
-- password are missing); already_member; membership_suspended; tenant_suspended, tenant_closed; inviter_may_not;
-- way_not_allowed, for a newcomer whom the tenant wants to come by a provider: they sign up there, and accept signed in; or
-- what auth.live_session() says. Nothing is used up by any but ok. Raises RH471 where every seat is taken.
set local role rowhouse_definer;
create or replace function auth.accept_invitation(
    link bytea, handle bytea, person_name text, password_hash text, locale text, facts jsonb
) returns table (outcome text, tenant jsonb, teams jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tried      record;
    invitation app.invitations;
    place      app.tenants;
    person     app.users;
    known      app.memberships;
    live       record;
    promised   text[];
    held       text[];
    team       app.invitation_teams;
begin
    select * into strict tried from auth.try_mail_token('invitation', link, null, null, facts);
    outcome := tried.outcome;
    if outcome = 'ok' then
        select * into invitation from app.invitations as open
        where open.tenant_id = (tried.token).invited_to and open.id = (tried.token).invitation
            and open.status = 'pending' and open.expires_at > now()
        for update;
        outcome := case when found then 'ok' else 'invalid_token' end;
    end if;
    if outcome <> 'ok' then
        return next;
        return;
    end if;

    select * into strict place from app.tenants as one where one.id = invitation.tenant_id;
    select * into person from app.users as one where lower(one.email) = invitation.email;
    if person.id is not null then
        select * into known from app.memberships as one
        where one.tenant_id = place.id and one.user_id = person.id for no key update;
    end if;
    perform from app.memberships as inviter
    where inviter.tenant_id = place.id and inviter.user_id = invitation.invited_by for share;
    select role.permissions into strict promised from app.roles as role
    where role.tenant_id = place.id and role.id = invitation.role_id;
    held := auth.held_by(place.id, invitation.invited_by);

    if handle is not null then
        select * into strict live from auth.live_session(handle, facts);
        outcome := case
            when live.outcome <> 'ok' then live.outcome
            when (live.session).user_id is distinct from person.id then 'another_person'
            else 'ok'
        end;
    elsif person.id is not null then
        outcome := 'sign_in_first';
    elsif person_name is null or password_hash is null then
        outcome := 'newcomer';
    end if;
    outcome := case
        when outcome <> 'ok' then outcome
        when place.status <> 'active' then 'tenant_' || place.status
        -- The password that they choose here, or the mailbox that they have shown, has to let them in afterwards.
        when person.id is null and not place.sign_in_ways && '{password,link}' then 'way_not_allowed'
        when known.status = 'active' then 'already_member'
        when known.status = 'suspended' then 'membership_suspended'
        when not (promised || '{manage_users}') <@ held then 'inviter_may_not'
        when not '{manage_teams}' <@ held and exists (
            select from app.invitation_teams as named
            where named.tenant_id = place.id and named.invitation_id = invitation.id and not exists (
                select from app.team_members as inviter
                where inviter.tenant_id = named.tenant_id and inviter.team_id = named.team_id
                    and inviter.user_id = invitation.invited_by and inviter.role = 'lead'
            )
        ) then 'inviter_may_not'
        else 'ok'
    end;
    if outcome <> 'ok' then
        return next;
        return;
    end if;

    if person.id is null then
        person.id := uuidv7();
        perform context.act(person.id, null, facts);
        insert into app.users (id, email, name, locale)
            values (person.id, invitation.email, btrim(person_name), accept_invitation.locale)
            returning * into person;
        insert into auth.passwords (user_id, hash) values (person.id, password_hash);
        perform auth.forget_registrations(person.email, person.id);
    end if;
    perform context.act(person.id, place.id, facts);
    if known.id is null then
        insert into app.memberships (tenant_id, user_id, role_id, display_name)
            values (place.id, person.id, invitation.role_id, person.name);
    else
        update auth.sessions as past set ended_at = now(), end_reason = 'revoked'
        where past.tenant_id = place.id and past.user_id = person.id and past.ended_at is null;
        update auth.api_keys as past set revoked_at = now()
        where past.tenant_id = place.id and past.user_id = person.id and past.revoked_at is null;
        update app.memberships as mine set status = 'active', role_id = invitation.role_id, is_owner = false
        where mine.tenant_id = place.id and mine.id = known.id;
    end if;
    for team in
        select * from app.invitation_teams as named where named.tenant_id = place.id and named.invitation_id = invitation.id
        order by named.team_id
    loop
        begin
            insert into app.team_members (tenant_id, team_id, user_id, role)
                values (place.id, team.team_id, person.id, team.role);
        exception when foreign_key_violation then
            -- Somebody removed the team in this very moment: like one that is long gone, it is not joined.
            null;
        end;
    end loop;
    update app.invitations as mine set status = 'accepted', accepted_by = person.id
    where mine.tenant_id = place.id and mine.id = invitation.id;
    perform auth.void_invitation(invitation.id);
    tenant := jsonb_build_object('id', place.id, 'slug', place.slug, 'name', place.name);
    select coalesce(jsonb_agg(jsonb_build_object('id', one.id, 'name', one.name, 'role', mine.role) order by one.name), '[]')
    into teams
    from app.team_members as mine
    join app.teams as one on one.tenant_id = mine.tenant_id and one.id = mine.team_id
    where mine.tenant_id = place.id and mine.user_id = person.id;
    return next;
end
$$;
grant execute on function auth.accept_invitation(bytea, bytea, text, text, text, jsonb) to rowhouse_auth;
comment on function auth.accept_invitation(bytea, bytea, text, text, text, jsonb) is
    'Makes the person whom an invitation was mailed to a member, also of the teams that it names, and an account for one who has none. Says why not by an outcome; raises RH471 where every seat is taken.';
reset role;
--! EndIncluded auth/accept_invitation.sql
--! Included auth/join_tenant.sql
-- Joins a tenant by one's proven address: its domain is the tenant's own, and the tenant lets its people in. The very
-- domain: who has a mailbox in one below it has none in this.
--
-- handle: sha256 of the handle of the session of whoever joins
-- Outcomes: ok, with {id, slug, name} of the tenant; already_member; cannot_join, for whatever reason, so that nobody learns
-- which companies there are, or which domains are theirs; or what auth.live_session() says. Who was removed or suspended
-- does not get back in this way. Raises RH471 where every seat is taken.
set local role rowhouse_definer;
create or replace function auth.join_tenant(handle bytea, tenant_slug text, facts jsonb)
    returns table (outcome text, tenant jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    live   record;
    person app.users;
    place  app.tenants;
    door   app.domains;
    known  app.memberships;
begin
    select * into strict live from auth.live_session(handle, facts);
    outcome := live.outcome;
    if outcome <> 'ok' then
        return next;
        return;
    end if;
    select * into strict person from app.users as one where one.id = (live.session).user_id;
    -- Somebody who presses the button twice takes turns with themselves.
    perform pg_advisory_xact_lock(hashtext('auth.mail_tokens'), hashtext(person.email));
    select * into place from app.tenants as one where lower(one.slug) = tenant_slug and one.status = 'active';
    select * into door from app.domains as one
    where one.tenant_id = place.id and one.domain = split_part(person.email, '@', 2)
        and one.admits and one.verified_at is not null;
    select * into known from app.memberships as one where one.tenant_id = place.id and one.user_id = person.id;
    outcome := case
        when known.status = 'active' then 'already_member'
        when door.id is null or known.id is not null then 'cannot_join'
        else 'ok'
    end;
    if outcome = 'ok' then
        perform context.act(person.id, place.id, facts);
        insert into app.memberships (tenant_id, user_id, role_id, display_name)
            values (place.id, person.id, door.role_id, person.name);
        perform audit.record_event('tenant.joined', place.id, jsonb_build_object('domain', door.id));
        tenant := jsonb_build_object('id', place.id, 'slug', place.slug, 'name', place.name);
    else
        perform audit.tally_stranger('tenant.join_failed', auth.network((facts ->> 'ip')::inet));
    end if;
    return next;
end
$$;
grant execute on function auth.join_tenant(bytea, text, jsonb) to rowhouse_auth;
comment on function auth.join_tenant(bytea, text, jsonb) is
    'Makes a signed-in person a member of a tenant that lets the people of their address''s domain in. Outcome: ok, already_member, cannot_join, or why the session will not do.';
reset role;
--! EndIncluded auth/join_tenant.sql
--! Included auth/end_sessions.sql
-- Signs out: the session with this handle, the user's others, or all of them. Nothing raises for a refusal, because
-- the end of a replayed session must be committed.
--
-- handle:  sha256 of the session's secret handle
-- scope:   current, others, all
-- counter: which of the session's refresh tokens was shown, if it was one; null for an access token
--
-- Who holds anything of a session may end it, whatever else is wrong. To reach the user's other sessions it must be
-- good: not expired, and shown by its own browser and with its own key. A replayed refresh token ends its session as a theft and no other.
--
-- Outcomes: ok; unknown; no_session for an API key; ended; reused; expired, key_mismatch, fingerprint_mismatch and other_tenant.
set local role rowhouse_definer;
create or replace function auth.end_sessions(handle bytea, scope text, facts jsonb, counter integer default null)
    returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    current auth.sessions;
    holder  context.holder;
    fault   text;
    outcome text;
    ended   integer;
begin
    if scope is null or scope not in ('current', 'others', 'all') then
        raise exception using errcode = 'RH400', message = 'scope is one of current, others, all';
    end if;
    if scope <> 'current' then
        perform auth.lock_sessions(session.user_id) from auth.sessions as session where session.handle_digest = sha256(handle);
    end if;
    select * into current from auth.sessions as session where session.handle_digest = sha256(handle) for update;
    if not found then
        if exists (select from context.api_key_holders as key where key.digest = sha256(handle)) then
            return 'no_session';
        end if;
        perform audit.tally_stranger('auth.logout_unknown', auth.network((facts ->> 'ip')::inet));
        return 'unknown';
    end if;
    perform context.act(current.user_id, current.tenant_id, facts);
    select (known.holder).* into holder from context.session_holders as known where known.digest = current.handle_digest;
    fault := context.fault_of(holder, facts);
    outcome := case
        when fault = 'ended' then 'ended'
        when auth.is_replay(current, counter) then 'reused'
        when scope <> 'current' and fault in ('expired', 'key_mismatch', 'fingerprint_mismatch', 'other_tenant') then fault
        else 'ok'
    end;

    if outcome = 'reused' then
        perform auth.end_replayed(current, counter, fault);
    elsif outcome <> 'ok' then
        if audit.tally('auth.logout_failed', current.id || ' ' || outcome) = 1 then
            perform audit.record_event('auth.logout_failed', current.tenant_id,
                jsonb_build_object('session', current.id, 'scope', scope, 'outcome', outcome));
        end if;
    else
        update auth.sessions as session set ended_at = now(), end_reason = 'logout'
        where session.user_id = current.user_id and session.ended_at is null
            and (scope = 'all' or (session.id = current.id) = (scope = 'current'));
        get diagnostics ended = row_count;
        perform audit.record_event('auth.logout', current.tenant_id,
            jsonb_build_object('session', current.id, 'scope', scope, 'ended', ended));
    end if;
    return outcome;
end
$$;
grant execute on function auth.end_sessions(bytea, text, jsonb, integer) to rowhouse_auth;
comment on function auth.end_sessions(bytea, text, jsonb, integer) is
    'Ends the session with this handle (current), the user''s other ones (others) or every one (all); returns the outcome. A dead or unknown handle ends nothing and says so.';
reset role;
--! EndIncluded auth/end_sessions.sql
--! Included auth/describe_session.sql
-- Who somebody is, for a front end that begins: through the door, with all its live checks, so it raises RH401 as the door
-- does; RH403 for an API key.
set local role rowhouse_definer;
create or replace function auth.describe_session(credential bytea, facts jsonb) returns jsonb
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    current uuid;
begin
    perform context.enter(credential, facts);
    current := context.require_session();
    return (
        select jsonb_build_object(
            'user', jsonb_build_object(
                'id', person.id, 'email', person.email, 'name', person.name, 'locale', person.locale, 'guest', person.is_guest),
            'tenant', case when tenant.id is not null then
                jsonb_build_object('id', tenant.id, 'slug', tenant.slug, 'name', tenant.name) end,
            'tenants', auth.list_tenants(person.id),
            'permissions', to_jsonb(context.permissions()),
            'amr', to_jsonb(session.methods),
            'auth_time', floor(extract(epoch from session.authenticated_at))::bigint,
            'expires_at', floor(extract(epoch from known.ends_at))::bigint
        )
        from auth.sessions as session
        join context.session_holders as known on known.digest = session.handle_digest
        join app.users as person on person.id = session.user_id
        left join app.tenants as tenant on tenant.id = session.tenant_id
        where session.id = current
    );
end
$$;
grant execute on function auth.describe_session(bytea, jsonb) to rowhouse_auth;
comment on function auth.describe_session(bytea, jsonb) is
    'User, tenant, tenants and permissions of a session, by what they signed in (amr), when (auth_time), and when it ends (expires_at). Raises RH401, and RH403 for an API key.';
reset role;
--! EndIncluded auth/describe_session.sql
--! Included auth/take_code.sql
-- Uses up what somebody showed as their second factor: a step of the clock, or a recovery code. Says which it was, or null
-- for neither. A step is good once and nothing older after it (RFC 6238 section 5.2), so a code that was looked at over a
-- shoulder is worth nothing.
--
-- step:     of the code, which the server found right with the seed; null if it did not
-- recovery: sha256 of what was shown
set local role rowhouse_definer;
create or replace function auth.take_code(person uuid, step bigint, recovery bytea) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    update auth.totp_factors as factor set last_step = take_code.step
    where factor.user_id = person and factor.confirmed_at is not null and take_code.step > factor.last_step;
    if found then
        return 'otp';
    end if;
    update auth.recovery_codes as code set used_at = now()
    where code.user_id = person and code.digest = sha256(recovery) and code.used_at is null
        and auth.has_second_factor(person);
    if not found then
        return null;
    end if;
    -- They are kept for the day that the app is lost: one that is used is used by the owner, or by a thief.
    perform auth.notify(person, 'recovery_code_used');
    return 'recovery';
end
$$;
comment on function auth.take_code(uuid, bigint, bytea) is
    'Uses up a step of the clock or a recovery code, each good once; says which it was, or null.';
reset role;
--! EndIncluded auth/take_code.sql
--! Included auth/begin_mfa.sql
-- The first half of showing a second factor: what the code is to be checked with, if it may be tried at all. Tries are counted
-- before they are checked, so that those at the same time count too: five for a sign-in, and for the account as many as
-- auth.throttle() allows, whichever password was used before.
--
-- token: sha256 of the mfaToken
-- Outcomes: ok; invalid for a token that is none, is over or was tried too often; throttled, for so many seconds.
set local role rowhouse_definer;
create or replace function auth.begin_mfa(token bytea, facts jsonb)
    returns table (outcome text, retry_after integer, factor uuid, seed text)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    asked auth.mfa_challenges;
begin
    select * into asked from auth.mfa_challenges as challenge
    where challenge.digest = sha256(token) and challenge.purpose = 'verify'
        and challenge.expires_at > now() and challenge.tries < 5
    for update;
    if not found then
        perform audit.tally_stranger('auth.mfa_unknown', auth.network((facts ->> 'ip')::inet));
        outcome := 'invalid';
        return next;
        return;
    end if;
    retry_after := auth.throttle('mfa ' || asked.user_id, 5);
    if retry_after > 0 then
        perform audit.tally_stranger('auth.login_throttled', auth.network((facts ->> 'ip')::inet));
        outcome := 'throttled';
    else
        outcome := 'ok';
        update auth.mfa_challenges as challenge set tries = challenge.tries + 1 where challenge.digest = asked.digest;
        select known.id, known.seed into factor, seed from auth.totp_factors as known
        where known.user_id = asked.user_id and known.confirmed_at is not null;
    end if;
    return next;
end
$$;
grant execute on function auth.begin_mfa(bytea, jsonb) to rowhouse_auth;
comment on function auth.begin_mfa(bytea, jsonb) is
    'Counts a try at a second factor and returns the (encrypted) seed to check the code with.';
reset role;
--! EndIncluded auth/begin_mfa.sql
--! Included auth/finish_mfa.sql
-- The second half: a code that was right becomes the session that the first factor alone did not. Nothing raises, because a
-- failure must be committed too.
--
-- token: sha256 of the mfaToken; step and recovery: see auth.take_code(); session and handle: of the session to make
-- Outcomes: invalid for a token that is none any more; invalid_code; or what auth.open_session() says.
set local role rowhouse_definer;
create or replace function auth.finish_mfa(
    token bytea, step bigint, recovery bytea, session uuid, handle bytea, facts jsonb
) returns table (outcome text, result jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    asked auth.mfa_challenges;
    shown text;
begin
    select * into asked from auth.mfa_challenges as challenge
    where challenge.digest = sha256(token) and challenge.purpose = 'verify' and challenge.expires_at > now()
    for update;
    if not found then
        outcome := 'invalid';
        return next;
        return;
    end if;
    perform context.act(asked.user_id, null, facts);
    shown := auth.take_code(asked.user_id, step, recovery);
    if shown is null then
        perform audit.record_event('auth.mfa_failed', null, jsonb_build_object('methods', asked.methods));
        outcome := 'invalid_code';
        return next;
        return;
    end if;
    delete from auth.mfa_challenges as challenge where challenge.digest = asked.digest;
    perform auth.forgive('mfa ' || asked.user_id);
    return query select opened.outcome, opened.result from auth.open_session(
        asked.user_id, session, handle, asked.tenant_slug,
        asked.methods || case shown when 'otp' then '{otp,mfa}'::text[] else '{mfa}' end, facts, way => asked.way
    ) as opened;
end
$$;
grant execute on function auth.finish_mfa(bytea, bigint, bytea, uuid, bytea, jsonb) to rowhouse_auth;
comment on function auth.finish_mfa(bytea, bigint, bytea, uuid, bytea, jsonb) is
    'Turns a checked second factor into the session that was asked for, or into a failure in the trail.';
reset role;
--! EndIncluded auth/finish_mfa.sql
--! Included auth/enrolling.sql
-- Who is setting up a second factor: whoever is signed in and proved it lately, or was asked for one while signing in.
--
-- handle: sha256 of a session's handle, or null; token: sha256 of an mfaToken whose purpose is enrol, or null
-- kind: totp, of which there is one a person, or passkey. Such a token proves a first factor only: whoever has a second one by
-- now, of either kind, adds none with it.
-- Outcomes: ok; invalid for a token that is none; step_up_required; exists for who has one; or what auth.live_session() says.
set local role rowhouse_definer;
create or replace function auth.enrolling(handle bytea, token bytea, facts jsonb, kind text default 'totp')
    returns table (outcome text, person uuid, session auth.sessions, asked auth.mfa_challenges)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    live record;
begin
    if handle is not null then
        select * into live from auth.live_session(handle, facts);
        outcome := live.outcome;
        session := live.session;
        if outcome = 'ok' and not auth.is_fresh(session) then
            outcome := 'step_up_required';
            perform audit.record_event('auth.step_up_required', session.tenant_id, '{"for": "setting up a second factor"}');
        end if;
        person := session.user_id;
    else
        select * into asked from auth.mfa_challenges as challenge
        where challenge.digest = sha256(token) and challenge.purpose = 'enrol' and challenge.expires_at > now()
        for update;
        outcome := case when found then 'ok' else 'invalid' end;
        if outcome = 'invalid' then
            perform audit.tally_stranger('auth.mfa_unknown', auth.network((facts ->> 'ip')::inet));
        end if;
        person := asked.user_id;
        if outcome = 'ok' then
            perform context.act(person, null, facts);
        end if;
    end if;
    if outcome = 'ok' and (handle is null and auth.has_second_factor(person) or kind = 'totp' and exists (
        select from auth.totp_factors as known where known.user_id = person and known.confirmed_at is not null
    )) then
        outcome := 'exists';
    end if;
    return next;
end
$$;
comment on function auth.enrolling(bytea, bytea, jsonb, text) is
    'Who is setting up a second factor, by a session that is fresh or by the token of a sign-in that wants one.';
reset role;
--! EndIncluded auth/enrolling.sql
--! Included auth/enrol_totp.sql
-- Keeps a seed that is not proven yet; it replaces one that never was. It counts for nothing until auth.confirm_totp().
--
-- factor: an id that the server made, to which the seed's encryption is bound
-- Returns the outcome (auth.enrolling) and the address that an app shows beside the code.
set local role rowhouse_definer;
create or replace function auth.enrol_totp(handle bytea, token bytea, factor uuid, seed text, facts jsonb)
    returns table (outcome text, email text)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    who record;
begin
    select * into who from auth.enrolling(handle, token, facts);
    outcome := who.outcome;
    if outcome = 'ok' then
        delete from auth.totp_factors as unproven where unproven.user_id = who.person and unproven.confirmed_at is null;
        insert into auth.totp_factors (id, user_id, seed) values (factor, who.person, enrol_totp.seed);
        select known.email into email from app.users as known where known.id = who.person;
    end if;
    return next;
end
$$;
grant execute on function auth.enrol_totp(bytea, bytea, uuid, text, jsonb) to rowhouse_auth;
comment on function auth.enrol_totp(bytea, bytea, uuid, text, jsonb) is
    'Keeps the (encrypted) seed of a second factor that is not proven yet.';
reset role;
--! EndIncluded auth/enrol_totp.sql
--! Included auth/begin_confirmation.sql
-- What the first code of a new second factor is to be checked with. Counted like every try.
set local role rowhouse_definer;
create or replace function auth.begin_confirmation(handle bytea, token bytea, facts jsonb)
    returns table (outcome text, retry_after integer, factor uuid, seed text)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    who record;
begin
    select * into who from auth.enrolling(handle, token, facts);
    outcome := who.outcome;
    if outcome = 'ok' then
        retry_after := auth.throttle('mfa ' || who.person, 5);
        select known.id, known.seed into factor, seed from auth.totp_factors as known where known.user_id = who.person;
        outcome := case when retry_after > 0 then 'throttled' when factor is null then 'not_enrolled' else 'ok' end;
        if retry_after > 0 then
            perform audit.tally_stranger('auth.login_throttled', auth.network((facts ->> 'ip')::inet));
        end if;
    end if;
    return next;
end
$$;
grant execute on function auth.begin_confirmation(bytea, bytea, jsonb) to rowhouse_auth;
comment on function auth.begin_confirmation(bytea, bytea, jsonb) is
    'Counts a try at the first code of a new second factor and returns the (encrypted) seed to check it with.';
reset role;
--! EndIncluded auth/begin_confirmation.sql
--! Included auth/confirm_totp.sql
-- Switches a second factor on, whose first code was right, and keeps the digests of its recovery codes. Whoever was asked for
-- it while signing in gets the session; whoever had one has proved it anew.
--
-- factor and step: as the code was checked; null for a wrong one
-- Outcomes: as auth.enrolling(); invalid_code; or what auth.open_session() says.
set local role rowhouse_definer;
create or replace function auth.confirm_totp(
    handle bytea, token bytea, factor uuid, step bigint, recovery bytea[], session uuid, session_handle bytea, facts jsonb
) returns table (outcome text, result jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    who record;
begin
    select * into who from auth.enrolling(handle, token, facts);
    if who.outcome <> 'ok' then
        outcome := who.outcome;
        return next;
        return;
    end if;
    update auth.totp_factors as proven set confirmed_at = now(), last_step = confirm_totp.step
    where proven.user_id = who.person and proven.id = factor and proven.confirmed_at is null and step is not null;
    if not found then
        perform audit.record_event('auth.mfa_failed', null, jsonb_build_object('enrolling', true));
        outcome := 'invalid_code';
        return next;
        return;
    end if;
    delete from auth.recovery_codes as old where old.user_id = who.person;
    insert into auth.recovery_codes (user_id, digest) select who.person, sha256(code) from unnest(recovery) as code;
    perform auth.forgive('mfa ' || who.person);
    perform auth.notify(who.person, 'second_factor_added');
    perform audit.record_event('auth.mfa_enrolled', null, jsonb_build_object('factor', factor));
    if token is not null and handle is null then
        delete from auth.mfa_challenges as challenge where challenge.digest = sha256(token);
        return query select opened.outcome, opened.result from auth.open_session(
            who.person, session, session_handle, (who.asked).tenant_slug, (who.asked).methods || '{otp,mfa}', facts,
            way => (who.asked).way
        ) as opened;
        return;
    end if;
    update auth.sessions as own set
        authenticated_at = now(),
        methods = array(select distinct unnest(own.methods || '{otp,mfa}'::text[]) order by 1)
    where own.id = (who.session).id;
    outcome := 'ok';
    return next;
end
$$;
grant execute on function auth.confirm_totp(bytea, bytea, uuid, bigint, bytea[], uuid, bytea, jsonb) to rowhouse_auth;
comment on function auth.confirm_totp(bytea, bytea, uuid, bigint, bytea[], uuid, bytea, jsonb) is
    'Switches a second factor on and keeps the digests of its recovery codes.';
reset role;
--! EndIncluded auth/confirm_totp.sql
--! Included auth/remove_totp.sql
-- Takes the second factor away from who is signed in and proved it lately; its recovery codes too, unless passkeys stay, for
-- which they are good as well.
--
-- Outcomes: ok; not_enrolled; step_up_required; or what auth.live_session() says.
set local role rowhouse_definer;
create or replace function auth.remove_totp(handle bytea, facts jsonb) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    live record;
begin
    select * into live from auth.live_session(handle, facts);
    if live.outcome <> 'ok' then
        return live.outcome;
    end if;
    if not auth.is_fresh(live.session) then
        perform audit.record_event('auth.step_up_required', (live.session).tenant_id, '{"for": "removing a second factor"}');
        return 'step_up_required';
    end if;
    delete from auth.totp_factors as gone where gone.user_id = (live.session).user_id;
    if not found then
        return 'not_enrolled';
    end if;
    if not auth.has_second_factor((live.session).user_id) then
        delete from auth.recovery_codes as gone where gone.user_id = (live.session).user_id;
    end if;
    perform auth.notify((live.session).user_id, 'second_factor_removed');
    perform audit.record_event('auth.mfa_removed', null, null);
    return 'ok';
end
$$;
grant execute on function auth.remove_totp(bytea, jsonb) to rowhouse_auth;
comment on function auth.remove_totp(bytea, jsonb) is
    'Removes the caller''s second factor, and its recovery codes unless passkeys stay; wants a fresh sign-in.';
reset role;
--! EndIncluded auth/remove_totp.sql
--! Included auth/begin_step_up.sql
-- The first half of proving anew who one is: what the password or the code is to be checked with. Who has a second factor
-- shows that: a password alone may be somebody else's by now.
--
-- Outcomes: ok; throttled, for so many seconds; code_required for who has a second factor and came without a code;
-- password_required for who has none and came with one; or what auth.live_session() says.
set local role rowhouse_definer;
create or replace function auth.begin_step_up(handle bytea, by_code boolean, facts jsonb)
    returns table (outcome text, retry_after integer, password_hash text, factor uuid, seed text)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    live       record;
    has_factor boolean;
begin
    select * into live from auth.live_session(handle, facts);
    outcome := live.outcome;
    if outcome = 'ok' then
        select known.id, known.seed into factor, seed from auth.totp_factors as known
        where known.user_id = (live.session).user_id and known.confirmed_at is not null;
        has_factor := auth.has_second_factor((live.session).user_id);
        outcome := case
            when has_factor and not by_code then 'code_required'
            when by_code and not has_factor then 'password_required'
            else 'ok'
        end;
    end if;
    if outcome = 'ok' then
        retry_after := auth.throttle('mfa ' || (live.session).user_id, 5);
        if retry_after > 0 then
            outcome := 'throttled';
            perform audit.tally_stranger('auth.login_throttled', auth.network((facts ->> 'ip')::inet));
        elsif not by_code then
            select known.hash into password_hash from auth.passwords as known where known.user_id = (live.session).user_id;
        end if;
    end if;
    return next;
end
$$;
grant execute on function auth.begin_step_up(bytea, boolean, jsonb) to rowhouse_auth;
comment on function auth.begin_step_up(bytea, boolean, jsonb) is
    'Counts a try at stepping up and returns what the password or the code is to be checked with.';
reset role;
--! EndIncluded auth/begin_step_up.sql
--! Included auth/finish_step_up.sql
-- The second half: who proved it has a fresh session for ten minutes. A failure is in the trail, and commits.
--
-- verified: whether the password was right; step and recovery: see auth.take_code()
-- Outcomes: ok; invalid; or what auth.live_session() says. With ok, when it was.
set local role rowhouse_definer;
create or replace function auth.finish_step_up(handle bytea, verified boolean, step bigint, recovery bytea, facts jsonb)
    returns table (outcome text, authenticated_at timestamptz)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    live   record;
    person uuid;
    shown  text;
begin
    select * into live from auth.live_session(handle, facts);
    outcome := live.outcome;
    if outcome <> 'ok' then
        return next;
        return;
    end if;
    person := (live.session).user_id;
    -- A password is no longer enough from the moment on that there is a second factor.
    shown := case
        when verified and not auth.has_second_factor(person) then 'pwd'
        else auth.take_code(person, step, recovery)
    end;
    if shown is null then
        perform audit.record_event('auth.step_up_failed', (live.session).tenant_id, null);
        outcome := 'invalid';
        return next;
        return;
    end if;
    perform auth.forgive('mfa ' || person);
    update auth.sessions as own set
        authenticated_at = now(),
        methods = case when shown = 'pwd' then own.methods
            else array(select distinct unnest(own.methods || case shown when 'otp' then '{otp,mfa}'::text[] else '{mfa}' end) order by 1) end
    where own.id = (live.session).id
    returning own.authenticated_at into authenticated_at;
    perform audit.record_event('auth.step_up', (live.session).tenant_id, jsonb_build_object('by', shown));
    return next;
end
$$;
grant execute on function auth.finish_step_up(bytea, boolean, bigint, bytea, jsonb) to rowhouse_auth;
comment on function auth.finish_step_up(bytea, boolean, bigint, bytea, jsonb) is
    'Makes a session fresh for ten minutes, for who proved anew who they are.';
reset role;
--! EndIncluded auth/finish_step_up.sql
--! Included auth/passkey_methods.sql
-- What a passkey proves, in the words of RFC 8176: a key that never leaves its device (hwk) or one that a service copies to others
-- (swk), whose authenticator verified its user. That is two factors: what somebody has, and what they know or are.
create or replace function auth.passkey_methods(passkey auth.passkeys) returns text[]
    language sql immutable parallel safe security invoker
    return array[case when passkey.backup_eligible then 'swk' else 'hwk' end, 'user', 'mfa'];
grant execute on function auth.passkey_methods(auth.passkeys) to rowhouse_definer;
comment on function auth.passkey_methods(auth.passkeys) is
    'What a passkey proves, in the words of RFC 8176: hwk or swk, and that its authenticator verified its user.';
--! EndIncluded auth/passkey_methods.sql
--! Included auth/take_passkey_challenge.sql
-- Uses up a challenge. It is good once, for five minutes, for one purpose and for whoever it was made for, whatever comes of it.
--
-- challenge: sha256 of its bytes; bound_to: sha256 of the session's handle or of the mfaToken it was made for; null for none
set local role rowhouse_definer;
create or replace function auth.take_passkey_challenge(challenge bytea, purpose text, bound_to bytea, facts jsonb)
    returns boolean
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    delete from auth.passkey_challenges as made
    where made.digest = sha256(challenge) and made.purpose = take_passkey_challenge.purpose
        and made.bound_to is not distinct from sha256(take_passkey_challenge.bound_to) and made.expires_at > now();
    if found then
        return true;
    end if;
    perform audit.tally_stranger('auth.passkey_challenge_unknown', auth.network((facts ->> 'ip')::inet));
    return false;
end
$$;
comment on function auth.take_passkey_challenge(bytea, text, bytea, jsonb) is
    'Uses up a challenge that an authenticator signed; false for one that is over, used, or made for something or somebody else.';
reset role;
--! EndIncluded auth/take_passkey_challenge.sql
--! Included auth/ask_passkey.sql
-- Keeps a challenge for an authenticator to sign, and says which passkeys are meant. Signing in names nobody: the passkey does,
-- so nobody learns who has one. Elsewhere the passkeys are listed for who showed a password, or is signed in.
--
-- challenge: sha256 of its bytes; purpose: register, sign_in, second_factor, step_up
-- handle: sha256 of a session's handle, or null; token: sha256 of an mfaToken, or null
-- Outcomes: ok; none for who has no passkey to show; full for who has twenty and wants another; invalid for an mfaToken that is
-- none; step_up_required and exists as auth.enrolling() says; or what auth.live_session() says. With ok, for whom, and their
-- passkeys as {id (base64url), transports}.
set local role rowhouse_definer;
create or replace function auth.ask_passkey(challenge bytea, purpose text, handle bytea, token bytea, facts jsonb)
    returns table (outcome text, person uuid, email text, name text, passkeys jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    live record;
begin
    outcome := 'ok';
    if purpose = 'register' then
        select asking.outcome, asking.person into outcome, person from auth.enrolling(handle, token, facts, 'passkey') as asking;
    elsif purpose = 'second_factor' then
        select asked.user_id into person from auth.mfa_challenges as asked
        where asked.digest = sha256(token) and asked.purpose = 'verify' and asked.expires_at > now() and asked.tries < 5;
        if person is null then
            perform audit.tally_stranger('auth.mfa_unknown', auth.network((facts ->> 'ip')::inet));
            outcome := 'invalid';
        end if;
    elsif purpose = 'step_up' then
        select * into strict live from auth.live_session(handle, facts);
        outcome := live.outcome;
        person := (live.session).user_id;
    end if;
    if outcome = 'ok' and person is not null then
        select known.email, known.name into email, name from app.users as known where known.id = person;
        select jsonb_agg(
            jsonb_build_object(
                'id', translate(rtrim(encode(mine.credential_id, 'base64'), '='), E'+/\n', '-_'), 'transports', mine.transports
            ) order by mine.id
        ) into passkeys from auth.passkeys as mine where mine.user_id = person;
        outcome := case
            when purpose = 'register' and jsonb_array_length(passkeys) >= 20 then 'full'
            when purpose <> 'register' and passkeys is null then 'none'
            else 'ok'
        end;
        passkeys := coalesce(passkeys, '[]');
    end if;
    if outcome = 'ok' then
        delete from auth.passkey_challenges as over where over.expires_at < now() - interval '1 hour';
        insert into auth.passkey_challenges (digest, purpose, bound_to)
            values (sha256(challenge), ask_passkey.purpose, sha256(coalesce(handle, token)));
    end if;
    return next;
end
$$;
grant execute on function auth.ask_passkey(bytea, text, bytea, bytea, jsonb) to rowhouse_auth;
comment on function auth.ask_passkey(bytea, text, bytea, bytea, jsonb) is
    'Keeps a challenge for an authenticator to sign and says which passkeys are meant; when signing in, nobody''s.';
reset role;
--! EndIncluded auth/ask_passkey.sql
--! Included auth/add_passkey.sql
-- Keeps a new passkey, whose first answer the server found right. It is a way in and a second factor from now on, so its owner is
-- told by mail; who has no recovery codes left gets some, for the day when it is lost. Whoever was asked for a second factor while
-- signing in gets the session; whoever had one has proved it anew.
--
-- handle, token: as for auth.enrolling(); challenge: sha256 of the bytes that were signed
-- credential, public_key: of the authenticator, null if its answer does not hold
-- about: {counter, transports, aaguid, backup_eligible, backed_up}; recovery: digests of codes; mail: the id of the notice
-- Outcomes: as auth.ask_passkey(); challenge_invalid; refused; taken for a credential that is known; or what auth.open_session()
-- says. With ok the passkey, whether the recovery codes were kept, and what auth.open_session() gave.
set local role rowhouse_definer;
create or replace function auth.add_passkey(
    handle bytea, token bytea, challenge bytea, credential bytea, public_key bytea, about jsonb, name text, recovery bytea[],
    mail uuid, session uuid, session_handle bytea, facts jsonb
) returns table (outcome text, passkey jsonb, codes_kept boolean, result jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    who    record;
    person app.users;
    made   auth.passkeys;
    shown  text[];
begin
    -- Before any row, as who takes a passkey away does; so nobody has a twenty-first.
    perform auth.lock_ways_in(known.user_id) from auth.sessions as known where known.handle_digest = sha256(handle);
    perform auth.lock_ways_in(known.user_id) from auth.mfa_challenges as known where known.digest = sha256(token);
    select * into who from auth.enrolling(handle, token, facts, 'passkey');
    outcome := who.outcome;
    if outcome = 'ok' and not auth.take_passkey_challenge(challenge, 'register', coalesce(handle, token), facts) then
        outcome := 'challenge_invalid';
    end if;
    if outcome = 'ok' and credential is null then
        perform audit.record_event('auth.passkey_refused', null, '{"reason": "not_made"}');
        outcome := 'refused';
    end if;
    if outcome = 'ok' and (select count(*) >= 20 from auth.passkeys as mine where mine.user_id = who.person) then
        outcome := 'full';
    end if;
    if outcome = 'ok' then
        insert into auth.passkeys (
            user_id, credential_id, public_key, counter, transports, aaguid, backup_eligible, backed_up, name
        ) values (
            who.person, credential, add_passkey.public_key, (about ->> 'counter')::bigint,
            array(select jsonb_array_elements_text(about -> 'transports')), (about ->> 'aaguid')::uuid,
            (about ->> 'backup_eligible')::boolean, (about ->> 'backed_up')::boolean,
            case when app.is_name(add_passkey.name) then btrim(add_passkey.name) else 'Passkey' end
        ) on conflict (credential_id) do nothing
        returning * into made;
        if made.id is null then
            outcome := 'taken';
        end if;
    end if;
    if outcome <> 'ok' then
        return next;
        return;
    end if;

    codes_kept := not exists (
        select from auth.recovery_codes as left_over where left_over.user_id = who.person and left_over.used_at is null
    );
    if codes_kept then
        delete from auth.recovery_codes as used where used.user_id = who.person;
        insert into auth.recovery_codes (user_id, digest) select who.person, sha256(code) from unnest(recovery) as code;
    end if;
    select * into strict person from app.users as known where known.id = who.person;
    perform auth.queue_mail(mail, 'passkey_added', person.email, person.locale, null, facts);
    perform audit.record_event('auth.mfa_enrolled', null, jsonb_build_object('passkey', made.id));
    passkey := jsonb_build_object('id', made.id, 'name', made.name, 'synced', made.backup_eligible, 'createdAt', made.created_at);
    shown := auth.passkey_methods(made);
    if token is not null and handle is null then
        delete from auth.mfa_challenges as asked where asked.digest = sha256(token);
        select opened.outcome, opened.result into outcome, result from auth.open_session(
            person.id, session, session_handle, (who.asked).tenant_slug, (who.asked).methods || shown, facts,
            way => (who.asked).way
        ) as opened;
    else
        update auth.sessions as own set
            authenticated_at = now(),
            methods = array(select distinct unnest(own.methods || shown) order by 1)
        where own.id = (who.session).id;
    end if;
    return next;
end
$$;
grant execute on function auth.add_passkey(bytea, bytea, bytea, bytea, bytea, jsonb, text, bytea[], uuid, uuid, bytea, jsonb)
    to rowhouse_auth;
comment on function auth.add_passkey(bytea, bytea, bytea, bytea, bytea, jsonb, text, bytea[], uuid, uuid, bytea, jsonb) is
    'Keeps a new passkey, and recovery codes for who has none; tells its owner by mail.';
reset role;
--! EndIncluded auth/add_passkey.sql
--! Included auth/begin_passkey.sql
-- The first half of showing a passkey: with which key the answer is to be checked, if it may be tried at all. The challenge is
-- used up here, whatever comes of it. Nobody can guess an answer; tries are counted all the same, because each costs the
-- server a signature to check: when signing in for the passkey and network, elsewhere as tries at a second factor.
--
-- purpose: sign_in, second_factor (with token, sha256 of the mfaToken) or step_up (with handle, sha256 of the session's)
-- challenge: sha256 of the bytes that were signed; credential: the id that the authenticator gives
-- Outcomes: ok; challenge_invalid; refused for a credential that nobody knows, or not of this person; throttled, for so many
-- seconds; invalid for an mfaToken that is none; or what auth.live_session() says.
set local role rowhouse_definer;
create or replace function auth.begin_passkey(
    purpose text, challenge bytea, credential bytea, handle bytea, token bytea, facts jsonb
) returns table (outcome text, retry_after integer, passkey uuid, person uuid, public_key bytea)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    network constant text := auth.network((facts ->> 'ip')::inet);
    live    record;
    asked   auth.mfa_challenges;
    known   auth.passkeys;
begin
    outcome := 'ok';
    if purpose = 'second_factor' then
        select * into asked from auth.mfa_challenges as challenge
        where challenge.digest = sha256(token) and challenge.purpose = 'verify'
            and challenge.expires_at > now() and challenge.tries < 5
        for update;
        if not found then
            perform audit.tally_stranger('auth.mfa_unknown', network);
            outcome := 'invalid';
        end if;
        person := asked.user_id;
    elsif purpose = 'step_up' then
        select * into strict live from auth.live_session(handle, facts);
        outcome := live.outcome;
        person := (live.session).user_id;
    end if;
    if outcome = 'ok' and not auth.take_passkey_challenge(challenge, begin_passkey.purpose, coalesce(handle, token), facts) then
        outcome := 'challenge_invalid';
    end if;
    if outcome <> 'ok' then
        return next;
        return;
    end if;

    select * into known from auth.passkeys as shown where shown.credential_id = begin_passkey.credential;
    if purpose = 'sign_in' then
        person := known.user_id;
        if person is null then
            perform audit.tally_stranger('auth.passkey_unknown', network);
            outcome := 'refused';
            return next;
            return;
        end if;
        retry_after := auth.throttle('passkey ' || known.id || ' ' || network, 5);
    else
        retry_after := auth.throttle('mfa ' || person, 5);
    end if;
    if retry_after > 0 then
        perform audit.tally_stranger('auth.login_throttled', network);
        outcome := 'throttled';
        return next;
        return;
    end if;
    update auth.mfa_challenges as challenge set tries = challenge.tries + 1 where challenge.digest = asked.digest;
    if known.user_id is distinct from person then
        perform context.act(person, null, facts);
        perform audit.record_event('auth.passkey_refused', null, jsonb_build_object('reason', 'not_theirs', 'for', purpose));
        outcome := 'refused';
    else
        passkey := known.id;
        public_key := known.public_key;
    end if;
    return next;
end
$$;
grant execute on function auth.begin_passkey(text, bytea, bytea, bytea, bytea, jsonb) to rowhouse_auth;
comment on function auth.begin_passkey(text, bytea, bytea, bytea, bytea, jsonb) is
    'Uses up the challenge, counts the try and returns the public key to check an authenticator''s answer with.';
reset role;
--! EndIncluded auth/begin_passkey.sql
--! Included auth/use_passkey.sql
-- Notes that a passkey was shown, if its answer holds, and says what that proves; null if it does not hold. The trail has why.
--
-- A counter that does not grow, where either has one, is that of a copy: whoever holds the other one has the key too. Of two at
-- once with one counter, one gets in. Whether a key may be copied to other devices never changes (WebAuthn section 7.2).
--
-- answer: {verified, counter, backup_eligible, backed_up}, of which verified is the server's word
set local role rowhouse_definer;
create or replace function auth.use_passkey(passkey uuid, answer jsonb, facts jsonb) returns text[]
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    known  auth.passkeys;
    count  constant bigint := (answer ->> 'counter')::bigint;
    reason text;
begin
    select * into known from auth.passkeys as shown where shown.id = passkey for update;
    if not found then
        return null;
    end if;
    perform context.act(known.user_id, null, facts);
    reason := case
        when (answer ->> 'verified')::boolean is not true then 'answer_does_not_hold'
        when (answer ->> 'backup_eligible')::boolean is distinct from known.backup_eligible then 'another_authenticator'
        when greatest(count, known.counter) > 0 and count <= known.counter then 'counter_went_back'
    end;
    if reason is not null then
        perform audit.record_event('auth.passkey_refused', null, jsonb_strip_nulls(jsonb_build_object(
            'passkey', known.id, 'reason', reason,
            'known', case reason when 'counter_went_back' then known.counter end,
            'shown', case reason when 'counter_went_back' then count end)));
        return null;
    end if;
    update auth.passkeys as used set
        counter = count, backed_up = (answer ->> 'backed_up')::boolean, last_used_at = now()
    where used.id = known.id;
    return auth.passkey_methods(known);
end
$$;
comment on function auth.use_passkey(uuid, jsonb, jsonb) is
    'Notes that a passkey was shown and returns what that proves; null, and a line in the trail, if its answer does not hold or it was copied.';
reset role;
--! EndIncluded auth/use_passkey.sql
--! Included auth/finish_passkey_login.sql
-- The second half of signing in with a passkey and nothing else. Nothing raises, because a failure must be committed too.
--
-- passkey: from auth.begin_passkey(); answer: see auth.use_passkey(); session, handle, tenant_slug: as for auth.open_session()
-- Outcomes: refused; or what auth.open_session() says.
set local role rowhouse_definer;
create or replace function auth.finish_passkey_login(
    passkey uuid, answer jsonb, session uuid, handle bytea, tenant_slug text, facts jsonb
) returns table (outcome text, result jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    shown  constant text[] := auth.use_passkey(passkey, answer, facts);
    person uuid;
begin
    if shown is null then
        outcome := 'refused';
        return next;
        return;
    end if;
    select known.user_id into strict person from auth.passkeys as known where known.id = passkey;
    perform auth.forgive('passkey ' || passkey || ' ' || auth.network((facts ->> 'ip')::inet));
    return query select opened.outcome, opened.result
        from auth.open_session(person, session, handle, tenant_slug, shown, facts) as opened;
end
$$;
grant execute on function auth.finish_passkey_login(uuid, jsonb, uuid, bytea, text, jsonb) to rowhouse_auth;
comment on function auth.finish_passkey_login(uuid, jsonb, uuid, bytea, text, jsonb) is
    'Turns a checked passkey into a session, or into a failure in the trail. Never raises for a refusal, so that both commit.';
reset role;
--! EndIncluded auth/finish_passkey_login.sql
--! Included auth/finish_passkey_mfa.sql
-- The second half of showing a passkey after a password: it becomes the session that the first factor alone did not.
--
-- token: sha256 of the mfaToken; passkey: from auth.begin_passkey(); answer: see auth.use_passkey()
-- Outcomes: invalid for a token that is none any more; refused; or what auth.open_session() says.
set local role rowhouse_definer;
create or replace function auth.finish_passkey_mfa(
    token bytea, passkey uuid, answer jsonb, session uuid, handle bytea, facts jsonb
) returns table (outcome text, result jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    asked auth.mfa_challenges;
    shown text[];
begin
    select * into asked from auth.mfa_challenges as challenge
    where challenge.digest = sha256(token) and challenge.purpose = 'verify' and challenge.expires_at > now()
    for update;
    if not found then
        outcome := 'invalid';
        return next;
        return;
    end if;
    if exists (select from auth.passkeys as known where known.id = passkey and known.user_id = asked.user_id) then
        shown := auth.use_passkey(passkey, answer, facts);
    end if;
    if shown is null then
        outcome := 'refused';
        return next;
        return;
    end if;
    delete from auth.mfa_challenges as challenge where challenge.digest = asked.digest;
    perform auth.forgive('mfa ' || asked.user_id);
    return query select opened.outcome, opened.result
        from auth.open_session(asked.user_id, session, handle, asked.tenant_slug, asked.methods || shown, facts, way => asked.way) as opened;
end
$$;
grant execute on function auth.finish_passkey_mfa(bytea, uuid, jsonb, uuid, bytea, jsonb) to rowhouse_auth;
comment on function auth.finish_passkey_mfa(bytea, uuid, jsonb, uuid, bytea, jsonb) is
    'Turns a passkey that was shown after a password into the session that was asked for, or into a failure in the trail.';
reset role;
--! EndIncluded auth/finish_passkey_mfa.sql
--! Included auth/finish_passkey_step_up.sql
-- The second half of proving anew who one is with a passkey. A failure is in the trail, and commits.
--
-- handle: sha256 of the session's handle; passkey: from auth.begin_passkey(); answer: see auth.use_passkey()
-- Outcomes: ok; refused; or what auth.live_session() says. With ok, when it was.
set local role rowhouse_definer;
create or replace function auth.finish_passkey_step_up(handle bytea, passkey uuid, answer jsonb, facts jsonb)
    returns table (outcome text, authenticated_at timestamptz)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    live  record;
    shown text[];
begin
    -- The passkey before the session, as signing in takes them.
    perform from auth.passkeys as known where known.id = passkey for update;
    select * into strict live from auth.live_session(handle, facts);
    outcome := live.outcome;
    if outcome <> 'ok' then
        return next;
        return;
    end if;
    if exists (select from auth.passkeys as known where known.id = passkey and known.user_id = (live.session).user_id) then
        shown := auth.use_passkey(passkey, answer, facts);
    end if;
    if shown is null then
        perform audit.record_event('auth.step_up_failed', (live.session).tenant_id, null);
        outcome := 'refused';
        return next;
        return;
    end if;
    perform auth.forgive('mfa ' || (live.session).user_id);
    update auth.sessions as own set
        authenticated_at = now(),
        methods = array(select distinct unnest(own.methods || shown) order by 1)
    where own.id = (live.session).id
    returning own.authenticated_at into authenticated_at;
    perform audit.record_event('auth.step_up', (live.session).tenant_id, jsonb_build_object('by', 'passkey'));
    return next;
end
$$;
grant execute on function auth.finish_passkey_step_up(bytea, uuid, jsonb, jsonb) to rowhouse_auth;
comment on function auth.finish_passkey_step_up(bytea, uuid, jsonb, jsonb) is
    'Makes a session fresh for ten minutes, for who showed a passkey.';
reset role;
--! EndIncluded auth/finish_passkey_step_up.sql
--! Included auth/record_refusal.sql
-- Writes a refusal into the trail. The refused transaction rolled back, so the server reports it in one
-- of its own, for the credential that was refused (sha256 of the secret; null for none).
--
-- What nobody knows is counted only. A credential that is known but dead can be shown for ever: the first time in an
-- hour is an event, all of them are counted. What a live one was refused is an event each time.
set local role rowhouse_definer;
create or replace function auth.record_refusal(credential bytea, code text, detail text, facts jsonb) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    holder context.holder;
begin
    select (known.holder).* into holder from context.session_holders as known where known.digest = sha256(credential);
    if not found then
        select (known.holder).* into holder from context.api_key_holders as known where known.digest = sha256(credential);
    end if;
    if not found then
        select (known.holder).* into holder from context.support_holders as known where known.digest = sha256(credential);
    end if;
    if not found then
        perform audit.tally_stranger('access.unknown_credential', auth.network((facts ->> 'ip')::inet));
        return;
    end if;
    if code = 'RH401' and audit.tally('access.refused', concat_ws(' ', holder.credential_id, left(detail, 40))) > 1 then
        return;
    end if;
    if holder.kind = 'support' then
        -- The trail tells an operator from whom they act as, also where they were refused.
        holder.permissions := '{}';
        perform context.seal(context.body_of(holder, context.stated(facts)));
    else
        perform context.act(holder.user_id, holder.tenant_id, facts);
    end if;
    perform audit.record_event('access.refused', holder.tenant_id, jsonb_strip_nulls(jsonb_build_object(
        'code', code, 'detail', record_refusal.detail, 'credential', holder.credential_id,
        -- A session that is over for another reason may be in other hands too.
        'fingerprint', case when context.from_elsewhere(holder, facts) then 'mismatch' end)));
end
$$;
grant execute on function auth.record_refusal(bytea, text, text, jsonb) to rowhouse_auth;
comment on function auth.record_refusal(bytea, text, text, jsonb) is
    'Writes a refusal into the trail, in a transaction of its own, under the refused credential; counts it where nobody knows that credential.';
reset role;
--! EndIncluded auth/record_refusal.sql
--! Included auth/open_support.sql
-- Lets the operator into a company: for a reason, for a limited time, to look or, where the company allows it, to change things.
-- Its owners are told by mail, and so is the member as whom it is.
--
-- tenant:     the company's slug
-- member:     the address of the member to act as; null: in the operator's own name
-- credential: sha256 of the secret that opens the door
-- minutes:    1 to 480
-- operator:   who says to be asking; null: the login of the connection, which the trail has in any case
--
-- Outcomes: ok; no_tenant; tenant_suspended, tenant_closed: nobody there could see it; support_off; support_reads for who
-- wanted more; no_member, also for a guest, who is nobody's colleague, and for whoever is suspended.
set local role rowhouse_definer;
create or replace function auth.open_support(
    tenant text, member text, credential bytea, reason text, minutes integer, writes boolean, operator text default null
) returns table (outcome text, access uuid, expires_at timestamptz)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    place app.tenants;
    human uuid;
begin
    if reason is null or length(reason) > 500 or not app.is_name(reason) then
        raise exception using errcode = 'RH400', message = 'support has a reason: one line, of at most 500 characters';
    end if;
    if minutes is null or minutes not between 1 and 480 then
        raise exception using errcode = 'RH400', message = 'support lasts from 1 to 480 minutes';
    end if;
    -- Whoever turns support off, or suspends the company, is before this or after it.
    select * into place from app.tenants as known where known.slug = lower(open_support.tenant) for share;
    select membership.user_id into human
    from app.memberships as membership
    join app.users as person on person.id = membership.user_id
    where membership.tenant_id = place.id and membership.status = 'active' and person.status = 'active'
        and lower(person.email) = auth.normalise_email(open_support.member);
    outcome := case
        when place.id is null then 'no_tenant'
        when place.status <> 'active' then 'tenant_' || place.status
        when place.support_access = 'off' then 'support_off'
        when writes and place.support_access <> 'write' then 'support_reads'
        when open_support.member is not null and human is null then 'no_member'
        else 'ok'
    end;
    if outcome = 'ok' then
        insert into auth.support_accesses as opened (tenant_id, user_id, operator, reason, may_write, digest, expires_at)
        values (
            place.id, human, coalesce(open_support.operator, session_user), open_support.reason, coalesce(writes, false),
            sha256(credential), now() + minutes * interval '1 minute'
        )
        returning opened.id, opened.expires_at into access, expires_at;
        perform auth.notify(membership.user_id, 'support_opened')
        from app.memberships as membership
        where membership.tenant_id = place.id and membership.status = 'active'
            and (membership.is_owner or membership.user_id = human);
    elsif place.id is not null then
        perform audit.record_event('support.refused', place.id, jsonb_strip_nulls(jsonb_build_object(
            'outcome', outcome, 'reason', open_support.reason, 'operator', open_support.operator)));
    end if;
    return next;
end
$$;
grant execute on function auth.open_support(text, text, bytea, text, integer, boolean, text) to rowhouse_owner;
comment on function auth.open_support(text, text, bytea, text, integer, boolean, text) is
    'For the operator: enters a company for support, for a reason and at most eight hours; tells its owners.';
reset role;
--! EndIncluded auth/open_support.sql
--! Included auth/list_support.sql
-- The accesses for support, the newest first.
--
-- tenant: of this company only; running: those that open the door now
set local role rowhouse_definer;
create or replace function auth.list_support(tenant text, running boolean, most integer) returns table (
    id uuid, tenant_slug text, member text, operator text, reason text, may_write boolean,
    created_at timestamptz, expires_at timestamptz, ended_at timestamptz, end_reason text
)
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select
        access.id, place.slug, person.email, access.operator, access.reason, access.may_write,
        access.created_at, access.expires_at, access.ended_at, access.end_reason
    from auth.support_accesses as access
    join app.tenants as place on place.id = access.tenant_id
    left join app.users as person on person.id = access.user_id
    where (list_support.tenant is null or place.slug = lower(list_support.tenant))
        and (not running or access.ended_at is null and access.expires_at > now())
    order by access.created_at desc, access.id desc
    limit most
$$;
grant execute on function auth.list_support(text, boolean, integer) to rowhouse_owner;
comment on function auth.list_support(text, boolean, integer) is
    'For the operator: who was let into which company, as whom and why.';
reset role;
--! EndIncluded auth/list_support.sql
--! Included auth/end_support.sql
-- Ends an access for support before its time: it opens nothing from the commit on.
--
-- Outcomes: ok; over, for one that had ended or whose time is over; no_access
set local role rowhouse_definer;
create or replace function auth.end_support(access uuid) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    update auth.support_accesses as running set ended_at = now(), end_reason = 'operator'
    where running.id = access and running.ended_at is null and running.expires_at > now();
    return case
        when found then 'ok'
        when exists (select from auth.support_accesses as known where known.id = access) then 'over'
        else 'no_access'
    end;
end
$$;
grant execute on function auth.end_support(uuid) to rowhouse_owner;
comment on function auth.end_support(uuid) is 'For the operator: ends an access for support before its time.';
reset role;
--! EndIncluded auth/end_support.sql
--! Included auth/guard_api_key.sql
-- What a policy cannot say of an API key, because it compares the row with its maker, or with what it was.
--
-- Whose a key is, nobody says: it is its maker's, or the tenant's own if a role is named. Nobody gives a key what they do
-- not hold, and no key makes one that outlives it, so that a stolen one cannot be kept alive by its children. A key that is
-- over stays over.
set local role rowhouse_definer;
create or replace function auth.guard_api_key() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    body    constant text := context.actor();
    by_key  constant boolean := context.kind_in(body) is not distinct from 'api_key';
    unknown text;
    missing text;
begin
    if tg_op = 'INSERT' and new.role_id is not null then
        new.user_id := null;
    end if;
    if not context.is_caller() then
        return new;
    end if;
    -- Whoever entered another of their tenants in the middle of the statement shows what they hold there.
    if context.tenant_in(body) is distinct from new.tenant_id then
        perform context.refuse('broken_seal');
    end if;
    -- A visitor's key would outlive the visit.
    if context.kind_in(body) = 'guest' then
        perform context.refuse('account');
    end if;
    if tg_op = 'INSERT' then
        new.user_id := case when new.role_id is null then context.user_in(body) end;
        new.created_by := context.user_in(body);
        select name into unknown from unnest(new.scopes) as wanted (name)
        where not exists (select from app.permissions as permission where permission.name = wanted.name)
        order by name limit 1;
        if unknown is not null then
            raise exception using
                errcode = 'RH400',
                message = format('there is no permission %s', to_json(unknown)),
                column = 'scopes',
                constraint = 'api_keys_scopes_known',
                hint = 'The catalogue is app.permissions.';
        end if;
        new.scopes := array(select distinct name from unnest(new.scopes) as wanted (name) order by name);
        if by_key then
            select least(new.expires_at, maker.expires_at) into new.expires_at from auth.api_keys as maker
            where maker.tenant_id = new.tenant_id and maker.id = context.credential_in(body);
        end if;
    else
        if old.revoked_at is not null or coalesce(old.expires_at <= now(), false) then
            raise exception using
                errcode = 'RH441',
                message = 'this API key is over',
                hint = 'Make another one.';
        end if;
        if new.revoked_at is not null then
            new.revoked_at := now();
        end if;
        -- Later than it was to end, it never ends.
        new.expires_at := least(new.expires_at, old.expires_at);
    end if;

    if (new.role_id is not null or by_key or new.user_id is distinct from context.user_in(body))
        and not 'manage_api_keys' = any (context.permissions_in(body))
    then
        perform context.refuse('manage_api_keys');
    end if;
    -- To end a key takes nothing else. To make one, or to loosen what ties it down, takes what it may do.
    if tg_op = 'INSERT' or (new.revoked_at is null and (by_key or new.role_id is not null)) then
        select name into missing from unnest(new.scopes) as wanted (name)
        -- A person's key loses with its owner what they hold for a time only; the tenant's own would keep it.
        where not name = any (context.permissions_in(body)) or new.role_id is not null and not context.may_give(name)
        order by name limit 1;
        if missing is not null then
            perform context.refuse(missing);
        end if;
    end if;
    -- Nor does a key move its own limits, or put another in its own place.
    if by_key and (
        new.replaces = context.credential_in(body)
        or tg_op = 'UPDATE' and new.id = context.credential_in(body) and (new.requests_per_minute, new.origins, new.addresses, new.opens_guests) is distinct from (old.requests_per_minute, old.origins, old.addresses, old.opens_guests)
    ) then
        perform context.refuse('session');
    end if;
    -- A session that somebody left open, or took, is not to leave behind what outlives it.
    if tg_op = 'INSERT' and not by_key then
        perform context.require_fresh_sign_in();
    end if;
    return new;
end
$$;
grant execute on function auth.guard_api_key() to rowhouse_owner;
comment on function auth.guard_api_key() is
    'Trigger: an API key is its maker''s or the tenant''s, holds no more than its maker does (RH403 names what is missing), and is over once it is over (RH441).';
reset role;

create or replace trigger guard_api_key before insert or update of name, requests_per_minute, origins, addresses, opens_guests, expires_at, revoked_at
    on auth.api_keys for each row execute function auth.guard_api_key();
--! EndIncluded auth/guard_api_key.sql
--! Included auth/guard_keys.sql
-- A tenant has as many API keys as its plan allows. Its row is locked, so that the last one is made once, however many make
-- one at a time.
set local role rowhouse_definer;
create or replace function auth.guard_keys() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    most integer;
    used integer;
begin
    select known.key_limit into most from app.tenants as known where known.id = new.tenant_id;
    if most is null then
        return new;
    end if;
    select known.key_limit into most from app.tenants as known where known.id = new.tenant_id for no key update;
    used := auth.keys_in_use(new.tenant_id, new.replaces);
    if used >= most then
        raise exception using
            errcode = 'RH480',
            message = format('%s of %s API keys are in use', used, most),
            hint = 'Revoke one that nobody needs, or get a larger plan.';
    end if;
    return new;
end
$$;
grant execute on function auth.guard_keys() to rowhouse_owner;
comment on function auth.guard_keys() is
    'Trigger: a tenant has no more API keys than its plan allows (RH480 says how many are in use).';
reset role;

create or replace trigger guard_keys before insert on auth.api_keys
    for each row execute function auth.guard_keys();
--! EndIncluded auth/guard_keys.sql
--! Included auth/notify_of_api_key.sql
-- An API key is a way in that lasts, so whose it is hears of it; of a key of the tenant's own, who made it.
set local role rowhouse_definer;
create or replace function auth.notify_of_api_key() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if context.is_caller() then
        perform auth.notify(coalesce(new.user_id, new.created_by), 'api_key_created');
    end if;
    return null;
end
$$;
grant execute on function auth.notify_of_api_key() to rowhouse_owner;
comment on function auth.notify_of_api_key() is
    'Trigger: tells by mail of an API key that was made, by createApiKey or rotateApiKey.';
reset role;

create or replace trigger notify_of_api_key after insert on auth.api_keys
    for each row execute function auth.notify_of_api_key();
--! EndIncluded auth/notify_of_api_key.sql
--! Included auth/record_key_usage.sql
-- Adds up how often API keys were used, and when last. A web process counts its requests and tells many at a time, so that no
-- request waits for a write.
--
-- digests: sha256 of the keys; counts and last_used, in the same order
set local role rowhouse_definer;
create or replace function auth.record_key_usage(digests bytea[], counts bigint[], last_used timestamptz[]) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    -- In the order of their digests, so that two processes that tell of the same keys at once do not wait for each other.
    perform from auth.api_keys as known
    where known.digest in (select sha256(told) from unnest(digests) as told)
    order by known.digest
    for no key update;
    update auth.api_keys as known set
        used_count = known.used_count + told.count,
        last_used_at = greatest(known.last_used_at, least(told.last_used, now()))
    from unnest(digests, counts, last_used) as told (digest, count, last_used)
    where known.digest = sha256(told.digest);
end
$$;
grant execute on function auth.record_key_usage(bytea[], bigint[], timestamptz[]) to rowhouse_auth;
comment on function auth.record_key_usage(bytea[], bigint[], timestamptz[]) is
    'Adds to the use counts of API keys what a web process counted since it told last.';
reset role;
--! EndIncluded auth/record_key_usage.sql
--! Included auth/count_requests.sql
-- Adds up how many requests each tenant made today, by UTC, and says of each that was told how many there are by now, of how
-- many that its plan allows. A web process counts in memory and tells of all its tenants about once a second, so that no
-- request waits for a write, and those of one tenant do not wait for one another.
--
-- tenants, digests, counts: a line each, of a session's tenant or of sha256 of an API key. A line that counts nothing only asks.
-- What is of no tenant and of no key is not answered. seconds: until the day is over, by this clock and no other.
set local role rowhouse_definer;
create or replace function auth.count_requests(tenants uuid[], digests bytea[], counts bigint[])
    returns table (line integer, used bigint, most integer, seconds integer)
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    with told as (
        select line.place, place.id as tenant, place.requests_per_day as most, line.count
        from unnest(tenants, digests, counts) with ordinality as line (tenant, digest, count, place)
        left join auth.api_keys as key on key.digest = sha256(line.digest)
        join app.tenants as place on place.id = coalesce(line.tenant, key.tenant_id)
    ), added as (
        insert into auth.request_counts as known (id, day, count)
        -- In the order of their keys, so that two processes that tell of the same tenants at once do not wait for each other.
        select told.tenant, (now() at time zone 'UTC')::date, sum(told.count)
        from told group by told.tenant having sum(told.count) > 0 order by told.tenant
        -- A telling that began before midnight and comes after another of today counts for today.
        on conflict (id) do update set
            day = greatest(known.day, excluded.day),
            count = excluded.count + case when known.day < excluded.day then 0 else known.count end
        returning known.id, known.count
    )
    select
        told.place::integer,
        coalesce(added.count, auth.requests_today(told.tenant)),
        told.most,
        ceil(extract(epoch from ((now() at time zone 'UTC')::date + 1) - (now() at time zone 'UTC')))::integer
    from told left join added on added.id = told.tenant
$$;
grant execute on function auth.count_requests(uuid[], bytea[], bigint[]) to rowhouse_auth;
comment on function auth.count_requests(uuid[], bytea[], bigint[]) is
    'Adds the requests that a web process counted to those of their tenants today, and says how many there are, of how many, and for how long.';
reset role;
--! EndIncluded auth/count_requests.sql
--! Included auth/lock_mail_of.sql
-- Waits for whoever follows a link or a code that was mailed to somebody's address, and lets nobody follow another until the
-- transaction ends. Taken before their password is, as by those who follow one (auth.find_mail_token).
set local role rowhouse_definer;
create or replace function auth.lock_mail_of(person uuid) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    select pg_advisory_xact_lock(hashtext('auth.mail_tokens'), hashtext(known.email))
    from app.users as known where known.id = person
$$;
comment on function auth.lock_mail_of(uuid) is
    'Lets nobody follow a link or a code that was mailed to a person''s address until the transaction ends.';
reset role;
--! EndIncluded auth/lock_mail_of.sql
--! Included auth/end_all_sessions.sql
-- Ends every session of somebody, from outside: nothing of theirs is shown, so there is nothing to be refused. Also what was
-- mailed to them dies, and a sign-in that waits for its second factor. Returns how many sessions ended.
set local role rowhouse_definer;
create or replace function auth.end_all_sessions(person uuid) returns integer
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    found_now integer;
    ended     integer := 0;
begin
    perform auth.void_mail_tokens((select known.email from app.users as known where known.id = person), person);
    delete from auth.mfa_challenges as asked where asked.user_id = person;
    perform auth.lock_sessions(person);
    -- Until there is none: whoever made another session of one of these held its row until now.
    loop
        update auth.sessions as session set ended_at = now(), end_reason = 'revoked'
        where session.user_id = person and session.ended_at is null;
        exit when not found;
        get diagnostics found_now = row_count;
        ended := ended + found_now;
    end loop;
    return ended;
end
$$;
comment on function auth.end_all_sessions(uuid) is
    'Ends every session of a person and voids what was mailed to them; returns how many sessions ended.';
reset role;
--! EndIncluded auth/end_all_sessions.sql
--! Included auth/remove_second_factors.sql
-- Takes every second factor away from somebody. Returns what they had.
set local role rowhouse_definer;
create or replace function auth.remove_second_factors(person uuid) returns text[]
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    had text[] := '{}';
begin
    delete from auth.totp_factors as gone where gone.user_id = person and gone.confirmed_at is not null;
    if found then
        had := had || 'totp'::text;
    end if;
    delete from auth.totp_factors as gone where gone.user_id = person;
    delete from auth.recovery_codes as gone where gone.user_id = person;
    if found then
        had := had || 'recovery_codes'::text;
    end if;
    delete from auth.passkeys as gone where gone.user_id = person;
    if found then
        had := had || 'passkeys'::text;
    end if;
    return had;
end
$$;
comment on function auth.remove_second_factors(uuid) is
    'Takes every second factor away from somebody; returns what they had.';
reset role;
--! EndIncluded auth/remove_second_factors.sql
--! Included auth/find_person.sql
-- Whom an operator means by an address or an id; null if that is nobody.
set local role rowhouse_definer;
create or replace function auth.find_person(named text) returns uuid
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select person.id from app.users as person
    where lower(person.email) = auth.normalise_email(named) or person.id::text = lower(btrim(named))
$$;
grant execute on function auth.find_person(text) to rowhouse_owner;
comment on function auth.find_person(text) is
    'For the operator: the id of whoever has this address or id.';
reset role;
--! EndIncluded auth/find_person.sql
--! Included auth/list_people.sql
-- Who has an account, and no guest, newest first, as `rowhouse user list` tells it. Each argument but the last may be null: then it
-- leaves nobody out.
--
-- tenant_slug: members of this tenant; a slug that no tenant has is nobody's
-- standing:    active, banned or deleted
-- search:      part of an address or a name, in any case
set local role rowhouse_definer;
create or replace function auth.list_people(tenant_slug text, standing text, search text, most integer)
    returns table (id uuid, email text, name text, status text, tenants bigint, created_at timestamptz, last_seen_at timestamptz)
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select person.id, person.email, person.name, person.status,
        (select count(*) from app.memberships as membership
            where membership.user_id = person.id and membership.status = 'active'),
        person.created_at,
        (select max(session.last_seen_at) from auth.sessions as session where session.user_id = person.id)
    from app.users as person
    where not person.is_guest
        and (standing is null or person.status = standing)
        and (search is null or strpos(lower(person.email), lower(search)) > 0 or strpos(lower(person.name), lower(search)) > 0)
        and (tenant_slug is null or exists (
            select from app.memberships as membership
            join app.tenants as tenant on tenant.id = membership.tenant_id
            where membership.user_id = person.id and membership.status <> 'removed' and lower(tenant.slug) = lower(tenant_slug)
        ))
    order by person.created_at desc, person.id desc
    limit most
$$;
grant execute on function auth.list_people(text, text, text, integer) to rowhouse_owner;
comment on function auth.list_people(text, text, text, integer) is
    'For the operator: people by tenant, status and part of their address or name, newest first.';
reset role;
--! EndIncluded auth/list_people.sql
--! Included auth/describe_person.sql
-- All that an operator may know of somebody, as JSON: where they belong, by what they can sign in, what they hold that
-- opens a door, and when they were last here. No hash, no seed, no digest: whatever could be used, stays where it is.
set local role rowhouse_definer;
create or replace function auth.describe_person(person uuid) returns jsonb
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select jsonb_build_object(
        'id', known.id, 'email', known.email, 'name', known.name, 'locale', known.locale, 'status', known.status,
        'createdAt', known.created_at,
        'lastSeenAt', (select max(session.last_seen_at) from auth.sessions as session where session.user_id = known.id),
        'sessions', (select count(*) from auth.sessions as session where session.user_id = known.id
            and session.ended_at is null and least(session.idle_expires_at, session.expires_at) > now()),
        'password', (
            select jsonb_build_object('kind', split_part(password.hash, '$', 2), 'changedAt', password.changed_at)
            from auth.passwords as password where password.user_id = known.id),
        'identities', coalesce((
            select jsonb_agg(jsonb_build_object(
                'provider', link.provider, 'issuer', link.issuer, 'since', link.created_at, 'lastUsedAt', link.last_used_at
            ) order by link.id)
            from auth.identities as link where link.user_id = known.id), '[]'),
        'totp', exists (select from auth.totp_factors as factor
            where factor.user_id = known.id and factor.confirmed_at is not null),
        'passkeys', (select count(*) from auth.passkeys as passkey where passkey.user_id = known.id),
        'recoveryCodesLeft', (select count(*) from auth.recovery_codes as code
            where code.user_id = known.id and code.used_at is null),
        'apiKeys', (select count(*) from auth.api_keys as key where key.user_id = known.id
            and key.revoked_at is null and (key.expires_at is null or key.expires_at > now())),
        'memberships', coalesce((
            select jsonb_agg(jsonb_build_object(
                'tenant', tenant.slug, 'tenantStatus', tenant.status,
                'role', role.name, 'owner', membership.is_owner, 'status', membership.status, 'since', membership.created_at
            ) order by tenant.slug)
            from app.memberships as membership
            join app.tenants as tenant on tenant.id = membership.tenant_id
            join app.roles as role on role.tenant_id = membership.tenant_id and role.id = membership.role_id
            where membership.user_id = known.id), '[]')
    )
    from app.users as known
    where known.id = person
$$;
grant execute on function auth.describe_person(uuid) to rowhouse_owner;
comment on function auth.describe_person(uuid) is
    'For the operator: one person''s memberships, ways in, sessions and keys as JSON, and nothing secret.';
reset role;
--! EndIncluded auth/describe_person.sql
--! Included auth/ban.sql
-- Shuts somebody out: the door asks for the status at every request, so their sessions and API keys open nothing from the
-- commit on. The sessions also end, and stay ended whatever comes later.
--
-- Keys that are a tenant's own go on, also those that this person made: they are the tenant's. `keys` counts them.
-- Returns the outcome: ok, or already_banned (the reason is recorded, and what had come to life meanwhile ends).
set local role rowhouse_definer;
create or replace function auth.ban(person uuid, reason text)
    returns table (outcome text, ended integer, keys bigint)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if app.is_blank(coalesce(reason, '')) or length(reason) > 500 then
        raise exception using errcode = 'RH400', message = 'a ban has a reason, of at most 500 characters';
    end if;
    -- Whoever follows a link of theirs, and a sign-in that is under way, waits here, or is over and its session ends below.
    perform auth.lock_mail_of(person);
    perform from auth.passwords as known where known.user_id = person for update;
    ended := auth.end_all_sessions(person);
    update app.users as known set status = 'banned' where known.id = person and known.status <> 'banned';
    outcome := case when found then 'ok' else 'already_banned' end;
    keys := (select count(*) from auth.api_keys as key where key.created_by = person and key.user_id is null
        and key.revoked_at is null and (key.expires_at is null or key.expires_at > now()));
    perform audit.record_event('auth.banned', null,
        jsonb_build_object('user', person, 'reason', reason, 'ended', ended, 'outcome', outcome));
    return next;
end
$$;
grant execute on function auth.ban(uuid, text) to rowhouse_owner;
comment on function auth.ban(uuid, text) is
    'For the operator: shuts somebody out at once, with a reason for the trail, and ends their sessions.';
reset role;
--! EndIncluded auth/ban.sql
--! Included auth/unban.sql
-- Lets somebody in again. Their API keys work again as before; their sessions do not: also one that began while the ban was
-- being written, and that the door has refused since, ends here.
--
-- Returns the outcome: ok or not_banned.
set local role rowhouse_definer;
create or replace function auth.unban(person uuid, reason text) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if length(reason) > 500 then
        raise exception using errcode = 'RH400', message = 'a reason has at most 500 characters';
    end if;
    if not exists (select from app.users as known where known.id = person and known.status = 'banned') then
        return 'not_banned';
    end if;
    perform auth.lock_mail_of(person);
    perform auth.end_all_sessions(person);
    update app.users as known set status = 'active' where known.id = person;
    perform audit.record_event('auth.unbanned', null, jsonb_strip_nulls(jsonb_build_object('user', person, 'reason', reason)));
    return 'ok';
end
$$;
grant execute on function auth.unban(uuid, text) to rowhouse_owner;
comment on function auth.unban(uuid, text) is 'For the operator: lets somebody in again who was banned.';
reset role;
--! EndIncluded auth/unban.sql
--! Included auth/reset_person.sql
-- For somebody who lost their password, or whose account somebody else holds: every session ends, the password goes, and a
-- mail to their address has a link and a code by which they choose another, for a day. Nobody sets it for them.
--
-- What is linked elsewhere and their API keys stay: auth.describe_person() shows them.
--
-- second_factor: also takes their second factors away, for who lost everything
-- link, code, mail, secret: as for auth.request_mail()
-- Returns how many sessions ended, what was taken away, and whether a mail is on its way: an address gets no more than
-- ten an hour.
set local role rowhouse_definer;
create or replace function auth.reset_person(
    person_id uuid, second_factor boolean, reason text, link bytea, code bytea, mail uuid, secret text
) returns table (ended integer, removed text[], mailed boolean)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    person app.users;
begin
    if length(reason) > 500 then
        raise exception using errcode = 'RH400', message = 'a reason has at most 500 characters';
    end if;
    select * into strict person from app.users as known where known.id = person_id;
    removed := '{}';
    perform auth.lock_mail_of(person.id);
    -- A login that has checked it meanwhile waits here, or is over and its session ends below.
    delete from auth.passwords as known where known.user_id = person.id;
    if found then
        removed := removed || 'password'::text;
    end if;
    if second_factor then
        removed := removed || auth.remove_second_factors(person.id);
    end if;
    ended := auth.end_all_sessions(person.id);
    mailed := auth.make_mail_token(
        'reset_password', person.email, person.id, link, code, null, interval '24 hours', '{}') is not null;
    if mailed then
        perform auth.queue_mail(mail, 'password_removed', person.email, person.locale, secret, '{}');
    end if;
    perform audit.record_event('auth.reset', null, jsonb_strip_nulls(jsonb_build_object(
        'user', person.id, 'reason', reason, 'ended', ended, 'removed', to_jsonb(removed), 'mailed', mailed)));
    return next;
end
$$;
grant execute on function auth.reset_person(uuid, boolean, text, bytea, bytea, uuid, text) to rowhouse_owner;
comment on function auth.reset_person(uuid, boolean, text, bytea, bytea, uuid, text) is
    'For the operator: ends somebody''s sessions, takes the password (and second factors) away and mails a link to a new one.';
reset role;
--! EndIncluded auth/reset_person.sql
--! Included auth/invite.sql
-- Invites an address: whoever opens the mail chooses a password there, as after a registration, and has an account, where
-- REGISTRATION is open or invited. Until then there is none. The link and the code are good for a week, and in that week a
-- provider that proves the address makes the account as well.
--
-- The trail has no address of somebody who is nobody here: it has the mail's id. Who came of it is recorded when they come.
--
-- link, code, mail, secret: as for auth.register()
-- Returns the outcome: ok; account_exists; too_many_mails (ten an hour for an address, three of them from here).
set local role rowhouse_definer;
create or replace function auth.invite(
    email text, name text, link bytea, code bytea, mail uuid, secret text, locale text
) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    address text := auth.normalise_email(email);
    token   uuid;
begin
    token := auth.make_mail_token('register', address, null, link, code, null, interval '7 days', '{}');
    if token is null then
        return 'too_many_mails';
    end if;
    if exists (select from app.users as person where lower(person.email) = address) then
        delete from auth.mail_tokens as unused where unused.id = token;
        return 'account_exists';
    end if;
    insert into auth.registrations (token_id, name, invited) values (token, btrim(invite.name), true);
    perform auth.queue_mail(mail, 'invitation', address, locale, secret, '{}');
    perform audit.record_event('auth.invited', null, jsonb_build_object('mail', mail));
    return 'ok';
end
$$;
grant execute on function auth.invite(text, text, bytea, bytea, uuid, text, text) to rowhouse_owner;
comment on function auth.invite(text, text, bytea, bytea, uuid, text, text) is
    'For the operator: mails an invitation to an address without an account. Outcome: ok, account_exists or too_many_mails.';
reset role;
--! EndIncluded auth/invite.sql
--! Included auth/import_people.sql
-- Brings in people of another system, some hundred at a time. Each is there whole, with their password and membership, or
-- not at all, and the same line twice changes nothing.
--
-- people:  [{line, email, name, proven, hash?, tenant?, role?, locale?, created_at?}]
-- looking: only says what would become of them
--
-- Outcomes, one for each line:
--   imported       there was nobody with this address
--   joined         there was, and is left as they are; the membership is new
--   already_there  there was, and so was the membership, whatever its state
--   refused        `detail` says why
--
-- An address that was not proven brings no password with it: somebody may have signed up with another's address there, and
-- would be waiting here for its owner. Every way in that is left proves the address.
set local role rowhouse_definer;
create or replace function auth.import_people(people jsonb, looking boolean)
    returns table (line bigint, outcome text, detail text)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    one    record;
    place  app.tenants;
    role   uuid;
    person app.users;
begin
    -- In the order of their addresses, so that two imports, or an import and somebody who registers, never wait for each other.
    for one in
        select auth.normalise_email(given.email) as address, given.*
        from jsonb_to_recordset(people) as given (
            line bigint, email text, name text, proven boolean, hash text, tenant text, role text, locale text, created_at timestamptz
        )
        order by 1, given.line
    loop
        line := one.line;
        outcome := null;
        detail := null;
        place := null;
        role := null;
        person := null;
        if not looking then
            perform pg_advisory_xact_lock(hashtext('auth.mail_tokens'), hashtext(one.address));
        end if;
        select * into person from app.users as known where lower(known.email) = one.address;
        if one.tenant is not null then
            select * into place from app.tenants as known where lower(known.slug) = one.tenant;
            select known.id into role from app.roles as known where known.tenant_id = place.id and known.name = one.role;
        end if;

        detail := case
            when not app.is_name(one.name) then '"name" must be one line that shows something'
            when one.created_at > now() then '"createdAt" is in the future'
            when one.tenant is not null and place.id is null then format('there is no company "%s"', one.tenant)
            when one.tenant is not null and role is null then format('"%s" has no role "%s"', one.tenant, one.role)
        end;
        outcome := case
            when detail is not null then 'refused'
            when person.id is null then 'imported'
            when place.id is null then 'already_there'
            when exists (select from app.memberships as membership
                where membership.tenant_id = place.id and membership.user_id = person.id) then 'already_there'
            else 'joined'
        end;
        if not looking and outcome = 'imported' then
            insert into app.users (email, name, locale, created_at)
                values (one.address, btrim(one.name), coalesce(one.locale, 'en'), coalesce(one.created_at, now()))
                returning * into person;
            if one.proven and one.hash is not null then
                insert into auth.passwords (user_id, hash) values (person.id, one.hash);
            end if;
            perform auth.forget_registrations(one.address, person.id);
        end if;
        if not looking and outcome in ('imported', 'joined') and place.id is not null then
            insert into app.memberships (tenant_id, user_id, role_id, display_name)
                values (place.id, person.id, role, person.name);
        end if;
        return next;
    end loop;
end
$$;
grant execute on function auth.import_people(jsonb, boolean) to rowhouse_owner;
comment on function auth.import_people(jsonb, boolean) is
    'For the operator: brings in people of another system, each whole or not at all; or only says what would become of them.';
reset role;
--! EndIncluded auth/import_people.sql
--! Included auth/owned_alone.sql
-- The companies that would be left without an owner if this person went, by their slugs. Their rows are locked, so that two
-- owners who go at once take turns (as in app.keep_an_owner), and the second is told. A closed company needs no owner.
set local role rowhouse_definer;
create or replace function auth.owned_alone(person uuid) returns text[]
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    perform from app.tenants as tenant
    where tenant.id in (
        select membership.tenant_id from app.memberships as membership
        where membership.user_id = person and membership.is_owner and membership.status = 'active'
    )
    order by tenant.id
    for no key update;
    return array(
        select tenant.slug
        from app.memberships as membership
        join app.tenants as tenant on tenant.id = membership.tenant_id
        where membership.user_id = person and membership.is_owner and membership.status = 'active'
            and tenant.status <> 'closed' and not context.stays_owned(tenant.id, person)
        order by tenant.slug
    );
end
$$;
comment on function auth.owned_alone(uuid) is
    'The slugs of the companies that would be left without an owner if this person went; locks their rows.';
reset role;
--! EndIncluded auth/owned_alone.sql
--! Included auth/create_own_tenant.sql
-- A tenant of whoever is signed in: they own it, and enter it by POST /auth/switch. Twenty that they own are enough for one
-- person, and so are five in a day. A slug that another has becomes one like it, so that nobody learns of others by it.
--
-- Outcomes: ok, with the tenant; too_many_tenants; throttled, for so many seconds; or what auth.live_session() says.
set local role rowhouse_definer;
create or replace function auth.create_own_tenant(handle bytea, slug text, name text, facts jsonb)
    returns table (outcome text, tenant jsonb, retry_after integer)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    shown  record;
    person uuid;
    made   uuid;
begin
    select * into strict shown from auth.live_session(handle, facts);
    outcome := shown.outcome;
    if outcome <> 'ok' then
        return next;
        return;
    end if;
    person := (shown.session).user_id;
    -- Two at once take turns, so that the last that is allowed is made once.
    perform pg_advisory_xact_lock(hashtextextended('tenants of ' || person, 0));
    if (
        select count(*) from app.memberships as membership
        join app.tenants as owned on owned.id = membership.tenant_id
        where membership.user_id = person and membership.is_owner and membership.status = 'active'
    ) >= 20 then
        outcome := 'too_many_tenants';
    else
        retry_after := auth.throttle('tenant ' || person, 5);
        if retry_after > 0 then
            outcome := 'throttled';
        end if;
    end if;
    if outcome <> 'ok' then
        perform audit.record_event('tenant.create_refused', null, jsonb_build_object('outcome', outcome));
        return next;
        return;
    end if;
    made := auth.create_tenant(auth.free_slug(create_own_tenant.slug), create_own_tenant.name, person);
    perform audit.record_event('tenant.created', made, jsonb_build_object('owner', person));
    select jsonb_build_object('id', own.id, 'slug', own.slug, 'name', own.name) into strict tenant
    from app.tenants as own where own.id = made;
    return next;
end
$$;
grant execute on function auth.create_own_tenant(bytea, text, text, jsonb) to rowhouse_auth;
comment on function auth.create_own_tenant(bytea, text, text, jsonb) is
    'Makes a tenant that the owner of a session owns. Outcome: ok, too_many_tenants, throttled, or why the session will not do.';
reset role;
--! EndIncluded auth/create_own_tenant.sql
--! Included auth/request_deletion.sql
-- Marks an account to be deleted when the grace is over. Nobody can do anything with it until then, whoever asked: sessions
-- end, API keys are revoked, and who signs in is told. What brings it back is the link, or the code, of the mail that goes
-- out, so that somebody who found an open session and knew the password deletes nothing for good.
--
-- grace: how long; link, code: digests of what the mail holds; secret: both, encrypted for this mail
-- Outcomes: ok, with the time; step_up_required; last_owner, with the slugs of the companies; throttled, where the address
-- got enough such mails; or what auth.live_session() says.
set local role rowhouse_definer;
create or replace function auth.request_deletion(
    handle bytea, grace interval, link bytea, code bytea, mail uuid, secret text, facts jsonb
) returns table (outcome text, due_at timestamptz, tenants text[])
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    shown  record;
    person app.users;
    ended  integer := 0;
    found_now integer;
begin
    select * into strict shown from auth.live_session(handle, facts);
    outcome := shown.outcome;
    if outcome <> 'ok' then
        return next;
        return;
    end if;
    select * into strict person from app.users as known where known.id = (shown.session).user_id;
    tenants := '{}';
    if not auth.is_fresh(shown.session) then
        outcome := 'step_up_required';
        perform audit.record_event('auth.step_up_required', (shown.session).tenant_id, '{"for": "deleting an account"}');
    else
        tenants := auth.owned_alone(person.id);
        outcome := case when tenants <> '{}' then 'last_owner' else 'ok' end;
    end if;
    if outcome = 'ok' then
        perform from auth.passwords as known where known.user_id = person.id for update;
        -- A day more than the grace: until the job has begun, the account can be kept.
        if auth.make_mail_token(
            'restore_account', person.email, person.id, link, code, null, grace + interval '1 day', facts
        ) is null then
            outcome := 'throttled';
        end if;
    end if;
    if outcome <> 'ok' then
        perform audit.record_event('auth.account_deletion_refused', null, jsonb_build_object('outcome', outcome));
        return next;
        return;
    end if;

    perform auth.void_mail_tokens(person.email, person.id);
    -- Who is signing in at this moment is through and ends below, or waits and is told.
    perform auth.lock_sessions(person.id);
    insert into auth.deletions as leaving (user_id, due_at) values (person.id, now() + grace)
        returning leaving.due_at into due_at;
    loop
        update auth.sessions as session set ended_at = now(), end_reason = 'account_deleted'
        where session.user_id = person.id and session.ended_at is null;
        exit when not found;
        get diagnostics found_now = row_count;
        ended := ended + found_now;
    end loop;
    update auth.api_keys as key set revoked_at = now() where key.user_id = person.id and key.revoked_at is null;
    perform auth.queue_mail(mail, 'deletion_asked', person.email, person.locale, secret, facts);
    perform audit.record_event('auth.account_deletion_asked', null, jsonb_build_object('due_at', due_at, 'ended', ended));
    return next;
end
$$;
grant execute on function auth.request_deletion(bytea, interval, bytea, bytea, uuid, text, jsonb) to rowhouse_auth;
comment on function auth.request_deletion(bytea, interval, bytea, bytea, uuid, text, jsonb) is
    'Marks the account of a session''s owner to be deleted when the grace is over; ends its sessions and API keys and queues the mail that can bring it back.';
reset role;
--! EndIncluded auth/request_deletion.sql
--! Included auth/restore_account.sql
-- Keeps an account that was to be deleted, by the link or code that was mailed when it was asked for. It opens no session and
-- no API key again: the owner signs in, and whoever else was in stays out.
--
-- Outcomes: ok; throttled, for so many seconds; invalid_token, also once the erasure has begun.
set local role rowhouse_definer;
create or replace function auth.restore_account(link bytea, email text, codes bytea[], facts jsonb)
    returns table (outcome text, retry_after integer)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tried record;
    token auth.mail_tokens;
begin
    select * into strict tried from auth.try_mail_token('restore_account', link, email, codes, facts);
    outcome := tried.outcome;
    retry_after := tried.retry_after;
    token := tried.token;
    if outcome = 'ok' then
        perform context.act(token.user_id, null, facts);
        update auth.mail_tokens as used set used_at = now()
        where used.user_id = token.user_id and used.purpose = 'restore_account' and used.used_at is null;
        delete from auth.deletions as leaving where leaving.user_id = token.user_id and leaving.began_at is null;
        if not found then
            outcome := 'invalid_token';
            return next;
            return;
        end if;
        perform auth.notify(token.user_id, 'deletion_withdrawn');
        perform audit.record_event('auth.account_restored', null, null);
    end if;
    return next;
end
$$;
grant execute on function auth.restore_account(bytea, text, bytea[], jsonb) to rowhouse_auth;
comment on function auth.restore_account(bytea, text, bytea[], jsonb) is
    'Keeps an account that was to be deleted, by the mailed link or code. Outcome: ok, invalid_token or throttled.';
reset role;
--! EndIncluded auth/restore_account.sql
--! Included auth/offer_tenant_back.sql
-- Mails every owner of a tenant that is being closed a link that brings it back, each their own: whoever closed it, the others
-- learn of it. There is no link yet: the server makes it when it sends the mail (auth.arm_link), so that nobody who can call
-- the API's functions ever knows one. It is good for a day more than the grace: until the erasure has begun.
--
-- An address gets ten an hour; what is beyond is not sent, so that closing and opening fills nobody's mailbox.
set local role rowhouse_definer;
create or replace function auth.offer_tenant_back(tenant uuid, due timestamptz) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    owner app.users;
    mail  uuid;
begin
    for owner in
        select person.*
        from app.memberships as membership join app.users as person on person.id = membership.user_id
        where membership.tenant_id = tenant and membership.is_owner and membership.status = 'active'
            and person.status = 'active' and person.email is not null
            and (select count(*) < 10 from auth.mail_tokens as sent
                where sent.email = person.email and sent.purpose = 'restore_tenant'
                    and sent.created_at > now() - interval '1 hour')
    loop
        mail := uuidv7();
        insert into auth.mail_tokens (id, purpose, email, user_id, link_digest, code_digest, network, expires_at, restores)
            values (mail, 'restore_tenant', owner.email, owner.id, extensions.gen_random_bytes(32),
                extensions.gen_random_bytes(32), 'deletion', due + interval '1 day', tenant);
        perform auth.queue_mail(mail, 'tenant_deletion_asked', owner.email, owner.locale, null, context.claims());
    end loop;
end
$$;
comment on function auth.offer_tenant_back(uuid, timestamptz) is
    'Mails every owner of a tenant that is being closed a link that brings it back until it is erased.';
reset role;
--! EndIncluded auth/offer_tenant_back.sql
--! Included auth/restore_tenant.sql
-- Brings a tenant back that an owner had deleted, by the link that was mailed to its owners then. Whoever shows it has to be an
-- active owner still, and one who stays: a company that came back with nobody would be nobody's. It opens no session and no API
-- key again: the owners sign in, and are all told.
--
-- Outcomes: ok; invalid_token, also once the erasure has begun, or where the operator brought it back or wants it erased.
set local role rowhouse_definer;
create or replace function auth.restore_tenant(link bytea, facts jsonb) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tried record;
    token auth.mail_tokens;
begin
    -- The tenant first, as whoever closes, resumes or erases it.
    perform from app.tenants as known
    where known.id = (select mailed.restores from auth.mail_tokens as mailed where mailed.link_digest = sha256(link))
    for no key update;
    select * into strict tried from auth.try_mail_token('restore_tenant', link, null, null, facts);
    token := tried.token;
    if tried.outcome <> 'ok' or not exists (
        select from app.memberships as membership join app.users as person on person.id = membership.user_id
        where membership.tenant_id = token.restores and membership.user_id = token.user_id
            and membership.is_owner and membership.status = 'active' and person.status = 'active'
            and not exists (select from auth.deletions as leaving where leaving.user_id = person.id)
    ) then
        return 'invalid_token';
    end if;
    perform context.act(token.user_id, null, facts);
    if auth.resume_tenant(token.restores) <> 'ok' then
        return 'invalid_token';
    end if;
    perform auth.notify(membership.user_id, 'tenant_deletion_withdrawn')
    from app.memberships as membership
    where membership.tenant_id = token.restores and membership.is_owner and membership.status = 'active';
    return 'ok';
end
$$;
grant execute on function auth.restore_tenant(bytea, jsonb) to rowhouse_auth;
comment on function auth.restore_tenant(bytea, jsonb) is
    'Brings a tenant back that waits to be erased, by the link that its owners were mailed. Outcome: ok or invalid_token.';
reset role;
--! EndIncluded auth/restore_tenant.sql
--! Included auth/begin_export.sql
-- Whether somebody may take what is theirs with them; and that they did, in the trail before the first byte goes out.
--
-- Outcomes: ok; step_up_required; throttled, for so many seconds; or what auth.live_session() says.
set local role rowhouse_definer;
create or replace function auth.begin_export(handle bytea, facts jsonb)
    returns table (outcome text, retry_after integer)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    shown record;
begin
    select * into strict shown from auth.live_session(handle, facts);
    outcome := shown.outcome;
    if outcome = 'ok' and not auth.is_fresh(shown.session) then
        outcome := 'step_up_required';
        perform audit.record_event('auth.step_up_required', (shown.session).tenant_id, '{"for": "exporting an account"}');
    elsif outcome = 'ok' then
        retry_after := auth.throttle('export ' || (shown.session).user_id, 5);
        outcome := case when retry_after > 0 then 'throttled' else 'ok' end;
    end if;
    if outcome = 'ok' then
        perform audit.record_event('auth.account_exported', (shown.session).tenant_id, null);
    end if;
    return next;
end
$$;
grant execute on function auth.begin_export(bytea, jsonb) to rowhouse_auth;
comment on function auth.begin_export(bytea, jsonb) is
    'Counts and records that the owner of a session exports what is theirs. Outcome: ok, step_up_required, throttled, or why the session will not do.';
reset role;
--! EndIncluded auth/begin_export.sql
--! Included auth/enter_export.sql
-- Enters to export: through the door, with all its live checks, as somebody who signed in lately. It is entered again before
-- each batch, because a seal lives for a minute, and a slow line longer.
set local role rowhouse_definer;
create or replace function auth.enter_export(credential bytea, facts jsonb) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    perform context.enter(credential, facts);
    perform context.require_fresh_sign_in();
end
$$;
grant execute on function auth.enter_export(bytea, jsonb) to rowhouse_auth;
comment on function auth.enter_export(bytea, jsonb) is
    'Enters through the door to export an account. Raises RH401, RH403 for an API key, RH440 for a sign-in that is not fresh.';
reset role;
--! EndIncluded auth/enter_export.sql
--! Included auth/export_account.sql
-- All that is the caller's own, as rows {part, item}, part by part; for whoever entered by auth.enter_export().
--
-- What is of a company is exported of each of which they are an active member, whichever the session is for: it is
-- theirs. Not of one that is not open, and not of one that wants a second factor if this session was begun without: who
-- could not sign in there does not read there. `exported` of a membership says so. What colleagues wrote, and what a company
-- knows, is in no part; nor is a secret, or a digest of one.
--
-- One statement, so that all of it is of one moment, in the language whose functions hand out row by row: nothing is
-- gathered, here or in the server, however much there is.
set local role rowhouse_definer;
create or replace function auth.export_account() returns setof jsonb
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    with asking as (
        select session.id, session.user_id, session.methods
        from auth.sessions as session
        where session.id = context.require_session()
    ), places as (
        select
            membership.tenant_id, membership.user_id, tenant.slug,
            membership.status = 'active' and tenant.status = 'active'
                and (not tenant.requires_second_factor or asking.methods && '{otp,hwk,mfa}') as exported
        from asking
        join app.memberships as membership on membership.user_id = asking.user_id
        join app.tenants as tenant on tenant.id = membership.tenant_id
    )
    select jsonb_build_object('part', 'profile', 'item', jsonb_build_object(
        'id', person.id, 'email', person.email, 'name', person.name, 'locale', person.locale, 'status', person.status,
        'createdAt', person.created_at, 'updatedAt', person.updated_at,
        'passwordChangedAt', (select known.changed_at from auth.passwords as known where known.user_id = person.id)))
    from asking join app.users as person on person.id = asking.user_id

    union all
    select jsonb_build_object('part', 'memberships', 'item', jsonb_build_object(
        'company', tenant.slug, 'companyName', tenant.name, 'role', role.name, 'owner', membership.is_owner,
        'status', membership.status, 'displayName', membership.display_name, 'avatarUrl', membership.avatar_url,
        'joinedAt', membership.created_at, 'exported', places.exported))
    from places
    join app.memberships as membership on membership.tenant_id = places.tenant_id and membership.user_id = places.user_id
    join app.tenants as tenant on tenant.id = places.tenant_id
    join app.roles as role on role.tenant_id = membership.tenant_id and role.id = membership.role_id

    union all
    select jsonb_build_object('part', 'teams', 'item', jsonb_build_object(
        'company', places.slug, 'team', team.name, 'role', mine.role, 'joinedAt', mine.created_at))
    from places
    join app.team_members as mine on mine.tenant_id = places.tenant_id and mine.user_id = places.user_id
    join app.teams as team on team.tenant_id = mine.tenant_id and team.id = mine.team_id
    where places.exported

    union all
    select jsonb_build_object('part', 'grants', 'item', jsonb_build_object(
        'company', places.slug, 'permission', given.permission, 'reason', given.reason,
        'createdAt', given.created_at, 'endsAt', given.ends_at))
    from places
    join app.grants as given on given.tenant_id = places.tenant_id and given.user_id = places.user_id
    where places.exported

    union all
    -- Whom they asked is another's address. Who asked them, they learn from the company.
    select jsonb_build_object('part', 'invitations', 'item', jsonb_build_object(
        'direction', asked.direction, 'company', tenant.slug, 'role', role.name, 'status', asked.status,
        'createdAt', asked.created_at, 'sentAt', asked.sent_at, 'expiresAt', asked.expires_at))
    from (
        select 'sent' as direction, sent.*
        from places
        join app.invitations as sent on sent.tenant_id = places.tenant_id and sent.invited_by = places.user_id
        where places.exported
        union all
        select 'received', received.*
        from asking
        join app.users as person on person.id = asking.user_id
        join app.invitations as received on received.email = person.email or received.accepted_by = person.id
    ) as asked
    join app.tenants as tenant on tenant.id = asked.tenant_id
    join app.roles as role on role.tenant_id = asked.tenant_id and role.id = asked.role_id

    union all
    -- As whom an operator was inside; who, and why, the company knows.
    select jsonb_build_object('part', 'supportAccesses', 'item', jsonb_build_object(
        'company', places.slug, 'mayWrite', access.may_write, 'startedAt', access.created_at,
        'expiresAt', access.expires_at, 'endedAt', access.ended_at))
    from places
    join auth.support_accesses as access on access.tenant_id = places.tenant_id and access.user_id = places.user_id
    where places.exported

    union all
    select jsonb_build_object('part', 'sessions', 'item', jsonb_build_object(
        'id', session.id, 'device', session.user_agent, 'address', session.ip, 'methods', session.methods,
        'company', tenant.slug, 'createdAt', session.created_at, 'lastSeenAt', session.last_seen_at,
        'endedAt', session.ended_at, 'endReason', session.end_reason))
    from asking
    join auth.sessions as session on session.user_id = asking.user_id
    left join app.tenants as tenant on tenant.id = session.tenant_id

    union all
    select jsonb_build_object('part', 'identities', 'item', jsonb_build_object(
        'provider', identity.provider, 'issuer', identity.issuer, 'subject', identity.subject,
        'createdAt', identity.created_at, 'lastUsedAt', identity.last_used_at))
    from asking join auth.identities as identity on identity.user_id = asking.user_id

    union all
    select jsonb_build_object('part', 'secondFactors', 'item', jsonb_build_object(
        'kind', 'totp', 'createdAt', factor.created_at, 'confirmedAt', factor.confirmed_at,
        'recoveryCodesLeft', (
            select count(*) from auth.recovery_codes as code where code.user_id = factor.user_id and code.used_at is null)))
    from asking join auth.totp_factors as factor on factor.user_id = asking.user_id

    union all
    select jsonb_build_object('part', 'passkeys', 'item', jsonb_build_object(
        'name', passkey.name, 'transports', passkey.transports, 'backedUp', passkey.backed_up,
        'createdAt', passkey.created_at, 'lastUsedAt', passkey.last_used_at))
    from asking join auth.passkeys as passkey on passkey.user_id = asking.user_id

    union all
    select jsonb_build_object('part', 'apiKeys', 'item', jsonb_build_object(
        'company', places.slug, 'name', key.name, 'beginning', key.beginning, 'kind', key.kind, 'scopes', key.scopes,
        'createdAt', key.created_at, 'lastUsedAt', key.last_used_at, 'expiresAt', key.expires_at,
        'revokedAt', key.revoked_at))
    from places join auth.api_keys as key on key.tenant_id = places.tenant_id and key.user_id = places.user_id
    where places.exported

    union all
    select jsonb_build_object('part', 'preferences', 'item', jsonb_build_object(
        'company', places.slug, 'language', taste.language, 'tone', taste.tone, 'model', taste.model,
        'temperature', taste.temperature, 'maxAnswerTokens', taste.max_answer_tokens,
        'notifyAnswers', taste.notify_answers, 'notifyWeekly', taste.notify_weekly, 'updatedAt', taste.updated_at))
    from places
    join app.user_preferences as taste on taste.tenant_id = places.tenant_id and taste.user_id = places.user_id
    where places.exported

    union all
    select jsonb_build_object('part', 'events', 'item', jsonb_build_object(
        'company', company.slug, 'at', event.at, 'action', event.action, 'table', event.table_name, 'row', event.row_id,
        'by', event.actor_kind, 'address', event.ip, 'device', event.user_agent))
    from (
        select places.tenant_id, places.user_id, places.slug from places where places.exported
        union all select audit.platform(), asking.user_id, null from asking
    ) as company
    join audit.events as event on event.tenant_id = company.tenant_id and event.actor_id = company.user_id
    where event.table_name is null or event.table_name not in ('app.conversations', 'app.messages')

    union all
    select jsonb_build_object('part', 'conversations', 'item', jsonb_build_object(
        'company', places.slug, 'id', had.id, 'title', had.title, 'status', had.status,
        'createdAt', had.created_at, 'updatedAt', had.updated_at))
    from places
    join app.conversations as had on had.tenant_id = places.tenant_id and had.user_id = places.user_id
    where places.exported

    union all
    select jsonb_build_object('part', 'messages', 'item', jsonb_build_object(
        'conversation', said.conversation_id, 'id', said.id, 'role', said.role, 'content', said.content,
        'createdAt', said.created_at))
    from places
    join app.messages as said on said.tenant_id = places.tenant_id and said.user_id = places.user_id
    where places.exported
$$;
grant execute on function auth.export_account() to rowhouse_auth;
comment on function auth.export_account() is
    'All that is the caller''s own, row by row as {part, item}; after auth.enter_export() only.';
reset role;
--! EndIncluded auth/export_account.sql
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
--! Included jobs/due_domains.sql
-- Domains to look up in the DNS: those that somebody asked for, and proven ones once a week; where the proof was not found,
-- the next day again.
set local role rowhouse_definer;
create or replace function jobs.due_domains(most integer)
    returns table (tenant_id uuid, id uuid, domain text, challenge text)
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select due.tenant_id, due.id, due.domain, due.challenge
    from app.domains as due
    where due.check_requested_at is not null
        or due.verified_at is not null
            and due.checked_at <= now() - case when due.failures = 0 then interval '7 days' else interval '1 day' end
    order by due.checked_at nulls first, due.id
    limit most
$$;
grant execute on function jobs.due_domains(integer) to rowhouse_worker;
comment on function jobs.due_domains(integer) is
    'Domains whose proof is to be looked for in the DNS: asked for, or proven a week ago.';
reset role;
--! EndIncluded jobs/due_domains.sql
--! Included jobs/note_domain.sql
-- Notes what the DNS said of a domain. One that was proven is so until its proof is missing three days in a row: somebody
-- who moves a zone does not lock their people out. An answer that did not come says nothing.
--
-- proven: null where the DNS did not answer
-- Returns whether the domain is proven now.
set local role rowhouse_definer;
create or replace function jobs.note_domain(tenant uuid, id uuid, proven boolean) returns boolean
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    update app.domains as known set
        checked_at = now(),
        check_requested_at = null,
        failures = case when proven then 0 when proven is null then known.failures else least(known.failures + 1, 3) end,
        verified_at = case
            when proven then coalesce(known.verified_at, now())
            when proven is null or known.failures < 2 then known.verified_at
        end
    where known.tenant_id = tenant and known.id = note_domain.id
    returning known.verified_at is not null
$$;
grant execute on function jobs.note_domain(uuid, uuid, boolean) to rowhouse_worker;
comment on function jobs.note_domain(uuid, uuid, boolean) is
    'Notes whether a domain''s challenge is in the DNS; null where it did not answer. Returns whether the domain is proven now.';
reset role;
--! EndIncluded jobs/note_domain.sql
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
--! Included jobs/delete_account.sql
-- Goes one step further with erasing the accounts whose grace is over, oldest first; one transaction a step, so that it can
-- be broken off and goes on where it was. Two workers take different accounts.
--
-- What a person wrote and who they are goes: messages, conversations, preferences, passwords, identities, second factors,
-- sessions, links, what invited them, their place in teams and what they were granted. What others rely on stays without a
-- name: the row of the person, whose address is free again, and their memberships, so that ids in the trail and in others'
-- rows (whom they invited, that support was in a company as them) still mean one and the same somebody. The person acts, who
-- asked for it; the trail says that rows went, and not what was in them (audit.record_change).
--
-- batch: messages, and conversations, that one step takes
-- Returns what the step did: none, there was nobody; more; postponed, for whoever a company cannot do without by now;
-- deleted.
set local role rowhouse_definer;
create or replace function jobs.delete_account(batch integer default 1000) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    leaving auth.deletions;
    person  app.users;
    went    integer;
begin
    select * into leaving from auth.deletions as due
    where due.due_at <= now()
    order by due.due_at, due.user_id
    limit 1
    for update skip locked;
    if not found then
        return 'none';
    end if;
    select * into strict person from app.users as known where known.id = leaving.user_id;
    perform context.act(person.id, null, '{}');

    if auth.owned_alone(person.id) <> '{}' then
        update auth.deletions as due set due_at = now() + interval '7 days' where due.user_id = person.id;
        update auth.mail_tokens as token set expires_at = now() + interval '8 days'
        where token.user_id = person.id and token.purpose = 'restore_account' and token.used_at is null
            and token.network <> 'sign-in';
        perform auth.notify(person.id, 'deletion_postponed');
        perform audit.record_event('auth.account_deletion_postponed', null, null);
        return 'postponed';
    end if;
    update auth.deletions as due set began_at = now() where due.user_id = person.id and due.began_at is null;

    delete from app.messages as message
    using (
        select said.tenant_id, said.id
        from app.memberships as membership
        join app.messages as said on said.tenant_id = membership.tenant_id and said.user_id = membership.user_id
        where membership.user_id = person.id
        limit batch
    ) as going
    where message.tenant_id = going.tenant_id and message.id = going.id;
    get diagnostics went = row_count;
    if went = batch then
        return 'more';
    end if;
    delete from app.conversations as conversation
    using (
        select had.tenant_id, had.id
        from app.memberships as membership
        join app.conversations as had on had.tenant_id = membership.tenant_id and had.user_id = membership.user_id
        where membership.user_id = person.id
        limit batch
    ) as going
    where conversation.tenant_id = going.tenant_id and conversation.id = going.id;
    get diagnostics went = row_count;
    if went = batch then
        return 'more';
    end if;

    -- In the order in which whoever holds more than one of these takes them.
    delete from auth.passwords as known where known.user_id = person.id;
    delete from auth.mail_tokens as token where token.user_id = person.id or token.email = person.email;
    delete from app.invitations as asked where asked.email = person.email or asked.accepted_by = person.id;
    delete from auth.mfa_challenges as asked where asked.user_id = person.id;
    delete from auth.recovery_codes as code where code.user_id = person.id;
    delete from auth.totp_factors as factor where factor.user_id = person.id;
    delete from auth.passkeys as passkey where passkey.user_id = person.id;
    delete from auth.identities as identity where identity.user_id = person.id;
    perform auth.lock_sessions(person.id);
    delete from auth.sessions as session where session.user_id = person.id;
    update auth.api_keys as key set name = 'Deleted', addresses = null, revoked_at = coalesce(key.revoked_at, now())
    where key.user_id = person.id;
    delete from app.user_preferences as taste
    using app.memberships as membership
    where membership.user_id = person.id and taste.tenant_id = membership.tenant_id and taste.user_id = person.id;
    delete from context.idempotency_keys as answered
    using app.memberships as membership
    where membership.user_id = person.id and answered.tenant_id = membership.tenant_id and answered.user_id = person.id;
    -- Also in a closed company, where nobody is removed any more (app.end_powers).
    delete from app.team_members as team
    using app.memberships as membership
    where membership.user_id = person.id and team.tenant_id = membership.tenant_id and team.user_id = person.id;
    delete from app.grants as given
    using app.memberships as membership
    where membership.user_id = person.id and given.tenant_id = membership.tenant_id and given.user_id = person.id;
    -- Nobody comes into a closed company, so it may keep an owner of whom nothing is left.
    update app.memberships as membership set
        status = case tenant.status when 'closed' then membership.status else 'removed' end,
        is_owner = membership.is_owner and tenant.status = 'closed',
        display_name = 'Deleted', avatar_url = null
    from app.tenants as tenant
    where membership.user_id = person.id and tenant.id = membership.tenant_id;

    delete from auth.mails as mail where mail.recipient = person.email;
    perform auth.notify(person.id, 'account_deleted');
    update app.users as known set
        email = known.id || '@deleted.invalid', name = 'Deleted', locale = 'en', status = 'deleted'
    where known.id = person.id;
    perform audit.record_event('auth.account_deleted', null, null);
    delete from auth.deletions as due where due.user_id = person.id;
    return 'deleted';
end
$$;
grant execute on function jobs.delete_account(integer) to rowhouse_worker;
comment on function jobs.delete_account(integer) is
    'One step of erasing the accounts whose grace is over: none, more, postponed or deleted.';
reset role;
--! EndIncluded jobs/delete_account.sql
--! Included jobs/erase_tenant.sql
-- Goes one step further with erasing the tenants whose grace is over, one tenant after the other; one transaction a step, so that
-- it can be broken off and goes on where it was. However many workers ask, one works.
--
-- All that the tenant owns goes: its rows in every table with a tenant_id (context.tenant_tables), a developer's own among
-- them, and at last its own row, so that the slug is free. What stays: the trail, for as long as trails are kept, because
-- it has to answer for what was done, and people, whose accounts are theirs and not the tenant's. The rows that go leave
-- no events of their own; the certificate stands for them, in the trail of the platform: how many of which table, and a
-- digest over their keys, in the order in which they went: each time sha256(digest before || table and keys, a line each).
--
-- batch: rows that one step takes
-- Returns what it did: {"step": "none"}; {"step": "more", tenant, table, rows}; {"step": "erased", tenant, slug, counts, digest}.
set local role rowhouse_definer;
create or replace function jobs.erase_tenant(batch integer default 1000) returns jsonb
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    leaving auth.tenant_deletions;
    place   app.tenants;
    target  regclass;
    key     text;
    backwards text;
    went    bigint;
    keys    text;
begin
    perform pg_advisory_xact_lock(hashtextextended('jobs.erase_tenant', 0));
    select * into leaving from auth.tenant_deletions as known where known.id = context.tenant_in_erasure();
    if not found then
        select * into leaving from auth.tenant_deletions as due
        where due.due_at <= now()
        order by due.due_at, due.id
        limit 1;
        if not found then
            return '{"step": "none"}';
        end if;
        -- Whoever brings it back at this moment holds its row, and is through or too late.
        perform from app.tenants as known where known.id = leaving.id for no key update;
        update auth.tenant_deletions as due set began_at = now() where due.id = leaving.id and due.due_at <= now()
            returning * into leaving;
        if not found then
            return '{"step": "more"}';
        end if;
    end if;

    for target in select context.tenant_tables() loop
        select string_agg(format('%I', part.attname), ', ' order by part.attnum)
        into key
        from pg_catalog.pg_index as index
        join pg_catalog.pg_attribute as part on part.attrelid = index.indrelid and part.attnum = any (index.indkey)
        where index.indrelid = target and index.indisprimary;
        -- What refers to another row of the same table is younger, and goes first.
        select string_agg(format('%I desc', part.attname), ', ' order by part.attnum)
        into backwards
        from pg_catalog.pg_index as index
        join pg_catalog.pg_attribute as part on part.attrelid = index.indrelid and part.attnum = any (index.indkey)
        where index.indrelid = target and index.indisprimary
            and exists (select from pg_catalog.pg_constraint as link
                where link.contype = 'f' and link.conrelid = target and link.confrelid = target);
        execute format(
            'with going as ('
            '  delete from %1$s where tenant_id = $1 and ctid = any (array('
            '    select ctid from %1$s where tenant_id = $1 %3$s limit $2'
            '  )) returning concat_ws('' '', %2$s) as key'
            ') select count(*), string_agg(key, E''\n'' order by key collate "C") from going',
            target, coalesce(key, 'tenant_id'), 'order by ' || backwards)
        into went, keys using leaving.id, batch;
        if went > 0 then
            update auth.tenant_deletions as known set
                counts = jsonb_set(known.counts, array[target::text],
                    to_jsonb(coalesce((known.counts ->> target::text)::bigint, 0) + went)),
                digest = sha256(known.digest || convert_to(target::text || E'\n' || keys || E'\n', 'UTF8'))
            where known.id = leaving.id;
            return jsonb_build_object('step', 'more', 'tenant', leaving.id, 'table', target::text, 'rows', went);
        end if;
    end loop;

    -- The mails of its invitations name people who are nobody here; those to its owners bring back nothing any more.
    with gone as (
        delete from auth.mail_tokens as token where leaving.id in (token.invited_to, token.restores) returning token.id
    )
    delete from auth.mails as mail using gone where mail.id = gone.id;
    select * into strict leaving from auth.tenant_deletions as known where known.id = leaving.id;
    delete from app.tenants as known where known.id = leaving.id returning * into strict place;
    perform audit.record_event('tenant.erased', null, jsonb_build_object(
        'tenant', place.id, 'slug', place.slug, 'asked_by', leaving.asked_by, 'reason', leaving.reason,
        'asked_at', leaving.asked_at, 'began_at', leaving.began_at, 'counts', leaving.counts,
        'digest', encode(leaving.digest, 'hex')));
    delete from auth.tenant_deletions as known where known.id = leaving.id;
    return jsonb_build_object('step', 'erased', 'tenant', place.id, 'slug', place.slug, 'counts', leaving.counts,
        'digest', encode(leaving.digest, 'hex'));
end
$$;
grant execute on function jobs.erase_tenant(integer) to rowhouse_worker, rowhouse_owner;
comment on function jobs.erase_tenant(integer) is
    'One step of erasing the tenants whose grace is over: none, more or erased, with the certificate.';
reset role;
--! EndIncluded jobs/erase_tenant.sql
--! Included jobs/expire_exchange_codes.sql
-- Forgets codes that nobody brought back within their minute, and challenges that no authenticator signed within five.
set local role rowhouse_definer;
create or replace function jobs.expire_exchange_codes() returns integer
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    forgotten integer;
begin
    delete from auth.exchange_codes where expires_at <= now();
    get diagnostics forgotten = row_count;
    delete from auth.passkey_challenges where expires_at <= now();
    return forgotten;
end
$$;
grant execute on function jobs.expire_exchange_codes() to rowhouse_worker;
comment on function jobs.expire_exchange_codes() is
    'Forgets one-time codes whose minute is over and returns how many; and challenges of passkeys that are over.';
reset role;
--! EndIncluded jobs/expire_exchange_codes.sql
--! Included jobs/expire_grants.sql
-- Tidies grants that have ended. They ended by the clock: the door has not counted them since.
set local role rowhouse_definer;
create or replace function jobs.expire_grants() returns integer
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tidied integer;
begin
    delete from app.grants as given where given.ends_at <= now();
    get diagnostics tidied = row_count;
    return tidied;
end
$$;
grant execute on function jobs.expire_grants() to rowhouse_worker;
comment on function jobs.expire_grants() is 'Removes grants whose time is over and returns how many.';
reset role;
--! EndIncluded jobs/expire_grants.sql
--! Included jobs/expire_guests.sql
-- Forgets guests whom nobody saw for so many days, with their conversations, messages and preferences: a batch at a time,
-- the oldest first. Whoever has a session that is good stays, however long it is good for; so does whoever is signing up
-- just now. The trail keeps that they were there.
set local role rowhouse_definer;
create or replace function jobs.expire_guests(idle_days integer, most integer default 200) returns integer
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    since constant timestamptz := now() - idle_days * interval '1 day';
    gone  uuid[];
begin
    select array_agg(idle.id) into gone from (
        select person.id from app.users as person
        where person.is_guest and person.created_at <= since and not exists (
            select from auth.sessions as session
            where session.user_id = person.id and (
                greatest(session.last_seen_at, session.ended_at) > since
                or session.ended_at is null and least(session.idle_expires_at, session.expires_at) > now()
            )
        )
        order by person.created_at, person.id
        limit most
        for update skip locked
    ) as idle;
    delete from auth.sessions where user_id = any (gone);
    delete from app.memberships where user_id = any (gone);
    delete from app.users where id = any (gone);
    return coalesce(cardinality(gone), 0);
end
$$;
grant execute on function jobs.expire_guests(integer, integer) to rowhouse_worker;
comment on function jobs.expire_guests(integer, integer) is
    'Forgets a batch of guests whom nobody saw for so many days, with what they said; returns how many.';
reset role;
--! EndIncluded jobs/expire_guests.sql
--! Included jobs/expire_idempotency_keys.sql
-- Forgets each Idempotency-Key, and the answer kept for it, a day after it was used.
set local role rowhouse_definer;
create or replace function jobs.expire_idempotency_keys() returns integer
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    forgotten integer;
begin
    delete from context.idempotency_keys where created_at <= now() - interval '24 hours';
    get diagnostics forgotten = row_count;
    return forgotten;
end
$$;
grant execute on function jobs.expire_idempotency_keys() to rowhouse_worker;
comment on function jobs.expire_idempotency_keys() is
    'Forgets Idempotency-Keys that were used more than 24 hours ago and returns how many.';
reset role;
--! EndIncluded jobs/expire_idempotency_keys.sql
--! Included jobs/expire_mail.sql
-- Forgets links and codes that are past their time (an hour at least, for the limits on mails), with the registrations
-- that nobody confirmed; mails a day after they were sent, and dead ones after thirty; and invitations ninety days after they were over,
-- with the addresses in them.
set local role rowhouse_definer;
create or replace function jobs.expire_mail() returns table (tokens integer, mails integer)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    delete from auth.mail_tokens as token
    where token.expires_at <= now() and token.created_at <= now() - interval '1 hour';
    get diagnostics tokens = row_count;
    delete from auth.mails as mail
    where mail.settled_at < now() - case mail.state when 'dead' then interval '30 days' else interval '1 day' end;
    get diagnostics mails = row_count;
    update app.invitations as invitation set status = 'expired'
    where invitation.status = 'pending' and invitation.expires_at <= now();
    delete from app.invitations as invitation
    where invitation.status <> 'pending' and invitation.updated_at <= now() - interval '90 days';
    return next;
end
$$;
grant execute on function jobs.expire_mail() to rowhouse_worker;
comment on function jobs.expire_mail() is
    'Forgets links and codes past their time and mails that are done; returns how many of each.';
reset role;
--! EndIncluded jobs/expire_mail.sql
--! Included jobs/expire_sessions.sql
-- Ends sessions whose idle or absolute time is over, and forgets ended ones after 90 days.
-- The door refuses an expired session anyway; this makes the end visible and audited.
set local role rowhouse_definer;
create or replace function jobs.expire_sessions() returns integer
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    ended   integer;
    shorter integer;
begin
    update auth.sessions set ended_at = now(), end_reason = 'expired'
    where ended_at is null and least(idle_expires_at, expires_at) <= now();
    get diagnostics ended = row_count;
    -- By limits that their tenant has made shorter since they began.
    update auth.sessions as session set ended_at = now(), end_reason = 'expired'
    from app.tenants as tenant
    where tenant.id = session.tenant_id and session.ended_at is null
        and (tenant.session_idle_minutes, tenant.session_lifetime_minutes) <> (10080, 43200)
        and least(
            session.rotated_at + tenant.session_idle_minutes * interval '1 minute',
            session.authenticated_at + tenant.session_lifetime_minutes * interval '1 minute'
        ) <= now();
    get diagnostics shorter = row_count;
    delete from auth.sessions where ended_at < now() - interval '90 days';
    delete from jobs.heartbeats where seen_at < now() - interval '1 day';
    -- A day after its first attempt a count begins anew anyway.
    delete from auth.login_throttles where began_at < now() - interval '1 day' and blocked_until < now();
    delete from audit.tallies where hour < now() - interval '90 days';
    return ended + shorter;
end
$$;
grant execute on function jobs.expire_sessions() to rowhouse_worker;
comment on function jobs.expire_sessions() is
    'Ends sessions past their time and returns how many; forgets old ones, old throttles, tallies and heartbeats.';
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
--! Included jobs/list.sql
-- What is in the job queue, as `rowhouse jobs list` and the metrics tell it. The queue is the worker's own
-- (graphile_worker, made by `rowhouse migrate`), so this asks with the worker's rights.
create or replace function jobs.list()
    returns table (id bigint, job text, state text, attempts integer, max_attempts integer, run_at timestamptz, last_error text)
    language plpgsql stable parallel safe security invoker
    set search_path = ''
as $$
begin
    return query
    select
        queued.id, queued.task_identifier,
        case
            when queued.attempts >= queued.max_attempts and queued.locked_at is null then 'failed'
            when queued.locked_at is not null then 'running'
            when queued.attempts > 0 then 'retrying'
            else 'waiting'
        end,
        queued.attempts::integer, queued.max_attempts::integer, queued.run_at, queued.last_error
    from graphile_worker.jobs as queued
    order by queued.id;
end
$$;
grant execute on function jobs.list() to rowhouse_worker;
comment on function jobs.list() is
    'The job queue: waiting, running, retrying (it failed and will be tried again) or failed (for good, until jobs.retry()).';
--! EndIncluded jobs/list.sql
--! Included jobs/list_mails.sql
-- Mails that were not sent yet, and those that were given up, as `rowhouse mail list` tells them. What a mail says is not
-- in the database, and its link and code are encrypted.
set local role rowhouse_definer;
create or replace function jobs.list_mails()
    returns table (id uuid, template text, recipient text, state text, attempts integer, next_attempt_at timestamptz, last_error text, created_at timestamptz)
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select mail.id, mail.template, mail.recipient, mail.state, mail.attempts,
        case mail.state when 'pending' then mail.next_attempt_at end, mail.last_error, mail.created_at
    from auth.mails as mail
    where mail.state <> 'sent'
    order by mail.created_at, mail.id
$$;
grant execute on function jobs.list_mails() to rowhouse_worker;
comment on function jobs.list_mails() is
    'Mails that wait (pending) and those that were given up (dead, until jobs.retry_mail()).';
reset role;
--! EndIncluded jobs/list_mails.sql
--! Included jobs/measure.sql
-- What the metrics tell of the trail: events written since the server's statistics began, from PostgreSQL's own
-- counters, so that nothing is counted row by row.
set local role rowhouse_definer;
create or replace function jobs.measure() returns table (trail_events bigint)
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select coalesce(sum(pg_stat_get_tuples_inserted(inhrelid)), 0)::bigint
    from pg_catalog.pg_inherits
    where inhparent = 'audit.events'::regclass
$$;
grant execute on function jobs.measure() to rowhouse_worker;
comment on function jobs.measure() is 'Figures for the metrics: how many events were written to the trail.';
reset role;
--! EndIncluded jobs/measure.sql
--! Included jobs/retry.sql
-- Gives a job that failed for good all its attempts again, beginning now. Other jobs are left alone.
create or replace function jobs.retry(id bigint) returns boolean
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
begin
    if not exists (select from jobs.list() as queued where queued.id = retry.id and queued.state = 'failed') then
        return false;
    end if;
    perform graphile_worker.reschedule_jobs(array[retry.id], run_at => now(), attempts => 0);
    return true;
end
$$;
grant execute on function jobs.retry(bigint) to rowhouse_worker;
comment on function jobs.retry(bigint) is
    'Runs a job that failed for good once more, with all its attempts; false if there is no such job.';
--! EndIncluded jobs/retry.sql
--! Included jobs/retry_mail.sql
-- Gives a mail that is dead all its attempts again, beginning now. Other mails are left alone. Its link may be past its
-- time by now; then its reader asks for another.
set local role rowhouse_definer;
create or replace function jobs.retry_mail(id uuid) returns boolean
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    update auth.mails as mail set state = 'pending', settled_at = null, attempts = 0, next_attempt_at = now()
    where mail.id = retry_mail.id and mail.state = 'dead';
    return found;
end
$$;
grant execute on function jobs.retry_mail(uuid) to rowhouse_worker;
comment on function jobs.retry_mail(uuid) is
    'Tries to deliver a mail that was given up once more, with all its attempts; false if there is no such mail.';
reset role;
--! EndIncluded jobs/retry_mail.sql
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
--! Included jobs/queue_webhooks.sql
-- The outbox: one row for each endpoint that wants to hear, in the transaction of what it tells of. So what was rolled back
-- is never told, and what was committed always is.
--
-- data: ids and closed words, and nothing that says who somebody is: it leaves the house, and is kept where we cannot delete
set local role rowhouse_definer;
create or replace function jobs.queue_webhooks(tenant uuid, type text, data jsonb) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    insert into app.webhook_deliveries (tenant_id, endpoint_id, type, data)
    select endpoint.tenant_id, endpoint.id, queue_webhooks.type, queue_webhooks.data
    from app.webhook_endpoints as endpoint
    where endpoint.tenant_id = tenant and endpoint.active and queue_webhooks.type = any (endpoint.events)
$$;
comment on function jobs.queue_webhooks(uuid, text, jsonb) is
    'Writes an event for each endpoint of the tenant that subscribed to it, in the caller''s transaction.';
reset role;
--! EndIncluded jobs/queue_webhooks.sql
--! Included jobs/webhook_endpoints_due.sql
-- Endpoints for which something is due, and since when. It leaps from endpoint to endpoint over the index of what is pending,
-- so that it costs as much as there are endpoints with something to come, and not as much as waits for them: nobody's backlog,
-- be it of an endpoint that is off or slow, makes it dear for all.
set local role rowhouse_definer;
create or replace function jobs.webhook_endpoints_due() returns table (tenant_id uuid, endpoint_id uuid, since timestamptz)
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    with recursive waiting as (
        (
            select one.tenant_id, one.endpoint_id from app.webhook_deliveries as one
            where one.state = 'pending' order by one.tenant_id, one.endpoint_id limit 1
        )
        union all
        select further.tenant_id, further.endpoint_id
        from waiting cross join lateral (
            select one.tenant_id, one.endpoint_id from app.webhook_deliveries as one
            where one.state = 'pending' and (one.tenant_id, one.endpoint_id) > (waiting.tenant_id, waiting.endpoint_id)
            order by one.tenant_id, one.endpoint_id limit 1
        ) as further
    )
    select endpoint.tenant_id, endpoint.id, first.next_attempt_at
    from waiting
    join app.webhook_endpoints as endpoint on endpoint.tenant_id = waiting.tenant_id and endpoint.id = waiting.endpoint_id
    join app.tenants as tenant on tenant.id = endpoint.tenant_id and tenant.status = 'active'
    cross join lateral (
        (
            select one.next_attempt_at from app.webhook_deliveries as one
            where endpoint.active
                and one.tenant_id = endpoint.tenant_id and one.endpoint_id = endpoint.id and one.state = 'pending'
            order by one.next_attempt_at limit 1
        )
        union all
        (
            select one.next_attempt_at from app.webhook_deliveries as one
            where not endpoint.active
                and one.tenant_id = endpoint.tenant_id and one.endpoint_id = endpoint.id
                and one.state = 'pending' and one.type = 'webhook.test'
            limit 1
        )
    ) as first
    where first.next_attempt_at <= now() and (endpoint.lent_until is null or endpoint.lent_until <= now())
$$;
comment on function jobs.webhook_endpoints_due() is
    'Endpoints that no worker has in hand, for which an event is due, and since when.';
reset role;
--! EndIncluded jobs/webhook_endpoints_due.sql
--! Included jobs/webhooks_due.sql
-- Whether there is something to send that nobody has in hand: asked every other second.
set local role rowhouse_definer;
create or replace function jobs.webhooks_due() returns boolean
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    select exists (select from jobs.webhook_endpoints_due())
$$;
grant execute on function jobs.webhooks_due() to rowhouse_worker;
comment on function jobs.webhooks_due() is 'Whether an event waits for an endpoint that no worker has in hand.';
reset role;
--! EndIncluded jobs/webhooks_due.sql
--! Included jobs/claim_webhooks.sql
-- One endpoint with events that are due, and up to five of them in order, for whoever asks to deliver, and for nobody else in
-- the next two minutes (five times fifteen seconds, and some): so an endpoint hears of one thing after the other, however
-- many workers there are. If the process dies with them, another one has them then: an event may come twice, with the same
-- id, but is never lost.
--
-- The sequence is counted here and not where the event is written, so that what was rolled back, or is committed late, leaves
-- no gap: an endpoint gets 1, 2, 3, … A number that is missing to the receiver is being tried again, or is a dead letter.
set local role rowhouse_definer;
create or replace function jobs.claim_webhooks()
    returns table (
        tenant uuid, endpoint uuid, lent_until timestamptz, url text, secrets jsonb,
        id uuid, type text, data jsonb, sequence integer, created_at timestamptz, attempt integer
    )
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    mine app.webhook_endpoints;
begin
    select endpoint.* into mine
    from jobs.webhook_endpoints_due() as due
    join app.webhook_endpoints as endpoint on endpoint.tenant_id = due.tenant_id and endpoint.id = due.endpoint_id
    where endpoint.lent_until is null or endpoint.lent_until <= now()
    order by due.since
    limit 1
    for no key update of endpoint skip locked;
    if not found then
        return;
    end if;
    update app.webhook_endpoints as lent set lent_until = clock_timestamp() + interval '2 minutes'
    where lent.tenant_id = mine.tenant_id and lent.id = mine.id
    returning lent.lent_until into mine.lent_until;

    return query
    with due as (
        select waiting.id, waiting.sequence,
            row_number() over (order by waiting.sequence nulls last, waiting.id) as place
        from app.webhook_deliveries as waiting
        where waiting.tenant_id = mine.tenant_id and waiting.endpoint_id = mine.id
            and waiting.state = 'pending' and waiting.next_attempt_at <= now()
            and (mine.active or waiting.type = 'webhook.test')
        order by place limit 5
    ), numbered as (
        select due.id, due.place,
            coalesce(due.sequence, (mine.last_sequence + count(*) filter (where due.sequence is null) over (order by due.place))::integer) as sequence
        from due
    ), counted as (
        update app.webhook_endpoints as one set last_sequence = greatest(one.last_sequence, last.sequence)
        from (select max(numbered.sequence) as sequence from numbered) as last
        where one.tenant_id = mine.tenant_id and one.id = mine.id and last.sequence > one.last_sequence
    ), taken as (
        update app.webhook_deliveries as one set attempts = one.attempts + 1, sequence = numbered.sequence
        from numbered
        where one.tenant_id = mine.tenant_id and one.id = numbered.id
        returning one.id, one.type, one.data, one.sequence, one.created_at, one.attempts, numbered.place
    )
    select mine.tenant_id, mine.id, mine.lent_until, mine.url,
        (
            select jsonb_agg(jsonb_build_object('id', known.id, 'secret', known.secret) order by known.created_at desc, known.id)
            from auth.webhook_secrets as known
            where known.tenant_id = mine.tenant_id and known.endpoint_id = mine.id
                and (known.expires_at is null or known.expires_at > now())
        ),
        taken.id, taken.type, taken.data, taken.sequence, taken.created_at, taken.attempts
    from taken order by taken.place;
end
$$;
grant execute on function jobs.claim_webhooks() to rowhouse_worker;
comment on function jobs.claim_webhooks() is
    'Events that are due for one endpoint, in order, lent for two minutes to whoever asks, with what they are signed with.';
reset role;
--! EndIncluded jobs/claim_webhooks.sql
--! Included jobs/settle_webhook.sql
-- How an attempt went. One that failed is tried again after 5 seconds, 5 minutes, 30 minutes, 2, 5, 10, 14, 20 and 24 hours
-- (as Standard Webhooks has it), and up to a tenth later, so that what failed together does not come back together. After ten
-- attempts, about three days, it is a dead letter, and so is a test at once. An endpoint that answers 410 is switched off, and
-- so is one that has taken nothing for five days when an event dies; the tenant's owners are told by mail.
--
-- status:  of the answer; null where there was none
-- failure: what went wrong; null: it was delivered
--
-- Only the attempt that was lent is settled: one that came back too late finds that another has taken its place.
set local role rowhouse_definer;
create or replace function jobs.settle_webhook(tenant uuid, delivery uuid, attempt integer, status integer, failure text) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    pauses   constant interval[] := '{5 seconds,5 minutes,30 minutes,2 hours,5 hours,10 hours,14 hours,20 hours,24 hours}';
    -- The endpoint first, as in jobs.claim_webhooks().
    hearing  app.webhook_endpoints;
    outcome  text;
    reason   text;
begin
    select endpoint.* into hearing
    from app.webhook_endpoints as endpoint
    join app.webhook_deliveries as one on one.tenant_id = endpoint.tenant_id and one.endpoint_id = endpoint.id
    where one.tenant_id = tenant and one.id = delivery
    for no key update of endpoint;
    update app.webhook_deliveries as one set
        state = judged.state,
        response_status = status,
        failure = settle_webhook.failure,
        settled_at = case when judged.state <> 'pending' then now() end,
        next_attempt_at = case when judged.state = 'pending' then now() + pauses[one.attempts] * (1 + random() / 10) end
    from (
        select known.id, case
            when settle_webhook.failure is null then 'delivered'
            when status is not distinct from 410 or known.attempts > cardinality(pauses) or known.type = 'webhook.test' then 'dead'
            else 'pending'
        end as state
        from app.webhook_deliveries as known
        where known.tenant_id = tenant and known.id = delivery and known.state = 'pending' and known.attempts = attempt
        for no key update
    ) as judged
    where one.tenant_id = tenant and one.id = judged.id
    returning one.state into outcome;
    if outcome is null then
        return null;
    end if;
    if settle_webhook.failure is null then
        update app.webhook_endpoints as one set failing_since = null
        where one.tenant_id = tenant and one.id = hearing.id and one.failing_since is not null;
        return outcome;
    end if;
    reason := case
        when status = 410 then 'gone'
        when outcome = 'dead' and hearing.failing_since < now() - interval '5 days' then 'failing'
    end;
    update app.webhook_endpoints as one set
        failing_since = coalesce(one.failing_since, now()),
        active = one.active and reason is null,
        disabled_reason = case when one.active then reason else one.disabled_reason end
    where one.tenant_id = tenant and one.id = hearing.id;
    if reason is not null and hearing.active then
        update app.webhook_deliveries as one set
            state = 'dead', failure = 'disabled', settled_at = now(), next_attempt_at = null
        where one.tenant_id = tenant and one.endpoint_id = hearing.id and one.state = 'pending';
        perform auth.queue_mail(gen_random_uuid(), 'webhook_disabled', person.email, person.locale, null, '{}')
        from app.memberships as owner
        join app.users as person on person.id = owner.user_id
        where owner.tenant_id = tenant and owner.is_owner and owner.status = 'active';
    end if;
    return outcome;
end
$$;
grant execute on function jobs.settle_webhook(uuid, uuid, integer, integer, text) to rowhouse_worker;
comment on function jobs.settle_webhook(uuid, uuid, integer, integer, text) is
    'Notes how an attempt went; returns the delivery''s state: delivered, pending (it is tried again) or dead. Null for an attempt that was settled already.';
reset role;
--! EndIncluded jobs/settle_webhook.sql
--! Included jobs/release_webhooks.sql
-- Gives an endpoint back, for the next events that are due. Whoever comes back too late gives nothing back: by then it is lent
-- to somebody else.
set local role rowhouse_definer;
create or replace function jobs.release_webhooks(tenant uuid, endpoint uuid, lent_until timestamptz) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    update app.webhook_endpoints as lent set lent_until = null
    where lent.tenant_id = tenant and lent.id = endpoint and lent.lent_until = release_webhooks.lent_until
$$;
grant execute on function jobs.release_webhooks(uuid, uuid, timestamptz) to rowhouse_worker;
comment on function jobs.release_webhooks(uuid, uuid, timestamptz) is
    'Gives an endpoint back that jobs.claim_webhooks() lent until then.';
reset role;
--! EndIncluded jobs/release_webhooks.sql
--! Included jobs/expire_webhooks.sql
-- Forgets events thirty days after they happened, whatever became of them, and secrets that were replaced and are over.
set local role rowhouse_definer;
create or replace function jobs.expire_webhooks() returns integer
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    forgotten integer;
begin
    delete from app.webhook_deliveries where created_at <= now() - interval '30 days';
    get diagnostics forgotten = row_count;
    delete from auth.webhook_secrets where expires_at <= now();
    return forgotten;
end
$$;
grant execute on function jobs.expire_webhooks() to rowhouse_worker;
comment on function jobs.expire_webhooks() is
    'Forgets webhook deliveries of more than thirty days ago and returns how many; and secrets that were replaced.';
reset role;
--! EndIncluded jobs/expire_webhooks.sql

-- Rules of single values
--! Included app/is_blank.sql
-- Whether there is nothing to read: only spaces of any kind, and characters that leave no mark. Listed by code point, so that
-- no collation has a say.
--
-- Its body is bound when it is made, and without a `set`, so that a check costs no call.
create or replace function app.is_blank(value text) returns boolean
    language sql immutable parallel safe security invoker
    return value !~ '[^\u0001-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]';
grant execute on function app.is_blank(text) to rowhouse_app, rowhouse_owner, rowhouse_definer;
comment on function app.is_blank(text) is
    'Whether a text has nothing to read: only spaces and characters that leave no mark.';
--! EndIncluded app/is_blank.sql
--! Included app/is_name.sql
-- What is a name: of a person, a company, a role, a key, a conversation. One line that shows something. It holds
-- no control character, no line separator and nothing that turns the direction of the text around it (Unicode 5.23,
-- "Bidirectional embeddings, overrides and isolates"), and at least one character that is neither a space of any kind nor invisible.
-- Lengths are the tables' own. Characters are listed by code point, so that no collation has a say.
--
-- Its body is bound when it is made, and without a `set`, so that a check costs no call.
create or replace function app.is_name(name text) returns boolean
    language sql immutable parallel safe security invoker
    return name !~ '[\u0001-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]'
        and not app.is_blank(name);
grant execute on function app.is_name(text) to rowhouse_app, rowhouse_owner, rowhouse_definer;
comment on function app.is_name(text) is
    'Whether this is a name: one line with at least one character that can be seen.';
--! EndIncluded app/is_name.sql
--! Included app/is_public_mail.sql
-- Whether anybody can have an address in a domain: nobody proves by one that they belong to a company.
create or replace function app.is_public_mail(domain text) returns boolean
    language sql immutable parallel safe security invoker
    return domain = any ('{
        gmail.com,googlemail.com,outlook.com,outlook.de,hotmail.com,hotmail.co.uk,hotmail.fr,hotmail.de,live.com,live.de,msn.com,
        yahoo.com,yahoo.co.uk,yahoo.co.jp,yahoo.fr,yahoo.de,ymail.com,rocketmail.com,aol.com,icloud.com,me.com,mac.com,
        proton.me,protonmail.com,pm.me,tutanota.com,tutanota.de,tuta.com,tuta.io,mailbox.org,posteo.de,posteo.net,
        gmx.de,gmx.net,gmx.com,gmx.at,gmx.ch,web.de,freenet.de,t-online.de,mail.de,email.de,arcor.de,
        mail.com,email.com,zoho.com,zohomail.com,fastmail.com,fastmail.fm,hey.com,hushmail.com,inbox.com,
        mail.ru,bk.ru,list.ru,inbox.ru,yandex.com,yandex.ru,ya.ru,rambler.ru,
        qq.com,163.com,126.com,yeah.net,sina.com,foxmail.com,naver.com,hanmail.net,daum.net,
        orange.fr,wanadoo.fr,free.fr,laposte.net,sfr.fr,libero.it,virgilio.it,tiscali.it,alice.it,
        wp.pl,o2.pl,onet.pl,interia.pl,seznam.cz,centrum.cz,uol.com.br,bol.com.br,terra.com.br,rediffmail.com,
        comcast.net,verizon.net,att.net,sbcglobal.net,cox.net,btinternet.com,bluewin.ch,
        mailinator.com,guerrillamail.com,10minutemail.com,yopmail.com,trashmail.com,temp-mail.org,sharklasers.com
    }'::text[]);
grant execute on function app.is_public_mail(text) to rowhouse_definer;
comment on function app.is_public_mail(text) is
    'Whether a domain is of a mail provider where anybody can have an address.';
--! EndIncluded app/is_public_mail.sql

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
create or replace trigger touch_updated_at before update on app.teams
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update on app.team_members
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update on app.conversations
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update on app.user_preferences
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update of url, description, events, active on app.webhook_endpoints
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update on app.tenant_preferences
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update on app.invitations
    for each row execute function app.touch_updated_at();
create or replace trigger touch_updated_at before update on app.domains
    for each row execute function app.touch_updated_at();
--! EndIncluded app/touch_updated_at.sql
--! Included app/place_message.sql
-- A message belongs to the team of its conversation. Before the row, so that its policy asks about the team too; a
-- conversation that is not the caller's is not found here, and then refused by the foreign key.
set local role rowhouse_definer;
create or replace function app.place_message() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if context.tenant_id() = new.tenant_id then
        select conversation.team_id into new.team_id from app.conversations as conversation
        where conversation.tenant_id = new.tenant_id and conversation.id = new.conversation_id;
    end if;
    return new;
end
$$;
grant execute on function app.place_message() to rowhouse_owner;
comment on function app.place_message() is 'Trigger: a message belongs to the team of its conversation.';
reset role;

create or replace trigger place_message before insert on app.messages
    for each row execute function app.place_message();
--! EndIncluded app/place_message.sql
--! Included app/receive_message.sql
-- A message moves its conversation to the top, and is refused where there is nothing to read or nobody reads on.
--
-- After the row, because by then the policies and the foreign key have agreed that the conversation is the caller's: nobody
-- learns here whether another's is archived. The update takes the conversation's lock, so that archiving and writing take
-- turns. The assistant may finish an answer that was being written when its conversation was archived.
set local role rowhouse_definer;
create or replace function app.receive_message() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    status text;
begin
    if app.is_blank(new.content) then
        raise exception using
            errcode = 'RH406',
            message = 'a message needs something to read',
            hint = 'Spaces and invisible characters alone are no message.';
    end if;
    update app.conversations as conversation set updated_at = now()
    where conversation.tenant_id = new.tenant_id and conversation.id = new.conversation_id
    returning conversation.status into status;
    if status is null and context.is_caller() then
        perform context.refuse('broken_seal');
    end if;
    if status = 'archived' and new.role = 'user' then
        raise exception using
            errcode = 'RH410',
            message = 'the conversation is archived and takes no messages',
            hint = 'Its member can open it again: set its status to open.';
    end if;
    return null;
end
$$;
grant execute on function app.receive_message() to rowhouse_owner;
comment on function app.receive_message() is
    'Trigger: a message moves its conversation''s updated_at; a blank one (RH406) and one into an archived conversation (RH410) are refused.';
reset role;

create or replace trigger receive_message after insert on app.messages
    for each row execute function app.receive_message();
--! EndIncluded app/receive_message.sql
--! Included app/guard_team_member.sql
-- Into a team come members of the company: no guests, who are nobody's colleagues, and nobody who is not one any more. Nobody
-- is in more than a hundred teams: the door writes them all into the context of each of their requests.
--
-- Who comes into a team reads from then on what its people wrote there, and who leads it says who else does. So both are
-- given by somebody who proved lately who they are, as a role or a grant is; a key has its scope for a consent. To take
-- either away opens nothing and asks nothing: whoever sees the wrong person read along need not find their password first.
set local role rowhouse_definer;
create or replace function app.guard_team_member() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    place app.memberships;
begin
    if not context.is_caller() then
        return new;
    end if;
    if context.tenant_id() is distinct from new.tenant_id then
        perform context.refuse('broken_seal');
    end if;
    if tg_op = 'UPDATE' then
        if new.role = 'lead' and old.role <> 'lead' and context.kind_in(context.actor()) = 'session' then
            perform context.require_fresh_sign_in();
        end if;
        return new;
    end if;
    if not coalesce(new.team_id = any (context.led_teams()), false) and not context.may('manage_teams') then
        perform context.refuse('manage_teams');
    end if;
    -- Locked, so that whoever removes them meanwhile waits, and finds this place to take away; and so that two places at once
    -- count each other.
    select * into place from app.memberships as membership
    where membership.tenant_id = new.tenant_id and membership.user_id = new.user_id for no key update;
    if exists (
        select from app.roles as role
        where role.tenant_id = place.tenant_id and role.id = place.role_id and role.built_in and role.name = 'guest'
    ) then
        perform context.refuse('account');
    end if;
    if place.status = 'removed' then
        raise exception using
            errcode = 'RH400',
            message = 'who was removed from the company comes into no team of it',
            column = 'user_id',
            constraint = 'team_members_present';
    end if;
    if (
        select count(*) from app.team_members as already
        where already.tenant_id = new.tenant_id and already.user_id = new.user_id
    ) >= 100 then
        raise exception using
            errcode = 'RH400',
            message = 'nobody is in more than a hundred teams',
            column = 'user_id',
            constraint = 'team_members_limit';
    end if;
    -- Last, so that nobody is asked for a password for what they may not do anyway.
    if context.kind_in(context.actor()) = 'session' then
        perform context.require_fresh_sign_in();
    end if;
    return new;
end
$$;
grant execute on function app.guard_team_member() to rowhouse_owner;
comment on function app.guard_team_member() is
    'Trigger: into a team come members who are not guests (RH403, account) nor removed, into a hundred teams at most (RH400), at the hands of who may (RH403) and signed in lately (RH440); so are leads made.';
reset role;

create or replace trigger guard_team_member before insert or update of role on app.team_members
    for each row execute function app.guard_team_member();
--! EndIncluded app/guard_team_member.sql
--! Included app/guard_grant.sql
-- A grant is of a permission of the catalogue, which its giver holds by their role (context.may_give), for a member who is no
-- guest and was not removed, and takes somebody who proved lately who they are, or a key with the scope. It stands until it
-- ends, also when its giver loses the right: whoever demotes them sees in whoCan what they gave, and can end it.
set local role rowhouse_definer;
create or replace function app.guard_grant() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    place app.memberships;
begin
    if not context.is_caller() then
        return new;
    end if;
    -- Whoever entered another of their tenants in the middle of the statement shows what they hold there.
    if context.tenant_id() is distinct from new.tenant_id then
        perform context.refuse('broken_seal');
    end if;
    if not context.may('manage_users') then
        perform context.refuse('manage_users');
    end if;
    if not exists (select from app.permissions as permission where permission.name = new.permission) then
        raise exception using
            errcode = 'RH400',
            message = format('there is no permission %s', to_json(new.permission)),
            column = 'permission',
            constraint = 'grants_permission_known',
            hint = 'The catalogue is app.permissions.';
    end if;
    if not context.may_give(new.permission) then
        perform context.refuse(new.permission);
    end if;
    -- Locked, so that whoever removes them meanwhile waits, and finds this grant to end.
    select * into place from app.memberships as membership
    where membership.tenant_id = new.tenant_id and membership.user_id = new.user_id for share;
    if exists (
        select from app.roles as role
        where role.tenant_id = place.tenant_id and role.id = place.role_id and role.built_in and role.name = 'guest'
    ) then
        perform context.refuse('account');
    end if;
    if place.status = 'removed' then
        raise exception using
            errcode = 'RH400',
            message = 'who was removed from the company is granted nothing',
            column = 'user_id',
            constraint = 'grants_present';
    end if;
    if context.kind_in(context.actor()) = 'session' then
        perform context.require_fresh_sign_in();
    end if;
    return new;
end
$$;
grant execute on function app.guard_grant() to rowhouse_owner;
comment on function app.guard_grant() is
    'Trigger: a grant is of a permission of the catalogue (RH400) that its giver holds by their role (RH403 naming it), for no guest (RH403, account) and nobody who was removed (RH400), from who signed in lately (RH440).';
reset role;

create or replace trigger guard_grant before insert on app.grants
    for each row execute function app.guard_grant();
--! EndIncluded app/guard_grant.sql
--! Included app/end_powers.sql
-- Whoever is removed from a company leaves its teams and loses what they were granted for a time, so that it does not wait for
-- them to come back. Nothing comes between: guard_team_member and guard_grant hold the membership while they look at it; once
-- more if they do come back, for what the operator put there.
set local role rowhouse_definer;
create or replace function app.end_powers() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    delete from app.team_members as place where place.tenant_id = new.tenant_id and place.user_id = new.user_id;
    delete from app.grants as given where given.tenant_id = new.tenant_id and given.user_id = new.user_id;
    return null;
end
$$;
grant execute on function app.end_powers() to rowhouse_owner;
comment on function app.end_powers() is 'Trigger: who is removed from a company leaves its teams, and their grants end.';
reset role;

create or replace trigger end_powers after update of status on app.memberships
    for each row when (new.status <> old.status and 'removed' in (new.status, old.status))
    execute function app.end_powers();
--! EndIncluded app/end_powers.sql
--! Included app/check_role_permissions.sql
-- A role holds only permissions of the catalogue, each once, in order; nobody puts in what they do not hold, or hold for
-- a time only (context.may_give). What the role of
-- others may do changes at the hands of somebody who proved lately who they are, or of a key with the scope.
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
            column = 'permissions',
            constraint = 'roles_permissions_known',
            hint = 'The catalogue is app.permissions.';
    end if;
    if context.is_caller() then
        -- Whoever entered another of their tenants in the middle of the statement shows what they hold there.
        if context.tenant_id() is distinct from new.tenant_id then
            perform context.refuse('broken_seal');
        end if;
        select name into missing from unnest(new.permissions) as wanted (name)
        where not context.may_give(name) order by name limit 1;
        if missing is not null then
            perform context.refuse(missing);
        end if;
        if tg_op = 'UPDATE' and context.kind_in(context.actor()) = 'session' then
            perform context.require_fresh_sign_in();
        end if;
    end if;
    new.permissions := array(select distinct name from unnest(new.permissions) as wanted (name) order by name);
    return new;
end
$$;
grant execute on function app.check_role_permissions() to rowhouse_owner;
comment on function app.check_role_permissions() is
    'Trigger: a role holds only permissions of the catalogue (RH400) and only what its maker holds (RH403 naming the first missing one); its permissions change with a fresh sign-in only (RH440).';
reset role;

create or replace trigger check_role_permissions before insert or update of permissions on app.roles
    for each row execute function app.check_role_permissions();
--! EndIncluded app/check_role_permissions.sql
--! Included app/guard_membership.sql
-- What a policy cannot say, because it compares the row with what it was and with its role:
-- members may change their own name and picture, but role, status and ownership want `manage_users`;
-- nobody gives a role that holds more than they do, or touches somebody who holds more, by a role or for a time; and what
-- somebody holds for a time only does not count, because what they change stays (context.may_give);
-- only an owner makes or unmakes an owner; a guest's role changes once they have an account, and nobody becomes a guest;
-- and each of these takes somebody who proved lately who they are, because it gives or takes what others may do. A key proves
-- nothing anew: its scopes are the consent, and an owner it is never. To leave takes nothing but being signed in.
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
    -- Everybody may go, and takes nothing with them.
    if new.user_id = context.user_id() and new.status = 'removed' and new.role_id = old.role_id and not new.is_owner
        and context.kind_in(context.actor()) = 'session'
    then
        return new;
    end if;
    if (new.role_id, new.status, new.is_owner) is distinct from (old.role_id, old.status, old.is_owner) then
        if not context.may('manage_users') then
            perform context.refuse('manage_users');
        end if;
        select held.permission into missing
        from (
            select unnest(role.permissions) from app.roles as role
            where role.tenant_id = old.tenant_id and role.id in (old.role_id, new.role_id)
            union
            select live.permission from app.grants as live
            -- What the catalogue has not, permits nothing.
            join app.permissions as known on known.name = live.permission
            where live.tenant_id = old.tenant_id and live.user_id = old.user_id and live.ends_at > now()
        ) as held (permission)
        where not context.may_give(held.permission)
        order by held.permission limit 1;
        if missing is not null then
            perform context.refuse(missing);
        end if;
    end if;
    if (new.role_id, new.is_owner) is distinct from (old.role_id, old.is_owner) then
        -- Who cannot be asked who they are, is given nothing.
        if exists (select from app.users as person where person.id = old.user_id and person.is_guest) then
            perform context.refuse('account');
        end if;
        -- What a member made as a member, such as API keys, would outlast it.
        if new.role_id <> old.role_id and exists (
            select from app.roles as role
            where role.tenant_id = old.tenant_id and role.id = new.role_id and role.built_in and role.name = 'guest'
        ) then
            raise exception using
                errcode = 'RH400',
                message = 'a member does not become a guest',
                column = 'role_id',
                constraint = 'memberships_guest_role',
                hint = 'Suspend or remove them, or give them a role of your own with little in it.';
        end if;
    end if;
    if (old.is_owner or new.is_owner) and not context.is_owner()
        and (new.role_id, new.status, new.is_owner) is distinct from (old.role_id, old.status, old.is_owner)
    then
        perform context.refuse('owner');
    end if;
    -- Last, so that nobody is asked for a password for what they may not do anyway.
    if (new.role_id, new.status, new.is_owner) is distinct from (old.role_id, old.status, old.is_owner)
        and context.kind_in(context.actor()) = 'session'
    then
        perform context.require_fresh_sign_in();
    end if;
    return new;
end
$$;
grant execute on function app.guard_membership() to rowhouse_owner;
comment on function app.guard_membership() is
    'Trigger: role, status and ownership of a member change only at the hands of somebody who holds at least as much (RH403 names what is missing) and signed in lately (RH440).';
reset role;

create or replace trigger guard_membership before update on app.memberships
    for each row execute function app.guard_membership();
--! EndIncluded app/guard_membership.sql
--! Included app/keep_an_owner.sql
-- A tenant always keeps one active owner. Checked at commit; the tenant's row is locked meanwhile, so that
-- two owners who demote each other take turns and the second is refused. Under a snapshot that could not
-- see the first one's commit it refuses outright. Who is about to be deleted is no owner to count on.
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
    -- Of a tenant that is being erased, nothing is left to own.
    if old.tenant_id is not distinct from context.tenant_in_erasure() then
        return null;
    end if;
    if not context.stays_owned(old.tenant_id) then
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
--! Included app/take_seat.sql
-- Whether one more person fits into a tenant: RH471 where every seat is taken. Active members sit; nobody else does. The
-- tenant's row is locked, so that however many come at once take turns, and the last seat is given once.
set local role rowhouse_definer;
create or replace function app.take_seat(tenant uuid) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    seats integer;
    taken integer;
begin
    select known.seats into seats from app.tenants as known where known.id = tenant;
    if seats is null then
        return;
    end if;
    select known.seats into seats from app.tenants as known where known.id = tenant for no key update;
    select count(*) into taken from app.memberships as membership
    where membership.tenant_id = tenant and membership.status = 'active';
    if taken >= seats then
        raise exception using
            errcode = 'RH471',
            message = format('all %s seats are taken', seats),
            hint = 'Remove or suspend somebody, or get more seats.';
    end if;
end
$$;
comment on function app.take_seat(uuid) is
    'Locks the tenant and raises RH471 unless one more active member fits into its seats.';
reset role;
--! EndIncluded app/take_seat.sql
--! Included app/guard_seats.sql
-- Whoever becomes an active member takes a seat, by whichever way they come: an invitation, a domain, an import, or the end
-- of a suspension.
set local role rowhouse_definer;
create or replace function app.guard_seats() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if new.status = 'active' and (tg_op = 'INSERT' or old.status <> 'active') then
        perform app.take_seat(new.tenant_id);
    end if;
    return new;
end
$$;
grant execute on function app.guard_seats() to rowhouse_owner;
comment on function app.guard_seats() is
    'Trigger: who becomes an active member takes a seat (RH471 where there is none).';
reset role;

create or replace trigger guard_seats before insert or update of status on app.memberships
    for each row execute function app.guard_seats();
--! EndIncluded app/guard_seats.sql
--! Included app/guard_domain.sql
-- What a policy cannot say of a domain: that it is no public mail provider's, that its role holds no more than whoever
-- chooses it, who proved lately who they are, and that a company has twenty at most, because each of them is looked up in the DNS. After the row, so that the
-- policies have spoken before.
set local role rowhouse_definer;
create or replace function app.guard_domain() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if not context.is_caller() then
        return null;
    end if;
    -- Whoever entered another of their tenants in the middle of the statement shows what they hold there.
    if context.tenant_id() is distinct from new.tenant_id then
        perform context.refuse('broken_seal');
    end if;
    if app.is_public_mail(new.domain) then
        raise exception using
            errcode = 'RH474',
            message = 'anybody can have an address in this domain',
            column = 'domain',
            hint = 'Name a domain that is the company''s own.';
    end if;
    perform context.require_role(new.role_id);
    if context.kind_in(context.actor()) = 'session'
        and (tg_op = 'INSERT' or (new.role_id, new.admits) is distinct from (old.role_id, old.admits))
    then
        perform context.require_fresh_sign_in();
    end if;
    if tg_op = 'UPDATE' then
        perform context.require_role(old.role_id);
        return null;
    end if;
    if (select count(*) > 20 from app.domains as known where known.tenant_id = new.tenant_id) then
        raise exception using
            errcode = 'RH475',
            message = 'a company has twenty domains at most',
            hint = 'Remove one that is not needed.';
    end if;
    return null;
end
$$;
grant execute on function app.guard_domain() to rowhouse_owner;
comment on function app.guard_domain() is
    'Trigger: a domain is no public mail provider''s (RH474), its role holds no more than the caller does (RH403), who signed in lately (RH440), and there are twenty at most (RH475).';
reset role;

create or replace trigger guard_domain after insert or update on app.domains
    for each row execute function app.guard_domain();
--! EndIncluded app/guard_domain.sql
--! Included app/guard_second_factor.sql
-- Whether a company's members need a second factor, and by which ways they sign in, is changed by somebody who proved lately who they are, and by no key: else
-- whoever finds an open session, or a key, opens the company to passwords alone.
set local role rowhouse_definer;
create or replace function app.guard_second_factor() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if (new.requires_second_factor, new.sign_in_ways) is distinct from (old.requires_second_factor, old.sign_in_ways) and context.is_caller() then
        perform context.require_fresh_sign_in();
    end if;
    return new;
end
$$;
grant execute on function app.guard_second_factor() to rowhouse_owner;
comment on function app.guard_second_factor() is
    'Trigger: by which ways members sign in, and whether they need a second factor, is changed with a fresh sign-in only (RH440).';
reset role;

create or replace trigger guard_second_factor before update of requires_second_factor, sign_in_ways on app.tenants
    for each row execute function app.guard_second_factor();
--! EndIncluded app/guard_second_factor.sql
--! Included app/guard_webhook_endpoint.sql
-- What a policy cannot say of an endpoint: it subscribes to events of the catalogue, each once, in order; a tenant has at
-- most twenty, because every change is written once for each; and whoever leads events somewhere proved lately who they are,
-- because that outlives their session.
set local role rowhouse_definer;
create or replace function app.guard_webhook_endpoint() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    body    constant text := context.actor();
    unknown text;
begin
    select name into unknown from unnest(new.events) as wanted (name)
    where not exists (select from app.webhook_event_types as known where known.name = wanted.name)
    order by name limit 1;
    if unknown is not null then
        raise exception using
            errcode = 'RH400',
            message = format('there is no event %s', to_json(unknown)),
            column = 'events',
            constraint = 'webhook_endpoints_events_known',
            hint = 'The catalogue is app.webhook_event_types.';
    end if;
    new.events := array(select distinct name from unnest(new.events) as wanted (name) order by name);
    if tg_op = 'INSERT' then
        -- Two at once take turns, so that the limit is exact.
        perform pg_advisory_xact_lock(hashtext('app.webhook_endpoints'), hashtext(new.tenant_id::text));
        if (select count(*) >= 20 from app.webhook_endpoints as known where known.tenant_id = new.tenant_id) then
            raise exception using
                errcode = 'RH400',
                message = 'a tenant has twenty webhook endpoints at most',
                constraint = 'webhook_endpoints_at_most',
                hint = 'Remove one that is not needed any more.';
        end if;
    elsif new.active and not old.active then
        new.disabled_reason := null;
        new.failing_since := null;
    end if;
    if context.is_caller() then
        -- Whoever entered another of their tenants in the middle of the statement shows what they hold there.
        if context.tenant_in(body) is distinct from new.tenant_id then
            perform context.refuse('broken_seal');
        end if;
        if context.kind_in(body) = 'session' and (tg_op = 'INSERT' or new.url <> old.url) then
            perform context.require_fresh_sign_in();
        end if;
    end if;
    return new;
end
$$;
grant execute on function app.guard_webhook_endpoint() to rowhouse_owner;
comment on function app.guard_webhook_endpoint() is
    'Trigger: an endpoint subscribes to events that there are (RH400), of a tenant that has twenty at most, and is led elsewhere only after a fresh sign-in (RH440).';
reset role;

create or replace trigger guard_webhook_endpoint before insert or update of url, events, active on app.webhook_endpoints
    for each row execute function app.guard_webhook_endpoint();
--! EndIncluded app/guard_webhook_endpoint.sql
--! Included app/end_support_where_off.sql
-- A company that turns support off means whoever is inside too, and for good: turned on again, it lets nobody back in who
-- was out. The door asks for the setting itself, so that nothing depends on who is first.
set local role rowhouse_definer;
create or replace function app.end_support_where_off() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    update auth.support_accesses as running set ended_at = now(), end_reason = 'turned_off'
    where running.tenant_id = new.id and running.ended_at is null and running.expires_at > now();
    return null;
end
$$;
grant execute on function app.end_support_where_off() to rowhouse_owner;
comment on function app.end_support_where_off() is
    'Trigger: what support has open in a company ends when the company turns support off.';
reset role;

create or replace trigger end_support_where_off after update of support_access on app.tenants
    for each row when (new.support_access = 'off' and old.support_access <> 'off')
    execute function app.end_support_where_off();
--! EndIncluded app/end_support_where_off.sql

-- What webhooks tell of
--! Included app/announce_membership.sql
-- What endpoints hear of a member: that they came, went, or stand differently.
set local role rowhouse_definer;
create or replace function app.announce_membership() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    about constant jsonb := jsonb_build_object('membership_id', new.id, 'user_id', new.user_id, 'role_id', new.role_id);
    was   constant text := case when tg_op = 'UPDATE' then old.status else 'removed' end;
begin
    if new.status <> was then
        perform jobs.queue_webhooks(new.tenant_id, case
            when new.status = 'removed' then 'member.removed'
            when new.status = 'suspended' then 'member.suspended'
            when was = 'removed' then 'member.joined'
            else 'member.resumed'
        end, about);
    end if;
    if tg_op = 'UPDATE' and new.role_id <> old.role_id then
        perform jobs.queue_webhooks(new.tenant_id, 'member.role_changed',
            about || jsonb_build_object('previous_role_id', old.role_id));
    end if;
    if tg_op = 'UPDATE' and new.is_owner <> old.is_owner then
        perform jobs.queue_webhooks(new.tenant_id, 'member.ownership_changed',
            about || jsonb_build_object('is_owner', new.is_owner));
    end if;
    return null;
end
$$;
grant execute on function app.announce_membership() to rowhouse_owner;
comment on function app.announce_membership() is
    'Trigger: writes member.* for the webhook endpoints that want to hear of it.';
reset role;

create or replace trigger announce after insert or update of status, role_id, is_owner on app.memberships
    for each row execute function app.announce_membership();
--! EndIncluded app/announce_membership.sql
--! Included app/announce_role.sql
-- What endpoints hear of a role.
set local role rowhouse_definer;
create or replace function app.announce_role() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if tg_op = 'UPDATE' and (new.name, new.description, new.permissions) is not distinct from (old.name, old.description, old.permissions) then
        return null;
    end if;
    perform jobs.queue_webhooks(
        coalesce(new.tenant_id, old.tenant_id),
        case tg_op when 'INSERT' then 'role.created' when 'UPDATE' then 'role.changed' else 'role.deleted' end,
        jsonb_build_object('role_id', coalesce(new.id, old.id))
    );
    return null;
end
$$;
grant execute on function app.announce_role() to rowhouse_owner;
comment on function app.announce_role() is
    'Trigger: writes role.* for the webhook endpoints that want to hear of it.';
reset role;

create or replace trigger announce after insert or update of name, description, permissions or delete on app.roles
    for each row execute function app.announce_role();
--! EndIncluded app/announce_role.sql
--! Included app/announce_tenant.sql
-- What endpoints hear of the tenant itself: which of its settings changed, and not to what.
set local role rowhouse_definer;
create or replace function app.announce_tenant() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    changed constant text[] := array(
        select now_is.key from jsonb_each(to_jsonb(new)) as now_is
        where now_is.key <> 'updated_at' and now_is.value is distinct from to_jsonb(old) -> now_is.key
        order by now_is.key
    );
begin
    if changed <> '{}' then
        perform jobs.queue_webhooks(new.id, 'tenant.updated', jsonb_build_object('changed', changed));
    end if;
    return null;
end
$$;
grant execute on function app.announce_tenant() to rowhouse_owner;
comment on function app.announce_tenant() is
    'Trigger: writes tenant.updated for the webhook endpoints that want to hear of it.';
reset role;

create or replace trigger announce after update on app.tenants
    for each row execute function app.announce_tenant();
--! EndIncluded app/announce_tenant.sql
--! Included auth/announce_api_key.sql
-- What endpoints hear of an API key: that it was made, or revoked.
set local role rowhouse_definer;
create or replace function auth.announce_api_key() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if tg_op = 'UPDATE' and (old.revoked_at is not null or new.revoked_at is null) then
        return null;
    end if;
    perform jobs.queue_webhooks(
        new.tenant_id,
        case tg_op when 'INSERT' then 'api_key.created' else 'api_key.revoked' end,
        jsonb_build_object('api_key_id', new.id, 'kind', new.kind, 'user_id', new.user_id, 'role_id', new.role_id)
    );
    return null;
end
$$;
grant execute on function auth.announce_api_key() to rowhouse_owner;
comment on function auth.announce_api_key() is
    'Trigger: writes api_key.* for the webhook endpoints that want to hear of it.';
reset role;

create or replace trigger announce after insert or update of revoked_at on auth.api_keys
    for each row execute function auth.announce_api_key();
--! EndIncluded auth/announce_api_key.sql
--! Included auth/announce_session.sql
-- What endpoints hear of sessions: those that somebody ended because they did not trust them, and those that were shown to be
-- stolen. That one was signed out of, or ran out, is nobody else's business.
set local role rowhouse_definer;
create or replace function auth.announce_session() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    perform jobs.queue_webhooks(
        new.tenant_id, 'session.revoked',
        jsonb_build_object('session_id', new.id, 'user_id', new.user_id, 'reason', new.end_reason)
    );
    return null;
end
$$;
grant execute on function auth.announce_session() to rowhouse_owner;
comment on function auth.announce_session() is
    'Trigger: writes session.revoked for the webhook endpoints that want to hear of it.';
reset role;

create or replace trigger announce after update of ended_at on auth.sessions
    for each row when (
        old.ended_at is null and new.ended_at is not null
        and new.end_reason in ('revoked', 'reuse') and new.tenant_id is not null
    )
    execute function auth.announce_session();
--! EndIncluded auth/announce_session.sql

-- The API's own calls
--! Included app/audit_events.sql
-- The trail as the API shows it. security_invoker: the policies of audit.events decide, not the view's owner.
-- No security_barrier: there is no condition here to guard, and a barrier would keep a page from its index.
create or replace view app.audit_events with (security_invoker = true) as
    select
        tenant_id, id, at, action, table_name, row_key, row_id, old_row, new_row, detail,
        actor_kind, actor_id, credential_id, request_id, ip, user_agent, impersonator_id
    from audit.events;
revoke all on app.audit_events from public, rowhouse_app;
grant select on app.audit_events to rowhouse_app;
comment on view app.audit_events is
    'The tenant''s audit trail, newest last; needs view_audit. Secrets and what people said are redacted.';
--! EndIncluded app/audit_events.sql
--! Included app/api_keys.sql
-- API keys as the API shows them: without the digest. security_invoker: the policies of auth.api_keys decide, not the
-- view's owner. No security_barrier: there is no condition here to guard, and a barrier would keep a page from its index.
create or replace view app.api_keys with (security_invoker = true) as
    select
        tenant_id, id, kind, user_id, role_id, created_by, name, beginning, scopes, requests_per_minute, origins, addresses,
        replaces, used_count::double precision as used_count, last_used_at, created_at, expires_at, revoked_at, opens_guests
    from auth.api_keys;
revoke all on app.api_keys from public, rowhouse_app;
grant select on app.api_keys to rowhouse_app;
grant update (name, requests_per_minute, origins, addresses, opens_guests) on app.api_keys to rowhouse_app;
comment on view app.api_keys is
    'A key for a program. One''s own, and with manage_api_keys every key of the tenant; the secret is shown once, when it is made.';
--! EndIncluded app/api_keys.sql
--! Included app/create_api_key.sql
-- Makes an API key. The server makes the secret and sends what is kept of it: sha256 of sha256, and how it begins; for a
-- secret key and for a publishable one, because the prefix is part of it.
create or replace function app.create_api_key(
    digests bytea[], beginnings text[], name text, scopes text[],
    kind text default 'secret', role_id uuid default null, expires_at timestamptz default null,
    requests_per_minute integer default null, origins text[] default null, addresses inet[] default null,
    opens_guests boolean default null
)
    returns app.api_keys
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    insert into auth.api_keys (
        digest, beginning, name, scopes, kind, role_id, expires_at, requests_per_minute, origins, addresses, opens_guests
    )
    select
        digests[place], beginnings[place], create_api_key.name, create_api_key.scopes,
        coalesce(create_api_key.kind, 'secret'), create_api_key.role_id, create_api_key.expires_at,
        create_api_key.requests_per_minute, create_api_key.origins, create_api_key.addresses,
        coalesce(create_api_key.opens_guests, false)
    from (values (case create_api_key.kind when 'publishable' then 2 else 1 end)) as made (place)
    returning
        tenant_id, id, kind, user_id, role_id, created_by, name, beginning, scopes, requests_per_minute, origins, addresses,
        replaces, used_count::double precision as used_count, last_used_at, created_at, expires_at, revoked_at, opens_guests
$$;
grant execute on function app.create_api_key(bytea[], text[], text, text[], text, uuid, timestamptz, integer, text[], inet[], boolean) to rowhouse_app;
comment on function app.create_api_key(bytea[], text[], text, text[], text, uuid, timestamptz, integer, text[], inet[], boolean) is
    'Makes an API key: the caller''s own, or with a role the tenant''s. It holds no more than the caller does.';
--! EndIncluded app/create_api_key.sql
--! Included app/rotate_api_key.sql
-- Makes a key like this one, under a new secret, and lets the old one go on for a while: for `overlap` seconds, and never
-- longer than it would have. The new one is good for as long as the old one was made for.
--
-- Somebody's own key is rotated by nobody else, because whoever rotates it learns the secret: to others it is not there.
create or replace function app.rotate_api_key(id uuid, digests bytea[], beginnings text[], overlap integer default null)
    returns app.api_keys
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    with replaced as (
        update auth.api_keys as known set
            expires_at = least(known.expires_at, now() + least(greatest(coalesce(overlap, 0), 0), 2592000) * interval '1 second')
        where known.id = rotate_api_key.id
            and (known.user_id is null or known.user_id = (select context.key_keeper()))
        returning
            known.id, known.kind, known.role_id, known.name, known.scopes, known.requests_per_minute, known.origins,
            known.addresses, known.opens_guests, now() + (old.expires_at - known.created_at) as expires_at
    )
    insert into auth.api_keys (
        digest, beginning, name, scopes, kind, role_id, expires_at, requests_per_minute, origins, addresses, opens_guests, replaces
    )
    select
        digests[place], beginnings[place], name, scopes, kind, role_id, expires_at, requests_per_minute,
        origins, addresses, opens_guests, replaced.id
    from replaced, lateral (values (case kind when 'publishable' then 2 else 1 end)) as made (place)
    returning
        tenant_id, id, kind, user_id, role_id, created_by, name, beginning, scopes, requests_per_minute, origins, addresses,
        replaces, used_count::double precision as used_count, last_used_at, created_at, expires_at, revoked_at, opens_guests
$$;
grant execute on function app.rotate_api_key(uuid, bytea[], text[], integer) to rowhouse_app;
comment on function app.rotate_api_key(uuid, bytea[], text[], integer) is
    'Makes a key like this one under a new secret; the old one goes on for so many seconds, and never longer than it would have.';
--! EndIncluded app/rotate_api_key.sql
--! Included app/revoke_api_key.sql
create or replace function app.revoke_api_key(id uuid) returns app.api_keys
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    update auth.api_keys as known set revoked_at = now() where known.id = revoke_api_key.id
    returning
        tenant_id, id, kind, user_id, role_id, created_by, name, beginning, scopes, requests_per_minute, origins, addresses,
        replaces, used_count::double precision as used_count, last_used_at, created_at, expires_at, revoked_at, opens_guests
$$;
grant execute on function app.revoke_api_key(uuid) to rowhouse_app;
comment on function app.revoke_api_key(uuid) is
    'Revokes an API key, for good: it opens nothing from the next request on.';
--! EndIncluded app/revoke_api_key.sql
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
--! Included app/tenant_usage.sql
-- What the caller's tenant uses of what its plan allows.
do $$
begin
    if to_regtype('app.tenant_usage') is null then
        create type app.tenant_usage as (
            seats      integer,
            seats_used integer,
            keys       integer,
            keys_used  integer,
            requests_per_minute integer,
            requests_per_day integer,
            requests_today integer
        );
    end if;
end
$$;
comment on type app.tenant_usage is 'What the caller''s tenant may have, and what it has. A limit that is null is none.';
comment on column app.tenant_usage.seats is 'How many active members it may have.';
comment on column app.tenant_usage.seats_used is 'How many active members it has.';
comment on column app.tenant_usage.keys is 'How many API keys it may have that are good.';
comment on column app.tenant_usage.keys_used is 'How many API keys it has that are good; one that was rotated counts once.';
comment on column app.tenant_usage.requests_per_minute is 'How many requests a minute each of its API keys may make.';
comment on column app.tenant_usage.requests_per_day is 'How many requests a day its members, guests and keys may make together. A day begins at midnight, UTC.';
comment on column app.tenant_usage.requests_today is 'How many requests they made today, but for those of the last second or so.';
--! EndIncluded app/tenant_usage.sql
--! Included context/tenant_usage.sql
-- For app.my_usage(): limits and use of the caller's tenant, for who manages it (RH403 otherwise).
set local role rowhouse_definer;
create or replace function context.tenant_usage() returns app.tenant_usage
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
declare
    usage app.tenant_usage;
begin
    if not context.may('manage_tenant') then
        perform context.refuse('manage_tenant');
    end if;
    select
        tenant.seats,
        (select count(*) from app.memberships as membership
            where membership.tenant_id = tenant.id and membership.status = 'active'),
        tenant.key_limit, auth.keys_in_use(tenant.id), tenant.requests_per_minute,
        tenant.requests_per_day, least(auth.requests_today(tenant.id), 2147483647)
    into usage
    from app.tenants as tenant where tenant.id = context.tenant_id();
    return usage;
end
$$;
grant execute on function context.tenant_usage() to rowhouse_app;
comment on function context.tenant_usage() is
    'Limits of the caller''s tenant and what it uses of them, for who holds manage_tenant.';
reset role;
--! EndIncluded context/tenant_usage.sql
--! Included app/my_usage.sql
create or replace function app.my_usage() returns app.tenant_usage
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select * from context.tenant_usage()
$$;
grant execute on function app.my_usage() to rowhouse_app;
comment on function app.my_usage() is
    'What the caller''s tenant may have and what it has: seats, API keys, requests a minute and a day. For holders of manage_tenant.';
--! EndIncluded app/my_usage.sql
--! Included context/close_tenant.sql
-- Closes the caller's tenant, which is erased when its grace is over. An owner does that, who proved lately who they are, and who
-- types the tenant's slug, because a button is pressed by mistake. Its sessions end and its keys are revoked at once, and
-- the door is shut to whoever comes later. Until the erasure has begun an owner can bring it back, by the
-- link of a mail (auth.restore_tenant), and so can the operator (auth.resume_tenant). Returns when it is erased.
set local role rowhouse_definer;
create or replace function context.close_tenant(slug text) returns timestamptz
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    place app.tenants;
    due   timestamptz;
    ended integer;
    keys  integer;
begin
    perform context.require_session();
    if not context.is_owner() then
        perform context.refuse('owner');
    end if;
    perform context.require_fresh_sign_in();
    select * into strict place from app.tenants as own where own.id = context.tenant_id() for no key update;
    if close_tenant.slug is distinct from place.slug then
        raise exception using
            errcode = 'RH400',
            message = 'the slug is not that of the company that is to be deleted',
            column = 'slug',
            constraint = 'tenants_deleted_by_slug',
            hint = 'myTenant { slug } says it.';
    end if;
    insert into auth.tenant_deletions (id, asked_by, due_at)
        values (place.id, context.user_id(), now() + place.deletion_grace_days * interval '1 day')
        returning due_at into due;
    update app.tenants as own set status = 'closed' where own.id = place.id;
    select shut.sessions, shut.keys into ended, keys from auth.shut_tenant(place.id) as shut;
    perform auth.offer_tenant_back(place.id, due);
    perform audit.record_event('tenant.deletion_asked', place.id,
        jsonb_build_object('due_at', due, 'sessions', ended, 'keys', keys));
    return due;
end
$$;
grant execute on function context.close_tenant(text) to rowhouse_app;
comment on function context.close_tenant(text) is
    'For app.delete_tenant(): closes the caller''s tenant at its owner''s word, ends its sessions and keys, and says when it is erased.';
reset role;
--! EndIncluded context/close_tenant.sql
--! Included app/delete_tenant.sql
do $$
begin
    if to_regtype('app.tenant_deletion') is null then
        create type app.tenant_deletion as (slug text, erased_from timestamptz);
    end if;
end
$$;
comment on type app.tenant_deletion is 'A tenant that is closed, and will be erased.';
comment on column app.tenant_deletion.slug is 'The slug of the tenant, as myTenant has it.';
comment on column app.tenant_deletion.erased_from is 'When its grace is over: from then on all that it owns goes, and nothing brings it back.';

create or replace function app.delete_tenant(slug text) returns app.tenant_deletion
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    select row(slug, context.close_tenant(slug))::app.tenant_deletion
$$;
grant execute on function app.delete_tenant(text) to rowhouse_app;
comment on function app.delete_tenant(text) is
    'Closes the tenant at once, for its owner, who repeats its slug: every session of it ends and every key. Says when all that it owns is erased; until then its owners can bring it back, by the link that each is mailed.';
--! EndIncluded app/delete_tenant.sql
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
--! Included app/visible_conversations.sql
-- The conversations that the caller may see, so that a page costs a page: everybody's come newest first off an index on the
-- tenant, one's own off an index on tenant and user, and one plan must serve both kinds of caller. So the table is here
-- twice, and the last condition, which PostgreSQL answers before it reads a row, shuts one of the two. It cannot widen
-- anything: row security stands in both.
--
-- Inlined by the planner (so no `set`), which is how conditions, order and limit reach the indexes. `reader` makes the
-- user a constant in both halves; without that the order would not be the index's.
create or replace function app.visible_conversations() returns setof app.conversations
    language sql stable parallel restricted security invoker
begin atomic
    select tenant_id, id, user_id, title, status, created_at, updated_at, team_id
    from (
        select true as everybodys, (select context.user_id()) as reader, * from app.conversations
        union all
        select false, user_id, * from app.conversations
    ) as conversation
    where tenant_id = (select context.tenant_id()) and reader = (select context.user_id())
        and everybodys = (select context.may('view_all_chats'));
end;
grant execute on function app.visible_conversations() to rowhouse_app;
comment on function app.visible_conversations() is
    'The conversations that the caller may see: everybody''s with view_all_chats, else their own.';
--! EndIncluded app/visible_conversations.sql
--! Included app/visible_grants.sql
-- The grants that the caller may see, so that a page costs a page also for somebody who has none, among many: as
-- visible_conversations.sql, with the table here twice and one of the two shut.
create or replace function app.visible_grants() returns setof app.grants
    language sql stable parallel restricted security invoker
begin atomic
    select tenant_id, id, user_id, permission, reason, granted_by, created_at, ends_at
    from (
        select true as everybodys, (select context.user_id()) as reader, * from app.grants
        union all
        select false, user_id, * from app.grants
    ) as visible
    where tenant_id = (select context.tenant_id()) and reader = (select context.user_id())
        and everybodys = (select context.may('manage_users'));
end;
grant execute on function app.visible_grants() to rowhouse_app;
comment on function app.visible_grants() is
    'The grants that the caller may see: everybody''s with manage_users, else their own.';
--! EndIncluded app/visible_grants.sql
--! Included app/effective_preferences.sql
-- What holds for the caller, and who chose it.
do $$
begin
    if to_regtype('app.effective_preferences') is null then
        create type app.effective_preferences as (
            language                 text,
            language_source          text,
            tone                     text,
            tone_source              text,
            model                    text,
            model_source             text,
            temperature              double precision,
            temperature_source       text,
            max_answer_tokens        integer,
            max_answer_tokens_source text,
            notify_answers           boolean,
            notify_answers_source    text,
            notify_weekly            boolean,
            notify_weekly_source     text
        );
    end if;
end
$$;
comment on type app.effective_preferences is
    'What holds for the caller in this company: their own choice, else the company''s, else what is built in. Each has a source: own, company or built_in.';
comment on column app.effective_preferences.language is 'Language tag (BCP 47) of answers.';
comment on column app.effective_preferences.language_source is 'Who chose the language: own, company, built_in.';
comment on column app.effective_preferences.tone is 'How answers should sound. neutral: plainly; friendly: warmly; formal: courteously; concise: briefly.';
comment on column app.effective_preferences.tone_source is 'Who chose the tone: own, company, built_in.';
comment on column app.effective_preferences.model is 'The model that answers; null: the installation''s.';
comment on column app.effective_preferences.model_source is 'Who chose the model: own, company, built_in.';
comment on column app.effective_preferences.temperature is 'How freely the model chooses its words: 0 to 2; null: as the model has it.';
comment on column app.effective_preferences.temperature_source is 'Who chose the temperature: own, company, built_in.';
comment on column app.effective_preferences.max_answer_tokens is 'The longest answer, in tokens of the model; null: as the model has it.';
comment on column app.effective_preferences.max_answer_tokens_source is 'Who chose the longest answer: own, company, built_in.';
comment on column app.effective_preferences.notify_answers is 'Whether a mail tells of an answer that took long.';
comment on column app.effective_preferences.notify_answers_source is 'Who chose that: own, company, built_in.';
comment on column app.effective_preferences.notify_weekly is 'Whether a mail sums up the week.';
comment on column app.effective_preferences.notify_weekly_source is 'Who chose that: own, company, built_in.';
--! EndIncluded app/effective_preferences.sql
--! Included app/team_conversations.sql
-- Inlined by the planner (so no `set`): the comparison with the team is then an index condition.
create or replace function app.team_conversations(team_id uuid) returns setof app.conversations
    language sql stable parallel restricted security invoker
begin atomic
    select * from app.conversations as conversation
    where conversation.tenant_id = (select context.tenant_id()) and conversation.team_id = team_conversations.team_id;
end;
grant execute on function app.team_conversations(uuid) to rowhouse_app;
comment on function app.team_conversations(uuid) is
    'The conversations of a team: for who is in it, and for administrators.';
--! EndIncluded app/team_conversations.sql
--! Included app/holding.sql
-- A way in which somebody comes by a permission.
do $$
begin
    if to_regtype('app.holding') is null then
        create type app.holding as (
            holder_id  uuid,
            user_id    uuid,
            api_key_id uuid,
            name       text,
            permission text,
            source     text,
            role_id    uuid,
            role       text,
            grant_id   uuid,
            granted_by uuid,
            reason     text,
            ends_at    timestamptz
        );
    end if;
end
$$;
comment on type app.holding is 'A way in which a member, or an API key, comes by a permission.';
comment on column app.holding.holder_id is 'The membership or the API key that has it: what the next page comes after.';
comment on column app.holding.user_id is 'Who has it, also by a key of theirs; null for a key that is the tenant''s own.';
comment on column app.holding.api_key_id is 'The key within whose scopes it is; null for the person themselves.';
comment on column app.holding.name is 'The member''s name, or the key''s; null for a key that the caller may not see.';
comment on column app.holding.permission is 'The permission; "owner" for what only owners may.';
comment on column app.holding.source is 'Where it comes from: owner, role or grant.';
comment on column app.holding.role_id is 'The role that holds it.';
comment on column app.holding.role is 'That role''s name.';
comment on column app.holding.grant_id is 'The grant, for a permission that somebody has for a time.';
comment on column app.holding.granted_by is 'Who gave it for a time.';
comment on column app.holding.reason is 'Why, in their words.';
comment on column app.holding.ends_at is 'When it ends by itself: the time of the grant.';
--! EndIncluded app/holding.sql
--! Included context/holders_of.sql
-- Who in the caller's tenant holds a permission, and by what; a hundred holders at a time, in the order of their keys.
-- For managers of users and of roles, who have no other look at colleagues' grants, or at what keys may do.
set local role rowhouse_definer;
create or replace function context.holders_of(permission text, after uuid) returns setof app.holding
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
begin
    if not context.may('manage_users') and not context.may('manage_roles') then
        perform context.refuse('manage_users');
    end if;
    return query
        select
            way.holder_id, way.user_id, way.api_key_id,
            case
                when way.api_key_id is null or way.user_id = context.key_keeper() or context.may('manage_api_keys')
                    then way.name
            end,
            way.permission,
            case when way.grant_id is not null then 'grant' when way.role_id is not null then 'role' else 'owner' end,
            way.role_id, role.name, way.grant_id, live.granted_by, live.reason, live.ends_at
        from (
            select * from context.holdings as known
            where known.tenant_id = context.tenant_id() and known.permission = holders_of.permission
                and (holders_of.after is null or known.holder_id > holders_of.after)
            order by known.holder_id
            -- All ways of the hundredth: the next page begins with another holder.
            fetch first 100 rows with ties
        ) as way
        left join app.roles as role on role.tenant_id = way.tenant_id and role.id = way.role_id
        left join app.grants as live on live.tenant_id = way.tenant_id and live.id = way.grant_id
        order by way.holder_id, way.role_id, way.grant_id;
end
$$;
grant execute on function context.holders_of(text, uuid) to rowhouse_app;
comment on function context.holders_of(text, uuid) is
    'Who in the caller''s tenant holds a permission, and by what, from a holder on; for managers of users and of roles.';
reset role;
--! EndIncluded context/holders_of.sql
--! Included context/permissions_of.sql
-- What somebody in the caller's tenant may do, and by what, with their keys. Everybody may ask it of themselves; of others,
-- managers of users and of roles.
set local role rowhouse_definer;
create or replace function context.permissions_of(person uuid) returns setof app.holding
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
begin
    if person is distinct from context.user_id() and not context.may('manage_users') and not context.may('manage_roles') then
        perform context.refuse('manage_users');
    end if;
    return query
        select
            way.holder_id, way.user_id, way.api_key_id,
            case
                when way.api_key_id is null or way.user_id = context.key_keeper() or context.may('manage_api_keys')
                    then way.name
            end,
            way.permission,
            case when way.grant_id is not null then 'grant' when way.role_id is not null then 'role' else 'owner' end,
            way.role_id, role.name, way.grant_id, live.granted_by, live.reason, live.ends_at
        from context.holdings as way
        left join app.roles as role on role.tenant_id = way.tenant_id and role.id = way.role_id
        left join app.grants as live on live.tenant_id = way.tenant_id and live.id = way.grant_id
        where way.tenant_id = context.tenant_id()
            and (way.user_id = person or way.user_id is null and way.api_key_id = person)
        order by way.permission, way.api_key_id nulls first, way.role_id, way.grant_id
        limit 1000;
end
$$;
grant execute on function context.permissions_of(uuid) to rowhouse_app;
comment on function context.permissions_of(uuid) is
    'What somebody in the caller''s tenant may do, and by what; of others only for managers of users and of roles.';
reset role;
--! EndIncluded context/permissions_of.sql
--! Included app/who_can.sql
create or replace function app.who_can(permission text, after uuid default null) returns setof app.holding
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select * from context.holders_of(permission, after)
$$;
grant execute on function app.who_can(text, uuid) to rowhouse_app;
comment on function app.who_can(text, uuid) is
    'Who can do something, and why: each way in which somebody comes by the permission just now. A hundred holders at a time, from a holderId on; needs manage_users or manage_roles.';
--! EndIncluded app/who_can.sql
--! Included app/permissions_of.sql
create or replace function app.permissions_of(user_id uuid) returns setof app.holding
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select * from context.permissions_of(user_id)
$$;
grant execute on function app.permissions_of(uuid) to rowhouse_app;
comment on function app.permissions_of(uuid) is
    'What somebody may do, and why: each way in which they, and their keys, come by a permission just now. Of others it needs manage_users or manage_roles.';
--! EndIncluded app/permissions_of.sql
--! Included app/my_preferences.sql
-- The one place where it is decided what holds: one's own choice, else the company's, else what is built in.
create or replace function app.my_preferences() returns app.effective_preferences
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select
        coalesce(mine.language, company.language, 'en'),
        case when mine.language is not null then 'own' when company.language is not null then 'company' else 'built_in' end,
        coalesce(mine.tone, company.tone, 'neutral'),
        case when mine.tone is not null then 'own' when company.tone is not null then 'company' else 'built_in' end,
        coalesce(mine.model, company.model),
        case when mine.model is not null then 'own' when company.model is not null then 'company' else 'built_in' end,
        coalesce(mine.temperature, company.temperature),
        case when mine.temperature is not null then 'own' when company.temperature is not null then 'company' else 'built_in' end,
        coalesce(mine.max_answer_tokens, company.max_answer_tokens),
        case when mine.max_answer_tokens is not null then 'own' when company.max_answer_tokens is not null then 'company' else 'built_in' end,
        coalesce(mine.notify_answers, company.notify_answers, true),
        case when mine.notify_answers is not null then 'own' when company.notify_answers is not null then 'company' else 'built_in' end,
        coalesce(mine.notify_weekly, company.notify_weekly, false),
        case when mine.notify_weekly is not null then 'own' when company.notify_weekly is not null then 'company' else 'built_in' end
    from (select context.tenant_id() as tenant_id, context.user_id() as user_id) as caller
    left join app.user_preferences as mine on mine.tenant_id = caller.tenant_id and mine.user_id = caller.user_id
    left join app.tenant_preferences as company on company.tenant_id = caller.tenant_id
$$;
grant execute on function app.my_preferences() to rowhouse_app;
comment on function app.my_preferences() is
    'What holds for the caller in this company, and who chose each: they themselves, the company, or nobody.';
--! EndIncluded app/my_preferences.sql
--! Included app/set_my_preferences.sql
-- One call whether or not there are preferences yet; what is left out stays as it is.
--
-- reset: the names of those that are to be null again, so that what is below them holds
create or replace function app.set_my_preferences(
    language text default null,
    tone text default null,
    model text default null,
    temperature double precision default null,
    max_answer_tokens integer default null,
    notify_answers boolean default null,
    notify_weekly boolean default null,
    reset text[] default '{}'
) returns app.user_preferences
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
#variable_conflict use_column
declare
    stored app.user_preferences;
begin
    if not coalesce(reset, '{}') <@ '{language,tone,model,temperature,max_answer_tokens,notify_answers,notify_weekly}' then
        raise exception using errcode = 'RH400', message = 'reset names what is not a preference';
    end if;
    insert into app.user_preferences as known (language, tone, model, temperature, max_answer_tokens, notify_answers, notify_weekly)
    values (
        set_my_preferences.language,
        set_my_preferences.tone,
        set_my_preferences.model,
        set_my_preferences.temperature,
        set_my_preferences.max_answer_tokens,
        set_my_preferences.notify_answers,
        set_my_preferences.notify_weekly
    )
    on conflict (tenant_id, user_id) do update set
        language = case when 'language' = any (reset) then null else coalesce(set_my_preferences.language, known.language) end,
        tone = case when 'tone' = any (reset) then null else coalesce(set_my_preferences.tone, known.tone) end,
        model = case when 'model' = any (reset) then null else coalesce(set_my_preferences.model, known.model) end,
        temperature = case when 'temperature' = any (reset) then null else coalesce(set_my_preferences.temperature, known.temperature) end,
        max_answer_tokens = case when 'max_answer_tokens' = any (reset) then null else coalesce(set_my_preferences.max_answer_tokens, known.max_answer_tokens) end,
        notify_answers = case when 'notify_answers' = any (reset) then null else coalesce(set_my_preferences.notify_answers, known.notify_answers) end,
        notify_weekly = case when 'notify_weekly' = any (reset) then null else coalesce(set_my_preferences.notify_weekly, known.notify_weekly) end
    returning known.* into stored;
    return stored;
end
$$;
grant execute on function app.set_my_preferences(text, text, text, double precision, integer, boolean, boolean, text[]) to rowhouse_app;
comment on function app.set_my_preferences(text, text, text, double precision, integer, boolean, boolean, text[]) is
    'Sets the caller''s preferences in this tenant; what is left out stays as it is, and what reset names falls back to the company''s choice.';
--! EndIncluded app/set_my_preferences.sql
--! Included app/delete_my_preferences.sql
create or replace function app.delete_my_preferences() returns app.user_preferences
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    delete from app.user_preferences as mine
    where mine.tenant_id = (select context.tenant_id()) and mine.user_id = (select context.user_id())
    returning mine.*
$$;
grant execute on function app.delete_my_preferences() to rowhouse_app;
comment on function app.delete_my_preferences() is
    'Forgets the caller''s preferences in this tenant, and returns them; null if there were none.';
--! EndIncluded app/delete_my_preferences.sql
--! Included app/tenant_defaults.sql
create or replace function app.tenant_defaults() returns app.tenant_preferences
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select * from app.tenant_preferences where tenant_id = (select context.tenant_id())
$$;
grant execute on function app.tenant_defaults() to rowhouse_app;
comment on function app.tenant_defaults() is
    'The company''s defaults for its members'' preferences; null until they are set.';
--! EndIncluded app/tenant_defaults.sql
--! Included app/set_tenant_defaults.sql
-- What holds for everybody in a company who chose nothing else: one call whether or not there are defaults yet.
--
-- reset: the names of those that are to be null again, so that what is below them holds
create or replace function app.set_tenant_defaults(
    language text default null,
    tone text default null,
    model text default null,
    temperature double precision default null,
    max_answer_tokens integer default null,
    notify_answers boolean default null,
    notify_weekly boolean default null,
    reset text[] default '{}'
) returns app.tenant_preferences
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
#variable_conflict use_column
declare
    stored app.tenant_preferences;
begin
    if not coalesce(reset, '{}') <@ '{language,tone,model,temperature,max_answer_tokens,notify_answers,notify_weekly}' then
        raise exception using errcode = 'RH400', message = 'reset names what is not a preference';
    end if;
    insert into app.tenant_preferences as known (language, tone, model, temperature, max_answer_tokens, notify_answers, notify_weekly)
    values (
        set_tenant_defaults.language,
        set_tenant_defaults.tone,
        set_tenant_defaults.model,
        set_tenant_defaults.temperature,
        set_tenant_defaults.max_answer_tokens,
        set_tenant_defaults.notify_answers,
        set_tenant_defaults.notify_weekly
    )
    on conflict (tenant_id) do update set
        language = case when 'language' = any (reset) then null else coalesce(set_tenant_defaults.language, known.language) end,
        tone = case when 'tone' = any (reset) then null else coalesce(set_tenant_defaults.tone, known.tone) end,
        model = case when 'model' = any (reset) then null else coalesce(set_tenant_defaults.model, known.model) end,
        temperature = case when 'temperature' = any (reset) then null else coalesce(set_tenant_defaults.temperature, known.temperature) end,
        max_answer_tokens = case when 'max_answer_tokens' = any (reset) then null else coalesce(set_tenant_defaults.max_answer_tokens, known.max_answer_tokens) end,
        notify_answers = case when 'notify_answers' = any (reset) then null else coalesce(set_tenant_defaults.notify_answers, known.notify_answers) end,
        notify_weekly = case when 'notify_weekly' = any (reset) then null else coalesce(set_tenant_defaults.notify_weekly, known.notify_weekly) end
    returning known.* into stored;
    return stored;
end
$$;
grant execute on function app.set_tenant_defaults(text, text, text, double precision, integer, boolean, boolean, text[]) to rowhouse_app;
comment on function app.set_tenant_defaults(text, text, text, double precision, integer, boolean, boolean, text[]) is
    'Sets the company''s defaults; what is left out stays as it is, and what reset names falls back to what is built in. Needs configure_model.';
--! EndIncluded app/set_tenant_defaults.sql
--! Included context/refuse_member.sql
-- Refuses to invite who is a member already. Who manages users knows the addresses of the tenant's people, so it is no
-- secret; of everybody else nothing is told.
set local role rowhouse_definer;
create or replace function context.refuse_member(address text) returns void
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
declare
    known text;
begin
    select membership.status into known
    from app.users as person
    join app.memberships as membership on membership.user_id = person.id
    where lower(person.email) = address and membership.tenant_id = context.tenant_id() and membership.status <> 'removed';
    if found then
        raise exception using
            errcode = 'RH470',
            message = 'this person is a member already',
            hint = case known when 'suspended' then 'They are suspended: reactivate them.' else 'Change their role instead.' end;
    end if;
end
$$;
comment on function context.refuse_member(text) is 'Raises RH470 for the address of a member of the caller''s tenant.';
reset role;
--! EndIncluded context/refuse_member.sql
--! Included context/refuse_invitation.sql
-- Says why an invitation cannot be sent again or revoked: it is over, or not there.
set local role rowhouse_definer;
create or replace function context.refuse_invitation(id uuid) returns void
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
begin
    if exists (
        select from app.invitations as over
        where over.tenant_id = context.tenant_id() and over.id = refuse_invitation.id
    ) then
        raise exception using
            errcode = 'RH476',
            message = 'this invitation was accepted or revoked',
            hint = 'Invite the address anew.';
    end if;
    raise exception using errcode = 'RH404', message = 'there is no such invitation';
end
$$;
comment on function context.refuse_invitation(uuid) is 'Raises RH476 for an invitation that is over, RH404 for none.';
reset role;
--! EndIncluded context/refuse_invitation.sql
--! Included context/invite_member.sql
-- Asks somebody by mail to join the caller's tenant, whether they have an account or not: the caller learns neither. Nobody
-- promises a role that holds more than they do, nor a team that they could bring nobody into, and no invitation makes an
-- owner. What the inviter may do is asked again when the invitation is accepted.
--
-- days:         for which it is good, 30 at most
-- team_ids:     the teams that they come into; led_team_ids: those that they come to lead, who need not be named twice
set local role rowhouse_definer;
create or replace function context.invite_member(
    email text, role_id uuid, days integer, team_ids uuid[], led_team_ids uuid[]
) returns app.invitations
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    inviter constant uuid := context.require_inviter();
    tenant  constant uuid := context.tenant_id();
    address constant text := auth.normalise_email(email);
    teams   constant uuid[] := array(select distinct named from unnest(team_ids || led_team_ids) as named);
    made    app.invitations;
begin
    perform context.require_role(role_id);
    perform context.require_teams(teams);
    perform context.require_days(days);
    perform pg_advisory_xact_lock(hashtext('auth.mail_tokens'), hashtext(address));
    perform context.refuse_member(address);
    update app.invitations as over set status = 'expired'
    where over.tenant_id = tenant and over.email = address and over.status = 'pending' and over.expires_at <= now();
    if exists (
        select from app.invitations as open
        where open.tenant_id = tenant and open.email = address and open.status = 'pending'
    ) then
        raise exception using
            errcode = 'RH472',
            message = 'this address is invited already',
            hint = 'Send the invitation again, or revoke it first.';
    end if;
    insert into app.invitations (tenant_id, email, role_id, invited_by, expires_at)
        values (tenant, address, invite_member.role_id, inviter, now() + days * interval '1 day')
        returning * into made;
    insert into app.invitation_teams (tenant_id, invitation_id, team_id, role)
        select tenant, made.id, named, case when named = any (led_team_ids) then 'lead' else 'member' end
        from unnest(teams) as named;
    perform auth.mail_invitation(made);
    return made;
end
$$;
grant execute on function context.invite_member(text, uuid, integer, uuid[], uuid[]) to rowhouse_app;
comment on function context.invite_member(text, uuid, integer, uuid[], uuid[]) is
    'Invites an address into the caller''s tenant and teams of it. Raises RH403, RH470 for a member, RH472 for who is invited already, RH473.';
reset role;
--! EndIncluded context/invite_member.sql
--! Included context/resend_invitation.sql
-- Sends an invitation again, with a new link: the one before is good no more. Whoever sends it again answers for it from now
-- on, so they have to hold what it promises, the teams as well. Also one that has expired.
set local role rowhouse_definer;
create or replace function context.resend_invitation(id uuid, days integer) returns app.invitations
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    inviter constant uuid := context.require_inviter();
    tenant  constant uuid := context.tenant_id();
    address text;
    sent    app.invitations;
begin
    perform context.require_days(days);
    select open.email into address from app.invitations as open
    where open.tenant_id = tenant and open.id = resend_invitation.id;
    perform pg_advisory_xact_lock(hashtext('auth.mail_tokens'), hashtext(address));
    perform auth.void_invitation(open.id) from app.invitations as open
    where open.tenant_id = tenant and open.id = resend_invitation.id and open.status in ('pending', 'expired');
    update app.invitations as open
    set status = 'pending', invited_by = inviter, times_sent = open.times_sent + 1, sent_at = now(),
        expires_at = now() + days * interval '1 day'
    where open.tenant_id = tenant and open.id = resend_invitation.id and open.status in ('pending', 'expired')
    returning * into sent;
    if not found then
        perform context.refuse_invitation(resend_invitation.id);
    end if;
    perform context.require_role(sent.role_id);
    perform context.require_teams(array(
        select promised.team_id from app.invitation_teams as promised
        where promised.tenant_id = tenant and promised.invitation_id = sent.id
    ));
    perform context.refuse_member(address);
    perform auth.mail_invitation(sent);
    return sent;
end
$$;
grant execute on function context.resend_invitation(uuid, integer) to rowhouse_app;
comment on function context.resend_invitation(uuid, integer) is
    'Mails an invitation again, with a new link. Raises RH403, RH404, RH470, RH473, and RH476 for one that is over.';
reset role;
--! EndIncluded context/resend_invitation.sql
--! Included context/revoke_invitation.sql
-- Takes an invitation back: its link opens nothing from now on, and a mail that waits is not sent.
set local role rowhouse_definer;
create or replace function context.revoke_invitation(id uuid) returns app.invitations
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tenant  constant uuid := context.tenant_id();
    address text;
    over    app.invitations;
begin
    if not context.may('manage_users') then
        perform context.refuse('manage_users');
    end if;
    select open.email into address from app.invitations as open
    where open.tenant_id = tenant and open.id = revoke_invitation.id;
    perform pg_advisory_xact_lock(hashtext('auth.mail_tokens'), hashtext(address));
    perform auth.void_invitation(open.id) from app.invitations as open
    where open.tenant_id = tenant and open.id = revoke_invitation.id and open.status in ('pending', 'expired');
    update app.invitations as open set status = 'revoked'
    where open.tenant_id = tenant and open.id = revoke_invitation.id and open.status in ('pending', 'expired')
    returning * into over;
    if not found then
        perform context.refuse_invitation(revoke_invitation.id);
    end if;
    return over;
end
$$;
grant execute on function context.revoke_invitation(uuid) to rowhouse_app;
comment on function context.revoke_invitation(uuid) is
    'Takes an invitation back. Raises RH403, RH404, and RH476 for one that is over.';
reset role;
--! EndIncluded context/revoke_invitation.sql
--! Included app/invite_member.sql
create or replace function app.invite_member(
    email text, role_id uuid, days integer default 7, team_ids uuid[] default '{}', led_team_ids uuid[] default '{}'
) returns app.invitations
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    select * from context.invite_member(
        invite_member.email, invite_member.role_id, coalesce(invite_member.days, 7),
        coalesce(invite_member.team_ids, '{}'), coalesce(invite_member.led_team_ids, '{}'))
$$;
grant execute on function app.invite_member(text, uuid, integer, uuid[], uuid[]) to rowhouse_app;
comment on function app.invite_member(text, uuid, integer, uuid[], uuid[]) is
    'Invites somebody by mail to join the tenant with a role that holds no more than the caller does, and teams that the caller could bring them into; good for seven days, or as many as are said, thirty at most.';
--! EndIncluded app/invite_member.sql
--! Included app/resend_invitation.sql
create or replace function app.resend_invitation(id uuid, days integer default 7) returns app.invitations
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    select * from context.resend_invitation(resend_invitation.id, coalesce(resend_invitation.days, 7))
$$;
grant execute on function app.resend_invitation(uuid, integer) to rowhouse_app;
comment on function app.resend_invitation(uuid, integer) is
    'Mails an invitation again, in the caller''s name and with a new link; the one before is good no more.';
--! EndIncluded app/resend_invitation.sql
--! Included app/revoke_invitation.sql
create or replace function app.revoke_invitation(id uuid) returns app.invitations
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    select * from context.revoke_invitation(revoke_invitation.id)
$$;
grant execute on function app.revoke_invitation(uuid) to rowhouse_app;
comment on function app.revoke_invitation(uuid) is 'Takes an invitation back: its link opens nothing from now on.';
--! EndIncluded app/revoke_invitation.sql
--! Included app/add_domain.sql
create or replace function app.add_domain(domain text, role_id uuid, admits boolean default false) returns app.domains
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    insert into app.domains (domain, role_id, admits)
    values (lower(btrim(add_domain.domain) collate "C"), add_domain.role_id, coalesce(add_domain.admits, false))
    returning *
$$;
grant execute on function app.add_domain(text, uuid, boolean) to rowhouse_app;
comment on function app.add_domain(text, uuid, boolean) is
    'Names a domain of the company''s. Put its challenge into the DNS, and verify it; then, if it admits, people with a proven address there may join with its role.';
--! EndIncluded app/add_domain.sql
--! Included app/verify_domain.sql
-- Asks for a look into the DNS. The worker looks within a minute (jobs.due_domains), because what the DNS says has to come
-- from somebody whom the database believes.
create or replace function app.verify_domain(id uuid) returns app.domains
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    asked app.domains;
begin
    update app.domains as mine set check_requested_at = now() where mine.id = verify_domain.id returning * into asked;
    if not found then
        raise exception using errcode = 'RH404', message = 'there is no such domain';
    end if;
    return asked;
end
$$;
grant execute on function app.verify_domain(uuid) to rowhouse_app;
comment on function app.verify_domain(uuid) is
    'Has the worker look within a minute whether the TXT record _rowhouse-challenge of the domain holds its challenge.';
--! EndIncluded app/verify_domain.sql
--! Included context/set_member_status.sql
-- Changes whether a member is let in, where they are in one of the states that it makes sense in. Row security says whom the
-- caller may change, app.guard_membership() what that takes, app.keep_an_owner() that an owner stays.
create or replace function context.set_member_status(id uuid, wanted text, since text[]) returns app.memberships
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    changed app.memberships;
begin
    update app.memberships as target
    set status = wanted, is_owner = target.is_owner and wanted <> 'removed'
    where target.id = set_member_status.id and target.status = any (since)
    returning * into changed;
    if not found then
        raise exception using errcode = 'RH404', message = 'there is no such member in a state to be changed so';
    end if;
    return changed;
end
$$;
grant execute on function context.set_member_status(uuid, text, text[]) to rowhouse_app;
comment on function context.set_member_status(uuid, text, text[]) is
    'Changes a member''s status where it is one of these; RH404 where there is none such.';
--! EndIncluded context/set_member_status.sql
--! Included app/remove_member.sql
create or replace function app.remove_member(id uuid) returns app.memberships
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    select * from context.set_member_status(remove_member.id, 'removed', '{active,suspended}')
$$;
grant execute on function app.remove_member(uuid) to rowhouse_app;
comment on function app.remove_member(uuid) is
    'Takes somebody out of the tenant: their sessions and keys open nothing from now on. Their row stays as the author of what they did; an invitation brings them back.';
--! EndIncluded app/remove_member.sql
--! Included app/suspend_member.sql
create or replace function app.suspend_member(id uuid) returns app.memberships
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    select * from context.set_member_status(suspend_member.id, 'suspended', '{active}')
$$;
grant execute on function app.suspend_member(uuid) to rowhouse_app;
comment on function app.suspend_member(uuid) is
    'Keeps a member out for now: their sessions and keys open nothing, and their seat is free.';
--! EndIncluded app/suspend_member.sql
--! Included app/reactivate_member.sql
create or replace function app.reactivate_member(id uuid) returns app.memberships
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    select * from context.set_member_status(reactivate_member.id, 'active', '{suspended}')
$$;
grant execute on function app.reactivate_member(uuid) to rowhouse_app;
comment on function app.reactivate_member(uuid) is
    'Ends a suspension, if there is a seat.';
--! EndIncluded app/reactivate_member.sql
--! Included app/leave_tenant.sql
-- Needs no permission: app.guard_membership() lets everybody go, and app.keep_an_owner() nobody who is the last owner.
create or replace function app.leave_tenant() returns app.memberships
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    -- Asked once: compared with a value, the own row is found before the policy asks of others for what leaving does not take.
    caller constant uuid := context.user_id();
    mine   app.memberships;
begin
    perform context.require_session();
    update app.memberships as membership set status = 'removed', is_owner = false
    where membership.user_id = caller returning * into mine;
    if not found then
        raise exception using errcode = 'RH404', message = 'you are in no tenant';
    end if;
    return mine;
end
$$;
grant execute on function app.leave_tenant() to rowhouse_app;
comment on function app.leave_tenant() is
    'Takes the caller out of the tenant that they are in; the last owner makes somebody else one first.';
--! EndIncluded app/leave_tenant.sql
--! Included context/leave_team.sql
-- Takes the caller out of a team. Needs no permission and no fresh sign-in: everybody may go, and takes nothing with them. A
-- key does not go for its owner. A team may be without a lead, as it is when it begins: managers of teams have each in hand.
set local role rowhouse_definer;
create or replace function context.leave_team(team_id uuid) returns app.team_members
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    place app.team_members;
begin
    perform context.require_session();
    delete from app.team_members as mine
    where mine.tenant_id = context.tenant_id() and mine.team_id = leave_team.team_id and mine.user_id = context.user_id()
    returning * into place;
    if not found then
        raise exception using errcode = 'RH404', message = 'you are in no such team';
    end if;
    return place;
end
$$;
grant execute on function context.leave_team(uuid) to rowhouse_app;
comment on function context.leave_team(uuid) is
    'Takes the caller out of a team that they are in. Raises RH403 for a key, RH404 for a team that they are not in.';
reset role;
--! EndIncluded context/leave_team.sql
--! Included app/leave_team.sql
create or replace function app.leave_team(team_id uuid) returns app.team_members
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    select * from context.leave_team(leave_team.team_id)
$$;
grant execute on function app.leave_team(uuid) to rowhouse_app;
comment on function app.leave_team(uuid) is
    'Takes the caller out of a team: from the next request on they read nothing of it. Its last lead may go as well.';
--! EndIncluded app/leave_team.sql
--! Included app/transfer_ownership.sql
-- First the caller gives it up, then the other one gets it: of two transfers at once the second finds nothing to give. The
-- new owner gets the old one's role too, because an owner who may do nothing could not answer for the tenant.
create or replace function app.transfer_ownership(id uuid) returns app.memberships
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    caller constant uuid := context.user_id();
    mine   app.memberships;
    owner  app.memberships;
begin
    perform context.require_session();
    update app.memberships as membership set is_owner = false
    where membership.user_id = caller and membership.is_owner and membership.id <> transfer_ownership.id
    returning * into mine;
    if not found then
        perform context.refuse('owner');
    end if;
    update app.memberships as membership set is_owner = true, role_id = mine.role_id
    where membership.id = transfer_ownership.id and membership.status = 'active'
    returning * into owner;
    if not found then
        raise exception using errcode = 'RH404', message = 'there is no such active member';
    end if;
    return owner;
end
$$;
grant execute on function app.transfer_ownership(uuid) to rowhouse_app;
comment on function app.transfer_ownership(uuid) is
    'Makes another active member the owner instead of the caller, with the caller''s role; the caller stays a member.';
--! EndIncluded app/transfer_ownership.sql
--! Included context/find_members.sql
-- Which members a text is of: part of the name that colleagues see or, for who manages users, of the address. It gives ids,
-- so that addresses are compared here and read by nobody. A hundred at most, in the order of their keys.
set local role rowhouse_definer;
create or replace function context.find_members(search text, status text, role_id uuid, team_id uuid) returns uuid[]
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select coalesce(array_agg(found.id), '{}')
    from (
        select membership.id
        from app.memberships as membership
        join app.users as person on person.id = membership.user_id
        cross join (values (lower(normalize(btrim(search), nfc)), context.may('manage_users'))) as asked (words, manages)
        where membership.tenant_id = context.member_tenant()
            and (find_members.status is null or membership.status = find_members.status)
            and (find_members.role_id is null or membership.role_id = find_members.role_id)
            and (find_members.team_id is null or membership.user_id in (
                select place.user_id from app.team_members as place
                where place.tenant_id = context.tenant_id() and place.team_id = find_members.team_id
            ))
            and asked.words <> ''
            and (strpos(lower(membership.display_name), asked.words) > 0
                or asked.manages and strpos(person.email, asked.words) > 0)
        order by membership.id
        limit 100
    ) as found
$$;
grant execute on function context.find_members(text, text, uuid, uuid) to rowhouse_app;
comment on function context.find_members(text, text, uuid, uuid) is
    'The ids of up to a hundred members of the caller''s tenant whose name holds a text, or whose address does, for who manages users.';
reset role;
--! EndIncluded context/find_members.sql
--! Included app/search_members.sql
create or replace function app.search_members(
    search text, status text default null, role_id uuid default null, team_id uuid default null
) returns setof app.memberships
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select membership.* from app.memberships as membership
    where membership.id = any (context.find_members(
        search_members.search, search_members.status, search_members.role_id, search_members.team_id
    ))
    order by membership.id
$$;
grant execute on function app.search_members(text, text, uuid, uuid) to rowhouse_app;
comment on function app.search_members(text, text, uuid, uuid) is
    'Up to a hundred members whose name holds the text; for who manages users also those whose e-mail address does. Where it is said, of one status, one role, one team.';
--! EndIncluded app/search_members.sql
--! Included app/session.sql
-- A session as its owner sees it.
do $$
begin
    if to_regtype('app.session') is null then
        create type app.session as (
            id           uuid,
            device       text,
            address      inet,
            methods      text[],
            company      text,
            created_at   timestamptz,
            last_seen_at timestamptz,
            expires_at   timestamptz,
            is_current   boolean,
            is_bound     boolean
        );
    end if;
end
$$;
comment on type app.session is 'A sign-in of the caller on one device, in one of their companies.';
comment on column app.session.id is 'Its key: what revokeSession takes.';
comment on column app.session.device is 'Browser and platform, or the program, as it said itself at the last refresh: "Firefox on Windows". Null if it said nothing.';
comment on column app.session.address is 'The network address that it was begun from.';
comment on column app.session.methods is 'By what the person proved who they are, in the words of RFC 8176: pwd, otp, …';
comment on column app.session.company is 'The name of the company that it is for; null before one joins a company.';
comment on column app.session.created_at is 'When it was begun.';
comment on column app.session.last_seen_at is 'When it was last used, to five minutes.';
comment on column app.session.expires_at is 'When it ends if nobody refreshes it; at its lifetime''s end in any case.';
comment on column app.session.is_current is 'Whether it is the one that asks.';
comment on column app.session.is_bound is 'Whether its tokens are good only together with a key that the device keeps (DPoP, RFC 9449).';
--! EndIncluded app/session.sql
--! Included app/identity.sql
-- An account elsewhere, as whoever signs in with it sees it.
do $$
begin
    if to_regtype('app.identity') is null then
        create type app.identity as (
            id           uuid,
            provider     text,
            issuer       text,
            subject      text,
            created_at   timestamptz,
            last_used_at timestamptz
        );
    end if;
end
$$;
comment on type app.identity is 'An account elsewhere with which the caller signs in (OAuth, OpenID Connect).';
comment on column app.identity.id is 'Its key: what unlinkIdentity takes.';
comment on column app.identity.provider is 'The provider, as this installation calls it.';
comment on column app.identity.issuer is 'Who vouches: the issuer''s address.';
comment on column app.identity.subject is 'Who that is, in the issuer''s words.';
comment on column app.identity.created_at is 'When it was linked.';
comment on column app.identity.last_used_at is 'When it last signed the caller in.';
--! EndIncluded app/identity.sql
--! Included app/passkey.sql
-- A passkey, as its owner sees it.
do $$
begin
    if to_regtype('app.passkey') is null then
        create type app.passkey as (
            id           uuid,
            name         text,
            synced       boolean,
            aaguid       uuid,
            created_at   timestamptz,
            last_used_at timestamptz
        );
    end if;
end
$$;
comment on type app.passkey is 'A key on a device of the caller''s, with which they sign in (WebAuthn).';
comment on column app.passkey.id is 'Its key: what renamePasskey and removePasskey take.';
comment on column app.passkey.name is 'What its owner calls it.';
comment on column app.passkey.synced is 'Whether a service copies it to its owner''s other devices; if not, it is lost with its device.';
comment on column app.passkey.aaguid is 'Which make of authenticator holds it, as that says itself; all zeros where it does not.';
comment on column app.passkey.created_at is 'When it was added.';
comment on column app.passkey.last_used_at is 'When it was last shown; null: not since it was added.';
--! EndIncluded app/passkey.sql
--! Included app/tenancy.sql
-- A company of the caller's, as they see it from any of them.
do $$
begin
    if to_regtype('app.tenancy') is null then
        create type app.tenancy as (
            id                uuid,
            slug              text,
            name              text,
            status            text,
            membership_status text,
            role              text,
            is_owner          boolean,
            since             timestamptz,
            is_current        boolean
        );
    end if;
end
$$;
comment on type app.tenancy is 'A company that the caller belongs to.';
comment on column app.tenancy.id is 'Its key, which signed tokens carry as tid.';
comment on column app.tenancy.slug is 'Its short name: what POST /auth/switch-tenant takes.';
comment on column app.tenancy.name is 'What people call it.';
comment on column app.tenancy.status is 'Whether it can be entered. active: open to its members; suspended: shut to everybody for now; closed: shut for good.';
comment on column app.tenancy.membership_status is 'Whether the caller may enter it. active: they may; suspended: shut out for now; removed: not any more, and then it is not listed.';
comment on column app.tenancy.role is 'The name of the caller''s role there.';
comment on column app.tenancy.is_owner is 'Whether the caller owns it.';
comment on column app.tenancy.since is 'When they came.';
comment on column app.tenancy.is_current is 'Whether it is the one that the credential is for.';
--! EndIncluded app/tenancy.sql
--! Included app/support_access.sql
-- An access of the operator's support, as the admins of the company see it.
do $$
begin
    if to_regtype('app.support_access') is null then
        create type app.support_access as (
            id         uuid,
            operator   text,
            reason     text,
            user_id    uuid,
            may_write  boolean,
            started_at timestamptz,
            expires_at timestamptz,
            ended_at   timestamptz,
            end_reason text,
            is_running boolean
        );
    end if;
end
$$;
comment on type app.support_access is 'A time for which the operator may enter the company, to help.';
comment on column app.support_access.id is 'Its key: what endSupportAccess takes, and what the trail calls impersonatorId.';
comment on column app.support_access.operator is 'Who entered, as they said themselves.';
comment on column app.support_access.reason is 'What for.';
comment on column app.support_access.user_id is 'The member as whom they act; null: in their own name.';
comment on column app.support_access.may_write is 'Whether they came to change things too; they can only while the company allows it.';
comment on column app.support_access.started_at is 'When it began.';
comment on column app.support_access.expires_at is 'When it ends by itself, at most eight hours after it began.';
comment on column app.support_access.ended_at is 'When somebody ended it before its time.';
comment on column app.support_access.end_reason is 'How it was ended before its time. operator: by whoever runs the service; tenant: by an admin of the company; turned_off: by its setting supportAccess.';
comment on column app.support_access.is_running is 'Whether it opens the door now.';
--! EndIncluded app/support_access.sql
--! Included context/tenants_of_caller.sql
-- The caller's companies, whichever of them the session is for: it sees one, and somebody who wants to change over has to see
-- the others. Nothing of a company is told but what its members know, and none that the caller left.
--
-- A key is for one company, and does not learn where else its owner works: RH403.
set local role rowhouse_definer;
create or replace function context.tenants_of_caller() returns setof app.tenancy
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
declare
    body constant text := context.open_seal();
begin
    perform context.require_session();
    return query
        select
            tenant.id, tenant.slug, tenant.name, tenant.status, mine.status, role.name, mine.is_owner, mine.created_at,
            coalesce(tenant.id = context.tenant_in(body), false)
        from app.memberships as mine
        join app.tenants as tenant on tenant.id = mine.tenant_id
        join app.roles as role on role.tenant_id = mine.tenant_id and role.id = mine.role_id
        where mine.user_id = context.user_in(body) and mine.status <> 'removed'
        order by tenant.id is not distinct from context.tenant_in(body) desc, tenant.slug, tenant.id
        limit 100;
end
$$;
grant execute on function context.tenants_of_caller() to rowhouse_app;
comment on function context.tenants_of_caller() is
    'The companies that the caller belongs to, the one of the session first, a hundred at most; RH403 for an API key.';
reset role;
--! EndIncluded context/tenants_of_caller.sql
--! Included context/support_of_tenant.sql
-- When the operator was inside the caller's company, and why: for who runs it or reads its trail. The table stays shut: this
-- hands out no digest, and nothing of the company next door. A hundred at most, the newest first: the trail has them all.
set local role rowhouse_definer;
create or replace function context.support_of_tenant() returns setof app.support_access
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
declare
    body constant text := context.open_seal();
begin
    if coalesce(not context.permissions_in(body) && '{manage_tenant,view_audit}', true) then
        perform context.refuse('view_audit');
    end if;
    return query
        select
            access.id, access.operator, access.reason, access.user_id, access.may_write,
            access.created_at, access.expires_at, access.ended_at, access.end_reason,
            access.ended_at is null and access.expires_at > now()
        from auth.support_accesses as access
        where access.tenant_id = context.tenant_in(body)
        order by access.id desc
        limit 100;
end
$$;
grant execute on function context.support_of_tenant() to rowhouse_app;
comment on function context.support_of_tenant() is
    'The accesses for support in the caller''s company, the newest first, a hundred at most; RH403 without manage_tenant and view_audit.';
reset role;
--! EndIncluded context/support_of_tenant.sql
--! Included context/end_support_of_tenant.sql
-- An admin shows the operator out: the access opens nothing from the commit on. RH404 for one that is not of the caller's
-- company, is over, or never was, whichever it is.
set local role rowhouse_definer;
create or replace function context.end_support_of_tenant(access uuid) returns app.support_access
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tenant constant uuid := context.tenant_requiring('manage_tenant');
    ended  app.support_access;
begin
    update auth.support_accesses as running set ended_at = now(), end_reason = 'tenant'
    where running.tenant_id = tenant and running.id = access and running.ended_at is null and running.expires_at > now()
    returning
        running.id, running.operator, running.reason, running.user_id, running.may_write,
        running.created_at, running.expires_at, running.ended_at, running.end_reason, false
    into ended;
    if not found then
        raise exception using
            errcode = 'RH404', message = 'no such access for support is running here', hint = 'It may have ended by itself.';
    end if;
    return ended;
end
$$;
grant execute on function context.end_support_of_tenant(uuid) to rowhouse_app;
comment on function context.end_support_of_tenant(uuid) is
    'Ends a running access for support in the caller''s company; wants manage_tenant.';
reset role;
--! EndIncluded context/end_support_of_tenant.sql
--! Included app/my_tenants.sql
create or replace function app.my_tenants() returns setof app.tenancy
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select * from context.tenants_of_caller()
$$;
grant execute on function app.my_tenants() to rowhouse_app;
comment on function app.my_tenants() is
    'The companies that the caller belongs to, the one that they are in first; a hundred at most.';
--! EndIncluded app/my_tenants.sql
--! Included app/support_accesses.sql
create or replace function app.support_accesses() returns setof app.support_access
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select * from context.support_of_tenant()
$$;
grant execute on function app.support_accesses() to rowhouse_app;
comment on function app.support_accesses() is
    'When the operator''s support was in the company, as whom and why, the newest first, a hundred at most; needs manage_tenant or view_audit.';
--! EndIncluded app/support_accesses.sql
--! Included app/end_support_access.sql
create or replace function app.end_support_access(id uuid) returns app.support_access
    language sql volatile parallel unsafe security invoker strict
    set search_path = ''
as $$
    select context.end_support_of_tenant(end_support_access.id)
$$;
grant execute on function app.end_support_access(uuid) to rowhouse_app;
comment on function app.end_support_access(uuid) is
    'Shows the operator''s support out, at once; needs manage_tenant. To let nobody in any more, set supportAccess to OFF.';
--! EndIncluded app/end_support_access.sql
--! Included context/sessions_of_caller.sql
-- The caller's own live sessions, in whichever of their tenants: who lost a phone wants to see all that it can open.
-- The table stays shut: this hands out no handle, and nobody else's row.
--
-- The hundred seen last; the one that asks is the first.
set local role rowhouse_definer;
create or replace function context.sessions_of_caller() returns setof app.session
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
declare
    current constant uuid := context.require_session();
begin
    return query
        select
            session.id, context.device(session.user_agent), session.ip, session.methods, tenant.name,
            session.created_at, session.last_seen_at, known.ends_at, session.id = current,
            session.key_thumbprint is not null
        from auth.sessions as session
        join context.session_holders as known on known.digest = session.handle_digest
        left join app.tenants as tenant on tenant.id = session.tenant_id
        where session.user_id = context.user_id() and session.ended_at is null and known.ends_at > now()
        order by session.id = current desc, session.last_seen_at desc, session.id
        limit 100;
end
$$;
grant execute on function context.sessions_of_caller() to rowhouse_app;
comment on function context.sessions_of_caller() is
    'The caller''s own live sessions in all their tenants, the current one first, then those seen last; a hundred at most.';
reset role;
--! EndIncluded context/sessions_of_caller.sql
--! Included context/identities_of_caller.sql
-- The caller's own accounts elsewhere, oldest first. The table stays shut: whether somebody else has an identity is nobody's
-- business, and its unique key would tell.
set local role rowhouse_definer;
create or replace function context.identities_of_caller() returns setof app.identity
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select mine.id, mine.provider, mine.issuer, mine.subject, mine.created_at, mine.last_used_at
    from auth.identities as mine
    where mine.user_id = context.user_id() and context.kind_in(context.open_seal()) <> 'support'
    order by mine.id
$$;
grant execute on function context.identities_of_caller() to rowhouse_app;
comment on function context.identities_of_caller() is 'The caller''s own accounts elsewhere, oldest first.';
reset role;
--! EndIncluded context/identities_of_caller.sql
--! Included context/unlink_identity_of_caller.sql
-- The account elsewhere does not sign the caller in any more. The last way in stays. It wants a fresh sign-in, and
-- no API key.
set local role rowhouse_definer;
create or replace function context.unlink_identity_of_caller(id uuid) returns app.identity
    language plpgsql volatile strict parallel unsafe security definer
    set search_path = ''
as $$
declare
    caller constant uuid := context.user_id();
    gone   app.identity;
begin
    perform context.require_fresh_sign_in();
    perform auth.lock_ways_in(caller);
    delete from auth.identities as identity
    where identity.id = unlink_identity_of_caller.id and identity.user_id = caller
    returning identity.id, identity.provider, identity.issuer, identity.subject, identity.created_at, identity.last_used_at
    into gone;
    if not found then
        raise exception using errcode = 'RH404', message = 'there is no such identity of the caller''s';
    end if;
    if not auth.has_way_in(caller) then
        raise exception using
            errcode = 'RH411',
            message = 'this is the last way to sign in',
            hint = 'Set a password, link another account or add a passkey first.';
    end if;
    perform auth.notify(caller, 'identity_unlinked');
    return gone;
end
$$;
grant execute on function context.unlink_identity_of_caller(uuid) to rowhouse_app;
comment on function context.unlink_identity_of_caller(uuid) is
    'Unlinks an account elsewhere from the caller''s, unless it is their last way to sign in. Raises RH404, RH411, RH440.';
reset role;
--! EndIncluded context/unlink_identity_of_caller.sql
--! Included context/passkeys_of_caller.sql
-- The caller's own passkeys, oldest first. The table stays shut: whether somebody else has one is nobody's business, and its
-- unique key would tell.
set local role rowhouse_definer;
create or replace function context.passkeys_of_caller() returns setof app.passkey
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select mine.id, mine.name, mine.backup_eligible, mine.aaguid, mine.created_at, mine.last_used_at
    from auth.passkeys as mine
    where mine.user_id = context.user_id() and context.kind_in(context.open_seal()) <> 'support'
    order by mine.id
$$;
grant execute on function context.passkeys_of_caller() to rowhouse_app;
comment on function context.passkeys_of_caller() is 'The caller''s own passkeys, oldest first.';
reset role;
--! EndIncluded context/passkeys_of_caller.sql
--! Included context/rename_passkey_of_caller.sql
-- A name is how its owner tells a passkey from the others. It is changed by somebody who is signed in, and by no API key.
set local role rowhouse_definer;
create or replace function context.rename_passkey_of_caller(id uuid, name text) returns app.passkey
    language plpgsql volatile strict parallel unsafe security definer
    set search_path = ''
as $$
declare
    renamed app.passkey;
begin
    perform context.require_session();
    if not app.is_name(name) or length(btrim(name)) > 100 then
        raise exception using errcode = 'RH400', message = 'a passkey''s name has from 1 to 100 characters that can be seen';
    end if;
    update auth.passkeys as mine set name = btrim(rename_passkey_of_caller.name)
    where mine.id = rename_passkey_of_caller.id and mine.user_id = context.user_id()
    returning mine.id, mine.name, mine.backup_eligible, mine.aaguid, mine.created_at, mine.last_used_at into renamed;
    if not found then
        raise exception using errcode = 'RH404', message = 'there is no such passkey of the caller''s';
    end if;
    return renamed;
end
$$;
grant execute on function context.rename_passkey_of_caller(uuid, text) to rowhouse_app;
comment on function context.rename_passkey_of_caller(uuid, text) is
    'Gives a passkey of the caller''s another name. Raises RH400, RH404.';
reset role;
--! EndIncluded context/rename_passkey_of_caller.sql
--! Included context/remove_passkey_of_caller.sql
-- A passkey does not sign the caller in any more. The last way in stays. It wants a fresh sign-in and no API key, and the owner
-- is told by mail. Recovery codes stand for a second factor: with the last one they go.
set local role rowhouse_definer;
create or replace function context.remove_passkey_of_caller(id uuid) returns app.passkey
    language plpgsql volatile strict parallel unsafe security definer
    set search_path = ''
as $$
declare
    caller constant uuid := context.user_id();
    person app.users;
    gone   app.passkey;
begin
    perform context.require_fresh_sign_in();
    perform auth.lock_ways_in(caller);
    delete from auth.passkeys as mine
    where mine.id = remove_passkey_of_caller.id and mine.user_id = caller
    returning mine.id, mine.name, mine.backup_eligible, mine.aaguid, mine.created_at, mine.last_used_at into gone;
    if not found then
        raise exception using errcode = 'RH404', message = 'there is no such passkey of the caller''s';
    end if;
    if not auth.has_way_in(caller) then
        raise exception using
            errcode = 'RH411',
            message = 'this is the last way to sign in',
            hint = 'Set a password, link an account or add another passkey first.';
    end if;
    if not auth.has_second_factor(caller) then
        delete from auth.recovery_codes as code where code.user_id = caller;
    end if;
    select * into strict person from app.users as known where known.id = caller;
    perform auth.queue_mail(
        gen_random_uuid(), 'passkey_removed', person.email, person.locale, null, context.detail_in(context.actor()));
    return gone;
end
$$;
grant execute on function context.remove_passkey_of_caller(uuid) to rowhouse_app;
comment on function context.remove_passkey_of_caller(uuid) is
    'Takes a passkey of the caller''s away, unless it is their last way to sign in. Raises RH404, RH411, RH440.';
reset role;
--! EndIncluded context/remove_passkey_of_caller.sql
--! Included context/end_sessions_of_caller.sql
-- Ends sessions of the caller: one of them, all others, or all. They are dead with the next transaction of theirs.
--
-- which: one (then session is its id), others, all
--
-- Returns those that ended; RH404 if it was to be one and the caller has no such session, whoever else has.
set local role rowhouse_definer;
create or replace function context.end_sessions_of_caller(which text, session uuid default null)
    returns setof app.session
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    current constant uuid := context.require_session();
    body    constant text := context.open_seal();
    person  constant uuid := context.user_in(body);
    tenant  constant uuid := context.tenant_in(body);
    entered constant text := current_setting('rowhouse.context');
    ended   integer;
begin
    if which is null or which not in ('one', 'others', 'all') then
        raise exception using errcode = 'RH400', message = 'which is one of one, others, all';
    end if;
    perform auth.lock_sessions(person);
    -- Some are in other tenants, where the trail takes no change of a caller of this one: there it is the person who acts.
    perform context.act(person, tenant, context.detail_in(body));
    return query
        update auth.sessions as mine set ended_at = now(), end_reason = 'revoked'
        where mine.user_id = person and mine.ended_at is null
            and case which
                when 'one' then mine.id = end_sessions_of_caller.session
                when 'others' then mine.id <> current
                when 'all' then true
            end
        returning
            mine.id, context.device(mine.user_agent), mine.ip, mine.methods,
            (select place.name from app.tenants as place where place.id = mine.tenant_id),
            mine.created_at, mine.last_seen_at, mine.ended_at, mine.id = current,
            mine.key_thumbprint is not null;
    get diagnostics ended = row_count;
    perform set_config('rowhouse.context', entered, true);

    if which = 'one' and ended = 0 then
        raise exception using errcode = 'RH404', message = 'you have no such session', hint = 'It may have ended by itself.';
    end if;
    perform audit.record_event('auth.sessions_revoked', tenant, jsonb_strip_nulls(jsonb_build_object(
        'which', which, 'session', end_sessions_of_caller.session, 'ended', ended)));
end
$$;
grant execute on function context.end_sessions_of_caller(text, uuid) to rowhouse_app;
comment on function context.end_sessions_of_caller(text, uuid) is
    'Ends one, the others or all of the caller''s own sessions, in whichever tenant, and tells the trail; returns them.';
reset role;
--! EndIncluded context/end_sessions_of_caller.sql
--! Included app/my_identities.sql
create or replace function app.my_identities() returns setof app.identity
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select * from context.identities_of_caller()
$$;
grant execute on function app.my_identities() to rowhouse_app;
comment on function app.my_identities() is 'The accounts elsewhere with which the caller signs in, oldest first.';
--! EndIncluded app/my_identities.sql
--! Included app/unlink_identity.sql
create or replace function app.unlink_identity(id uuid) returns app.identity
    language sql volatile parallel unsafe security invoker strict
    set search_path = ''
as $$
    select * from context.unlink_identity_of_caller(unlink_identity.id)
$$;
grant execute on function app.unlink_identity(uuid) to rowhouse_app;
comment on function app.unlink_identity(uuid) is
    'Unlinks an account elsewhere from the caller''s, unless it is their last way to sign in.';
--! EndIncluded app/unlink_identity.sql
--! Included app/my_passkeys.sql
create or replace function app.my_passkeys() returns setof app.passkey
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select * from context.passkeys_of_caller()
$$;
grant execute on function app.my_passkeys() to rowhouse_app;
comment on function app.my_passkeys() is 'The passkeys with which the caller signs in, oldest first.';
--! EndIncluded app/my_passkeys.sql
--! Included app/rename_passkey.sql
create or replace function app.rename_passkey(id uuid, name text) returns app.passkey
    language sql volatile parallel unsafe security invoker strict
    set search_path = ''
as $$
    select * from context.rename_passkey_of_caller(rename_passkey.id, rename_passkey.name)
$$;
grant execute on function app.rename_passkey(uuid, text) to rowhouse_app;
comment on function app.rename_passkey(uuid, text) is 'Gives a passkey of the caller''s another name.';
--! EndIncluded app/rename_passkey.sql
--! Included app/remove_passkey.sql
create or replace function app.remove_passkey(id uuid) returns app.passkey
    language sql volatile parallel unsafe security invoker strict
    set search_path = ''
as $$
    select * from context.remove_passkey_of_caller(remove_passkey.id)
$$;
grant execute on function app.remove_passkey(uuid) to rowhouse_app;
comment on function app.remove_passkey(uuid) is
    'Takes a passkey of the caller''s away, unless it is their last way to sign in. It wants a fresh sign-in.';
--! EndIncluded app/remove_passkey.sql
--! Included app/my_sessions.sql
create or replace function app.my_sessions() returns setof app.session
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select * from context.sessions_of_caller()
$$;
grant execute on function app.my_sessions() to rowhouse_app;
comment on function app.my_sessions() is
    'Where the caller is signed in, in all their companies: the session that asks first, then those that were seen last; a hundred at most.';
--! EndIncluded app/my_sessions.sql
--! Included app/revoke_session.sql
create or replace function app.revoke_session(id uuid) returns app.session
    language sql volatile parallel unsafe security invoker strict
    set search_path = ''
as $$
    select * from context.end_sessions_of_caller('one', revoke_session.id)
$$;
grant execute on function app.revoke_session(uuid) to rowhouse_app;
comment on function app.revoke_session(uuid) is
    'Signs out one of the caller''s own sessions: its tokens are dead with the next request.';
--! EndIncluded app/revoke_session.sql
--! Included app/revoke_other_sessions.sql
create or replace function app.revoke_other_sessions() returns setof app.session
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    select * from context.end_sessions_of_caller('others')
$$;
grant execute on function app.revoke_other_sessions() to rowhouse_app;
comment on function app.revoke_other_sessions() is
    'Signs out all of the caller''s sessions but the one that asks, in all their companies.';
--! EndIncluded app/revoke_other_sessions.sql
--! Included app/revoke_all_sessions.sql
create or replace function app.revoke_all_sessions() returns setof app.session
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    select * from context.end_sessions_of_caller('all')
$$;
grant execute on function app.revoke_all_sessions() to rowhouse_app;
comment on function app.revoke_all_sessions() is
    'Signs out all of the caller''s sessions, in all their companies, the one that asks too.';
--! EndIncluded app/revoke_all_sessions.sql
--! Included context/keep_webhook_secret.sql
-- Keeps the secret of an endpoint of the caller's tenant, encrypted by the server, and lets the ones before it sign along for
-- so many seconds more, a week at most.
set local role rowhouse_definer;
create or replace function context.keep_webhook_secret(endpoint uuid, id uuid, secret text, overlap integer) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tenant constant uuid := context.tenant_requiring('manage_webhooks');
    until  constant timestamptz := now() + least(greatest(coalesce(overlap, 0), 0), 604800) * interval '1 second';
begin
    -- Two rotations at once take turns.
    perform from app.webhook_endpoints as mine
    where mine.tenant_id = tenant and mine.id = endpoint for no key update;
    if not found then
        raise exception using errcode = 'RH404', message = 'there is no such webhook endpoint';
    end if;
    if exists (select from auth.webhook_secrets as known where known.tenant_id = tenant and known.endpoint_id = endpoint)
        and context.kind_in(context.open_seal()) = 'session'
    then
        perform context.require_fresh_sign_in();
    end if;
    update auth.webhook_secrets as former set expires_at = until
    where former.tenant_id = tenant and former.endpoint_id = endpoint
        and (former.expires_at is null or former.expires_at > until);
    insert into auth.webhook_secrets (tenant_id, id, endpoint_id, secret)
    values (tenant, keep_webhook_secret.id, endpoint, keep_webhook_secret.secret);
end
$$;
grant execute on function context.keep_webhook_secret(uuid, uuid, text, integer) to rowhouse_app;
comment on function context.keep_webhook_secret(uuid, uuid, text, integer) is
    'Keeps an endpoint''s new secret and ends the ones before it. Raises RH403, RH404, RH440.';
reset role;
--! EndIncluded context/keep_webhook_secret.sql
--! Included context/send_test_event.sql
-- Writes a test event for an endpoint, whatever it subscribes to and also while it is off. There is one at a time, and it is
-- tried once: nobody has us call an address more often than we can. Returns its id.
set local role rowhouse_definer;
create or replace function context.send_test_event(endpoint uuid) returns uuid
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tenant constant uuid := context.tenant_requiring('manage_webhooks');
    event  uuid;
begin
    perform from app.webhook_endpoints as mine
    where mine.tenant_id = tenant and mine.id = endpoint for no key update;
    if not found then
        raise exception using errcode = 'RH404', message = 'there is no such webhook endpoint';
    end if;
    select waiting.id into event from app.webhook_deliveries as waiting
    where waiting.tenant_id = tenant and waiting.endpoint_id = endpoint
        and waiting.state = 'pending' and waiting.type = 'webhook.test';
    if event is null then
        insert into app.webhook_deliveries (tenant_id, endpoint_id, type, data)
        values (tenant, endpoint, 'webhook.test', jsonb_build_object('endpoint_id', endpoint))
        returning id into event;
    end if;
    return event;
end
$$;
grant execute on function context.send_test_event(uuid) to rowhouse_app;
comment on function context.send_test_event(uuid) is
    'Writes a test event for an endpoint of the caller''s tenant, unless one waits. Raises RH403, RH404.';
reset role;
--! EndIncluded context/send_test_event.sql
--! Included context/resend_webhook.sql
-- Has a delivery that is over sent again, with the id and the sequence that it had, and with all its attempts. One that waits
-- is sent now. To an endpoint that is off it goes once that is on.
set local role rowhouse_definer;
create or replace function context.resend_webhook(delivery uuid) returns uuid
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tenant constant uuid := context.tenant_requiring('manage_webhooks');
begin
    update app.webhook_deliveries as mine set
        state = 'pending', settled_at = null, next_attempt_at = now(),
        attempts = case mine.state when 'pending' then mine.attempts else 0 end
    where mine.tenant_id = tenant and mine.id = delivery;
    if not found then
        raise exception using errcode = 'RH404', message = 'there is no such webhook delivery';
    end if;
    perform audit.record_event('webhook.resent', tenant, jsonb_build_object('delivery_id', delivery));
    return delivery;
end
$$;
grant execute on function context.resend_webhook(uuid) to rowhouse_app;
comment on function context.resend_webhook(uuid) is
    'Has a delivery of the caller''s tenant sent again. Raises RH403, RH404.';
reset role;
--! EndIncluded context/resend_webhook.sql
--! Included app/create_webhook_endpoint.sql
-- Makes an endpoint with its secret, which the server makes, and encrypts under the id that it gives it.
create or replace function app.create_webhook_endpoint(
    secret_id uuid, sealed_secret text, url text, events text[], description text default ''
)
    returns app.webhook_endpoints
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    made app.webhook_endpoints;
begin
    insert into app.webhook_endpoints (url, events, description)
    values (create_webhook_endpoint.url, create_webhook_endpoint.events, coalesce(create_webhook_endpoint.description, ''))
    returning * into made;
    perform context.keep_webhook_secret(made.id, secret_id, sealed_secret, 0);
    return made;
end
$$;
grant execute on function app.create_webhook_endpoint(uuid, text, text, text[], text) to rowhouse_app;
comment on function app.create_webhook_endpoint(uuid, text, text, text[], text) is
    'Subscribes an address to events. The secret that they are signed with is shown this once.';
--! EndIncluded app/create_webhook_endpoint.sql
--! Included app/rotate_webhook_secret.sql
-- Gives an endpoint another secret. The one before it signs along for `overlap` seconds: a day unless it is said.
create or replace function app.rotate_webhook_secret(
    id uuid, secret_id uuid, sealed_secret text, overlap integer default 86400
)
    returns app.webhook_endpoints
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    rotated app.webhook_endpoints;
begin
    perform context.keep_webhook_secret(rotate_webhook_secret.id, secret_id, sealed_secret, coalesce(overlap, 86400));
    select * into rotated from app.webhook_endpoints as mine where mine.id = rotate_webhook_secret.id;
    return rotated;
end
$$;
grant execute on function app.rotate_webhook_secret(uuid, uuid, text, integer) to rowhouse_app;
comment on function app.rotate_webhook_secret(uuid, uuid, text, integer) is
    'Gives a webhook endpoint another secret, shown this once; the one before it signs along for so many seconds.';
--! EndIncluded app/rotate_webhook_secret.sql
--! Included app/send_test_event.sql
create or replace function app.send_test_event(endpoint_id uuid) returns app.webhook_deliveries
    language plpgsql volatile strict parallel unsafe security invoker
    set search_path = ''
as $$
declare
    event constant uuid := context.send_test_event(send_test_event.endpoint_id);
    sent  app.webhook_deliveries;
begin
    select * into sent from app.webhook_deliveries as mine where mine.id = event;
    return sent;
end
$$;
grant execute on function app.send_test_event(uuid) to rowhouse_app;
comment on function app.send_test_event(uuid) is
    'Sends the event webhook.test to an endpoint, once, whatever it subscribes to and also while it is off.';
--! EndIncluded app/send_test_event.sql
--! Included app/resend_webhook_delivery.sql
create or replace function app.resend_webhook_delivery(id uuid) returns app.webhook_deliveries
    language plpgsql volatile strict parallel unsafe security invoker
    set search_path = ''
as $$
declare
    event constant uuid := context.resend_webhook(resend_webhook_delivery.id);
    sent  app.webhook_deliveries;
begin
    select * into sent from app.webhook_deliveries as mine where mine.id = event;
    return sent;
end
$$;
grant execute on function app.resend_webhook_delivery(uuid) to rowhouse_app;
comment on function app.resend_webhook_delivery(uuid) is
    'Sends a delivery again, with the id and the sequence that it had: a dead letter, or one that the receiver lost.';
--! EndIncluded app/resend_webhook_delivery.sql

-- Policies: who may do what, table by table
--! Included policies/tenants.sql
select context.close_table('app.tenants');

grant select (id, slug, name, status, requires_second_factor, created_at, updated_at, session_idle_minutes, session_lifetime_minutes, single_session, fingerprint, fingerprint_network, allows_guests, support_access, seats, brand_name, brand_color, accent_color, logo_url, language, sign_in_ways, key_limit, requests_per_minute, requests_per_day, deletion_grace_days) on app.tenants to rowhouse_app;
grant update (name, requires_second_factor, session_idle_minutes, session_lifetime_minutes, single_session, fingerprint, fingerprint_network, allows_guests, support_access, brand_name, brand_color, accent_color, logo_url, language, sign_in_ways) on app.tenants to rowhouse_app;

create policy "nothing crosses the wall" on app.tenants
    as restrictive for all to rowhouse_app
    using (id = (select context.tenant_id()) and id = (select context.unverified_tenant_id()))
    with check (id = (select context.tenant_id()) and id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.tenants is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "members see their own tenant" on app.tenants
    for select to rowhouse_app
    using (id = (select context.tenant_id()));
comment on policy "members see their own tenant" on app.tenants is
    'Whoever is signed in to a tenant may know its name. That other tenants exist is nobody''s business.';

create policy "managers of the tenant change its name and settings" on app.tenants
    for update to rowhouse_app
    using (id = (select context.tenant_requiring('manage_tenant')))
    with check (id = (select context.tenant_requiring('manage_tenant')));
comment on policy "managers of the tenant change its name and settings" on app.tenants is
    'The name, the brand, the language, how long and from where its sessions are good, whether guests are welcome, what support may; and by which ways and with which factors members sign in, which the trigger guard_second_factor wants a fresh sign-in for. The slug is in links, and the status and the limits are the operator''s, so none of these columns is granted.';

-- The definer's reach: the door, sign-in and the lock on a tenant's owners.
grant select, insert on app.tenants to rowhouse_definer;
grant update (updated_at, status, seats, key_limit, requests_per_minute, requests_per_day, deletion_grace_days, sign_in_ways), delete on app.tenants to rowhouse_definer;
create policy "the door reads every tenant" on app.tenants
    for select to rowhouse_definer using (true);
comment on policy "the door reads every tenant" on app.tenants is
    'context.enter() must see that a tenant is active before there is a context; sign-in looks tenants up by slug.';
create policy "registration creates tenants" on app.tenants
    for insert to rowhouse_definer with check (true);
comment on policy "registration creates tenants" on app.tenants is
    'auth.create_tenant(), when the address of the first owner is verified.';
create policy "owners close their tenant, and the operator suspends and limits" on app.tenants
    for update to rowhouse_definer using (true) with check (true);
comment on policy "owners close their tenant, and the operator suspends and limits" on app.tenants is
    'context.close_tenant(); auth.suspend_tenant(), auth.resume_tenant(), auth.limit_tenant() and auth.begin_erasure(), which only the operator''s connection may call; auth.restore_tenant(), for an owner with the link of a mail. app.keep_an_owner(), app.take_seat() and auth.guard_keys() lock the row, which PostgreSQL counts as an update.';
create policy "a tenant goes when nothing of it is left" on app.tenants
    for delete to rowhouse_definer using (id = (select context.tenant_in_erasure()));
comment on policy "a tenant goes when nothing of it is left" on app.tenants is
    'jobs.erase_tenant(), as its last step.';
--! EndIncluded policies/tenants.sql
--! Included policies/users.sql
select context.close_table('app.users');

grant select (id, email, is_guest, name, locale, status, created_at, updated_at) on app.users to rowhouse_app;
grant update (name, locale) on app.users to rowhouse_app;

create policy "nobody meets anybody else" on app.users
    as restrictive for all to rowhouse_app
    using (id = (select context.user_id()) and id = (select context.unverified_user_id()))
    with check (id = (select context.user_id()) and id = (select context.unverified_user_id()));
comment on policy "nobody meets anybody else" on app.users is
    'The wall of a table without tenants: the user is compared twice so that PostgreSQL compares the two answers with each other first, and no condition of the caller''s is ever tried on another person.';

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

-- The auditor's reach: whom the trail means.
grant select (id, name, email, is_guest) on app.users to rowhouse_auditor;
create policy "auditors name users" on app.users
    for select to rowhouse_auditor using (true);
comment on policy "auditors name users" on app.users is
    'The trail has the ids of people; who answers for all tenants must be able to say who that was. Name and address, nothing else.';

-- The definer's reach: the door and sign-in.
grant select, insert, update (email, is_guest, name, locale, status), delete on app.users to rowhouse_definer;
create policy "the door reads every user" on app.users
    for select to rowhouse_definer using (true);
comment on policy "the door reads every user" on app.users is
    'context.enter() must see that a user is active; sign-in looks users up by their address.';
create policy "registration creates users" on app.users
    for insert to rowhouse_definer with check (true);
comment on policy "registration creates users" on app.users is
    'auth.verify_email() and auth.exchange_code(), once the address is proven; auth.open_guest(), for who has none yet; auth.import_people() for the operator.';
create policy "a proven address replaces the old one, and the operator bans" on app.users
    for update to rowhouse_definer using (true) with check (true);
comment on policy "a proven address replaces the old one, and the operator bans" on app.users is
    'auth.confirm_email_change(), once the new address is proven by who asked; auth.verify_email(), which makes a guest an account; auth.ban() and auth.unban(), which only the operator''s connection may call; jobs.delete_account(), which leaves a row that names nobody. Only these columns are granted.';
create policy "guests go, accounts stay" on app.users
    for delete to rowhouse_definer using (is_guest);
comment on policy "guests go, accounts stay" on app.users is
    'jobs.expire_guests(). Whoever has an account is never deleted, because what they did must keep its author.';
--! EndIncluded policies/users.sql
--! Included policies/permissions.sql
select context.close_table('app.permissions');

grant select (name, description) on app.permissions to rowhouse_app;

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

-- The definer's reach: permissions of the application's own.
grant insert (name, description, of_application, held_by), update (description, held_by) on app.permissions to rowhouse_definer;
create policy "applications add permissions of their own" on app.permissions
    for insert to rowhouse_definer with check (of_application);
comment on policy "applications add permissions of their own" on app.permissions is
    'tenancy.permission(), which migrations of the application call.';
create policy "applications describe permissions of their own" on app.permissions
    for update to rowhouse_definer using (of_application) with check (of_application);
comment on policy "applications describe permissions of their own" on app.permissions is
    'tenancy.permission() again: what it means and which built-in roles hold it. Rowhouse''s own stay as they are.';
--! EndIncluded policies/permissions.sql
--! Included policies/roles.sql
select context.close_table('app.roles');

grant select (tenant_id, id, name, description, permissions, built_in, created_at, updated_at) on app.roles to rowhouse_app;
grant insert (name, description, permissions) on app.roles to rowhouse_app;
grant update (name, description, permissions) on app.roles to rowhouse_app;
grant delete on app.roles to rowhouse_app;

create policy "nothing crosses the wall" on app.roles
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.roles is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "members see the roles of their tenant" on app.roles
    for select to rowhouse_app
    using (tenant_id = (select context.member_tenant()));
comment on policy "members see the roles of their tenant" on app.roles is
    'What a colleague''s role means is no secret among colleagues, of whom a guest is none, nor a key of the tenant''s own.';

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
    'The built-in four stay as documented. A role that holds more than the caller is out of their reach; the check leaves that to the trigger check_role_permissions, which names what is missing.';

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
    'auth.create_tenant() makes admin, member, viewer and guest.';

-- The definer's reach: what the application adds to the catalogue.
grant update (permissions) on app.roles to rowhouse_definer;
create policy "built-in roles get the application's permissions" on app.roles
    for update to rowhouse_definer using (built_in) with check (built_in);
comment on policy "built-in roles get the application's permissions" on app.roles is
    'tenancy.permission(): nobody can grant what nobody holds, so the administrators of every tenant hold a new permission from the start.';
--! EndIncluded policies/roles.sql
--! Included policies/memberships.sql
select context.close_table('app.memberships');

grant select (tenant_id, id, user_id, role_id, is_owner, status, display_name, avatar_url, created_at, updated_at) on app.memberships to rowhouse_app;
grant update (role_id, is_owner, status, display_name, avatar_url) on app.memberships to rowhouse_app;

create policy "nothing crosses the wall" on app.memberships
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.memberships is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "members see their colleagues" on app.memberships
    for select to rowhouse_app
    using (tenant_id = (select context.member_tenant()));
comment on policy "members see their colleagues" on app.memberships is
    'Name, picture, role and status: what a colleague should see, and neither a guest should nor a key that stands in a web page. The address is in app.users, which shows only oneself.';

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
    'Oneself: display name and picture; role, status and ownership want manage_users and stay within what the caller holds, says the trigger guard_membership. One policy with a case, so that a missing permission is named and not just nothing found. Members are never deleted, because what they did must keep its author; guests are, with what they said, by jobs.expire_guests().';

-- The definer's reach: the door, the first owner of a new tenant, guests, imports, who joins, and whoever leaves for good.
grant select, insert, update (status, role_id, is_owner, display_name, avatar_url), delete on app.memberships to rowhouse_definer;
create policy "the door reads every membership" on app.memberships
    for select to rowhouse_definer using (true);
comment on policy "the door reads every membership" on app.memberships is
    'context.enter() must see that a membership is active; app.keep_an_owner() looks for owners.';
create policy "registration creates the first owner, others come as members" on app.memberships
    for insert to rowhouse_definer with check (true);
comment on policy "registration creates the first owner, others come as members" on app.memberships is
    'auth.create_tenant(); auth.open_guest(), for the person that context.act() names; auth.accept_invitation() and auth.join_tenant(); and auth.import_people(), which only the operator''s connection may call. Only the first makes an owner.';
create policy "who was removed is let back in, and whoever is erased loses the name" on app.memberships
    for update to rowhouse_definer
    using (true) with check (not is_owner or user_id = (select context.user_id()));
comment on policy "who was removed is let back in, and whoever is erased loses the name" on app.memberships is
    'auth.accept_invitation(), which also locks the inviter''s row, that nobody demotes them meanwhile; auth.verify_email(), when a guest gets an account; jobs.delete_account(), in all companies of whom it erases. Nobody becomes an owner by these.';
create policy "guests leave, and take their chats with them" on app.memberships
    for delete to rowhouse_definer using (not is_owner or tenant_id = (select context.tenant_in_erasure()));
comment on policy "guests leave, and take their chats with them" on app.memberships is
    'jobs.expire_guests(), just before it deletes the guest. Conversations, messages and preferences go by their foreign keys. And jobs.erase_tenant(), which leaves nobody.';
--! EndIncluded policies/memberships.sql
--! Included policies/teams.sql
select context.close_table('app.teams');

grant select (tenant_id, id, name, description, created_at, updated_at) on app.teams to rowhouse_app;
grant insert (name, description) on app.teams to rowhouse_app;
grant update (name, description) on app.teams to rowhouse_app;
grant delete on app.teams to rowhouse_app;

create policy "nothing crosses the wall" on app.teams
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.teams is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "members see the teams of their tenant" on app.teams
    for select to rowhouse_app
    using (tenant_id = (select context.member_tenant()));
comment on policy "members see the teams of their tenant" on app.teams is
    'Which teams there are is no secret among colleagues; what belongs to one is.';

create policy "managers of teams add teams" on app.teams
    for insert to rowhouse_app
    with check (tenant_id = (select context.tenant_requiring('manage_teams')));
comment on policy "managers of teams add teams" on app.teams is
    'They begin empty: nobody reads more by it.';

create policy "managers of teams, and those who lead one, change it" on app.teams
    for update to rowhouse_app
    using (
        tenant_id = (select context.tenant_id())
        and case
            when id = any ((select context.led_teams())::uuid[]) then true
            else tenant_id = (select context.tenant_requiring('manage_teams'))
        end
    )
    with check (
        tenant_id = (select context.tenant_id())
        and case
            when id = any ((select context.led_teams())::uuid[]) then true
            else tenant_id = (select context.tenant_requiring('manage_teams'))
        end
    );
comment on policy "managers of teams, and those who lead one, change it" on app.teams is
    'Name and description. A case, so that a missing permission is named.';

create policy "managers of teams remove teams" on app.teams
    for delete to rowhouse_app
    using (tenant_id = (select context.tenant_requiring('manage_teams')));
comment on policy "managers of teams remove teams" on app.teams is
    'Its members leave with it; its conversations go back to who began them.';

-- The definer's reach: an export, the desk, and the erasure of a tenant.
grant select on app.teams to rowhouse_definer;
create policy "people take the names of their teams with them" on app.teams
    for select to rowhouse_definer using (true);
comment on policy "people take the names of their teams with them" on app.teams is
    'auth.export_account() names the teams that somebody is in; inspect.why() explains the one row that an auditor asks about; jobs.erase_tenant() has to find what it deletes.';
--! EndIncluded policies/teams.sql
--! Included policies/team_members.sql
select context.close_table('app.team_members');

grant select (tenant_id, id, team_id, user_id, role, created_at, updated_at) on app.team_members to rowhouse_app;
grant insert (team_id, user_id, role) on app.team_members to rowhouse_app;
grant update (role) on app.team_members to rowhouse_app;
grant delete on app.team_members to rowhouse_app;

create policy "nothing crosses the wall" on app.team_members
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.team_members is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "members see who is in which team" on app.team_members
    for select to rowhouse_app
    using (tenant_id = (select context.member_tenant()));
comment on policy "members see who is in which team" on app.team_members is
    'Whoever writes to a team should see who reads it.';

create policy "leads bring people into their team, managers of teams into each" on app.team_members
    for insert to rowhouse_app
    with check (
        tenant_id = (select context.tenant_id())
        and case
            when team_id = any ((select context.led_teams())::uuid[]) then true
            else tenant_id = (select context.tenant_requiring('manage_teams'))
        end
    );
comment on policy "leads bring people into their team, managers of teams into each" on app.team_members is
    'Themselves too, who then read what the team has: that is what manage_teams means, and the trail tells of it. Whom, and how lately they signed in for it, the trigger guard_team_member says. A case, so that a missing permission is named.';

create policy "leads say who leads their team, managers of teams each" on app.team_members
    for update to rowhouse_app
    using (
        tenant_id = (select context.tenant_id())
        and case
            when team_id = any ((select context.led_teams())::uuid[]) then true
            else tenant_id = (select context.tenant_requiring('manage_teams'))
        end
    )
    with check (
        tenant_id = (select context.tenant_id())
        and case
            when team_id = any ((select context.led_teams())::uuid[]) then true
            else tenant_id = (select context.tenant_requiring('manage_teams'))
        end
    );
comment on policy "leads say who leads their team, managers of teams each" on app.team_members is
    'Only what somebody is in the team; nobody is moved from one to another.';

create policy "leads take people out of their team, managers of teams out of each" on app.team_members
    for delete to rowhouse_app
    using (
        tenant_id = (select context.tenant_id())
        and case
            when team_id = any ((select context.led_teams())::uuid[]) then true
            else tenant_id = (select context.tenant_requiring('manage_teams'))
        end
    );
comment on policy "leads take people out of their team, managers of teams out of each" on app.team_members is
    'From the next transaction on they read nothing of it.';

-- The definer's reach: the door, whoever leaves or is removed, and whoever comes by an invitation.
grant select, insert, delete on app.team_members to rowhouse_definer;
create policy "the door reads who is in which team" on app.team_members
    for select to rowhouse_definer using (true);
comment on policy "the door reads who is in which team" on app.team_members is
    'context.enter() takes the teams from here, afresh each time; app.guard_team_member() counts.';
create policy "whoever accepts an invitation comes into its teams" on app.team_members
    for insert to rowhouse_definer with check (true);
comment on policy "whoever accepts an invitation comes into its teams" on app.team_members is
    'auth.accept_invitation(), which asks whether the inviter may still promise them.';
create policy "whoever leaves or is removed is out of the team" on app.team_members
    for delete to rowhouse_definer using (true);
comment on policy "whoever leaves or is removed is out of the team" on app.team_members is
    'context.leave_team(), of the caller''s own; app.end_powers(), at the hands of whoever removes them; jobs.delete_account().';
--! EndIncluded policies/team_members.sql
--! Included policies/grants.sql
select context.close_table('app.grants');

grant select (tenant_id, id, user_id, permission, reason, granted_by, created_at, ends_at) on app.grants to rowhouse_app;
grant insert (user_id, permission, reason, ends_at) on app.grants to rowhouse_app;
grant delete on app.grants to rowhouse_app;

create policy "nothing crosses the wall" on app.grants
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.grants is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "people see their own grants, managers of users every one" on app.grants
    for select to rowhouse_app
    using (
        user_id = (select context.user_id())
        or tenant_id = (select context.tenant_where('manage_users'))
    );
comment on policy "people see their own grants, managers of users every one" on app.grants is
    'Who has something for a time should know until when, and why; and managers give them and end them.';

create policy "managers of users grant what they hold" on app.grants
    for insert to rowhouse_app
    with check (
        tenant_id = (select context.tenant_requiring('manage_users'))
        and granted_by = (select context.user_id())
    );
comment on policy "managers of users grant what they hold" on app.grants is
    'In their own name. What they may give, the trigger guard_grant says. A grant never changes: another is given, or it is ended.';

create policy "managers of users end grants of what they hold" on app.grants
    for delete to rowhouse_app
    using (
        tenant_id = (select context.tenant_requiring('manage_users'))
        and tenant_id = (select context.tenant_holding(array[permission]))
    );
comment on policy "managers of users end grants of what they hold" on app.grants is
    'Whoever gave it. Nobody touches somebody who holds more, as with roles; from the next transaction on it is gone.';

-- The definer's reach: the door, whoever is removed, and tidying.
grant select, delete on app.grants to rowhouse_definer;
create policy "the door reads every grant" on app.grants
    for select to rowhouse_definer using (true);
comment on policy "the door reads every grant" on app.grants is
    'context.enter() takes them from here, afresh each time, and asks the clock; context.holders_of() and context.permissions_of() explain by them.';
create policy "grants end with their time, or with who has them" on app.grants
    for delete to rowhouse_definer using (true);
comment on policy "grants end with their time, or with who has them" on app.grants is
    'jobs.expire_grants() removes what has ended, app.end_powers() what somebody who is removed still had.';
--! EndIncluded policies/grants.sql
--! Included policies/invitations.sql
select context.close_table('app.invitations');

grant select (tenant_id, id, email, role_id, invited_by, status, times_sent, sent_at, expires_at, accepted_by, created_at, updated_at) on app.invitations to rowhouse_app;

create policy "nothing crosses the wall" on app.invitations
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.invitations is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "managers of users see whom the tenant invited" on app.invitations
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_where('manage_users')));
comment on policy "managers of users see whom the tenant invited" on app.invitations is
    'The address of somebody who is no colleague yet is nothing for colleagues. Nobody writes here but inviteMember, resendInvitation and revokeInvitation, because each of them does several things at once.';

-- The definer's reach: what those three do, and what becomes of an invitation.
grant select, insert, update, delete on app.invitations to rowhouse_definer;
create policy "invitations are made, accepted and forgotten" on app.invitations
    for all to rowhouse_definer using (true) with check (true);
comment on policy "invitations are made, accepted and forgotten" on app.invitations is
    'context.invite_member() and its like, for the caller''s own tenant; auth.accept_invitation(); jobs.expire_mail() forgets what is long over.';
--! EndIncluded policies/invitations.sql
--! Included policies/invitation_teams.sql
select context.close_table('app.invitation_teams');

grant select (tenant_id, id, invitation_id, team_id, role, created_at) on app.invitation_teams to rowhouse_app;

create policy "nothing crosses the wall" on app.invitation_teams
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.invitation_teams is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "managers of users see into which teams somebody is invited" on app.invitation_teams
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_where('manage_users')));
comment on policy "managers of users see into which teams somebody is invited" on app.invitation_teams is
    'Like the invitation that it is of. Nobody writes here but inviteMember; what it takes, context.require_teams() says.';

-- The definer's reach: what is promised, and what becomes of it.
grant select, insert, delete on app.invitation_teams to rowhouse_definer;
create policy "invitations promise teams, and keep the promise" on app.invitation_teams
    for all to rowhouse_definer using (true) with check (true);
comment on policy "invitations promise teams, and keep the promise" on app.invitation_teams is
    'context.invite_member() for the caller''s own tenant, context.resend_invitation() who asks again what it takes, auth.accept_invitation().';
--! EndIncluded policies/invitation_teams.sql
--! Included policies/domains.sql
select context.close_table('app.domains');

grant select (tenant_id, id, domain, challenge, role_id, admits, verified_at, check_requested_at, checked_at, failures, created_at, updated_at) on app.domains to rowhouse_app;
grant insert (domain, role_id, admits) on app.domains to rowhouse_app;
grant update (role_id, admits, check_requested_at) on app.domains to rowhouse_app;
grant delete on app.domains to rowhouse_app;

create policy "nothing crosses the wall" on app.domains
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.domains is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "members see the tenant's domains" on app.domains
    for select to rowhouse_app
    using (tenant_id = (select context.member_tenant()));
comment on policy "members see the tenant's domains" on app.domains is
    'By which addresses people may let themselves in is no secret among colleagues, of whom a key of the tenant''s own is none; the challenge is in the DNS for everybody to read.';

create policy "managers of users add domains" on app.domains
    for insert to rowhouse_app
    with check (tenant_id = (select context.tenant_requiring('manage_users')));
comment on policy "managers of users add domains" on app.domains is
    'Whether it is the tenant''s the DNS says, and the worker asks it: neither the challenge nor the time of its proof is granted.';

create policy "managers of users change what a domain admits to" on app.domains
    for update to rowhouse_app
    using (tenant_id = (select context.tenant_requiring('manage_users')))
    with check (tenant_id = (select context.tenant_requiring('manage_users')));
comment on policy "managers of users change what a domain admits to" on app.domains is
    'Whether it admits, to which role, and that it be looked up. The trigger guard_domain refuses a role that holds more than the caller does. The domain itself never changes: another one is another proof.';

create policy "managers of users remove domains" on app.domains
    for delete to rowhouse_app
    using (tenant_id = (select context.tenant_requiring('manage_users')));
comment on policy "managers of users remove domains" on app.domains is
    'Nobody joins by it any more; who did stays.';

-- The definer's reach: who joins by a domain, and what the DNS says of it.
grant select, update (verified_at, check_requested_at, checked_at, failures) on app.domains to rowhouse_definer;
create policy "people join by a domain" on app.domains
    for select to rowhouse_definer using (true);
comment on policy "people join by a domain" on app.domains is
    'auth.join_tenant() compares a proven address with it; jobs.due_domains() says which to look up; app.guard_domain() counts.';
create policy "the worker says what the DNS says" on app.domains
    for update to rowhouse_definer using (true) with check (true);
comment on policy "the worker says what the DNS says" on app.domains is
    'jobs.note_domain(), which only the worker may call. Only these columns are granted.';
--! EndIncluded policies/domains.sql
--! Included policies/conversations.sql
select context.close_table('app.conversations');
-- One member may have most of a tenant's conversations: lists are planned for them.
select context.plan_for_largest('app.conversations', 'user_id');

grant select (tenant_id, id, user_id, title, status, created_at, updated_at, team_id) on app.conversations to rowhouse_app;
grant insert (title, team_id) on app.conversations to rowhouse_app;
grant update (title, status) on app.conversations to rowhouse_app;
grant delete on app.conversations to rowhouse_app;

create policy "nothing crosses the wall" on app.conversations
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.conversations is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "members read their own conversations" on app.conversations
    for select to rowhouse_app
    using (
        user_id = (select context.user_where('chat'))
        and (team_id is null or team_id = any ((select context.teams())::uuid[]))
    );
comment on policy "members read their own conversations" on app.conversations is
    'A conversation is between one person and the machine; colleagues do not read along. One that belongs to a team is out of the reach of who left it, whoever began it.';

create policy "members of a team read its conversations" on app.conversations
    for select to rowhouse_app
    using (team_id = any ((select context.teams('chat'))::uuid[]));
comment on policy "members of a team read its conversations" on app.conversations is
    'They read along, and write only into their own. Who is in which team the door looks up afresh.';

create policy "holders of view_all_chats read every conversation" on app.conversations
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_where('view_all_chats')));
comment on policy "holders of view_all_chats read every conversation" on app.conversations is
    'Administrators answer for what the machine says in the company''s name. They read; they do not write.';

create policy "members begin conversations of their own" on app.conversations
    for insert to rowhouse_app
    with check (
        tenant_id = (select context.tenant_requiring('chat')) and user_id = (select context.user_id())
        and (team_id is null or team_id = any ((select context.teams())::uuid[]))
    );
comment on policy "members begin conversations of their own" on app.conversations is
    'Tenant and user are defaults from the context and not granted for input; a team is one of their own.';

create policy "members rename and archive their own conversations" on app.conversations
    for update to rowhouse_app
    using (
        tenant_id = (select context.tenant_requiring('chat')) and user_id = (select context.user_id())
        and (team_id is null or team_id = any ((select context.teams())::uuid[]))
    )
    with check (
        tenant_id = (select context.tenant_requiring('chat')) and user_id = (select context.user_id())
        and (team_id is null or team_id = any ((select context.teams())::uuid[]))
    );
comment on policy "members rename and archive their own conversations" on app.conversations is
    'Title and status; a conversation never changes hands, nor teams.';

create policy "members delete their own conversations" on app.conversations
    for delete to rowhouse_app
    using (
        tenant_id = (select context.tenant_requiring('chat')) and user_id = (select context.user_id())
        and (team_id is null or team_id = any ((select context.teams())::uuid[]))
    );
comment on policy "members delete their own conversations" on app.conversations is
    'With its messages, by the foreign key within the tenant. The trail keeps that it was there.';

-- The definer's reach: the clock that messages move.
grant update (updated_at) on app.conversations to rowhouse_definer;
create policy "people find their own conversations" on app.conversations
    for select to rowhouse_definer
    using (user_id = (select context.user_id()) or tenant_id = (select context.tenant_in_erasure()));
comment on policy "people find their own conversations" on app.conversations is
    'app.receive_message(), which must see whether the conversation that was written into is archived; auth.export_account() and jobs.delete_account(), for one person in all their companies; and jobs.erase_tenant(), for the company that is being erased.';
create policy "messages move their own conversation" on app.conversations
    for update to rowhouse_definer
    using (tenant_id = (select context.tenant_id()) and user_id = (select context.user_id()))
    with check (tenant_id = (select context.tenant_id()) and user_id = (select context.user_id()));
comment on policy "messages move their own conversation" on app.conversations is
    'app.receive_message() sets updated_at, and holds no other column.';

-- The definer's reach: the end of an account.
grant delete on app.conversations to rowhouse_definer;
create policy "whoever is erased takes their conversations with them" on app.conversations
    for delete to rowhouse_definer
    using (user_id = (select context.user_id()) or tenant_id = (select context.tenant_in_erasure()));
comment on policy "whoever is erased takes their conversations with them" on app.conversations is
    'jobs.delete_account(), which acts as the person whose account it erases, in all their companies; and jobs.erase_tenant(), for a company and all that is in it.';

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
-- One member may have most of a tenant's messages: lists are planned for them.
select context.plan_for_largest('app.messages', 'user_id');

grant select (tenant_id, id, conversation_id, user_id, role, content, created_at, team_id) on app.messages to rowhouse_app;
grant insert (conversation_id, content) on app.messages to rowhouse_app;

create policy "nothing crosses the wall" on app.messages
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.messages is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "members read the messages of their conversations" on app.messages
    for select to rowhouse_app
    using (
        user_id = (select context.user_where('chat'))
        and (team_id is null or team_id = any ((select context.teams())::uuid[]))
    );
comment on policy "members read the messages of their conversations" on app.messages is
    'user_id is the conversation''s user; the foreign key (tenant_id, user_id, conversation_id) holds it to that, and team_id is the conversation''s by the trigger place_message: what was said in a team stays there.';

create policy "members of a team read its messages" on app.messages
    for select to rowhouse_app
    using (team_id = any ((select context.teams('chat'))::uuid[]));
comment on policy "members of a team read its messages" on app.messages is
    'As for its conversations: whoever comes into a team reads what was said before, too, and who leaves it nothing.';

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
        and (team_id is null or team_id = any ((select context.teams())::uuid[]))
    );
comment on policy "members write into their own conversations" on app.messages is
    'Only as themselves: the role is not granted for input, so nobody puts words into the machine''s mouth. What was said is neither edited nor deleted singly.';

-- The definer's reach: an account that is exported or erased.
create policy "people find their own messages" on app.messages
    for select to rowhouse_definer
    using (user_id = (select context.user_id()) or tenant_id = (select context.tenant_in_erasure()));
comment on policy "people find their own messages" on app.messages is
    'auth.export_account() and jobs.delete_account(), for one person in all their companies; and jobs.erase_tenant(), for the company that is being erased.';
grant delete on app.messages to rowhouse_definer;
create policy "whoever is erased takes their messages with them" on app.messages
    for delete to rowhouse_definer
    using (user_id = (select context.user_id()) or tenant_id = (select context.tenant_in_erasure()));
comment on policy "whoever is erased takes their messages with them" on app.messages is
    'jobs.delete_account(), which acts as the person whose account it erases, in all their companies; and jobs.erase_tenant(), for a company and all that is in it.';

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

grant select (tenant_id, id, user_id, language, tone, model, temperature, max_answer_tokens, notify_answers, notify_weekly, created_at, updated_at) on app.user_preferences to rowhouse_app;
grant insert (language, tone, model, temperature, max_answer_tokens, notify_answers, notify_weekly) on app.user_preferences to rowhouse_app;
grant update (language, tone, model, temperature, max_answer_tokens, notify_answers, notify_weekly) on app.user_preferences to rowhouse_app;
grant delete on app.user_preferences to rowhouse_app;

create policy "nothing crosses the wall" on app.user_preferences
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.user_preferences is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "people keep their own preferences" on app.user_preferences
    for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and user_id = (select context.user_id()))
    with check (tenant_id = (select context.tenant_id()) and user_id = (select context.user_id()));
comment on policy "people keep their own preferences" on app.user_preferences is
    'Language, tone, model and what to be told, per tenant. No permission is needed to have a taste, and nobody else''s is to be seen.';

-- The definer's reach: an account that is exported or erased.
create policy "people find their own preferences" on app.user_preferences
    for select to rowhouse_definer
    using (user_id = (select context.user_id()) or tenant_id = (select context.tenant_in_erasure()));
comment on policy "people find their own preferences" on app.user_preferences is
    'auth.export_account() and jobs.delete_account(), for one person in all their companies; and jobs.erase_tenant(), for the company that is being erased.';
grant delete on app.user_preferences to rowhouse_definer;
create policy "whoever is erased takes their preferences with them" on app.user_preferences
    for delete to rowhouse_definer
    using (user_id = (select context.user_id()) or tenant_id = (select context.tenant_in_erasure()));
comment on policy "whoever is erased takes their preferences with them" on app.user_preferences is
    'jobs.delete_account(), which acts as the person whose account it erases, in all their companies; and jobs.erase_tenant(), for a company and all that is in it.';

-- The definer's reach: the desk.
grant select on app.user_preferences to rowhouse_definer;
create policy "the desk explains one row" on app.user_preferences
    for select to rowhouse_definer
    using (id = (select context.explained_row()));
comment on policy "the desk explains one row" on app.user_preferences is
    'inspect.why() seals the key of the one row that an auditor asks about, and answers with yes and no only.';
--! EndIncluded policies/user_preferences.sql
--! Included policies/tenant_preferences.sql
select context.close_table('app.tenant_preferences');

grant select (tenant_id, id, language, tone, model, temperature, max_answer_tokens, notify_answers, notify_weekly, created_at, updated_at) on app.tenant_preferences to rowhouse_app;
grant insert (language, tone, model, temperature, max_answer_tokens, notify_answers, notify_weekly) on app.tenant_preferences to rowhouse_app;
grant update (language, tone, model, temperature, max_answer_tokens, notify_answers, notify_weekly) on app.tenant_preferences to rowhouse_app;

create policy "nothing crosses the wall" on app.tenant_preferences
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.tenant_preferences is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "everybody inside sees the defaults" on app.tenant_preferences
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_id()));
comment on policy "everybody inside sees the defaults" on app.tenant_preferences is
    'They are how one is spoken to for as long as one has chosen nothing else: no secret, and no permission is needed.';

create policy "whoever configures the model sets the defaults" on app.tenant_preferences
    for insert to rowhouse_app
    with check (tenant_id = (select context.tenant_requiring('configure_model')));
comment on policy "whoever configures the model sets the defaults" on app.tenant_preferences is
    'Model, length and tone are one matter, and cost money: one permission for them. Refused aloud, so that who lacks it learns its name.';

create policy "whoever configures the model changes the defaults" on app.tenant_preferences
    for update to rowhouse_app
    using (tenant_id = (select context.tenant_requiring('configure_model')))
    with check (tenant_id = (select context.tenant_requiring('configure_model')));
comment on policy "whoever configures the model changes the defaults" on app.tenant_preferences is
    'The same. The row is never deleted: what is null in it is as it is built in.';

-- The definer's reach: the desk, and the erasure of a tenant.
grant select on app.tenant_preferences to rowhouse_definer;
create policy "the desk explains one row, the erasure finds a tenant's" on app.tenant_preferences
    for select to rowhouse_definer
    using (id = (select context.explained_row()) or tenant_id = (select context.tenant_in_erasure()));
comment on policy "the desk explains one row, the erasure finds a tenant's" on app.tenant_preferences is
    'inspect.why() seals the key of the one row that an auditor asks about, and answers with yes and no only; jobs.erase_tenant() has to find what it deletes.';
--! EndIncluded policies/tenant_preferences.sql
--! Included policies/identities.sql
select context.close_table('auth.identities');

-- The definer's reach: signing in with a provider, listing and unlinking.
grant select, insert, update, delete on auth.identities to rowhouse_definer;
create policy "sign-in keeps the identities" on auth.identities
    for all to rowhouse_definer using (true) with check (true);
comment on policy "sign-in keeps the identities" on auth.identities is
    'auth.exchange_code() finds and makes them, auth.link_identity() adds one; context.identities_of_caller() shows the caller''s own, context.unlink_identity_of_caller() takes one away.';
--! EndIncluded policies/identities.sql
--! Included policies/exchange_codes.sql
select context.close_table('auth.exchange_codes');

-- The definer's reach: signing in with a provider, and expiry.
grant select, insert, delete on auth.exchange_codes to rowhouse_definer;
create policy "signing in with a provider keeps its codes" on auth.exchange_codes
    for all to rowhouse_definer using (true) with check (true);
comment on policy "signing in with a provider keeps its codes" on auth.exchange_codes is
    'auth.keep_code() gives them out, auth.take_exchange_code() takes them back; jobs.expire_exchange_codes() forgets those that nobody brought.';
--! EndIncluded policies/exchange_codes.sql
--! Included policies/passwords.sql
select context.close_table('auth.passwords');

-- The definer's reach: sign-in.
grant select, insert, update, delete on auth.passwords to rowhouse_definer;
create policy "sign-in reads and sets passwords" on auth.passwords
    for all to rowhouse_definer using (true) with check (true);
comment on policy "sign-in reads and sets passwords" on auth.passwords is
    'auth.begin_login() hands out the hash of one address; auth.verify_email() and auth.set_password() store it, auth.finish_login() renews it; auth.import_people() brings other systems'' hashes, auth.reset_person() takes one away, jobs.delete_account() forgets it. Nobody else reads here.';
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
--! Included policies/mail_tokens.sql
select context.close_table('auth.mail_tokens');

-- The definer's reach: mails that prove an address.
grant select, insert, update, delete on auth.mail_tokens to rowhouse_definer;
create policy "mails prove addresses" on auth.mail_tokens
    for all to rowhouse_definer using (true) with check (true);
comment on policy "mails prove addresses" on auth.mail_tokens is
    'auth.make_mail_token() and auth.find_mail_token(); jobs.expire_mail() forgets links that nobody followed.';
--! EndIncluded policies/mail_tokens.sql
--! Included policies/registrations.sql
select context.close_table('auth.registrations');

-- The definer's reach: registration.
grant select, insert, delete on auth.registrations to rowhouse_definer;
create policy "registration keeps what is not verified yet" on auth.registrations
    for all to rowhouse_definer using (true) with check (true);
comment on policy "registration keeps what is not verified yet" on auth.registrations is
    'auth.register(), auth.invite(), auth.upgrade_guest() and auth.verify_email(); a registration goes with its mail.';
--! EndIncluded policies/registrations.sql
--! Included policies/mails.sql
select context.close_table('auth.mails');

-- The definer's reach: the queue of mails.
grant select, insert, update, delete on auth.mails to rowhouse_definer;
create policy "the queue keeps mails until they are sent" on auth.mails
    for all to rowhouse_definer using (true) with check (true);
comment on policy "the queue keeps mails until they are sent" on auth.mails is
    'auth.queue_mail(), auth.claim_mails() and auth.settle_mail(); jobs.expire_mail() forgets what is done.';
--! EndIncluded policies/mails.sql
--! Included policies/api_keys.sql
select context.close_table('auth.api_keys');

-- Everything but the digest. Whose a key is, the trigger guard_api_key says; what it may do never changes.
grant select (
    tenant_id, id, kind, user_id, role_id, created_by, name, beginning, scopes, requests_per_minute, origins, addresses,
    replaces, used_count, last_used_at, created_at, expires_at, revoked_at, opens_guests
) on auth.api_keys to rowhouse_app;
grant insert (
    kind, role_id, name, beginning, digest, scopes, requests_per_minute, origins, addresses, opens_guests, replaces, expires_at
) on auth.api_keys to rowhouse_app;
grant update (name, requests_per_minute, origins, addresses, opens_guests, expires_at, revoked_at) on auth.api_keys to rowhouse_app;

create policy "nothing crosses the wall" on auth.api_keys
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on auth.api_keys is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "people see their own keys, managers of keys every one" on auth.api_keys
    for select to rowhouse_app
    using (
        user_id = (select context.key_keeper())
        or tenant_id = (select context.tenant_where('manage_api_keys'))
    );
comment on policy "people see their own keys, managers of keys every one" on auth.api_keys is
    'Through the view app.api_keys, which has no digest; nor has the grant. A key that may not manage keys sees none, not even itself: it is in more hands than its owner''s.';

create policy "people make keys of their own, managers of keys the tenant's" on auth.api_keys
    for insert to rowhouse_app
    with check (
        tenant_id = (select context.tenant_id())
        and case
            when role_id is null then user_id = (select context.key_keeper())
            else tenant_id = (select context.tenant_requiring('manage_api_keys'))
        end
    );
comment on policy "people make keys of their own, managers of keys the tenant's" on auth.api_keys is
    'Nobody makes one for a colleague: the user is no input, and a key with a role has none. What it may hold, the trigger guard_api_key compares with its maker.';

create policy "people change their own keys, managers of keys every one" on auth.api_keys
    for update to rowhouse_app
    using (
        tenant_id = (select context.tenant_id())
        and case
            when user_id = (select context.key_keeper()) then true
            else tenant_id = (select context.tenant_requiring('manage_api_keys'))
        end
    )
    with check (
        tenant_id = (select context.tenant_id())
        and case
            when user_id = (select context.key_keeper()) then true
            else tenant_id = (select context.tenant_requiring('manage_api_keys'))
        end
    );
comment on policy "people change their own keys, managers of keys every one" on auth.api_keys is
    'The name, the limits, an earlier end; and that it is revoked, which the trigger makes final. A case, so that a missing permission is named. Keys are never deleted, so that the trail can say what acted.';

-- The definer's reach: the door, and the counts of use.
grant select on auth.api_keys to rowhouse_definer;
grant update (used_count, last_used_at, name, addresses, revoked_at) on auth.api_keys to rowhouse_definer;
create policy "the door finds a key by its digest" on auth.api_keys
    for select to rowhouse_definer using (true);
comment on policy "the door finds a key by its digest" on auth.api_keys is
    'context.enter() with sha256 of a key; context.request_limit() and auth.guard_api_key() look at the caller''s own, auth.open_guest() at the page''s.';
create policy "web processes tell how often keys were used" on auth.api_keys
    for update to rowhouse_definer using (true) with check (true);
comment on policy "web processes tell how often keys were used" on auth.api_keys is
    'auth.record_key_usage() adds to two columns; auth.request_deletion() revokes what belongs to an account that goes, jobs.delete_account() takes its name off, and auth.accept_invitation() revokes the keys that somebody had before they were removed. What a key may do the definer cannot change.';
--! EndIncluded policies/api_keys.sql
--! Included policies/webhook_event_types.sql
select context.close_table('app.webhook_event_types');

grant select (name, description) on app.webhook_event_types to rowhouse_app;

create policy "everybody inside reads the catalogue of events" on app.webhook_event_types
    for select to rowhouse_app
    using ((select context.user_id()) is not null);
comment on policy "everybody inside reads the catalogue of events" on app.webhook_event_types is
    'The names are the same for all tenants and no secret, but outside the door there is nothing to see at all.';

-- The definer's reach: checking what endpoints subscribe to.
grant select on app.webhook_event_types to rowhouse_definer;
create policy "checks of endpoints read the catalogue" on app.webhook_event_types
    for select to rowhouse_definer using (true);
comment on policy "checks of endpoints read the catalogue" on app.webhook_event_types is
    'app.guard_webhook_endpoint() refuses an event that there is not.';

-- The owner's reach: migrations write the catalogue.
create policy "migrations keep the catalogue of events" on app.webhook_event_types
    for all to rowhouse_owner using (true) with check (true);
comment on policy "migrations keep the catalogue of events" on app.webhook_event_types is
    'db/schema/app/catalogue_webhook_events.sql is the list; nobody else writes here.';
--! EndIncluded policies/webhook_event_types.sql
--! Included policies/webhook_endpoints.sql
select context.close_table('app.webhook_endpoints');

grant select (
    tenant_id, id, url, description, events, active, disabled_reason, failing_since, last_sequence, lent_until, created_at, updated_at
) on app.webhook_endpoints to rowhouse_app;
grant insert (url, description, events) on app.webhook_endpoints to rowhouse_app;
grant update (url, description, events, active) on app.webhook_endpoints to rowhouse_app;
grant delete on app.webhook_endpoints to rowhouse_app;

create policy "nothing crosses the wall" on app.webhook_endpoints
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.webhook_endpoints is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "managers of webhooks see the endpoints" on app.webhook_endpoints
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_where('manage_webhooks')));
comment on policy "managers of webhooks see the endpoints" on app.webhook_endpoints is
    'An address may hold a token of its own, so colleagues do not see it. The secret is elsewhere (auth.webhook_secrets) and is seen by nobody.';

create policy "managers of webhooks add endpoints" on app.webhook_endpoints
    for insert to rowhouse_app
    with check (tenant_id = (select context.tenant_requiring('manage_webhooks')));
comment on policy "managers of webhooks add endpoints" on app.webhook_endpoints is
    'A missing permission is named. What an endpoint may subscribe to, and how many there may be, the trigger guard_webhook_endpoint says.';

create policy "managers of webhooks change endpoints" on app.webhook_endpoints
    for update to rowhouse_app
    using (tenant_id = (select context.tenant_requiring('manage_webhooks')))
    with check (tenant_id = (select context.tenant_requiring('manage_webhooks')));
comment on policy "managers of webhooks change endpoints" on app.webhook_endpoints is
    'Where it leads, what it is for, which events it gets, and whether it is on. How far it has come is no input.';

create policy "managers of webhooks remove endpoints" on app.webhook_endpoints
    for delete to rowhouse_app
    using (tenant_id = (select context.tenant_requiring('manage_webhooks')));
comment on policy "managers of webhooks remove endpoints" on app.webhook_endpoints is
    'Its secrets and what was not delivered go with it; the trail keeps that it was there.';

-- The definer's reach: the outbox and the queue.
grant select on app.webhook_endpoints to rowhouse_definer;
grant update (active, disabled_reason, failing_since, last_sequence, lent_until) on app.webhook_endpoints to rowhouse_definer;
create policy "the outbox finds who subscribed" on app.webhook_endpoints
    for select to rowhouse_definer using (true);
comment on policy "the outbox finds who subscribed" on app.webhook_endpoints is
    'jobs.queue_webhooks(), jobs.claim_webhooks(); the triggers count and compare.';
create policy "the queue keeps count and switches off what is gone" on app.webhook_endpoints
    for update to rowhouse_definer using (true) with check (true);
comment on policy "the queue keeps count and switches off what is gone" on app.webhook_endpoints is
    'jobs.claim_webhooks() and jobs.settle_webhook() move the sequence and the loan, and end what fails for days. The definer may change no other column.';
--! EndIncluded policies/webhook_endpoints.sql
--! Included policies/webhook_deliveries.sql
select context.close_table('app.webhook_deliveries');

-- Not audited, and yet nobody empties it for all tenants at once.
create or replace trigger keep_whole before truncate on app.webhook_deliveries
    for each statement execute function audit.refuse_change();

-- Only to be read: events come from triggers, and are sent again by a function.
grant select (
    tenant_id, id, endpoint_id, type, data, sequence, state, attempts, next_attempt_at, response_status, failure, created_at, settled_at
) on app.webhook_deliveries to rowhouse_app;

create policy "nothing crosses the wall" on app.webhook_deliveries
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on app.webhook_deliveries is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "managers of webhooks see what was sent" on app.webhook_deliveries
    for select to rowhouse_app
    using (tenant_id = (select context.tenant_where('manage_webhooks')));
comment on policy "managers of webhooks see what was sent" on app.webhook_deliveries is
    'What went out, what waits and what was given up. It holds ids and no names of people.';

-- The definer's reach: the outbox and the queue.
grant select, insert, update, delete on app.webhook_deliveries to rowhouse_definer;
create policy "the queue keeps events until they are forgotten" on app.webhook_deliveries
    for all to rowhouse_definer using (true) with check (true);
comment on policy "the queue keeps events until they are forgotten" on app.webhook_deliveries is
    'jobs.queue_webhooks(), jobs.claim_webhooks(), jobs.settle_webhook(); context.send_test_event() and context.resend_webhook(); jobs.expire_webhooks() forgets them after thirty days.';
--! EndIncluded policies/webhook_deliveries.sql
--! Included policies/webhook_secrets.sql
select context.close_table('auth.webhook_secrets');

-- The definer's reach: signing.
grant select, insert, delete on auth.webhook_secrets to rowhouse_definer;
grant update (expires_at) on auth.webhook_secrets to rowhouse_definer;
create policy "the queue signs with secrets that nobody reads" on auth.webhook_secrets
    for all to rowhouse_definer using (true) with check (true);
comment on policy "the queue signs with secrets that nobody reads" on auth.webhook_secrets is
    'context.keep_webhook_secret() brings them, encrypted under the master key; jobs.claim_webhooks() lends them to the worker; jobs.expire_webhooks() forgets replaced ones.';
--! EndIncluded policies/webhook_secrets.sql
--! Included policies/support_accesses.sql
select context.close_table('auth.support_accesses');

-- The definer's reach: the door, the operator, and the admins of the company that is entered.
grant select, insert, update (ended_at, end_reason) on auth.support_accesses to rowhouse_definer;
create policy "the door and the operator keep the accesses for support" on auth.support_accesses
    for all to rowhouse_definer using (true) with check (true);
comment on policy "the door and the operator keep the accesses for support" on auth.support_accesses is
    'context.enter() finds one by its digest; auth.open_support() makes them; the operator, an admin or the setting ends them. context.support_of_tenant() shows a company its own.';
--! EndIncluded policies/support_accesses.sql
--! Included policies/totp_factors.sql
select context.close_table('auth.totp_factors');

-- The definer's reach: sign-in.
grant select, insert, update, delete on auth.totp_factors to rowhouse_definer;
create policy "sign-in keeps second factors" on auth.totp_factors
    for all to rowhouse_definer using (true) with check (true);
comment on policy "sign-in keeps second factors" on auth.totp_factors is
    'auth.enrol_totp(), confirm_totp() and remove_totp(); auth.take_code() notes the step that was used. Nobody else reads here.';
--! EndIncluded policies/totp_factors.sql
--! Included policies/recovery_codes.sql
select context.close_table('auth.recovery_codes');

-- The definer's reach: sign-in.
grant select, insert, update, delete on auth.recovery_codes to rowhouse_definer;
create policy "sign-in keeps recovery codes" on auth.recovery_codes
    for all to rowhouse_definer using (true) with check (true);
comment on policy "sign-in keeps recovery codes" on auth.recovery_codes is
    'auth.confirm_totp() and auth.add_passkey() make ten, auth.take_code() uses each up once; they go with the last second factor (auth.remove_totp(), context.remove_passkey_of_caller()).';
--! EndIncluded policies/recovery_codes.sql
--! Included policies/mfa_challenges.sql
select context.close_table('auth.mfa_challenges');

-- The definer's reach: sign-in.
grant select, insert, update, delete on auth.mfa_challenges to rowhouse_definer;
create policy "sign-in keeps what waits for a second factor" on auth.mfa_challenges
    for all to rowhouse_definer using (true) with check (true);
comment on policy "sign-in keeps what waits for a second factor" on auth.mfa_challenges is
    'auth.open_session() asks, auth.finish_mfa() and auth.confirm_totp() answer; what is over is forgotten after an hour.';

-- Rows go one by one, also for the owner: a truncate would take every company's sign-ins at once.
create or replace trigger never_truncated before truncate on auth.mfa_challenges
    for each statement execute function audit.refuse_change();
--! EndIncluded policies/mfa_challenges.sql
--! Included policies/passkeys.sql
select context.close_table('auth.passkeys');

-- The definer's reach: signing in with a passkey, listing, renaming and removing.
grant select, insert, update, delete on auth.passkeys to rowhouse_definer;
create policy "sign-in keeps the passkeys" on auth.passkeys
    for all to rowhouse_definer using (true) with check (true);
comment on policy "sign-in keeps the passkeys" on auth.passkeys is
    'auth.add_passkey() makes them, auth.begin_passkey() and auth.use_passkey() find the one that is shown; context.passkeys_of_caller() shows the caller''s own, context.rename_passkey_of_caller() and context.remove_passkey_of_caller() change them.';
--! EndIncluded policies/passkeys.sql
--! Included policies/passkey_challenges.sql
select context.close_table('auth.passkey_challenges');

-- The definer's reach: what authenticators are asked to sign.
grant select, insert, delete on auth.passkey_challenges to rowhouse_definer;
create policy "sign-in keeps the challenges of passkeys" on auth.passkey_challenges
    for all to rowhouse_definer using (true) with check (true);
comment on policy "sign-in keeps the challenges of passkeys" on auth.passkey_challenges is
    'auth.ask_passkey() makes them, auth.take_passkey_challenge() uses them up; jobs.expire_exchange_codes() forgets what is over.';
--! EndIncluded policies/passkey_challenges.sql
--! Included policies/login_throttles.sql
select context.close_table('auth.login_throttles');

-- The definer's reach: sign-in.
grant select, insert, update, delete on auth.login_throttles to rowhouse_definer;
create policy "sign-in counts attempts" on auth.login_throttles
    for all to rowhouse_definer using (true) with check (true);
comment on policy "sign-in counts attempts" on auth.login_throttles is
    'auth.throttle(); the keys are digests, so the table does not say whose attempts they were.';
--! EndIncluded policies/login_throttles.sql
--! Included policies/deletions.sql
select context.close_table('auth.deletions');

-- The definer's reach: accounts that are to be deleted.
grant select, insert, update, delete on auth.deletions to rowhouse_definer;
create policy "deletion keeps whom it waits for" on auth.deletions
    for all to rowhouse_definer using (true) with check (true);
comment on policy "deletion keeps whom it waits for" on auth.deletions is
    'auth.request_deletion() and auth.restore_account(); jobs.delete_account() erases; auth.open_session() refuses whom it finds here, context.stays_owned() does not count on them.';
--! EndIncluded policies/deletions.sql
--! Included policies/tenant_deletions.sql
select context.close_table('auth.tenant_deletions');

-- The definer's reach: tenants that are to be erased.
grant select, insert, update, delete on auth.tenant_deletions to rowhouse_definer;
create policy "deletion keeps which tenants it waits for" on auth.tenant_deletions
    for all to rowhouse_definer using (true) with check (true);
comment on policy "deletion keeps which tenants it waits for" on auth.tenant_deletions is
    'context.close_tenant() and auth.begin_erasure() put them here, auth.resume_tenant() and auth.restore_tenant() take them out, jobs.erase_tenant() erases.';
--! EndIncluded policies/tenant_deletions.sql
--! Included policies/request_counts.sql
select context.close_table('auth.request_counts');
-- Rows go one by one, also for the owner: a truncate would give every company its day back at once.
create or replace trigger keep_whole before truncate on auth.request_counts
    for each statement execute function audit.refuse_change();

-- The definer's reach: counting, and telling what was counted.
grant select, insert, update on auth.request_counts to rowhouse_definer;
create policy "requests are counted by tenant and day" on auth.request_counts
    for all to rowhouse_definer using (true) with check (true);
comment on policy "requests are counted by tenant and day" on auth.request_counts is
    'auth.count_requests() adds what web processes tell of every tenant; auth.requests_today() reads that of one.';
--! EndIncluded policies/request_counts.sql
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
    'context.seal() and context.open_seal(). Whoever reads a key can forge any context, so nobody else does.';
--! EndIncluded policies/seal_keys.sql
--! Included policies/idempotency_keys.sql
select context.close_table('context.idempotency_keys');

-- The table is not under audit, so nothing else keeps its owner from forgetting every tenant's keys in one statement.
create or replace trigger never_truncated before truncate on context.idempotency_keys
    for each statement execute function audit.refuse_change();

-- The definer's reach: the door, and the job that forgets.
grant select, insert, update, delete on context.idempotency_keys to rowhouse_definer;
create policy "the door remembers what was done once" on context.idempotency_keys
    for all to rowhouse_definer using (true) with check (true);
comment on policy "the door remembers what was done once" on context.idempotency_keys is
    'context.enter() claims a key with the changes of its request, context.recall_answer() reads one''s own, jobs.expire_idempotency_keys() forgets after a day.';
--! EndIncluded policies/idempotency_keys.sql
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
--! Included policies/access_as_migrated.sql
select context.close_table('context.access_as_migrated');

-- The definer's reach: readiness.
grant select, insert, delete on context.access_as_migrated to rowhouse_definer;
create policy "migrations remember how access is decided" on context.access_as_migrated
    for all to rowhouse_definer using (true) with check (true);
comment on policy "migrations remember how access is decided" on context.access_as_migrated is
    'context.record_access() writes, context.access_drift() reads; both belong to the definer.';
--! EndIncluded policies/access_as_migrated.sql
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

grant select (
    tenant_id, id, at, action, table_name, row_key, row_id, old_row, new_row, detail,
    actor_kind, actor_id, credential_id, impersonator_id, request_id, ip, user_agent
) on audit.events to rowhouse_app;
create policy "nothing crosses the wall" on audit.events
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on audit.events is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

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
    'audit.record_change() and audit.record_event(). The definer reads back what one person did, for themselves, and the one row that the desk explains.';
create policy "people take what they did with them" on audit.events
    for select to rowhouse_definer
    using (actor_id = (select context.user_id()));
comment on policy "people take what they did with them" on audit.events is
    'auth.export_account(): when somebody did what, and from where; not the old and new values, which may be of others.';

-- The definer's reach: the desk.
grant select on audit.events to rowhouse_definer;
create policy "the desk explains one row" on audit.events
    for select to rowhouse_definer
    using (id = (select context.explained_row()));
comment on policy "the desk explains one row" on audit.events is
    'inspect.why() seals the key of the one row that an auditor asks about, and answers with yes and no only.';
--! EndIncluded policies/events.sql
--! Included policies/tallies.sql
select context.close_table('audit.tallies');

grant select on audit.tallies to rowhouse_auditor;
create policy "auditors read what strangers tried" on audit.tallies
    for select to rowhouse_auditor using (true);
comment on policy "auditors read what strangers tried" on audit.tallies is
    'The counts belong to no tenant; who answers for all of them may see from where and how often somebody knocked.';

-- The definer's reach: counting, and forgetting what is old.
grant select, insert, update, delete on audit.tallies to rowhouse_definer;
create policy "refusals are counted" on audit.tallies
    for all to rowhouse_definer using (true) with check (true);
comment on policy "refusals are counted" on audit.tallies is
    'audit.tally() and audit.tally_stranger() count; jobs.expire_sessions() forgets what is older than 90 days.';
--! EndIncluded policies/tallies.sql
--! Included policies/migrations.sql
select context.close_table('tenancy.migrations');

-- The owner's reach: `rowhouse migrate` applies a migration of the application's and writes it down, in one transaction.
create policy "migrations are written down" on tenancy.migrations
    for insert to rowhouse_owner with check (true);
comment on policy "migrations are written down" on tenancy.migrations is
    'Once applied, a migration stays in the history: nobody changes or removes a line of it.';

-- The definer's reach: what this database has had.
grant select on tenancy.migrations to rowhouse_definer;
create policy "the history is compared with the files" on tenancy.migrations
    for select to rowhouse_definer using (true);
comment on policy "the history is compared with the files" on tenancy.migrations is
    'context.application_migrations(), for the servers and rowhouse migrate; context.access_state().';
--! EndIncluded policies/migrations.sql
--! Included policies/protected_tables.sql
select context.close_table('tenancy.protected_tables');

-- The owner's reach: migrations protect tables, and so does a replay of db/schema.
create policy "migrations remember what they protect" on tenancy.protected_tables
    for all to rowhouse_owner using (true) with check (true);
comment on policy "migrations remember what they protect" on tenancy.protected_tables is
    'tenancy.protect() writes what it was asked for; tenancy.protect_again() does it anew after an upgrade.';
--! EndIncluded policies/protected_tables.sql

-- Whatever a tenant owns goes with it, also from tables that others made.
select context.open_to_erasure(target) from context.tenant_tables() as target
where (select relrowsecurity from pg_catalog.pg_class where oid = target);

-- What is documented in the database itself
--! Included comments.sql
-- Comments on tables and columns; they are also the descriptions in GraphQL. Policies and functions carry
-- theirs in their own files.

comment on table app.tenants is 'A company: everything else belongs to exactly one.';
comment on column app.tenants.id is 'Its key, which signed tokens carry as tid.';
comment on column app.tenants.name is 'What people call it.';
comment on column app.tenants.created_at is 'When it was registered.';
comment on column app.tenants.updated_at is 'When it was last changed.';
comment on column app.tenants.slug is 'The short name in links and at sign-in; lower case, digits and hyphens.';
comment on column app.tenants.requires_second_factor is 'Whether its members need a second factor, from their next sign-in on.';
comment on column app.tenants.status is 'Whether it can be entered. active: open to its members; suspended: shut to everybody for now; closed: shut for good.';

comment on column app.tenants.session_idle_minutes is 'Minutes for which a session is good without a refresh; seven days unless changed. A shorter one bites at once, a longer one with the next refresh.';
comment on column app.tenants.session_lifetime_minutes is 'Minutes after which one has to sign in again, however busy the session; thirty days unless changed. A shorter one bites at once, a longer one is for new sessions.';
comment on column app.tenants.single_session is 'Whether a sign-in ends the member''s other sessions in this company.';
comment on column app.tenants.fingerprint is 'Where a session is good. off: everywhere; family: in the browser and on the platform that it began with, whatever their versions; exact: with the very User-Agent that it began with, so that an update signs out.';
comment on column app.tenants.fingerprint_network is 'Whether a session is good only in the network that it began in (/24 of IPv4, /64 of IPv6).';
comment on column app.tenants.support_access is 'What the operator''s support may here. off: nobody enters, and who is inside is out at once; read: looks, for a reason and a limited time; write: may change things too.';
comment on column app.tenants.seats is 'How many active members it may have; null for as many as there are.';
comment on column app.tenants.brand_name is 'What its members read in place of our name; null for the tenant''s own.';
comment on column app.tenants.brand_color is 'The color of its brand, #rrggbb in lower case; null for ours.';
comment on column app.tenants.accent_color is 'The color of what can be pressed, #rrggbb in lower case; null for ours.';
comment on column app.tenants.logo_url is 'Where its logo is, at an https address; null for none.';
comment on column app.tenants.language is 'The language that people get who chose none, as a language tag (BCP 47).';
comment on column app.tenants.sign_in_ways is 'By which ways its members sign in: password, link, passkey, and providers by their ids; null for every way there is. It is asked when a session is opened; who is in stays in.';
comment on column app.tenants.key_limit is 'How many API keys it may have that are good; null for as many as it likes.';
comment on column app.tenants.requests_per_minute is 'How many requests a minute each of its API keys may make, whatever the key says; null for what the key says.';
comment on column app.tenants.requests_per_day is 'How many requests a day, by UTC, its members, guests and keys may make together; null for as many as they like.';
comment on column app.tenants.deletion_grace_days is 'Days from deleteTenant to the erasure.';
comment on column app.tenants.allows_guests is 'Whether visitors without an account may chat, who come by a publishable key. If not any more, those who are there are out at once.';

comment on table app.users is 'A person who signs in, once for all their tenants.';
comment on column app.users.id is 'Their key, the same in all their tenants.';
comment on column app.users.name is 'Their own name, as they write it.';
comment on column app.users.created_at is 'When the address was proven, or the guest came.';
comment on column app.users.updated_at is 'When they last changed.';
comment on column app.users.email is 'Proven before the account exists; trimmed, NFC, lower case. Null exactly for guests.';
comment on column app.users.is_guest is 'Whether it is a visitor without an account, who goes when nobody saw them for a while.';
comment on column app.users.locale is 'Language tag (BCP 47) of mails and messages.';
comment on column app.users.status is 'Whether they are let in. active: let in; banned: refused everywhere, from the next request on; deleted: gone, and only the row is left, without a name.';

comment on table app.permissions is 'The catalogue of what can be permitted.';
comment on column app.permissions.name is 'Its name, as roles and refusals have it.';
comment on column app.permissions.description is 'What it lets one do.';
comment on column app.permissions.of_application is 'Whether the application added it (tenancy.permission), and not Rowhouse.';
comment on column app.permissions.held_by is 'The built-in roles that hold it beside admin, where the application added it.';

comment on table app.roles is 'A named set of permissions in one tenant; admin, member and viewer are built in.';
comment on column app.roles.id is 'Its key.';
comment on column app.roles.name is 'What it is called; one of a kind in its tenant.';
comment on column app.roles.description is 'What it is for.';
comment on column app.roles.created_at is 'When it was made.';
comment on column app.roles.updated_at is 'When it was last changed.';
comment on column app.roles.permissions is 'Names from the catalogue, in order. Nobody can put in what they do not hold.';
comment on column app.roles.built_in is 'Built-in roles cannot be changed or removed.';

comment on table app.memberships is 'A person in a tenant, as colleagues see them. Never deleted, so that what they did keeps its author.';
comment on column app.memberships.id is 'Its key.';
comment on column app.memberships.user_id is 'Who it is.';
comment on column app.memberships.role_id is 'The role that says what they may do.';
comment on column app.memberships.created_at is 'When they joined.';
comment on column app.memberships.updated_at is 'When it was last changed.';
comment on column app.memberships.is_owner is 'Owners answer for the tenant; there is always one who is active.';
comment on column app.memberships.status is 'Whether they are let in. active: let in; suspended: kept out for now; removed: no longer one of the tenant, kept so that what they did has an author.';
comment on column app.memberships.display_name is 'The name that colleagues see.';
comment on column app.memberships.avatar_url is 'The picture that colleagues see; https only.';

comment on table app.teams is 'Some of a tenant''s members who share what belongs to the team. Teams do not nest.';
comment on column app.teams.id is 'Its key.';
comment on column app.teams.name is 'What it is called; one of a kind in its tenant.';
comment on column app.teams.description is 'What it is for.';
comment on column app.teams.created_at is 'When it was made.';
comment on column app.teams.updated_at is 'When it was last changed.';

comment on table app.team_members is 'A member in a team.';
comment on column app.team_members.id is 'Its key.';
comment on column app.team_members.team_id is 'In which team.';
comment on column app.team_members.user_id is 'Who it is.';
comment on column app.team_members.role is 'What they are in it. lead: says who is in the team; member: is in it.';
comment on column app.team_members.created_at is 'When they came into it.';
comment on column app.team_members.updated_at is 'When it was last changed.';

comment on table app.grants is 'A permission that a member has for a time, beside those of their role. It ends by itself; who removes it ends it earlier.';
comment on column app.grants.id is 'Its key.';
comment on column app.grants.user_id is 'Who has it.';
comment on column app.grants.permission is 'Which permission; a name from the catalogue.';
comment on column app.grants.reason is 'Why, in the words of who gave it; the trail keeps them.';
comment on column app.grants.granted_by is 'Who gave it: a user, or a key of the tenant''s own.';
comment on column app.grants.created_at is 'When it was given.';
comment on column app.grants.ends_at is 'When it ends by itself; within 90 days.';

comment on table app.invitations is 'Somebody whom the tenant asked by mail to join it.';
comment on column app.invitations.id is 'Its key.';
comment on column app.invitations.email is 'The address that it was mailed to, and that alone can accept it.';
comment on column app.invitations.role_id is 'The role that they get.';
comment on column app.invitations.invited_by is 'Who answers for it: the member who sent it last. They have to hold what it promises when it is accepted.';
comment on column app.invitations.status is 'What became of it. pending: waits for an answer, until expiresAt; accepted: they are a member; revoked: was taken back; expired: was not answered in time, and can be sent again.';
comment on column app.invitations.times_sent is 'How often it was mailed.';
comment on column app.invitations.sent_at is 'When it was mailed last.';
comment on column app.invitations.expires_at is 'Until when it can be accepted.';
comment on column app.invitations.accepted_by is 'Who came by it.';
comment on column app.invitations.created_at is 'When it was made.';
comment on column app.invitations.updated_at is 'When it was last changed.';

comment on table app.invitation_teams is 'A team that an invitation promises: whoever accepts is in it from then on.';
comment on column app.invitation_teams.id is 'Its key.';
comment on column app.invitation_teams.invitation_id is 'Which invitation.';
comment on column app.invitation_teams.team_id is 'Which team.';
comment on column app.invitation_teams.role is 'What they are in it. lead: says who is in the team; member: is in it.';
comment on column app.invitation_teams.created_at is 'When it was promised.';

comment on table app.domains is 'A domain of mail addresses that the tenant calls its own.';
comment on column app.domains.id is 'Its key.';
comment on column app.domains.domain is 'The domain, in lower case; an international one in Punycode.';
comment on column app.domains.challenge is 'What the TXT record _rowhouse-challenge of the domain must hold to prove it.';
comment on column app.domains.role_id is 'The role that people get who join by it.';
comment on column app.domains.admits is 'Whether people with a proven address in it may join by themselves, once it is proven.';
comment on column app.domains.verified_at is 'Since when it is proven; null if it is not.';
comment on column app.domains.check_requested_at is 'When somebody asked for a look into the DNS that has not been taken yet.';
comment on column app.domains.checked_at is 'When the DNS was last asked.';
comment on column app.domains.failures is 'How often in a row the proof was not found; at three it is proven no more.';
comment on column app.domains.created_at is 'When it was added.';
comment on column app.domains.updated_at is 'When it was last changed.';

comment on table app.conversations is 'A conversation of one member with the machine.';
comment on column app.conversations.id is 'Its key; later ones are greater.';
comment on column app.conversations.title is 'What it is about, in its member''s words.';
comment on column app.conversations.created_at is 'When it began.';
comment on column app.conversations.updated_at is 'When its last message was written, or it was renamed, archived or opened again.';
comment on column app.conversations.user_id is 'Whose conversation it is; it never changes hands.';
comment on column app.conversations.team_id is 'Whose team''s it is, if one''s: its members read along. It never changes; null once the team is no more.';
comment on column app.conversations.status is 'Whether it takes messages. open: takes messages; archived: kept to be read, and takes none.';

comment on table app.messages is 'What was said in a conversation; never edited.';
comment on column app.messages.team_id is 'The conversation''s team, if it has one.';
comment on column app.messages.id is 'Its key; later ones are greater.';
comment on column app.messages.conversation_id is 'The conversation it was said in.';
comment on column app.messages.content is 'What was said.';
comment on column app.messages.created_at is 'When it was said.';
comment on column app.messages.user_id is 'The conversation''s user, also in messages of the assistant.';
comment on column app.messages.role is 'Who said it. user: said by the member; assistant: said by the machine.';

comment on table app.user_preferences is 'How the machine should speak to a member, per tenant.';
comment on column app.user_preferences.id is 'Their key.';
comment on column app.user_preferences.user_id is 'Whose they are.';
comment on column app.user_preferences.created_at is 'When they were first set.';
comment on column app.user_preferences.updated_at is 'When they were last changed.';
comment on column app.user_preferences.language is 'Language tag (BCP 47) of answers. Null: as the company has it.';
comment on column app.user_preferences.tone is 'How answers should sound. neutral: plainly; friendly: warmly; formal: courteously; concise: briefly.';
comment on column app.user_preferences.model is 'The model that answers, by the name that the installation gives it. Null: as the company has it.';
comment on column app.user_preferences.temperature is 'How freely the model chooses its words: 0 to 2. Null: as the company has it.';
comment on column app.user_preferences.max_answer_tokens is 'The longest answer, in tokens of the model: 16 to 100,000. Null: as the company has it.';
comment on column app.user_preferences.notify_answers is 'Whether a mail tells of an answer that took long. Null: as the company has it.';
comment on column app.user_preferences.notify_weekly is 'Whether a mail sums up the week. Null: as the company has it.';

comment on table app.tenant_preferences is 'How the machine speaks to the members of a company who chose nothing else.';
comment on column app.tenant_preferences.id is 'Their key.';
comment on column app.tenant_preferences.created_at is 'When they were first set.';
comment on column app.tenant_preferences.updated_at is 'When they were last changed.';
comment on column app.tenant_preferences.language is 'Language tag (BCP 47) of answers. Null: as it is built in.';
comment on column app.tenant_preferences.tone is 'How answers should sound. neutral: plainly; friendly: warmly; formal: courteously; concise: briefly.';
comment on column app.tenant_preferences.model is 'The model that answers, by the name that the installation gives it. Null: as it is built in.';
comment on column app.tenant_preferences.temperature is 'How freely the model chooses its words: 0 to 2. Null: as it is built in.';
comment on column app.tenant_preferences.max_answer_tokens is 'The longest answer, in tokens of the model: 16 to 100,000. Null: as it is built in.';
comment on column app.tenant_preferences.notify_answers is 'Whether a mail tells of an answer that took long. Null: as it is built in.';
comment on column app.tenant_preferences.notify_weekly is 'Whether a mail sums up the week. Null: as it is built in.';

comment on table auth.support_accesses is 'When an operator was inside a company, as whom and why. The digest is that of what opens the door for them.';

comment on table app.webhook_event_types is 'The catalogue of events that webhooks tell of.';
comment on column app.webhook_event_types.name is 'Its name, as endpoints subscribe to it.';
comment on column app.webhook_event_types.description is 'When it happens.';

comment on table app.webhook_endpoints is 'An address that is told of events, by webhooks that are signed (Standard Webhooks).';
comment on column app.webhook_endpoints.id is 'Its key.';
comment on column app.webhook_endpoints.url is 'Where events are sent: https, and no address inside of a network.';
comment on column app.webhook_endpoints.description is 'What it is for.';
comment on column app.webhook_endpoints.events is 'Names from the catalogue of events, in order.';
comment on column app.webhook_endpoints.active is 'Whether it is told of what happens. What happened while it was off it never hears of.';
comment on column app.webhook_endpoints.disabled_reason is 'Why it was switched off by itself; null if somebody did. gone: it answered 410; failing: it has taken nothing for five days.';
comment on column app.webhook_endpoints.failing_since is 'Since when no attempt has succeeded; null if the last one did.';
comment on column app.webhook_endpoints.last_sequence is 'The sequence of the last event that was sent to it for the first time.';
comment on column app.webhook_endpoints.lent_until is 'Until when one worker has it in hand.';
comment on column app.webhook_endpoints.created_at is 'When it was made.';
comment on column app.webhook_endpoints.updated_at is 'When it was last changed by somebody.';

comment on table app.webhook_deliveries is 'An event for one endpoint, and what came of sending it. Kept for thirty days. Not audited: what it tells of is an event of its own, and so is that it was sent again.';
comment on column app.webhook_deliveries.id is 'Its key; webhook-id is msg_ and this, whenever it is sent.';
comment on column app.webhook_deliveries.endpoint_id is 'The key of the endpoint that it is for.';
comment on column app.webhook_deliveries.type is 'Which event it is; webhook.test is one that somebody asked for.';
comment on column app.webhook_deliveries.data is 'What it tells: ids, and no names of people.';
comment on column app.webhook_deliveries.sequence is 'Its place among all that this endpoint was sent; null until it is sent for the first time.';
comment on column app.webhook_deliveries.state is 'What became of it. pending: waits, or is tried again; delivered: the endpoint took it; dead: given up, until it is sent again by hand.';
comment on column app.webhook_deliveries.attempts is 'How often it was sent.';
comment on column app.webhook_deliveries.next_attempt_at is 'When it is sent next; null once it is delivered or dead.';
comment on column app.webhook_deliveries.response_status is 'The HTTP status of the last answer; null where there was none.';
comment on column app.webhook_deliveries.failure is 'What was wrong with the last attempt. status: the answer was not 2xx; redirect: it led elsewhere, where nobody follows; timeout: there was no answer in fifteen seconds; connection: nobody answers there; tls: the certificate is not good; address: no address outside of private networks, or a port that is not allowed; secret: what it is signed with cannot be decrypted; disabled: the endpoint was switched off meanwhile.';
comment on column app.webhook_deliveries.created_at is 'When it happened.';
comment on column app.webhook_deliveries.settled_at is 'When it was delivered or given up; null while it is pending.';

comment on table auth.webhook_secrets is 'What webhooks are signed with, encrypted under the master key.';
comment on column auth.webhook_secrets.secret is 'AES-256-GCM, bound to this row''s id.';
comment on column auth.webhook_secrets.expires_at is 'Until when it signs beside its successor; null for the one in use.';

comment on table context.idempotency_keys is 'Which Idempotency-Keys were used in the last day, and the answers they had, encrypted.';
comment on column context.idempotency_keys.key is 'sha256 of the key that the client sent.';
comment on column context.idempotency_keys.request is 'sha256 of the request: the same key for another one is refused.';
comment on column context.idempotency_keys.attempt is 'The one request, of all that brought the key, which made its changes.';
comment on column context.idempotency_keys.answer is 'AES-256-GCM, under a key made of the master key, the credential and the client''s Idempotency-Key.';

comment on table auth.mail_tokens is 'What links and codes in mails are compared with: digests, for one purpose and address. Not audited: anybody may ask for a mail to anybody; what a link did is an event of its own.';
comment on column auth.mail_tokens.email is 'Where the mail went.';
comment on column auth.mail_tokens.user_id is 'Whose; null for an address without an account. No foreign key: the row is gone when its time is over, and a link of somebody who is gone opens nothing (auth.find_mail_token).';
comment on column auth.mail_tokens.link_digest is 'sha256 of sha256 of the link''s secret.';
comment on column auth.mail_tokens.code_digest is 'sha256 of an HMAC of purpose, address and code under a key made of the master key: who reads this table cannot try a million codes.';
comment on column auth.mail_tokens.browser_digest is 'sha256 of sha256 of the cookie of the browser that asked, where the link works in no other.';
comment on column auth.mail_tokens.network is 'From where the mail was asked for: an address gets three an hour from one network.';
comment on column auth.mail_tokens.restores is 'Which closed company the link brings back.';
comment on column auth.mail_tokens.tries is 'Wrong codes so far; after five only the link is good.';
comment on table auth.registrations is 'What people say of themselves until their address is proven; there is no password yet. Not audited: what strangers say of themselves, or of others; counted, and gone after 24 hours.';
comment on table auth.tenant_deletions is 'Tenants that are to be erased. They let nobody in; from due_at on jobs.erase_tenant() takes their rows.';
comment on column auth.tenant_deletions.id is 'Which tenant.';
comment on column auth.tenant_deletions.asked_by is 'The owner who asked for it; null for the operator.';
comment on column auth.tenant_deletions.reason is 'Why, in the operator''s words.';
comment on column auth.tenant_deletions.asked_at is 'When it was asked for.';
comment on column auth.tenant_deletions.due_at is 'When the grace is over.';
comment on column auth.tenant_deletions.began_at is 'When the erasure began: nothing brings the tenant back.';
comment on column auth.tenant_deletions.counts is 'How many rows went so far, by table.';
comment on column auth.tenant_deletions.digest is 'A digest over the keys of the rows that went so far, in their order.';

comment on table auth.request_counts is 'How many requests of each tenant were answered on the last day that it had any. Not audited: a counter. Its key is called id, so that it goes with its tenant and into no archive.';
comment on column auth.request_counts.id is 'Which tenant.';
comment on column auth.request_counts.day is 'Which day, by UTC.';
comment on column auth.request_counts.count is 'How many on that day, as far as the web processes have told.';

comment on table auth.deletions is 'Accounts whose owners asked for them to be deleted. They let nobody in; from due_at on jobs.delete_account() erases them.';
comment on column auth.deletions.user_id is 'Whose.';
comment on column auth.deletions.asked_at is 'When it was asked for.';
comment on column auth.deletions.due_at is 'When the grace is over. A week later if a company cannot do without this owner then.';
comment on column auth.deletions.began_at is 'When the erasure began: nothing brings the account back, and the trail holds no values of its rows any more.';
comment on table auth.mails is 'Mails that wait to be sent, were sent, or could not be. Not audited: the queue; what they tell of is an event of its own.';
comment on column auth.mails.secret is 'Link and code, AES-256-GCM under the master key and for this mail only; gone when it was sent.';
comment on column auth.mails.state is 'pending: it is tried at next_attempt_at; sent; dead: it was given up, until jobs.retry_mail().';
comment on table auth.passwords is 'Password hashes (argon2id, PHC string format).';
comment on table auth.identities is 'Accounts elsewhere with which people sign in (OAuth, OpenID Connect).';
comment on column auth.identities.provider is 'The provider, as this installation calls it.';
comment on column auth.identities.issuer is 'Who vouches: the issuer''s address.';
comment on column auth.identities.subject is 'Who that is, in the issuer''s words. Never an address: those change hands.';
comment on table auth.exchange_codes is 'What providers said of people, under one-time codes. Not audited: good for a minute; the sign-in or the link that one leads to is recorded.';
comment on column auth.exchange_codes.digest is 'sha256 of sha256 of the code.';
comment on column auth.exchange_codes.challenge is 'What the verifier that stayed in the page has to fit (RFC 7636, S256).';
comment on table auth.sessions is 'Sign-ins: one session is one person in one tenant on one device.';
comment on column auth.sessions.handle_digest is 'sha256 of sha256 of the secret handle that access tokens carry as sid.';
comment on column auth.sessions.methods is 'By what the person proved who they are, in the words of RFC 8176: pwd, otp, …';
comment on column auth.sessions.counter is 'Number of the newest refresh token.';
comment on column auth.sessions.acknowledged_at is 'When the tokens of this counter were first used; null: not yet, and nobody knows whether they arrived.';
comment on column auth.sessions.last_seen_at is 'When a request or a refresh last came, to five minutes.';
comment on column auth.sessions.authenticated_at is 'When its user last proved who they are, at the sign-in or by stepping up. A sibling session in another tenant has it from the one before.';
comment on column auth.sessions.user_agent is 'The fingerprint: requests and refreshes must come from the same browser, as the tenant has it (app.tenants.fingerprint). As it was at the last refresh; null: bound to none.';
comment on column auth.sessions.key_thumbprint is 'The key that it is bound to (DPoP, RFC 9449), by the thumbprint of RFC 7638: every use of its tokens proves to hold it. Null: bound to none.';
comment on column auth.sessions.ip is 'From where it was begun.';
comment on table auth.api_keys is 'Keys for programs; what one may do is its owner''s role, or its own, within its scopes. app.api_keys shows them.';
comment on column auth.api_keys.digest is 'sha256 of sha256 of the key.';
comment on column app.api_keys.id is 'Its key; later ones are greater.';
comment on column app.api_keys.kind is
    'Where it may be. secret: on a server only, it begins with rh_sk_; publishable: in a web page of the listed origins, it begins with rh_pk_ and may chat only.';
comment on column app.api_keys.user_id is 'Whose it is: it may do what they may, and ends with their membership. Null for the tenant''s own.';
comment on column app.api_keys.role_id is 'The role of a key that is the tenant''s own; null for somebody''s.';
comment on column app.api_keys.created_by is 'The user, or the tenant''s own key, that made it.';
comment on column app.api_keys.name is 'What its owner calls it.';
comment on column app.api_keys.beginning is 'How the key begins, to tell it from others.';
comment on column app.api_keys.scopes is 'Of the permissions of its role, those that it may use.';
comment on column app.api_keys.requests_per_minute is 'How many requests a minute it is good for; null for as many as any credential.';
comment on column app.api_keys.origins is 'The pages that may use it, as browsers name them in Origin; null for any caller.';
comment on column app.api_keys.addresses is 'The network addresses and blocks that it may be used from; null for any.';
comment on column app.api_keys.replaces is 'The key that it was made to replace.';
comment on column app.api_keys.used_count is 'Requests that it was used for, up to a few seconds ago.';
comment on column app.api_keys.last_used_at is 'When it was used last, up to a few seconds ago.';
comment on column app.api_keys.created_at is 'When it was made.';
comment on column app.api_keys.expires_at is 'When it ends by itself; null for never.';
comment on column app.api_keys.revoked_at is 'When it was revoked.';
comment on column app.api_keys.opens_guests is 'Whether a publishable key lets guests in (POST /auth/guest), where the company takes guests.';
comment on table auth.totp_factors is 'Second factors: one time-based one-time password generator a person (RFC 6238).';
comment on column auth.totp_factors.seed is 'AES-256-GCM under the master key, bound to the id.';
comment on column auth.totp_factors.last_step is 'The last step of the clock whose code was used: it and all before it are worth nothing.';
comment on column auth.totp_factors.confirmed_at is 'When its first code was shown; before that it counts for nothing.';
comment on table auth.recovery_codes is 'Ten codes for who has lost their second factor; each is good once.';
comment on column auth.recovery_codes.digest is 'sha256 of sha256 of the code.';
comment on table auth.mfa_challenges is 'Sign-ins whose first factor was right and whose second is still to come. Not audited: that one was asked for is an event, and how it went another.';
comment on table auth.passkeys is 'Keys of people''s authenticators (WebAuthn): a way in by itself, and a second factor.';
comment on column auth.passkeys.credential_id is 'The authenticator''s name for it.';
comment on column auth.passkeys.public_key is 'COSE_Key (RFC 9052): EdDSA, ES256 or RS256.';
comment on column auth.passkeys.counter is 'The last signature counter that was shown; 0 where the authenticator has none. One that does not grow is that of a copy.';
comment on column auth.passkeys.transports is 'How its browser said that it is reached: usb, internal, hybrid, …';
comment on column auth.passkeys.aaguid is 'Which make of authenticator, as that says itself; nobody vouches for it.';
comment on column auth.passkeys.backup_eligible is 'Whether a service may copy it to other devices; never changes.';
comment on column auth.passkeys.backed_up is 'Whether it was copied when it was last shown.';
comment on table auth.passkey_challenges is 'What authenticators were asked to sign. Not audited: good for five minutes; what was shown for one is recorded.';
comment on column auth.passkey_challenges.digest is 'sha256 of sha256 of the challenge.';
comment on column auth.passkey_challenges.bound_to is 'The digest of the handle of the session, or of the mfaToken, that it was made for; null for signing in.';
comment on table auth.login_throttles is 'Counters of login attempts; the key is a digest of address and network. Not audited: the sign-in that moved them is an event of its own.';
comment on table auth.signing_keys is 'Keys that sign access tokens (JWK); the private half is encrypted under the master key.';

comment on table context.seal_keys is 'Keys of the seal (HMAC-SHA256). Whoever reads one can forge any context.';
comment on table context.access_as_migrated is 'How each policy, grant, function and trigger was after the last rowhouse migrate, as a digest. Not audited: only migrations write it.';
comment on table context.errors is 'Every SQLSTATE of class RH: name, HTTP status, meaning. Not audited: only migrations write it.';
comment on column context.errors.detail is 'The error''s detail that has this name; empty for every detail that has none of its own.';
comment on table jobs.heartbeats is 'When each worker was last seen. Not audited: a clock.';

comment on table audit.tallies is 'How often somebody without a live credential did something: a row for an hour, an action and a network (or a dead credential). Forgotten after 90 days. Not audited: counters.';
comment on column audit.tallies.subject is 'The network that strangers came from ("elsewhere" after a hundred in an hour), or the id of a credential that is over, and why.';

comment on table audit.events is 'The trail, partitioned by month (UTC). It only grows. Not audited: it is the trail.';
comment on column audit.events.tenant_id is 'The tenant; the nil UUID for events of no tenant.';
comment on column audit.events.action is 'insert, update or delete of a row, or a named event such as auth.login.';
comment on column audit.events.row_key is 'The primary key of the changed row.';
comment on column audit.events.old_row is 'The row before; only the columns that audit.track() keeps.';
comment on column audit.events.new_row is 'The row after; only the columns that audit.track() keeps.';
comment on column audit.events.row_id is 'The key of the changed row within its tenant: the last column of its primary key.';
comment on column audit.events.actor_kind is 'How the actor came in: session, guest, api_key, support (the operator), sign_in (before there is a session) or system.';
comment on column audit.events.actor_id is 'The user, from the sealed context; null for the system.';
comment on column audit.events.credential_id is 'The session, API key or access for support.';
comment on column audit.events.impersonator_id is 'The access for support by which the operator acted, as the actor or in their own name; null for everybody else.';
comment on column audit.events.database_role is 'The PostgreSQL role that was connected.';
comment on column audit.events.transaction_id is 'The writing transaction; rows of one transaction belong together.';

comment on column app.audit_events.id is 'Its key; later ones are greater, but for events of the same moment.';
comment on column app.audit_events.at is 'When it happened.';
comment on column app.audit_events.action is 'insert, update or delete of a row, or a named event such as auth.login.';
comment on column app.audit_events.table_name is 'The table of the changed row, with its schema; null for named events.';
comment on column app.audit_events.row_key is 'The primary key of the changed row.';
comment on column app.audit_events.row_id is 'The key of the changed row within its tenant.';
comment on column app.audit_events.old_row is 'The row before; secrets and what people said are withheld.';
comment on column app.audit_events.new_row is 'The row after; secrets and what people said are withheld.';
comment on column app.audit_events.detail is 'What a named event says of itself.';
comment on column app.audit_events.actor_kind is
    'How the actor came in. session: somebody who was signed in; guest: a visitor, or somebody who came as one; api_key: a program with a key; support: the operator, let in to help; sign_in: somebody on the way to a session; system: nobody who came through the door.';
comment on column app.audit_events.actor_id is 'The user who acted, from the sealed context; null for the system.';
comment on column app.audit_events.credential_id is 'The session, API key or access for support.';
comment on column app.audit_events.impersonator_id is 'The access for support by which the operator did it, in their own name or as the actor: supportAccesses tells who and why. Null for everybody else.';
comment on column app.audit_events.request_id is 'The request, as its answer and our log name it.';
comment on column app.audit_events.ip is 'The network address that the request came from.';
comment on column app.audit_events.user_agent is 'What the client called itself.';

comment on table tenancy.migrations is 'The application''s own migrations that this database has had, in order.';
comment on table tenancy.protected_tables is 'The application''s tables, each with what tenancy.protect() was asked for.';
--! EndIncluded comments.sql
--! Included constraints.sql
-- What each rule of the API's tables says, in a sentence: the comment of the constraint. Whoever breaks one is told this
-- sentence, with the field and the constraint's name (`message`, `field`, `rule`), so it says what is wanted and quotes
-- no row. A test asks for one on every constraint that an API call can break.

comment on constraint tenants_name_check on app.tenants is 'A company''s name has 1 to 200 characters, on one line, and at least one of them shows.';
comment on constraint tenants_slug_check on app.tenants is 'A slug has 1 to 63 lower-case letters, digits and inner hyphens.';
comment on constraint tenants_status_check on app.tenants is 'A company is active, suspended or closed.';
comment on constraint tenants_session_idle_minutes_check on app.tenants is 'A session may be idle for 30 minutes to 90 days (129,600 minutes).';
comment on constraint tenants_session_lifetime_minutes_check on app.tenants is 'A session may last for an hour to a year (525,600 minutes).';
comment on constraint tenants_fingerprint_check on app.tenants is 'A fingerprint is off, family or exact.';
comment on constraint tenants_support_access_check on app.tenants is 'Support is off, or may read, or write.';
comment on constraint tenants_seats_check on app.tenants is 'A company has at least one seat.';
comment on constraint tenants_brand_name_check on app.tenants is 'A brand''s name has 1 to 200 characters, on one line, and at least one of them shows.';
comment on constraint tenants_brand_color_check on app.tenants is 'A color is #rrggbb, in lower case.';
comment on constraint tenants_accent_color_check on app.tenants is 'A color is #rrggbb, in lower case.';
comment on constraint tenants_logo_url_check on app.tenants is 'A logo''s address begins with https:// and has at most 2,000 characters, none of them a space.';
comment on constraint tenants_language_check on app.tenants is 'A language is a language tag (BCP 47) such as en or pt-BR.';
comment on constraint tenants_sign_in_ways_check on app.tenants is 'Ways to sign in are 1 to 50 names of password, link, passkey or providers.';
comment on constraint tenants_key_limit_check on app.tenants is 'A number of API keys is not negative.';
comment on constraint tenants_requests_per_minute_check on app.tenants is 'A limit is from 1 to 1,000,000 requests a minute.';
comment on constraint tenants_requests_per_day_check on app.tenants is 'A limit is from 1 to 1,000,000,000 requests a day.';
comment on constraint tenants_deletion_grace_days_check on app.tenants is 'A grace is from 0 to 365 days.';
comment on index app.tenants_by_slug is 'A slug belongs to one company.';

comment on constraint users_email_check on app.users is 'An e-mail address is in lower case, with one @ and at most 254 characters.';
comment on constraint users_is_guest_check on app.users is 'An account has an e-mail address, and a guest has none.';
comment on constraint users_name_check on app.users is 'A person''s name has 1 to 200 characters, on one line, and at least one of them shows.';
comment on constraint users_locale_check on app.users is 'A locale is a language tag (BCP 47) such as en or pt-BR.';
comment on constraint users_status_check on app.users is 'A user is active, banned or deleted.';
comment on index app.users_by_email is 'An e-mail address belongs to one person.';

comment on constraint permissions_name_check on app.permissions is 'A permission''s name is lower-case words joined by underscores.';
comment on constraint permissions_held_by_check on app.permissions is 'Beside admin, a permission is held by member, by viewer, or by neither.';

comment on constraint roles_name_check on app.roles is 'A role''s name has 1 to 60 characters, on one line, and at least one of them shows.';
comment on constraint roles_description_check on app.roles is 'A role''s description has at most 500 characters.';
comment on constraint roles_permissions_check on app.roles is 'A role''s permissions are names; none of them is null.';
comment on constraint roles_tenant_id_name_key on app.roles is 'Each role of a company has a name of its own.';
comment on constraint roles_tenant_id_fkey on app.roles is 'A role belongs to a company.';

comment on constraint memberships_display_name_check on app.memberships is 'A display name has 1 to 200 characters, on one line, and at least one of them shows.';
comment on constraint memberships_avatar_url_check on app.memberships is 'A picture''s address begins with https:// and has at most 2,000 characters, none of them a space.';
comment on constraint memberships_status_check on app.memberships is 'A membership is active, suspended or removed.';
comment on constraint memberships_tenant_id_user_id_key on app.memberships is 'A person is a member of a company once.';
comment on constraint memberships_tenant_id_fkey on app.memberships is 'A membership belongs to a company.';
comment on constraint memberships_tenant_id_role_id_fkey on app.memberships is 'A member''s role is one of their own company.';
comment on constraint memberships_user_id_fkey on app.memberships is 'A member is a person who has an account.';

comment on constraint teams_name_check on app.teams is 'A team''s name has 1 to 100 characters, on one line, and at least one of them shows.';
comment on constraint teams_description_check on app.teams is 'A team''s description has at most 500 characters.';
comment on constraint teams_tenant_id_name_key on app.teams is 'Each team of a company has a name of its own.';
comment on constraint teams_tenant_id_fkey on app.teams is 'A team belongs to a company.';

comment on constraint team_members_role_check on app.team_members is 'Somebody is a team''s lead or a member of it.';
comment on constraint team_members_tenant_id_team_id_user_id_key on app.team_members is 'Somebody is in a team once.';
comment on constraint team_members_tenant_id_fkey on app.team_members is 'A team''s member belongs to a company.';
comment on constraint team_members_tenant_id_team_id_fkey on app.team_members is 'A team is one of one''s own company.';
comment on constraint team_members_tenant_id_user_id_fkey on app.team_members is 'Who is in a team is a member of its company.';

comment on constraint grants_reason_check on app.grants is 'A grant''s reason has 1 to 500 characters, and at least one of them shows.';
comment on constraint grants_ends_at_check on app.grants is 'A grant ends in the future, and within 90 days.';
comment on constraint grants_tenant_id_fkey on app.grants is 'A grant belongs to a company.';
comment on constraint grants_tenant_id_user_id_fkey on app.grants is 'A grant is for a member of its company.';

comment on constraint invitations_email_check on app.invitations is 'An address to invite is ASCII, local@domain, in at most 254 characters; write an international domain in Punycode.';
comment on constraint invitations_status_check on app.invitations is 'An invitation is pending, accepted, revoked or expired.';
comment on constraint invitations_times_sent_check on app.invitations is 'An invitation was sent at least once.';
comment on constraint invitations_check on app.invitations is 'An accepted invitation says who came.';
comment on constraint invitations_tenant_id_fkey on app.invitations is 'An invitation belongs to a company.';
comment on constraint invitations_tenant_id_role_id_fkey on app.invitations is 'An invitation is to a role of its own company.';
comment on constraint invitations_tenant_id_invited_by_fkey on app.invitations is 'Who invites is a member of the company.';
comment on constraint invitations_tenant_id_accepted_by_fkey on app.invitations is 'Who accepted is a member of the company.';
comment on constraint invitation_teams_role_check on app.invitation_teams is 'An invitation promises to be a team''s lead or a member of it.';
comment on constraint invitation_teams_tenant_id_invitation_id_team_id_key on app.invitation_teams is 'An invitation promises a team once.';
comment on constraint invitation_teams_tenant_id_fkey on app.invitation_teams is 'What an invitation promises belongs to a company.';
comment on constraint invitation_teams_tenant_id_invitation_id_fkey on app.invitation_teams is 'A promised team is of an invitation of its company.';
comment on constraint invitation_teams_tenant_id_team_id_fkey on app.invitation_teams is 'An invitation is to teams of its own company.';
comment on index app.invitations_pending_by_address is 'An address has one invitation at a time that waits.';

comment on constraint domains_domain_check on app.domains is 'A domain is lower-case letters, digits and hyphens between dots, such as acme.example; write an international one in Punycode.';
comment on constraint domains_challenge_check on app.domains is 'A challenge is forty hexadecimal digits.';
comment on constraint domains_failures_check on app.domains is 'Failures are counted to three.';
comment on constraint domains_tenant_id_domain_key on app.domains is 'A company names a domain once.';
comment on constraint domains_tenant_id_fkey on app.domains is 'A domain belongs to a company.';
comment on constraint domains_tenant_id_role_id_fkey on app.domains is 'Who joins by a domain gets a role of its company.';

comment on constraint conversations_title_check on app.conversations is 'A title is empty, or has at most 200 characters, on one line, and at least one of them shows.';
comment on constraint conversations_status_check on app.conversations is 'A conversation is open or archived.';
comment on constraint conversations_tenant_id_user_id_id_key on app.conversations is 'Each conversation has an id of its own.';
comment on constraint conversations_tenant_id_fkey on app.conversations is 'A conversation belongs to a company.';
comment on constraint conversations_tenant_id_user_id_fkey on app.conversations is 'A conversation belongs to a member of its company.';
comment on constraint conversations_tenant_id_team_id_fkey on app.conversations is 'A conversation''s team is one of its own company.';

comment on constraint messages_content_check on app.messages is 'A message has 1 to 32,000 characters.';
comment on constraint messages_role_check on app.messages is 'A message is the user''s or the assistant''s.';
comment on constraint messages_tenant_id_fkey on app.messages is 'A message belongs to a company.';
comment on constraint messages_tenant_id_team_id_fkey on app.messages is 'A message''s team is one of its own company.';
comment on constraint messages_tenant_id_user_id_conversation_id_fkey on app.messages is 'A message goes into a conversation of its own user.';

comment on constraint user_preferences_language_check on app.user_preferences is 'A language is a language tag (BCP 47) such as en or pt-BR.';
comment on constraint user_preferences_tone_check on app.user_preferences is 'A tone is neutral, friendly, formal or concise.';
comment on constraint user_preferences_tenant_id_user_id_key on app.user_preferences is 'A member has preferences once.';
comment on constraint user_preferences_tenant_id_fkey on app.user_preferences is 'Preferences belong to a company.';
comment on constraint user_preferences_tenant_id_user_id_fkey on app.user_preferences is 'Preferences belong to a member of the company.';
comment on constraint user_preferences_model_check on app.user_preferences is 'A model''s name has 1 to 100 letters, digits, dots, colons, slashes and hyphens.';
comment on constraint user_preferences_temperature_check on app.user_preferences is 'A temperature is 0 to 2.';
comment on constraint user_preferences_max_answer_tokens_check on app.user_preferences is 'An answer has 16 to 100,000 tokens at most.';
comment on constraint tenant_preferences_model_check on app.tenant_preferences is 'A model''s name has 1 to 100 letters, digits, dots, colons, slashes and hyphens.';
comment on constraint tenant_preferences_temperature_check on app.tenant_preferences is 'A temperature is 0 to 2.';
comment on constraint tenant_preferences_max_answer_tokens_check on app.tenant_preferences is 'An answer has 16 to 100,000 tokens at most.';
comment on constraint tenant_preferences_language_check on app.tenant_preferences is 'A language is a language tag (BCP 47) such as en or pt-BR.';
comment on constraint tenant_preferences_tone_check on app.tenant_preferences is 'A tone is neutral, friendly, formal or concise.';
comment on constraint tenant_preferences_tenant_id_key on app.tenant_preferences is 'A company has defaults once.';
comment on constraint tenant_preferences_tenant_id_fkey on app.tenant_preferences is 'Defaults belong to a company.';

comment on constraint api_keys_kind_check on auth.api_keys is 'An API key is secret or publishable.';
comment on constraint api_keys_name_check on auth.api_keys is 'A key''s name has 1 to 100 characters, on one line, and at least one of them shows.';
comment on constraint api_keys_beginning_check on auth.api_keys is 'A key begins with rh_sk_ or rh_pk_.';
comment on constraint api_keys_digest_check on auth.api_keys is 'A digest has 32 bytes.';
comment on constraint api_keys_scopes_check on auth.api_keys is 'A key''s scopes are names of permissions; none of them is null.';
comment on constraint api_keys_requests_per_minute_check on auth.api_keys is 'A limit is 1 to 1,000,000 requests a minute.';
comment on constraint api_keys_origins_check on auth.api_keys is 'Origins are 1 to 20 of the form https://shop.example or http://localhost:3000, in lower case.';
comment on constraint api_keys_addresses_check on auth.api_keys is 'Addresses are 1 to 50 network addresses or blocks, such as 192.0.2.7 or 2001:db8::/32.';
comment on constraint api_keys_check on auth.api_keys is 'A key is somebody''s, or the tenant''s own with a role.';
comment on constraint api_keys_check1 on auth.api_keys is 'A publishable key is the tenant''s own, has the scope chat and no other, and lists its origins.';
comment on constraint api_keys_opens_guests_check on auth.api_keys is 'Only a publishable key lets guests in.';
comment on constraint api_keys_tenant_id_fkey on auth.api_keys is 'A key belongs to a company.';
comment on constraint api_keys_tenant_id_user_id_fkey on auth.api_keys is 'A key without a role is a member''s: the tenant''s own keys have no keys of theirs.';
comment on constraint api_keys_tenant_id_role_id_fkey on auth.api_keys is 'A key''s role is one of its own company.';
comment on constraint api_keys_tenant_id_replaces_fkey on auth.api_keys is 'A key replaces one of its own company.';

comment on constraint webhook_event_types_name_check on app.webhook_event_types is 'An event''s name is lower-case words, a dot, and lower-case words.';
comment on constraint webhook_endpoints_url_check on app.webhook_endpoints is 'An endpoint''s address begins with https://, has no user, no # and at most 2,000 characters of ASCII (a name in other letters is written in Punycode); in development it may be http://localhost.';
comment on constraint webhook_endpoints_description_check on app.webhook_endpoints is 'An endpoint''s description has at most 200 characters, on one line, and is empty or shows something.';
comment on constraint webhook_endpoints_events_check on app.webhook_endpoints is 'An endpoint subscribes to at most 50 events.';
comment on constraint webhook_endpoints_disabled_reason_check on app.webhook_endpoints is 'An endpoint is switched off because it is gone or failing.';
comment on constraint webhook_endpoints_last_sequence_check on app.webhook_endpoints is 'A sequence counts from 1.';
comment on constraint webhook_endpoints_check on app.webhook_endpoints is 'An endpoint that was switched off is off.';
comment on constraint webhook_endpoints_tenant_id_fkey on app.webhook_endpoints is 'An endpoint belongs to a company.';
comment on constraint webhook_deliveries_type_check on app.webhook_deliveries is 'An event''s name has at most 100 characters.';
comment on constraint webhook_deliveries_sequence_check on app.webhook_deliveries is 'A sequence counts from 1.';
comment on constraint webhook_deliveries_state_check on app.webhook_deliveries is 'A delivery is pending, delivered or dead.';
comment on constraint webhook_deliveries_attempts_check on app.webhook_deliveries is 'Attempts are counted from 0.';
comment on constraint webhook_deliveries_response_status_check on app.webhook_deliveries is 'An HTTP status has three digits.';
comment on constraint webhook_deliveries_failure_check on app.webhook_deliveries is 'A failure is one of those that the sender knows.';
comment on constraint webhook_deliveries_check on app.webhook_deliveries is 'A delivery that is settled says when.';
comment on constraint webhook_deliveries_check1 on app.webhook_deliveries is 'A delivery that is pending says when it is tried next.';
comment on constraint webhook_deliveries_tenant_id_fkey on app.webhook_deliveries is 'A delivery belongs to a company.';
comment on constraint webhook_deliveries_tenant_id_endpoint_id_fkey on app.webhook_deliveries is 'A delivery is for an endpoint of its own company.';
comment on constraint webhook_secrets_secret_check on auth.webhook_secrets is 'What is encrypted has at most 500 characters.';

comment on constraint registrations_name_check on auth.registrations is 'A person''s name has 1 to 200 characters, on one line, and at least one of them shows.';
comment on constraint registrations_tenant_name_check on auth.registrations is 'A company''s name has 1 to 200 characters, on one line, and at least one of them shows.';
comment on constraint registrations_tenant_slug_check on auth.registrations is 'A slug has 1 to 63 lower-case letters, digits and inner hyphens.';
comment on constraint registrations_check on auth.registrations is 'A company has a name and a slug, or neither.';
--! EndIncluded constraints.sql
--! Included errors.sql
-- The vocabulary of refusals. Every SQLSTATE of class RH that this database raises is here, once; RH401 once for each of
-- its details (context.fault_of) on which a caller can act. A detail without a row of its own has the row without one.
-- The HTTP status and the name are what a caller sees (RFC 9457 problem, GraphQL extensions.code).

merge into context.errors as known
using (values
    ('RH400', '',                     'invalid_input',           400, 'The input breaks a rule of the data; the message says which.'),
    ('RH401', '',                     'session_ended',           401, 'The session has ended: it was signed out, or somebody showed an old refresh token of it. Sign in again.'),
    ('RH401', 'no_credential',        'credential_missing',      401, 'There is no credential: send an access token or an API key.'),
    ('RH401', 'unknown',              'credential_unknown',      401, 'Nobody knows this credential here: sign in again, or look whether the API key is whole and for this server.'),
    ('RH401', 'expired',              'credential_expired',      401, 'The time of this session or API key is over: sign in again, or use another key.'),
    ('RH401', 'revoked',              'api_key_revoked',         401, 'This API key was revoked: use another.'),
    ('RH401', 'key_mismatch',         'invalid_dpop_proof',      401, 'The session is bound to a key (DPoP), and the request does not prove that it holds that one.'),
    ('RH401', 'fingerprint_mismatch', 'fingerprint_mismatch',    401, 'The session belongs to another browser, program or network: sign in from this one.'),
    ('RH401', 'key_origin',           'api_key_origin_refused',  401, 'This API key is not for the page that asks: its origin is not on the key''s list.'),
    ('RH401', 'key_address',          'api_key_address_refused', 401, 'This API key is not for the network address that asks.'),
    ('RH401', 'other_tenant',         'tenant_mismatch',         401, 'The token names another tenant than its session: sign in again.'),
    ('RH401', 'user_banned',          'user_banned',             401, 'This account is blocked.'),
    ('RH401', 'tenant_suspended',     'tenant_suspended',        401, 'This company''s account is suspended.'),
    ('RH401', 'tenant_closed',        'tenant_closed',           401, 'This company''s account is closed.'),
    ('RH401', 'membership_suspended', 'membership_suspended',    401, 'You are suspended in this company: ask one of its administrators.'),
    ('RH401', 'membership_removed',   'membership_removed',      401, 'You are not a member of this company any more.'),
    ('RH401', 'membership_unwelcome', 'guest_unwelcome',         401, 'This company takes no guests any more: sign in.'),
    ('RH401', 'support_ended',        'support_ended',           401, 'This access for support was ended, by the operator or by the company.'),
    ('RH403', '',                     'permission_denied',       403, 'The caller lacks a permission (named in the detail), or the context is forged, foreign or expired (detail: broken_seal).'),
    ('RH403', 'session',              'session_required',        403, 'This takes somebody who is signed in, and not an API key.'),
    ('RH403', 'account',              'account_required',        403, 'This takes somebody with an account, and not a guest.'),
    ('RH404', '',                     'not_found',               404, 'There is no such row that the caller may see.'),
    ('RH405', '',                     'trail_immutable',         403, 'The audit trail and the tables it watches cannot be rewritten or truncated.'),
    ('RH409', '',                     'last_owner',              409, 'A tenant always keeps one active owner.'),
    ('RH406', '',                     'message_blank',           400, 'A message needs something to read; spaces and invisible characters are none.'),
    ('RH410', '',                     'conversation_archived',   409, 'An archived conversation takes no messages; its member can open it again.'),
    ('RH411', '',                     'last_way_in',             409, 'It is the last way to sign in: set a password, link an account or add a passkey first.'),
    ('RH413', '',                     'support_read_only',       403, 'Support looks at this company and changes nothing, unless the company allows it.'),
    ('RH440', '',                     'step_up_required',        401, 'This takes somebody who proved in the last ten minutes who they are.'),
    ('RH441', '',                     'api_key_over',            409, 'An API key that was revoked or has expired stays as it is.'),
    ('RH470', '',                     'already_member',          409, 'The person is a member of the company already, or suspended there.'),
    ('RH471', '',                     'seats_taken',             409, 'Every seat of the company is taken.'),
    ('RH472', '',                     'already_invited',         409, 'The address has an invitation that waits: send it again, or revoke it.'),
    ('RH473', '',                     'too_many_invitations',    429, 'Too many invitations were mailed lately.'),
    ('RH474', '',                     'public_mail_domain',      400, 'Anybody can have an address in this domain, so nobody belongs to a company by one.'),
    ('RH475', '',                     'too_many_domains',        409, 'A company has twenty domains at most.'),
    ('RH476', '',                     'invitation_over',         409, 'The invitation was accepted or revoked.'),
    ('RH480', '',                     'limit_reached',           409, 'The company has as much of something as its plan allows; the message says of what, and how much.'),
    ('RH422', '',                     'idempotency_key_reused',  422, 'The Idempotency-Key was used for another request.'),
    ('RH423', '',                     'idempotency_in_progress', 409, 'A request with this Idempotency-Key is under way.'),
    ('RH424', '',                     'idempotency_replayed',    409, 'A request with this Idempotency-Key has made its changes; nothing was done again.')
) as wanted (code, detail, name, status, meaning)
on known.code = wanted.code and known.detail = wanted.detail
when matched then update set name = wanted.name, status = wanted.status, meaning = wanted.meaning
when not matched then insert values (wanted.code, wanted.detail, wanted.name, wanted.status, wanted.meaning)
when not matched by source then delete;
--! EndIncluded errors.sql

-- The months that the trail needs first; a job adds the next ones
select audit.create_partitions();

-- What is audited, and then the catalogue, whose changes already are
--! Included audit/tracked_tables.sql
-- What is audited: one call a table. A table that is missing here fails a check, a column without a decision a test.
--
-- The trail cannot forget, so each column is asked three questions before its values may be in it:
--   Is it a secret?           Then never: hashes, digests, private keys.
--   Is it what people said?   Then never: messages, and the titles that tell what they are about. That somebody said or
--                             changed something is recorded.
--   Is it who people are?     Then only as far as the trail would not say who did what without it: the address and the
--                             names that somebody went by at the time, and from where a session came. A picture is not.
-- What is left is kept: states, roles, permissions, times. Keys and tenants name the row and are always kept.

-- A company is no person: its name and address are in public use.
select audit.track('app.tenants', tenant => 'id', kept => '{slug,name,status,requires_second_factor,created_at,updated_at,session_idle_minutes,session_lifetime_minutes,single_session,fingerprint,fingerprint_network,allows_guests,support_access,seats,brand_name,brand_color,accent_color,logo_url,language,sign_in_ways,key_limit,requests_per_minute,requests_per_day,deletion_grace_days}');

-- Who they are: an account that is taken over changes its address first, and nothing else tells from which.
select audit.track('app.users', tenant => '', kept => '{email,is_guest,name,locale,status,created_at,updated_at}');

-- The catalogue and the roles say what may be done. A role's description is part of it.
select audit.track('app.permissions', tenant => '', kept => '{description,of_application,held_by}');
select audit.track('app.roles', kept => '{name,description,permissions,built_in,created_at,updated_at}');

-- Who they are, to their colleagues: a name that is put on to deceive them must be found again. Not the picture's link.
select audit.track('app.memberships',
    kept => '{user_id,role_id,is_owner,status,display_name,created_at,updated_at}', withheld => '{avatar_url}');

-- Teams say what may be read, and grants what may be done and why: the reason is there to be found again.
select audit.track('app.teams', kept => '{name,description,created_at,updated_at}');
select audit.track('app.team_members', kept => '{team_id,user_id,role,created_at,updated_at}');
select audit.track('app.grants', kept => '{user_id,permission,reason,granted_by,created_at,ends_at}');
-- Whom a company asked in, as who and into which teams: not the address, which may be of somebody who is nobody here. And its domains, which are
-- in public use; what is put into the DNS to prove them is read there.
select audit.track('app.invitations',
    kept => '{role_id,invited_by,status,times_sent,sent_at,expires_at,accepted_by,created_at,updated_at}', withheld => '{email}');
select audit.track('app.invitation_teams', kept => '{invitation_id,team_id,role,created_at}');
select audit.track('app.domains',
    kept => '{domain,role_id,admits,verified_at,check_requested_at,checked_at,failures,created_at,updated_at}', withheld => '{challenge}',
    clocks => '{checked_at,check_requested_at,updated_at}');

-- What people said. A message moves its conversation's updated_at, and is an event of its own.
select audit.track('app.conversations',
    kept => '{user_id,team_id,status,created_at,updated_at}', withheld => '{title}', clocks => '{updated_at}');
select audit.track('app.messages', kept => '{conversation_id,user_id,team_id,role,created_at}', withheld => '{content}');

-- How to speak to somebody and what to tell them, in closed words, and which model answers.
select audit.track('app.user_preferences',
    kept => '{user_id,language,tone,model,temperature,max_answer_tokens,notify_answers,notify_weekly,created_at,updated_at}');
select audit.track('app.tenant_preferences',
    kept => '{language,tone,model,temperature,max_answer_tokens,notify_answers,notify_weekly,created_at,updated_at}');

-- With which account elsewhere somebody signs in: one that a thief linked must be found again.
select audit.track('auth.identities', tenant => '',
    kept => '{user_id,provider,issuer,subject,created_at,last_used_at}', clocks => '{last_used_at}');

-- Where a tenant's events go: whoever led them elsewhere must be found. An address may hold a token, and a description is
-- what people said. How far it has come is no event.
select audit.track('app.webhook_event_types', tenant => '', kept => '{description}');
select audit.track('app.webhook_endpoints',
    kept => '{events,active,disabled_reason,failing_since,created_at,updated_at}', withheld => '{url,description,last_sequence,lent_until}',
    clocks => '{failing_since,last_sequence,lent_until}');

-- Secrets, around which the rest is kept. Where a session came from tells a stolen one from its owner's. The name of a
-- key is how its owner tells it from the others. That a session is in use is no event: its sign-in and refreshes are.
select audit.track('auth.passwords', tenant => '', kept => '{changed_at}', withheld => '{hash}');
select audit.track('auth.sessions',
    kept => '{user_id,methods,counter,rotated_at,acknowledged_at,last_seen_at,user_agent,ip,key_thumbprint,way,created_at,authenticated_at,idle_expires_at,expires_at,ended_at,end_reason}',
    withheld => '{handle_digest}', clocks => '{acknowledged_at,last_seen_at}');
select audit.track('auth.api_keys',
    kept => '{kind,user_id,role_id,created_by,name,beginning,scopes,requests_per_minute,opens_guests,origins,addresses,replaces,used_count,last_used_at,created_at,expires_at,revoked_at}',
    withheld => '{digest}', clocks => '{used_count,last_used_at}');
select audit.track('auth.webhook_secrets', kept => '{endpoint_id,created_at,expires_at}', withheld => '{secret}');
-- An operator inside, and why: what a company must be able to look up for ever.
select audit.track('auth.support_accesses',
    kept => '{user_id,operator,reason,may_write,created_at,expires_at,ended_at,end_reason}', withheld => '{digest}');
select audit.track('auth.totp_factors', tenant => '',
    kept => '{user_id,created_at,confirmed_at}', withheld => '{seed,last_step}', clocks => '{last_step}');
select audit.track('auth.recovery_codes', tenant => '', kept => '{user_id,created_at,used_at}', withheld => '{digest}');
select audit.track('auth.passkeys', tenant => '',
    kept => '{user_id,counter,transports,aaguid,backup_eligible,backed_up,name,created_at,last_used_at}',
    withheld => '{credential_id,public_key}', clocks => '{counter,last_used_at}');
-- Who leaves, and when.
select audit.track('auth.deletions', tenant => '', kept => '{asked_at,due_at,began_at}');
-- Which tenant goes, when, and at whose word. The counts are in the certificate.
select audit.track('auth.tenant_deletions', tenant => 'id',
    kept => '{asked_by,reason,asked_at,due_at,began_at}', withheld => '{counts,digest}', clocks => '{counts,digest}');
select audit.track('auth.signing_keys', tenant => '',
    kept => '{algorithm,public_jwk,created_at,active_from,expires_at}', withheld => '{private_jwk}');
select audit.track('context.seal_keys', tenant => '', kept => '{created_at,retired_at}', withheld => '{key}');

-- What the application's own migrations were, and what they asked for.
select audit.track('tenancy.migrations', tenant => '', kept => '{name,hash,applied_at}');
select audit.track('tenancy.protected_tables', tenant => '',
    kept => '{read_permission,write_permission,owner_column,readable,insertable,updatable,kept}');

-- Not audited, and why:
--   auth.mail_tokens      digests of links and codes that anybody may ask for: what one did is an event of its own
--   app.webhook_deliveries  the queue of webhooks; what they tell of is an event of its own, and so is that one was sent again
--   auth.mails            the queue of mails; what they tell of is an event of its own
--   auth.registrations    what strangers say of themselves, or of others: counted in audit.tallies, gone after 24 hours
--   auth.exchange_codes   good for a minute; the sign-in or the link that one leads to is recorded
--   auth.mfa_challenges   sign-ins half way: that one was asked for a second factor is an event, and how it went another
--   auth.passkey_challenges  good for five minutes; what was shown for one is recorded
--   auth.login_throttles  counters; the sign-in that moved them is an event of its own
--   auth.request_counts   counters; the limit that they are compared with is the tenant's, and audited
--   audit.tallies         counters of what strangers tried
--   jobs.heartbeats       a clock
--   context.idempotency_keys  what was done is recorded where it was done; the answers kept here hold what people said
--   context.errors        written by migrations only
--   context.access_as_migrated  the same
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
    ('manage_teams',     'Make, rename and remove teams, and say who is in them, oneself too.'),
    ('manage_roles',     'Make, change and remove roles, within what one holds.'),
    ('manage_api_keys',  'See and revoke every API key of the tenant, and make keys that are the tenant''s own.'),
    ('manage_webhooks',  'Subscribe addresses to events of the tenant, and see what was sent to them.'),
    ('manage_tenant',    'Change the tenant''s name and settings.'),
    ('view_audit',       'Read the tenant''s audit trail.')
) as wanted (name, description)
on known.name = wanted.name
when matched and known.description <> wanted.description then update set description = wanted.description
when not matched then insert values (wanted.name, wanted.description);
--! EndIncluded app/catalogue_permissions.sql
--! Included app/catalogue_webhook_events.sql
-- The catalogue of events that a webhook endpoint can subscribe to. What their data hold is in docs/organisations/webhooks.md.
merge into app.webhook_event_types as known
using (values
    ('member.joined',            'Somebody became a member, or came back.'),
    ('member.removed',           'Somebody is no longer a member.'),
    ('member.suspended',         'A member is kept out for now.'),
    ('member.resumed',           'A member who was suspended is let in again.'),
    ('member.role_changed',      'A member has another role.'),
    ('member.ownership_changed', 'A member became an owner, or is one no more.'),
    ('role.created',             'A role was made.'),
    ('role.changed',             'A role''s name, description or permissions changed.'),
    ('role.deleted',             'A role was removed.'),
    ('api_key.created',          'An API key was made.'),
    ('api_key.revoked',          'An API key was revoked.'),
    ('session.revoked',          'A member''s session was ended by somebody, or because an old refresh token of it was shown.'),
    ('tenant.updated',           'The tenant''s name, status or settings changed.')
) as wanted (name, description)
on known.name = wanted.name
when matched and known.description <> wanted.description then update set description = wanted.description
when not matched then insert values (wanted.name, wanted.description);
--! EndIncluded app/catalogue_webhook_events.sql

-- The application's own tables
--! Included tenancy/permission.sql
-- Adds a permission of the application's own to the catalogue, or says anew what it means and who holds it; idempotent.
--
-- The built-in role admin holds all that there is, in every tenant: nobody can grant what nobody holds. `held_by` names the
-- others that hold it, member and viewer. Roles that a tenant made stay as they are: whoever manages them puts it in.
set local role rowhouse_definer;
create or replace function tenancy.permission(name text, description text, held_by text[] default '{}') returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if exists (select from app.permissions as known where known.name = permission.name and not of_application) then
        raise exception using
            errcode = 'RH400',
            message = format('the permission %s is one of Rowhouse''s own', to_json(permission.name)),
            hint = 'Give yours another name.';
    end if;
    insert into app.permissions as known (name, description, of_application, held_by)
    values (permission.name, permission.description, true, permission.held_by)
    on conflict on constraint permissions_pkey do update
        set description = excluded.description, held_by = excluded.held_by
        where (known.description, known.held_by) is distinct from (excluded.description, excluded.held_by);

    update app.roles as role
    set permissions = array_append(role.permissions, permission.name)
    where role.built_in and role.name = any ('{admin}' || permission.held_by)
        and not permission.name = any (role.permissions);
    update app.roles as role
    set permissions = array_remove(role.permissions, permission.name)
    where role.built_in and not role.name = any ('{admin}' || permission.held_by)
        and permission.name = any (role.permissions);
end
$$;
grant execute on function tenancy.permission(text, text, text[]) to rowhouse_owner;
comment on function tenancy.permission(text, text, text[]) is
    'Adds a permission of the application''s own to the catalogue; the built-in roles admin and those of held_by hold it.';
reset role;
--! EndIncluded tenancy/permission.sql
--! Included tenancy/resolve.sql
-- What was asked of tenancy.protect(), with what was left open filled in. As a value of the table's own row type, so that
-- what is decided now is what a replay does later, whatever columns come by then.
create or replace function tenancy.resolve(
    target regclass, read text, write text, owner text,
    readable text[], insertable text[], updatable text[], kept text[]
)
    returns tenancy.protected_tables
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    with columns as (
        select attname::text as name, attnum as place,
            attgenerated = '' and attidentity <> 'a' and attname not in ('tenant_id', 'id', 'created_at', 'updated_at')
                and attname is distinct from owner as is_input,
            atttypid = any ('{uuid, smallint, integer, bigint, boolean, date, timestamptz}'::regtype[]) as says_nothing
        from pg_catalog.pg_attribute
        where attrelid = target and attnum > 0 and not attisdropped
    )
    select
        format('%I.%I', nspname, relname), read, write, owner,
        coalesce(readable, array(select name from columns order by place)),
        case when write is null and owner is null then '{}'
            else coalesce(insertable, array(select name from columns where is_input order by place)) end,
        case when write is null and owner is null then '{}'
            else coalesce(updatable, insertable, array(select name from columns where is_input order by place)) end,
        coalesce(kept, array(select name from columns where says_nothing order by place))
    from pg_catalog.pg_class join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace
    where pg_class.oid = target
$$;
comment on function tenancy.resolve(regclass, text, text, text, text[], text[], text[], text[]) is
    'The protection that tenancy.protect() was asked for, with its defaults filled in.';
--! EndIncluded tenancy/resolve.sql
--! Included tenancy/describe_known.sql
-- Says of the columns and keys that every tenant's table has what they are, where nothing is said of them yet.
create or replace function tenancy.describe_known(target regclass, owner text) returns void
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    place record;
begin
    for place in
        select attname as name, coalesce(
            case attname
                when 'tenant_id' then 'The tenant that it belongs to.'
                when 'id' then 'Its key.'
                when 'created_at' then 'When it was made.'
                when 'updated_at' then 'When it was last changed.'
            end,
            case when attname = owner then 'Whose it is; it never changes hands.' end
        ) as meaning
        from pg_catalog.pg_attribute
        where attrelid = target and attnum > 0 and not attisdropped and pg_catalog.col_description(target, attnum) is null
    loop
        if place.meaning is not null then
            execute format('comment on column %s.%I is %L', target, place.name, place.meaning);
        end if;
    end loop;
    for place in
        select conname as name, case confrelid when 'app.tenants'::regclass then 'It belongs to a company.'
            when 'app.memberships'::regclass then 'It belongs to a member of its company.' end as meaning
        from pg_catalog.pg_constraint
        where conrelid = target and contype = 'f' and pg_catalog.obj_description(oid, 'pg_constraint') is null
    loop
        if place.meaning is not null then
            execute format('comment on constraint %I on %s is %L', place.name, target, place.meaning);
        end if;
    end loop;
end
$$;
comment on function tenancy.describe_known(regclass, text) is
    'Comments on the columns and keys that every tenant''s table has, where they have no comment.';
--! EndIncluded tenancy/describe_known.sql
--! Included tenancy/broken_rules.sql
-- Which rules for a tenant's table this one breaks, and how to mend each; none where it can be protected.
create or replace function tenancy.broken_rules(target regclass, protection tenancy.protected_tables)
    returns table (rule text, finding text, mend text)
    language sql stable parallel unsafe security invoker
    set search_path = ''
as $$
    with this as (
        select pg_class.*, protection.name as label, nspname
        from pg_catalog.pg_class join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace
        where pg_class.oid = target
    ),
    columns as (
        select attname::text as name, attnum as place, atttypid::regtype as type, attnotnull as filled,
            pg_catalog.pg_get_expr(adbin, adrelid) as preset, pg_catalog.col_description(target, attnum) as comment
        from pg_catalog.pg_attribute left join pg_catalog.pg_attrdef on adrelid = attrelid and adnum = attnum
        where attrelid = target and attnum > 0 and not attisdropped
    ),
    tenant as (select place from columns where name = 'tenant_id'),
    indexes as (
        select index.*, indexrelid::regclass as name, indkey::smallint[] as places, (indkey::smallint[])[0] as first
        from pg_catalog.pg_index as index where indrelid = target
    ),
    constraints as (
        select pg_constraint.*, pg_catalog.pg_get_constraintdef(oid) as definition, confrelid::regclass as referenced,
            array(select name from unnest(conkey) with ordinality as part (number, position) join columns on place = number order by position) as names,
            array(
                select attname::text from unnest(confkey) with ordinality as part (number, position)
                join pg_catalog.pg_attribute on attrelid = confrelid and attnum = number order by position
            ) as referenced_names
        from pg_catalog.pg_constraint where conrelid = target
    ),
    -- The lists that GraphQL makes of it: each order that a tag names, or else the key, and each filter with each order.
    orders as (
        select coalesce(match[1], 'id') as name
        from this left join lateral regexp_matches(pg_catalog.obj_description(target, 'pg_class'), '^@orders (\S+)$', 'gn') as match on true
    ),
    filters as (
        select null as name
        union all
        select name from columns where comment ~ '(?n)^@behavior .*\+filterBy'
    ),
    lists as (
        select array_remove(array[
            'tenant_id', filters.name, nullif(orders.name, coalesce(filters.name, '')),
            case when orders.name <> 'id' and not exists (
                select from constraints where contype = 'u' and names = array['tenant_id', orders.name]
            ) then 'id' end
        ], null) as needed
        from orders cross join filters
    ),
    broken as (
        select 1 as position, 'schema' as rule, format('it is in the schema %s, and the API shows the schema app', nspname) as finding,
            format('alter table %s set schema app;', label) as mend
        from this where nspname <> 'app'
        union all
        select 2, 'kind', 'it is no ordinary table that lasts (a view, a partition, partitioned, unlogged or temporary)',
            format('create table %s (…);', label)
        from this where relkind <> 'r' or relpersistence <> 'p' or relispartition
        union all
        select 3, 'owner', format('it belongs to %s, and not to rowhouse_owner', relowner::regrole),
            format('alter table %s owner to rowhouse_owner;', label)
        from this where relowner <> 'rowhouse_owner'::regrole

        -- Whose a row is.
        union all
        select 4, 'tenant', 'it has no column tenant_id',
            format('alter table %s add column tenant_id uuid not null default context.tenant_id() references app.tenants;', label)
        from this where not exists (select from tenant)
        union all
        select 5, 'tenant', 'tenant_id has to be uuid, not null, and context.tenant_id() by default',
            format('alter table %1$s alter column tenant_id type uuid using tenant_id::uuid, alter column tenant_id set not null, alter column tenant_id set default context.tenant_id();', label)
        from this, columns where name = 'tenant_id' and (type <> 'uuid'::regtype or not filled or preset is distinct from 'context.tenant_id()')
        union all
        select 6, 'tenant', 'tenant_id does not refer to app.tenants',
            format('alter table %s add foreign key (tenant_id) references app.tenants;', label)
        from this where exists (select from tenant)
            and not exists (select from constraints where contype = 'f' and names = '{tenant_id}' and referenced = 'app.tenants'::regclass)

        -- Keys.
        union all
        select 7, 'key', 'its primary key is not (tenant_id, id)',
            format('alter table %s%s add primary key (tenant_id, id);', label,
                (select format(' drop constraint %I,', conname) from constraints where contype = 'p'))
        from this where not exists (select from constraints where contype = 'p' and names = '{tenant_id, id}')
        union all
        select 8, 'key', 'id has to be a uuid with a default',
            format('alter table %s alter column id drop default, alter column id type uuid using uuidv7(), alter column id set default uuidv7();', label)
        from this, columns where name = 'id' and (type <> 'uuid'::regtype or preset is null)
        union all
        select 9, 'unique key', format('%s is unique across tenants, so that it tells of rows next door', indexes.name), coalesce(
                (
                    select format('alter table %s drop constraint %I, add constraint %2$I unique (%s);', label, conname,
                        array_to_string('{tenant_id}' || array_remove(names, 'tenant_id'), ', '))
                    from constraints where conindid = indexrelid and contype = 'u'
                ),
                format('-- make %s anew with tenant_id as its first column', indexes.name))
        from this, indexes where (indisunique or indisexclusion) and not indisprimary and first is distinct from (select place from tenant)
        union all
        select 10, 'unique key', format('%s spans the rows of several people, so that it tells of rows that are hidden', indexes.name),
            format('-- make %s anew with %I among its columns, or protect the table without owner', indexes.name, protection.owner_column)
        from this, indexes where indisunique and not indisprimary and first = (select place from tenant)
            and exists (select from columns where name = protection.owner_column and place <> all (places))
            and not exists (select from columns where name = 'id' and place = any (places))

        -- What it refers to.
        union all
        select 11, 'foreign key', format('%s (%s) does not begin with the tenant on both sides', conname, definition),
            format('alter table %s drop constraint %I; -- and refer with (tenant_id, …) to a key (tenant_id, …) of %s', label, conname,
                case referenced when 'app.users'::regclass then 'app.memberships (tenant_id, user_id)' else referenced::text end)
        from this, constraints where contype = 'f'
            and not (names[1] = 'tenant_id' and (referenced_names[1] = 'tenant_id' or referenced = 'app.tenants'::regclass))
        union all
        select 12, 'foreign key', format('%s refers to %s, which the API does not show', conname, referenced),
            format('alter table %s drop constraint %I;', label, conname)
        from this, constraints join pg_catalog.pg_class as other on other.oid = confrelid
        where contype = 'f' and other.relnamespace <> 'app'::regnamespace
        union all
        select 13, 'foreign key', format('%s would empty tenant_id when the row that it refers to goes', conname),
            format('-- make %s anew with on delete set null (%s)', conname, array_to_string(names[2:], ', '))
        from this, constraints where contype = 'f' and confdeltype in ('n', 'd') and confdelsetcols is null
        union all
        select 14, 'foreign key', format('no index begins with the columns of %s', conname),
            format('create index on %s (%s);', label, array_to_string(names, ', '))
        from this, constraints where contype = 'f' and not exists (
            select from indexes where indpred is null and conkey <@ places[0:cardinality(conkey) - 1]
        )

        -- Indexes.
        union all
        select 15, 'index', format('%s does not begin with tenant_id, so that it reads the rows of every tenant', indexes.name),
            format('-- make %s anew with tenant_id as its first column', indexes.name)
        from this, indexes where not indisunique and not indisexclusion and first is distinct from (select place from tenant)
        union all
        select 16, 'index', format('%s is over %s, whose comparison is not leakproof: behind row security it is of no use', indexes.name,
                string_agg(format('%s (%s)', attname, format_type(atttypid, atttypmod)), ', ')),
            format('-- make the column text, uuid, integer, bigint, boolean or timestamptz; or drop index %s;', indexes.name)
        from this, indexes join pg_catalog.pg_attribute on attrelid = indexrelid
        where atttypid <> all ('{uuid, text, integer, bigint, boolean, timestamptz}'::regtype[])
        group by indexes.name
        union all
        select 17, 'time', format('%I has no time zone', columns.name), format('alter table %s alter column %I type timestamptz;', label, columns.name)
        from this, columns where type = 'timestamp'::regtype
        union all
        select 18, 'list', format('no index serves its list by %s', array_to_string(needed[2:], ', ')),
            format('create index on %s (%s);', label, array_to_string(needed, ', '))
        from this, lists where not exists (
            select from indexes where indpred is null and places[0:cardinality(needed) - 1] = array(
                select place from unnest(needed) with ordinality as part (name, position) join columns using (name) order by position
            )
        ) and needed <@ array(select columns.name from columns)
        union all
        select 19, 'list', format('%I is no column that is never null, and a list is ordered by no other', orders.name),
            format('alter table %s alter column %I set not null;', label, orders.name)
        from this, orders where not exists (select from columns where columns.name = orders.name and filled)

        -- What is said of it.
        union all
        select 20, 'comment', 'it has no comment, which is its description in the API', format('comment on table %s is ''What a row is.'';', label)
        from this where pg_catalog.obj_description(target, 'pg_class') is null
        union all
        select 21, 'comment', format('the column %I has no comment, which is its description in the API', columns.name),
            format('comment on column %s.%I is ''What it holds.'';', label, columns.name)
        from this, columns where comment is null and columns.name = any (protection.readable)
            and columns.name <> all ('{tenant_id, id, created_at, updated_at}') and columns.name is distinct from protection.owner_column
        union all
        select 22, 'comment', format('%s (%s) has no comment: the sentence for whoever breaks it', conname, definition),
            format('comment on constraint %I on %s is ''What is wanted.'';', conname, label)
        from this, constraints where contype in ('c', 'u', 'f', 'x') and pg_catalog.obj_description(constraints.oid, 'pg_constraint') is null
            and not (contype = 'f' and referenced in ('app.tenants'::regclass, 'app.memberships'::regclass))

        -- What the call says.
        union all
        select 23, 'permission', format('there is no permission %s', to_json(wanted.name)),
            format('select tenancy.permission(%L, ''What it lets one do.'');', wanted.name)
        from (select distinct unnest(array[protection.read_permission, protection.write_permission]) as name) as wanted
        where wanted.name is not null and not exists (select from app.permissions where permissions.name = wanted.name)
        union all
        select 24, 'owner of rows', format('%I has to be uuid, not null, and context.user_id() by default', protection.owner_column),
            format('alter table %1$s alter column %2$I type uuid, alter column %2$I set not null, alter column %2$I set default context.user_id();', label, protection.owner_column)
        from this where protection.owner_column is not null and not exists (
            select from columns
            where columns.name = protection.owner_column and type = 'uuid'::regtype and filled and preset = 'context.user_id()'
        )
        union all
        select 25, 'owner of rows', format('(tenant_id, %I) does not refer to a member', protection.owner_column),
            format('alter table %s add foreign key (tenant_id, %I) references app.memberships (tenant_id, user_id);', label, protection.owner_column)
        from this where protection.owner_column is not null and not exists (
            select from constraints
            where contype = 'f' and referenced = 'app.memberships'::regclass
                and names = array['tenant_id', protection.owner_column] and referenced_names = '{tenant_id, user_id}'
        )
        union all
        select 26, 'column', format('there is no column %I', named.name), '-- correct the call'
        from (select distinct unnest(protection.readable || protection.insertable || protection.updatable || protection.kept) as name) as named
        where named.name not in (select columns.name from columns)
        union all
        select 27, 'input', format('%I is no input: it is the row''s, not the caller''s', named.name), '-- leave it out of insertable and updatable'
        from (select distinct unnest(protection.insertable || protection.updatable) as name) as named
        where named.name in ('tenant_id', 'id', 'created_at', 'updated_at') or named.name = protection.owner_column
    )
    select rule, finding, mend from broken order by position, finding
$$;
comment on function tenancy.broken_rules(regclass, tenancy.protected_tables) is
    'The rules for a tenant''s table that this one breaks, each with what to do.';
--! EndIncluded tenancy/broken_rules.sql
--! Included tenancy/policy_names.sql
-- The policies that tenancy.apply() makes, and made in earlier versions: what it may drop.
create or replace function tenancy.policy_names() returns text[]
    language sql immutable parallel safe security invoker
    set search_path = ''
as $$
    select array[
        'nothing crosses the wall', 'members read', 'holders of the permission read', 'people read their own rows',
        'holders of the permission add', 'holders of the permission change', 'holders of the permission remove',
        'people add rows of their own', 'people change their own rows', 'people remove their own rows',
        'the desk explains one row, the erasure finds a tenant''s',
        'the erasure finds what its tenant owns', 'an erased tenant takes along what it owns'
    ]
$$;
comment on function tenancy.policy_names() is 'The names of the policies that tenancy.protect() makes.';
--! EndIncluded tenancy/policy_names.sql
--! Included tenancy/add_policy.sql
-- A policy for the application's callers. Where something may be written, what may be found and what may come of it is the same.
create or replace function tenancy.add_policy(target regclass, name text, kind text, condition text, why text) returns void
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
begin
    execute format('create policy %I on %s as %s to rowhouse_app', name, target, kind)
        || case when kind ~ 'insert' then '' else format(' using (%s)', condition) end
        || case when kind ~ '(select|delete)' then '' else format(' with check (%s)', condition) end;
    execute format('comment on policy %I on %s is %L', name, target, why);
end
$$;
comment on function tenancy.add_policy(regclass, text, text, text, text) is
    'Makes a policy for the application''s callers, with a comment that says why.';
--! EndIncluded tenancy/add_policy.sql
--! Included tenancy/grant_columns.sql
-- Grants what is there of the columns that were named; a column that is gone by now is no error in a replay.
create or replace function tenancy.grant_columns(target regclass, privilege text, columns text[], wanted text[]) returns void
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    list constant text := (
        select string_agg(quote_ident(name), ', ' order by place)
        from unnest(columns) with ordinality as present (name, place) where name = any (wanted)
    );
begin
    if list is not null then
        execute format('grant %s (%s) on %s to rowhouse_app', privilege, list, target);
    end if;
end
$$;
comment on function tenancy.grant_columns(regclass, text, text[], text[]) is
    'Grants a privilege on those of the wanted columns that the table has.';
--! EndIncluded tenancy/grant_columns.sql
--! Included tenancy/apply.sql
-- Makes a table as its protection says: policies, grants, trail, statistics. Idempotent.
--
-- Its own policies have the names below and are made anew; others that the application added stay. They only ever open
-- something inside the wall, which is restrictive.
create or replace function tenancy.apply(protection tenancy.protected_tables) returns void
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    target    constant regclass := protection.name::regclass;
    own       constant text := protection.owner_column;
    in_tenant constant text := 'tenant_id = (select context.tenant_id())';
    is_own    constant text := quote_ident(own) || ' = (select context.user_id())';
    columns   constant text[] := array(
        select attname::text from pg_catalog.pg_attribute where attrelid = target and attnum > 0 and not attisdropped order by attnum
    );
    reach     text;
    name      text;
begin
    foreach name in array tenancy.policy_names() loop
        execute format('drop policy if exists %I on %s', name, target);
    end loop;
    execute format('alter table %s enable row level security', target);
    execute format('alter table %s force row level security', target);
    execute format(
        'revoke all on %s from public, rowhouse_app, rowhouse_auth, rowhouse_worker, rowhouse_definer, rowhouse_auditor', target
    );
    perform context.keep_no_values(target);
    perform context.plan_for_largest(target, 'tenant_id');
    if own is not null then
        perform context.plan_for_largest(target, own);
    end if;

    perform tenancy.add_policy(target, 'nothing crosses the wall', 'restrictive for all',
        'tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id())',
        'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.');

    -- Reading.
    perform tenancy.grant_columns(target, 'select', columns, protection.readable || '{tenant_id, id}'::text[]);
    if own is not null then
        perform tenancy.add_policy(target, 'people read their own rows', 'permissive for select',
            in_tenant || ' and ' || is_own
            || case when protection.read_permission is null then '' else format(
                ' or tenant_id = (select context.tenant_where(%L))', protection.read_permission) end,
            format('What %I names somebody for is theirs to read, %s', own, coalesce(
                'and anybody''s with the permission ' || protection.read_permission || '.', 'and nobody else''s.')));
    elsif protection.read_permission is not null then
        perform tenancy.add_policy(target, 'holders of the permission read', 'permissive for select',
            format('tenant_id = (select context.tenant_where(%L))', protection.read_permission),
            format('With the permission %s; to everybody else there is nothing.', protection.read_permission));
    else
        perform tenancy.add_policy(target, 'members read', 'permissive for select',
            'tenant_id = (select context.member_tenant())',
            'Whoever is a member of the tenant, which a key of the tenant''s own in a web page is not.');
    end if;

    -- Writing. Of their own rows people need no permission; others' rows are hidden from who may not write them, because a
    -- refusal would tell that they are there.
    if own is not null or protection.write_permission is not null then
        perform tenancy.grant_columns(target, 'insert', columns, protection.insertable);
        perform tenancy.grant_columns(target, 'update', columns, protection.updatable);
        execute format('grant delete on %s to rowhouse_app', target);
    end if;
    if own is not null then
        perform tenancy.add_policy(target, 'people add rows of their own', 'permissive for insert', in_tenant || ' and ' || is_own,
            format('Tenant and %I are defaults from the context and not granted for input.', own));
        reach := in_tenant || ' and ' || case when protection.write_permission is null then is_own
            else format('(%s or tenant_id = (select context.tenant_where(%L)))', is_own, protection.write_permission) end;
        perform tenancy.add_policy(target, 'people change their own rows', 'permissive for update', reach,
            coalesce('One''s own, or anybody''s with the permission ' || protection.write_permission || '.', 'One''s own, and nobody else''s.')
            || ' A row never changes hands.');
        perform tenancy.add_policy(target, 'people remove their own rows', 'permissive for delete', reach,
            coalesce('One''s own, or anybody''s with the permission ' || protection.write_permission || '.', 'One''s own, and nobody else''s.')
            || ' The trail keeps that it was there.');
    elsif protection.write_permission is not null then
        reach := format('tenant_id = (select context.tenant_requiring(%L))', protection.write_permission);
        perform tenancy.add_policy(target, 'holders of the permission add', 'permissive for insert', reach,
            format('Whoever lacks the permission %s is told so. The tenant is a default from the context.', protection.write_permission));
        perform tenancy.add_policy(target, 'holders of the permission change', 'permissive for update', reach,
            format('Whoever lacks the permission %s is told so, whatever rows there are.', protection.write_permission));
        perform tenancy.add_policy(target, 'holders of the permission remove', 'permissive for delete', reach,
            format('Whoever lacks the permission %s is told so. The trail keeps that it was there.', protection.write_permission));
    end if;

    -- The definer's reach: the desk, and the erasure of a tenant.
    execute format('grant select on %s to rowhouse_definer', target);
    execute format(
        'create policy "the desk explains one row, the erasure finds a tenant''s" on %s for select to rowhouse_definer
         using (id = (select context.explained_row()) or tenant_id = (select context.tenant_in_erasure()))', target
    );
    execute format('comment on policy "the desk explains one row, the erasure finds a tenant''s" on %s is %L', target,
        'inspect.why() seals the key of the one row that an auditor asks about, and answers with yes and no only; jobs.erase_tenant() has to find what it deletes.');
    perform context.open_to_erasure(target);

    perform audit.track(target,
        kept => array(select column_name from unnest(columns) as column_name where column_name = any (protection.kept)),
        withheld => array(
            select column_name from unnest(columns) as column_name
            where not column_name = any (protection.kept || '{tenant_id, id}'::text[])
        ));
    if 'updated_at' = any (columns) then
        execute format('create or replace trigger touch_updated_at before update on %s for each row execute function app.touch_updated_at()', target);
    else
        execute format('drop trigger if exists touch_updated_at on %s', target);
    end if;
end
$$;
comment on function tenancy.apply(tenancy.protected_tables) is
    'Makes the policies, grants, triggers and statistics of a table as its protection says.';
--! EndIncluded tenancy/apply.sql
--! Included tenancy/protect.sql
-- Gives a table of the application's what ours have, in one call; idempotent. Call it in the migration that makes the table,
-- last, and again in each that changes its columns, keys or indexes.
--
-- target:     the table, in schema app
-- read:       the permission that reading takes; null: every member reads (with owner: nobody but the owner)
-- write:      the permission that adding, changing and removing take; null: nobody does (with owner: the owner, their own)
-- owner:      the column that says whose a row is; one's own rows one reads and writes without a permission
-- readable:   columns that callers see; null: all
-- insertable: columns that callers give a new row; null: all but tenant, key, owner, created_at and updated_at
-- updatable:  columns that callers change; null: as insertable
-- kept:       columns whose values the trail keeps; null: keys, numbers, flags and times, and not what people wrote
create or replace function tenancy.protect(
    target regclass, read text default null, write text default null, owner text default null,
    readable text[] default null, insertable text[] default null, updatable text[] default null, kept text[] default null
)
    returns void
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    protection constant tenancy.protected_tables := tenancy.resolve(target, read, write, owner, readable, insertable, updatable, kept);
    broken     bigint;
    account    text;
begin
    perform tenancy.describe_known(target, owner)
    from pg_catalog.pg_class where oid = target and relowner = 'rowhouse_owner'::regrole;

    select count(*), string_agg(format(e'%s. %s: %s.\n%s', place, rule, finding, mend), e'\n' order by place)
    into broken, account
    from (
        select row_number() over () as place, rule, finding, regexp_replace(mend, '^', '   ', 'gm') as mend
        from tenancy.broken_rules(target, protection)
    ) as listed;
    if broken > 0 then
        raise exception using
            errcode = 'RH400',
            message = format('%s cannot be protected: it breaks %s of the rules for a tenant''s table', protection.name, broken),
            detail = account,
            hint = 'docs/your-own-tables.md says what each rule is for.';
    end if;

    insert into tenancy.protected_tables select (protection).*
    on conflict on constraint protected_tables_pkey do update set
        read_permission = excluded.read_permission, write_permission = excluded.write_permission,
        owner_column = excluded.owner_column, readable = excluded.readable,
        insertable = excluded.insertable, updatable = excluded.updatable, kept = excluded.kept;
    perform tenancy.apply(protection);
end
$$;
comment on function tenancy.protect(regclass, text, text, text, text[], text[], text[], text[]) is
    'Gives a table of the application''s row security, the wall, policies, grants, the trail and the desk''s policy in one call, or says which rules it breaks and how to mend it.';
--! EndIncluded tenancy/protect.sql
--! Included tenancy/protect_again.sql
-- Does anew what each tenancy.protect() did: at the end of a replay, so that an upgrade reaches the application's tables
-- too, and what somebody changed of them by hand is mended as ours is. Tables that are gone are forgotten.
create or replace function tenancy.protect_again() returns void
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    protection tenancy.protected_tables;
begin
    delete from tenancy.protected_tables as known where to_regclass(known.name) is null;
    for protection in select * from tenancy.protected_tables order by name loop
        perform tenancy.apply(protection);
    end loop;
end
$$;
comment on function tenancy.protect_again() is
    'Makes every protected table of the application''s anew as its protection says.';
select tenancy.protect_again();
--! EndIncluded tenancy/protect_again.sql

-- The DBA's desk
--! Included inspect/names_in.sql
-- The names of a list that commas separate, as a setting or a search path holds them: "quoted" ones lose their quotes,
-- the others are taken as they stand, in upper case too.
create or replace function inspect.names_in(list text) returns text[]
    language sql immutable strict parallel safe security invoker
    set search_path = ''
as $$
    select coalesce(array_agg(
        case when name[1] like '"%"' then replace(substr(name[1], 2, length(name[1]) - 2), '""', '"') else name[1] end
        order by place
    ), '{}')
    from regexp_matches(list, '("(?:[^"]|"")*"|[^\s,](?:[^,]*[^\s,])?)\s*(?:,|$)', 'g') with ordinality as found (name, place)
$$;
comment on function inspect.names_in(text) is 'The names of a list that commas separate; quoted ones lose their quotes.';
--! EndIncluded inspect/names_in.sql
--! Included inspect/settings.sql
-- What the desk looks at. Ours are the defaults; on another database, name yours for the session:
--
--   set inspect.schemas = 'public, api';         -- what is inspected
--   set inspect.exposed_schemas = 'api';         -- what callers reach
--   set inspect.tenant_column = 'org_id';
--   set inspect.api_roles = 'authenticated, anon';
--   set inspect.context_schema = 'auth';         -- the functions that policies ask who is calling
--
-- Lists are separated by commas; a name that holds one is quoted as in SQL. A setting that is empty means its default.

create or replace function inspect.schemas() returns text[]
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select inspect.names_in(coalesce(nullif(current_setting('inspect.schemas', true), ''), 'app, auth, context, audit, jobs, tenancy'))
$$;
comment on function inspect.schemas() is 'The schemas that are inspected: the setting inspect.schemas.';

create or replace function inspect.exposed_schemas() returns text[]
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select inspect.names_in(coalesce(nullif(current_setting('inspect.exposed_schemas', true), ''), 'app'))
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
    select inspect.names_in(coalesce(nullif(current_setting('inspect.api_roles', true), ''), 'rowhouse_app'))
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
--! Included inspect/tokens.sql
-- The words of an expression as pg_get_expr() prints it, so that nothing that stands in a literal or in a quoted name is
-- taken for SQL.
--
-- kind is literal, number, name (qualified and quoted as it is printed), call (a name that a parenthesis follows), space, or
-- symbol. before is the token before it, spaces left out.
create or replace function inspect.tokens(expression text)
    returns table (place bigint, kind text, token text, before text)
    language sql immutable strict parallel safe security invoker
    set search_path = ''
as $$
    with found as (
        select match.place, match.token[1] as token
        from regexp_matches(
            expression,
            '([EBX]?''(?:[^'']|'''')*''|(?:"(?:[^"]|"")*"|[\w$]+)(?:\.(?:"(?:[^"]|"")*"|[\w$]+))*|\s+|.)', 'g'
        ) with ordinality as match (token, place)
    ),
    named as (
        select found.place, found.token,
            case
                when found.token ~ '^[EBX]?''' then 'literal'
                when found.token ~ '^\d' then 'number'
                when found.token ~ '^["\w$]' then case when lead(found.token) over (order by found.place) = '(' then 'call' else 'name' end
                when found.token ~ '^\s' then 'space'
                else 'symbol'
            end as kind,
            count(*) filter (where found.token !~ '^\s') over (order by found.place) as number
        from found
    )
    select named.place, named.kind, named.token, previous.token
    from named
    left join named as previous
        on previous.kind <> 'space' and previous.number = named.number - case when named.kind = 'space' then 0 else 1 end
$$;
comment on function inspect.tokens(text) is 'The words of an expression of the catalogue: what is a literal, a name, a call.';

-- The names and keywords of an expression, in no order.
create or replace function inspect.names(expression text) returns text[]
    language sql immutable strict parallel safe security invoker
    set search_path = ''
as $$
    select coalesce(array_agg(distinct token), '{}') from inspect.tokens(expression) where kind = 'name'
$$;
comment on function inspect.names(text) is 'The names and keywords of an expression of the catalogue.';

-- Whether an expression speaks of a column of the table: then its answer depends on the row. Aliases that PostgreSQL gives
-- to scalar subselects, and types, are no columns.
create or replace function inspect.mentions_row(expression text, relation oid) returns boolean
    language sql stable strict parallel safe security invoker
    set search_path = ''
as $$
    select exists (
        select from inspect.tokens(expression) as word
        join pg_catalog.pg_attribute on attrelid = relation and attnum > 0 and not attisdropped
            and (word.token = quote_ident(attname) or right(word.token, length(quote_ident(attname)) + 1) = '.' || quote_ident(attname))
        where word.kind = 'name' and coalesce(word.before, '') not in ('AS', ':')
    )
$$;
comment on function inspect.mentions_row(text, oid) is 'Whether an expression speaks of a column of the table.';
--! EndIncluded inspect/tokens.sql
--! Included inspect/constant.sql
-- What an expression says whatever the row and whoever asks: true, false, or null where it depends on one of them. Sees
-- through AND, OR and NOT, two sides that are the same, and IS NULL of a column of the table that may not be null.
create or replace function inspect.constant(expression text, relation oid default null) returns boolean
    language plpgsql stable parallel safe security invoker
    set search_path = ''
as $$
declare
    leaf   text := inspect.unwrap(expression);
    joined text;
    said   boolean[];
    sides  text[];
begin
    select max(part.connective), array_agg(case when part.connective is not null then inspect.constant(part.condition, constant.relation) end)
        into joined, said
    from inspect.conditions(leaf) as part;
    if joined = 'and' then
        return case when false = any (said) then false when true = all (said) then true end;
    elsif joined = 'or' then
        return case when true = any (said) then true when false = all (said) then false end;
    elsif leaf in ('true', 'false') then
        return leaf::boolean;
    elsif leaf ~ '^NOT ' then
        return not inspect.constant(substr(leaf, 5), constant.relation);
    elsif leaf ~ '^(.+) = \1$' then
        -- A call may answer differently the second time.
        return case when not exists (select from inspect.tokens(leaf) where kind = 'call') then true end;
    end if;
    sides := regexp_match(leaf, '^(-?\d+) = (-?\d+)$');
    if sides is not null then
        return sides[1]::numeric = sides[2]::numeric;
    end if;
    sides := regexp_match(leaf, '^(.+) IS( NOT)? NULL$');
    if exists (
        select from pg_catalog.pg_attribute
        where attrelid = constant.relation and attnum > 0 and attnotnull and not attisdropped and quote_ident(attname) = sides[1]
    ) then
        return sides[2] is not null;
    end if;
    return null;
end
$$;
comment on function inspect.constant(text, oid) is
    'What an expression says whatever the row and whoever asks: true, false, or null where it depends.';
--! EndIncluded inspect/constant.sql
--! Included inspect/narrowed.sql
-- What mends are made of: each of these lets no row through that the expression did not let through before.

-- An expression without the alternatives named: parts of an OR, at whatever depth, that are one of them. Null if nothing
-- can be true any more.
create or replace function inspect.without(expression text, alternatives text[]) returns text
    language plpgsql immutable parallel safe security invoker
    set search_path = ''
as $$
declare
    joined text;
    parts  text[];
begin
    select max(part.connective), array_agg(case when part.connective is not null then inspect.without(part.condition, alternatives) end order by part.place)
        into joined, parts
    from inspect.conditions(expression) as part;
    if joined is null then
        return case when inspect.unwrap(expression) <> all (alternatives) then inspect.unwrap(expression) end;
    elsif joined = 'and' and array_position(parts, null) is not null then
        return null;
    end if;
    return (
        select string_agg(case when cardinality(parts) > 1 then '(' || part || ')' else part end, ' ' || joined || ' ' order by place)
        from unnest(parts) with ordinality as kept (part, place)
        where part is not null
    );
end
$$;
comment on function inspect.without(text, text[]) is 'An expression without some alternatives of its ORs; null if nothing can be true any more.';

-- The conditions that all have to hold for an expression to be true.
create or replace function inspect.required(expression text) returns text[]
    language sql immutable parallel safe security invoker
    set search_path = ''
as $$
    select coalesce(array_agg(case when connective = 'or' then inspect.unwrap(expression) else condition end order by place)
        filter (where connective is distinct from 'or' or place = 1), '{}')
    from inspect.conditions(expression)
$$;
comment on function inspect.required(text) is 'The conditions that all have to hold for an expression to be true.';

-- An expression that also demands the conditions named, in their order; those that it demands already are not said twice.
create or replace function inspect.requiring(expression text, conditions text[]) returns text
    language sql immutable parallel safe security invoker
    set search_path = ''
as $$
    select case count(*) when 1 then min(demanded) else string_agg('(' || demanded || ')', ' and ' order by place) end
    from (
        select demanded, min(place) as place
        from unnest(conditions || array_remove(inspect.required(expression), 'true')) with ordinality as every (demanded, place)
        group by demanded
    ) as once
$$;
comment on function inspect.requiring(text, text[]) is 'An expression that also demands the conditions named.';

-- SQL that gives a policy these expressions; null leaves a side as it is.
create or replace function inspect.alter_policy(policy_name text, on_table text, using_expression text, check_expression text) returns text
    language sql immutable parallel safe security invoker
    set search_path = ''
as $$
    select format('alter policy %I on %s', policy_name, on_table)
        || coalesce(' using (' || using_expression || ')', '') || coalesce(' with check (' || check_expression || ')', '') || ';'
$$;
comment on function inspect.alter_policy(text, text, text, text) is 'SQL that gives a policy these expressions; null leaves a side as it is.';

-- SQL that takes alternatives out of a policy: the policy goes with the last of them, if it is one that opens. Null where
-- nothing can be taken out, or where a restrictive policy would let nothing through any more.
create or replace function inspect.close_alternatives(policy oid, alternatives text[]) returns text
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    with sides as (
        select polname, polpermissive, polrelid::regclass::text as on_table,
            pg_catalog.pg_get_expr(polqual, polrelid) as using_, pg_catalog.pg_get_expr(polwithcheck, polrelid) as check_
        from pg_catalog.pg_policy where oid = policy
    ),
    narrowed as (
        select *, inspect.without(using_, alternatives) as new_using, inspect.without(check_, alternatives) as new_check
        from sides
    )
    select case
        when coalesce(using_, check_) is not null and case when using_ is null then new_check else new_using end is null
            then case when polpermissive then format('drop policy %I on %s;', polname, on_table) end
        when polpermissive or check_ is null or new_check is not null
            then inspect.alter_policy(
                polname, on_table,
                case when new_using <> inspect.without(using_, '{}') then new_using end,
                case when check_ is not null and new_check is distinct from inspect.without(check_, '{}') then coalesce(new_check, 'false') end
            )
    end
    from narrowed
$$;
comment on function inspect.close_alternatives(oid, text[]) is 'SQL that takes alternatives out of a policy''s ORs; null if there is none.';

-- An expression in which every call stands by itself: asked once for a query or for every row, it says the same.
create or replace function inspect.asked_once(expression text) returns text
    language sql immutable strict parallel safe security invoker
    set search_path = ''
as $$
    select regexp_replace(
        inspect.unwrap(expression),
        '\(\s*SELECT ((?:"[^"]+"|[\w.])+\((?:[^()'']|''(?:[^'']|'''')*'')*\)) AS (?:"[^"]+"|\w+)\)', '\1', 'g'
    )
$$;
comment on function inspect.asked_once(text) is 'An expression in which every call stands by itself, for comparing; not for running.';

-- Whether an expression cannot be true without the other, as far as the form of both tells: taken apart at every AND and OR.
create or replace function inspect.implies(expression text, other text) returns boolean
    language plpgsql stable parallel safe security invoker
    set search_path = ''
as $$
declare
    mine   text[];
    theirs text[];
    joined text;
    wanted text;
    part   text;
begin
    select max(found.connective), array_agg(found.condition) into joined, mine from inspect.conditions(expression) as found;
    select max(found.connective), array_agg(found.condition) into wanted, theirs from inspect.conditions(other) as found;
    if inspect.asked_once(expression) = inspect.asked_once(other) or inspect.unwrap(other) = 'true' or inspect.unwrap(expression) = 'false' then
        return true;
    end if;
    if wanted = 'and' then
        foreach part in array theirs loop
            if not inspect.implies(expression, part) then
                return false;
            end if;
        end loop;
        return true;
    end if;
    if joined = 'or' then
        foreach part in array mine loop
            if not inspect.implies(part, other) then
                return false;
            end if;
        end loop;
        return true;
    end if;
    if wanted = 'or' then
        foreach part in array theirs loop
            if inspect.implies(expression, part) then
                return true;
            end if;
        end loop;
    end if;
    if joined = 'and' then
        foreach part in array mine loop
            if inspect.implies(part, other) then
                return true;
            end if;
        end loop;
    end if;
    return false;
end
$$;
comment on function inspect.implies(text, text) is 'Whether an expression cannot be true without the other, as far as their form tells.';
--! EndIncluded inspect/narrowed.sql
--! Included inspect/ask_once.sql
-- An expression whose calls of some functions stand in scalar subselects, so that they are made once for a query. Calls that
-- stand in a subselect already, or whose arguments depend on the row, stay as they are.
create or replace function inspect.ask_once(expression text, functions oid[], relation oid) returns text
    language plpgsql stable strict parallel safe security invoker
    set search_path = ''
as $$
declare
    names     text[] := array(select asked::regproc::text from unnest(functions) as asked);
    kinds     text[];
    words     text[];
    written   text := '';
    place     integer := 1;
    finish    integer;
    depth     integer := 0;
    subselect integer;
    open      integer;
begin
    select array_agg(found.kind order by found.place), array_agg(found.token order by found.place) into kinds, words
    from inspect.tokens(expression) as found;
    while place <= cardinality(words) loop
        finish := place;
        if kinds[place] = 'call' and words[place] = any (names) and subselect is null then
            -- To the parenthesis that closes the call.
            open := 0;
            loop
                finish := finish + 1;
                open := open + case words[finish] when '(' then 1 when ')' then -1 else 0 end;
                exit when open = 0;
            end loop;
        elsif words[place] = '(' then
            depth := depth + 1;
            if subselect is null and array_to_string(words[place + 1:place + 2], '') ~ '^\s*(SELECT|WITH|VALUES)$' then
                subselect := depth;
            end if;
        elsif words[place] = ')' then
            subselect := nullif(subselect, depth);
            depth := depth - 1;
        end if;
        written := written || case
            when finish > place and not inspect.mentions_row(array_to_string(words[place:finish], ''), relation)
                then '(select ' || array_to_string(words[place:finish], '') || ')'
            else array_to_string(words[place:finish], '')
        end;
        place := finish + 1;
    end loop;
    return written;
end
$$;
comment on function inspect.ask_once(text, oid[], oid) is
    'An expression whose calls of some functions stand in scalar subselects: asked once for a query, not for every row.';
--! EndIncluded inspect/ask_once.sql
--! Included inspect/checked_tables.sql
-- What the checks in db/checks look at, prepared once: tables, policies, functions and grants of the configured
-- schemas, without what belongs to extensions. Names come qualified, because the search path here is empty.

create or replace function inspect.api_role_ids() returns oid[]
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select coalesce(array_agg(oid), '{}') from pg_catalog.pg_roles where rolname = any((select inspect.api_roles())::text[])
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
-- reached: somebody whom row security could hold may read or write it: by a grant, or as an owner that anybody can be.
-- bound:   row security holds its owner once it is forced; superusers and holders of BYPASSRLS it never holds.
-- tenant:  the number of the tenant column, null if the table has none.
-- closing: SQL that enables row security, and forces it where that holds the owner.
create or replace function inspect.checked_tables()
    returns table (
        id oid, name text, schema text, owner oid, partition boolean, exposed boolean, reached boolean,
        bound boolean, tenant smallint, secured boolean, forced boolean, comment text, closing text
    )
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    with homes as materialized (
        select pg_namespace.oid, nspname, nspname = any(inspect.exposed_schemas()) as exposed
        from pg_catalog.pg_namespace where nspname = any(inspect.schemas())
    ),
    -- Whom row security could hold; an owner counts as somebody only if anybody can be it.
    people as materialized (
        select
            role.oid,
            role.rolcanlogin or exists (select from pg_catalog.pg_auth_members where roleid = role.oid)
                or exists (select from pg_catalog.pg_proc where proowner = role.oid and prosecdef) as somebody
        from pg_catalog.pg_roles as role
        where not role.rolsuper and role.rolname !~ '^pg_'
    )
    select
        class.oid, class.oid::regclass::text, home.nspname::text, class.relowner, class.relispartition,
        home.exposed or exists (
            select from unnest((select inspect.api_role_ids())) as role
            where pg_catalog.has_any_column_privilege(role, class.oid, 'select, insert, update')
                or pg_catalog.has_table_privilege(role, class.oid, 'delete')
        ),
        exists (
            select from people
            where (people.somebody or people.oid <> class.relowner)
                and pg_catalog.has_schema_privilege(people.oid, home.oid, 'usage')
                and (
                    pg_catalog.has_any_column_privilege(people.oid, class.oid, 'select, insert, update')
                    or pg_catalog.has_table_privilege(people.oid, class.oid, 'delete, truncate')
                )
        ),
        not owner.rolsuper and not owner.rolbypassrls,
        tenant.attnum, class.relrowsecurity, class.relforcerowsecurity, pg_catalog.obj_description(class.oid, 'pg_class'),
        format('alter table %s enable row level security;', class.oid::regclass)
            || case when owner.rolsuper or owner.rolbypassrls then '' else format(' alter table %s force row level security;', class.oid::regclass) end
    from pg_catalog.pg_class as class
    join pg_catalog.pg_roles as owner on owner.oid = class.relowner
    join homes as home on home.oid = class.relnamespace
    left join pg_catalog.pg_attribute as tenant
        on tenant.attrelid = class.oid and tenant.attname = (select inspect.tenant_column()) and not tenant.attisdropped
    where class.relkind in ('r', 'p')
        and not exists (
            select from pg_catalog.pg_depend where classid = 'pg_catalog.pg_class'::regclass and objid = class.oid and deptype = 'e'
        )
$$;
comment on function inspect.checked_tables() is
    'Tables and partitions of the configured schemas, and what the checks want to know of each.';

-- What the tenant column is compared with: the context's own function, if there is one of that type; else what most of
-- the policies that are there compare it with. Null where neither tells.
create or replace function inspect.caller_tenant(type oid) returns text
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    -- Looked up in the catalogue, because a name wants USAGE on its schema.
    select coalesce(
        (
            select format('(select %I.tenant_id())', nspname)
            from pg_catalog.pg_proc
            join pg_catalog.pg_namespace on pg_namespace.oid = pronamespace
            where nspname = (select inspect.context_schema()) and proname = 'tenant_id' and pronargs = 0 and prorettype = type
        ),
        (
            select said
            from pg_catalog.pg_policy
            join pg_catalog.pg_class on pg_class.oid = polrelid
            join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace and nspname = any((select inspect.schemas())::text[])
            join pg_catalog.pg_attribute
                on attrelid = polrelid and attname = (select inspect.tenant_column()) and not attisdropped and atttypid = type
            cross join unnest(array[pg_catalog.pg_get_expr(polqual, polrelid), pg_catalog.pg_get_expr(polwithcheck, polrelid)]) as predicate
            cross join inspect.leaves(predicate) as leaf
            cross join lateral (
                select case
                    when starts_with(leaf.condition, quote_ident(attname) || ' = ') then substr(leaf.condition, length(quote_ident(attname)) + 4)
                    when right(leaf.condition, length(quote_ident(attname)) + 3) = ' = ' || quote_ident(attname) then left(leaf.condition, -length(quote_ident(attname)) - 3)
                end as said
            ) as side
            where said is not null
                and exists (select from inspect.tokens(said) where kind = 'call' and token <> 'ANY')
                and not inspect.names(said) @> '{FROM}'
                and not inspect.mentions_row(said, polrelid)
            group by 1
            order by count(*) desc, 1
            limit 1
        )
    )
$$;
comment on function inspect.caller_tenant(oid) is
    'SQL that tells the caller''s tenant, as the policies of this database say it; null where nothing tells.';

-- The condition that keeps a table's rows in their tenant, as SQL.
create or replace function inspect.tenant_predicate(relation oid) returns text
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select format('%I = %s', attname, inspect.caller_tenant(atttypid))
    from pg_catalog.pg_attribute
    where attrelid = relation and attname = (select inspect.tenant_column()) and not attisdropped
        and inspect.caller_tenant(atttypid) is not null
$$;
comment on function inspect.tenant_predicate(oid) is
    'The condition that keeps the rows of a table in their tenant, as SQL for the mending of a policy; null where nothing tells who is calling.';

-- The same for the wall, which compares the tenant twice: PostgreSQL then compares the two answers before it reads a row.
create or replace function inspect.wall_predicate(relation oid) returns text
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select predicate || ' and ' || case
        when exists (
            select from pg_catalog.pg_proc
            join pg_catalog.pg_namespace on pg_namespace.oid = pronamespace
            where nspname = (select inspect.context_schema()) and proname = 'unverified_tenant_id' and pronargs = 0
        )
            then format('%I = (select %I.unverified_tenant_id())', inspect.tenant_column(), inspect.context_schema())
        else predicate
    end
    from inspect.tenant_predicate(relation) as predicate
$$;
comment on function inspect.wall_predicate(oid) is
    'The condition of the wall, as SQL: the tenant compared twice, so that no condition of a caller''s comes first.';
--! EndIncluded inspect/checked_tables.sql
--! Included inspect/checked_policies.sql
-- served:  the policy lets in somebody else than the table's owner or an owner of SECURITY DEFINER functions,
--          whose reach is written as policies on purpose.
create or replace function inspect.checked_policies()
    returns table (
        id oid, relation oid, name text, on_table text, label text, command text, permissive boolean,
        roles oid[], served boolean, using_ text, check_ text, comment text,
        exposed boolean, tenant smallint, secured boolean
    )
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    with definers as (
        select distinct proowner as id
        from pg_catalog.pg_proc
        join pg_catalog.pg_namespace on pg_namespace.oid = pronamespace
        where prosecdef and nspname = any((select inspect.schemas())::text[]) and proowner <> all((select inspect.api_role_ids())::oid[])
    ),
    policies as (
        select
            policy.*, checked.name as table_name, checked.owner, checked.exposed, checked.tenant, checked.secured,
            pg_catalog.pg_get_expr(polqual, polrelid) as using_, pg_catalog.pg_get_expr(polwithcheck, polrelid) as check_,
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
        using_, check_, pg_catalog.obj_description(oid, 'pg_policy'),
        exposed, tenant, secured
    from policies
$$;
comment on function inspect.checked_policies() is
    'Policies of the configured schemas in words of SQL.';

-- SQL that holds a policy to the caller's tenant as well, all its conditions kept: a side that lets every row through, else
-- both. Null where the table has no tenant, or nothing tells the caller's.
create or replace function inspect.hold_to_tenant(policy oid) returns text
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    select inspect.alter_policy(
        polname::text, polrelid::regclass::text,
        case when open_using then predicate when not open_check then inspect.requiring(using_, array[predicate]) end,
        case when open_check then predicate when not open_using then inspect.requiring(check_, array[predicate]) end
    )
    from (
        select polname, polrelid, inspect.tenant_predicate(polrelid) as predicate,
            pg_catalog.pg_get_expr(polqual, polrelid) as using_, pg_catalog.pg_get_expr(polwithcheck, polrelid) as check_
        from pg_catalog.pg_policy where oid = policy
    ) as held
    cross join lateral (
        select coalesce(inspect.constant(using_, polrelid), false) as open_using, coalesce(inspect.constant(check_, polrelid), false) as open_check
    ) as sides
    where predicate is not null
$$;
comment on function inspect.hold_to_tenant(oid) is
    'SQL that holds a policy to the caller''s tenant as well, all its conditions kept; null where nothing tells the caller''s.';

-- Reads the parse tree, where names cannot mislead: a call of a stable function outside every subselect, without a column
-- among its arguments, gives the same answer for every row and is yet made for each.
create or replace function inspect.calls_per_row(tree pg_node_tree) returns setof oid
    language sql stable parallel safe security invoker
    set search_path = ''
as $$
    with tokens as materialized (
        select place, match[1] as token,
            sum(case when match[1] like '{%' then 1 when match[1] = '}' then -1 else 0 end) over (order by place) as depth
        from regexp_matches(tree::text, '(\\.|\{[A-Z_]*|\}|:funcid \d+|:funcformat \d+)', 'g') with ordinality as found (match, place)
    ),
    nodes as materialized (
        select opened.place, opened.token,
            (select min(closed.place) from tokens as closed where closed.place > opened.place and closed.depth = opened.depth - 1) as until,
            lead(opened.token) over (order by opened.place) as next,
            lead(opened.token, 2) over (order by opened.place) as form
        from tokens as opened
    )
    select distinct proc.oid
    from nodes as call
    join pg_catalog.pg_proc as proc on call.next = ':funcid ' || proc.oid and proc.provolatile = 's'
        -- Written as a call, and not as a cast.
        and call.form = ':funcformat 0'
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
    with homes as materialized (
        select pg_namespace.oid, nspname from pg_catalog.pg_namespace where nspname = any(inspect.schemas())
    )
    select
        proc.oid, proc.oid::regprocedure::text, namespace.nspname::text, proc.proowner,
        namespace.nspname = any((select inspect.exposed_schemas())::text[]), proc.prosecdef,
        (select substr(setting, 13) from unnest(proc.proconfig) as setting where setting like 'search\_path=%'),
        proc.prosqlbody is not null
    from pg_catalog.pg_proc as proc
    join homes as namespace on namespace.oid = proc.pronamespace
    where proc.prokind in ('f', 'p')
        and not exists (
            select from pg_catalog.pg_depend where classid = 'pg_catalog.pg_proc'::regclass and objid = proc.oid and deptype = 'e'
        )
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
    with homes as materialized (
        select pg_namespace.oid from pg_catalog.pg_namespace where nspname = any(inspect.schemas())
    ),
    relations as (
        select class.*
        from pg_catalog.pg_class as class
        join homes on homes.oid = class.relnamespace
        where class.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
            and not exists (
                select from pg_catalog.pg_depend where classid = 'pg_catalog.pg_class'::regclass and objid = class.oid and deptype = 'e'
            )
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
    words := regexp_replace(words, context || 'user_where\(''([^'']+)''\)', 'the caller, where they hold "\1"', 'g');
    words := regexp_replace(words, context || 'tenant_holding\((?:\w+\.)?(\w+)\)', 'the caller''s tenant, where they hold all of \1', 'g');
    words := regexp_replace(words, context || 'member_tenant\(\)', 'the caller''s tenant, where they are a member', 'g');
    words := regexp_replace(words, context || 'key_keeper\(\)', 'the caller, where they may keep API keys', 'g');
    words := regexp_replace(words, context || 'may\(''([^'']+)''\)', 'the caller holds "\1"', 'g');
    words := regexp_replace(words, context || '(tenant_id|org_id|current_tenant|tenant)\(\)', 'the caller''s tenant', 'g');
    words := regexp_replace(words, context || '(user_id|uid|current_user_id)\(\)', 'the caller', 'g');
    words := regexp_replace(words, context || 'unverified_(tenant|user)_id\(\)', 'the \1 that the context states', 'g');
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
            where attrelid = relation.oid and attname = (select inspect.tenant_column()) and not attisdropped
        ) as has_tenant,
        pg_catalog.obj_description(relation.oid, 'pg_class') as comment
    from pg_catalog.pg_class as relation
    join pg_catalog.pg_namespace as namespace on namespace.oid = relation.relnamespace
    where relation.relkind in ('r', 'p', 'v', 'm', 'f') and namespace.nspname = any((select inspect.schemas())::text[]);
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
        and (namespace.nspname is null or namespace.nspname = any((select inspect.schemas())::text[]));
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
                where attrelid = keys.target and attname = (select inspect.tenant_column()) and not attisdropped
            ) as target_has_tenant
        from keys
        join pg_catalog.pg_attribute as tenant
            on tenant.attrelid = keys.relation and tenant.attname = (select inspect.tenant_column()) and not tenant.attisdropped
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
            when placed.kind = 'foreign' then coalesce(placed.tenant_points_to = (select inspect.tenant_column()), false)
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
        and attribute.attname = (select inspect.tenant_column())
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
    where (namespace.nspname = any((select inspect.schemas())::text[]) or namespace.nspname = 'inspect' and routine.prosecdef)
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
    where published.schemaname = any((select inspect.schemas())::text[])
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
--! Included inspect/side_doors.sql
-- What PostgreSQL gives to everybody and a caller's own SQL needs nothing of: ways to learn of other people's rows, to
-- store something outside every tenant, or to get in the way. `rowhouse migrate` takes it from everybody where it runs
-- as a superuser (nobody else may), and gives it back to the roles that hold only functions.
--
-- open: whether everybody may still.
create or replace view inspect.side_doors with (security_invoker = true) as
    with functions (kind, pattern, why) as (
        values
            ('SQL in a string', '^(query|table|schema|database|cursor)_to_xml|^ts_stat$', 'runs any query from inside another'),
            ('large objects', '^(lo_|lo(read|write)$)', 'a store without tenants, row security or trail'),
            ('the write-ahead log', '^pg_logical_emit_message$|^pg_(current|last)_wal_', 'writes into the log, or tells how fast it grows'),
            ('notifications', '^pg_notify$|^pg_notification_queue_usage$', 'speaks to whoever listens, in any tenant'),
            ('advisory locks', '^pg_(try_)?advisory_(xact_)?lock', 'takes locks that all tenants share'),
            ('other sessions', '^pg_(cancel|terminate)_backend$|^pg_(stat_get_(activity|backend|progress)|lock_status|blocking_pids|safe_snapshot_blocking_pids)', 'sees or ends what other callers of the same role are doing'),
            ('statistics', '^pg_stat_get_(?!activity|backend|progress)', 'counts everybody''s rows and accesses'),
            ('prepared statements and cursors', '^pg_(prepared_statement|cursor)$', 'names what the connection holds for its next request'),
            ('transaction numbers', '^(txid_current|pg_current_xact_id|pg_current_snapshot)', 'counts everybody''s changes'),
            ('sizes', '^pg_(database|relation|table|total_relation|indexes|tablespace)_size$', 'measures everybody''s rows together')
    ),
    views (kind, pattern, why) as (
        values
            ('statistics', '^pg_(stat|statio)_(?!activity|progress|ssl|gssapi)|^pg_stats', 'counts everybody''s rows and accesses, and shows values of columns'),
            ('other sessions', '^pg_locks$|^pg_prepared_xacts$|^pg_stat_(activity|progress|ssl|gssapi)', 'sees what other callers are doing'),
            ('prepared statements and cursors', '^pg_(prepared_statements|cursors)$', 'names what the connection holds for its next request'),
            ('large objects', '^pg_largeobject_metadata$', 'lists a store without tenants')
    )
    select
        functions.kind, 'function' as object, proc.oid::regprocedure::text as name, functions.why,
        exists (
            select from pg_catalog.aclexplode(coalesce(proacl, pg_catalog.acldefault('f', proowner)))
            where grantee = 0 and privilege_type = 'EXECUTE'
        ) as open
    from pg_catalog.pg_proc as proc
    join functions on proname ~ functions.pattern or proname = 'ts_rewrite' and pronargs = 2 and functions.kind = 'SQL in a string'
    where pronamespace = 'pg_catalog'::regnamespace
    union all
    select
        views.kind, 'view', relation.oid::regclass::text, views.why,
        exists (
            select from pg_catalog.aclexplode(coalesce(relacl, pg_catalog.acldefault('r', relowner)))
            where grantee = 0 and privilege_type = 'SELECT'
        )
    from pg_catalog.pg_class as relation
    join views on relname ~ views.pattern
    where relnamespace = 'pg_catalog'::regnamespace and relkind in ('v', 'r') and relname <> 'pg_statistic'
    union all
    select
        'code of one''s own', 'language', lanname::text, 'runs loops, and catches errors to learn from them, inside one statement',
        exists (
            select from pg_catalog.aclexplode(coalesce(lanacl, pg_catalog.acldefault('l', lanowner))) where grantee = 0
        )
    from pg_catalog.pg_language
    where lanpltrusted and lanname <> 'sql';
comment on view inspect.side_doors is
    'What PostgreSQL lets everybody do past the policies, by kind, and whether this database still does.';
comment on column inspect.side_doors.kind is 'What it is about, in a few words.';
comment on column inspect.side_doors.object is 'function, view or language.';
comment on column inspect.side_doors.name is 'Its name, as grant and revoke take it.';
comment on column inspect.side_doors.why is 'What a caller could do with it.';
comment on column inspect.side_doors.open is 'Whether everybody may use it.';
--! EndIncluded inspect/side_doors.sql
--! Included inspect/portability.sql
-- What would stop, or take a step, to distribute the tables by tenant with Citus.
--
-- blocks: has to be changed first. step: the distribution does it, mechanically. note: good to know.
create or replace view inspect.portability with (security_invoker = true) as
    with tables as (
        select relation.*, tenant.atttypid as tenant_type, tenant.attnotnull as tenant_not_null
        from inspect.tables as relation
        left join pg_catalog.pg_attribute as tenant
            on tenant.attrelid = relation.relation and tenant.attname = (select inspect.tenant_column()) and not tenant.attisdropped
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
-- that takes. Asked for a permission (in our database): the roles of each company that hold it, with how many members that is now,
-- and one by one who has it for a time, which keys have it, and the operator's support while it lasts (inspect.holders).
--
-- what:    a table, with its schema; or the name of a permission
-- command: for a table, one command only; by default each
create or replace function inspect.who_can(what text, command text default null)
    returns table (who text, may text, condition text, in_words text, permissions text[], members bigint)
    language plpgsql stable parallel unsafe security invoker
    set search_path = ''
as $$
declare
    -- MyShop.notes will do for "MyShop".notes.
    asked text := coalesce((
        select relation.table_name from inspect.tables as relation join pg_catalog.pg_class on pg_class.oid = relation.relation
        where what in (relation.table_name, relation.schema_name || '.' || relname)
        limit 1
    ), what);
begin
    if exists (select from inspect.tables where table_name = asked) then
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
            where relation.table_name = asked
                and access.command = coalesce(lower(who_can.command), access.command) and access.reach <> 'none'
            order by access.role_name, access.command;
    elsif to_regprocedure('inspect.holders(text)') is not null then
        -- Members by role are counted; what ends, and what a key may do, is told one by one.
        return query execute $query$
            select told.who, $1, null::text, told.words, array[$1], case when told.are_members then count(told.holder) end
            from (
                select
                    slug || ': ' || case
                        when source = 'support' then 'support ' || holder
                        when api_key_id is not null then 'key ' || api_key_id
                        when source = 'grant' then user_id::text
                        else coalesce(role_name, 'owners')
                    end as who,
                    concat_ws(', ',
                        case source
                            when 'support' then coalesce('as ' || user_id, 'in its own name')
                            when 'grant' then 'granted by ' || granted_by
                            when 'role' then 'by the role ' || role_name
                            else 'as owners'
                        end,
                        'until ' || to_char(ends_at at time zone 'utc', 'YYYY-MM-DD HH24:MI "UTC"'),
                        case when reads_only then 'reading only' end,
                        case when api_key_id is not null then 'within the scopes of the key' end) as words,
                    api_key_id is null and source <> 'support' as are_members,
                    holder
                from inspect.holders($1)
            ) as told
            group by told.who, told.words, told.are_members
            order by told.who, told.words
        $query$ using what;
        if not found then
            raise exception using errcode = 'RH400', message = format('%s is neither a table (with its schema) nor a permission that any role holds', what);
        end if;
    else
        raise exception using errcode = 'RH400', message = format('there is no table %s; name it with its schema', what);
    end if;
end
$$;
comment on function inspect.who_can(text, text) is
    'Who can do what with a table, and on which condition; or who in which company holds a permission: roles with the number of members, grants and support with their end, keys.';
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
grant execute on function context.tenant_where(text), context.tenant_requiring(text), context.user_where(text) to rowhouse_definer;
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
    sealed      context.holder := row(null, null, null, null, null, null, null, false, '{}', null, false, false, null, null, null, '{} {}');
    lines       jsonb := '[]';
begin
    if (
        select nspname from pg_catalog.pg_class join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace
        where pg_class.oid = found_table and relkind in ('r', 'p')
    ) in ('app', 'audit') is not true then
        raise exception using errcode = 'RH400', message = format('%s is no table of app or audit', target);
    end if;
    raise log 'inspect.why: % asks about % of % % for user % in tenant %', session_user, command, found_table,
        case when lower(command) <> 'insert' then key end, as_user, tenant;
    perform audit.record_event('inspect.why', tenant, jsonb_build_object(
        'table', found_table::text, 'key', case when lower(command) <> 'insert' then key end, 'command', lower(command), 'as_user', as_user
    ));

    if as_user is not null then
        select
            person.status as user_status, company.status as tenant_status,
            case when person.is_guest and not company.allows_guests then 'unwelcome' else membership.status end as membership_status,
            case when role.built_in and role.name = 'guest' then 'guest' else 'session' end as kind,
            coalesce(membership.is_owner, false) as is_owner,
            array(
                select unnest(role.permissions)
                union
                select live.permission from app.grants as live
                where live.tenant_id = why.tenant and live.user_id = as_user and live.ends_at > statement_timestamp()
                order by 1
            ) as permissions,
            (
                select format('{%s} {%s}',
                    string_agg(mine.team_id::text, ','), string_agg(mine.team_id::text, ',') filter (where mine.role = 'lead'))
                from app.team_members as mine
                where mine.tenant_id = why.tenant and mine.user_id = as_user
                    -- As at the door: visitors are in no team.
                    and (role.built_in and role.name = 'guest') is not true
            ) as teams
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
        sealed := row(
            holder.kind, null, as_user, null, tenant, null, null, holder.is_owner, holder.permissions, null, false, false,
            null, null, null, holder.teams
        )::context.holder;
    end if;

    -- Everything in this block is undone: the context that was before is the context that is after.
    begin
        perform context.seal(context.body_of(sealed, jsonb_build_object(
            'explains', case when lower(command) <> 'insert' then key end)));
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
-- Who holds a permission just now, company by company, and by what: a row for each way, as whoCan tells each company of itself
-- (context.holdings), and one for each access of the operator's support that opens the door, as the door judges it. A role
-- that holds it and that nobody has is a row without a holder: the next member who is given it has it too.
set local role rowhouse_definer;
create or replace function inspect.holders(permission text)
    returns table (
        tenant uuid, slug text, source text, holder uuid, user_id uuid, api_key_id uuid, role_name text,
        grant_id uuid, granted_by uuid, ends_at timestamptz, reads_only boolean
    )
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    with ways as (
        select
            way.tenant_id, case when way.grant_id is not null then 'grant' when way.role_id is not null then 'role' else 'owner' end as source,
            way.holder_id, way.user_id, way.api_key_id, way.role_id, way.grant_id, live.granted_by, live.ends_at, false as reads_only
        from context.holdings as way
        left join app.grants as live on live.tenant_id = way.tenant_id and live.id = way.grant_id
        join app.tenants as tenant on tenant.id = way.tenant_id and tenant.status = 'active'
        where way.permission = holders.permission
        union all
        select
            access.tenant_id, 'support', access.id, access.user_id, null, membership.role_id, null, null, access.expires_at,
            not entering.writes
        from context.support_holders as entering
        join auth.support_accesses as access on access.digest = entering.digest
        left join app.memberships as membership on membership.tenant_id = access.tenant_id and membership.user_id = access.user_id
        where context.fault_of(entering.holder, '{}') is null and holders.permission = any ((entering.holder).permissions)
    ),
    unheld as (
        select role.tenant_id, role.id from app.roles as role
        where holders.permission = any (role.permissions) and not exists (
            select from ways where ways.tenant_id = role.tenant_id and ways.role_id = role.id and ways.source = 'role' and ways.api_key_id is null
        )
    )
    select
        company.id, company.slug, way.source, way.holder_id, way.user_id, way.api_key_id, role.name,
        way.grant_id, way.granted_by, way.ends_at, way.reads_only
    from (
        select * from ways
        union all
        select tenant_id, 'role', null, null, null, id, null, null, null, false from unheld
    ) as way
    join app.tenants as company on company.id = way.tenant_id
    left join app.roles as role on role.tenant_id = way.tenant_id and role.id = way.role_id
    order by company.slug, way.source, role.name, way.holder_id, way.grant_id
$$;
grant execute on function inspect.holders(text) to rowhouse_auditor;
comment on function inspect.holders(text) is
    'Who holds a permission just now, and by what: source is owner, role, grant (until ends_at) or support (while it lasts, reading only or not), with api_key_id within the scopes of a key. A role that nobody has comes without a holder. "owner" asks for the owners.';
reset role;
--! EndIncluded inspect/holders.sql

revoke create on schema app, auth, context, audit, jobs, inspect, tenancy from rowhouse_definer;
--! EndIncluded all.sql
