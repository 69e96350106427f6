-- Mails that were not sent yet, and those that were given up, as `rowhouse mail list` tells them. What a mail says is not
-- in the database, and its link and code are encrypted.
set local role rowhouse_definer;
create or replace function jobs.list_mails()
    returns table (id uuid, template text, recipient text, state text, attempts integer, next_attempt_at timestamptz, last_error text, created_at timestamptz)
    language sql stable parallel restricted security definer
    set search_path = ''
as $$
    select mail.id, mail.template, mail.recipient, mail.state, mail.attempts,
        case mail.state when 'pending' then mail.next_attempt_at end, mail.last_error, mail.created_at
    from auth.mails as mail
    where mail.state <> 'sent'
    order by mail.created_at, mail.id
$$;
grant execute on function jobs.list_mails() to rowhouse_worker;
comment on function jobs.list_mails() is
    'Mails that wait (pending) and those that were given up (dead, until jobs.retry_mail()).';
reset role;
