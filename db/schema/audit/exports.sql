-- Who took data along: a conversation, an account, a company, the trail, or a report about it.
create or replace view audit.exports with (security_invoker = true) as
    select
        tenant_id, id, at, action, severity, actor_kind, actor_id, actor, credential_id, impersonator_id, request_id, ip, database_role, detail
    from audit.event_log
    where action in ('chat.exported', 'auth.account_exported', 'audit.exported', 'audit.reported', 'tenant.exported');
grant select on audit.exports to rowhouse_auditor;
comment on view audit.exports is
    'Who took along a conversation, their account, a company, the trail or a report about it, when and from where.';
