create or replace function app.create_share_link(
    digest bytea, conversation_id uuid, message_id uuid default null, days integer default 30
)
    returns app.share_links
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    made constant uuid := context.make_share_link(
        create_share_link.digest, create_share_link.conversation_id, create_share_link.message_id, coalesce(create_share_link.days, 30));
    link app.share_links;
begin
    select known.* into link from app.share_links as known where known.id = made;
    return link;
end
$$;
grant execute on function app.create_share_link(bytea, uuid, uuid, integer) to rowhouse_app;
comment on function app.create_share_link(bytea, uuid, uuid, integer) is
    'Makes a link with which colleagues read a conversation of the caller''s, as it stands at its newest message or at an earlier one.';
