-- Comments on tables and columns; they are also the descriptions in GraphQL. Policies and functions carry
-- theirs in their own files.

comment on table app.tenants is 'A company: everything else belongs to exactly one.';
comment on column app.tenants.id is 'Its key, which signed tokens carry as tid.';
comment on column app.tenants.name is 'What people call it.';
comment on column app.tenants.created_at is 'When it was registered.';
comment on column app.tenants.updated_at is 'When it was last changed.';
comment on column app.tenants.slug is 'The short name in links and at sign-in; lower case, digits and hyphens.';
comment on column app.tenants.requires_second_factor is 'Whether its members need a second factor, from their next sign-in on.';
comment on column app.tenants.status is 'Whether it can be entered. active: open to its members; suspended: shut to everybody for now; closed: shut for good.';

comment on column app.tenants.session_idle_minutes is 'Minutes for which a session is good without a refresh; seven days unless changed. A shorter one bites at once, a longer one with the next refresh.';
comment on column app.tenants.session_lifetime_minutes is 'Minutes after which one has to sign in again, however busy the session; thirty days unless changed. A shorter one bites at once, a longer one is for new sessions.';
comment on column app.tenants.single_session is 'Whether a sign-in ends the member''s other sessions in this company.';
comment on column app.tenants.fingerprint is 'Where a session is good. off: everywhere; family: in the browser and on the platform that it began with, whatever their versions; exact: with the very User-Agent that it began with, so that an update signs out.';
comment on column app.tenants.fingerprint_network is 'Whether a session is good only in the network that it began in (/24 of IPv4, /64 of IPv6).';
comment on column app.tenants.support_access is 'What the operator''s support may here. off: nobody enters, and who is inside is out at once; read: looks, for a reason and a limited time; write: may change things too.';
comment on column app.tenants.seats is 'How many active members it may have; null for as many as there are.';
comment on column app.tenants.brand_name is 'What its members read in place of our name; null for the tenant''s own.';
comment on column app.tenants.brand_color is 'The color of its brand, #rrggbb in lower case; null for ours.';
comment on column app.tenants.accent_color is 'The color of what can be pressed, #rrggbb in lower case; null for ours.';
comment on column app.tenants.logo_url is 'Where its logo is, at an https address; null for none.';
comment on column app.tenants.language is 'The language that people get who chose none, as a language tag (BCP 47).';
comment on column app.tenants.sign_in_ways is 'By which ways its members sign in: password, link, passkey, and providers by their ids; null for every way there is. It is asked when a session is opened; who is in stays in.';
comment on column app.tenants.key_limit is 'How many API keys it may have that are good; null for as many as it likes.';
comment on column app.tenants.requests_per_minute is 'How many requests a minute each of its API keys may make, whatever the key says; null for what the key says.';
comment on column app.tenants.requests_per_day is 'How many requests a day, by UTC, its members, guests and keys may make together; null for as many as they like.';
comment on column app.tenants.deletion_grace_days is 'Days from deleteTenant to the erasure.';
comment on column app.tenants.allows_guests is 'Whether visitors without an account may chat, who come by a publishable key. If not any more, those who are there are out at once.';

comment on table app.users is 'A person who signs in, once for all their tenants.';
comment on column app.users.id is 'Their key, the same in all their tenants.';
comment on column app.users.name is 'Their own name, as they write it.';
comment on column app.users.created_at is 'When the address was proven, or the guest came.';
comment on column app.users.updated_at is 'When they last changed.';
comment on column app.users.email is 'Proven before the account exists; trimmed, NFC, lower case. Null exactly for guests.';
comment on column app.users.is_guest is 'Whether it is a visitor without an account, who goes when nobody saw them for a while.';
comment on column app.users.locale is 'Language tag (BCP 47) of mails and messages.';
comment on column app.users.status is 'Whether they are let in. active: let in; banned: refused everywhere, from the next request on; deleted: gone, and only the row is left, without a name.';

