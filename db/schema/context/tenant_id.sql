-- The caller's tenant, or null outside the door. In plpgsql so that it may exist before context.claims().
create or replace function context.tenant_id() returns uuid
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
begin
    return context.claims() ->> 'tenant';
end
$$;
grant execute on function context.tenant_id() to rowhouse_app, rowhouse_worker, rowhouse_definer, rowhouse_owner;
comment on function context.tenant_id() is 'The caller''s tenant, or null outside the door.';
