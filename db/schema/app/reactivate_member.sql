create or replace function app.reactivate_member(id uuid) returns app.memberships
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    select * from context.set_member_status(reactivate_member.id, 'active', '{suspended}')
$$;
grant execute on function app.reactivate_member(uuid) to rowhouse_app;
comment on function app.reactivate_member(uuid) is
    'Ends a suspension, if there is a seat.';
