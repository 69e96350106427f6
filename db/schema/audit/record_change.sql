-- The trigger behind audit.track(): one row of the trail for each changed row, in the same transaction.
--
-- Arguments: the column that holds the tenant ('' for a table of no tenant), the key columns, and the
-- columns whose values the trail must never hold (both as comma-separated lists).
-- Row level, not statement level: only row triggers reach colocated tables on Citus.
set local role rowhouse_definer;
create or replace function audit.record_change() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    actor    jsonb := context.actor();
    old_row  jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
    new_row  jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
    this_row jsonb := coalesce(new_row, old_row);
    secrets  text[] := string_to_array(tg_argv[2], ',');
    tenant   uuid := coalesce((this_row ->> tg_argv[0])::uuid, audit.platform());
begin
    -- Whoever entered another tenant, none, or as somebody else between a change and its record would put the
    -- change on another's account. Of the tables of no tenant, callers change only app.users, and there themselves.
    if actor ->> 'credential' is not null
        and (
            case when tg_argv[0] = '' then this_row ->> 'id' is distinct from actor ->> 'user'
            else tenant is distinct from (actor ->> 'tenant')::uuid end
        )
    then
        perform context.refuse('broken_seal');
    end if;
    insert into audit.events (
        tenant_id, action, table_name, row_key, old_row, new_row,
        actor_kind, actor_id, credential_id, request_id, ip, user_agent
    ) values (
        tenant,
        lower(tg_op),
        tg_table_schema || '.' || tg_table_name,
        (select jsonb_object_agg(name, this_row -> name) from unnest(string_to_array(tg_argv[1], ',')) as key (name)),
        audit.redact(old_row, secrets),
        audit.redact(new_row, secrets),
        coalesce(actor ->> 'kind', 'system'), (actor ->> 'user')::uuid, (actor ->> 'credential')::uuid,
        actor ->> 'request_id', (actor ->> 'ip')::inet, actor ->> 'user_agent'
    );
    return null;
end
$$;
grant execute on function audit.record_change() to rowhouse_owner;
comment on function audit.record_change() is
    'Trigger of every tracked table: writes who, when, what, old and new values, secrets redacted.';
reset role;
