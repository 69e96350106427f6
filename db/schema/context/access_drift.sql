-- What is no longer as the migrations left it. /readyz asks it, and rowhouse migrate before and after it mends.
set local role rowhouse_definer;
create or replace function context.access_drift() returns table (object text, change text)
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select
        object,
        case when migrated.digest is null then 'added' when present.digest is null then 'missing' else 'changed' end
    from context.access_as_migrated as migrated
    full join context.access_state() as present using (object)
    where migrated.digest is distinct from present.digest
    order by object
$$;
grant execute on function context.access_drift() to rowhouse_app, rowhouse_auth, rowhouse_owner;
comment on function context.access_drift() is
    'Policies, row security, grants, functions, views and triggers that are missing, changed or added since rowhouse migrate.';
reset role;