comment on table app.permissions is 'The catalogue of what can be permitted.';
comment on column app.permissions.name is 'Its name, as roles and refusals have it.';
comment on column app.permissions.description is 'What it lets one do.';
comment on column app.permissions.of_application is 'Whether the application added it (tenancy.permission), and not Rowhouse.';
comment on column app.permissions.held_by is 'The built-in roles that hold it beside admin, where the application added it.';

comment on table app.roles is 'A named set of permissions in one tenant; admin, member and viewer are built in.';
comment on column app.roles.id is 'Its key.';
comment on column app.roles.name is 'What it is called; one of a kind in its tenant.';
comment on column app.roles.description is 'What it is for.';
comment on column app.roles.created_at is 'When it was made.';
comment on column app.roles.updated_at is 'When it was last changed.';
comment on column app.roles.permissions is 'Names from the catalogue, in order. Nobody can put in what they do not hold.';
comment on column app.roles.built_in is 'Built-in roles cannot be changed or removed.';

comment on table app.memberships is 'A person in a tenant, as colleagues see them. Never deleted, so that what they did keeps its author.';
comment on column app.memberships.id is 'Its key.';
comment on column app.memberships.user_id is 'Who it is.';
comment on column app.memberships.role_id is 'The role that says what they may do.';
comment on column app.memberships.created_at is 'When they joined.';
comment on column app.memberships.updated_at is 'When it was last changed.';
comment on column app.memberships.is_owner is 'Owners answer for the tenant; there is always one who is active.';
comment on column app.memberships.status is 'Whether they are let in. active: let in; suspended: kept out for now; removed: no longer one of the tenant, kept so that what they did has an author.';
comment on column app.memberships.display_name is 'The name that colleagues see.';
comment on column app.memberships.avatar_url is 'The picture that colleagues see; https only.';

comment on table app.teams is 'Some of a tenant''s members who share what belongs to the team. Teams do not nest.';
comment on column app.teams.id is 'Its key.';
comment on column app.teams.name is 'What it is called; one of a kind in its tenant.';
comment on column app.teams.description is 'What it is for.';
comment on column app.teams.created_at is 'When it was made.';
comment on column app.teams.updated_at is 'When it was last changed.';

comment on table app.team_members is 'A member in a team.';
comment on column app.team_members.id is 'Its key.';
comment on column app.team_members.team_id is 'In which team.';
comment on column app.team_members.user_id is 'Who it is.';
comment on column app.team_members.role is 'What they are in it. lead: says who is in the team; member: is in it.';
comment on column app.team_members.created_at is 'When they came into it.';
comment on column app.team_members.updated_at is 'When it was last changed.';

comment on table app.grants is 'A permission that a member has for a time, beside those of their role. It ends by itself; who removes it ends it earlier.';
comment on column app.grants.id is 'Its key.';
comment on column app.grants.user_id is 'Who has it.';
comment on column app.grants.permission is 'Which permission; a name from the catalogue.';
comment on column app.grants.reason is 'Why, in the words of who gave it; the trail keeps them.';
comment on column app.grants.granted_by is 'Who gave it: a user, or a key of the tenant''s own.';
comment on column app.grants.created_at is 'When it was given.';
comment on column app.grants.ends_at is 'When it ends by itself; within 90 days.';

comment on table app.invitations is 'Somebody whom the tenant asked by mail to join it.';
comment on column app.invitations.id is 'Its key.';
comment on column app.invitations.email is 'The address that it was mailed to, and that alone can accept it.';
comment on column app.invitations.role_id is 'The role that they get.';
comment on column app.invitations.invited_by is 'Who answers for it: the member who sent it last. They have to hold what it promises when it is accepted.';
comment on column app.invitations.status is 'What became of it. pending: waits for an answer, until expiresAt; accepted: they are a member; revoked: was taken back; expired: was not answered in time, and can be sent again.';
comment on column app.invitations.times_sent is 'How often it was mailed.';
comment on column app.invitations.sent_at is 'When it was mailed last.';
comment on column app.invitations.expires_at is 'Until when it can be accepted.';
comment on column app.invitations.accepted_by is 'Who came by it.';
comment on column app.invitations.created_at is 'When it was made.';
comment on column app.invitations.updated_at is 'When it was last changed.';

