-- Whether somebody came in through the door with a credential (and is not just signing in, or a migration).
create or replace function context.is_caller() returns boolean
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select coalesce(context.kind_in(context.actor()) in ('session', 'guest', 'api_key', 'support'), false)
$$;
grant execute on function context.is_caller() to rowhouse_definer;
comment on function context.is_caller() is 'Whether a credential opened the door in this transaction.';
