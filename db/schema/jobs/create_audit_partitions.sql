set local role rowhouse_definer;
create or replace function jobs.create_audit_partitions() returns integer
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    select audit.create_partitions()
$$;
grant execute on function jobs.create_audit_partitions() to rowhouse_worker;
comment on function jobs.create_audit_partitions() is
    'Makes the trail''s partitions for this month and the next three; returns how many were missing.';
reset role;
