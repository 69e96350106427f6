-- What stands between a stranger and a link or code: codes are counted per address like passwords, whether there is a
-- mail or not, and a right one takes its own attempt back. Ten wrong ones a day cost no wait.
--
-- outcome: ok, invalid_token, throttled (retry_after says for how many seconds)
set local role rowhouse_definer;
create or replace function auth.try_mail_token(purpose text, link bytea, email text, codes bytea[], facts jsonb)
    returns table (outcome text, retry_after integer, token auth.mail_tokens)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    network text := auth.network((facts ->> 'ip')::inet);
    counted text := 'mail code ' || purpose || ' ' || auth.normalise_email(email);
begin
    retry_after := case when link is null then auth.throttle(counted, 10) else 0 end;
    if retry_after > 0 then
        outcome := 'throttled';
        perform audit.tally_stranger('auth.mail_code_throttled', network);
        return next;
        return;
    end if;
    token := auth.find_mail_token(purpose, link, email, codes);
    if token.id is null then
        outcome := 'invalid_token';
        perform audit.tally_stranger('auth.' || purpose || '_failed', network);
    else
        outcome := 'ok';
        if link is null then
            perform auth.forgive(counted);
        end if;
    end if;
    return next;
end
$$;
comment on function auth.try_mail_token(text, bytea, text, bytea[], jsonb) is
    'Finds the mail that a link or a code is of; counts codes, so that they cannot be guessed. Outcome: ok, invalid_token or throttled.';
reset role;
