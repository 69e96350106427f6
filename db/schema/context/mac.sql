-- The seal of a body: HMAC-SHA256 (RFC 2104), in hexadecimal.
--
-- Its body is bound when it is made, and without a `set`, so that the planner inlines it.
create or replace function context.mac(body text, key bytea) returns text
    language sql immutable parallel safe security invoker
    return encode(extensions.hmac(convert_to(body, 'UTF8'), key, 'sha256'), 'hex');
grant execute on function context.mac(text, bytea) to rowhouse_definer;
comment on function context.mac(text, bytea) is 'The HMAC-SHA256 of a body under a key of the seal: 64 hexadecimal digits.';
