select context.close_table('audit.tallies');

grant select on audit.tallies to rowhouse_auditor;
create policy "auditors read what strangers tried" on audit.tallies
    for select to rowhouse_auditor using (true);
comment on policy "auditors read what strangers tried" on audit.tallies is
    'The counts belong to no tenant; who answers for all of them may see from where and how often somebody knocked.';

-- The definer's reach: counting, and forgetting what is old.
grant select, insert, update, delete on audit.tallies to rowhouse_definer;
create policy "refusals are counted" on audit.tallies
    for all to rowhouse_definer using (true) with check (true);
comment on policy "refusals are counted" on audit.tallies is
    'audit.tally() and audit.tally_stranger() count; jobs.expire_sessions() forgets what is older than 90 days.';
