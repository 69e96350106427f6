-- The catalogue of permissions. A tenant's roles are made of these (app.roles.permissions).
merge into app.permissions as known
using (values
    ('chat',             'Hold conversations of one''s own.'),
    ('view_all_chats',   'Read every conversation of the tenant.'),
    ('view_analytics',   'See usage figures of the tenant.'),
    ('read_documents',   'Read the tenant''s documents, and get answers from them.'),
    ('manage_documents', 'Add, change and remove the tenant''s documents.'),
    ('configure_model',  'Choose the chat''s model and its settings.'),
    ('manage_users',     'Invite people, change their roles, suspend and remove them.'),
    ('manage_teams',     'Make, rename and remove teams, and say who is in them, oneself too.'),
    ('manage_roles',     'Make, change and remove roles, within what one holds.'),
    ('manage_api_keys',  'See and revoke every API key of the tenant, and make keys that are the tenant''s own.'),
    ('manage_webhooks',  'Subscribe addresses to events of the tenant, and see what was sent to them.'),
    ('manage_tenant',    'Change the tenant''s name and settings.'),
    ('view_audit',       'Read the tenant''s audit trail.')
) as wanted (name, description)
on known.name = wanted.name
when matched and known.description <> wanted.description then update set description = wanted.description
when not matched then insert values (wanted.name, wanted.description);
