-- The caller, or null outside the door.
create or replace function context.user_id() returns uuid
    language sql stable parallel restricted security invoker
    return context.user_in(context.open_seal());
grant execute on function context.user_id() to rowhouse_app, rowhouse_worker, rowhouse_definer, rowhouse_owner;
comment on function context.user_id() is 'The caller''s user, or null outside the door.';
