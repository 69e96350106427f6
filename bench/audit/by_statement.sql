-- Our trail by a trigger for each statement: what audit.record_change() writes, for all rows of a statement at once, out of its
-- transition tables. Written for one table, as audit.track() would have to write one for each: the rows before and after are
-- joined by its key. Only here; db/schema/audit/record_change.sql says why.
create function audit.record_inserts() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    actor    constant text := context.actor();
    stated   constant jsonb := context.detail_in(actor);
    kept     constant text[] := string_to_array(tg_argv[0], ',');
    withheld constant text[] := string_to_array(tg_argv[1], ',');
begin
    if context.kind_in(actor) = 'support' and not coalesce((stated ->> 'writes')::boolean, false) then
        raise exception using errcode = 'RH413', message = 'support may look at this company and change nothing';
    end if;
    if context.credential_in(actor) is not null
        and exists (select from new_rows as row where row.tenant_id is distinct from context.tenant_in(actor))
    then
        perform context.refuse('broken_seal');
    end if;
    insert into audit.events (
        tenant_id, action, table_name, row_key, row_id, new_row,
        actor_kind, actor_id, credential_id, impersonator_id, request_id, ip, user_agent
    )
    select
        row.tenant_id, 'insert', tg_table_schema || '.' || tg_table_name,
        jsonb_build_object('tenant_id', row.tenant_id, 'id', row.id), row.id::text, audit.redact(to_jsonb(row), kept, withheld),
        coalesce(context.kind_in(actor), 'system'), context.user_in(actor), context.credential_in(actor),
        case when context.kind_in(actor) = 'support' then context.credential_in(actor) end,
        stated ->> 'request_id', (stated ->> 'ip')::inet, stated ->> 'user_agent'
    from new_rows as row;
    return null;
end
$$;

create function audit.record_updates() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    actor    constant text := context.actor();
    stated   constant jsonb := context.detail_in(actor);
    usual    constant text[] := string_to_array(tg_argv[0], ',');
    withheld constant text[] := string_to_array(tg_argv[1], ',');
    clocks   constant text[] := string_to_array(tg_argv[2], ',');
    spared   constant text[] := '{id,tenant_id,user_id,status}';
    leaving  constant uuid[] := case when context.credential_in(actor) is null then array(
        select leaver.user_id from auth.deletions as leaver where leaver.began_at is not null
    ) end;
begin
    if context.kind_in(actor) = 'support' and not coalesce((stated ->> 'writes')::boolean, false) then
        raise exception using errcode = 'RH413', message = 'support may look at this company and change nothing';
    end if;
    if context.credential_in(actor) is not null
        and exists (select from new_rows as row where row.tenant_id is distinct from context.tenant_in(actor))
    then
        perform context.refuse('broken_seal');
    end if;
    insert into audit.events (
        tenant_id, action, table_name, row_key, row_id, old_row, new_row,
        actor_kind, actor_id, credential_id, impersonator_id, request_id, ip, user_agent
    )
    select
        changed.tenant_id, 'update', tg_table_schema || '.' || tg_table_name,
        jsonb_build_object('tenant_id', changed.tenant_id, 'id', changed.id), changed.id::text,
        audit.redact(changed.was, changed.kept, withheld), audit.redact(changed.now, changed.kept, withheld, changed.was),
        coalesce(context.kind_in(actor), 'system'), context.user_in(actor), context.credential_in(actor),
        case when context.kind_in(actor) = 'support' then context.credential_in(actor) end,
        stated ->> 'request_id', (stated ->> 'ip')::inet, stated ->> 'user_agent'
    from (
        select
            after.tenant_id, after.id, to_jsonb(before) as was, to_jsonb(after) as now,
            case when after.user_id = any (leaving) then spared else usual end as kept
        from new_rows as after
        join old_rows as before on before.tenant_id = after.tenant_id and before.id = after.id
    ) as changed
    where changed.was - clocks <> changed.now - clocks;
    return null;
end
$$;

alter function audit.record_inserts() owner to rowhouse_definer;
alter function audit.record_updates() owner to rowhouse_definer;

-- With the arguments that audit.track() gave the row trigger.
do $$
declare
    told constant text[] := string_to_array(encode((
        select tgargs from pg_catalog.pg_trigger where tgrelid = 'app.conversations'::regclass and tgname = 'audit_changes'
    ), 'escape'), '\000');
begin
    execute format(
        'create trigger record_inserts after insert on app.conversations referencing new table as new_rows '
        'for each statement execute function audit.record_inserts(%L, %L)', told[3], told[4]);
    execute format(
        'create trigger record_updates after update on app.conversations referencing old table as old_rows new table as new_rows '
        'for each statement execute function audit.record_updates(%L, %L, %L)', told[3], told[4], told[5]);
end
$$;
alter table app.conversations disable trigger record_inserts;
alter table app.conversations disable trigger record_updates;
