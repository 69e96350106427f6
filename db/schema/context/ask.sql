-- Writes the question of a turn and makes room for its answer. Without words the question is one that was asked already, to be
-- answered again. Triggers see to the rest: the team, the clock and the title of the conversation, what may not be said.
--
-- parent: null: after the newest message, or, `from_start`, as a first one
-- Raises RH404, RH406, RH410, RH430.
set local role rowhouse_definer;
create or replace function context.ask(
    conversation app.conversations, turn uuid, content text, parts jsonb, parent uuid, from_start boolean, generator text, model text,
    out question uuid, out answer uuid
)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if content is null then
        select said.id into question from app.messages as said
        where said.tenant_id = conversation.tenant_id and said.conversation_id = conversation.id
            and said.id = parent and said.role = 'user';
        if not found then
            perform context.refuse_parent();
        end if;
        if conversation.status = 'archived' then
            perform context.refuse_archived();
        end if;
    else
        if parent is null and not from_start then
            select said.id into parent from app.messages as said
            where said.tenant_id = conversation.tenant_id and said.conversation_id = conversation.id
            order by said.id desc limit 1;
        end if;
        insert into app.messages (tenant_id, user_id, conversation_id, content, parts, parent_id)
        values (conversation.tenant_id, conversation.user_id, conversation.id, content, coalesce(parts, '[]'), parent)
        returning id into question;
    end if;
    insert into app.messages (tenant_id, user_id, conversation_id, role, status, content, parent_id, turn_id, model, generator)
    values (conversation.tenant_id, conversation.user_id, conversation.id, 'assistant', 'streaming', '', question, turn, model,
        generator)
    returning id into answer;
end
$$;
comment on function context.ask(app.conversations, uuid, text, jsonb, uuid, boolean, text, text) is
    'Writes the question of a turn and makes room for its answer. Raises RH404, RH406, RH410, RH430.';
reset role;
