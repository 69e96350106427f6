-- The first half of a login: what the password is to be checked against, if it may be tried at all.
--
-- An unknown address counts and waits like a known one. Attempts are counted per address and network, so
-- that a stranger's guesses do not lock the owner out; above 100 a day an address also waits from every
-- network that it has not signed in from in the last 30 days.
set local role rowhouse_definer;
create or replace function auth.begin_login(email text, facts jsonb)
    returns table (user_id uuid, password_hash text, retry_after integer)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    address text := auth.normalise_email(email);
    network text := auth.network((facts ->> 'ip')::inet);
begin
    select person.id, password.hash into user_id, password_hash
    from app.users as person
    join auth.passwords as password on password.user_id = person.id
    where lower(person.email) = address;

    retry_after := auth.throttle(address || ' ' || network, 5);
    if retry_after = 0 and not exists (
        select from auth.sessions as session
        where session.user_id = begin_login.user_id
            and session.created_at > now() - interval '30 days'
            and auth.network(session.ip) = network
    ) then
        retry_after := auth.throttle(address, 100);
    end if;
    if retry_after > 0 then
        perform context.act(null, null, facts);
        perform audit.record_event('auth.login_throttled', null,
            jsonb_build_object('email', address, 'retry_after', retry_after));
        user_id := null;
        password_hash := null;
    end if;
    return next;
end
$$;
grant execute on function auth.begin_login(text, jsonb) to rowhouse_auth;
comment on function auth.begin_login(text, jsonb) is
    'Counts a login attempt and returns the hash to check the password against, or the seconds to wait.';
reset role;