comment on table app.invitation_teams is 'A team that an invitation promises: whoever accepts is in it from then on.';
comment on column app.invitation_teams.id is 'Its key.';
comment on column app.invitation_teams.invitation_id is 'Which invitation.';
comment on column app.invitation_teams.team_id is 'Which team.';
comment on column app.invitation_teams.role is 'What they are in it. lead: says who is in the team; member: is in it.';
comment on column app.invitation_teams.created_at is 'When it was promised.';

comment on table app.domains is 'A domain of mail addresses that the tenant calls its own.';
comment on column app.domains.id is 'Its key.';
comment on column app.domains.domain is 'The domain, in lower case; an international one in Punycode.';
comment on column app.domains.challenge is 'What the TXT record _rowhouse-challenge of the domain must hold to prove it.';
comment on column app.domains.role_id is 'The role that people get who join by it.';
comment on column app.domains.admits is 'Whether people with a proven address in it may join by themselves, once it is proven.';
comment on column app.domains.verified_at is 'Since when it is proven; null if it is not.';
comment on column app.domains.check_requested_at is 'When somebody asked for a look into the DNS that has not been taken yet.';
comment on column app.domains.checked_at is 'When the DNS was last asked.';
comment on column app.domains.failures is 'How often in a row the proof was not found; at three it is proven no more.';
comment on column app.domains.created_at is 'When it was added.';
comment on column app.domains.updated_at is 'When it was last changed.';

comment on table app.conversations is 'A conversation of one member with the machine.';
comment on column app.conversations.id is 'Its key; later ones are greater.';
comment on column app.conversations.title is 'What it is about, in its member''s words.';
comment on column app.conversations.created_at is 'When it began.';
comment on column app.conversations.updated_at is 'When its last message was written, or it was renamed, archived or opened again.';
comment on column app.conversations.user_id is 'Whose conversation it is; it never changes hands.';
comment on column app.conversations.team_id is 'Whose team''s it is, if one''s: its members read along. It never changes; null once the team is no more.';
comment on column app.conversations.status is 'Whether it takes messages. open: takes messages; archived: kept to be read, and takes none.';

comment on table app.messages is 'What was said in a conversation; never edited.';
comment on column app.messages.team_id is 'The conversation''s team, if it has one.';
comment on column app.messages.id is 'Its key; later ones are greater.';
comment on column app.messages.conversation_id is 'The conversation it was said in.';
comment on column app.messages.content is 'What was said.';
comment on column app.messages.created_at is 'When it was said.';
comment on column app.messages.user_id is 'The conversation''s user, also in messages of the assistant.';
comment on column app.messages.role is 'Who said it. user: said by the member; assistant: said by the machine.';

comment on table app.user_preferences is 'How the machine should speak to a member, per tenant.';
comment on column app.user_preferences.id is 'Their key.';
comment on column app.user_preferences.user_id is 'Whose they are.';
comment on column app.user_preferences.created_at is 'When they were first set.';
comment on column app.user_preferences.updated_at is 'When they were last changed.';
comment on column app.user_preferences.language is 'Language tag (BCP 47) of answers. Null: as the company has it.';
comment on column app.user_preferences.tone is 'How answers should sound. neutral: plainly; friendly: warmly; formal: courteously; concise: briefly.';
comment on column app.user_preferences.model is 'The model that answers, by the name that the installation gives it. Null: as the company has it.';
comment on column app.user_preferences.temperature is 'How freely the model chooses its words: 0 to 2. Null: as the company has it.';
comment on column app.user_preferences.max_answer_tokens is 'The longest answer, in tokens of the model: 16 to 100,000. Null: as the company has it.';
comment on column app.user_preferences.notify_answers is 'Whether a mail tells of an answer that took long. Null: as the company has it.';
comment on column app.user_preferences.notify_weekly is 'Whether a mail sums up the week. Null: as the company has it.';

