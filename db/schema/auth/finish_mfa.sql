-- The second half: a code that was right becomes the session that the first factor alone did not. Nothing raises, because a
-- failure must be committed too.
--
-- token: sha256 of the mfaToken; step and recovery: see auth.take_code(); session and handle: of the session to make
-- Outcomes: invalid for a token that is none any more; invalid_code; or what auth.open_session() says.
set local role rowhouse_definer;
create or replace function auth.finish_mfa(
    token bytea, step bigint, recovery bytea, session uuid, handle bytea, facts jsonb
) returns table (outcome text, result jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    asked auth.mfa_challenges;
    shown text;
begin
    select * into asked from auth.mfa_challenges as challenge
    where challenge.digest = sha256(token) and challenge.purpose = 'verify' and challenge.expires_at > now()
    for update;
    if not found then
        outcome := 'invalid';
        return next;
        return;
    end if;
    perform context.act(asked.user_id, null, facts);
    shown := auth.take_code(asked.user_id, step, recovery);
    if shown is null then
        perform audit.record_event('auth.mfa_failed', null, jsonb_build_object('methods', asked.methods));
        outcome := 'invalid_code';
        return next;
        return;
    end if;
    delete from auth.mfa_challenges as challenge where challenge.digest = asked.digest;
    perform auth.forgive('mfa ' || asked.user_id);
    return query select opened.outcome, opened.result from auth.open_session(
        asked.user_id, session, handle, asked.tenant_slug,
        asked.methods || case shown when 'otp' then '{otp,mfa}'::text[] else '{mfa}' end, facts, way => asked.way
    ) as opened;
end
$$;
grant execute on function auth.finish_mfa(bytea, bigint, bytea, uuid, bytea, jsonb) to rowhouse_auth;
comment on function auth.finish_mfa(bytea, bigint, bytea, uuid, bytea, jsonb) is
    'Turns a checked second factor into the session that was asked for, or into a failure in the trail.';
reset role;
