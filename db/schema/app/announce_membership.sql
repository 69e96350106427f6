-- What endpoints hear of a member: that they came, went, or stand differently.
set local role rowhouse_definer;
create or replace function app.announce_membership() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    about constant jsonb := jsonb_build_object('membership_id', new.id, 'user_id', new.user_id, 'role_id', new.role_id);
    was   constant text := case when tg_op = 'UPDATE' then old.status else 'removed' end;
begin
    if new.status <> was then
        perform jobs.queue_webhooks(new.tenant_id, case
            when new.status = 'removed' then 'member.removed'
            when new.status = 'suspended' then 'member.suspended'
            when was = 'removed' then 'member.joined'
            else 'member.resumed'
        end, about);
    end if;
    if tg_op = 'UPDATE' and new.role_id <> old.role_id then
        perform jobs.queue_webhooks(new.tenant_id, 'member.role_changed',
            about || jsonb_build_object('previous_role_id', old.role_id));
    end if;
    if tg_op = 'UPDATE' and new.is_owner <> old.is_owner then
        perform jobs.queue_webhooks(new.tenant_id, 'member.ownership_changed',
            about || jsonb_build_object('is_owner', new.is_owner));
    end if;
    return null;
end
$$;
grant execute on function app.announce_membership() to rowhouse_owner;
comment on function app.announce_membership() is
    'Trigger: writes member.* for the webhook endpoints that want to hear of it.';
reset role;

create or replace trigger announce after insert or update of status, role_id, is_owner on app.memberships
    for each row execute function app.announce_membership();
