select context.close_table('auth.mails');

-- The definer's reach: the queue of mails.
grant select, insert, update, delete on auth.mails to rowhouse_definer;
create policy "the queue keeps mails until they are sent" on auth.mails
    for all to rowhouse_definer using (true) with check (true);
comment on policy "the queue keeps mails until they are sent" on auth.mails is
    'auth.queue_mail(), auth.claim_mails() and auth.settle_mail(); jobs.expire_mail() forgets what is done.';
