-- Seals events that nobody sealed yet: each becomes the next leaf of its tenant's tree. One transaction looks at `most` of them;
-- however many workers ask, one works.
--
-- Only transactions that have ended are sealed, and all of them: what is below the snapshot's xmin has ended, and whoever is
-- still at work, a day later too, is above it and is sealed when they have. So leaves are not in the order of their times,
-- but no event can appear below the mark.
--
-- A database that was restored on another server holds transactions that this one has not come to. Where the mark is one of
-- them, they are sealed first, and then everything is looked through once.
--
-- given: a transaction of which somebody else knows that all before it have ended; nobody may call it but a superuser, and
-- jobs.seal_audit(), which gives none
-- Returns {"sealed": so many, "more": whether there may be more}.
set local role rowhouse_definer;
create or replace function audit.seal(most integer, given xid8 default null) returns jsonb
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
    -- In the order of the index, and each leaf looked up: what is sealed already is never read.
    set enable_sort = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
    mark      audit.seal_mark := audit.begin_work('sealing');
    -- Asked for after the lock and before the events, so that what counts as ended can be seen.
    ended     constant xid8 := coalesce(given, pg_snapshot_xmin(pg_current_snapshot()));
    not_begun constant xid8 := pg_snapshot_xmax(pg_current_snapshot());
    elsewhere constant boolean := mark.transaction_id > not_begun;
    looked    integer;
    sealed    integer;
    tenants   uuid[];
    hashes    bytea[];
begin
    with looked_at as materialized (
        select event.tenant_id, event.id, event.at, event.transaction_id, event as whole
        from audit.events as event
        where (event.transaction_id, event.tenant_id, event.id) > (mark.transaction_id, mark.tenant_id, mark.event_id)
            and case when elsewhere then event.transaction_id >= not_begun else event.transaction_id < ended end
        order by event.transaction_id, event.tenant_id, event.id
        limit most
    ), placed as materialized (
        select one.*, gen_random_uuid() as salt,
            coalesce(tree.size, 0) - 1 + row_number() over (
                partition by one.tenant_id order by one.transaction_id, one.id) as index
        from looked_at as one
        left join audit.trees as tree on tree.tenant_id = one.tenant_id
        -- Only after a restore there are such.
        where not exists (select from audit.leaves as known where known.tenant_id = one.tenant_id and known.event_id = one.id)
    ), added as (
        insert into audit.leaves (tenant_id, index, event_id, at, salt)
        select tenant_id, index, id, at, salt from placed
    ), hashed as (
        select placed.tenant_id, placed.index, sha256('\x00' || convert_to(
            E'rowhouse audit event v1\n' || string_agg(line, '' order by line collate "C"), 'UTF8')) as hash
        from placed
        cross join lateral audit.leaf_lines(placed.whole, placed.salt) as line
        group by placed.tenant_id, placed.index
    ), grown as (
        select tenant_id, string_agg(hash, ''::bytea order by index) as hashes from hashed group by tenant_id
    )
    select (select count(*) from looked_at), (select count(*) from placed),
        array(select grown.tenant_id from grown order by 1),
        array(select grown.hashes from grown order by grown.tenant_id),
        last.transaction_id, last.tenant_id, last.id
    into looked, sealed, tenants, hashes, mark.transaction_id, mark.tenant_id, mark.event_id
    from (select) as one
    left join (select * from looked_at order by transaction_id desc, tenant_id desc, id desc limit 1) as last on true;

    for place in 1 .. cardinality(tenants) loop
        perform audit.append_leaves(tenants[place], hashes[place]);
    end loop;
    if looked < most then
        mark.transaction_id := case when elsewhere then '0' else greatest(mark.transaction_id, ended) end;
        mark.tenant_id := audit.platform();
        mark.event_id := audit.platform();
    end if;
    perform audit.end_work(mark);
    return jsonb_build_object('sealed', sealed, 'more', looked = most or elsewhere);
end
$$;
comment on function audit.seal(integer, xid8) is
    'Makes leaves of events whose transactions have ended: how many, and whether there may be more.';
reset role;
