create or replace function app.resend_invitation(id uuid, days integer default 7) returns app.invitations
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    select * from context.resend_invitation(resend_invitation.id, coalesce(resend_invitation.days, 7))
$$;
grant execute on function app.resend_invitation(uuid, integer) to rowhouse_app;
comment on function app.resend_invitation(uuid, integer) is
    'Mails an invitation again, in the caller''s name and with a new link; the one before is good no more.';
