-- A value of an event with members, or all of it, erased; `erased` names them as the leaf does.
create or replace function audit.without_values(value jsonb, called text, erased text[]) returns jsonb
    language sql immutable parallel safe security invoker
    set search_path = ''
as $$
    select case
        when called = any (erased) then '"[erased]"'
        when jsonb_typeof(value) = 'object' then value || coalesce((
            select jsonb_object_agg(member, '[erased]'::text)
            from jsonb_object_keys(value) as member
            where called || '.' || member = any (erased) or called in ('old_row', 'new_row') and 'row.' || member = any (erased)
        ), '{}')
        else value
    end
$$;
grant execute on function audit.without_values(jsonb, text, text[]) to rowhouse_definer;
comment on function audit.without_values(jsonb, text, text[]) is
    'A value of an event in which the members that are named read "[erased]".';
