-- What endpoints hear of a role.
set local role rowhouse_definer;
create or replace function app.announce_role() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if tg_op = 'UPDATE' and (new.name, new.description, new.permissions) is not distinct from (old.name, old.description, old.permissions) then
        return null;
    end if;
    perform jobs.queue_webhooks(
        coalesce(new.tenant_id, old.tenant_id),
        case tg_op when 'INSERT' then 'role.created' when 'UPDATE' then 'role.changed' else 'role.deleted' end,
        jsonb_build_object('role_id', coalesce(new.id, old.id))
    );
    return null;
end
$$;
grant execute on function app.announce_role() to rowhouse_owner;
comment on function app.announce_role() is
    'Trigger: writes role.* for the webhook endpoints that want to hear of it.';
reset role;

create or replace trigger announce after insert or update of name, description, permissions or delete on app.roles
    for each row execute function app.announce_role();
