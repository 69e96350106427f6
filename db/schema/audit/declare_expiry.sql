-- Says of the leaves of a tenant, from the first that is left to before the first that is not older than `before`, that they are over: in an event of
-- its own tree. They go once that is sealed and signed (audit.remove_expired), so whatever is missing, a signed leaf vouches for
-- it. Each such event restates all that went before, so the newest is enough, and those before it may go like any other.
--
-- What is over is always the beginning of the tree. A transaction that was open over the end of a month is sealed among the next one's:
-- what stands before it goes, and the rest with the next month.
--
-- Nothing but what is signed is over. Only the transaction that expires may call it (audit.begin_work).
-- months: the retention by which they are over; null: by hand
-- Returns how many, and of which months; null where there is none.
set local role rowhouse_definer;
create or replace function audit.declare_expiry(tenant uuid, before timestamptz, months integer, reason text) returns jsonb
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tree   audit.trees;
    signed audit.checkpoints;
    bound  bigint;
    oldest timestamptz;
    newest timestamptz;
    since  text;
    told   jsonb;
begin
    select * into tree from audit.trees as known where known.tenant_id = tenant for no key update;
    select leaf.index into bound from audit.leaves as leaf
    where leaf.tenant_id = tenant and leaf.index >= tree.expired_size and leaf.at >= before
    order by leaf.index
    limit 1;
    bound := least(bound, tree.signed_size);
    if bound is null or bound <= tree.expired_size then
        return null;
    end if;
    select min(leaf.at), max(leaf.at) into oldest, newest from audit.leaves as leaf
    where leaf.tenant_id = tenant and leaf.index >= tree.expired_size and leaf.index < bound;
    select known.detail ->> 'since' into since from audit.events as known
    where known.tenant_id = tenant and known.id = tree.expiry_event;
    select * into strict signed from audit.checkpoints as known where known.tenant_id = tenant and known.size = tree.signed_size;
    told := jsonb_build_object(
        'events', bound - tree.expired_size,
        'from', to_char(oldest at time zone 'UTC', 'YYYY-MM'), 'to', to_char(newest at time zone 'UTC', 'YYYY-MM'));
    perform audit.record_event('audit.expired', tenant, jsonb_strip_nulls(told || jsonb_build_object(
        'first_leaf', tree.expired_size, 'last_leaf', bound - 1,
        'expired', bound, 'since', coalesce(since, told ->> 'from'),
        'retention_months', months, 'reason', declare_expiry.reason,
        'checkpoint_size', signed.size, 'checkpoint_root', encode(signed.root, 'base64'),
        -- By it the trail still finds whose it is.
        'slug', (select place.slug from app.tenants as place where place.id = tenant))));
    update audit.trees as known set expired_size = bound, expiry_event = (
        select event.id from audit.events as event
        where event.transaction_id = pg_current_xact_id() and event.tenant_id = tenant and event.action = 'audit.expired'
        order by event.id desc
        limit 1
    )
    where known.tenant_id = tenant;
    return told;
end
$$;
comment on function audit.declare_expiry(uuid, timestamptz, integer, text) is
    'Records in a tenant''s tree that its oldest signed leaves are over: how many, and of which months; null where there is none.';
reset role;
