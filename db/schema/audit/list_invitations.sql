-- For an access review: who was asked in and has not come yet.
set local role rowhouse_definer;
create or replace function audit.list_invitations(tenant uuid)
    returns table (
        id uuid, email text, role_id uuid, invited_by uuid, teams text[], created_at timestamptz, sent_at timestamptz, expires_at timestamptz
    )
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select
        invitation.id, invitation.email, invitation.role_id, invitation.invited_by,
        array(
            select team.name from app.invitation_teams as promised
            join app.teams as team on team.tenant_id = promised.tenant_id and team.id = promised.team_id
            where promised.tenant_id = invitation.tenant_id and promised.invitation_id = invitation.id
            order by team.name
        ),
        invitation.created_at, invitation.sent_at, invitation.expires_at
    from app.invitations as invitation
    where invitation.tenant_id = list_invitations.tenant and invitation.status = 'pending'
$$;
grant execute on function audit.list_invitations(uuid) to rowhouse_auditor;
comment on function audit.list_invitations(uuid) is
    'For an access review: the invitations of a tenant that nobody has accepted or revoked.';
reset role;
