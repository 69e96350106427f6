-- Links as the API shows them: without the digest. security_invoker: the policies of auth.share_links decide, not the view's owner.
create or replace view app.share_links with (security_invoker = true) as
    select tenant_id, id, user_id, conversation_id, message_id, team_id, created_at, expires_at, revoked_at
    from auth.share_links;
revoke all on app.share_links from public, rowhouse_app;
grant select on app.share_links to rowhouse_app;
comment on view app.share_links is
    'A link with which colleagues read a conversation of one''s own, as it stood at one of its messages; the secret is shown once, when it is made.';
