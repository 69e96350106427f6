select context.close_table('jobs.heartbeats');

-- The definer's reach: readiness.
grant select, insert, update, delete on jobs.heartbeats to rowhouse_definer;
create policy "workers say that they are alive" on jobs.heartbeats
    for all to rowhouse_definer using (true) with check (true);
comment on policy "workers say that they are alive" on jobs.heartbeats is
    'jobs.beat() writes, context.readiness() reads.';
