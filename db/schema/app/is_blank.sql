-- Whether there is nothing to read: only spaces of any kind, and characters that leave no mark. Listed by code point, so that
-- no collation has a say.
--
-- Its body is bound when it is made, and without a `set`, so that a check costs no call.
create or replace function app.is_blank(value text) returns boolean
    language sql immutable parallel safe security invoker
    return value !~ '[^\u0001-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]';
grant execute on function app.is_blank(text) to rowhouse_app, rowhouse_owner, rowhouse_definer;
comment on function app.is_blank(text) is
    'Whether a text has nothing to read: only spaces and characters that leave no mark.';
