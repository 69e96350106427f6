-- What somebody in the caller's tenant may do, and by what, with their keys. Everybody may ask it of themselves; of others,
-- managers of users and of roles.
set local role rowhouse_definer;
create or replace function context.permissions_of(person uuid) returns setof app.holding
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
begin
    if person is distinct from context.user_id() and not context.may('manage_users') and not context.may('manage_roles') then
        perform context.refuse('manage_users');
    end if;
    return query
        select
            way.holder_id, way.user_id, way.api_key_id,
            case
                when way.api_key_id is null or way.user_id = context.key_keeper() or context.may('manage_api_keys')
                    then way.name
            end,
            way.permission,
            case when way.grant_id is not null then 'grant' when way.role_id is not null then 'role' else 'owner' end,
            way.role_id, role.name, way.grant_id, live.granted_by, live.reason, live.ends_at
        from context.holdings as way
        left join app.roles as role on role.tenant_id = way.tenant_id and role.id = way.role_id
        left join app.grants as live on live.tenant_id = way.tenant_id and live.id = way.grant_id
        where way.tenant_id = context.tenant_id()
            and (way.user_id = person or way.user_id is null and way.api_key_id = person)
        order by way.permission, way.api_key_id nulls first, way.role_id, way.grant_id
        limit 1000;
end
$$;
grant execute on function context.permissions_of(uuid) to rowhouse_app;
comment on function context.permissions_of(uuid) is
    'What somebody in the caller''s tenant may do, and by what; of others only for managers of users and of roles.';
reset role;
