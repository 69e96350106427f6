-- What endpoints hear of the tenant itself: which of its settings changed, and not to what.
set local role rowhouse_definer;
create or replace function app.announce_tenant() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    changed constant text[] := array(
        select now_is.key from jsonb_each(to_jsonb(new)) as now_is
        where now_is.key <> 'updated_at' and now_is.value is distinct from to_jsonb(old) -> now_is.key
        order by now_is.key
    );
begin
    if changed <> '{}' then
        perform jobs.queue_webhooks(new.id, 'tenant.updated', jsonb_build_object('changed', changed));
    end if;
    return null;
end
$$;
grant execute on function app.announce_tenant() to rowhouse_owner;
comment on function app.announce_tenant() is
    'Trigger: writes tenant.updated for the webhook endpoints that want to hear of it.';
reset role;

create or replace trigger announce after update on app.tenants
    for each row execute function app.announce_tenant();
