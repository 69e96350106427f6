-- Tables. Who may do what with their rows is in db/schema/policies, one file per table.
--
-- The rule for a tenant's table: `tenant_id` first in the primary key and in every unique and foreign
-- key, so that no row can point into another tenant or reveal by a violation that something is there.

-- The defaults below call these two, and they open the seal.
grant usage, create on schema context to rowhouse_definer;
--!include context/holder.sql
--!include context/body.sql
--!include context/open_seal.sql
-- An index below is made of it.
--!include context/spellings.sql
revoke create on schema context from rowhouse_definer;
--!include context/tenant_id.sql
--!include context/user_id.sql
-- The checks below call this one.
--!include app/is_blank.sql
--!include app/is_name.sql
--!include app/are_parts.sql

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
    deletion_grace_days      integer not null default 30 check (deletion_grace_days between 0 and 365),
    storage_limit            bigint check (storage_limit >= 0),
    -- Null: without end. What was before counts until audit_retention_lowers_at (app.guard_retention).
    audit_retention_months    integer check (audit_retention_months between 1 and 1200),
    audit_retention_before    integer check (audit_retention_before between 1 and 1200),
    audit_retention_lowers_at timestamptz
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
    -- Whose team's it is, if one's: its member shares it and takes it back. Without its team it is its member's alone.
    team_id    uuid,
    pinned_at  timestamptz,
    -- When its last message was written; renaming and archiving leave it.
    last_message_at timestamptz,
    -- Out of sight since, and gone thirty days later (app.discard_conversation).
    deleted_at timestamptz,
    primary key (tenant_id, id),
    unique (tenant_id, user_id, id),
    foreign key (tenant_id, user_id) references app.memberships (tenant_id, user_id) on delete cascade,
    foreign key (tenant_id, team_id) references app.teams (tenant_id, id) on delete set null (team_id)
);
create index conversations_by_change on app.conversations (tenant_id, updated_at, id);
create index conversations_of_member_by_change on app.conversations (tenant_id, user_id, updated_at, id);
create index conversations_of_team on app.conversations (tenant_id, team_id, id);
create index conversations_of_team_by_change on app.conversations (tenant_id, team_id, updated_at, id);
create index conversations_discarded on app.conversations (tenant_id, user_id, deleted_at) where deleted_at is not null;

create table app.messages (
    tenant_id       uuid not null default context.tenant_id() references app.tenants,
    id              uuid not null default uuidv7(),
    conversation_id uuid not null,
    user_id         uuid not null default context.user_id(),
    role            text not null default 'user' check (role in ('user', 'assistant')),
    -- The plain text. Of an answer it is empty for as long as nothing was said.
    content         text not null
        constraint messages_content_check check (length(content) <= case role when 'user' then 32000 else 400000 end and (content <> '' or role <> 'user' or parts <> '[]')),
    created_at      timestamptz not null default now(),
    -- The conversation's, by the trigger place_message: policies ask each row, and look nowhere else.
    team_id         uuid,
    -- What it follows: to say something again, or to have it answered again, makes a branch.
    parent_id       uuid,
    status          text not null default 'complete' check (status in ('complete', 'streaming', 'stopped', 'failed')),
    parts           jsonb not null default '[]' check (app.are_parts(parts)),
    -- Of an answer: the turn that it is of, and how it came about. Written by that turn's end and by nobody else.
    turn_id         uuid,
    generator       text check (generator in ('model', 'extractive', 'curated')),
    model           text check (length(model) <= 100),
    finish_reason   text check (finish_reason ~ '^[a-z][a-z-]{0,31}$'),
    error_code      text check (error_code ~ '^[a-z][a-z0-9_]{0,63}$'),
    provenance      jsonb check (jsonb_typeof(provenance) = 'object' and octet_length(provenance::text) <= 65536),
    -- The conversation's: whether it is in the bin.
    deleted_at      timestamptz,
    -- Of a question: what its words come down to (context.stems), by the trigger stem_question. Null: it is too long, or only filling words.
    stems           uuid,
    primary key (tenant_id, id),
    unique (tenant_id, conversation_id, id),
    foreign key (tenant_id, conversation_id, parent_id)
        references app.messages (tenant_id, conversation_id, id) on delete set null (parent_id),
    constraint messages_answers_check check (
        role = 'assistant'
        or (status = 'complete' and turn_id is null and generator is null and model is null
            and finish_reason is null and error_code is null and provenance is null)
    ),
    foreign key (tenant_id, user_id, conversation_id)
        references app.conversations (tenant_id, user_id, id) on delete cascade,
    foreign key (tenant_id, team_id) references app.teams (tenant_id, id) on delete set null (team_id)
);
create index messages_of_team on app.messages (tenant_id, team_id, id);
create index messages_by_conversation on app.messages (tenant_id, user_id, conversation_id, id);
create index messages_by_parent on app.messages (tenant_id, conversation_id, parent_id);
-- What is asked again and again, counted without a look at any row.
create index messages_by_stems on app.messages (tenant_id, stems, created_at, user_id) include (id, team_id)
    where stems is not null and deleted_at is null;

-- By which of somebody's words a message is found, as digests that only their words have: a list of the index is of one person.
create table context.message_words (
    tenant_id       uuid not null,
    message_id      uuid not null,
    user_id         uuid not null,
    conversation_id uuid not null,
    created_at      timestamptz not null,
    words           bigint[] not null,
    primary key (tenant_id, message_id),
    foreign key (tenant_id, message_id) references app.messages (tenant_id, id) on delete cascade
);
-- Without a list of what is pending: each search would read through it, and it is everybody's.
create index message_words_by_word on context.message_words using gin (words) with (fastupdate = off);

