-- Privileges already keep everybody but the owner from the trail; this keeps the owner from slips.
create or replace function audit.refuse_change() returns trigger
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
begin
    raise exception using
        errcode = 'RH405',
        message = format('%s of %s.%s is refused: the trail only grows', tg_op, tg_table_schema, tg_table_name),
        hint = 'Rows that a tracked table no longer needs are deleted one by one, so that the trail records it.';
end
$$;
comment on function audit.refuse_change() is
    'Trigger: refuses to rewrite the trail, and to truncate a table that it watches (RH405).';
