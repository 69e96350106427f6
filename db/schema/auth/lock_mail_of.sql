-- Waits for whoever follows a link or a code that was mailed to somebody's address, and lets nobody follow another until the
-- transaction ends. Taken before their password is, as by those who follow one (auth.find_mail_token).
set local role rowhouse_definer;
create or replace function auth.lock_mail_of(person uuid) returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    select pg_advisory_xact_lock(hashtext('auth.mail_tokens'), hashtext(known.email))
    from app.users as known where known.id = person
$$;
comment on function auth.lock_mail_of(uuid) is
    'Lets nobody follow a link or a code that was mailed to a person''s address until the transaction ends.';
reset role;