create table app.message_feedback (
    tenant_id  uuid not null default context.tenant_id() references app.tenants,
    id         uuid not null default uuidv7(),
    message_id uuid not null,
    user_id    uuid not null default context.user_id(),
    rating     text not null check (rating in ('up', 'down')),
    comment    text not null default '' check (length(comment) <= 2000),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, user_id, message_id),
    foreign key (tenant_id, message_id) references app.messages (tenant_id, id) on delete cascade,
    foreign key (tenant_id, user_id) references app.memberships (tenant_id, user_id) on delete cascade
);
create index feedback_of_message on app.message_feedback (tenant_id, message_id, id);

-- app: what answers cost ---------------------------------------------------------------------------

-- In millionths of the installation's currency for a million tokens. No row: nobody knows the price.
create table app.model_prices (
    model               text primary key check (model ~ '^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$'),
    input_micros        bigint not null check (input_micros between 0 and 1000000000000),
    cached_input_micros bigint not null check (cached_input_micros between 0 and 1000000000000),
    output_micros       bigint not null check (output_micros between 0 and 1000000000000),
    reasoning_micros    bigint not null check (reasoning_micros between 0 and 1000000000000),
    updated_at          timestamptz not null default now()
);

-- One row a turn, once it is over. Ids only, and no foreign key but the tenant's: figures outlive what they are of.
create table app.usage_events (
    tenant_id           uuid not null default context.tenant_id() references app.tenants,
    id                  uuid not null default uuidv7(),
    turn_id             uuid not null,
    user_id             uuid not null,
    api_key_id          uuid,
    team_id             uuid,
    conversation_id     uuid,
    generator           text not null check (generator in ('model', 'extractive', 'curated', 'memory', 'embedding')),
    model               text not null check (length(model) between 1 and 100),
    outcome             text not null check (outcome in ('complete', 'stopped', 'failed')),
    input_tokens        integer not null default 0 check (input_tokens >= 0),
    cached_input_tokens integer not null default 0 check (cached_input_tokens between 0 and input_tokens),
    output_tokens       integer not null default 0 check (output_tokens >= 0),
    reasoning_tokens    integer not null default 0 check (reasoning_tokens between 0 and output_tokens),
    -- The provider did not say; counted by us.
    estimated           boolean not null default false,
    -- Null where nobody knew the price.
    cost_micros         bigint check (cost_micros >= 0),
    first_token_ms      integer check (first_token_ms >= 0),
    total_ms            integer check (total_ms >= 0),
    created_at          timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, turn_id)
);
create index usage_events_by_time on app.usage_events (tenant_id, created_at, id);
create index usage_events_of_user on app.usage_events (tenant_id, user_id, created_at, id);

-- The same, added up: what somebody used on a day (UTC) of one model, in one team, by one key. A trigger counts each turn as it
-- ends, so that a year of a company is a few rows a person and day, and a turn that ends late is counted where it belongs.
create table app.usage_days (
    tenant_id           uuid not null default context.tenant_id() references app.tenants,
    id                  uuid not null default uuidv7(),
    day                 date not null,
    user_id             uuid not null,
    team_id             uuid,
    api_key_id          uuid,
    generator           text not null check (generator in ('model', 'extractive', 'curated', 'memory', 'embedding')),
    model               text not null check (length(model) between 1 and 100),
    turns               bigint not null default 0 check (turns >= 0),
    stopped             bigint not null default 0 check (stopped >= 0),
    failed              bigint not null default 0 check (failed >= 0),
    input_tokens        bigint not null default 0 check (input_tokens >= 0),
    cached_input_tokens bigint not null default 0 check (cached_input_tokens >= 0),
    output_tokens       bigint not null default 0 check (output_tokens >= 0),
    reasoning_tokens    bigint not null default 0 check (reasoning_tokens >= 0),
    cost_micros         bigint not null default 0 check (cost_micros >= 0),
    unpriced            bigint not null default 0 check (unpriced >= 0),
    thumbs_up           bigint not null default 0 check (thumbs_up >= 0),
    thumbs_down         bigint not null default 0 check (thumbs_down >= 0),
    -- How many turns took how long (context.latency_step).
    first_counts  integer[] not null default array_fill(0, '{21}') check (cardinality(first_counts) = 21),
    total_counts        integer[] not null default array_fill(0, '{21}') check (cardinality(total_counts) = 21),
    primary key (tenant_id, id),
    constraint usage_days_once unique nulls not distinct (tenant_id, day, user_id, model, generator, team_id, api_key_id)
);

-- A cap for a day or a month (UTC), and how far it is used. reserved_micros is what turns under way may cost at most.
create table app.budgets (
    tenant_id       uuid not null default context.tenant_id() references app.tenants,
    id              uuid not null default uuidv7(),
    level           text not null check (level in ('tenant', 'team', 'user', 'key', 'model')),
    -- Whose: the team, the user or the key.
    subject_id      uuid,
    model           text check (model ~ '^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$'),
    period          text not null default 'month' check (period in ('day', 'month')),
    cap_micros      bigint not null check (cap_micros between 0 and 1000000000000000),
    spent_micros    bigint not null default 0 check (spent_micros >= 0),
    reserved_micros bigint not null default 0 check (reserved_micros >= 0),
    period_start    timestamptz not null default date_trunc('month', now(), 'UTC'),
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (tenant_id, id),
    unique nulls not distinct (tenant_id, level, subject_id, model, period),
    constraint budgets_subject_check check (
        (subject_id is not null) = (level in ('team', 'user', 'key')) and (model is not null) = (level = 'model')
    )
);

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
    remember          boolean,
    created_at        timestamptz not null default now(),
    updated_at        timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, user_id),
    foreign key (tenant_id, user_id) references app.memberships (tenant_id, user_id) on delete cascade
);

