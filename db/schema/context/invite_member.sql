-- Asks somebody by mail to join the caller's tenant, whether they have an account or not: the caller learns neither. Nobody
-- promises a role that holds more than they do, nor a team that they could bring nobody into, and no invitation makes an
-- owner. What the inviter may do is asked again when the invitation is accepted.
--
-- days:         for which it is good, 30 at most
-- team_ids:     the teams that they come into; led_team_ids: those that they come to lead, who need not be named twice
set local role rowhouse_definer;
create or replace function context.invite_member(
    email text, role_id uuid, days integer, team_ids uuid[], led_team_ids uuid[]
) returns app.invitations
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    inviter constant uuid := context.require_inviter();
    tenant  constant uuid := context.tenant_id();
    address constant text := auth.normalise_email(email);
    teams   constant uuid[] := array(select distinct named from unnest(team_ids || led_team_ids) as named);
    made    app.invitations;
begin
    perform context.require_role(role_id);
    perform context.require_teams(teams);
    perform context.require_days(days);
    perform pg_advisory_xact_lock(hashtext('auth.mail_tokens'), hashtext(address));
    perform context.refuse_member(address);
    update app.invitations as over set status = 'expired'
    where over.tenant_id = tenant and over.email = address and over.status = 'pending' and over.expires_at <= now();
    if exists (
        select from app.invitations as open
        where open.tenant_id = tenant and open.email = address and open.status = 'pending'
    ) then
        raise exception using
            errcode = 'RH472',
            message = 'this address is invited already',
            hint = 'Send the invitation again, or revoke it first.';
    end if;
    insert into app.invitations (tenant_id, email, role_id, invited_by, expires_at)
        values (tenant, address, invite_member.role_id, inviter, now() + days * interval '1 day')
        returning * into made;
    insert into app.invitation_teams (tenant_id, invitation_id, team_id, role)
        select tenant, made.id, named, case when named = any (led_team_ids) then 'lead' else 'member' end
        from unnest(teams) as named;
    perform auth.mail_invitation(made);
    return made;
end
$$;
grant execute on function context.invite_member(text, uuid, integer, uuid[], uuid[]) to rowhouse_app;
comment on function context.invite_member(text, uuid, integer, uuid[], uuid[]) is
    'Invites an address into the caller''s tenant and teams of it. Raises RH403, RH470 for a member, RH472 for who is invited already, RH473.';
reset role;
