set local role rowhouse_definer;
create or replace function audit.current_retention() returns audit.retention
    language sql stable parallel safe security definer
    set search_path = ''
as $$
    select * from audit.retention
$$;
grant execute on function audit.current_retention() to rowhouse_owner;
comment on function audit.current_retention() is
    'For the operator: for how long trails are kept that no tenant decides about, and how long one may not undercut.';
reset role;
