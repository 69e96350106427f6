-- The salt of one field, from the event's: it tells nothing of the salts of the others.
create or replace function audit.field_salt(salt uuid, name text) returns text
    language sql stable parallel safe security invoker
    return encode(sha256(convert_to(salt::text || ' ' || to_json(name)::text, 'UTF8')), 'hex');
grant execute on function audit.field_salt(uuid, text) to rowhouse_definer;
comment on function audit.field_salt(uuid, text) is 'The salt of one field of an event, from the salt of the event.';
