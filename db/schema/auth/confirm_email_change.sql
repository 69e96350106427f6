-- Changes somebody's address by the link or code that was mailed to the new one. The mailbox alone is not enough: whoever
-- confirms shows that they are who asked, by the browser that asked or by a session of theirs. Else one could ask for a
-- stranger's address, wait until they press the button, and have an account under their name.
--
-- browser: the digest of the browser's cookie; handle: sha256 of a session's handle; null where there is none
-- mail:    the id of the notice to the old address
-- Outcomes: ok, invalid_token (also for an address that has an account by now), throttled, other_browser.
set local role rowhouse_definer;
create or replace function auth.confirm_email_change(
    link bytea, email text, codes bytea[], browser bytea, handle bytea, mail uuid, facts jsonb
) returns table (outcome text, retry_after integer)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tried  record;
    shown  record;
    token  auth.mail_tokens;
    person app.users;
    asked  boolean;
begin
    select * into strict tried from auth.try_mail_token('change_email', link, email, codes, facts);
    outcome := tried.outcome;
    retry_after := tried.retry_after;
    token := tried.token;
    if outcome = 'ok' then
        asked := coalesce(token.browser_digest = sha256(browser), false);
        if not asked and handle is not null then
            select * into strict shown from auth.live_session(handle, facts);
            asked := shown.outcome = 'ok' and (shown.session).user_id = token.user_id;
        end if;
        if not asked then
            outcome := 'other_browser';
            perform audit.tally_stranger('auth.change_email_other_browser', auth.network((facts ->> 'ip')::inet));
        elsif exists (select from app.users as known where lower(known.email) = token.email) then
            outcome := 'invalid_token';
        end if;
    end if;
    if outcome = 'ok' then
        perform context.act(token.user_id, null, facts);
        select * into strict person from app.users as known where known.id = token.user_id for update;
        update app.users as known set email = token.email where known.id = person.id;
        -- What was mailed to the old address, or for this account to any, opens nothing any more.
        perform auth.void_mail_tokens(person.email, person.id);
        perform auth.void_mail_tokens(token.email, person.id);
        perform auth.queue_mail(mail, 'email_changed', person.email, person.locale, null, facts);
        perform audit.record_event('auth.email_changed', null, null);
    end if;
    return next;
end
$$;
grant execute on function auth.confirm_email_change(bytea, text, bytea[], bytea, bytea, uuid, jsonb) to rowhouse_auth;
comment on function auth.confirm_email_change(bytea, text, bytea[], bytea, bytea, uuid, jsonb) is
    'Changes an address by the link or code that was mailed to the new one, for whoever shows that they asked; queues the notice to the old one.';
reset role;
