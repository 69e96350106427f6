-- Who failed to prove to be somebody, of those whom the address or the credential names. What strangers tried is counted in
-- audit.tallies.
create or replace view audit.failed_sign_ins with (security_invoker = true) as
    select
        tenant_id, id, at, action, severity, actor_id, actor, actor_email, ip, user_agent, request_id,
        coalesce(detail ->> 'outcome', detail ->> 'reason') as reason
    from audit.event_log
    where action in (
        'auth.login_failed', 'auth.switch_failed', 'auth.guest_refused', 'auth.mfa_failed', 'auth.passkey_refused',
        'auth.step_up_failed', 'auth.password_change_failed', 'auth.refresh_failed', 'auth.refresh_reused'
    );
grant select on audit.failed_sign_ins to rowhouse_auditor;
comment on view audit.failed_sign_ins is
    'Whose sign-in, second factor or refresh failed, when, from where and why. A wrong password is under audit.platform(): nobody knows yet for which company.';
