-- Makes an API key. The server makes the secret and sends what is kept of it: sha256 of sha256, and how it begins; for a
-- secret key and for a publishable one, because the prefix is part of it.
create or replace function app.create_api_key(
    digests bytea[], beginnings text[], name text, scopes text[],
    kind text default 'secret', role_id uuid default null, expires_at timestamptz default null,
    requests_per_minute integer default null, origins text[] default null, addresses inet[] default null,
    opens_guests boolean default null
)
    returns app.api_keys
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    insert into auth.api_keys (
        digest, beginning, name, scopes, kind, role_id, expires_at, requests_per_minute, origins, addresses, opens_guests
    )
    select
        digests[place], beginnings[place], create_api_key.name, create_api_key.scopes,
        coalesce(create_api_key.kind, 'secret'), create_api_key.role_id, create_api_key.expires_at,
        create_api_key.requests_per_minute, create_api_key.origins, create_api_key.addresses,
        coalesce(create_api_key.opens_guests, false)
    from (values (case create_api_key.kind when 'publishable' then 2 else 1 end)) as made (place)
    returning
        tenant_id, id, kind, user_id, role_id, created_by, name, beginning, scopes, requests_per_minute, origins, addresses,
        replaces, used_count::double precision as used_count, last_used_at, created_at, expires_at, revoked_at, opens_guests
$$;
grant execute on function app.create_api_key(bytea[], text[], text, text[], text, uuid, timestamptz, integer, text[], inet[], boolean) to rowhouse_app;
comment on function app.create_api_key(bytea[], text[], text, text[], text, uuid, timestamptz, integer, text[], inet[], boolean) is
    'Makes an API key: the caller''s own, or with a role the tenant''s. It holds no more than the caller does.';
