-- The keys of checkpoints, the newest first: that one signs.
set local role rowhouse_definer;
create or replace function jobs.audit_keys() returns setof audit.signing_keys
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select * from audit.signing_keys order by number desc
$$;
grant execute on function jobs.audit_keys() to rowhouse_worker;
comment on function jobs.audit_keys() is
    'The keys of checkpoints, the newest first: it signs. Their private halves are encrypted under the master key.';
reset role;
