-- The first half of a login: what the password is to be checked against, if it may be tried at all.
--
-- An unknown address counts, waits and is answered like a known one. Attempts are counted per address and network, so
-- that a stranger's guesses do not lock the owner out; above 100 a day the address waits from every network. Then only
-- the right password from a network that its owner signed in from in the last 30 days is let in. Whoever does not have
-- it cannot tell such a network from another: the password is checked, for as long, and the answer is to wait.
--
-- password_hash: null for an unknown address, and where no password will do
-- retry_after:   seconds that everybody waits who does not show the right password; 0: nobody waits
-- checked:       whether the password is to be checked; if not, everybody waits
set local role rowhouse_definer;
create or replace function auth.begin_login(email text, facts jsonb)
    returns table (user_id uuid, password_hash text, retry_after integer, checked boolean)
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
    checked := retry_after = 0;
    if checked then
        retry_after := auth.throttle(address, 100);
    end if;
    if retry_after > 0 then
        perform audit.tally_stranger('auth.login_throttled', network);
        if not checked or not exists (
            select from auth.sessions as session
            where session.user_id = begin_login.user_id
                and session.created_at > now() - interval '30 days'
                and auth.network(session.ip) = network
        ) then
            user_id := null;
            password_hash := null;
        end if;
    end if;
    return next;
end
$$;
grant execute on function auth.begin_login(text, jsonb) to rowhouse_auth;
comment on function auth.begin_login(text, jsonb) is
    'Counts a login attempt and returns the hash to check the password against, the seconds to wait unless it is right, and whether to check it at all.';
reset role;
