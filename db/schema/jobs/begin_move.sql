-- A place in the object storage for a version that is moved there. As context.begin_object(): unless the version takes it, it is deleted.
set local role rowhouse_definer;
create or replace function jobs.begin_move(tenant uuid) returns text
    language sql volatile strict parallel unsafe security definer
    set search_path = ''
as $$
    insert into jobs.unkept_objects (object_key, tenant, due_at)
    values (tenant || '/' || encode(extensions.gen_random_bytes(16), 'hex'), tenant, now() + interval '1 hour')
    returning object_key
$$;
grant execute on function jobs.begin_move(uuid) to rowhouse_worker;
comment on function jobs.begin_move(uuid) is
    'A place in the object storage for a version that is moved there; it is deleted in an hour unless the version takes it.';
reset role;
