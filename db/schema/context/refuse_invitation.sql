-- Says why an invitation cannot be sent again or revoked: it is over, or not there.
set local role rowhouse_definer;
create or replace function context.refuse_invitation(id uuid) returns void
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
begin
    if exists (
        select from app.invitations as over
        where over.tenant_id = context.tenant_id() and over.id = refuse_invitation.id
    ) then
        raise exception using
            errcode = 'RH476',
            message = 'this invitation was accepted or revoked',
            hint = 'Invite the address anew.';
    end if;
    raise exception using errcode = 'RH404', message = 'there is no such invitation';
end
$$;
comment on function context.refuse_invitation(uuid) is 'Raises RH476 for an invitation that is over, RH404 for none.';
reset role;
