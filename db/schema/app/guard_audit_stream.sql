-- What a policy cannot say of a stream: a tenant has ten at most; it begins behind a leaf that there is; and whoever leads the trail
-- somewhere proved lately who they are, because that outlives their session. What a worker has in hand of a stream that somebody
-- changes is no longer its to settle.
set local role rowhouse_definer;
create or replace function app.guard_audit_stream() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    body constant text := context.actor();
begin
    if not context.is_caller() then
        -- One that came with its company from another database begins with the first leaf of this one's tree.
        if tg_op = 'INSERT' and new.last_index >= coalesce((
            select tree.size from audit.trees as tree where tree.tenant_id = new.tenant_id), 0)
        then
            new.last_index := -1;
        end if;
        return new;
    end if;
    -- Whoever entered another of their tenants in the middle of the statement shows what they hold there.
    if context.tenant_in(body) is distinct from new.tenant_id then
        perform context.refuse('broken_seal');
    end if;
    if tg_op = 'INSERT' then
        -- Two at once take turns, so that the limit is exact.
        perform pg_advisory_xact_lock(hashtext('app.audit_streams'), hashtext(new.tenant_id::text));
        if (select count(*) >= 10 from app.audit_streams as known where known.tenant_id = new.tenant_id) then
            raise exception using
                errcode = 'RH400',
                message = 'a tenant has ten audit streams at most',
                constraint = 'audit_streams_at_most',
                hint = 'Remove one that is not needed any more.';
        end if;
    end if;
    if (tg_op = 'INSERT' or new.last_index <> old.last_index) and new.last_index > -1 and new.last_index >= coalesce((
        select tree.size from audit.trees as tree where tree.tenant_id = new.tenant_id), 0)
    then
        raise exception using
            errcode = 'RH400',
            message = 'the trail has no such leaf yet',
            column = 'last_index',
            constraint = 'audit_streams_last_index_known';
    end if;
    if tg_op = 'UPDATE' then
        new.lent_until := null;
        if new.last_index <> old.last_index then
            new.updated_at := now();
        end if;
        if new.active and not old.active then
            new.disabled_reason := null;
            new.failing_since := null;
            new.failures := 0;
        end if;
        if new.active then
            new.next_attempt_at := now();
        end if;
    end if;
    -- It outlives whatever credential made it, so no key and no support makes one.
    if context.kind_in(body) is not null and (tg_op = 'INSERT' or new.url <> old.url) then
        perform context.require_fresh_sign_in();
    end if;
    return new;
end
$$;
grant execute on function app.guard_audit_stream() to rowhouse_owner;
comment on function app.guard_audit_stream() is
    'Trigger: a tenant has ten streams at most, each begins behind a leaf that there is (RH400), and is led elsewhere only by somebody, after a fresh sign-in (RH440).';
reset role;

create or replace trigger guard_audit_stream before insert or update on app.audit_streams
    for each row execute function app.guard_audit_stream();
