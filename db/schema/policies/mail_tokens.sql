select context.close_table('auth.mail_tokens');

-- The definer's reach: mails that prove an address.
grant select, insert, update, delete on auth.mail_tokens to rowhouse_definer;
create policy "mails prove addresses" on auth.mail_tokens
    for all to rowhouse_definer using (true) with check (true);
comment on policy "mails prove addresses" on auth.mail_tokens is
    'auth.make_mail_token() and auth.find_mail_token(); jobs.expire_mail() forgets links that nobody followed.';
