-- What the trail can hold: every kind of event, how severe it is, and what it means. Whoever writes another kind adds it here first:
-- audit.record_event() refuses what is not in this list, and a test finds what is in it and written by nobody.
--
-- Severity is that of OCSF, by what somebody who watches over a company has to do about one such event:
--   informational  nothing: daily work with what is one's own or the team's, and what jobs do
--   low            nothing at once: what others live with was changed, or something failed as slips do (a wrong password)
--   medium         look at it in a review: who may come in and by which way, what may be read, what is another's and was read by
--                  a right, where data goes; and what a slip does not explain (a second factor that was wrong, a refusal)
--   high           look at it now: power was given, a secret was made that opens doors, a protection was taken away, the operator
--                  acted, or somebody showed what only a thief or a broken program shows
--   critical       make sure that it was meant: it cannot be taken back, or it touches what all of this rests on
-- What a kind of event is, it always is: where the content makes a difference, what is graver is an event of its own. Somebody who
-- gets power changes a membership like anybody else, and there is access.raised beside it.
merge into audit.event_types as known
using (
    -- Named events
    select action, '' as table_name, severity, meaning
    from (values
        ('access.raised',                   'high',          'Somebody got a power: ownership, or a permission to manage, to read everybody''s chats or to read the trail. By a role, by what the role may do now, or for a time.'),
        ('access.refused',                  'medium',        'Somebody known asked for what they may not, or showed a credential that is over (of that, the first time in an hour).'),

        ('api.request',                     'informational', 'A request to the API was answered: its detail says which, how it went and how long it took.'),
        ('api.requests_lost',               'high',          'Of so many requests to the API there is no event: they were answered while the trail could not be written.'),

        ('audit.expired',                   'high',          'The oldest events of this trail are over, by its retention or at the operator''s word; they go, and this vouches for them.'),
        ('audit.exported',                  'medium',        'Somebody took this trail along, or a part of it: the detail says which leaves.'),
        ('audit.fields_erased',             'critical',      'The operator erased values of an event of this trail, on request.'),
        ('audit.hold_placed',               'high',          'The operator placed a legal hold: nothing goes that it stands over.'),
        ('audit.hold_released',             'high',          'The operator released a legal hold: what waited for it goes.'),
        ('audit.month_dropped',             'medium',        'A month of the trail in which nothing was left was dropped.'),
        ('audit.push_stopped',              'high',          'This trail is not sent any more to where it was: nothing was taken there for five days, or it is gone.'),
        ('audit.read',                      'low',           'Somebody read this trail.'),
        ('audit.reported',                  'informational', 'The operator made an access review: the detail has its period and its hash.'),

        ('auth.account_deleted',            'medium',        'An account was erased, with what its person said.'),
        ('auth.account_deletion_asked',     'medium',        'Somebody asked for their account to be erased.'),
        ('auth.account_deletion_held',      'medium',        'An account that was to be erased waits for a legal hold.'),
        ('auth.account_deletion_postponed', 'medium',        'An account that was to be erased could not be yet.'),
        ('auth.account_deletion_refused',   'low',           'Somebody asked for their account to be erased, and something of it has to be settled first.'),
        ('auth.account_exported',           'medium',        'Somebody took all that is kept of them along.'),
        ('auth.account_restored',           'low',           'Somebody came back before their account was erased.'),
        ('auth.banned',                     'high',          'The operator shut somebody out.'),
        ('auth.email_change_requested',     'medium',        'Somebody asked for another e-mail address.'),
        ('auth.email_changed',              'high',          'An account has another e-mail address: who takes one over does this first.'),
        ('auth.guest_opened',               'informational', 'A visitor came in.'),
        ('auth.guest_refused',              'low',           'A visitor was not let in.'),
        ('auth.guest_upgrade_requested',    'informational', 'A visitor asked for an account.'),
        ('auth.guest_upgraded',             'low',           'A visitor has an account now.'),
        ('auth.invited',                    'medium',        'The operator invited somebody to the installation.'),
        ('auth.link_failed',                'medium',        'An account elsewhere was to be linked that is somebody else''s here.'),
        ('auth.login',                      'informational', 'Somebody signed in.'),
        ('auth.login_failed',               'low',           'Somebody did not get in, though the address is known: the detail says why.'),
        ('auth.logout',                     'informational', 'Somebody signed out.'),
        ('auth.logout_failed',              'low',           'Somebody signed out with what was over or not good for it.'),
        ('auth.mfa_enrolled',               'low',           'A second factor was set up.'),
        ('auth.mfa_failed',                 'medium',        'The first factor was right and the second was wrong.'),
        ('auth.mfa_removed',                'high',          'A second factor was taken away.'),
        ('auth.passkey_refused',            'medium',        'A passkey was refused: the detail says why.'),
        ('auth.password_change_failed',     'medium',        'Somebody who was signed in did not know the password.'),
        ('auth.password_changed',           'medium',        'Somebody has another password.'),
        ('auth.refresh_failed',             'low',           'A session was not renewed: the detail says why.'),
        ('auth.refresh_reused',             'high',          'A refresh token was shown that had been exchanged before: somebody may have stolen it. The session was ended.'),
        ('auth.reset',                      'high',          'The operator ended somebody''s sessions and took their password away.'),
        ('auth.second_factor_asked',        'informational', 'Somebody was asked for a second factor.'),
        ('auth.sessions_revoked',           'medium',        'Somebody ended other sessions of theirs, or all.'),
        ('auth.step_up',                    'informational', 'Somebody proved anew who they are.'),
        ('auth.step_up_failed',             'medium',        'Somebody who was signed in could not prove who they are.'),
        ('auth.step_up_required',           'informational', 'Somebody was asked to prove anew who they are.'),
        ('auth.switch',                     'informational', 'Somebody went on to another of their companies.'),
        ('auth.switch_failed',              'low',           'Somebody could not go on to another company.'),
        ('auth.unbanned',                   'high',          'The operator let somebody in again.'),

        ('chat.exported',                   'low',           'A conversation was taken along as a file.'),
        ('chat.questions_read',             'low',           'Somebody read what the company asks again and again.'),
        ('chat.tool_called',                'informational', 'A model wanted a tool called: the detail says whether it was, and how that went.'),
        ('document.requeued',               'informational', 'A document is read anew.'),
        ('inspect.why',                     'low',           'An auditor asked why somebody sees a row, or does not.'),
        ('share_link.opened',               'informational', 'Somebody opened a colleague''s link to a conversation.'),
        ('support.read',                    'medium',        'The operator''s support read something.'),
        ('support.refused',                 'medium',        'The operator''s support wanted to enter, and was not let in.'),

        ('tenant.create_refused',           'low',           'Somebody wanted to found a company, and may not.'),
        ('tenant.created',                  'medium',        'A company was founded.'),
        ('tenant.deletion_asked',           'critical',      'An owner asked for the company to be erased.'),
        ('tenant.erased',                   'critical',      'A company was erased: the certificate.'),
        ('tenant.erasure_asked',            'critical',      'The operator had a company be erased.'),
        ('tenant.erasure_held',             'medium',        'A company that was to be erased waits for a legal hold.'),
        ('tenant.exported',                 'high',          'The operator took all that the company owns along.'),
        ('tenant.imported',                 'high',          'The operator brought a company in from an archive.'),
        ('tenant.joined',                   'low',           'Somebody joined by the domain of their address.'),
        ('tenant.resumed',                  'high',          'A company that was shut is open again: by the operator, or by an owner who takes its erasure back.'),
        ('tenant.suspended',                'high',          'The operator shut a company for now.'),

        ('webhook.resent',                  'low',           'A webhook was sent again.')
    ) as named (action, severity, meaning)
    union all
    -- What is another's and was read by a right
    select 'read', table_name, severity, meaning
    from (values
        ('app.conversations',    'medium', 'Somebody read a conversation that is neither theirs nor their team''s.'),
        ('app.message_feedback', 'medium', 'Somebody read what another thought of an answer.')
    ) as read (table_name, severity, meaning)
    union all
    -- Changes of rows: how severe it is that one is added, changed, removed; and what a row is. A table of the application's own
    -- comes in when it is first tracked (audit.track()).
    select change.action, changed.table_name, change.severity, format('%s: %s.', change.what, changed.row)
    from (values
        ('app.tenants',              'medium',        'medium',        'critical',      'a company, with its status and settings'),
        ('app.users',                'informational', 'low',           'medium',        'an account, with its address, name and status'),
        ('app.permissions',          'medium',        'medium',        'high',          'a permission that there is'),
        ('app.roles',                'medium',        'medium',        'medium',        'a role, with what it permits'),
        ('app.memberships',          'low',           'medium',        'medium',        'a membership, with its role, status and ownership'),
        ('app.teams',                'low',           'low',           'low',           'a team'),
        ('app.team_members',         'low',           'low',           'low',           'a place in a team, which says what its holder may read'),
        ('app.grants',               'medium',        'medium',        'low',           'a permission that somebody holds for a time'),
        ('app.invitations',          'low',           'low',           'low',           'an invitation into a company'),
        ('app.invitation_teams',     'low',           'low',           'low',           'a team that comes with an invitation'),
        ('app.domains',              'medium',        'medium',        'medium',        'a domain, whose people may join a company'),
        ('app.conversations',        'informational', 'informational', 'informational', 'a conversation'),
        ('app.messages',             'informational', 'informational', 'informational', 'a message'),
        ('app.message_feedback',     'informational', 'informational', 'informational', 'what somebody thinks of an answer'),
        ('app.budgets',              'low',           'low',           'low',           'a budget'),
        ('app.model_prices',         'low',           'low',           'low',           'what a model costs'),
        ('auth.model_providers',     'medium',        'medium',        'medium',        'a company''s own provider of models, to which its conversations go'),
        ('app.documents',            'informational', 'low',           'low',           'a document, with who may read it'),
        ('app.document_versions',    'informational', 'informational', 'low',           'a version of a document'),
        ('app.curated_answers',      'low',           'low',           'low',           'an answer that a company gives itself'),
        ('auth.share_links',         'low',           'low',           'low',           'a link by which colleagues read a conversation'),
        ('app.memories',             'informational', 'informational', 'informational', 'something that is remembered of a person'),
        ('app.user_profiles',        'informational', 'informational', 'informational', 'whether somebody''s questions are learned from'),
        ('app.user_preferences',     'informational', 'informational', 'informational', 'how somebody likes to be answered'),
        ('app.tenant_preferences',   'low',           'low',           'low',           'how a company likes its people to be answered'),
        ('auth.identities',          'medium',        'low',           'medium',        'an account elsewhere that signs somebody in'),
        ('app.webhook_event_types',  'low',           'low',           'low',           'an event that webhooks tell of'),
        ('app.webhook_endpoints',    'medium',        'medium',        'medium',        'an address to which a company''s events go'),
        ('app.audit_streams',        'high',          'high',          'high',          'an address to which this trail is sent'),
        ('app.tool_servers',         'medium',        'medium',        'medium',        'a server whose tools models may have called'),
        ('app.tools',                'low',           'medium',        'low',           'a tool, with whether it may be called without asking'),
        ('auth.passwords',           'low',           'medium',        'medium',        'a password'),
        ('auth.sessions',            'informational', 'informational', 'informational', 'a session'),
        ('auth.api_keys',            'high',          'medium',        'medium',        'an API key, with its scopes and limits'),
        ('auth.tool_secrets',        'medium',        'medium',        'medium',        'the secret that a tool server is shown'),
        ('auth.webhook_secrets',     'medium',        'medium',        'medium',        'the secret that webhooks are signed with'),
        ('auth.support_accesses',    'high',          'medium',        'medium',        'a visit of the operator''s support'),
        ('auth.totp_factors',        'low',           'low',           'high',          'an authenticator app as a second factor'),
        ('auth.recovery_codes',      'low',           'medium',        'medium',        'a code for who lost the second factor; changed: it was used'),
        ('auth.passkeys',            'medium',        'informational', 'high',          'a passkey'),
        ('auth.deletions',           'medium',        'medium',        'low',           'an account''s erasure that is to come'),
        ('auth.tenant_deletions',    'critical',      'high',          'high',          'a company''s erasure that is to come; removed: it was taken back, or is done'),
        ('auth.signing_keys',        'medium',        'medium',        'medium',        'a key that signs access tokens; one follows the other'),
        ('audit.retention',          'high',          'critical',      'critical',      'for how long trails are kept, as the operator has it'),
        ('audit.signing_keys',       'high',          'critical',      'critical',      'a key that signs checkpoints of this trail'),
        ('context.seal_keys',        'medium',        'medium',        'medium',        'a key that seals who is acting; one follows the other'),
        ('tenancy.migrations',       'medium',        'critical',      'critical',      'a migration of the application''s own'),
        ('tenancy.protected_tables', 'medium',        'high',          'high',          'how a table of the application''s own is protected')
    ) as changed (table_name, added, altered, removed, "row")
    cross join lateral (values
        ('insert', 'Added', added), ('update', 'Changed', altered), ('delete', 'Removed', removed)
    ) as change (action, what, severity)
) as wanted
on known.action = wanted.action and known.table_name = wanted.table_name
when matched and (known.severity, known.meaning) <> (wanted.severity, wanted.meaning) then
    update set severity = wanted.severity, meaning = wanted.meaning
when not matched then
    insert (action, table_name, severity, meaning) values (wanted.action, wanted.table_name, wanted.severity, wanted.meaning);
