-- Uses up what somebody showed as their second factor: a step of the clock, or a recovery code. Says which it was, or null
-- for neither. A step is good once and nothing older after it (RFC 6238 section 5.2), so a code that was looked at over a
-- shoulder is worth nothing.
--
-- step:     of the code, which the server found right with the seed; null if it did not
-- recovery: sha256 of what was shown
set local role rowhouse_definer;
create or replace function auth.take_code(person uuid, step bigint, recovery bytea) returns text
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    update auth.totp_factors as factor set last_step = take_code.step
    where factor.user_id = person and factor.confirmed_at is not null and take_code.step > factor.last_step;
    if found then
        return 'otp';
    end if;
    update auth.recovery_codes as code set used_at = now()
    where code.user_id = person and code.digest = sha256(recovery) and code.used_at is null
        and auth.has_second_factor(person);
    if not found then
        return null;
    end if;
    -- They are kept for the day that the app is lost: one that is used is used by the owner, or by a thief.
    perform auth.notify(person, 'recovery_code_used');
    return 'recovery';
end
$$;
comment on function auth.take_code(uuid, bigint, bytea) is
    'Uses up a step of the clock or a recovery code, each good once; says which it was, or null.';
reset role;
