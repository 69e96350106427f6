-- What the caller may do.
create or replace function context.permissions() returns text[]
    language sql stable parallel restricted security invoker
    return coalesce(context.permissions_in(context.open_seal()), '{}');
grant execute on function context.permissions() to rowhouse_app, rowhouse_definer, rowhouse_worker;
comment on function context.permissions() is 'What the caller may do in their tenant; empty outside the door.';
