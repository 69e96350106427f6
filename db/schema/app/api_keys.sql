-- API keys as the API shows them: without the digest. security_invoker: the policies of auth.api_keys decide, not the
-- view's owner. No security_barrier: there is no condition here to guard, and a barrier would keep a page from its index.
create or replace view app.api_keys with (security_invoker = true) as
    select
        tenant_id, id, kind, user_id, role_id, created_by, name, beginning, scopes, requests_per_minute, origins, addresses,
        replaces, used_count::double precision as used_count, last_used_at, created_at, expires_at, revoked_at, opens_guests
    from auth.api_keys;
revoke all on app.api_keys from public, rowhouse_app;
grant select on app.api_keys to rowhouse_app;
grant update (name, requests_per_minute, origins, addresses, opens_guests) on app.api_keys to rowhouse_app;
comment on view app.api_keys is
    'A key for a program. One''s own, and with manage_api_keys every key of the tenant; the secret is shown once, when it is made.';
