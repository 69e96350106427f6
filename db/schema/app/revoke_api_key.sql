create or replace function app.revoke_api_key(id uuid) returns app.api_keys
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    update auth.api_keys as known set revoked_at = now() where known.id = revoke_api_key.id
    returning
        tenant_id, id, kind, user_id, role_id, created_by, name, beginning, scopes, requests_per_minute, origins, addresses,
        replaces, used_count::double precision as used_count, last_used_at, created_at, expires_at, revoked_at, opens_guests
$$;
grant execute on function app.revoke_api_key(uuid) to rowhouse_app;
comment on function app.revoke_api_key(uuid) is
    'Revokes an API key, for good: it opens nothing from the next request on.';
