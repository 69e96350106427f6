-- Comments on tables and columns; they are also the descriptions in GraphQL. Policies and functions carry
-- theirs in their own files.

comment on table app.tenants is 'A company: everything else belongs to exactly one.';
comment on column app.tenants.slug is 'The short name in links and at sign-in; lower case, digits and hyphens.';
comment on column app.tenants.status is 'active, suspended or closed; only an active tenant can be entered.';

comment on table app.users is 'A person who signs in, once for all their tenants.';
comment on column app.users.email is 'Proven before the user exists; trimmed, NFC, lower case.';
comment on column app.users.locale is 'Language tag (BCP 47) of mails and messages.';
comment on column app.users.status is 'active or banned; a banned user is refused on the next request.';

comment on table app.permissions is 'The catalogue of what can be permitted.';

comment on table app.roles is 'A named set of permissions in one tenant; admin, member and viewer are built in.';
comment on column app.roles.permissions is 'Names from the catalogue, in order. Nobody can put in what they do not hold.';
comment on column app.roles.built_in is 'Built-in roles cannot be changed or removed.';

comment on table app.memberships is 'A person in a tenant, as colleagues see them. Never deleted, so that what they did keeps its author.';
comment on column app.memberships.is_owner is 'Owners answer for the tenant; there is always one who is active.';
comment on column app.memberships.status is 'active, suspended or removed; only active members are let in.';
comment on column app.memberships.display_name is 'The name that colleagues see.';
comment on column app.memberships.avatar_url is 'The picture that colleagues see; https only.';

comment on table app.conversations is 'A conversation of one member with the machine.';
comment on column app.conversations.user_id is 'Whose conversation it is; it never changes hands.';
comment on column app.conversations.status is 'open or archived.';

comment on table app.messages is 'What was said in a conversation; never edited.';
comment on column app.messages.user_id is 'The conversation''s user, also in messages of the assistant.';
comment on column app.messages.role is 'user or assistant.';

comment on table app.user_preferences is 'How the machine should speak to a member, per tenant.';
comment on column app.user_preferences.language is 'Language tag (BCP 47) of answers.';
comment on column app.user_preferences.tone is 'neutral, friendly, formal or concise.';

comment on table auth.registrations is 'Registrations whose address is not proven yet.';
comment on table auth.passwords is 'Password hashes (argon2id, PHC string format).';
comment on table auth.sessions is 'Sign-ins: one session is one person in one tenant on one device.';
comment on column auth.sessions.handle_digest is 'sha256 of sha256 of the secret handle that access tokens carry as sid.';
comment on column auth.sessions.counter is 'Number of the newest refresh token.';
comment on column auth.sessions.user_agent is 'The fingerprint: requests and refreshes must come from the same user agent.';
comment on table auth.api_keys is 'Keys for programs; what one may do is its owner''s role within its scopes.';
comment on column auth.api_keys.digest is 'sha256 of sha256 of the key.';
comment on table auth.login_throttles is 'Counters of login attempts; the key is a digest of address and network. Not audited: the sign-in that moved them is an event of its own.';
comment on table auth.signing_keys is 'Keys that sign access tokens (JWK); the private half is encrypted under the master key.';

comment on table context.seal_keys is 'Keys of the seal (HMAC-SHA256). Whoever reads one can forge any context.';
comment on table context.errors is 'Every SQLSTATE of class RH: name, HTTP status, meaning. Not audited: only migrations write it.';
comment on table jobs.heartbeats is 'When each worker was last seen. Not audited: a clock.';

comment on table audit.events is 'The trail, partitioned by month (UTC). It only grows. Not audited: it is the trail.';
comment on column audit.events.tenant_id is 'The tenant; the nil UUID for events of no tenant.';
comment on column audit.events.action is 'insert, update or delete of a row, or a named event such as auth.login.';
comment on column audit.events.row_key is 'The primary key of the changed row.';
comment on column audit.events.old_row is 'The row before, secrets redacted.';
comment on column audit.events.new_row is 'The row after, secrets redacted.';
comment on column audit.events.actor_kind is 'How the actor came in: session, api_key, sign_in (before there is a session) or system.';
comment on column audit.events.actor_id is 'The user, from the sealed context; null for the system.';
comment on column audit.events.credential_id is 'The session or API key.';
comment on column audit.events.database_role is 'The PostgreSQL role that was connected.';
comment on column audit.events.transaction_id is 'The writing transaction; rows of one transaction belong together.';
