-- Forgets the provider of the caller's tenant with its key. Turns that it answers just now were lent the key already, and end.
set local role rowhouse_definer;
create or replace function context.remove_model_provider() returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tenant constant uuid := context.tenant_requiring('configure_model');
begin
    delete from auth.model_providers as known where known.tenant_id = tenant;
    if not found then
        perform context.refuse_missing('model provider');
    end if;
end
$$;
grant execute on function context.remove_model_provider() to rowhouse_app;
comment on function context.remove_model_provider() is
    'Forgets the provider of models of the caller''s tenant, and its key. Raises RH403, RH404.';
reset role;
