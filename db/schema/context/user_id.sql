-- The caller, or null outside the door. In plpgsql so that it may exist before context.claims().
create or replace function context.user_id() returns uuid
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
begin
    return context.claims() ->> 'user';
end
$$;
grant execute on function context.user_id() to rowhouse_app, rowhouse_worker, rowhouse_definer, rowhouse_owner;
comment on function context.user_id() is 'The caller''s user, or null outside the door.';
