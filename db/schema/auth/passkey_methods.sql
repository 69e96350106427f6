-- What a passkey proves, in the words of RFC 8176: a key that never leaves its device (hwk) or one that a service copies to others
-- (swk), whose authenticator verified its user. That is two factors: what somebody has, and what they know or are.
create or replace function auth.passkey_methods(passkey auth.passkeys) returns text[]
    language sql immutable parallel safe security invoker
    return array[case when passkey.backup_eligible then 'swk' else 'hwk' end, 'user', 'mfa'];
grant execute on function auth.passkey_methods(auth.passkeys) to rowhouse_definer;
comment on function auth.passkey_methods(auth.passkeys) is
    'What a passkey proves, in the words of RFC 8176: hwk or swk, and that its authenticator verified its user.';
