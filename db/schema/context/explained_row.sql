-- For the policies that let inspect.why() read one row: the row's id, or null in everybody else's context.
create or replace function context.explained_row() returns uuid
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
begin
    return context.detail_in(context.open_seal()) -> 'explains' ->> 'id';
end
$$;
grant execute on function context.explained_row() to rowhouse_definer;
comment on function context.explained_row() is
    'The id of the one row that inspect.why() explains in this context; null in every other.';
