-- The vocabulary of refusals. Every SQLSTATE of class RH that this database raises is here, once; RH401 once for each of
-- its details (context.fault_of) on which a caller can act. A detail without a row of its own has the row without one.
-- The HTTP status and the name are what a caller sees (RFC 9457 problem, GraphQL extensions.code).

merge into context.errors as known
using (values
    ('RH400', '',                     'invalid_input',           400, 'The input breaks a rule of the data; the message says which.'),
    ('RH401', '',                     'session_ended',           401, 'The session has ended: it was signed out, or somebody showed an old refresh token of it. Sign in again.'),
    ('RH401', 'no_credential',        'credential_missing',      401, 'There is no credential: send an access token or an API key.'),
    ('RH401', 'unknown',              'credential_unknown',      401, 'Nobody knows this credential here: sign in again, or look whether the API key is whole and for this server.'),
    ('RH401', 'expired',              'credential_expired',      401, 'The time of this session or API key is over: sign in again, or use another key.'),
    ('RH401', 'revoked',              'api_key_revoked',         401, 'This API key was revoked: use another.'),
    ('RH401', 'key_mismatch',         'invalid_dpop_proof',      401, 'The session is bound to a key (DPoP), and the request does not prove that it holds that one.'),
    ('RH401', 'fingerprint_mismatch', 'fingerprint_mismatch',    401, 'The session belongs to another browser, program or network: sign in from this one.'),
    ('RH401', 'key_origin',           'api_key_origin_refused',  401, 'This API key is not for the page that asks: its origin is not on the key''s list.'),
    ('RH401', 'key_address',          'api_key_address_refused', 401, 'This API key is not for the network address that asks.'),
    ('RH401', 'other_tenant',         'tenant_mismatch',         401, 'The token names another tenant than its session: sign in again.'),
    ('RH401', 'user_banned',          'user_banned',             401, 'This account is blocked.'),
    ('RH401', 'tenant_suspended',     'tenant_suspended',        401, 'This company''s account is suspended.'),
    ('RH401', 'tenant_closed',        'tenant_closed',           401, 'This company''s account is closed.'),
    ('RH401', 'membership_suspended', 'membership_suspended',    401, 'You are suspended in this company: ask one of its administrators.'),
    ('RH401', 'membership_removed',   'membership_removed',      401, 'You are not a member of this company any more.'),
    ('RH401', 'membership_unwelcome', 'guest_unwelcome',         401, 'This company takes no guests any more: sign in.'),
    ('RH401', 'support_ended',        'support_ended',           401, 'This access for support was ended, by the operator or by the company.'),
    ('RH403', '',                     'permission_denied',       403, 'The caller lacks a permission (named in the detail), or the context is forged, foreign or expired (detail: broken_seal).'),
    ('RH403', 'session',              'session_required',        403, 'This takes somebody who is signed in, and not an API key.'),
    ('RH403', 'account',              'account_required',        403, 'This takes somebody with an account, and not a guest.'),
    ('RH404', '',                     'not_found',               404, 'There is no such row that the caller may see.'),
    ('RH405', '',                     'trail_immutable',         403, 'The audit trail and the tables it watches cannot be rewritten or truncated.'),
    ('RH409', '',                     'last_owner',              409, 'A tenant always keeps one active owner.'),
    ('RH406', '',                     'message_blank',           400, 'A message needs something to read; spaces and invisible characters are none.'),
    ('RH410', '',                     'conversation_archived',   409, 'An archived conversation takes no messages; its member can open it again.'),
    ('RH411', '',                     'last_way_in',             409, 'It is the last way to sign in: set a password, link an account or add a passkey first.'),
    ('RH413', '',                     'support_read_only',       403, 'Support looks at this company and changes nothing, unless the company allows it.'),
    ('RH430', '',                     'parent_unknown',          404, 'There is no such message in this conversation to go on from.'),
    ('RH440', '',                     'step_up_required',        401, 'This takes somebody who proved in the last ten minutes who they are.'),
    ('RH441', '',                     'api_key_over',            409, 'An API key that was revoked or has expired stays as it is.'),
    ('RH450', '',                     'budget_exceeded',         402, 'A budget of the company, a team, a person, a key or a model is used up; the message says which, how much it is and how much of it is used.'),
    ('RH451', '',                     'price_unknown',           409, 'There is a budget, and nobody knows what this model costs.'),
    ('RH452', '',                     'model_not_allowed',       403, 'The company does not have that model answer.'),
    ('RH453', '',                     'unknown_placeholders',    400, 'The system prompt speaks of what there is not; the message says of what.'),
    ('RH460', '',                     'approval_given',          409, 'Whether this tool is called was decided before.'),
    ('RH461', '',                     'approval_expired',        409, 'The call of the tool waited for longer than a day.'),
    ('RH462', '',                     'tool_changed',            409, 'The tool changed, was removed, or is out of reach.'),
    ('RH470', '',                     'already_member',          409, 'The person is a member of the company already, or suspended there.'),
    ('RH471', '',                     'seats_taken',             409, 'Every seat of the company is taken.'),
    ('RH472', '',                     'already_invited',         409, 'The address has an invitation that waits: send it again, or revoke it.'),
    ('RH473', '',                     'too_many_invitations',    429, 'Too many invitations were mailed lately.'),
    ('RH474', '',                     'public_mail_domain',      400, 'Anybody can have an address in this domain, so nobody belongs to a company by one.'),
    ('RH475', '',                     'too_many_domains',        409, 'A company has twenty domains at most.'),
    ('RH476', '',                     'invitation_over',         409, 'The invitation was accepted or revoked.'),
    ('RH480', '',                     'limit_reached',           409, 'There is as much of something as the company''s plan, or Rowhouse itself, allows; the message says of what, and how much.'),
    ('RH490', '',                     'legal_hold',              409, 'A legal hold stands over it (named in the detail), so it is kept as it is.'),
    ('RH491', '',                     'retention_too_short',     400, 'The operator says for how long the trail is kept at least; the message says how long.'),
    ('RH422', '',                     'idempotency_key_reused',  422, 'The Idempotency-Key was used for another request.'),
    ('RH423', '',                     'idempotency_in_progress', 409, 'A request with this Idempotency-Key is under way.'),
    ('RH424', '',                     'idempotency_replayed',    409, 'A request with this Idempotency-Key has made its changes; nothing was done again.')
) as wanted (code, detail, name, status, meaning)
on known.code = wanted.code and known.detail = wanted.detail
when matched then update set name = wanted.name, status = wanted.status, meaning = wanted.meaning
when not matched then insert values (wanted.code, wanted.detail, wanted.name, wanted.status, wanted.meaning)
when not matched by source then delete;
