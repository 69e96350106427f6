-- What stands for a value in the leaf: whoever has the value and the salt can check it, and nobody can guess it without the salt.
create or replace function audit.commitment(salt text, value text) returns text
    language sql immutable parallel safe security invoker
    return encode(sha256(convert_to(salt || ' ' || value, 'UTF8')), 'base64');
grant execute on function audit.commitment(text, text) to rowhouse_definer;
comment on function audit.commitment(text, text) is 'What stands in a leaf for a value: the hash of a salt and the value.';
