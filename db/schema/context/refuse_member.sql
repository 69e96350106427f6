-- Refuses to invite who is a member already. Who manages users knows the addresses of the tenant's people, so it is no
-- secret; of everybody else nothing is told.
set local role rowhouse_definer;
create or replace function context.refuse_member(address text) returns void
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
declare
    known text;
begin
    select membership.status into known
    from app.users as person
    join app.memberships as membership on membership.user_id = person.id
    where lower(person.email) = address and membership.tenant_id = context.tenant_id() and membership.status <> 'removed';
    if found then
        raise exception using
            errcode = 'RH470',
            message = 'this person is a member already',
            hint = case known when 'suspended' then 'They are suspended: reactivate them.' else 'Change their role instead.' end;
    end if;
end
$$;
comment on function context.refuse_member(text) is 'Raises RH470 for the address of a member of the caller''s tenant.';
reset role;
