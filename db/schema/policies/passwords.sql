select context.close_table('auth.passwords');

-- The definer's reach: sign-in.
grant select, insert, update, delete on auth.passwords to rowhouse_definer;
create policy "sign-in reads and sets passwords" on auth.passwords
    for all to rowhouse_definer using (true) with check (true);
comment on policy "sign-in reads and sets passwords" on auth.passwords is
    'auth.begin_login() hands out the hash of one address; auth.verify_email() and auth.set_password() store it, auth.finish_login() renews it; auth.import_people() brings other systems'' hashes, auth.reset_person() takes one away, jobs.delete_account() forgets it. Nobody else reads here.';
