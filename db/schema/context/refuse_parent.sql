-- Refuses what a message is to follow: unknown, of another conversation, or no question where one is to be answered. All
-- the same to whoever asks.
create or replace function context.refuse_parent() returns void
    language plpgsql immutable parallel safe security invoker
    set search_path = ''
as $$
begin
    raise exception using
        errcode = 'RH430',
        message = 'there is no such message in this conversation to go on from',
        hint = 'Name a message of the conversation as the parent; a question, to have it answered again.';
end
$$;
grant execute on function context.refuse_parent() to rowhouse_definer;
comment on function context.refuse_parent() is 'Raises RH430: the parent is no message of the conversation.';
