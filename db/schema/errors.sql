-- The vocabulary of refusals. Every SQLSTATE of class RH that this database raises is here, once.
-- The HTTP status and the name are what a caller sees (RFC 9457 problem, GraphQL extensions.code).

merge into context.errors as known
using (values
    ('RH400', 'invalid_input',      400, 'The input breaks a rule of the data; the message says which.'),
    ('RH401', 'session_ended',      401, 'The credential is unknown, expired, signed out, or its user, membership or tenant is no longer active.'),
    ('RH403', 'permission_denied',  403, 'The caller lacks a permission (named in the detail), or the context is forged, foreign or expired (detail: broken_seal).'),
    ('RH404', 'not_found',          404, 'There is no such row that the caller may see.'),
    ('RH405', 'trail_immutable',    403, 'The audit trail and the tables it watches cannot be rewritten or truncated.'),
    ('RH409', 'last_owner',         409, 'A tenant always keeps one active owner.')
) as wanted (code, name, status, meaning)
on known.code = wanted.code
when matched then update set name = wanted.name, status = wanted.status, meaning = wanted.meaning
when not matched then insert values (wanted.code, wanted.name, wanted.status, wanted.meaning)
when not matched by source then delete;
