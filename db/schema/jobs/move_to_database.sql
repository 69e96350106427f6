-- Takes the bytes of a version from the object storage back into the database; what is not what was brought is refused. The object goes
-- in an hour: somebody may be reading it. Returns false, and changes nothing, where the version is gone or is somewhere else by now.
set local role rowhouse_definer;
create or replace function jobs.move_to_database(tenant uuid, version uuid, object text, content bytea) returns boolean
    language plpgsql volatile strict parallel unsafe security definer
    set search_path = ''
as $$
declare
    mine app.document_versions;
begin
    select * into mine from app.document_versions as kept
    where kept.tenant_id = move_to_database.tenant and kept.id = move_to_database.version and kept.object_key = object
    for update;
    if not found then
        return false;
    end if;
    if encode(sha256(content), 'hex') <> mine.sha256 then
        raise exception using errcode = 'data_corrupted', message = 'these are not the bytes that were brought';
    end if;
    update app.document_versions as kept set object_key = null where kept.tenant_id = mine.tenant_id and kept.id = mine.id;
    perform context.keep_pieces(mine, content);
    insert into jobs.unkept_objects (object_key, tenant, due_at) values (object, mine.tenant_id, now() + interval '1 hour');
    return true;
end
$$;
grant execute on function jobs.move_to_database(uuid, uuid, text, bytea) to rowhouse_worker;
comment on function jobs.move_to_database(uuid, uuid, text, bytea) is
    'Takes a version''s bytes back into the database; returns whether it did. Raises XX001 for bytes that are others.';
reset role;
