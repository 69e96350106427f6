-- Whether the caller holds a permission.
create or replace function context.may(permission text) returns boolean
    language sql stable parallel restricted security invoker
    return context.open_seal(permission) is not null;
grant execute on function context.may(text) to rowhouse_app, rowhouse_definer, rowhouse_worker;
comment on function context.may(text) is 'Whether the caller holds the permission; false outside the door.';
