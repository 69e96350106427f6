-- Mails that are due, for whoever asks to deliver, and for nobody else in the next two minutes: if the process dies with
-- them, another one has them then. So a mail may come twice, but is never lost.
set local role rowhouse_definer;
create or replace function auth.claim_mails(most integer)
    returns table (id uuid, template text, recipient text, locale text, secret text, request_id text, attempts integer, created_at timestamptz)
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    update auth.mails as mail
    set attempts = mail.attempts + 1, next_attempt_at = now() + interval '2 minutes'
    where mail.id in (
        select due.id from auth.mails as due
        where due.state = 'pending' and due.next_attempt_at <= now()
        order by due.next_attempt_at
        limit most
        for update skip locked
    )
    returning mail.id, mail.template, mail.recipient, mail.locale, mail.secret, mail.request_id, mail.attempts, mail.created_at
$$;
grant execute on function auth.claim_mails(integer) to rowhouse_auth;
comment on function auth.claim_mails(integer) is
    'Mails that are due, lent for two minutes to whoever asks.';
reset role;
