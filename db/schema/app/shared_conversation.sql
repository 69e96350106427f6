-- What a link shows.
do $$
begin
    if to_regtype('app.shared_message') is null then
        create type app.shared_message as (
            id         uuid,
            role       text,
            content    text,
            withheld   boolean,
            citations  jsonb,
            generator  text,
            model      text,
            created_at timestamptz
        );
        create type app.shared_conversation as (
            link_id    uuid,
            title      text,
            shared_by  text,
            shared_at  timestamptz,
            expires_at timestamptz,
            messages   app.shared_message[]
        );
    end if;
end
$$;
comment on type app.shared_message is 'A message that a link shows.';
comment on column app.shared_message.id is 'Its key.';
comment on column app.shared_message.role is 'Who said it. user: said by the member; assistant: said by the machine.';
comment on column app.shared_message.content is 'What was said; null where it is withheld.';
comment on column app.shared_message.withheld is 'Whether it is kept from the reader: it, or an answer before it, rests on a document that is not theirs to read, or is no more.';
comment on column app.shared_message.citations is 'What the answer cites, a number, a title and a document each; empty where it is withheld.';
comment on column app.shared_message.generator is 'Of an answer: what wrote it. model: a model; extractive: it is quoted from documents, and no model was asked; curated: the company itself.';
comment on column app.shared_message.model is 'Of an answer: the model, or what the generator is called.';
comment on column app.shared_message.created_at is 'When it was said.';
comment on type app.shared_conversation is 'A conversation that a colleague shares by a link, as it stood at the message that the link goes up to.';
comment on column app.shared_conversation.link_id is 'The key of the link.';
comment on column app.shared_conversation.title is 'What the conversation is called.';
comment on column app.shared_conversation.shared_by is 'Who shares it, as their colleagues know them.';
comment on column app.shared_conversation.shared_at is 'When the link was made.';
comment on column app.shared_conversation.expires_at is 'Until when it is good.';
comment on column app.shared_conversation.messages is 'What was said, the first message first.';
