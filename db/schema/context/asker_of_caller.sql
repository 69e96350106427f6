-- Who asks, where it is the caller who would: for whoever configures the model, to see what it is told.
set local role rowhouse_definer;
create or replace function context.asker_of_caller() returns jsonb
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select context.asker(context.tenant_requiring('configure_model'), context.user_id())
$$;
grant execute on function context.asker_of_caller() to rowhouse_app;
comment on function context.asker_of_caller() is
    'What a system prompt would be told of the caller. Raises RH403 configure_model.';
reset role;
