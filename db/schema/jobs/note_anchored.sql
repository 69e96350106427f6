-- Notes that a checkpoint was taken outside, with the lines by which witnesses signed it.
set local role rowhouse_definer;
create or replace function jobs.note_anchored(tenant uuid, size bigint, cosignatures text[]) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    update audit.checkpoints as signed
    set cosignatures = signed.cosignatures || array(
        select line from unnest(note_anchored.cosignatures) as line where line <> all (signed.cosignatures))
    where signed.tenant_id = tenant and signed.size = note_anchored.size;
    update audit.trees as tree set anchored_size = greatest(tree.anchored_size, note_anchored.size)
    where tree.tenant_id = tenant
$$;
grant execute on function jobs.note_anchored(uuid, bigint, text[]) to rowhouse_worker;
comment on function jobs.note_anchored(uuid, bigint, text[]) is
    'Notes that a checkpoint was taken outside, with what witnesses signed.';
reset role;
