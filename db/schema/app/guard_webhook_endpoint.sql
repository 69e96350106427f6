-- What a policy cannot say of an endpoint: it subscribes to events of the catalogue, each once, in order; a tenant has at
-- most twenty, because every change is written once for each; and whoever leads events somewhere proved lately who they are,
-- because that outlives their session.
set local role rowhouse_definer;
create or replace function app.guard_webhook_endpoint() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    body    constant text := context.actor();
    unknown text;
begin
    select name into unknown from unnest(new.events) as wanted (name)
    where not exists (select from app.webhook_event_types as known where known.name = wanted.name)
    order by name limit 1;
    if unknown is not null then
        raise exception using
            errcode = 'RH400',
            message = format('there is no event %s', to_json(unknown)),
            column = 'events',
            constraint = 'webhook_endpoints_events_known',
            hint = 'The catalogue is app.webhook_event_types.';
    end if;
    new.events := array(select distinct name from unnest(new.events) as wanted (name) order by name);
    if tg_op = 'INSERT' then
        -- Two at once take turns, so that the limit is exact.
        perform pg_advisory_xact_lock(hashtext('app.webhook_endpoints'), hashtext(new.tenant_id::text));
        if (select count(*) >= 20 from app.webhook_endpoints as known where known.tenant_id = new.tenant_id) then
            raise exception using
                errcode = 'RH400',
                message = 'a tenant has twenty webhook endpoints at most',
                constraint = 'webhook_endpoints_at_most',
                hint = 'Remove one that is not needed any more.';
        end if;
    elsif new.active and not old.active then
        new.disabled_reason := null;
        new.failing_since := null;
    end if;
    if context.is_caller() then
        -- Whoever entered another of their tenants in the middle of the statement shows what they hold there.
        if context.tenant_in(body) is distinct from new.tenant_id then
            perform context.refuse('broken_seal');
        end if;
        if context.kind_in(body) = 'session' and (tg_op = 'INSERT' or new.url <> old.url) then
            perform context.require_fresh_sign_in();
        end if;
    end if;
    return new;
end
$$;
grant execute on function app.guard_webhook_endpoint() to rowhouse_owner;
comment on function app.guard_webhook_endpoint() is
    'Trigger: an endpoint subscribes to events that there are (RH400), of a tenant that has twenty at most, and is led elsewhere only after a fresh sign-in (RH440).';
reset role;

create or replace trigger guard_webhook_endpoint before insert or update of url, events, active on app.webhook_endpoints
    for each row execute function app.guard_webhook_endpoint();
