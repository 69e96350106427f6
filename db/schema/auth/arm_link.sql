-- Gives the mail of an invitation, or of a company's deletion, its link, when it is about to be sent; one that was sent before by
-- this mail is good no more. False if what it is for is over meanwhile: then there is nothing to send.
--
-- link: the digest of the link's secret
set local role rowhouse_definer;
create or replace function auth.arm_link(mail uuid, link bytea) returns boolean
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    update auth.mail_tokens as token set link_digest = sha256(link)
    where token.id = mail and token.purpose in ('invitation', 'restore_tenant')
        and token.used_at is null and token.expires_at > now();
    return found;
end
$$;
grant execute on function auth.arm_link(uuid, bytea) to rowhouse_auth;
comment on function auth.arm_link(uuid, bytea) is
    'Gives the mail of an invitation or of a company''s deletion its link; false if that is over.';
reset role;
