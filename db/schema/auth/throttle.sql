-- Counts one attempt against a key and says how many seconds the next must wait; 0 lets this one pass.
-- The count rises before the password is checked, so that attempts at the same time count too; auth.forgive() takes it
-- back when the password was right. It begins anew a day after its first attempt.
--
-- free:    attempts that cost no wait; each further one doubles it, from one second to a quarter of an hour.
set local role rowhouse_definer;
create or replace function auth.throttle(subject text, free integer) returns integer
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    known auth.login_throttles;
begin
    insert into auth.login_throttles as throttle (key, attempts)
        values (sha256(convert_to(subject, 'UTF8')), 1)
        on conflict (key) do update set (attempts, began_at) = (
            select
                case
                    when throttle.blocked_until > now() then throttle.attempts
                    when over then 1
                    else throttle.attempts + 1
                end,
                case when over then now() else throttle.began_at end
            from (values (throttle.blocked_until <= now() and throttle.began_at <= now() - interval '1 day')) as day (over)
        )
        returning * into known;
    if known.blocked_until > now() then
        return ceil(extract(epoch from known.blocked_until - now()));
    end if;
    update auth.login_throttles set
        blocked_until = case
            when known.attempts < free then now()
            else now() + least(interval '1 second' * 2 ^ least(known.attempts - free, 20), interval '15 minutes')
        end
    where key = known.key;
    return 0;
end
$$;
comment on function auth.throttle(text, integer) is
    'Counts an attempt against a subject; returns the seconds it must wait, or 0 if it may go on.';
reset role;
