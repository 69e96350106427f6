select context.close_table('auth.request_counts');
-- Rows go one by one, also for the owner: a truncate would give every company its day back at once.
create or replace trigger keep_whole before truncate on auth.request_counts
    for each statement execute function audit.refuse_change();

-- The definer's reach: counting, and telling what was counted.
grant select, insert, update on auth.request_counts to rowhouse_definer;
create policy "requests are counted by tenant and day" on auth.request_counts
    for all to rowhouse_definer using (true) with check (true);
comment on policy "requests are counted by tenant and day" on auth.request_counts is
    'auth.count_requests() adds what web processes tell of every tenant; auth.requests_today() reads that of one.';