-- app: documents -----------------------------------------------------------------------------------

-- A document is its newest version. Who reads it stands in three columns, and its parts below carry the same three, by
-- triggers: policies ask each row, and look nowhere else.
create table app.documents (
    tenant_id  uuid not null default context.tenant_id() references app.tenants,
    id         uuid not null default uuidv7(),
    user_id    uuid not null default context.user_id(),
    team_id    uuid,
    visibility text not null default 'private' check (visibility in ('tenant', 'team', 'private')),
    title      text not null check (length(title) <= 200 and app.is_name(title)),
    file_name  text check (length(file_name) between 1 and 255 and file_name !~ '[/\\[:cntrl:]]'),
    media_type text not null check (length(media_type) <= 100 and media_type ~ '^[a-z]+/[a-z0-9][a-z0-9.+-]*$'),
    tags       text[] not null default '{}' check (tags = '{}' or cardinality(tags) <= 20 and array_position(tags, null) is null and array_to_string(tags, ',') ~ '^[^,[:cntrl:]]{1,60}(,[^,[:cntrl:]]{1,60})*$'),
    language   text check (language ~ '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$' and length(language) <= 35),
    size_bytes integer not null default 0 check (size_bytes between 0 and 104857600),
    sha256     text not null default '' check (sha256 ~ '^([0-9a-f]{64})?$'),
    version    integer not null default 0 check (version >= 0),
    status     text not null default 'queued' check (status in ('queued', 'processing', 'ready', 'failed')),
    failure    text check (failure ~ '^[a-z]+(_[a-z]+)*$' and length(failure) <= 60),
    progress   integer not null default 0 check (progress between 0 and 100),
    -- Which attempt at reading it is the last; what an earlier one still brings is refused.
    attempt    integer not null default 0 check (attempt >= 0),
    tries      integer not null default 0 check (tries >= 0),
    -- Never, until it has a version.
    due_at     timestamptz default 'infinity',
    indexed_at timestamptz,
    -- Of its passages; null: they have none.
    embedding_model   text check (length(embedding_model) between 1 and 200),
    embedding_failure text check (embedding_failure ~ '^[a-z]+(_[a-z]+)*$' and length(embedding_failure) <= 60),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, user_id) references app.memberships (tenant_id, user_id) on delete cascade,
    foreign key (tenant_id, team_id) references app.teams (tenant_id, id) on delete set null (team_id),
    constraint documents_visibility_team_check check ((visibility = 'team') = (team_id is not null)),
    constraint documents_status_failure_check check ((status = 'failed') = (failure is not null)),
    -- What waits is due some time; what is being read is another's to try once its time is over.
    constraint documents_status_due_check check ((status in ('queued', 'processing')) = (due_at is not null)),
    constraint documents_embedding_check check (embedding_model is null or embedding_failure is null)
);
create index documents_of_member on app.documents (tenant_id, user_id, id);
create index documents_of_team on app.documents (tenant_id, team_id, id);
create index documents_by_visibility on app.documents (tenant_id, visibility, id);
create index documents_by_status on app.documents (tenant_id, status, id);
create index documents_due on app.documents (tenant_id, due_at, id) where due_at is not null;

-- One row a version, the newest too: what a tenant stores is their sum.
create table app.document_versions (
    tenant_id   uuid not null default context.tenant_id() references app.tenants,
    id          uuid not null default uuidv7(),
    document_id uuid not null,
    version     integer not null check (version > 0),
    created_by  uuid not null,
    file_name   text,
    media_type  text not null,
    size_bytes  integer not null check (size_bytes between 0 and 104857600),
    sha256      text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    -- Where its bytes are in the object storage; null: in app.document_contents.
    object_key  text,
    created_at  timestamptz not null default now(),
    visibility  text not null,
    team_id     uuid,
    user_id     uuid not null,
    primary key (tenant_id, id),
    unique (tenant_id, document_id, version),
    unique (tenant_id, object_key),
    -- No row of a tenant's, whoever wrote it, leads to what is another's.
    constraint document_versions_object_key_check check (object_key ~ ('^' || tenant_id || '/[0-9a-f]{32}$')),
    foreign key (tenant_id, document_id) references app.documents (tenant_id, id) on delete cascade
);

create index document_versions_of_document on app.document_versions (tenant_id, document_id, id);

-- The bytes, in pieces of one MiB, so that no answer holds a whole file.
create table app.document_contents (
    tenant_id   uuid not null default context.tenant_id() references app.tenants,
    id          uuid not null default uuidv7(),
    document_id uuid not null,
    version     integer not null,
    piece       integer not null check (piece > 0),
    content     bytea not null check (octet_length(content) between 1 and 1048576),
    visibility  text not null,
    team_id     uuid,
    user_id     uuid not null,
    primary key (tenant_id, id),
    unique (tenant_id, document_id, version, piece),
    foreign key (tenant_id, document_id, version)
        references app.document_versions (tenant_id, document_id, version) on delete cascade
);
alter table app.document_contents alter column content set storage external;

