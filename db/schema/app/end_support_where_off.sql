-- A company that turns support off means whoever is inside too, and for good: turned on again, it lets nobody back in who
-- was out. The door asks for the setting itself, so that nothing depends on who is first.
set local role rowhouse_definer;
create or replace function app.end_support_where_off() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    update auth.support_accesses as running set ended_at = now(), end_reason = 'turned_off'
    where running.tenant_id = new.id and running.ended_at is null and running.expires_at > now();
    return null;
end
$$;
grant execute on function app.end_support_where_off() to rowhouse_owner;
comment on function app.end_support_where_off() is
    'Trigger: what support has open in a company ends when the company turns support off.';
reset role;

create or replace trigger end_support_where_off after update of support_access on app.tenants
    for each row when (new.support_access = 'off' and old.support_access <> 'off')
    execute function app.end_support_where_off();
