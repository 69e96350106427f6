-- Whether a JSON value is another with some of its members, or all of it, erased.
create or replace function audit.is_erasure(before jsonb, after jsonb) returns boolean
    language sql immutable parallel safe security invoker
    set search_path = ''
as $$
    select before is not distinct from after
        or after = '"[erased]"' and jsonb_typeof(before) <> 'object'
        or case when jsonb_typeof(before) = 'object' and jsonb_typeof(after) = 'object' then
            not exists (
                select from jsonb_each(before) as was (key, value)
                full join jsonb_each(after) as became (key, value) using (key)
                where was.value is null or became.value is null
                    or became.value <> was.value and became.value <> '"[erased]"'
            )
        end
$$;
grant execute on function audit.is_erasure(jsonb, jsonb) to rowhouse_definer;
comment on function audit.is_erasure(jsonb, jsonb) is
    'Whether the second value is the first with some of its members erased, and nothing else.';
