-- What is audited: one line a table. A table that is missing here fails a check.

select audit.track('app.tenants', tenant => 'id');
select audit.track('app.users', tenant => '');
select audit.track('app.permissions', tenant => '');
select audit.track('app.roles');
select audit.track('app.memberships');
select audit.track('app.conversations');
-- What people say stays out of a trail that cannot forget; that they said it is recorded.
select audit.track('app.messages', secrets => '{content}');
select audit.track('app.user_preferences');

select audit.track('auth.passwords', tenant => '', secrets => '{hash}');
select audit.track('auth.sessions', secrets => '{handle_digest}');
select audit.track('auth.api_keys', secrets => '{digest}');
select audit.track('auth.signing_keys', tenant => '', secrets => '{private_jwk}');
select audit.track('auth.registrations', tenant => '', secrets => '{password_hash,digest}');
select audit.track('context.seal_keys', tenant => '', secrets => '{key}');

-- Not audited, and why:
--   auth.login_throttles  counters; the sign-in that moved them is an event of its own
--   jobs.heartbeats       a clock
--   context.errors        written by migrations only
--   audit.events          the trail itself: it can only grow
