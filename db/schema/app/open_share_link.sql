-- It changes nothing of the conversation and is a mutation all the same: that somebody opened a colleague's link is recorded.
create or replace function app.open_share_link(digest bytea) returns app.shared_conversation
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    select context.open_share_link(open_share_link.digest)
$$;
grant execute on function app.open_share_link(bytea) to rowhouse_app;
comment on function app.open_share_link(bytea) is
    'The conversation that a colleague shares by a link, as far as what it rests on is the caller''s to read; the trail says that they opened it.';
