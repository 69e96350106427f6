-- Who signed in: with a password, a link, a provider or a passkey; from one company into another; as a guest.
-- What was erased of an event is no id any more.
create or replace view audit.sign_ins with (security_invoker = true) as
    select
        tenant_id, id, at, action, severity, actor_id, actor, actor_email, ip, user_agent, request_id,
        case when pg_input_is_valid(detail ->> 'session', 'uuid') then (detail ->> 'session')::uuid end as session_id, detail -> 'methods' as methods
    from audit.event_log
    where action in ('auth.login', 'auth.switch', 'auth.guest_opened');
grant select on audit.sign_ins to rowhouse_auditor;
comment on view audit.sign_ins is
    'Who signed in, when, from where and by which methods. Under audit.platform() where it was into no company.';
