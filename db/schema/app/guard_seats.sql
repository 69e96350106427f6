-- Whoever becomes an active member takes a seat, by whichever way they come: an invitation, a domain, an import, or the end
-- of a suspension.
set local role rowhouse_definer;
create or replace function app.guard_seats() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if new.status = 'active' and (tg_op = 'INSERT' or old.status <> 'active') then
        perform app.take_seat(new.tenant_id);
    end if;
    return new;
end
$$;
grant execute on function app.guard_seats() to rowhouse_owner;
comment on function app.guard_seats() is
    'Trigger: who becomes an active member takes a seat (RH471 where there is none).';
reset role;

create or replace trigger guard_seats before insert or update of status on app.memberships
    for each row execute function app.guard_seats();
