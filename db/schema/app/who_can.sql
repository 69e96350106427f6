create or replace function app.who_can(permission text, after uuid default null) returns setof app.holding
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select * from context.holders_of(permission, after)
$$;
grant execute on function app.who_can(text, uuid) to rowhouse_app;
comment on function app.who_can(text, uuid) is
    'Who can do something, and why: each way in which somebody comes by the permission just now. A hundred holders at a time, from a holderId on; needs manage_users or manage_roles.';
