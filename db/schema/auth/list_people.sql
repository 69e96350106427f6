-- Who has an account, and no guest, newest first, as `rowhouse user list` tells it. Each argument but the last may be null: then it
-- leaves nobody out.
--
-- tenant_slug: members of this tenant; a slug that no tenant has is nobody's
-- standing:    active, banned or deleted
-- search:      part of an address or a name, in any case
set local role rowhouse_definer;
create or replace function auth.list_people(tenant_slug text, standing text, search text, most integer)
    returns table (id uuid, email text, name text, status text, tenants bigint, created_at timestamptz, last_seen_at timestamptz)
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select person.id, person.email, person.name, person.status,
        (select count(*) from app.memberships as membership
            where membership.user_id = person.id and membership.status = 'active'),
        person.created_at,
        (select max(session.last_seen_at) from auth.sessions as session where session.user_id = person.id)
    from app.users as person
    where not person.is_guest
        and (standing is null or person.status = standing)
        and (search is null or strpos(lower(person.email), lower(search)) > 0 or strpos(lower(person.name), lower(search)) > 0)
        and (tenant_slug is null or exists (
            select from app.memberships as membership
            join app.tenants as tenant on tenant.id = membership.tenant_id
            where membership.user_id = person.id and membership.status <> 'removed' and lower(tenant.slug) = lower(tenant_slug)
        ))
    order by person.created_at desc, person.id desc
    limit most
$$;
grant execute on function auth.list_people(text, text, text, integer) to rowhouse_owner;
comment on function auth.list_people(text, text, text, integer) is
    'For the operator: people by tenant, status and part of their address or name, newest first.';
reset role;
