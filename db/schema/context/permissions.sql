create or replace function context.permissions() returns text[]
    language sql stable parallel restricted security invoker
    set search_path = ''
as $$
    select array(select jsonb_array_elements_text(context.claims() -> 'permissions'))
$$;
grant execute on function context.permissions() to rowhouse_app, rowhouse_definer, rowhouse_worker;
comment on function context.permissions() is 'What the caller may do in their tenant; empty outside the door.';
