-- Whether one more person fits into a tenant: RH471 where every seat is taken. Active members sit; nobody else does. The
-- tenant's row is locked, so that however many come at once take turns, and the last seat is given once.
set local role rowhouse_definer;
create or replace function app.take_seat(tenant uuid) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    seats integer;
    taken integer;
begin
    select known.seats into seats from app.tenants as known where known.id = tenant;
    if seats is null then
        return;
    end if;
    select known.seats into seats from app.tenants as known where known.id = tenant for no key update;
    select count(*) into taken from app.memberships as membership
    where membership.tenant_id = tenant and membership.status = 'active';
    if taken >= seats then
        raise exception using
            errcode = 'RH471',
            message = format('all %s seats are taken', seats),
            hint = 'Remove or suspend somebody, or get more seats.';
    end if;
end
$$;
comment on function app.take_seat(uuid) is
    'Locks the tenant and raises RH471 unless one more active member fits into its seats.';
reset role;
