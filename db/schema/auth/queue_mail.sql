-- Puts a mail into the queue, in the transaction of what it tells of: a mail that was promised is never lost, and there is
-- none about what did not happen. The server delivers it (auth.claim_mails), with the texts of the template.
--
-- secret: what the link and the code are, encrypted under the master key for this mail; null where the text has neither
set local role rowhouse_definer;
create or replace function auth.queue_mail(mail uuid, template text, recipient text, locale text, secret text, facts jsonb)
    returns void
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    insert into auth.mails (id, template, recipient, locale, secret, request_id)
    values (mail, queue_mail.template, queue_mail.recipient, queue_mail.locale, queue_mail.secret, facts ->> 'request_id')
$$;
comment on function auth.queue_mail(uuid, text, text, text, text, jsonb) is
    'Puts a mail into the queue, in the caller''s transaction.';
reset role;
