select context.close_table('auth.deletions');

-- The definer's reach: accounts that are to be deleted.
grant select, insert, update, delete on auth.deletions to rowhouse_definer;
create policy "deletion keeps whom it waits for" on auth.deletions
    for all to rowhouse_definer using (true) with check (true);
comment on policy "deletion keeps whom it waits for" on auth.deletions is
    'auth.request_deletion() and auth.restore_account(); jobs.delete_account() erases; auth.open_session() refuses whom it finds here, context.stays_owned() does not count on them.';
