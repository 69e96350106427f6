create or replace function app.suspend_member(id uuid) returns app.memberships
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    select * from context.set_member_status(suspend_member.id, 'suspended', '{active}')
$$;
grant execute on function app.suspend_member(uuid) to rowhouse_app;
comment on function app.suspend_member(uuid) is
    'Keeps a member out for now: their sessions and keys open nothing, and their seat is free.';
