-- Keeps what a provider said of somebody under a one-time code, for a minute: the browser carries the code to the page that
-- asked, never a token. Nobody is found or made before that page brings the code back, together with the verifier that
-- stayed in it (RFC 7636).
--
-- issuer, subject: who the provider says that is
-- address:         null unless the provider proved it and is trusted to (the server's word; see src/auth/oauth)
-- code:            sha256 of the code; challenge: what its verifier has to fit (S256)
set local role rowhouse_definer;
create or replace function auth.keep_code(
    code bytea, challenge text, provider text, issuer text, subject text, address text, name text
) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    insert into auth.exchange_codes (digest, challenge, provider, issuer, subject, email, name) values (
        sha256(code), challenge, provider, issuer, subject, auth.normalise_email(address),
        case when app.is_name(name) then left(btrim(name), 200) end)
$$;
grant execute on function auth.keep_code(bytea, text, text, text, text, text, text) to rowhouse_auth;
comment on function auth.keep_code(bytea, text, text, text, text, text, text) is
    'Keeps what a provider said of somebody under a one-time code, for a minute.';
reset role;
