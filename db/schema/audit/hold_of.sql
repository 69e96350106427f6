-- The oldest hold that stands over a tenant: over somebody's things there, or, where nobody is named, over any of its things; null
-- where there is none.
set local role rowhouse_definer;
create or replace function audit.hold_of(tenant uuid, person uuid default null) returns uuid
    language sql stable parallel safe security definer
    set search_path = ''
as $$
    select hold.id from audit.legal_holds as hold
    where hold.tenant_id = tenant and hold.released_at is null
        and (hold.user_id is null or person is null or hold.user_id = person)
    order by hold.id
    limit 1
$$;
comment on function audit.hold_of(uuid, uuid) is
    'The oldest legal hold that stands over a tenant, or over one person''s things in it; null: none.';
reset role;
