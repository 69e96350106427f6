-- How many objects of a tenant wait to be deleted: its certificate of erasure waits for them.
set local role rowhouse_definer;
create or replace function jobs.objects_of(tenant uuid) returns bigint
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select count(*) from jobs.unkept_objects as waiting where waiting.tenant = objects_of.tenant
$$;
comment on function jobs.objects_of(uuid) is 'How many objects of a tenant wait to be deleted.';
reset role;
