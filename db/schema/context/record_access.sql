-- Remembers how access is decided now. rowhouse migrate calls it when the migrations are through.
set local role rowhouse_definer;
create or replace function context.record_access() returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    delete from context.access_as_migrated;
    insert into context.access_as_migrated (object, digest) select object, digest from context.access_state();
$$;
grant execute on function context.record_access() to rowhouse_owner;
comment on function context.record_access() is
    'Remembers how access is decided after a migration, for context.access_drift() to compare with.';
reset role;
