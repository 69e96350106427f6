-- What the door writes under the seal, with everything that policies ask for at a fixed place:
--
--     1 –  36  tenant          blank for who has none
--    37 –  72  user
--    73 – 108  credential
--   109 – 118  expiry          seconds since 1970
--   119 – 135  transaction     its beginning, seconds since 1970 with six decimals
--   136 – 145  backend         its process
--         146  owner           t or f
--   147 – 154  kind            session, guest, api_key, support, sign_in
--   155 –      permissions     {chat,view_audit}, and a blank: no name of one has any
--              teams           {uuid,uuid}, and a blank; then those of them that the user leads, {uuid}, and a blank
--              detail          JSON: request_id, ip, user_agent; explains; writes, of support that may
--
-- These functions are bound when they are made, and without a `set`, so that the planner inlines them.
create or replace function context.body_of(holder context.holder, detail jsonb) returns text
    language sql stable parallel restricted security invoker
    return rpad(coalesce(holder.tenant_id::text, ''), 36)
        || rpad(coalesce(holder.user_id::text, ''), 36)
        || rpad(coalesce(holder.credential_id::text, ''), 36)
        || (extract(epoch from statement_timestamp())::bigint + 60)::text
        || extract(epoch from transaction_timestamp())::text
        || rpad(pg_backend_pid()::text, 10)
        || case when holder.is_owner then 't' else 'f' end
        || rpad(coalesce(holder.kind, ''), 8)
        || holder.permissions::text || ' ' || holder.teams || ' ' || detail::text;
grant execute on function context.body_of(context.holder, jsonb) to rowhouse_definer;
comment on function context.body_of(context.holder, jsonb) is
    'What the seal is set under: who holds the credential, and for which transaction, at fixed places.';

create or replace function context.tenant_in(body text) returns uuid
    language sql immutable parallel safe security invoker
    return nullif(substr(body, 1, 36), repeat(' ', 36))::uuid;
comment on function context.tenant_in(text) is 'The tenant that a body names.';

create or replace function context.user_in(body text) returns uuid
    language sql immutable parallel safe security invoker
    return nullif(substr(body, 37, 36), repeat(' ', 36))::uuid;
comment on function context.user_in(text) is 'The user that a body names.';

create or replace function context.credential_in(body text) returns uuid
    language sql immutable parallel safe security invoker
    return nullif(substr(body, 73, 36), repeat(' ', 36))::uuid;
comment on function context.credential_in(text) is 'The session or API key that a body names.';

create or replace function context.kind_in(body text) returns text
    language sql immutable parallel safe security invoker
    return nullif(rtrim(substr(body, 147, 8)), '');
comment on function context.kind_in(text) is 'What kind of credential a body names.';

create or replace function context.is_owner_in(body text) returns boolean
    language sql immutable parallel safe security invoker
    return substr(body, 146, 1) = 't';
comment on function context.is_owner_in(text) is 'Whether a body says that the user owns the tenant.';

create or replace function context.permissions_in(body text) returns text[]
    language sql immutable parallel safe security invoker
    return split_part(substr(body, 155), ' ', 1)::text[];
comment on function context.permissions_in(text) is 'The permissions that a body names.';

create or replace function context.teams_in(body text) returns uuid[]
    language sql immutable parallel safe security invoker
    return split_part(substr(body, 155), ' ', 2)::uuid[];
comment on function context.teams_in(text) is 'The teams that a body names: those of the user.';

create or replace function context.led_teams_in(body text) returns uuid[]
    language sql immutable parallel safe security invoker
    return split_part(substr(body, 155), ' ', 3)::uuid[];
comment on function context.led_teams_in(text) is 'The teams that a body names as led by the user.';

create or replace function context.detail_in(body text) returns jsonb
    language sql immutable parallel safe security invoker
    return regexp_replace(substr(body, 155), '^(\S* ){3}', '')::jsonb;
comment on function context.detail_in(text) is 'What a body says of the request.';

grant execute on function
    context.tenant_in(text), context.user_in(text), context.credential_in(text), context.kind_in(text),
    context.is_owner_in(text), context.permissions_in(text), context.teams_in(text), context.led_teams_in(text),
    context.detail_in(text)
    to rowhouse_app, rowhouse_auth, rowhouse_worker, rowhouse_definer, rowhouse_owner;
