create or replace function context.may(permission text) returns boolean
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select coalesce(context.claims() -> 'permissions' ? permission, false)
$$;
grant execute on function context.may(text) to rowhouse_app, rowhouse_definer, rowhouse_worker;
comment on function context.may(text) is 'Whether the caller holds the permission; false outside the door.';
