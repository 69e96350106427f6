-- Has a tenant erased now, at the operator's word, without a grace: it is closed, and what opens it ends. The rows go step by
-- step, by jobs.erase_tenant(). Does nothing where that has begun.
set local role rowhouse_definer;
create or replace function auth.begin_erasure(tenant uuid, reason text) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    if app.is_blank(coalesce(reason, '')) or length(reason) > 500 then
        raise exception using errcode = 'RH400', message = 'an erasure has a reason, of at most 500 characters';
    end if;
    perform audit.refuse_held(tenant);
    perform from app.tenants as known where known.id = tenant for no key update;
    insert into auth.tenant_deletions as leaving (id, reason, due_at) values (tenant, begin_erasure.reason, now())
        on conflict (id) do update set due_at = least(leaving.due_at, greatest(now(), leaving.asked_at)), reason = begin_erasure.reason
        where leaving.began_at is null;
    update app.tenants as known set status = 'closed' where known.id = tenant and known.status <> 'closed';
    perform auth.shut_tenant(tenant);
    -- An owner's link does not undo what the operator wants.
    perform auth.void_tenant_links(tenant);
    perform audit.record_event('tenant.erasure_asked', null, jsonb_build_object('tenant', tenant, 'reason', reason));
end
$$;
grant execute on function auth.begin_erasure(uuid, text) to rowhouse_owner;
comment on function auth.begin_erasure(uuid, text) is
    'For the operator: closes a tenant and has it erased now, with a reason for the trail.';
reset role;
