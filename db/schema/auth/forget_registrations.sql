-- Whoever has an account by now needs no registration any more: those that wait for this address are over, with every link
-- and code that was mailed to it.
set local role rowhouse_definer;
create or replace function auth.forget_registrations(address text, person uuid) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    delete from auth.registrations as pending
        using auth.mail_tokens as token where token.id = pending.token_id and token.email = address;
    select auth.void_mail_tokens(address, person);
$$;
comment on function auth.forget_registrations(text, uuid) is
    'Forgets the registrations of an address that has an account now, and voids what was mailed to it.';
reset role;
