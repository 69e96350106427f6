-- Keeps an account that was to be deleted, by the link or code that was mailed when it was asked for. It opens no session and
-- no API key again: the owner signs in, and whoever else was in stays out.
--
-- Outcomes: ok; throttled, for so many seconds; invalid_token, also once the erasure has begun.
set local role rowhouse_definer;
create or replace function auth.restore_account(link bytea, email text, codes bytea[], facts jsonb)
    returns table (outcome text, retry_after integer)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tried record;
    token auth.mail_tokens;
begin
    select * into strict tried from auth.try_mail_token('restore_account', link, email, codes, facts);
    outcome := tried.outcome;
    retry_after := tried.retry_after;
    token := tried.token;
    if outcome = 'ok' then
        perform context.act(token.user_id, null, facts);
        update auth.mail_tokens as used set used_at = now()
        where used.user_id = token.user_id and used.purpose = 'restore_account' and used.used_at is null;
        delete from auth.deletions as leaving where leaving.user_id = token.user_id and leaving.began_at is null;
        if not found then
            outcome := 'invalid_token';
            return next;
            return;
        end if;
        perform auth.notify(token.user_id, 'deletion_withdrawn');
        perform audit.record_event('auth.account_restored', null, null);
    end if;
    return next;
end
$$;
grant execute on function auth.restore_account(bytea, text, bytea[], jsonb) to rowhouse_auth;
comment on function auth.restore_account(bytea, text, bytea[], jsonb) is
    'Keeps an account that was to be deleted, by the mailed link or code. Outcome: ok, invalid_token or throttled.';
reset role;