-- The passages that answers quote. While a document is read again, the passages of the attempt before answer.
create table app.document_chunks (
    tenant_id   uuid not null default context.tenant_id() references app.tenants,
    id          uuid not null default uuidv7(),
    document_id uuid not null,
    version     integer not null check (version > 0),
    attempt     integer not null check (attempt > 0),
    live        boolean not null default false,
    ordinal     integer not null check (ordinal >= 0),
    starts_at   integer not null check (starts_at >= 0),
    ends_at     integer not null check (ends_at >= starts_at),
    user_id     uuid not null,
    team_id     uuid,
    visibility  text not null,
    -- What the trigger place_chunk makes of the text, and of the signs of the embedding. These stand before whatever is wide: the
    -- scan of a tenant's signs takes a row apart only up to them.
    signs       bit varying,
    language    text not null,
    heading     text not null default '' check (length(heading) <= 1000),
    content     text not null check (length(content) between 1 and 20000),
    sha256      text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    search      tsvector not null,
    model       text check (length(model) between 1 and 200),
    embedding   real[] check (cardinality(embedding) between 1 and 4096 and array_position(embedding, null) is null),
    created_at  timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, document_id, attempt, ordinal),
    foreign key (tenant_id, document_id) references app.documents (tenant_id, id) on delete cascade,
    constraint document_chunks_embedding_check1 check ((embedding is null) = (model is null) and (embedding is null) = (signs is null))
);
-- The scan of a tenant's signs reads narrow rows: what is wide is kept aside.
alter table app.document_chunks set (toast_tuple_target = 256);
alter table app.document_chunks alter column signs set storage plain;
create index document_chunks_of_tenant on app.document_chunks (tenant_id, visibility, team_id);
create index document_chunks_of_member on app.document_chunks (tenant_id, user_id, id);
-- Without a list of what is pending: each search would read through it, and it is everybody's.
create index document_chunks_by_word on app.document_chunks using gin (tenant_id, search) with (fastupdate = off);
create index document_chunks_by_letters on app.document_chunks using gin (tenant_id, context.spellings(content)) with (fastupdate = off);

-- What somebody tends to ask about, drawn from their own questions: it moves what is nearer to them up a little.
create table app.user_profiles (
    tenant_id  uuid not null default context.tenant_id() references app.tenants,
    id         uuid not null default uuidv7(),
    user_id    uuid not null default context.user_id(),
    enabled    boolean not null default true,
    questions  integer not null default 0 check (questions >= 0),
    model      text check (length(model) between 1 and 200),
    embedding  real[] check (cardinality(embedding) between 1 and 4096 and array_position(embedding, null) is null),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, user_id),
    foreign key (tenant_id, user_id) references app.memberships (tenant_id, user_id) on delete cascade,
    constraint user_profiles_enabled_check check ((embedding is null) = (model is null) and (enabled or embedding is null))
);

-- What is remembered of a person from one conversation to the next, a sentence each: theirs to see, to mend and to forget.
create table app.memories (
    tenant_id  uuid not null default context.tenant_id() references app.tenants,
    id         uuid not null default uuidv7(),
    user_id    uuid not null default context.user_id(),
    content    text not null check (length(content) <= 500 and not app.is_blank(content)),
    -- Whether a job drew it from what they said; what they wrote or mended is theirs.
    learned    boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, user_id) references app.memberships (tenant_id, user_id) on delete cascade
);
create index memories_of_member on app.memories (tenant_id, user_id, id);

-- Answers that the company gives itself: to a question, for as long as what they rest on stands. Without a team it is everybody's who may
-- read the company's documents.
create table app.curated_answers (
    tenant_id    uuid not null default context.tenant_id() references app.tenants,
    id           uuid not null default uuidv7(),
    user_id      uuid default context.user_id(),
    team_id      uuid,
    question     text not null check (length(question) <= 1000 and not app.is_blank(question)),
    answer       text not null check (length(answer) <= 32000 and not app.is_blank(answer)),
    -- Of the question: by whose rules it is compared.
    language     text not null default 'en' check (language ~ '^[a-z]{2,3}$'),
    active       boolean not null default true,
    -- The answer of a model's that it corrects.
    message_id   uuid,
    document_ids uuid[] not null default '{}' check (cardinality(document_ids) <= 20 and array_position(document_ids, null) is null),
    -- Of each of them the version of when the answer was last written, by the trigger prepare_curated_answer; so are the stems.
    document_versions integer[] not null default '{}',
    stems        uuid not null,
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    primary key (tenant_id, id),
    foreign key (tenant_id, user_id) references app.memberships (tenant_id, user_id) on delete set null (user_id),
    foreign key (tenant_id, team_id) references app.teams (tenant_id, id) on delete cascade,
    foreign key (tenant_id, message_id) references app.messages (tenant_id, id) on delete set null (message_id),
    constraint curated_answers_sources_check check (cardinality(document_ids) = cardinality(document_versions))
);
create index curated_answers_of_member on app.curated_answers (tenant_id, user_id, id);
create index curated_answers_of_team on app.curated_answers (tenant_id, team_id, id);
create index curated_answers_of_message on app.curated_answers (tenant_id, message_id, id);
create index curated_answers_by_stems on app.curated_answers (tenant_id, language, stems, id) where active;