comment on table app.tenant_preferences is 'How the machine speaks to the members of a company who chose nothing else.';
comment on column app.tenant_preferences.id is 'Their key.';
comment on column app.tenant_preferences.created_at is 'When they were first set.';
comment on column app.tenant_preferences.updated_at is 'When they were last changed.';
comment on column app.tenant_preferences.language is 'Language tag (BCP 47) of answers. Null: as it is built in.';
comment on column app.tenant_preferences.tone is 'How answers should sound. neutral: plainly; friendly: warmly; formal: courteously; concise: briefly.';
comment on column app.tenant_preferences.model is 'The model that answers, by the name that the installation gives it. Null: as it is built in.';
comment on column app.tenant_preferences.temperature is 'How freely the model chooses its words: 0 to 2. Null: as it is built in.';
comment on column app.tenant_preferences.max_answer_tokens is 'The longest answer, in tokens of the model: 16 to 100,000. Null: as it is built in.';
comment on column app.tenant_preferences.notify_answers is 'Whether a mail tells of an answer that took long. Null: as it is built in.';
comment on column app.tenant_preferences.notify_weekly is 'Whether a mail sums up the week. Null: as it is built in.';

comment on table auth.support_accesses is 'When an operator was inside a company, as whom and why. The digest is that of what opens the door for them.';

comment on table app.webhook_event_types is 'The catalogue of events that webhooks tell of.';
comment on column app.webhook_event_types.name is 'Its name, as endpoints subscribe to it.';
comment on column app.webhook_event_types.description is 'When it happens.';

comment on table app.webhook_endpoints is 'An address that is told of events, by webhooks that are signed (Standard Webhooks).';
comment on column app.webhook_endpoints.id is 'Its key.';
comment on column app.webhook_endpoints.url is 'Where events are sent: https, and no address inside of a network.';
comment on column app.webhook_endpoints.description is 'What it is for.';
comment on column app.webhook_endpoints.events is 'Names from the catalogue of events, in order.';
comment on column app.webhook_endpoints.active is 'Whether it is told of what happens. What happened while it was off it never hears of.';
comment on column app.webhook_endpoints.disabled_reason is 'Why it was switched off by itself; null if somebody did. gone: it answered 410; failing: it has taken nothing for five days.';
comment on column app.webhook_endpoints.failing_since is 'Since when no attempt has succeeded; null if the last one did.';
comment on column app.webhook_endpoints.last_sequence is 'The sequence of the last event that was sent to it for the first time.';
comment on column app.webhook_endpoints.lent_until is 'Until when one worker has it in hand.';
comment on column app.webhook_endpoints.created_at is 'When it was made.';
comment on column app.webhook_endpoints.updated_at is 'When it was last changed by somebody.';

