-- The worker's way to auth.install_signing_key(), for rotation.
set local role rowhouse_definer;
create or replace function jobs.install_signing_key(
    id text, algorithm text, public_jwk jsonb, private_jwk text, max_age interval, lead interval
) returns boolean
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    select auth.install_signing_key(id, algorithm, public_jwk, private_jwk, max_age, lead)
$$;
grant execute on function jobs.install_signing_key(text, text, jsonb, text, interval, interval) to rowhouse_worker;
comment on function jobs.install_signing_key(text, text, jsonb, text, interval, interval) is
    'Installs a new token signing key if the newest of its algorithm is older than max_age; true if it did.';
reset role;
