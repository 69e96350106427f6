-- What a tenant's plan allows: each name of `limits` is set, null for no limit, and what is not named stays. A limit below what is
-- in use takes nothing away; it lets nothing more in.
set local role rowhouse_definer;
create or replace function auth.limit_tenant(tenant uuid, limits jsonb) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    update app.tenants as known set
        seats = case when limits ? 'seats' then (limits ->> 'seats')::integer else known.seats end,
        key_limit = case when limits ? 'keys' then (limits ->> 'keys')::integer else known.key_limit end,
        requests_per_minute = case when limits ? 'requests' then (limits ->> 'requests')::integer else known.requests_per_minute end,
        requests_per_day = case when limits ? 'requests-per-day' then (limits ->> 'requests-per-day')::integer else known.requests_per_day end,
        deletion_grace_days = case when limits ? 'grace' then (limits ->> 'grace')::integer else known.deletion_grace_days end,
        storage_limit = case when limits ? 'storage' then (limits ->> 'storage')::bigint else known.storage_limit end,
        sign_in_ways = case when limits ? 'ways' then null else known.sign_in_ways end
    where known.id = tenant;
end
$$;
grant execute on function auth.limit_tenant(uuid, jsonb) to rowhouse_owner;
comment on function auth.limit_tenant(uuid, jsonb) is
    'For the operator: sets seats, keys, requests a minute and a day, bytes of documents, and days of grace of a tenant; with ways, lets its members sign in by every way again.';
reset role;
