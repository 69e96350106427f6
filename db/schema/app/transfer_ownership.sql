-- First the caller gives it up, then the other one gets it: of two transfers at once the second finds nothing to give. The
-- new owner gets the old one's role too, because an owner who may do nothing could not answer for the tenant.
create or replace function app.transfer_ownership(id uuid) returns app.memberships
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    caller constant uuid := context.user_id();
    mine   app.memberships;
    owner  app.memberships;
begin
    perform context.require_session();
    update app.memberships as membership set is_owner = false
    where membership.user_id = caller and membership.is_owner and membership.id <> transfer_ownership.id
    returning * into mine;
    if not found then
        perform context.refuse('owner');
    end if;
    update app.memberships as membership set is_owner = true, role_id = mine.role_id
    where membership.id = transfer_ownership.id and membership.status = 'active'
    returning * into owner;
    if not found then
        raise exception using errcode = 'RH404', message = 'there is no such active member';
    end if;
    return owner;
end
$$;
grant execute on function app.transfer_ownership(uuid) to rowhouse_app;
comment on function app.transfer_ownership(uuid) is
    'Makes another active member the owner instead of the caller, with the caller''s role; the caller stays a member.';
