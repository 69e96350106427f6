-- Who is acting, for triggers: they run after a statement may have thrown its own context away
-- (`… returning set_config('rowhouse.context', '', true)`), and must not take that for the system.
--
-- The system acts without the door only as somebody who may become the owner (an operator, a migration), as an
-- auditor, who can change nothing, or as the two roles that hold nothing but functions. Anybody else without a
-- context is refused.
create or replace function context.actor() returns text
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
declare
    -- A job's rows are many, and where there is no context there is nothing to open.
    body constant text := case when current_setting('rowhouse.context', true) <> '' then context.open_seal() end;
begin
    if body is null
        and not pg_has_role(session_user, 'rowhouse_owner', 'member')
        and not pg_has_role(session_user, 'rowhouse_auditor', 'member')
        and session_user not in ('rowhouse_auth', 'rowhouse_worker')
    then
        perform context.refuse('broken_seal');
    end if;
    return body;
end
$$;
grant execute on function context.actor() to rowhouse_definer;
comment on function context.actor() is
    'Who is acting, for triggers: what the door wrote (body.sql), or null for the system. A caller who threw their context away gets RH403.';
