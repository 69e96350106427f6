-- Who read what is another's, or the trail: what is written before an answer is sent (docs/audit-trail.md).
create or replace view audit.readings with (security_invoker = true) as
    select
        tenant_id, id, at, action, severity, table_name, row_id, actor_kind, actor_id, actor, credential_id, impersonator_id, request_id, ip,
        detail ->> 'right' as "right", detail
    from audit.event_log
    where action in ('read', 'audit.read', 'chat.questions_read', 'support.read', 'share_link.opened');
grant select on audit.readings to rowhouse_auditor;
comment on view audit.readings is
    'Who read what is another''s, by which right, or the trail itself; what support looked at, and links that were opened.';
