-- The session that the caller came in with. What is about sessions is nothing for an API key, which has none: RH403.
-- A guest has one like everybody.
create or replace function context.require_session() returns uuid
    language plpgsql stable parallel restricted security invoker
    set search_path = ''
as $$
declare
    body constant text := context.open_seal();
begin
    if coalesce(context.kind_in(body) not in ('session', 'guest'), true) then
        perform context.refuse('session');
    end if;
    return context.credential_in(body);
end
$$;
grant execute on function context.require_session() to rowhouse_app, rowhouse_definer;
comment on function context.require_session() is 'The caller''s session; RH403 for an API key, and outside the door.';