comment on table app.webhook_deliveries is 'An event for one endpoint, and what came of sending it. Kept for thirty days. Not audited: what it tells of is an event of its own, and so is that it was sent again.';
comment on column app.webhook_deliveries.id is 'Its key; webhook-id is msg_ and this, whenever it is sent.';
comment on column app.webhook_deliveries.endpoint_id is 'The key of the endpoint that it is for.';
comment on column app.webhook_deliveries.type is 'Which event it is; webhook.test is one that somebody asked for.';
comment on column app.webhook_deliveries.data is 'What it tells: ids, and no names of people.';
comment on column app.webhook_deliveries.sequence is 'Its place among all that this endpoint was sent; null until it is sent for the first time.';
comment on column app.webhook_deliveries.state is 'What became of it. pending: waits, or is tried again; delivered: the endpoint took it; dead: given up, until it is sent again by hand.';
comment on column app.webhook_deliveries.attempts is 'How often it was sent.';
comment on column app.webhook_deliveries.next_attempt_at is 'When it is sent next; null once it is delivered or dead.';
comment on column app.webhook_deliveries.response_status is 'The HTTP status of the last answer; null where there was none.';
comment on column app.webhook_deliveries.failure is 'What was wrong with the last attempt. status: the answer was not 2xx; redirect: it led elsewhere, where nobody follows; timeout: there was no answer in fifteen seconds; connection: nobody answers there; tls: the certificate is not good; address: no address outside of private networks, or a port that is not allowed; secret: what it is signed with cannot be decrypted; disabled: the endpoint was switched off meanwhile.';
comment on column app.webhook_deliveries.created_at is 'When it happened.';
comment on column app.webhook_deliveries.settled_at is 'When it was delivered or given up; null while it is pending.';

comment on table auth.webhook_secrets is 'What webhooks are signed with, encrypted under the master key.';
comment on column auth.webhook_secrets.secret is 'AES-256-GCM, bound to this row''s id.';
comment on column auth.webhook_secrets.expires_at is 'Until when it signs beside its successor; null for the one in use.';

comment on table context.idempotency_keys is 'Which Idempotency-Keys were used in the last day, and the answers they had, encrypted.';
comment on column context.idempotency_keys.key is 'sha256 of the key that the client sent.';
comment on column context.idempotency_keys.request is 'sha256 of the request: the same key for another one is refused.';
comment on column context.idempotency_keys.attempt is 'The one request, of all that brought the key, which made its changes.';
comment on column context.idempotency_keys.answer is 'AES-256-GCM, under a key made of the master key, the credential and the client''s Idempotency-Key.';

comment on table auth.mail_tokens is 'What links and codes in mails are compared with: digests, for one purpose and address. Not audited: anybody may ask for a mail to anybody; what a link did is an event of its own.';
comment on column auth.mail_tokens.email is 'Where the mail went.';
comment on column auth.mail_tokens.user_id is 'Whose; null for an address without an account. No foreign key: the row is gone when its time is over, and a link of somebody who is gone opens nothing (auth.find_mail_token).';
comment on column auth.mail_tokens.link_digest is 'sha256 of sha256 of the link''s secret.';
comment on column auth.mail_tokens.code_digest is 'sha256 of an HMAC of purpose, address and code under a key made of the master key: who reads this table cannot try a million codes.';
comment on column auth.mail_tokens.browser_digest is 'sha256 of sha256 of the cookie of the browser that asked, where the link works in no other.';
comment on column auth.mail_tokens.network is 'From where the mail was asked for: an address gets three an hour from one network.';
comment on column auth.mail_tokens.restores is 'Which closed company the link brings back.';
comment on column auth.mail_tokens.tries is 'Wrong codes so far; after five only the link is good.';
comment on table auth.registrations is 'What people say of themselves until their address is proven; there is no password yet. Not audited: what strangers say of themselves, or of others; counted, and gone after 24 hours.';
comment on table auth.tenant_deletions is 'Tenants that are to be erased. They let nobody in; from due_at on jobs.erase_tenant() takes their rows.';
comment on column auth.tenant_deletions.id is 'Which tenant.';
comment on column auth.tenant_deletions.asked_by is 'The owner who asked for it; null for the operator.';
comment on column auth.tenant_deletions.reason is 'Why, in the operator''s words.';
comment on column auth.tenant_deletions.asked_at is 'When it was asked for.';
comment on column auth.tenant_deletions.due_at is 'When the grace is over.';
comment on column auth.tenant_deletions.began_at is 'When the erasure began: nothing brings the tenant back.';
comment on column auth.tenant_deletions.counts is 'How many rows went so far, by table.';
comment on column auth.tenant_deletions.digest is 'A digest over the keys of the rows that went so far, in their order.';

