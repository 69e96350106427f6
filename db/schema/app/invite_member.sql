create or replace function app.invite_member(email text, role_id uuid, days integer default 7) returns app.invitations
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    select * from context.invite_member(invite_member.email, invite_member.role_id, coalesce(invite_member.days, 7))
$$;
grant execute on function app.invite_member(text, uuid, integer) to rowhouse_app;
comment on function app.invite_member(text, uuid, integer) is
    'Invites somebody by mail to join the tenant with a role that holds no more than the caller does; good for seven days, or as many as are said, thirty at most.';
