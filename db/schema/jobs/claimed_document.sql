-- The document of a claim, locked, or nothing where the claim is over: the document is gone, another attempt has begun, or it
-- waits again, for a new version.
set local role rowhouse_definer;
create or replace function jobs.claimed_document(tenant uuid, document uuid, attempt integer) returns setof app.documents
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    select known.* from app.documents as known
    where known.tenant_id = tenant and known.id = document and known.attempt = claimed_document.attempt
        and known.status = 'processing'
    for no key update
$$;
comment on function jobs.claimed_document(uuid, uuid, integer) is
    'Locks the document of a claim that still holds; no row for one that is over.';
reset role;
