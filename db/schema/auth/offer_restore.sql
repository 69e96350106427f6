-- Whoever could sign in, were the account not to be deleted, may keep it: by the handle of the session that was not opened, for
-- ten minutes. It is shown where the link of the mail is shown, so a mail that was lost locks nobody out.
--
-- Older than the mail, so that the newest code stays that of the mail; of no code itself. Whoever is here holds the lock of the
-- sessions, which others take after the rows below: so nothing waits here. Where somebody else works on one, the account is
-- being erased or kept at this moment, and there is nothing to offer.
set local role rowhouse_definer;
create or replace function auth.offer_restore(person app.users, handle bytea) returns void
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    perform from auth.deletions as leaving
    where leaving.user_id = person.id and leaving.began_at is null
    for share skip locked;
    if not found then
        return;
    end if;
    delete from auth.mail_tokens as earlier
    where earlier.id in (
        select token.id from auth.mail_tokens as token
        where token.user_id = person.id and token.purpose = 'restore_account' and token.network = 'sign-in'
        for update skip locked
    );
    insert into auth.mail_tokens (purpose, email, user_id, link_digest, code_digest, network, created_at, expires_at)
    select
        'restore_account', person.email, person.id, sha256(handle), extensions.gen_random_bytes(32), 'sign-in',
        leaving.asked_at - interval '1 hour', now() + interval '10 minutes'
    from auth.deletions as leaving
    where leaving.user_id = person.id;
end
$$;
comment on function auth.offer_restore(app.users, bytea) is
    'Lets somebody who proved who they are keep an account that is to be deleted, for ten minutes.';
reset role;
