-- Keeps a checkpoint that was signed; false where the tree has one of this size. What it says of the tree is compared with the
-- tree: a worker cannot keep one of another.
set local role rowhouse_definer;
create or replace function jobs.keep_checkpoint(tenant uuid, size bigint, key text, note text) returns boolean
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    root constant bytea := audit.subtree_hash(tenant, 0, size);
begin
    if note is distinct from format(E'%s/%s\n%s\n%s\n\n', (select signer.origin from audit.signing_keys as signer where signer.id = key),
        tenant, size, encode(root, 'base64')) || split_part(note, E'\n\n', 2)
    then
        raise exception using errcode = 'RH400', message = 'the checkpoint is not of this tree';
    end if;
    insert into audit.checkpoints (tenant_id, size, root, key_id, note) values (tenant, size, root, key, note)
    on conflict do nothing;
    if not found then
        return false;
    end if;
    update audit.trees as tree set signed_size = greatest(tree.signed_size, keep_checkpoint.size)
    where tree.tenant_id = tenant;
    return true;
end
$$;
grant execute on function jobs.keep_checkpoint(uuid, bigint, text, text) to rowhouse_worker;
comment on function jobs.keep_checkpoint(uuid, bigint, text, text) is
    'Keeps a signed checkpoint of a tenant''s tree; false if it has one of this size.';
reset role;
