-- One spelling of an address: trimmed, NFC, lower case. The check on app.users.email holds us to it.
create or replace function auth.normalise_email(email text) returns text
    language sql immutable parallel safe security invoker
    set search_path = ''
as $$
    select lower(normalize(btrim(email), nfc))
$$;
grant execute on function auth.normalise_email(text) to rowhouse_definer;
comment on function auth.normalise_email(text) is 'One spelling of an e-mail address: trimmed, NFC, lower case.';
