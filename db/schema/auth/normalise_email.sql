-- One spelling of an address: trimmed, in lower case. Both are of ASCII only, and nothing else is folded: in Unicode the sign
-- for kelvin becomes a k (by lower() and by normalization alike) and a Turkish İ an i, so that whoever proved an address with
-- one of them would be taken for somebody else. What has such letters stays as it is, and is nobody's address here.
create or replace function auth.normalise_email(email text) returns text
    language sql immutable parallel safe security invoker
    set search_path = ''
as $$
    select lower(btrim(email, E' \t\n\r') collate "C")
$$;
grant execute on function auth.normalise_email(text) to rowhouse_definer;
comment on function auth.normalise_email(text) is
    'One spelling of an e-mail address: trimmed, in lower case, of which no letter but those of ASCII knows any.';
