-- Goes one step further with erasing the accounts whose grace is over, oldest first; one transaction a step, so that it can
-- be broken off and goes on where it was. Two workers take different accounts.
--
-- What a person wrote and who they are goes: messages, conversations, feedback, private documents, preferences, passwords,
-- identities, second factors, sessions, links, what invited them, their place in teams and what they were granted. What others rely on
-- stays without a name: the row of the person, whose address is free again, and their memberships, so that ids in the trail and
-- in others' rows (whom they invited, that support was in a company as them) still mean one and the same somebody. The person acts, who
-- asked for it; the trail says that rows went, and not what was in them (audit.record_change).
--
-- batch: messages, and conversations, that one step takes
-- Returns what the step did: none, there was nobody; more; postponed, for whoever a company cannot do without by now, and while a
-- legal hold stands over them;
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
    hold    uuid;
begin
    perform audit.heed_holds();
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

    -- What they said and who they are must not go. They are asked about again in a week.
    hold := audit.hold_of_person(person.id);
    if hold is not null then
        update auth.deletions as due set due_at = now() + interval '7 days' where due.user_id = person.id;
        update auth.mail_tokens as token set expires_at = now() + interval '8 days'
        where token.user_id = person.id and token.purpose = 'restore_account' and token.used_at is null
            and token.network <> 'sign-in';
        perform audit.record_event('auth.account_deletion_held', null, jsonb_build_object('hold', hold));
        return 'postponed';
    end if;

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
        -- What follows another message is younger, and goes first.
        order by said.id desc
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

    -- Their private documents, with all that is of them; what they brought for a team or the company is others' to rely on.
    delete from app.documents as document
    using app.memberships as membership
    where membership.user_id = person.id and document.tenant_id = membership.tenant_id
        and document.user_id = person.id and document.visibility = 'private';
    delete from app.user_profiles as profile
    using app.memberships as membership
    where membership.user_id = person.id and profile.tenant_id = membership.tenant_id and profile.user_id = person.id;
    delete from app.memories as known
    using app.memberships as membership
    where membership.user_id = person.id and known.tenant_id = membership.tenant_id and known.user_id = person.id;
    delete from auth.memory_readings as reading
    using app.memberships as membership
    where membership.user_id = person.id and reading.tenant_id = membership.tenant_id and reading.user_id = person.id;
    -- What they used stays as figures; what is under way is settled first, or given up by jobs.sweep_holds().
    delete from auth.turns as asked
    using app.memberships as membership
    where membership.user_id = person.id and asked.tenant_id = membership.tenant_id and asked.user_id = person.id
        and coalesce(asked.settled_at, asked.lost_at) is not null;
    delete from app.message_feedback as thought
    using app.memberships as membership
    where membership.user_id = person.id and thought.tenant_id = membership.tenant_id and thought.user_id = person.id;

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
