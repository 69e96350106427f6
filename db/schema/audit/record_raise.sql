-- Tells the trail who got a power: ownership, or a permission to manage (manage_…), to read everybody's chats or to read the
-- trail. By a membership with its role, by what a role that somebody, or a key, has may do from now on, or for a time.
set local role rowhouse_definer;
create or replace function audit.record_raise() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    had    text[] := '{}';
    has    text[];
    gained text[];
    detail jsonb;
begin
    if tg_table_name = 'memberships' then
        if new.status <> 'active' then
            return null;
        end if;
        has := (select role.permissions from app.roles as role where role.tenant_id = new.tenant_id and role.id = new.role_id)
            || case when new.is_owner then '{owner}'::text[] else '{}' end;
        if tg_op = 'UPDATE' and old.status = 'active' then
            had := (select role.permissions from app.roles as role where role.tenant_id = old.tenant_id and role.id = old.role_id)
                || case when old.is_owner then '{owner}'::text[] else '{}' end;
        end if;
        detail := jsonb_build_object('by', 'membership', 'user', new.user_id, 'role', new.role_id);
    elsif tg_table_name = 'roles' then
        had := old.permissions;
        has := new.permissions;
        detail := jsonb_build_object('by', 'role', 'role', new.id, 'holders', (
            select count(*) from app.memberships as holder
            where holder.tenant_id = new.tenant_id and holder.role_id = new.id and holder.status = 'active'
        ) + (
            select count(*) from auth.api_keys as key
            where key.tenant_id = new.tenant_id and key.role_id = new.id and key.revoked_at is null
                and (key.expires_at is null or key.expires_at > now())));
        if detail ->> 'holders' = '0' then
            return null;
        end if;
    else
        has := array[new.permission];
        detail := jsonb_build_object('by', 'grant', 'user', new.user_id, 'until', new.ends_at);
    end if;
    gained := array(
        select permission from (select unnest(has) except select unnest(had)) as new_to_them (permission)
        where permission in ('owner', 'view_all_chats', 'view_audit') or permission like 'manage\_%'
        order by 1
    );
    if gained <> '{}' then
        perform audit.record_event('access.raised', new.tenant_id, detail || jsonb_build_object('gained', gained));
    end if;
    return null;
end
$$;
grant execute on function audit.record_raise() to rowhouse_owner;
comment on function audit.record_raise() is
    'Trigger: writes access.raised where somebody becomes an owner, or gets a permission to manage, to read everybody''s chats or to read the trail.';
reset role;

create or replace trigger record_raise after insert or update of status, role_id, is_owner on app.memberships
    for each row execute function audit.record_raise();
create or replace trigger record_raise after update of permissions on app.roles
    for each row execute function audit.record_raise();
create or replace trigger record_raise after insert on app.grants
    for each row execute function audit.record_raise();
