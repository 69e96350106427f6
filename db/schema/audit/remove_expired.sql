-- Removes events that are over, of one tenant, with what they are salted with; `most` at a time. Their hashes stay in the tiles. It
-- waits until the event that says so is signed, and while a hold stands. Only the transaction that expires may call it.
-- Returns how many went; 0: there is nothing to remove at the moment.
set local role rowhouse_definer;
create or replace function audit.remove_expired(most integer) returns bigint
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tree  audit.trees;
    bound bigint;
begin
    select * into tree from audit.trees as known
    where known.expired_size > known.removed_size and audit.hold_of(known.tenant_id) is null and exists (
        select from audit.leaves as leaf
        where leaf.tenant_id = known.tenant_id and leaf.event_id = known.expiry_event and leaf.index < known.signed_size
    )
    order by known.tenant_id
    limit 1
    for no key update;
    if not found then
        return 0;
    end if;
    bound := least(tree.removed_size + most, tree.expired_size);
    delete from audit.events as event using audit.leaves as leaf
    where leaf.tenant_id = tree.tenant_id and leaf.index >= tree.removed_size and leaf.index < bound
        and event.tenant_id = leaf.tenant_id and event.id = leaf.event_id and event.at = leaf.at;
    delete from audit.commitments as kept using audit.leaves as leaf
    where leaf.tenant_id = tree.tenant_id and leaf.index >= tree.removed_size and leaf.index < bound
        and kept.tenant_id = leaf.tenant_id and kept.event_id = leaf.event_id;
    delete from audit.leaves as leaf
    where leaf.tenant_id = tree.tenant_id and leaf.index >= tree.removed_size and leaf.index < bound;
    update audit.trees as known set removed_size = bound where known.tenant_id = tree.tenant_id;
    return bound - tree.removed_size;
end
$$;
comment on function audit.remove_expired(integer) is
    'Removes a batch of events that are over, with their leaves and salts, once a signed leaf says that they are: how many.';
reset role;
