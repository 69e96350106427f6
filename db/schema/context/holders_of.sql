-- Who in the caller's tenant holds a permission, and by what; a hundred holders at a time, in the order of their keys.
-- For managers of users and of roles, who have no other look at colleagues' grants, or at what keys may do.
set local role rowhouse_definer;
create or replace function context.holders_of(permission text, after uuid) returns setof app.holding
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
begin
    if not context.may('manage_users') and not context.may('manage_roles') then
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
        from (
            select * from context.holdings as known
            where known.tenant_id = context.tenant_id() and known.permission = holders_of.permission
                and (holders_of.after is null or known.holder_id > holders_of.after)
            order by known.holder_id
            -- All ways of the hundredth: the next page begins with another holder.
            fetch first 100 rows with ties
        ) as way
        left join app.roles as role on role.tenant_id = way.tenant_id and role.id = way.role_id
        left join app.grants as live on live.tenant_id = way.tenant_id and live.id = way.grant_id
        order by way.holder_id, way.role_id, way.grant_id;
end
$$;
grant execute on function context.holders_of(text, uuid) to rowhouse_app;
comment on function context.holders_of(text, uuid) is
    'Who in the caller''s tenant holds a permission, and by what, from a holder on; for managers of users and of roles.';
reset role;
