-- The accesses for support, the newest first.
--
-- tenant: of this company only; running: those that open the door now
set local role rowhouse_definer;
create or replace function auth.list_support(tenant text, running boolean, most integer) returns table (
    id uuid, tenant_slug text, member text, operator text, reason text, may_write boolean,
    created_at timestamptz, expires_at timestamptz, ended_at timestamptz, end_reason text
)
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select
        access.id, place.slug, person.email, access.operator, access.reason, access.may_write,
        access.created_at, access.expires_at, access.ended_at, access.end_reason
    from auth.support_accesses as access
    join app.tenants as place on place.id = access.tenant_id
    left join app.users as person on person.id = access.user_id
    where (list_support.tenant is null or place.slug = lower(list_support.tenant))
        and (not running or access.ended_at is null and access.expires_at > now())
    order by access.created_at desc, access.id desc
    limit most
$$;
grant execute on function auth.list_support(text, boolean, integer) to rowhouse_owner;
comment on function auth.list_support(text, boolean, integer) is
    'For the operator: who was let into which company, as whom and why.';
reset role;
