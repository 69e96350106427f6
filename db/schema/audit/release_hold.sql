set local role rowhouse_definer;
create or replace function audit.release_hold(hold uuid, reason text) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    released audit.legal_holds;
begin
    if reason is null or app.is_blank(reason) or length(reason) > 500 then
        raise exception using errcode = 'RH400', message = 'a release has a reason of 1 to 500 characters';
    end if;
    update audit.legal_holds as known
    set released_by = session_user, released_at = now(), release_reason = release_hold.reason
    where known.id = release_hold.hold and known.released_at is null
    returning * into released;
    if not found then
        perform context.refuse_missing('hold that stands');
    end if;
    perform audit.record_event('audit.hold_released', released.tenant_id,
        jsonb_strip_nulls(jsonb_build_object('hold', hold, 'user_id', released.user_id, 'reason', reason)));
end
$$;
grant execute on function audit.release_hold(uuid, text) to rowhouse_owner;
comment on function audit.release_hold(uuid, text) is
    'For the operator: releases a legal hold. It stays on record; what waited for it goes with the next run of its job.';
reset role;
