-- Forgets links and codes that are past their time (an hour at least, for the limits on mails), with the registrations
-- that nobody confirmed; mails a day after they were sent, and dead ones after thirty.
set local role rowhouse_definer;
create or replace function jobs.expire_mail() returns table (tokens integer, mails integer)
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    delete from auth.mail_tokens as token
    where token.expires_at <= now() and token.created_at <= now() - interval '1 hour';
    get diagnostics tokens = row_count;
    delete from auth.mails as mail
    where mail.settled_at < now() - case mail.state when 'dead' then interval '30 days' else interval '1 day' end;
    get diagnostics mails = row_count;
    return next;
end
$$;
grant execute on function jobs.expire_mail() to rowhouse_worker;
comment on function jobs.expire_mail() is
    'Forgets links and codes past their time and mails that are done; returns how many of each.';
reset role;