comment on table auth.request_counts is 'How many requests of each tenant were answered on the last day that it had any. Not audited: a counter. Its key is called id, so that it goes with its tenant and into no archive.';
comment on column auth.request_counts.id is 'Which tenant.';
comment on column auth.request_counts.day is 'Which day, by UTC.';
comment on column auth.request_counts.count is 'How many on that day, as far as the web processes have told.';

comment on table auth.deletions is 'Accounts whose owners asked for them to be deleted. They let nobody in; from due_at on jobs.delete_account() erases them.';
comment on column auth.deletions.user_id is 'Whose.';
comment on column auth.deletions.asked_at is 'When it was asked for.';
comment on column auth.deletions.due_at is 'When the grace is over. A week later if a company cannot do without this owner then.';
comment on column auth.deletions.began_at is 'When the erasure began: nothing brings the account back, and the trail holds no values of its rows any more.';
comment on table auth.mails is 'Mails that wait to be sent, were sent, or could not be. Not audited: the queue; what they tell of is an event of its own.';
comment on column auth.mails.secret is 'Link and code, AES-256-GCM under the master key and for this mail only; gone when it was sent.';
comment on column auth.mails.state is 'pending: it is tried at next_attempt_at; sent; dead: it was given up, until jobs.retry_mail().';
comment on table auth.passwords is 'Password hashes (argon2id, PHC string format).';
comment on table auth.identities is 'Accounts elsewhere with which people sign in (OAuth, OpenID Connect).';
comment on column auth.identities.provider is 'The provider, as this installation calls it.';
comment on column auth.identities.issuer is 'Who vouches: the issuer''s address.';
comment on column auth.identities.subject is 'Who that is, in the issuer''s words. Never an address: those change hands.';
comment on table auth.exchange_codes is 'What providers said of people, under one-time codes. Not audited: good for a minute; the sign-in or the link that one leads to is recorded.';
comment on column auth.exchange_codes.digest is 'sha256 of sha256 of the code.';
comment on column auth.exchange_codes.challenge is 'What the verifier that stayed in the page has to fit (RFC 7636, S256).';
comment on table auth.sessions is 'Sign-ins: one session is one person in one tenant on one device.';
comment on column auth.sessions.handle_digest is 'sha256 of sha256 of the secret handle that access tokens carry as sid.';
comment on column auth.sessions.methods is 'By what the person proved who they are, in the words of RFC 8176: pwd, otp, …';
comment on column auth.sessions.counter is 'Number of the newest refresh token.';
comment on column auth.sessions.acknowledged_at is 'When the tokens of this counter were first used; null: not yet, and nobody knows whether they arrived.';
comment on column auth.sessions.last_seen_at is 'When a request or a refresh last came, to five minutes.';
comment on column auth.sessions.authenticated_at is 'When its user last proved who they are, at the sign-in or by stepping up. A sibling session in another tenant has it from the one before.';
comment on column auth.sessions.user_agent is 'The fingerprint: requests and refreshes must come from the same browser, as the tenant has it (app.tenants.fingerprint). As it was at the last refresh; null: bound to none.';
comment on column auth.sessions.key_thumbprint is 'The key that it is bound to (DPoP, RFC 9449), by the thumbprint of RFC 7638: every use of its tokens proves to hold it. Null: bound to none.';
comment on column auth.sessions.ip is 'From where it was begun.';
comment on table auth.api_keys is 'Keys for programs; what one may do is its owner''s role, or its own, within its scopes. app.api_keys shows them.';
comment on column auth.api_keys.digest is 'sha256 of sha256 of the key.';
comment on column app.api_keys.id is 'Its key; later ones are greater.';
comment on column app.api_keys.kind is
    'Where it may be. secret: on a server only, it begins with rh_sk_; publishable: in a web page of the listed origins, it begins with rh_pk_ and may chat only.';
