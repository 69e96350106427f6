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
