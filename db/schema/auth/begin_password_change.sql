-- The first half of a change: what the old password is to be checked against, if it may be tried. Whoever found an open
-- session guesses as slowly as at the login. The count is the account's own, so that nobody outside can raise it.
--
-- outcome:       ok, throttled (retry_after says for how many seconds), or why the session will not do
-- password_hash: null where there is no password yet: then none is right (a reset sets one)
-- about:         what the new password must not be made of
set local role rowhouse_definer;
create or replace function auth.begin_password_change(handle bytea, facts jsonb)
    returns table (outcome text, retry_after integer, password_hash text, about text[])
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    shown  record;
    person uuid;
begin
    select * into strict shown from auth.live_session(handle, facts);
    outcome := shown.outcome;
    if outcome = 'ok' then
        person := (shown.session).user_id;
        retry_after := auth.throttle('password change ' || person, 5);
        outcome := case when retry_after > 0 then 'throttled' else 'ok' end;
    end if;
    if outcome = 'ok' then
        about := auth.known_of(person);
        select known.hash into password_hash from auth.passwords as known where known.user_id = person;
    end if;
    return next;
end
$$;
grant execute on function auth.begin_password_change(bytea, jsonb) to rowhouse_auth;
comment on function auth.begin_password_change(bytea, jsonb) is
    'Counts an attempt to change the password of a session''s owner and returns what the old one is to be checked against.';
reset role;
