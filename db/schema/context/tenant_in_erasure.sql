-- The tenant that is being erased at the moment: one after the other, so that a policy can compare with it. One over which a legal hold
-- stands is not, until it is released.
set local role rowhouse_definer;
create or replace function context.tenant_in_erasure() returns uuid
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select leaving.id from auth.tenant_deletions as leaving
    where leaving.began_at is not null and not exists (
        select from audit.legal_holds as hold where hold.tenant_id = leaving.id and hold.released_at is null
    )
    order by leaving.began_at, leaving.id
    limit 1
$$;
comment on function context.tenant_in_erasure() is
    'The tenant that jobs.erase_tenant() is at; null while there is none.';
reset role;
