-- Makes every link and code worthless that was mailed to an address, or on behalf of a person: when one of them was used,
-- the password changed or the address did. The rows stay until their time is over, for the limits on mails. A link that
-- keeps an account, or a company, from being deleted stays good: it opens nothing, and its owner may choose a new password
-- first. So do invitations: they open no account that there is.
set local role rowhouse_definer;
create or replace function auth.void_mail_tokens(address text, person uuid) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    update auth.mail_tokens as token set used_at = now()
    where (token.email = address or token.user_id = person) and token.used_at is null
        and token.purpose not in ('restore_account', 'restore_tenant', 'invitation')
$$;
comment on function auth.void_mail_tokens(text, uuid) is
    'Makes every link and code worthless that was mailed to this address or on behalf of this person.';
reset role;
