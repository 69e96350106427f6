-- Forgets links and codes that are past their time (an hour at least, for the limits on mails), with the registrations
-- that nobody confirmed; mails a day after they were sent, and dead ones after thirty; and invitations ninety days after they were over,
-- with the addresses in them.
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
    update app.invitations as invitation set status = 'expired'
    where invitation.status = 'pending' and invitation.expires_at <= now();
    delete from app.invitations as invitation
    where invitation.status <> 'pending' and invitation.updated_at <= now() - interval '90 days';
    return next;
end
$$;
grant execute on function jobs.expire_mail() to rowhouse_worker;
comment on function jobs.expire_mail() is
    'Forgets links and codes past their time and mails that are done; returns how many of each.';
reset role;
