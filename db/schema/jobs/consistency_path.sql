-- For a witness: what shows that a tenant's tree goes on from the size at which the witness saw it last.
set local role rowhouse_definer;
create or replace function jobs.consistency_path(tenant uuid, older bigint, newer bigint) returns bytea[]
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select audit.consistency_path(tenant, older, newer)
$$;
grant execute on function jobs.consistency_path(uuid, bigint, bigint) to rowhouse_worker;
comment on function jobs.consistency_path(uuid, bigint, bigint) is
    'The hashes that show that a tenant''s tree only grew between two sizes: hashes, and nothing of what was sealed.';
reset role;
