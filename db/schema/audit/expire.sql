-- Goes one step further with what is over, one transaction a step: removes a batch of what a signed leaf says is over; else says of a
-- month of each tenant whose time is past that it is; else drops the partition of a month in which nothing is left. However many
-- workers ask, one works, and nothing is sealed or erased meanwhile. While a hold stands over a tenant, nothing of its trail is over.
--
-- Returns {"step": "removed", "events": so many}, {"step": "declared", "events": so many}, {"step": "dropped", "month": which} or {"step": "none"}.
set local role rowhouse_definer;
create or replace function audit.expire(batch integer) returns jsonb
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    mark   audit.seal_mark;
    due    record;
    told   jsonb;
    events bigint;
    month  text;
    step   jsonb;
begin
    if batch is null or batch not between 1 and 10000 then
        raise exception using errcode = 'RH400', message = 'a batch is of 1 to 10000 events';
    end if;
    perform audit.heed_holds();
    mark := audit.begin_work('expiring');
    events := audit.remove_expired(batch);
    if events > 0 then
        step := jsonb_build_object('step', 'removed', 'events', events);
    else
        for due in
            select tree.tenant_id, kept.months, date_trunc('month', first.at at time zone 'UTC') + interval '1 month' as month_after
            from audit.trees as tree
            cross join lateral (select audit.kept_months(tree.tenant_id) as months) as kept
            join audit.leaves as first on first.tenant_id = tree.tenant_id and first.index = tree.expired_size
            where tree.expired_size = tree.removed_size and tree.signed_size > tree.expired_size
                and kept.months is not null
                and date_trunc('month', first.at at time zone 'UTC') + interval '1 month'
                    <= date_trunc('month', now() at time zone 'UTC') - kept.months * interval '1 month'
                and audit.hold_of(tree.tenant_id) is null
            order by tree.tenant_id
            limit 100
        loop
            told := audit.declare_expiry(due.tenant_id, due.month_after at time zone 'UTC', due.months, null);
            events := events + coalesce((told ->> 'events')::bigint, 0);
            -- The leaves of a month are looked through, and nothing is sealed meanwhile.
            exit when events > 100000;
        end loop;
        if events > 0 then
            step := jsonb_build_object('step', 'declared', 'events', events);
        else
            month := audit.drop_month();
            step := case when month is null then '{"step": "none"}' else jsonb_build_object('step', 'dropped', 'month', month) end;
        end if;
    end if;
    perform audit.end_work(mark);
    return step;
end
$$;
comment on function audit.expire(integer) is
    'One step of letting go what is over in the trail: removed, declared, dropped or none.';
reset role;
