create or replace function app.revoke_invitation(id uuid) returns app.invitations
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    select * from context.revoke_invitation(revoke_invitation.id)
$$;
grant execute on function app.revoke_invitation(uuid) to rowhouse_app;
comment on function app.revoke_invitation(uuid) is 'Takes an invitation back: its link opens nothing from now on.';
