-- Takes an invitation back: its link opens nothing from now on, and a mail that waits is not sent.
set local role rowhouse_definer;
create or replace function context.revoke_invitation(id uuid) returns app.invitations
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tenant  constant uuid := context.tenant_id();
    address text;
    over    app.invitations;
begin
    if not context.may('manage_users') then
        perform context.refuse('manage_users');
    end if;
    select open.email into address from app.invitations as open
    where open.tenant_id = tenant and open.id = revoke_invitation.id;
    perform pg_advisory_xact_lock(hashtext('auth.mail_tokens'), hashtext(address));
    perform auth.void_invitation(open.id) from app.invitations as open
    where open.tenant_id = tenant and open.id = revoke_invitation.id and open.status in ('pending', 'expired');
    update app.invitations as open set status = 'revoked'
    where open.tenant_id = tenant and open.id = revoke_invitation.id and open.status in ('pending', 'expired')
    returning * into over;
    if not found then
        perform context.refuse_invitation(revoke_invitation.id);
    end if;
    return over;
end
$$;
grant execute on function context.revoke_invitation(uuid) to rowhouse_app;
comment on function context.revoke_invitation(uuid) is
    'Takes an invitation back. Raises RH403, RH404, and RH476 for one that is over.';
reset role;
