-- Whether a password, a link or a provider's word alone is not enough for this person: they have an app that shows codes, or a
-- passkey.
set local role rowhouse_definer;
create or replace function auth.has_second_factor(person uuid) returns boolean
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select exists (select from auth.totp_factors as factor where factor.user_id = person and factor.confirmed_at is not null)
        or exists (select from auth.passkeys as passkey where passkey.user_id = person)
$$;
comment on function auth.has_second_factor(uuid) is 'Whether this person has a confirmed second factor or a passkey.';
reset role;
