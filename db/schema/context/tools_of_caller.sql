-- What the caller may know of the tools that are offered for them: neither where they are called nor with what. Raises RH403 chat.
set local role rowhouse_definer;
create or replace function context.tools_of_caller() returns jsonb
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
begin
    perform context.tenant_requiring('chat');
    return coalesce((
        select jsonb_agg(jsonb_build_object(
            'id', tool -> 'id', 'name', tool -> 'name', 'description', tool -> 'description', 'approval', tool -> 'approval'))
        from jsonb_array_elements(context.offered_tools() -> 'tools') as tool), '[]');
end
$$;
grant execute on function context.tools_of_caller() to rowhouse_app;
comment on function context.tools_of_caller() is
    'The tools that a model may have called for the caller: id, name, description and approval. Raises RH403.';
reset role;