-- app: tools ---------------------------------------------------------------------------------------

-- Where tools are called: an HTTP API, or a server of the Model Context Protocol. Its address is what it is: another is another row.
create table app.tool_servers (
    tenant_id  uuid not null default context.tenant_id() references app.tenants,
    id         uuid not null default uuidv7(),
    kind       text not null check (kind in ('http', 'mcp')),
    -- What the names of its tools begin with, for the model: so no server names a tool as another's.
    name       text not null check (name ~ '^[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$'),
    -- Without TLS only to the machine itself, which is refused wherever TOOL_INTERNAL is not on.
    url        text not null check (length(url) <= 500 and url ~ '^(https://[A-Za-z0-9.-]+|https://\[[0-9A-Fa-f:.]+\]|http://(localhost|127\.0\.0\.1|\[::1\]))(:[0-9]{1,5})?(/[!$-.0->@-~]*)*$'),
    -- Whose tools they are; null: everybody's who may chat.
    team_id    uuid,
    active     boolean not null default true,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, name),
    foreign key (tenant_id, team_id) references app.teams (tenant_id, id) on delete cascade
);
create index tool_servers_of_team on app.tool_servers (tenant_id, team_id, id);

-- What a model may have called. Of an HTTP API an admin writes it; of an MCP server it is what the server listed, and is offered
-- only as it was when an admin approved it.
create table app.tools (
    tenant_id    uuid not null default context.tenant_id() references app.tenants,
    id           uuid not null default uuidv7(),
    server_id    uuid not null,
    name         text not null check (name ~ '^[A-Za-z0-9_-]{1,40}$'),
    description  text not null check (length(description) <= 4000 and not app.is_blank(description)),
    input_schema jsonb not null check (jsonb_typeof(input_schema) = 'object' and coalesce(input_schema ->> 'type' = 'object', false) and octet_length(input_schema::text) <= 16384),
    -- Of a tool of an HTTP API.
    method       text check (method in ('GET', 'POST', 'PUT', 'PATCH', 'DELETE')),
    path         text check (length(path) <= 300 and path ~ '^(/[!$-.0->@-~]*)*$' and path !~ '(^|/)\.{1,2}(/|$)'),
    approval     text not null default 'always' check (approval in ('always', 'never')),
    active       boolean not null default true,
    -- Of all that it is: SHA-256 in hexadecimal, by the trigger guard_tool.
    fingerprint  text not null default '' check (length(fingerprint) <= 64),
    approved_fingerprint text check (length(approved_fingerprint) = 64),
    approved     boolean not null generated always as (coalesce(approved_fingerprint = fingerprint, false)) stored,
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, server_id, name),
    constraint tools_http_check check ((method is null) = (path is null)),
    foreign key (tenant_id, server_id) references app.tool_servers (tenant_id, id) on delete cascade
);
create index tools_of_server on app.tools (tenant_id, server_id, id);

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

-- Where the sealed trail of a tenant is sent, leaf by leaf.
create table app.audit_streams (
    tenant_id       uuid not null default context.tenant_id() references app.tenants,
    id              uuid not null default uuidv7(),
    -- Without encryption only where the sender is told that it may.
    url             text not null check (length(url) <= 2000 and url ~ '^((https://[A-Za-z0-9.-]+|https://\[[0-9A-Fa-f:.]+\]|http://(localhost|127\.0\.0\.1|\[::1\]))(:[0-9]{1,5})?([/?][!"$-~]*)?|syslogs?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?)$'),
    kind            text not null generated always as (case when url ~ '^syslog' then 'syslog' else 'webhook' end) stored check (kind in ('webhook', 'syslog')),
    format          text not null default 'ocsf' check (format in ('ocsf', 'jsonl')),
    description     text not null default '' check (length(description) <= 200 and (description = '' or app.is_name(description))),
    active          boolean not null default true,
    disabled_reason text check (disabled_reason in ('gone', 'failing')),
    last_index      bigint not null default -1 check (last_index >= -1),
    failing_since   timestamptz,
    failures        integer not null default 0 check (failures >= 0),
    failure         text check (failure in ('status', 'redirect', 'timeout', 'connection', 'tls', 'address', 'secret')),
    response_status integer check (response_status between 100 and 999),
    next_attempt_at timestamptz not null default now(),
    lent_until      timestamptz,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (tenant_id, id),
    check (disabled_reason is null or not active)
);

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
    remember          boolean,
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
    template        text not null check (template in ('verify_email', 'account_exists', 'reset_password', 'no_account', 'sign_in', 'change_email', 'email_taken', 'password_changed', 'email_changed', 'invitation', 'password_removed', 'passkey_added', 'passkey_removed', 'second_factor_added', 'second_factor_removed', 'recovery_code_used', 'new_device', 'api_key_created', 'identity_linked', 'identity_unlinked', 'deletion_asked', 'deletion_withdrawn', 'deletion_postponed', 'account_deleted', 'guest_upgrade', 'webhook_disabled', 'audit_stream_disabled', 'support_opened', 'retention_lowered', 'tenant_invitation', 'tenant_deletion_asked', 'tenant_deletion_withdrawn')),
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
    -- Of one of the two.
    endpoint_id uuid,
    stream_id   uuid,
    secret      text not null check (length(secret) <= 500),
    created_at  timestamptz not null default now(),
    expires_at  timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, endpoint_id) references app.webhook_endpoints (tenant_id, id) on delete cascade,
    foreign key (tenant_id, stream_id) references app.audit_streams (tenant_id, id) on delete cascade,
    check ((endpoint_id is null) <> (stream_id is null))
);
create index webhook_secrets_of_endpoint on auth.webhook_secrets (tenant_id, endpoint_id, id);
create index webhook_secrets_of_stream on auth.webhook_secrets (tenant_id, stream_id, id);

