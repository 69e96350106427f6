-- Every token signing key that still counts: those that verify, and the one that signs (the newest active).
set local role rowhouse_definer;
create or replace function auth.list_signing_keys() returns setof auth.signing_keys
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select * from auth.signing_keys
    where expires_at is null or expires_at > now()
    order by active_from desc, created_at desc, id
$$;
grant execute on function auth.list_signing_keys() to rowhouse_auth;
comment on function auth.list_signing_keys() is
    'The signing keys that still verify, newest first; the private half is encrypted under the master key.';
reset role;
