-- Whether somebody can still come in: by a password, an account elsewhere or a passkey. Asked after one of them was taken
-- away, under auth.lock_ways_in().
set local role rowhouse_definer;
create or replace function auth.has_way_in(person uuid) returns boolean
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select exists (select from auth.passwords as password where password.user_id = person)
        or exists (select from auth.identities as identity where identity.user_id = person)
        or exists (select from auth.passkeys as passkey where passkey.user_id = person)
$$;
comment on function auth.has_way_in(uuid) is 'Whether this person has a password, an account elsewhere or a passkey.';
reset role;
