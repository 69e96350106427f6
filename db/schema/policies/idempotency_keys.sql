select context.close_table('context.idempotency_keys');

-- The table is not under audit, so nothing else keeps its owner from forgetting every tenant's keys in one statement.
create or replace trigger never_truncated before truncate on context.idempotency_keys
    for each statement execute function audit.refuse_change();

-- The definer's reach: the door, and the job that forgets.
grant select, insert, update, delete on context.idempotency_keys to rowhouse_definer;
create policy "the door remembers what was done once" on context.idempotency_keys
    for all to rowhouse_definer using (true) with check (true);
comment on policy "the door remembers what was done once" on context.idempotency_keys is
    'context.enter() claims a key with the changes of its request, context.recall_answer() reads one''s own, jobs.expire_idempotency_keys() forgets after a day.';
