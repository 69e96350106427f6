-- The oldest hold that stands over somebody, in whichever tenant they are or were: over them, or over all of it.
set local role rowhouse_definer;
create or replace function audit.hold_of_person(person uuid) returns uuid
    language sql stable parallel safe security definer
    set search_path = ''
as $$
    select hold.id from audit.legal_holds as hold
    where hold.released_at is null and (
        hold.user_id = person
        or hold.user_id is null and exists (
            select from app.memberships as membership
            where membership.tenant_id = hold.tenant_id and membership.user_id = person
        )
    )
    order by hold.id
    limit 1
$$;
comment on function audit.hold_of_person(uuid) is
    'The oldest legal hold that stands over a person or a tenant that they are, or were, a member of; null: none.';
reset role;
