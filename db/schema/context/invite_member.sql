-- Asks somebody by mail to join the caller's tenant, whether they have an account or not: the caller learns neither. Nobody
-- promises a role that holds more than they do, and no invitation makes an owner. What the inviter may do is asked again
-- when the invitation is accepted.
--
-- days: for which it is good, 30 at most
set local role rowhouse_definer;
create or replace function context.invite_member(email text, role_id uuid, days integer) returns app.invitations
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    inviter constant uuid := context.require_inviter();
    tenant  constant uuid := context.tenant_id();
    -- ASCII letters only: what is like one in Unicode stays as it is, and is no address here.
    address constant text := lower(btrim(email) collate "C");
    made    app.invitations;
begin
    perform context.require_role(role_id);
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
    perform auth.mail_invitation(made);
    return made;
end
$$;
grant execute on function context.invite_member(text, uuid, integer) to rowhouse_app;
comment on function context.invite_member(text, uuid, integer) is
    'Invites an address into the caller''s tenant. Raises RH403, RH470 for a member, RH472 for who is invited already, RH473.';
reset role;
