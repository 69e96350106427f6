-- Takes back an attempt that turned out to be right: the counter is as if it had not been made. It is not set to
-- zero, because who guesses from the same network would see that somebody had got in.
set local role rowhouse_definer;
create or replace function auth.forgive(subject text) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    delete from auth.login_throttles where key = sha256(convert_to(subject, 'UTF8')) and attempts = 1;
    update auth.login_throttles set attempts = attempts - 1, blocked_until = now()
    where key = sha256(convert_to(subject, 'UTF8'));
end
$$;
comment on function auth.forgive(text) is 'Takes back the attempt that auth.throttle() counted last.';
reset role;
