-- What a tool is, in 64 characters: whoever approves one approves this, and a word that is different is another tool. jsonb has one
-- spelling for each value, so what a server only writes in another order is the same.
create or replace function context.tool_fingerprint(
    url text, method text, path text, name text, description text, input_schema jsonb
) returns text
    language sql immutable parallel safe security invoker
    set search_path = ''
as $$
    select encode(sha256(convert_to(
        '[' || concat_ws(',',
            to_json(url), coalesce(to_json(method)::text, 'null'), coalesce(to_json(path)::text, 'null'),
            to_json(name), to_json(description), input_schema::text) || ']',
        'UTF8')), 'hex')
$$;
grant execute on function context.tool_fingerprint(text, text, text, text, text, jsonb) to rowhouse_definer;
comment on function context.tool_fingerprint(text, text, text, text, text, jsonb) is
    'SHA-256 of all that a tool is, in hexadecimal: where it is called, how, its name, description and input schema.';
