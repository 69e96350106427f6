-- Makes a key like this one, under a new secret, and lets the old one go on for a while: for `overlap` seconds, and never
-- longer than it would have. The new one is good for as long as the old one was made for.
--
-- Somebody's own key is rotated by nobody else, because whoever rotates it learns the secret: to others it is not there.
create or replace function app.rotate_api_key(id uuid, digests bytea[], beginnings text[], overlap integer default null)
    returns app.api_keys
    language sql volatile parallel unsafe security invoker
    set search_path = ''
as $$
    with replaced as (
        update auth.api_keys as known set
            expires_at = least(known.expires_at, now() + least(greatest(coalesce(overlap, 0), 0), 2592000) * interval '1 second')
        where known.id = rotate_api_key.id
            and (known.user_id is null or known.user_id = (select context.key_keeper()))
        returning
            known.id, known.kind, known.role_id, known.name, known.scopes, known.requests_per_minute, known.origins,
            known.addresses, known.opens_guests, now() + (old.expires_at - known.created_at) as expires_at
    )
    insert into auth.api_keys (
        digest, beginning, name, scopes, kind, role_id, expires_at, requests_per_minute, origins, addresses, opens_guests, replaces
    )
    select
        digests[place], beginnings[place], name, scopes, kind, role_id, expires_at, requests_per_minute,
        origins, addresses, opens_guests, replaced.id
    from replaced, lateral (values (case kind when 'publishable' then 2 else 1 end)) as made (place)
    returning
        tenant_id, id, kind, user_id, role_id, created_by, name, beginning, scopes, requests_per_minute, origins, addresses,
        replaces, used_count::double precision as used_count, last_used_at, created_at, expires_at, revoked_at, opens_guests
$$;
grant execute on function app.rotate_api_key(uuid, bytea[], text[], integer) to rowhouse_app;
comment on function app.rotate_api_key(uuid, bytea[], text[], integer) is
    'Makes a key like this one under a new secret; the old one goes on for so many seconds, and never longer than it would have.';
