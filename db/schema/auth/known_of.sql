-- What attackers know of a person: their address, their name, and the names of their companies.
set local role rowhouse_definer;
create or replace function auth.known_of(person uuid) returns text[]
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select array_remove(array[known.email, known.name], null) || array(
        select unnest(array[tenant.name, tenant.slug])
        from app.memberships as membership
        join app.tenants as tenant on tenant.id = membership.tenant_id
        where membership.user_id = known.id
    )
    from app.users as known
    where known.id = person
$$;
comment on function auth.known_of(uuid) is 'What attackers know of a person: address, name, companies.';
reset role;
