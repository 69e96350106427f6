-- The place that somebody has in a company, locked, for a guard that gives them something: whoever removes them meanwhile
-- waits, and finds it to take away; and what is given twice at once is counted. Guests are nobody's colleagues.
create or replace function context.lock_colleague(tenant uuid, person uuid) returns app.memberships
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    place app.memberships;
begin
    select * into place from app.memberships as membership
    where membership.tenant_id = tenant and membership.user_id = person for no key update;
    if exists (
        select from app.roles as role
        where role.tenant_id = place.tenant_id and role.id = place.role_id and role.built_in and role.name = 'guest'
    ) then
        perform context.refuse('account');
    end if;
    return place;
end
$$;
grant execute on function context.lock_colleague(uuid, uuid) to rowhouse_definer;
comment on function context.lock_colleague(uuid, uuid) is
    'A membership, locked against its removal; no row for a stranger. Raises RH403 (account) for a guest.';
