-- Makes a link to a conversation of the caller's, up to one of its messages: the newest that is over, unless another is named. The server makes
-- the secret and sends sha256 of it; what is kept is sha256 of that.
--
-- days: 1 to 365
-- Links that were over for a month go on the way, so that no list of them grows for ever.
-- Raises RH400, RH403 chat, session and account, RH404, RH480.
set local role rowhouse_definer;
create or replace function context.make_share_link(digest bytea, conversation uuid, message uuid, days integer) returns uuid
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    body   constant text := context.open_seal('chat');
    tenant constant uuid := context.tenant_in(body);
    me     constant uuid := context.user_in(body);
    place  app.conversations;
    link   uuid;
begin
    if tenant is null then
        perform context.refuse('chat');
    end if;
    if context.kind_in(body) not in ('session', 'api_key') then
        perform context.refuse(case context.kind_in(body) when 'guest' then 'account' else 'session' end);
    end if;
    if days not between 1 and 365 then
        raise exception using
            errcode = 'RH400',
            message = 'a link is good for 1 to 365 days',
            column = 'days',
            constraint = 'share_links_days';
    end if;
    select * into place from app.conversations as known
    where known.tenant_id = tenant and known.id = conversation and known.user_id = me and known.deleted_at is null
        and (known.team_id is null or known.team_id = any (context.teams_in(body)))
    for no key update;
    if not found then
        perform context.refuse_missing('conversation');
    end if;
    select said.id into message from app.messages as said
    where said.tenant_id = tenant and said.conversation_id = place.id and said.user_id = me and said.status <> 'streaming'
        and said.id = coalesce(make_share_link.message, said.id)
    order by said.id desc
    limit 1;
    if not found then
        perform context.refuse_missing('message');
    end if;
    if context.length_of_line(tenant, place.id, message) > 1000 then
        raise exception using
            errcode = 'RH480',
            message = 'a link shows 1,000 messages at most',
            hint = 'Name an earlier message.';
    end if;

    perform pg_advisory_xact_lock(hashtextextended(format('share links %s %s', tenant, me), 0));
    delete from auth.share_links as over
    where over.tenant_id = tenant and over.user_id = me
        and least(over.revoked_at, over.expires_at) < now() - interval '30 days';
    if (
        select count(*) from auth.share_links as known
        where known.tenant_id = tenant and known.user_id = me and known.revoked_at is null and known.expires_at > now()
    ) >= 100 then
        raise exception using
            errcode = 'RH480',
            message = '100 of 100 links are open',
            hint = 'Revoke one that is needed no more.';
    end if;
    insert into auth.share_links (tenant_id, user_id, conversation_id, message_id, team_id, digest, expires_at)
    values (tenant, me, place.id, message, place.team_id, sha256(make_share_link.digest), now() + days * interval '1 day')
    returning id into link;
    return link;
end
$$;
grant execute on function context.make_share_link(bytea, uuid, uuid, integer) to rowhouse_app;
comment on function context.make_share_link(bytea, uuid, uuid, integer) is
    'Makes a link to a conversation of the caller''s, up to one of its messages. Raises RH400, RH403, RH404, RH480.';
reset role;
