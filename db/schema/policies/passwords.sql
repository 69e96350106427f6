select context.close_table('auth.passwords');

-- The definer's reach: sign-in.
grant select, insert on auth.passwords to rowhouse_definer;
create policy "sign-in reads and sets passwords" on auth.passwords
    for all to rowhouse_definer using (true) with check (true);
comment on policy "sign-in reads and sets passwords" on auth.passwords is
    'auth.begin_login() hands out the argon2id hash of one address; auth.verify_email() stores it. Nobody else reads here.';
