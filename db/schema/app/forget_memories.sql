create or replace function app.forget_memories() returns integer
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
declare
    forgotten integer;
begin
    delete from app.memories as known
    where known.tenant_id = (select context.tenant_id()) and known.user_id = (select context.user_id());
    get diagnostics forgotten = row_count;
    return forgotten;
end
$$;
grant execute on function app.forget_memories() to rowhouse_app;
comment on function app.forget_memories() is
    'Forgets everything that is remembered of the caller in this company; returns how much that was.';
