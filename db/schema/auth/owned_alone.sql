-- The companies that would be left without an owner if this person went, by their slugs. Their rows are locked, so that two
-- owners who go at once take turns (as in app.keep_an_owner), and the second is told. A closed company needs no owner.
set local role rowhouse_definer;
create or replace function auth.owned_alone(person uuid) returns text[]
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    perform from app.tenants as tenant
    where tenant.id in (
        select membership.tenant_id from app.memberships as membership
        where membership.user_id = person and membership.is_owner and membership.status = 'active'
    )
    order by tenant.id
    for no key update;
    return array(
        select tenant.slug
        from app.memberships as membership
        join app.tenants as tenant on tenant.id = membership.tenant_id
        where membership.user_id = person and membership.is_owner and membership.status = 'active'
            and tenant.status <> 'closed' and not context.stays_owned(tenant.id, person)
        order by tenant.slug
    );
end
$$;
comment on function auth.owned_alone(uuid) is
    'The slugs of the companies that would be left without an owner if this person went; locks their rows.';
reset role;
