-- Opens a tenant again that was suspended, or that was to be erased, as long as that has not begun. Sessions and keys that ended
-- stay so. Outcomes: ok; already for one that is open; begun for one whose rows are going.
set local role rowhouse_definer;
create or replace function auth.resume_tenant(tenant uuid, reason text default null) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    standing text;
    outcome  text := 'ok';
begin
    select known.status into strict standing from app.tenants as known where known.id = tenant for no key update;
    if standing = 'active' then
        outcome := 'already';
    else
        delete from auth.tenant_deletions as leaving where leaving.id = tenant and leaving.began_at is null;
        if exists (select from auth.tenant_deletions as leaving where leaving.id = tenant) then
            outcome := 'begun';
        else
            update app.tenants as known set status = 'active' where known.id = tenant;
            perform auth.void_tenant_links(tenant);
        end if;
    end if;
    perform audit.record_event('tenant.resumed', tenant,
        jsonb_strip_nulls(jsonb_build_object('reason', reason, 'from', standing, 'outcome', outcome)));
    return outcome;
end
$$;
grant execute on function auth.resume_tenant(uuid, text) to rowhouse_owner;
comment on function auth.resume_tenant(uuid, text) is
    'For the operator, and for auth.restore_tenant(): opens a tenant that was suspended, or that waits to be erased. Outcome: ok, already or begun.';
reset role;
