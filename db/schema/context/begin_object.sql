-- Where an upload may go in the object storage: a name that says nothing but whose it is. Until a version is kept of it
-- (context.keep_stored_version) it is one of those that jobs.claim_objects() has deleted, in an hour: whatever becomes of who uploads,
-- nothing is left behind.
--
-- Raises RH403 without chat, and RH480 before a byte is sent where the tenant stores too much already.
set local role rowhouse_definer;
create or replace function context.begin_object(size_bytes bigint) returns text
    language plpgsql volatile strict parallel unsafe security definer
    set search_path = ''
as $$
declare
    tenant constant uuid := context.tenant_requiring('chat');
    place  text;
begin
    if tenant is null then
        perform context.refuse('chat');
    end if;
    perform context.refuse_full_storage(tenant, size_bytes);
    insert into jobs.unkept_objects (object_key, tenant, due_at)
    values (tenant || '/' || encode(extensions.gen_random_bytes(16), 'hex'), tenant, now() + interval '1 hour')
    returning object_key into place;
    return place;
end
$$;
grant execute on function context.begin_object(bigint) to rowhouse_app;
comment on function context.begin_object(bigint) is
    'A place in the object storage for an upload of the caller''s, which is deleted in an hour unless a version is kept of it. Raises RH403, RH480.';
reset role;
