-- The first half of proving anew who one is: what the password or the code is to be checked with. Who has a second factor
-- shows that: a password alone may be somebody else's by now.
--
-- Outcomes: ok; throttled, for so many seconds; code_required for who has a second factor and came without a code;
-- password_required for who has none and came with one; or what auth.live_session() says.
set local role rowhouse_definer;
create or replace function auth.begin_step_up(handle bytea, by_code boolean, facts jsonb)
    returns table (outcome text, retry_after integer, password_hash text, factor uuid, seed text)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    live       record;
    has_factor boolean;
begin
    select * into live from auth.live_session(handle, facts);
    outcome := live.outcome;
    if outcome = 'ok' then
        select known.id, known.seed into factor, seed from auth.totp_factors as known
        where known.user_id = (live.session).user_id and known.confirmed_at is not null;
        has_factor := auth.has_second_factor((live.session).user_id);
        outcome := case
            when has_factor and not by_code then 'code_required'
            when by_code and not has_factor then 'password_required'
            else 'ok'
        end;
    end if;
    if outcome = 'ok' then
        retry_after := auth.throttle('mfa ' || (live.session).user_id, 5);
        if retry_after > 0 then
            outcome := 'throttled';
            perform audit.tally_stranger('auth.login_throttled', auth.network((facts ->> 'ip')::inet));
        elsif not by_code then
            select known.hash into password_hash from auth.passwords as known where known.user_id = (live.session).user_id;
        end if;
    end if;
    return next;
end
$$;
grant execute on function auth.begin_step_up(bytea, boolean, jsonb) to rowhouse_auth;
comment on function auth.begin_step_up(bytea, boolean, jsonb) is
    'Counts a try at stepping up and returns what the password or the code is to be checked with.';
reset role;
