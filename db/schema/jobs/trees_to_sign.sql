-- Trees that have grown since their last checkpoint, each with its root, that checkpoint's note, and what shows that it only grew
-- since: whoever signs looks at it, so that nothing is signed that does not go on from what was signed.
--
-- except_for: tenants whose trees were looked at already
set local role rowhouse_definer;
create or replace function jobs.trees_to_sign(most integer default 100, except_for uuid[] default '{}')
    returns table (tenant uuid, size bigint, root bytea, signed_size bigint, signed_note text, path bytea[])
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select tree.tenant_id, tree.size, audit.subtree_hash(tree.tenant_id, 0, tree.size), tree.signed_size, last.note,
        case when tree.signed_size > 0 then audit.consistency_path(tree.tenant_id, tree.signed_size, tree.size) else '{}' end
    from audit.trees as tree
    left join audit.checkpoints as last on last.tenant_id = tree.tenant_id and last.size = tree.signed_size
    where tree.size > tree.signed_size and tree.tenant_id <> all (except_for)
    order by tree.tenant_id
    limit most
$$;
grant execute on function jobs.trees_to_sign(integer, uuid[]) to rowhouse_worker;
comment on function jobs.trees_to_sign(integer, uuid[]) is
    'Trees that have grown since their last checkpoint, with the proof that they only grew.';
reset role;
