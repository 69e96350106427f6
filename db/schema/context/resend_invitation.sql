-- Sends an invitation again, with a new link: the one before is good no more. Whoever sends it again answers for it from now
-- on, so they have to hold what it promises, the teams as well. Also one that has expired.
set local role rowhouse_definer;
create or replace function context.resend_invitation(id uuid, days integer) returns app.invitations
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    inviter constant uuid := context.require_inviter();
    tenant  constant uuid := context.tenant_id();
    address text;
    sent    app.invitations;
begin
    perform context.require_days(days);
    select open.email into address from app.invitations as open
    where open.tenant_id = tenant and open.id = resend_invitation.id;
    perform pg_advisory_xact_lock(hashtext('auth.mail_tokens'), hashtext(address));
    perform auth.void_invitation(open.id) from app.invitations as open
    where open.tenant_id = tenant and open.id = resend_invitation.id and open.status in ('pending', 'expired');
    update app.invitations as open
    set status = 'pending', invited_by = inviter, times_sent = open.times_sent + 1, sent_at = now(),
        expires_at = now() + days * interval '1 day'
    where open.tenant_id = tenant and open.id = resend_invitation.id and open.status in ('pending', 'expired')
    returning * into sent;
    if not found then
        perform context.refuse_invitation(resend_invitation.id);
    end if;
    perform context.require_role(sent.role_id);
    perform context.require_teams(array(
        select promised.team_id from app.invitation_teams as promised
        where promised.tenant_id = tenant and promised.invitation_id = sent.id
    ));
    perform context.refuse_member(address);
    perform auth.mail_invitation(sent);
    return sent;
end
$$;
grant execute on function context.resend_invitation(uuid, integer) to rowhouse_app;
comment on function context.resend_invitation(uuid, integer) is
    'Mails an invitation again, with a new link. Raises RH403, RH404, RH470, RH473, and RH476 for one that is over.';
reset role;
