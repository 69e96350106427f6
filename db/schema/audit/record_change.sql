-- The trigger behind audit.track(): one row of the trail for each changed row, in the same transaction.
--
-- Arguments: the column that holds the tenant ('' for a table of no tenant), the key columns, the columns whose
-- values the trail keeps, those whose values it must never hold, and those whose change alone is no event (lists with
-- commas); and how severe an insert, an update and a delete are. What is in none of the lists of columns is not kept.
-- Row level, not statement level: only row triggers reach colocated tables on Citus.
set local role rowhouse_definer;
create or replace function audit.record_change() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    actor    constant text := context.actor();
    stated   constant jsonb := context.detail_in(actor);
    old_row  constant jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
    new_row  constant jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
    this_row constant jsonb := coalesce(new_row, old_row);
    key      constant text[] := string_to_array(tg_argv[1], ',');
    kept     text[] := string_to_array(tg_argv[2], ',');
    withheld constant text[] := string_to_array(tg_argv[3], ',');
    clocks   constant text[] := string_to_array(tg_argv[4], ',');
    tenant   constant uuid := coalesce((this_row ->> tg_argv[0])::uuid, audit.platform());
begin
    -- Whoever entered another tenant, none, or as somebody else between a change and its record would put the
    -- change on another's account. Of the tables of no tenant, callers change only what is theirs: the row says whose it is.
    if context.credential_in(actor) is not null
        and (
            case when tg_argv[0] = '' then coalesce(this_row ->> 'user_id', this_row ->> 'id')::uuid is distinct from context.user_in(actor)
            else tenant is distinct from context.tenant_in(actor) end
        )
    then
        perform context.refuse('broken_seal');
    end if;
    -- Here, because nothing that counts is changed without a record.
    if context.kind_in(actor) = 'support' and not coalesce((stated ->> 'writes')::boolean, false) then
        raise exception using
            errcode = 'RH413',
            message = 'support may look at this company and change nothing',
            hint = 'Its admins can allow more: the setting support_access; then enter with --write.';
    end if;
    if tg_op = 'UPDATE' and old_row - clocks = new_row - clocks and clocks <> '{}' then
        return null;
    end if;
    -- A tenant that is erased has one certificate, and not an event for each of its rows.
    if tg_op = 'DELETE' and context.credential_in(actor) is null and exists (
        select from auth.tenant_deletions as leaving where leaving.id = tenant and leaving.began_at is not null
    ) then
        return null;
    end if;
    -- Whoever is being erased is not written down once more: the trail says which rows went, and not what was in them. No
    -- caller does that, so no caller's write waits for the question.
    if tg_op <> 'INSERT' and context.credential_in(actor) is null and exists (
        select from auth.deletions as leaving
        where leaving.began_at is not null
            and leaving.user_id = (this_row ->> case tg_table_name when 'users' then 'id' else 'user_id' end)::uuid
    ) then
        kept := array_remove(array[tg_argv[0], 'user_id', 'is_owner', 'status'] || key, '');
    end if;
    insert into audit.events (
        tenant_id, action, severity, table_name, row_key, row_id, old_row, new_row,
        actor_kind, actor_id, credential_id, impersonator_id, request_id, ip, user_agent
    ) values (
        tenant,
        lower(tg_op),
        split_part(tg_argv[5], ',', case tg_op when 'INSERT' then 1 when 'UPDATE' then 2 else 3 end),
        tg_table_schema || '.' || tg_table_name,
        (select jsonb_object_agg(name, this_row -> name) from unnest(key) as part (name)),
        -- Within its tenant the last column of a key tells rows apart.
        this_row ->> key[cardinality(key)],
        audit.redact(old_row, kept, withheld),
        audit.redact(new_row, kept, withheld, old_row),
        coalesce(context.kind_in(actor), 'system'), context.user_in(actor), context.credential_in(actor),
        case when context.kind_in(actor) = 'support' then context.credential_in(actor) end,
        stated ->> 'request_id', (stated ->> 'ip')::inet, stated ->> 'user_agent'
    );
    return null;
end
$$;
grant execute on function audit.record_change() to rowhouse_owner;
comment on function audit.record_change() is
    'Trigger of every tracked table: writes who, when, what, old and new values of the columns that the trail keeps.';
reset role;
