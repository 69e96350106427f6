-- For an access review: the API keys of a tenant, those that are over too, because the trail names them. Never a digest.
set local role rowhouse_definer;
create or replace function audit.list_keys(tenant uuid)
    returns table (
        id uuid, name text, beginning text, kind text, user_id uuid, role_id uuid, created_by uuid, scopes text[],
        origins text[], addresses bigint, used_count bigint, last_used_at timestamptz, created_at timestamptz, expires_at timestamptz,
        revoked_at timestamptz, live boolean
    )
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select
        key.id, key.name, key.beginning, key.kind, key.user_id, key.role_id, key.created_by, key.scopes,
        key.origins, coalesce(cardinality(key.addresses), 0), key.used_count, key.last_used_at, key.created_at, key.expires_at,
        key.revoked_at, key.revoked_at is null and (key.expires_at is null or key.expires_at > statement_timestamp())
    from auth.api_keys as key
    where key.tenant_id = list_keys.tenant
$$;
grant execute on function audit.list_keys(uuid) to rowhouse_auditor;
comment on function audit.list_keys(uuid) is
    'For an access review: the API keys of a tenant, with whose they are and when they were used; live says which open the door.';
reset role;
