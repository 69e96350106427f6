-- The API key with this digest, with the live state of all that it depends on.
-- What a key may do is what its owner's role may do, within the key's scopes.
set local role rowhouse_definer;
create or replace function context.find_api_key(digest bytea) returns setof context.holder
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select
        'api_key', api_key.id,
        person.id, person.status,
        api_key.tenant_id, tenant.status, membership.status,
        false, array(select unnest(role.permissions) intersect select unnest(api_key.scopes) order by 1),
        null::text,
        api_key.revoked_at is not null,
        coalesce(api_key.expires_at <= statement_timestamp(), false)
    from auth.api_keys as api_key
    join app.users as person on person.id = api_key.user_id
    join app.tenants as tenant on tenant.id = api_key.tenant_id
    join app.memberships as membership
        on membership.tenant_id = api_key.tenant_id and membership.user_id = api_key.user_id
    join app.roles as role
        on role.tenant_id = membership.tenant_id and role.id = membership.role_id
    where api_key.digest = find_api_key.digest
$$;
comment on function context.find_api_key(bytea) is
    'The API key with this digest (sha256 of sha256), live or not. Its permissions are its owner''s role within its scopes.';
reset role;
