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