comment on column app.api_keys.user_id is 'Whose it is: it may do what they may, and ends with their membership. Null for the tenant''s own.';
comment on column app.api_keys.role_id is 'The role of a key that is the tenant''s own; null for somebody''s.';
comment on column app.api_keys.created_by is 'The user, or the tenant''s own key, that made it.';
comment on column app.api_keys.name is 'What its owner calls it.';
comment on column app.api_keys.beginning is 'How the key begins, to tell it from others.';
comment on column app.api_keys.scopes is 'Of the permissions of its role, those that it may use.';
comment on column app.api_keys.requests_per_minute is 'How many requests a minute it is good for; null for as many as any credential.';
comment on column app.api_keys.origins is 'The pages that may use it, as browsers name them in Origin; null for any caller.';
comment on column app.api_keys.addresses is 'The network addresses and blocks that it may be used from; null for any.';
comment on column app.api_keys.replaces is 'The key that it was made to replace.';
comment on column app.api_keys.used_count is 'Requests that it was used for, up to a few seconds ago.';
comment on column app.api_keys.last_used_at is 'When it was used last, up to a few seconds ago.';
comment on column app.api_keys.created_at is 'When it was made.';
comment on column app.api_keys.expires_at is 'When it ends by itself; null for never.';
comment on column app.api_keys.revoked_at is 'When it was revoked.';
comment on column app.api_keys.opens_guests is 'Whether a publishable key lets guests in (POST /auth/guest), where the company takes guests.';
comment on table auth.totp_factors is 'Second factors: one time-based one-time password generator a person (RFC 6238).';
comment on column auth.totp_factors.seed is 'AES-256-GCM under the master key, bound to the id.';
comment on column auth.totp_factors.last_step is 'The last step of the clock whose code was used: it and all before it are worth nothing.';
comment on column auth.totp_factors.confirmed_at is 'When its first code was shown; before that it counts for nothing.';
comment on table auth.recovery_codes is 'Ten codes for who has lost their second factor; each is good once.';
comment on column auth.recovery_codes.digest is 'sha256 of sha256 of the code.';
comment on table auth.mfa_challenges is 'Sign-ins whose first factor was right and whose second is still to come. Not audited: that one was asked for is an event, and how it went another.';
comment on table auth.passkeys is 'Keys of people''s authenticators (WebAuthn): a way in by itself, and a second factor.';
comment on column auth.passkeys.credential_id is 'The authenticator''s name for it.';
comment on column auth.passkeys.public_key is 'COSE_Key (RFC 9052): EdDSA, ES256 or RS256.';
comment on column auth.passkeys.counter is 'The last signature counter that was shown; 0 where the authenticator has none. One that does not grow is that of a copy.';
comment on column auth.passkeys.transports is 'How its browser said that it is reached: usb, internal, hybrid, …';
comment on column auth.passkeys.aaguid is 'Which make of authenticator, as that says itself; nobody vouches for it.';
comment on column auth.passkeys.backup_eligible is 'Whether a service may copy it to other devices; never changes.';
comment on column auth.passkeys.backed_up is 'Whether it was copied when it was last shown.';
comment on table auth.passkey_challenges is 'What authenticators were asked to sign. Not audited: good for five minutes; what was shown for one is recorded.';
comment on column auth.passkey_challenges.digest is 'sha256 of sha256 of the challenge.';
comment on column auth.passkey_challenges.bound_to is 'The digest of the handle of the session, or of the mfaToken, that it was made for; null for signing in.';
comment on table auth.login_throttles is 'Counters of login attempts; the key is a digest of address and network. Not audited: the sign-in that moved them is an event of its own.';
comment on table auth.signing_keys is 'Keys that sign access tokens (JWK); the private half is encrypted under the master key.';

