-- Sets a new password by a mail's link or code, and ends every session: whoever had the old one is out. An account that
-- had no password gets its first.
--
-- Outcomes: ok, invalid_token, throttled.
set local role rowhouse_definer;
create or replace function auth.reset_password(
    link bytea, email text, codes bytea[], password_hash text, mail uuid, facts jsonb
) returns table (outcome text, retry_after integer)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tried record;
    token auth.mail_tokens;
begin
    select * into strict tried from auth.try_mail_token('reset_password', link, email, codes, facts);
    outcome := tried.outcome;
    retry_after := tried.retry_after;
    if outcome = 'ok' then
        token := tried.token;
        perform context.act(token.user_id, null, facts);
        perform auth.set_password(token.user_id, password_hash, null, mail, facts);
    end if;
    return next;
end
$$;
grant execute on function auth.reset_password(bytea, text, bytea[], text, uuid, jsonb) to rowhouse_auth;
comment on function auth.reset_password(bytea, text, bytea[], text, uuid, jsonb) is
    'Sets a new password by a mailed link or code and ends every session. Outcome: ok, invalid_token or throttled.';
reset role;
