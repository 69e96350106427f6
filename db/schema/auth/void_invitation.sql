-- Makes every link of an invitation worthless, and takes back the mails that are not sent yet. Under the turn of its address,
-- like all that is done with an invitation: first the turn, then the links, then the invitation.
set local role rowhouse_definer;
create or replace function auth.void_invitation(invitation uuid) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    with void as (
        update auth.mail_tokens as token set used_at = now()
        where token.invitation = void_invitation.invitation and token.used_at is null
        returning token.id
    )
    update auth.mails as mail set state = 'dead', settled_at = now(), last_error = 'the invitation is over'
    from void where mail.id = void.id and mail.state = 'pending'
$$;
comment on function auth.void_invitation(uuid) is
    'Makes every link of an invitation worthless, and takes back its mails that wait.';
reset role;