-- The operator inside a tenant: for a reason, for hours and not days, and never without the tenant's admins seeing it.
-- A tenant's own provider of models. The key is encrypted under the master key, with the row's id as additional data.
create table auth.model_providers (
    tenant_id     uuid not null references app.tenants,
    id            uuid not null,
    base_url      text not null check (length(base_url) <= 500 and base_url ~ '^https?://[^[:space:]]+$'),
    sealed_key    text check (length(sealed_key) <= 2000),
    -- Which may be asked for; null: any.
    models        text[] check (cardinality(models) between 1 and 100 and array_position(models, null) is null),
    default_model text check (default_model ~ '^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$'),
    -- Which one embeds; null: nobody does, and passages are found by words and letters.
    embedding_model text check (embedding_model ~ '^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$'),
    system_prompt text check (length(system_prompt) <= 8000),
    active        boolean not null default true,
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id),
    check (models is null or default_model = any (models))
);

-- Turns: a question and its answer, from the reservation to the settlement. No text is here.
create table auth.turns (
    tenant_id       uuid not null references app.tenants,
    id              uuid not null default uuidv7(),
    user_id         uuid not null,
    -- Null where nothing is kept: a temporary chat, or a client that keeps its history itself.
    conversation_id uuid,
    team_id         uuid,
    question_id     uuid,
    answer_id       uuid,
    credential_kind text not null check (credential_kind in ('session', 'guest', 'api_key', 'support', 'job')),
    credential_id   uuid not null,
    -- sha256 of the sha256 of what whoever streams the answer settles it with.
    settlement      bytea not null check (octet_length(settlement) = 32),
    idempotency_key bytea check (octet_length(idempotency_key) = 32),
    request         bytea check (octet_length(request) = 32),
    generator       text not null check (generator in ('model', 'extractive', 'curated', 'memory', 'embedding')),
    model           text not null check (length(model) between 1 and 100),
    -- Held of these budgets until the turn is over.
    held_micros     bigint not null default 0 check (held_micros >= 0),
    budgets         uuid[] not null default '{}',
    began_at        timestamptz not null default now(),
    -- Until when whoever streams it is taken to be alive.
    lease_until     timestamptz not null default now() + interval '2 minutes',
    stop_asked_at   timestamptz,
    -- When nobody had renewed its lease, and what it held was let go.
    lost_at         timestamptz,
    settled_at      timestamptz,
    outcome         text check (outcome in ('complete', 'stopped', 'failed')),
    -- The turn whose question is embedded, with which this one is settled; or the document.
    embeds_for      uuid,
    primary key (tenant_id, id),
    -- A turn outlives its conversation: what it holds is let go when it is over.
    foreign key (tenant_id, conversation_id) references app.conversations (tenant_id, id) on delete set null (conversation_id),
    check ((idempotency_key is null) = (request is null)),
    check ((settled_at is null) = (outcome is null)),
    check (held_micros = 0 or settled_at is null and lost_at is null)
);
create unique index turns_once on auth.turns (tenant_id, user_id, idempotency_key) where idempotency_key is not null;
create index turns_of_conversation on auth.turns (tenant_id, conversation_id, id);
create index turns_embedding on auth.turns (tenant_id, embeds_for) where embeds_for is not null;
create index turns_under_way on auth.turns (tenant_id, lease_until) where settled_at is null and lost_at is null;

-- Links with which colleagues read a conversation up to one of its messages. The secret alone opens nothing: whoever shows it comes in
-- through the door (context.open_share_link).
create table auth.share_links (
    tenant_id       uuid not null default context.tenant_id() references app.tenants,
    id              uuid not null default uuidv7(),
    user_id         uuid not null default context.user_id(),
    conversation_id uuid not null,
    message_id      uuid not null,
    -- The conversation's when the link was made: where it moved since, the link opens no more.
    team_id         uuid,
    digest          bytea not null check (octet_length(digest) = 32),
    created_at      timestamptz not null default now(),
    expires_at      timestamptz not null,
    revoked_at      timestamptz,
    primary key (tenant_id, id),
    foreign key (tenant_id, user_id, conversation_id)
        references app.conversations (tenant_id, user_id, id) on delete cascade,
    foreign key (tenant_id, conversation_id, message_id)
        references app.messages (tenant_id, conversation_id, id) on delete cascade,
    foreign key (tenant_id, team_id) references app.teams (tenant_id, id) on delete cascade
);
create unique index share_links_by_digest on auth.share_links (tenant_id, digest);
create index share_links_of_member on auth.share_links (tenant_id, user_id, id);
create index share_links_of_conversation on auth.share_links (tenant_id, user_id, conversation_id);
create index share_links_of_message on auth.share_links (tenant_id, conversation_id, message_id);
create index share_links_of_team on auth.share_links (tenant_id, team_id);

