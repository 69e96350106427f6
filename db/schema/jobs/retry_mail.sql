-- Gives a mail that is dead all its attempts again, beginning now. Other mails are left alone. Its link may be past its
-- time by now; then its reader asks for another.
set local role rowhouse_definer;
create or replace function jobs.retry_mail(id uuid) returns boolean
    language plpgsql volatile parallel unsafe security definer
    set search_path = ''
as $$
begin
    update auth.mails as mail set state = 'pending', settled_at = null, attempts = 0, next_attempt_at = now()
    where mail.id = retry_mail.id and mail.state = 'dead';
    return found;
end
$$;
grant execute on function jobs.retry_mail(uuid) to rowhouse_worker;
comment on function jobs.retry_mail(uuid) is
    'Tries to deliver a mail that was given up once more, with all its attempts; false if there is no such mail.';
reset role;
