-- How a delivery went. A mail that was sent forgets its secret at once. One that was not is tried again after 10 seconds,
-- four times as long each time, six hours at most; after ten tries (about a day), or where the mail server refused it
-- for good, it is dead: it stays to be seen and to be tried again by hand (jobs.list_mails, jobs.retry_mail).
--
-- failure: what went wrong; null: it was sent
set local role rowhouse_definer;
create or replace function auth.settle_mail(mail uuid, failure text, for_good boolean) returns text
    language sql volatile parallel unsafe security definer
    set search_path = ''
as $$
    update auth.mails as one set
        state = judged.state,
        settled_at = case when judged.state <> 'pending' then now() end,
        secret = case when judged.state <> 'sent' then one.secret end,
        last_error = left(failure, 500),
        next_attempt_at = now() + least(interval '10 seconds' * 4 ^ (one.attempts - 1), interval '6 hours')
    from (
        select known.id, case
            when failure is null then 'sent'
            when for_good or known.attempts >= 10 then 'dead'
            else 'pending'
        end as state
        from auth.mails as known where known.id = mail and known.state = 'pending'
    ) as judged
    where one.id = judged.id
    returning one.state
$$;
grant execute on function auth.settle_mail(uuid, text, boolean) to rowhouse_auth;
comment on function auth.settle_mail(uuid, text, boolean) is
    'Notes how a delivery went; returns the mail''s state: sent, pending (it is tried again) or dead. Null for a mail that was settled already.';
reset role;
