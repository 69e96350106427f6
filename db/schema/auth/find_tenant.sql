-- Which tenant an operator means by a slug or an id; null if there is none.
set local role rowhouse_definer;
create or replace function auth.find_tenant(named text) returns uuid
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select tenant.id from app.tenants as tenant
    where lower(tenant.slug) = lower(btrim(named)) or tenant.id::text = lower(btrim(named))
    -- A slug may look like an id; who gives an id means that.
    order by tenant.id::text = lower(btrim(named)) desc
    limit 1
$$;
grant execute on function auth.find_tenant(text) to rowhouse_owner;
comment on function auth.find_tenant(text) is 'For the operator: the id of the tenant that has this slug or id.';
reset role;
