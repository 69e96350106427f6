-- For app.legal_holds(): the holds over the caller's tenant, for holders of view_audit.
set local role rowhouse_definer;
create or replace function audit.holds_of_caller() returns setof app.legal_hold
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
declare
    tenant constant uuid := context.tenant_where('view_audit');
begin
    if tenant is null then
        perform context.refuse('view_audit');
    end if;
    return query
        select hold.id, hold.user_id, hold.reason, hold.placed_by, hold.placed_at,
            hold.released_by, hold.released_at, hold.release_reason, hold.released_at is null
        from audit.legal_holds as hold
        where hold.tenant_id = tenant
        order by hold.id desc
        limit 100;
end
$$;
grant execute on function audit.holds_of_caller() to rowhouse_app;
comment on function audit.holds_of_caller() is
    'The legal holds over the caller''s tenant, the newest first, a hundred at most; needs view_audit.';
reset role;
