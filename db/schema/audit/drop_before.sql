-- Says of all that a tenant's trail has from before a month that it is over, at the operator's word and not by its retention: the same way,
-- and the event that stays says why and which database role it was. It goes once that is sealed and signed (jobs.expire_audit).
set local role rowhouse_definer;
create or replace function audit.drop_before(tenant uuid, month date, reason text) returns jsonb
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    mark audit.seal_mark;
    told jsonb;
begin
    if reason is null or app.is_blank(reason) or length(reason) > 500 then
        raise exception using errcode = 'RH400', message = 'what is dropped has a reason of 1 to 500 characters';
    end if;
    if month is null or month <> date_trunc('month', month)::date or month > date_trunc('month', now() at time zone 'UTC') then
        raise exception using errcode = 'RH400', message = 'whole months are dropped that are over';
    end if;
    perform audit.refuse_held(tenant);
    mark := audit.begin_work('expiring');
    told := audit.declare_expiry(tenant, month::timestamp at time zone 'UTC', null, reason);
    if told is null then
        perform context.refuse_missing('event from before that month that is sealed and signed');
    end if;
    perform audit.end_work(mark);
    return told;
end
$$;
grant execute on function audit.drop_before(uuid, date, text) to rowhouse_owner;
comment on function audit.drop_before(uuid, date, text) is
    'For the operator: has all go that a tenant''s trail holds from before a month, for a reason that stays: {"events", "from", "to"}.';
reset role;
