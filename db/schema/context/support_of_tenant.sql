-- When the operator was inside the caller's company, and why: for who runs it or reads its trail. The table stays shut: this
-- hands out no digest, and nothing of the company next door. A hundred at most, the newest first: the trail has them all.
set local role rowhouse_definer;
create or replace function context.support_of_tenant() returns setof app.support_access
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
declare
    body constant text := context.open_seal();
begin
    if coalesce(not context.permissions_in(body) && '{manage_tenant,view_audit}', true) then
        perform context.refuse('view_audit');
    end if;
    return query
        select
            access.id, access.operator, access.reason, access.user_id, access.may_write,
            access.created_at, access.expires_at, access.ended_at, access.end_reason,
            access.ended_at is null and access.expires_at > now()
        from auth.support_accesses as access
        where access.tenant_id = context.tenant_in(body)
        order by access.id desc
        limit 100;
end
$$;
grant execute on function context.support_of_tenant() to rowhouse_app;
comment on function context.support_of_tenant() is
    'The accesses for support in the caller''s company, the newest first, a hundred at most; RH403 without manage_tenant and view_audit.';
reset role;