-- What a tool server knows the company by: a header with a secret, encrypted under the master key, with the row's id as additional data.
create table auth.tool_secrets (
    tenant_id  uuid not null,
    id         uuid not null,
    server_id  uuid not null,
    header     text not null check (header ~ '^[A-Za-z][A-Za-z0-9-]{0,63}$' and lower(header) !~ '^(host|cookie|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|accept.*|content-.*|proxy-.*|sec-.*|mcp-.*|x-rowhouse-.*|forwarded|x-forwarded-.*|user-agent|last-event-id)$'),
    sealed     text not null check (length(sealed) <= 3000),
    created_at timestamptz not null default now(),
    primary key (tenant_id, id),
    unique (tenant_id, server_id),
    foreign key (tenant_id, server_id) references app.tool_servers (tenant_id, id) on delete cascade
);

-- Calls of tools that wait for the word of whoever asked. What is to be called stands in the answer; here is what it was then.
create table auth.tool_approvals (
    tenant_id   uuid not null references app.tenants,
    id          uuid not null,
    user_id     uuid not null,
    answer_id   uuid not null,
    -- No key of app.tools: of a tool that is no more, the word is refused.
    tool_id     uuid not null,
    fingerprint text not null check (length(fingerprint) = 64),
    call_id     text not null check (length(call_id) between 1 and 200),
    created_at  timestamptz not null default now(),
    expires_at  timestamptz not null default now() + interval '1 day',
    decided_at  timestamptz,
    approved    boolean,
    primary key (tenant_id, id),
    foreign key (tenant_id, answer_id) references app.messages (tenant_id, id) on delete cascade,
    check ((decided_at is null) = (approved is null))
);
create index tool_approvals_of_answer on auth.tool_approvals (tenant_id, answer_id);

-- Up to where what somebody said was read for what to remember of them, and when there is more to read. Whoever forgets something
-- moves the mark to now: what was said before is read no more.
create table auth.memory_readings (
    tenant_id     uuid not null references app.tenants,
    user_id       uuid not null,
    read_until    timestamptz,
    -- Up to where the claim in hand reads.
    claimed_until timestamptz,
    due_at        timestamptz,
    -- Counts claims and forgettings: what an earlier one brings is thrown away.
    attempt       integer not null default 0 check (attempt >= 0),
    tries         integer not null default 0 check (tries between 0 and 5),
    primary key (tenant_id, user_id),
    foreign key (tenant_id, user_id) references app.memberships (tenant_id, user_id) on delete cascade
);
create index memory_readings_due on auth.memory_readings (due_at) where due_at is not null;

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

-- Objects of the storage that no version of a document names: of uploads under way, and of versions that are gone. Each is
-- deleted when it is due. They outlive their tenant's rows, so nothing here refers to one.
create table jobs.unkept_objects (
    object_key text primary key check (object_key ~ '^[0-9a-f-]{36}/[0-9a-f]{32}$'),
    tenant     uuid not null,
    due_at     timestamptz not null,
    tries      integer not null default 0 check (tries >= 0),
    failure    text check (failure ~ '^[a-z]+(_[a-z]+)*$' and length(failure) <= 60),
    created_at timestamptz not null default now()
);
create index unkept_objects_due on jobs.unkept_objects (due_at);
create index unkept_objects_of_tenant on jobs.unkept_objects (tenant);

-- audit: the trail ---------------------------------------------------------------------------------

-- What the trail can hold: db/schema/audit/event_types.sql is the list.
create table audit.event_types (
    action     text not null check (action ~ '^[a-z_]+(\.[a-z_]+)*$' and length(action) <= 60),
    -- Of the row that was changed or read; '' for a named event.
    table_name text not null default '' check (length(table_name) <= 130),
    severity   text not null check (severity in ('informational', 'low', 'medium', 'high', 'critical')),
    meaning    text not null check (length(meaning) between 1 and 300),
    primary key (action, table_name),
    check ((table_name = '') = (action not in ('insert', 'update', 'delete', 'read')))
);

