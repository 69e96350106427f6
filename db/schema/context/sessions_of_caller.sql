-- The caller's own live sessions, in whichever of their tenants: who lost a phone wants to see all that it can open.
-- The table stays shut: this hands out no handle, and nobody else's row.
--
-- The hundred seen last; the one that asks is the first.
set local role rowhouse_definer;
create or replace function context.sessions_of_caller() returns setof app.session
    language plpgsql stable parallel restricted security definer
    set search_path = ''
as $$
declare
    current constant uuid := context.require_session();
begin
    return query
        select
            session.id, context.device(session.user_agent), session.ip, session.methods, tenant.name,
            session.created_at, session.last_seen_at, known.ends_at, session.id = current,
            session.key_thumbprint is not null
        from auth.sessions as session
        join context.session_holders as known on known.digest = session.handle_digest
        left join app.tenants as tenant on tenant.id = session.tenant_id
        where session.user_id = context.user_id() and session.ended_at is null and known.ends_at > now()
        order by session.id = current desc, session.last_seen_at desc, session.id
        limit 100;
end
$$;
grant execute on function context.sessions_of_caller() to rowhouse_app;
comment on function context.sessions_of_caller() is
    'The caller''s own live sessions in all their tenants, the current one first, then those seen last; a hundred at most.';
reset role;
