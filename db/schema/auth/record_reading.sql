-- Writes into the trail what a request handed out by a right of its caller's: conversations of others, what others thought of an
-- answer, the trail itself. The web process says which rows went into its answer, and does not send the answer before this
-- has committed: nobody has another's words before the trail says so.
--
-- credential: sha256 of the secret
-- handed: {"conversations": [{"id", "user_id", "by_team", "messages"}], "feedback": [{"id", "user_id"}],
--          "events": {"events", "first", "last"}, "questions": how many, "exported": {"conversation_id", "format"}, "asked": ["a name of the API"]};
--         by_team, whether they are in the team that the row is of; null without one
--
-- What is the caller's own is no event, nor what is their team's. Support has nothing of its own: as a member, too, it reads what is
-- another's, and whatever it asks for is an event. One event for each conversation, so that what became of a record tells who read it.
--
-- Returns whose rows are the caller's own, so that the process need not tell of those again; null if none are.
set local role rowhouse_definer;
create or replace function auth.record_reading(credential bytea, facts jsonb, handed jsonb) returns uuid
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    holder context.holder := context.known_holder(credential);
    reader constant uuid := case when holder.kind <> 'support' then holder.user_id end;
    "right" constant text := case holder.kind when 'support' then 'support' else 'view_all_chats' end;
begin
    if holder.tenant_id is null then
        return reader;
    end if;
    holder.permissions := '{}';
    perform context.seal(context.body_of(holder, context.stated(facts)));

    insert into audit.events (
        tenant_id, action, severity, table_name, row_key, row_id, detail,
        actor_kind, actor_id, credential_id, impersonator_id, request_id, ip, user_agent
    )
    select
        holder.tenant_id, type.action, type.severity, read.table_name, jsonb_build_object('tenant_id', holder.tenant_id, 'id', read.id), read.id::text, read.detail,
        holder.kind, holder.user_id, holder.credential_id,
        case when holder.kind = 'support' then holder.credential_id end,
        facts ->> 'request_id', (facts ->> 'ip')::inet, facts ->> 'user_agent'
    from (
        select
            'app.conversations' as table_name, told.id, told.user_id, told.by_team,
            jsonb_build_object('right', "right", 'messages', told.messages) as detail
        from jsonb_to_recordset(handed -> 'conversations') as told (id uuid, user_id uuid, by_team boolean, messages integer)
        union all
        select 'app.message_feedback', told.id, told.user_id, null, jsonb_build_object('right', "right")
        from jsonb_to_recordset(handed -> 'feedback') as told (id uuid, user_id uuid)
    ) as read
    join audit.event_types as type on type.action = 'read' and type.table_name = read.table_name
    where read.user_id is distinct from reader and (holder.kind = 'support' or read.by_team is not true);

    if handed ? 'events' then
        perform audit.record_event('audit.read', holder.tenant_id, handed -> 'events');
    end if;
    if handed ? 'questions' then
        perform audit.record_event('chat.questions_read', holder.tenant_id, jsonb_build_object('questions', handed -> 'questions'));
    end if;
    if handed ? 'exported' then
        perform audit.record_event('chat.exported', holder.tenant_id, handed -> 'exported');
    end if;
    if handed ? 'asked' and holder.kind = 'support' then
        perform audit.record_event('support.read', holder.tenant_id, jsonb_build_object('asked', handed -> 'asked'));
    end if;
    return reader;
end
$$;
grant execute on function auth.record_reading(bytea, jsonb, jsonb) to rowhouse_auth;
comment on function auth.record_reading(bytea, jsonb, jsonb) is
    'Writes into the trail what a request handed out that is another''s, by a right of its caller''s; returns whose rows are the caller''s own.';
reset role;
