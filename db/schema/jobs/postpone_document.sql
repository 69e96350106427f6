-- Lets go of a claimed document that cannot be had just now, for no fault of its own: it waits again, and the try counts for nothing.
-- Returns whether the claim still held.
set local role rowhouse_definer;
create or replace function jobs.postpone_document(tenant uuid, document uuid, attempt integer, minutes integer default 5)
    returns boolean
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    mine app.documents;
begin
    select * into mine from jobs.claimed_document(tenant, document, attempt);
    if not found then
        return false;
    end if;
    update app.documents as known set
        status = 'queued', progress = 0, tries = greatest(known.tries - 1, 0), due_at = now() + make_interval(mins => minutes)
    where known.tenant_id = mine.tenant_id and known.id = mine.id;
    return true;
end
$$;
grant execute on function jobs.postpone_document(uuid, uuid, integer, integer) to rowhouse_worker;
comment on function jobs.postpone_document(uuid, uuid, integer, integer) is
    'Lets go of a claimed document whose bytes are out of reach; returns whether the claim still held.';
reset role;
