-- Writes one row of the trail that is not a row change: a sign-in, a refusal, an end of a session. What the catalogue
-- (event_types.sql) does not have is not written.
-- The actor comes from the sealed context; a statement outside the door is the system's.
set local role rowhouse_definer;
create or replace function audit.record_event(action text, tenant uuid, detail jsonb default null) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    actor  constant text := context.actor();
    stated constant jsonb := context.detail_in(actor);
begin
    insert into audit.events (
        tenant_id, action, severity, detail,
        actor_kind, actor_id, credential_id, impersonator_id, request_id, ip, user_agent
    )
    select
        coalesce(tenant, audit.platform()), type.action, type.severity, record_event.detail,
        coalesce(context.kind_in(actor), 'system'), context.user_in(actor), context.credential_in(actor),
        case when context.kind_in(actor) = 'support' then context.credential_in(actor) end,
        stated ->> 'request_id', (stated ->> 'ip')::inet, stated ->> 'user_agent'
    from audit.event_types as type
    where type.action = record_event.action and type.table_name = '';
    if not found then
        raise no_data_found using message = format('the catalogue of events has no %s', action), hint = 'It is audit.event_types.';
    end if;
end
$$;
comment on function audit.record_event(text, uuid, jsonb) is
    'Writes an event that is not a row change; the actor comes from the sealed context.';
reset role;
