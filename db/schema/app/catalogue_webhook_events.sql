-- The catalogue of events that a webhook endpoint can subscribe to. What their data hold is in docs/organisations/webhooks.md.
merge into app.webhook_event_types as known
using (values
    ('member.joined',            'Somebody became a member, or came back.'),
    ('member.removed',           'Somebody is no longer a member.'),
    ('member.suspended',         'A member is kept out for now.'),
    ('member.resumed',           'A member who was suspended is let in again.'),
    ('member.role_changed',      'A member has another role.'),
    ('member.ownership_changed', 'A member became an owner, or is one no more.'),
    ('role.created',             'A role was made.'),
    ('role.changed',             'A role''s name, description or permissions changed.'),
    ('role.deleted',             'A role was removed.'),
    ('api_key.created',          'An API key was made.'),
    ('api_key.revoked',          'An API key was revoked.'),
    ('session.revoked',          'A member''s session was ended by somebody, or because an old refresh token of it was shown.'),
    ('tenant.updated',           'The tenant''s name, status or settings changed.')
) as wanted (name, description)
on known.name = wanted.name
when matched and known.description <> wanted.description then update set description = wanted.description
when not matched then insert values (wanted.name, wanted.description);