create table audit.events (
    tenant_id       uuid not null,
    id              uuid not null default uuidv7(),
    at              timestamptz not null default clock_timestamp(),
    transaction_id  xid8 not null default pg_current_xact_id(),
    action          text not null check (action ~ '^[a-z_]+(\.[a-z_]+)*$'),
    severity        text not null check (severity in ('informational', 'low', 'medium', 'high', 'critical')),
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
    check ((table_name is null) = (action not in ('insert', 'update', 'delete', 'read'))),
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
-- What one person did of one kind, and what came in one way: where either has millions, looking through one finds the few of both
-- in seconds. There are no statistics to choose by (audit.lock_partition()).
create index events_by_actor_action on audit.events (tenant_id, actor_id, action, at, id);
create index events_by_action_kind on audit.events (tenant_id, action, actor_kind, at, id);
-- What is more than daily work is found by how severe it is; and of what is to be looked at, both kinds by their time.
create index events_by_severity on audit.events (tenant_id, severity, at, id) where severity <> 'informational';
create index events_of_note on audit.events (tenant_id, at, id) where severity in ('high', 'critical');
-- In the order in which the trail is sealed. With the tenant, so that it leads to no row next door.
create index events_by_transaction on audit.events (transaction_id, tenant_id, id);
create table audit.events_default partition of audit.events default;

-- audit: what makes it tell-tale (docs/audit/sealing.md) ---------------------------------------------

-- The one row says how far the trail is sealed, and which transaction seals or erases at the moment: whoever does holds its lock.
create table audit.seal_mark (
    name           text primary key default 'trail' check (length(name) between 1 and 20),
    -- What was finished below is sealed.
    transaction_id xid8 not null default '0',
    tenant_id      uuid not null default '00000000-0000-0000-0000-000000000000',
    event_id       uuid not null default '00000000-0000-0000-0000-000000000000',
    work           text check (work in ('sealing', 'erasing', 'expiring')),
    worker         xid8,
    check ((work is null) = (worker is null))
);
insert into audit.seal_mark default values;

create table audit.trees (
    tenant_id   uuid primary key,
    size        bigint not null check (size > 0),
    -- Of the last checkpoint.
    signed_size bigint not null default 0 check (signed_size between 0 and size),
    -- Of the last one that was taken outside.
    anchored_size bigint not null default 0 check (anchored_size between 0 and signed_size),
    -- Leaves below are over, as the event expiry_event in this tree says; once that is signed, they go. Below removed_size they are gone.
    expired_size bigint not null default 0 check (expired_size between 0 and signed_size),
    expiry_event uuid,
    removed_size bigint not null default 0 check (removed_size between 0 and expired_size),
    check ((expired_size = 0) = (expiry_event is null))
);
create index trees_to_expire on audit.trees (tenant_id) where expired_size > removed_size;
create index trees_to_sign on audit.trees (tenant_id) where size > signed_size;
create index trees_to_anchor on audit.trees (tenant_id) where signed_size > anchored_size;

-- Which event is which leaf.
create table audit.leaves (
    tenant_id uuid not null,
    index     bigint not null check (index >= 0),
    event_id  uuid not null,
    at        timestamptz not null,
    encoding  smallint not null default 1 check (encoding = 1),
    -- Null once something of the event was erased: what is left of it is in audit.commitments.
    salt      uuid,
    primary key (tenant_id, index),
    unique (tenant_id, event_id)
);

-- The hashes of the trees, 256 of a level in a row (C2SP tlog-tiles).
create table audit.tiles (
    tenant_id uuid not null,
    level     smallint not null check (level between 0 and 7),
    index     bigint not null check (index >= 0),
    hashes    bytea not null check (length(hashes) between 32 and 8192 and length(hashes) % 32 = 0),
    primary key (tenant_id, level, index)
);
-- Hashes do not squeeze.
alter table audit.tiles alter column hashes set storage external;

-- Of events from which something was erased: the salt of each field that stayed, and what commits to each that did not.
create table audit.commitments (
    tenant_id  uuid not null,
    event_id   uuid not null,
    field      text not null check (length(field) between 1 and 1000),
    salt       text check (salt ~ '^[0-9a-f]{64}$'),
    commitment text check (commitment ~ '^[A-Za-z0-9+/]{43}=$'),
    erased_at  timestamptz,
    primary key (tenant_id, event_id, field),
    foreign key (tenant_id, event_id) references audit.leaves (tenant_id, event_id),
    check ((salt is null) = (commitment is not null)),
    check ((salt is null) = (erased_at is not null))
);

create table audit.signing_keys (
    -- sha256 of the public key, in hexadecimal.
    id          text primary key check (id ~ '^[0-9a-f]{64}$'),
    -- What the names of the trees begin with that it signs.
    origin      text not null check (origin ~ '^[a-z0-9.:\[\]-]+(/[a-z0-9._-]+)*$' and length(origin) <= 300),
    public_key  bytea not null check (length(public_key) = 32),
    private_key text not null,
    -- The key before it says with a signature that this one comes after it; null for the first.
    endorsement text check (length(endorsement) <= 2000),
    number      integer not null unique check (number > 0),
    created_at  timestamptz not null default now(),
    check ((number = 1) = (endorsement is null))
);

create table audit.checkpoints (
    tenant_id    uuid not null,
    size         bigint not null check (size > 0),
    root         bytea not null check (length(root) = 32),
    key_id       text not null references audit.signing_keys,
    -- The signed note (C2SP tlog-checkpoint), and what witnesses signed beneath it, a line each.
    note         text not null check (length(note) <= 2000),
    cosignatures text[] not null default '{}',
    created_at   timestamptz not null default now(),
    primary key (tenant_id, size)
);
create index checkpoints_by_key on audit.checkpoints (key_id);

-- For how long trails are kept that no tenant decides about, and how long one may not undercut. One row, the operator's.
create table audit.retention (
    name            text primary key default 'installation' check (name = 'installation'),
    least_months    integer not null default 12 check (least_months between 1 and 1200),
    -- Of what belongs to no tenant, or to one that was erased; null: without end.
    platform_months integer check (platform_months >= least_months and platform_months <= 1200)
);
insert into audit.retention default values;

-- What must not go, at whose word and why. A hold is released, and stays.
create table audit.legal_holds (
    tenant_id      uuid not null,
    id             uuid not null default uuidv7(),
    -- Whose things are held; null: everybody's of the tenant.
    user_id        uuid,
    reason         text not null check (length(reason) <= 500 and not app.is_blank(reason)),
    placed_by      text not null default session_user,
    placed_at      timestamptz not null default now(),
    released_by    text,
    released_at    timestamptz,
    release_reason text check (length(release_reason) <= 500 and not app.is_blank(release_reason)),
    primary key (tenant_id, id),
    check ((released_at is null) = (released_by is null)),
    check ((released_at is null) = (release_reason is null)),
    check (released_at >= placed_at)
);
create index legal_holds_that_stand on audit.legal_holds (tenant_id, user_id) where released_at is null;

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
