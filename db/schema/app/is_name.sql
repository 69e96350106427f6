-- What is a name: of a person, a company, a role, a key, a conversation. One line that shows something. It holds
-- no control character, no line separator and nothing that turns the direction of the text around it (Unicode 5.23,
-- "Bidirectional embeddings, overrides and isolates"), and at least one character that is neither a space of any kind nor invisible.
-- Lengths are the tables' own. Characters are listed by code point, so that no collation has a say.
--
-- Its body is bound when it is made, and without a `set`, so that a check costs no call.
create or replace function app.is_name(name text) returns boolean
    language sql immutable parallel safe security invoker
    return name !~ '[\u0001-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]'
        and not app.is_blank(name);
grant execute on function app.is_name(text) to rowhouse_app, rowhouse_owner, rowhouse_definer;
comment on function app.is_name(text) is
    'Whether this is a name: one line with at least one character that can be seen.';
