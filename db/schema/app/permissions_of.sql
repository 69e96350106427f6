create or replace function app.permissions_of(user_id uuid) returns setof app.holding
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select * from context.permissions_of(user_id)
$$;
grant execute on function app.permissions_of(uuid) to rowhouse_app;
comment on function app.permissions_of(uuid) is
    'What somebody may do, and why: each way in which they, and their keys, come by a permission just now. Of others it needs manage_users or manage_roles.';
