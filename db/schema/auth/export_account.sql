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
        'notifyAnswers', taste.notify_answers, 'notifyWeekly', taste.notify_weekly, 'remember', taste.remember, 'updatedAt', taste.updated_at))
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
        'pinnedAt', had.pinned_at, 'deletedAt', had.deleted_at, 'createdAt', had.created_at, 'updatedAt', had.updated_at))
    from places
    join app.conversations as had on had.tenant_id = places.tenant_id and had.user_id = places.user_id
    where places.exported

    union all
    select jsonb_build_object('part', 'messages', 'item', jsonb_build_object(
        'conversation', said.conversation_id, 'id', said.id, 'parent', said.parent_id, 'role', said.role,
        'status', said.status, 'content', said.content, 'parts', said.parts, 'model', said.model, 'createdAt', said.created_at))
    from places
    join app.messages as said on said.tenant_id = places.tenant_id and said.user_id = places.user_id
    where places.exported

    union all
    select jsonb_build_object('part', 'shareLinks', 'item', jsonb_build_object(
        'company', places.slug, 'conversation', link.conversation_id, 'message', link.message_id, 'createdAt', link.created_at,
        'expiresAt', link.expires_at, 'revokedAt', link.revoked_at))
    from places
    join auth.share_links as link on link.tenant_id = places.tenant_id and link.user_id = places.user_id
    where places.exported

    union all
    select jsonb_build_object('part', 'documents', 'item', jsonb_build_object(
        'company', places.slug, 'id', mine.id, 'title', mine.title, 'fileName', mine.file_name, 'mediaType', mine.media_type,
        'tags', mine.tags, 'version', mine.version, 'sha256', mine.sha256, 'createdAt', mine.created_at, 'updatedAt', mine.updated_at))
    from places
    join app.documents as mine on mine.tenant_id = places.tenant_id and mine.user_id = places.user_id
        and mine.visibility = 'private'
    where places.exported

    union all
    -- In pieces of 64 KiB, sixteen of each that is kept: whoever takes the rows holds a hundred of them.
    select jsonb_build_object('part', 'documentContents', 'item', jsonb_build_object(
        'document', part.document_id, 'version', part.version, 'piece', (part.piece - 1) * 16 + slice.number,
        'base64', translate(encode(substr(part.content, (slice.number - 1) * 65536 + 1, 65536), 'base64'), E'\n', '')))
    from places
    join app.document_contents as part on part.tenant_id = places.tenant_id and part.user_id = places.user_id
        and part.visibility = 'private'
    cross join lateral generate_series(1, (octet_length(part.content) + 65535) / 65536) as slice (number)
    where places.exported

    union all
    -- What is in the object storage the server fetches: it is told where, of the caller's own.
    select jsonb_build_object('part', 'documentContents', 'item', jsonb_build_object(
        'document', kept.document_id, 'version', kept.version, 'objectKey', kept.object_key,
        'bytes', kept.size_bytes, 'sha256', kept.sha256))
    from places
    join app.document_versions as kept on kept.tenant_id = places.tenant_id and kept.user_id = places.user_id
        and kept.visibility = 'private' and kept.object_key is not null
    where places.exported

    union all
    select jsonb_build_object('part', 'profiles', 'item', jsonb_build_object(
        'company', places.slug, 'enabled', profile.enabled, 'questions', profile.questions, 'model', profile.model,
        'embedding', profile.embedding, 'createdAt', profile.created_at, 'updatedAt', profile.updated_at))
    from places
    join app.user_profiles as profile on profile.tenant_id = places.tenant_id and profile.user_id = places.user_id
    where places.exported

    union all
    select jsonb_build_object('part', 'memories', 'item', jsonb_build_object(
        'company', places.slug, 'content', known.content, 'learned', known.learned,
        'createdAt', known.created_at, 'updatedAt', known.updated_at))
    from places
    join app.memories as known on known.tenant_id = places.tenant_id and known.user_id = places.user_id
    where places.exported

    union all
    select jsonb_build_object('part', 'feedback', 'item', jsonb_build_object(
        'company', places.slug, 'message', thought.message_id, 'rating', thought.rating, 'comment', thought.comment,
        'createdAt', thought.created_at, 'updatedAt', thought.updated_at))
    from places
    join app.message_feedback as thought on thought.tenant_id = places.tenant_id and thought.user_id = places.user_id
    where places.exported

    union all
    select jsonb_build_object('part', 'usage', 'item', jsonb_build_object(
        'company', places.slug, 'conversation', used.conversation_id, 'model', used.model, 'outcome', used.outcome,
        'inputTokens', used.input_tokens, 'outputTokens', used.output_tokens, 'costMicros', used.cost_micros,
        'createdAt', used.created_at))
    from places
    join app.usage_events as used on used.tenant_id = places.tenant_id and used.user_id = places.user_id
    where places.exported
$$;
grant execute on function auth.export_account() to rowhouse_auth;
comment on function auth.export_account() is
    'All that is the caller''s own, row by row as {part, item}; after auth.enter_export() only.';
reset role;
