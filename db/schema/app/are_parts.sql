-- Whether these are the parts of a message, as the AI SDK's UI messages have them: a list of at most 100 objects, each of a
-- known type, 256 kB in all. What a part of a type holds is for who makes and reads it.
--
-- Its body is bound when it is made, and without a `set`, so that a check costs no call.
create or replace function app.are_parts(parts jsonb) returns boolean
    language sql immutable parallel safe security invoker
    return jsonb_typeof(parts) = 'array'
        and octet_length(parts::text) <= 262144
        and case when jsonb_typeof(parts) = 'array' then jsonb_array_length(parts) <= 100 else false end
        and not jsonb_path_exists(parts, 'strict $[*] ? (
            !(@.type like_regex "^(text|reasoning|file|source-url|source-document|step-start|dynamic-tool|(tool|data)-[A-Za-z0-9_-]{1,64})$")
        )', silent => true)
        and not jsonb_path_exists(parts, '$[*] ? (@.type() != "object")')
        and not jsonb_path_exists(parts, '$[*] ? (!(exists (@.type)))');
grant execute on function app.are_parts(jsonb) to rowhouse_app, rowhouse_owner, rowhouse_definer;
comment on function app.are_parts(jsonb) is
    'Whether these are the parts of a message: a list of at most 100 objects of known types, 256 kB in all.';
