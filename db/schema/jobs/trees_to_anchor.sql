-- Trees whose newest checkpoint was not taken outside yet, each with that, and what shows that it goes on from the one that was.
--
-- except_for: tenants whose trees were looked at already
set local role rowhouse_definer;
create or replace function jobs.trees_to_anchor(most integer default 100, except_for uuid[] default '{}')
    returns table (tenant uuid, size bigint, note text, anchored_size bigint)
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select tree.tenant_id, tree.signed_size, signed.note, tree.anchored_size
    from audit.trees as tree
    join audit.checkpoints as signed on signed.tenant_id = tree.tenant_id and signed.size = tree.signed_size
    where tree.signed_size > tree.anchored_size and tree.tenant_id <> all (except_for)
    order by tree.tenant_id
    limit most
$$;
grant execute on function jobs.trees_to_anchor(integer, uuid[]) to rowhouse_worker;
comment on function jobs.trees_to_anchor(integer, uuid[]) is
    'Trees whose newest checkpoint was not taken outside yet.';
reset role;
