create or replace function app.remove_member(id uuid) returns app.memberships
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    select * from context.set_member_status(remove_member.id, 'removed', '{active,suspended}')
$$;
grant execute on function app.remove_member(uuid) to rowhouse_app;
comment on function app.remove_member(uuid) is
    'Takes somebody out of the tenant: their sessions and keys open nothing from now on. Their row stays as the author of what they did; an invitation brings them back.';
