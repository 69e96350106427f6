-- For app.audit_checkpoint(): the newest checkpoint of the caller's tenant, for holders of view_audit.
set local role rowhouse_definer;
create or replace function audit.checkpoint_of_caller() returns text
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
declare
    tenant constant uuid := context.tenant_where('view_audit');
begin
    if tenant is null then
        perform context.refuse('view_audit');
    end if;
    return (
        select known.note || array_to_string(known.cosignatures, '')
        from audit.checkpoints as known
        where known.tenant_id = tenant
        order by known.size desc
        limit 1
    );
end
$$;
grant execute on function audit.checkpoint_of_caller() to rowhouse_app;
comment on function audit.checkpoint_of_caller() is
    'The newest checkpoint of the caller''s tenant; needs view_audit.';
reset role;
