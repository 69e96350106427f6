-- Signs in by a mail's link or code. A link is good in the browser that asked for it and in no other: a mail that was
-- forwarded, or read by somebody else, opens nothing, and nobody is signed in to an account that is not theirs by a link
-- that was slipped to them. In another browser the code is typed, which whoever reads the mail sees beside the link.
--
-- browser: the digest of the browser's cookie, if it has one
-- session, handle, tenant_slug: as for auth.open_session()
-- Outcomes: invalid_token, throttled (retry_after), other_browser, or what auth.open_session() says; with ok its result.
-- Nothing is used up by another browser, nor by asking for a tenant that one is no member of.
set local role rowhouse_definer;
create or replace function auth.consume_sign_in_link(
    link bytea, email text, codes bytea[], browser bytea, session uuid, handle bytea, tenant_slug text, facts jsonb
) returns table (outcome text, retry_after integer, result jsonb)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    tried record;
    token auth.mail_tokens;
begin
    select * into strict tried from auth.try_mail_token('sign_in', link, email, codes, facts);
    outcome := tried.outcome;
    retry_after := tried.retry_after;
    token := tried.token;
    if outcome = 'ok' and link is not null and token.browser_digest is distinct from sha256(browser) then
        outcome := 'other_browser';
        perform audit.tally_stranger('auth.sign_in_other_browser', auth.network((facts ->> 'ip')::inet));
    end if;
    if outcome = 'ok' then
        select opened.outcome, opened.result into outcome, result
        from auth.open_session(token.user_id, session, handle, tenant_slug, array['email'], facts) as opened;
        if outcome <> 'not_a_member' then
            update auth.mail_tokens as sibling set used_at = now()
            where sibling.email = token.email and sibling.purpose = 'sign_in' and sibling.used_at is null;
        end if;
    end if;
    return next;
end
$$;
grant execute on function auth.consume_sign_in_link(bytea, text, bytea[], bytea, uuid, bytea, text, jsonb) to rowhouse_auth;
comment on function auth.consume_sign_in_link(bytea, text, bytea[], bytea, uuid, bytea, text, jsonb) is
    'Signs in by a mailed link, in the browser that asked for it, or by its code. Never raises for a refusal, so that it commits.';
reset role;
