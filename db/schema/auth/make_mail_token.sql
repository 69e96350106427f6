-- Keeps what a link and its code will be compared with. Returns its id, or null where there were enough mails: of one
-- purpose an address gets three an hour from one network and ten from everywhere. So whoever asks for a stranger's
-- address does not use up the mails that its owner asks for, and nobody's mailbox is filled.
--
-- link, code: digests; what is kept are digests of these. browser: the digest of the cookie of the browser that asked,
-- where the link is good in no other.
set local role rowhouse_definer;
create or replace function auth.make_mail_token(
    purpose text, address text, person uuid, link bytea, code bytea, browser bytea, lifetime interval, facts jsonb
) returns uuid
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
declare
    here  text := auth.network((facts ->> 'ip')::inet);
    token   uuid;
begin
    -- Two for one address at once take turns, so that the limits are exact.
    perform pg_advisory_xact_lock(hashtext('auth.mail_tokens'), hashtext(address));
    if (
        select count(*) >= 10 or count(*) filter (where recent.network = here) >= 3
        from auth.mail_tokens as recent
        where recent.email = address and recent.purpose = make_mail_token.purpose
            and recent.created_at > now() - interval '1 hour'
    ) then
        return null;
    end if;
    insert into auth.mail_tokens (purpose, email, user_id, link_digest, code_digest, browser_digest, network, expires_at)
        values (make_mail_token.purpose, address, person, sha256(link), sha256(code), sha256(browser), here,
            now() + lifetime)
        returning id into token;
    return token;
end
$$;
comment on function auth.make_mail_token(text, text, uuid, bytea, bytea, bytea, interval, jsonb) is
    'Keeps the digests of a link and its code for one purpose and address; null where that address got enough mails.';
reset role;
