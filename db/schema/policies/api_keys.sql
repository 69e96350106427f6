select context.close_table('auth.api_keys');

-- Everything but the digest. Whose a key is, the trigger guard_api_key says; what it may do never changes.
grant select (
    tenant_id, id, kind, user_id, role_id, created_by, name, beginning, scopes, requests_per_minute, origins, addresses,
    replaces, used_count, last_used_at, created_at, expires_at, revoked_at, opens_guests
) on auth.api_keys to rowhouse_app;
grant insert (
    kind, role_id, name, beginning, digest, scopes, requests_per_minute, origins, addresses, opens_guests, replaces, expires_at
) on auth.api_keys to rowhouse_app;
grant update (name, requests_per_minute, origins, addresses, opens_guests, expires_at, revoked_at) on auth.api_keys to rowhouse_app;

create policy "nothing crosses the wall" on auth.api_keys
    as restrictive for all to rowhouse_app
    using (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()))
    with check (tenant_id = (select context.tenant_id()) and tenant_id = (select context.unverified_tenant_id()));
comment on policy "nothing crosses the wall" on auth.api_keys is
    'Whatever the policies below permit, they permit inside the caller''s tenant. The tenant is compared twice so that PostgreSQL compares the two answers with each other first, and no row next door meets any condition of the caller''s that could tell of it.';

create policy "people see their own keys, managers of keys every one" on auth.api_keys
    for select to rowhouse_app
    using (
        user_id = (select context.key_keeper())
        or tenant_id = (select context.tenant_where('manage_api_keys'))
    );
comment on policy "people see their own keys, managers of keys every one" on auth.api_keys is
    'Through the view app.api_keys, which has no digest; nor has the grant. A key that may not manage keys sees none, not even itself: it is in more hands than its owner''s.';

create policy "people make keys of their own, managers of keys the tenant's" on auth.api_keys
    for insert to rowhouse_app
    with check (
        tenant_id = (select context.tenant_id())
        and case
            when role_id is null then user_id = (select context.key_keeper())
            else tenant_id = (select context.tenant_requiring('manage_api_keys'))
        end
    );
comment on policy "people make keys of their own, managers of keys the tenant's" on auth.api_keys is
    'Nobody makes one for a colleague: the user is no input, and a key with a role has none. What it may hold, the trigger guard_api_key compares with its maker.';

create policy "people change their own keys, managers of keys every one" on auth.api_keys
    for update to rowhouse_app
    using (
        tenant_id = (select context.tenant_id())
        and case
            when user_id = (select context.key_keeper()) then true
            else tenant_id = (select context.tenant_requiring('manage_api_keys'))
        end
    )
    with check (
        tenant_id = (select context.tenant_id())
        and case
            when user_id = (select context.key_keeper()) then true
            else tenant_id = (select context.tenant_requiring('manage_api_keys'))
        end
    );
comment on policy "people change their own keys, managers of keys every one" on auth.api_keys is
    'The name, the limits, an earlier end; and that it is revoked, which the trigger makes final. A case, so that a missing permission is named. Keys are never deleted, so that the trail can say what acted.';

-- The definer's reach: the door, and the counts of use.
grant select on auth.api_keys to rowhouse_definer;
grant update (used_count, last_used_at, name, addresses, revoked_at) on auth.api_keys to rowhouse_definer;
create policy "the door finds a key by its digest" on auth.api_keys
    for select to rowhouse_definer using (true);
comment on policy "the door finds a key by its digest" on auth.api_keys is
    'context.enter() with sha256 of a key; context.request_limit() and auth.guard_api_key() look at the caller''s own, auth.open_guest() at the page''s.';
create policy "web processes tell how often keys were used" on auth.api_keys
    for update to rowhouse_definer using (true) with check (true);
comment on policy "web processes tell how often keys were used" on auth.api_keys is
    'auth.record_key_usage() adds to two columns; auth.request_deletion() revokes what belongs to an account that goes, jobs.delete_account() takes its name off, and auth.accept_invitation() revokes the keys that somebody had before they were removed. What a key may do the definer cannot change.';
