-- The second half of showing a passkey after a password: it becomes the session that the first factor alone did not.
--
-- token: sha256 of the mfaToken; passkey: from auth.begin_passkey(); answer: see auth.use_passkey()
-- Outcomes: invalid for a token that is none any more; refused; or what auth.open_session() says.
set local role rowhouse_definer;
create or replace function auth.finish_passkey_mfa(
    token bytea, passkey uuid, answer jsonb, session uuid, handle bytea, facts jsonb
) returns table (outcome text, result jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    asked auth.mfa_challenges;
    shown text[];
begin
    select * into asked from auth.mfa_challenges as challenge
    where challenge.digest = sha256(token) and challenge.purpose = 'verify' and challenge.expires_at > now()
    for update;
    if not found then
        outcome := 'invalid';
        return next;
        return;
    end if;
    if exists (select from auth.passkeys as known where known.id = passkey and known.user_id = asked.user_id) then
        shown := auth.use_passkey(passkey, answer, facts);
    end if;
    if shown is null then
        outcome := 'refused';
        return next;
        return;
    end if;
    delete from auth.mfa_challenges as challenge where challenge.digest = asked.digest;
    perform auth.forgive('mfa ' || asked.user_id);
    return query select opened.outcome, opened.result
        from auth.open_session(asked.user_id, session, handle, asked.tenant_slug, asked.methods || shown, facts, way => asked.way) as opened;
end
$$;
grant execute on function auth.finish_passkey_mfa(bytea, uuid, jsonb, uuid, bytea, jsonb) to rowhouse_auth;
comment on function auth.finish_passkey_mfa(bytea, uuid, jsonb, uuid, bytea, jsonb) is
    'Turns a passkey that was shown after a password into the session that was asked for, or into a failure in the trail.';
reset role;
