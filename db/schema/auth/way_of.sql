-- By which way somebody came in who proved it by these methods (RFC 8176): password, link or passkey. With a provider they came
-- by that, which the methods do not tell; a guest came by none.
create or replace function auth.way_of(methods text[]) returns text
    language sql immutable parallel safe security invoker
    return case
        when 'pwd' = any (methods) then 'password'
        when 'email' = any (methods) then 'link'
        when methods && '{fed}' then null
        when methods && '{hwk,swk}' then 'passkey'
    end;
grant execute on function auth.way_of(text[]) to rowhouse_definer;
comment on function auth.way_of(text[]) is
    'The way in that these methods are of: password, link or passkey; null for a provider, and for a guest.';
