create or replace function app.revoke_share_link(id uuid) returns app.share_links
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    link app.share_links;
begin
    perform context.revoke_share_link(revoke_share_link.id);
    select known.* into link from app.share_links as known where known.id = revoke_share_link.id;
    return link;
end
$$;
grant execute on function app.revoke_share_link(uuid) to rowhouse_app;
comment on function app.revoke_share_link(uuid) is
    'Revokes a link of the caller''s, for good: it opens nothing from the next request on.';
