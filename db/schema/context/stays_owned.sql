-- Whether a tenant has an active owner who stays. Who asked for their account to be deleted owns it for as long as the grace
-- lasts, and is not counted on.
--
-- without: somebody whom to leave out
set local role rowhouse_definer;
create or replace function context.stays_owned(tenant uuid, without uuid default null) returns boolean
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select exists (
        select from app.memberships as membership
        where membership.tenant_id = stays_owned.tenant and membership.is_owner and membership.status = 'active'
            and membership.user_id is distinct from without
            and not exists (select from auth.deletions as leaving where leaving.user_id = membership.user_id)
    )
$$;
comment on function context.stays_owned(uuid, uuid) is
    'Whether a tenant has an active owner who is not about to be deleted.';
reset role;
