-- How many API keys a tenant has that are good. One that another has replaced is not counted beside it.
--
-- without: one that is about to be replaced
set local role rowhouse_definer;
create or replace function auth.keys_in_use(tenant uuid, without uuid default null) returns integer
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select count(*)::integer
    from auth.api_keys as key
    where key.tenant_id = tenant and key.revoked_at is null and (key.expires_at is null or key.expires_at > now())
        and key.id is distinct from without
        and not exists (
            select from auth.api_keys as newer
            where newer.tenant_id = key.tenant_id and newer.replaces = key.id and newer.revoked_at is null
                and (newer.expires_at is null or newer.expires_at > now())
        )
$$;
comment on function auth.keys_in_use(uuid, uuid) is
    'How many API keys of a tenant are good, not counting those that were replaced.';
reset role;
