-- Installs a token signing key if the newest of its algorithm is older than max_age; true if it did.
--
-- The first key signs at once. A later one signs after `lead`, so that everybody who caches the key set
-- knows it by then; the ones before it verify for an hour longer, four times the life of a token.
set local role rowhouse_definer;
create or replace function auth.install_signing_key(
    id text, algorithm text, public_jwk jsonb, private_jwk text, max_age interval, lead interval
) returns boolean
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    start timestamptz := now();
begin
    perform pg_advisory_xact_lock(hashtext('auth.signing_keys'));
    delete from auth.signing_keys as old where old.expires_at < now() - interval '1 day';
    if exists (
        select from auth.signing_keys as known
        where known.algorithm = install_signing_key.algorithm
            and known.created_at > now() - max_age and known.expires_at is null
    ) then
        return false;
    end if;
    if exists (select from auth.signing_keys as known where known.active_from <= now() and (known.expires_at is null or known.expires_at > now() + lead)) then
        start := now() + lead;
    end if;
    update auth.signing_keys as older set expires_at = greatest(start, older.active_from) + interval '1 hour'
    where older.expires_at is null;
    insert into auth.signing_keys (id, algorithm, public_jwk, private_jwk, active_from)
        values (install_signing_key.id, install_signing_key.algorithm, install_signing_key.public_jwk,
            install_signing_key.private_jwk, start);
    return true;
end
$$;
grant execute on function auth.install_signing_key(text, text, jsonb, text, interval, interval) to rowhouse_auth;
comment on function auth.install_signing_key(text, text, jsonb, text, interval, interval) is
    'Installs a token signing key if the newest of its algorithm is older than max_age; true if it did.';
reset role;
