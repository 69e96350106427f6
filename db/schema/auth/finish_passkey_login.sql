-- The second half of signing in with a passkey and nothing else. Nothing raises, because a failure must be committed too.
--
-- passkey: from auth.begin_passkey(); answer: see auth.use_passkey(); session, handle, tenant_slug: as for auth.open_session()
-- Outcomes: refused; or what auth.open_session() says.
set local role rowhouse_definer;
create or replace function auth.finish_passkey_login(
    passkey uuid, answer jsonb, session uuid, handle bytea, tenant_slug text, facts jsonb
) returns table (outcome text, result jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    shown  constant text[] := auth.use_passkey(passkey, answer, facts);
    person uuid;
begin
    if shown is null then
        outcome := 'refused';
        return next;
        return;
    end if;
    select known.user_id into strict person from auth.passkeys as known where known.id = passkey;
    perform auth.forgive('passkey ' || passkey || ' ' || auth.network((facts ->> 'ip')::inet));
    return query select opened.outcome, opened.result
        from auth.open_session(person, session, handle, tenant_slug, shown, facts) as opened;
end
$$;
grant execute on function auth.finish_passkey_login(uuid, jsonb, uuid, bytea, text, jsonb) to rowhouse_auth;
comment on function auth.finish_passkey_login(uuid, jsonb, uuid, bytea, text, jsonb) is
    'Turns a checked passkey into a session, or into a failure in the trail. Never raises for a refusal, so that both commit.';
reset role;
