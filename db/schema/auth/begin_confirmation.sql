-- What the first code of a new second factor is to be checked with. Counted like every try.
set local role rowhouse_definer;
create or replace function auth.begin_confirmation(handle bytea, token bytea, facts jsonb)
    returns table (outcome text, retry_after integer, factor uuid, seed text)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    who record;
begin
    select * into who from auth.enrolling(handle, token, facts);
    outcome := who.outcome;
    if outcome = 'ok' then
        retry_after := auth.throttle('mfa ' || who.person, 5);
        select known.id, known.seed into factor, seed from auth.totp_factors as known where known.user_id = who.person;
        outcome := case when retry_after > 0 then 'throttled' when factor is null then 'not_enrolled' else 'ok' end;
        if retry_after > 0 then
            perform audit.tally_stranger('auth.login_throttled', auth.network((facts ->> 'ip')::inet));
        end if;
    end if;
    return next;
end
$$;
grant execute on function auth.begin_confirmation(bytea, bytea, jsonb) to rowhouse_auth;
comment on function auth.begin_confirmation(bytea, bytea, jsonb) is
    'Counts a try at the first code of a new second factor and returns the (encrypted) seed to check it with.';
reset role;
