create or replace function app.forget_memories() returns setof app.memories
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    delete from app.memories as known
    where known.tenant_id = (select context.tenant_id()) and known.user_id = (select context.user_id())
    returning known.*
$$;
grant execute on function app.forget_memories() to rowhouse_app;
comment on function app.forget_memories() is
    'Forgets everything that is remembered of the caller in this company, and returns it a last time.';
