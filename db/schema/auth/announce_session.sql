-- What endpoints hear of sessions: those that somebody ended because they did not trust them, and those that were shown to be
-- stolen. That one was signed out of, or ran out, is nobody else's business.
set local role rowhouse_definer;
create or replace function auth.announce_session() returns trigger
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    perform jobs.queue_webhooks(
        new.tenant_id, 'session.revoked',
        jsonb_build_object('session_id', new.id, 'user_id', new.user_id, 'reason', new.end_reason)
    );
    return null;
end
$$;
grant execute on function auth.announce_session() to rowhouse_owner;
comment on function auth.announce_session() is
    'Trigger: writes session.revoked for the webhook endpoints that want to hear of it.';
reset role;

create or replace trigger announce after update of ended_at on auth.sessions
    for each row when (
        old.ended_at is null and new.ended_at is not null
        and new.end_reason in ('revoked', 'reuse') and new.tenant_id is not null
    )
    execute function auth.announce_session();