comment on table context.seal_keys is 'Keys of the seal (HMAC-SHA256). Whoever reads one can forge any context.';
comment on table context.access_as_migrated is 'How each policy, grant, function and trigger was after the last rowhouse migrate, as a digest. Not audited: only migrations write it.';
comment on table context.errors is 'Every SQLSTATE of class RH: name, HTTP status, meaning. Not audited: only migrations write it.';
comment on column context.errors.detail is 'The error''s detail that has this name; empty for every detail that has none of its own.';
comment on table jobs.heartbeats is 'When each worker was last seen. Not audited: a clock.';

comment on table audit.tallies is 'How often somebody without a live credential did something: a row for an hour, an action and a network (or a dead credential). Forgotten after 90 days. Not audited: counters.';
comment on column audit.tallies.subject is 'The network that strangers came from ("elsewhere" after a hundred in an hour), or the id of a credential that is over, and why.';

comment on table audit.events is 'The trail, partitioned by month (UTC). It only grows. Not audited: it is the trail.';
comment on column audit.events.tenant_id is 'The tenant; the nil UUID for events of no tenant.';
comment on column audit.events.action is 'insert, update or delete of a row, or a named event such as auth.login.';
comment on column audit.events.row_key is 'The primary key of the changed row.';
comment on column audit.events.old_row is 'The row before; only the columns that audit.track() keeps.';
comment on column audit.events.new_row is 'The row after; only the columns that audit.track() keeps.';
comment on column audit.events.row_id is 'The key of the changed row within its tenant: the last column of its primary key.';
comment on column audit.events.actor_kind is 'How the actor came in: session, guest, api_key, support (the operator), sign_in (before there is a session) or system.';
comment on column audit.events.actor_id is 'The user, from the sealed context; null for the system.';
comment on column audit.events.credential_id is 'The session, API key or access for support.';
comment on column audit.events.impersonator_id is 'The access for support by which the operator acted, as the actor or in their own name; null for everybody else.';
comment on column audit.events.database_role is 'The PostgreSQL role that was connected.';
comment on column audit.events.transaction_id is 'The writing transaction; rows of one transaction belong together.';

comment on column app.audit_events.id is 'Its key; later ones are greater, but for events of the same moment.';
comment on column app.audit_events.at is 'When it happened.';
comment on column app.audit_events.action is 'insert, update or delete of a row, or a named event such as auth.login.';
comment on column app.audit_events.table_name is 'The table of the changed row, with its schema; null for named events.';
comment on column app.audit_events.row_key is 'The primary key of the changed row.';
comment on column app.audit_events.row_id is 'The key of the changed row within its tenant.';
comment on column app.audit_events.old_row is 'The row before; secrets and what people said are withheld.';
comment on column app.audit_events.new_row is 'The row after; secrets and what people said are withheld.';
comment on column app.audit_events.detail is 'What a named event says of itself.';
comment on column app.audit_events.actor_kind is
    'How the actor came in. session: somebody who was signed in; guest: a visitor, or somebody who came as one; api_key: a program with a key; support: the operator, let in to help; sign_in: somebody on the way to a session; system: nobody who came through the door.';
comment on column app.audit_events.actor_id is 'The user who acted, from the sealed context; null for the system.';
comment on column app.audit_events.credential_id is 'The session, API key or access for support.';
comment on column app.audit_events.impersonator_id is 'The access for support by which the operator did it, in their own name or as the actor: supportAccesses tells who and why. Null for everybody else.';
comment on column app.audit_events.request_id is 'The request, as its answer and our log name it.';
comment on column app.audit_events.ip is 'The network address that the request came from.';
comment on column app.audit_events.user_agent is 'What the client called itself.';

comment on table tenancy.migrations is 'The application''s own migrations that this database has had, in order.';
comment on table tenancy.protected_tables is 'The application''s tables, each with what tenancy.protect() was asked for.';
