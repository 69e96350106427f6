-- The trail as the API shows it. security_invoker: the policies of audit.events decide, not the view's owner.
-- No security_barrier: there is no condition here to guard, and a barrier would keep a page from its index.
create or replace view app.audit_events with (security_invoker = true) as
    select
        tenant_id, id, at, action, severity, table_name, row_key, row_id, old_row, new_row, detail,
        actor_kind, actor_id, credential_id, request_id, ip, user_agent, impersonator_id
    from audit.events;
revoke all on app.audit_events from public, rowhouse_app;
grant select on app.audit_events to rowhouse_app;
comment on view app.audit_events is
    'The tenant''s audit trail, newest last; needs view_audit. Secrets and what people said are redacted.';
