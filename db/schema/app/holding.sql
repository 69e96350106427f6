-- A way in which somebody comes by a permission.
do $$
begin
    if to_regtype('app.holding') is null then
        create type app.holding as (
            holder_id  uuid,
            user_id    uuid,
            api_key_id uuid,
            name       text,
            permission text,
            source     text,
            role_id    uuid,
            role       text,
            grant_id   uuid,
            granted_by uuid,
            reason     text,
            ends_at    timestamptz
        );
    end if;
end
$$;
comment on type app.holding is 'A way in which a member, or an API key, comes by a permission.';
comment on column app.holding.holder_id is 'The membership or the API key that has it: what the next page comes after.';
comment on column app.holding.user_id is 'Who has it, also by a key of theirs; null for a key that is the tenant''s own.';
comment on column app.holding.api_key_id is 'The key within whose scopes it is; null for the person themselves.';
comment on column app.holding.name is 'The member''s name, or the key''s; null for a key that the caller may not see.';
comment on column app.holding.permission is 'The permission; "owner" for what only owners may.';
comment on column app.holding.source is 'Where it comes from: owner, role or grant.';
comment on column app.holding.role_id is 'The role that holds it.';
comment on column app.holding.role is 'That role''s name.';
comment on column app.holding.grant_id is 'The grant, for a permission that somebody has for a time.';
comment on column app.holding.granted_by is 'Who gave it for a time.';
comment on column app.holding.reason is 'Why, in their words.';
comment on column app.holding.ends_at is 'When it ends by itself: the time of the grant.';
