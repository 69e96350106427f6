-- A version is where it was copied to, and no more in the database. Returns false, and changes nothing, where it is gone, was moved by
-- somebody else, or the copy is being deleted: then the copy goes as it came.
set local role rowhouse_definer;
create or replace function jobs.move_to_storage(tenant uuid, version uuid, object text) returns boolean
    language plpgsql volatile strict parallel unsafe security definer
    set search_path = ''
as $$
declare
    mine app.document_versions;
begin
    select * into mine from app.document_versions as kept
    where kept.tenant_id = move_to_storage.tenant and kept.id = move_to_storage.version and kept.object_key is null
    for update;
    if not found then
        return false;
    end if;
    delete from jobs.unkept_objects as waiting
    where waiting.object_key = object and waiting.tenant = mine.tenant_id and waiting.tries = 0 and waiting.due_at > now();
    if not found then
        return false;
    end if;
    update app.document_versions as kept set object_key = object where kept.tenant_id = mine.tenant_id and kept.id = mine.id;
    delete from app.document_contents as part
    where part.tenant_id = mine.tenant_id and part.document_id = mine.document_id and part.version = mine.version;
    return true;
end
$$;
grant execute on function jobs.move_to_storage(uuid, uuid, text) to rowhouse_worker;
comment on function jobs.move_to_storage(uuid, uuid, text) is
    'Says that a version''s bytes are in the object storage now, and takes them out of the database; returns whether it did.';
reset role;
