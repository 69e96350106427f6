-- What a link shows to a colleague who has its secret, and an event that says who opened whose. All of it is asked afresh: the link is neither
-- revoked nor over; the conversation is where it was when the link was made, and not in the bin; whoever shares it is a member who may chat,
-- and of a team's conversation both of them are in the team. Else there is no such link, whatever is wrong with it.
--
-- What an answer says may come from documents that the reader may not read. So an answer is shown only where everything that it rests on, and
-- that the answers before it rest on, is the reader's to read now: what was said before was told to the model with each question. Words
-- of the person's own they share by making the link. Of what an answer consists beside its text, its citations are shown and nothing else.
--
-- Whose conversation it is, is acted as while it is read, so that this function reaches no more of conversations and messages than others do.
-- The caller's own context is sealed again before anything is returned.
--
-- Raises RH403 chat, session and account, RH404.
set local role rowhouse_definer;
create or replace function context.open_share_link(digest bytea) returns app.shared_conversation
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    body     constant text := context.open_seal('chat');
    tenant   constant uuid := context.tenant_in(body);
    me       constant uuid := context.user_in(body);
    readable constant boolean := 'read_documents' = any (context.permissions_in(body));
    teams    constant uuid[] := coalesce(context.teams_in(body), '{}');
    link     auth.share_links;
    shown    app.shared_conversation;
begin
    if tenant is null then
        perform context.refuse('chat');
    end if;
    if context.member_tenant() is null then
        perform context.refuse(case context.kind_in(body) when 'guest' then 'account' else 'session' end);
    end if;
    select * into link from auth.share_links as known
    where known.tenant_id = tenant and known.digest = sha256(open_share_link.digest)
        and known.revoked_at is null and known.expires_at > statement_timestamp()
        and exists (
            select from context.holdings as way
            where way.tenant_id = known.tenant_id and way.user_id = known.user_id and way.api_key_id is null and way.permission = 'chat'
        )
        and (known.team_id is null or known.team_id = any (teams) and exists (
            select from app.team_members as place
            where place.tenant_id = known.tenant_id and place.team_id = known.team_id and place.user_id = known.user_id
        ));
    if not found then
        perform context.refuse_missing('link');
    end if;
    shown.link_id := link.id;
    shown.shared_at := link.created_at;
    shown.expires_at := link.expires_at;
    select membership.display_name into shown.shared_by from app.memberships as membership
    where membership.tenant_id = tenant and membership.user_id = link.user_id;

    perform context.act(link.user_id, tenant, '{}');
    select known.title into shown.title from app.conversations as known
    where known.tenant_id = tenant and known.id = link.conversation_id
        and known.deleted_at is null and known.team_id is not distinct from link.team_id;
    if found then
        with recursive line as (
            select said.id, said.parent_id, said.role, said.content, said.parts, said.generator, said.model, said.provenance,
                said.created_at, 1 as place
            from app.messages as said
            where said.tenant_id = tenant and said.conversation_id = link.conversation_id and said.id = link.message_id
            union all
            select said.id, said.parent_id, said.role, said.content, said.parts, said.generator, said.model, said.provenance,
                said.created_at, line.place + 1
            from line
            join app.messages as said
                on said.tenant_id = tenant and said.conversation_id = link.conversation_id and said.id = line.parent_id
            where line.place < 1000
        ), weighed as (
            select line.*, line.role = 'assistant' and not bool_and(
                line.role = 'user' or line.content = '' and line.parts = '[]'
                or context.may_be_told(line.provenance, tenant, me, readable, teams)
            ) over (order by line.place desc) as withheld
            from line
        )
        select array_agg(row(
            weighed.id, weighed.role, case when not weighed.withheld then weighed.content end, weighed.withheld,
            case when weighed.withheld then '[]' else jsonb_path_query_array(weighed.parts, '$[*] ? (@.type == "data-citation").data') end,
            weighed.generator, weighed.model, weighed.created_at
        )::app.shared_message order by weighed.place desc)
        into shown.messages from weighed;
    end if;
    perform context.seal(body);
    if shown.messages is null then
        perform context.refuse_missing('link');
    end if;
    perform audit.record_event('share_link.opened', tenant, jsonb_build_object(
        'link', link.id, 'conversation', link.conversation_id, 'owner', link.user_id));
    return shown;
end
$$;
grant execute on function context.open_share_link(bytea) to rowhouse_app;
comment on function context.open_share_link(bytea) is
    'What a link shows to a colleague who has its secret; recorded in the trail. Raises RH403, RH404.';
reset role;
