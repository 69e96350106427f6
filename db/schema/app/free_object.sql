-- An object goes when its version goes, however that went: with its document, its member, or all of its tenant. That it has to go is
-- written in the same transaction, so it is never forgotten; jobs.claim_objects() hands it out until it is gone.
set local role rowhouse_definer;
create or replace function app.free_object() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    insert into jobs.unkept_objects (object_key, tenant, due_at) values (old.object_key, old.tenant_id, now());
    return null;
end
$$;
grant execute on function app.free_object() to rowhouse_owner;
comment on function app.free_object() is 'Trigger: the object of a version that is gone is to be deleted.';
reset role;

create or replace trigger free_object after delete on app.document_versions
    for each row when (old.object_key is not null) execute function app.free_object();
