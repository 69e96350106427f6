-- Privileges already keep everybody but the owner from the trail and from truncating; this keeps the owner from slips.
create or replace function audit.refuse_change() returns trigger
    language plpgsql volatile parallel unsafe security invoker
    set search_path = ''
as $$
begin
    -- What is erased on request becomes "[erased]", and nothing else: audit.guard_erasure() looks at each row.
    if tg_op = 'UPDATE' and tg_table_schema = 'audit' and audit.at_work('erasing') then
        return null;
    end if;
    -- What is over goes with its leaf and its salts: audit.guard_expiry() looks at each row.
    if tg_op = 'DELETE' and tg_table_schema = 'audit' and tg_table_name in ('events', 'leaves', 'commitments') and audit.at_work('expiring') then
        return null;
    end if;
    raise exception using
        errcode = 'RH405',
        message = format('%s of %s.%s is refused: %s', tg_op, tg_table_schema, tg_table_name,
            case tg_table_schema when 'audit' then 'the trail is not rewritten' else 'its rows go one by one' end),
        hint = 'Rows that a table no longer needs are deleted, so that what watches them sees each.';
end
$$;
comment on function audit.refuse_change() is
    'Trigger: refuses to rewrite the trail, and to truncate a table whose rows may only go one by one (RH405).';
